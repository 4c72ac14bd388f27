"""How the server refuses a call."""


class RpcRefusal(Exception):
    """An `rpc_error` for the caller, with Telegram's code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words
