"""The keys of what is said about people: made, locked, found, destroyed.

The one room that encrypts: `keys` seals and opens words (`llmtb.events.sealing`), `store` keeps the
keys in a file of their own, `master` finds the key that locks them, `signer` signs checkpoints.
"""
