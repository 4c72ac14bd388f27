"""What a chat in a page says by itself, in one language; the script has no words of its own."""

import msgspec

from llmtb.channels.conversation.words import Speech
from llmtb.events.personal import REDACTED


def texts_of(speech: Speech) -> str:
    """The words, by name, as JSON for the page's `data-texts`."""
    texts = {
        "log": speech.say("Conversation"),
        "write": speech.say("Write a message"),
        "send": speech.say("Send"),
        "sending": speech.say("Sending…"),
        "unsent": speech.say("Not sent."),
        "unfit": speech.say("This cannot be sent: it is empty or too long."),
        "unpressed": speech.say("The press did not get through. Please press again."),
        "out": speech.say("Your session is over. Sign in again in another tab, then try again."),
        "again": speech.say("Try again"),
        "newer": speech.say("New messages"),
        "earlier": speech.say("Earlier messages"),
        "typing": speech.say("An answer is being looked for"),
        "lost": speech.say("Not connected. Trying again…"),
        "keys": speech.say("Quick buttons"),
        "close": speech.say("Close"),
        "me": speech.say("You"),
        "bot": speech.say("Bot"),
        "agent": speech.say("Colleague"),
        "customer": speech.say("Customer"),
        "gone": speech.calm(REDACTED),
    }
    return msgspec.json.encode({name: str(text) for name, text in texts.items()}).decode()
