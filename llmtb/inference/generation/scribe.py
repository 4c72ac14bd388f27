"""From the tokens of a model to text, as they come: whole characters, no stop text, no end."""

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from llmtb.inference.generation.draft import Ended


class Scribe:
    """Writes down one text. Belongs to the thread that feeds it.

    ends: ids of tokens that end a text. most: tokens at most. stop: texts that end it.
    """

    def __init__(
        self, tokenizer: Tokenizer, ends: frozenset[int], most: int, stop: tuple[str, ...] = ()
    ) -> None:
        self._tokenizer = tokenizer
        self._ends = ends
        self._most = most
        self._stop = StopTexts(stop)
        self._stream = DecodeStream(skip_special_tokens=False)
        self.tokens = 0
        self.ended: Ended | None = None

    def take(self, token: int) -> str:
        """What can be shown now that this token is known; `ended` says whether it was the last."""
        if self.ended is not None:
            return ""
        if token in self._ends:
            return self.finish("end")
        self.tokens += 1
        piece = self._stop.take(self._stream.step(self._tokenizer, token) or "")
        if self._stop.found:
            self.ended = "stop"
        elif self.tokens >= self._most:
            piece += self.finish("length")
        return piece

    def finish(self, ended: Ended) -> str:
        """What was held back, because it might have become a stop text."""
        if self.ended is not None:
            return ""
        self.ended = ended
        return self._stop.rest()


class StopTexts:
    """Passes text on up to the first stop text; holds back what might become one."""

    def __init__(self, stop: tuple[str, ...]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.found = False

    def take(self, piece: str) -> str:
        """What can be passed on of this piece and of what was held back."""
        if self.found:
            return ""
        if not self._stop:
            return piece
        self._held += piece
        places = [at for text in self._stop if (at := self._held.find(text)) >= 0]
        if places:
            self.found = True
            passed, self._held = self._held[: min(places)], ""
            return passed
        kept = max(_overlap(self._held, text) for text in self._stop)
        passed = self._held[: len(self._held) - kept]
        self._held = self._held[len(passed) :]
        return passed

    def rest(self) -> str:
        """What was held back and did not become a stop text."""
        rest, self._held = self._held, ""
        return rest


def _overlap(held: str, stop: str) -> int:
    """The most characters at the end of one that are the beginning of the other."""
    sizes = range(min(len(held), len(stop) - 1), 0, -1)
    return next((size for size in sizes if held.endswith(stop[:size])), 0)
