"""From turns to the tokens of a model: its template, its tokens, where padding may go.

A person's text never becomes a token that steers the model. The template is rendered around
marks, not around texts; each text is read by a tokenizer that knows no special tokens, and put
in the place of its mark.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, NoReturn

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from llmtb.inference.errors import ModelError
from llmtb.inference.generation.prompt import Prompt, Role

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPACES = ("Ġ", "▁", "Ċ")  # what may pad, best first: a space, as the tokenizers spell it, or a line
MARK = "\ue000{}\ue001"  # private characters; no template holds them
# What a template that came with a model may raise, besides its own error.
WRONG = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
LONGEST = 8  # characters of a token, on the average; a text with more is too long without a look


class Spelled(NamedTuple):
    """A prompt in the tokens of a model; between those up to `pad_at` and the rest goes padding."""

    tokens: tuple[str, ...]
    pad_at: int

    def padded(self, length: int, pad: str) -> list[str]:
        """The tokens, with as many `pad` inside as make it this long."""
        missing = max(0, length - len(self.tokens))
        return [*self.tokens[: self.pad_at], *([pad] * missing), *self.tokens[self.pad_at :]]


class Wording:
    """Spells prompts for one model; its folder holds the tokenizer, the vocabulary, a template.

    context: tokens of prompt and answer together at most. Raises ModelError where the files do not
    fit each other.
    """

    def __init__(self, folder: Path, name: str, context: int) -> None:
        self.name = name
        self.context = context
        source = _read(folder / "tokenizer.json", name)
        self.tokenizer = _tokenizer(source, name)
        described = json.loads(source)
        special = [each for each in described.get("added_tokens", ()) if each.get("special")]
        described["added_tokens"] = []
        self._plain = _tokenizer(json.dumps(described), name)
        known = json.loads(_read(folder / "vocabulary.json", name))
        _check_vocabulary(self.tokenizer, known, name)
        self._known = frozenset(known)
        config = json.loads(_read(folder / "config.json", name))
        self._named = {key: config.get(key) or "" for key in ("bos_token", "eos_token")}
        self.special = frozenset(int(each["id"]) for each in special)
        self._forbidden = {each["content"] for each in special} | {config.get("unk_token")}
        self.ends = self.special | _ids(self.tokenizer, [self._named["eos_token"]])
        self.pad = next((space for space in SPACES if space in self._known), None)
        self._template = self._compiled(folder)
        self._frame = lru_cache(64)(self._render)

    def spell(self, prompt: Prompt) -> Spelled:
        """The tokens of a prompt. Raises ModelError, which says what the model cannot take."""
        if not prompt.turns or prompt.turns[-1].role != "user":
            raise ModelError(f"{self.name}: a prompt ends with what the user says")
        if not 1 <= prompt.max_new < self.context:
            raise ModelError(
                f"{self.name}: asked for {prompt.max_new} tokens; 1 to {self.context - 1} can be"
            )
        size = sum(len(turn.text) for turn in prompt.turns)
        if size > self.context * LONGEST:
            self._too_long(f"{size} characters", prompt.max_new)
        frame = self._frame(tuple(turn.role for turn in prompt.turns))
        tokens: list[str] = []
        pad_at = 0
        for part in frame:
            if isinstance(part, int):
                pad_at = len(tokens)  # the last text is the last user's: padding goes before it
                tokens += self._text(prompt.turns[part].text)
            else:
                tokens += part
        if len(tokens) + prompt.max_new > self.context:
            self._too_long(f"{len(tokens)} tokens", prompt.max_new)
        return Spelled(tuple(tokens), pad_at)

    def _too_long(self, size: str, new: int) -> NoReturn:
        raise ModelError(
            f"{self.name}: a prompt of {size} and {new} tokens to come are more than the "
            f"{self.context} tokens it may hold; give it less text"
        )

    def _text(self, text: str) -> list[str]:
        """The tokens of a person's text, none of them special."""
        # A lone half of a surrogate pair cannot be encoded; it becomes a question mark.
        clean = text.strip().encode("utf-8", "replace").decode("utf-8")
        tokens: list[str] = self._plain.encode(clean, add_special_tokens=False).tokens
        strange = next((each for each in tokens if each not in self._known), None)
        if strange is not None or not self._forbidden.isdisjoint(tokens):
            raise ModelError(f"{self.name}: cannot read {strange or 'a character'!r}; leave it out")
        return tokens

    def _render(self, roles: tuple[Role, ...]) -> Sequence[list[str] | int]:
        """The template's own tokens for such turns, and between them the numbers of the texts."""
        marks = [MARK.format(number) for number in range(len(roles))]
        messages = [{"role": role, "content": mark} for role, mark in zip(roles, marks)]
        try:
            text = self._template.render(
                messages=messages,
                add_generation_prompt=True,
                enable_thinking=False,
                tools=None,
                **self._named,
            )
        except WRONG as error:
            raise ModelError(f"{self.name}: its chat template says: {error}") from None
        parts: list[list[str] | int] = []
        for number, mark in enumerate(marks):
            before, found, text = text.partition(mark)
            if not found or mark in text:
                raise ModelError(
                    f"{self.name}: its chat template does not show each turn once, in order; "
                    f"it has no place for: {roles[number]}"
                )
            parts += [self._own(before), number]
        return [*parts, self._own(text)]

    def _own(self, text: str) -> list[str]:
        tokens: list[str] = self.tokenizer.encode(text, add_special_tokens=False).tokens
        if strange := next((each for each in tokens if each not in self._known), None):
            raise ModelError(f"{self.name}: its chat template has the unknown token {strange!r}")
        return tokens

    def _compiled(self, folder: Path) -> "_Template":
        path = folder / "chat_template.jinja"
        if path.is_file():
            source = _read(path, self.name)
        elif {"<|im_start|>", "<|im_end|>"} <= self._known:
            source = CHATML
        else:
            raise ModelError(f"{self.name}: has no chat_template.jinja; add the model again")
        try:
            return _Template(source)
        except TemplateError as error:
            raise ModelError(f"{self.name}: its chat template is broken: {error}") from None


class _Template:
    """A chat template, in a sandbox: it came with the model, and is not trusted."""

    def __init__(self, source: str) -> None:
        room = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        room.globals["raise_exception"] = _refuse
        self._template = room.from_string(source)

    def render(self, **named: object) -> str:
        return self._template.render(**named)


def _refuse(said: str) -> NoReturn:
    raise TemplateError(said)


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ModelError(f"{name}: {path.name} cannot be read; add the model again") from None


def _tokenizer(source: str, name: str) -> Tokenizer:
    try:
        return Tokenizer.from_str(source)
    except Exception as error:  # noqa: BLE001 - the library raises bare Exception for a bad file
        raise ModelError(f"{name}: tokenizer.json is broken: {error}") from None


def _ids(tokenizer: Tokenizer, tokens: Sequence[str]) -> frozenset[int]:
    found = (tokenizer.token_to_id(token) for token in tokens)
    return frozenset(each for each in found if each is not None)


def _check_vocabulary(tokenizer: Tokenizer, known: list[str], name: str) -> None:
    """Every token must have the same number in both, or the model would read other words."""
    numbers: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    wrong = [token for token, number in numbers.items() if known[number : number + 1] != [token]]
    if wrong:
        raise ModelError(
            f"{name}: {len(wrong)} tokens of tokenizer.json are not those of vocabulary.json; "
            "add the model again"
        )
