"""How each family of translation models wants its languages named."""

from collections.abc import Collection

import msgspec

from llmtb.inference.errors import ModelError

END = "</s>"

_FLORES = {
    "fa": "pes_Arab",
    "en": "eng_Latn",
    "id": "ind_Latn",
    "pt": "por_Latn",
    "zh": "zho_Hans",
    "ar": "arb_Arab",
    "tr": "tur_Latn",
    "es": "spa_Latn",
    "fr": "fra_Latn",
    "de": "deu_Latn",
}
_ISO3 = {"fa": "pes", "en": "eng", "id": "ind", "pt": "por", "zh": "cmn_Hans", "ar": "ara"}


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Where a family puts the names of the languages, and in which spelling.

    In each pattern `{}` stands for the language; an empty pattern: no such mark.
    before: a token before the source's. prefix: the token with which the target begins.
    said: what stands before the text and is cut into pieces with it. asked: the token before the
    source's that names the target, in models that write several languages. names: the languages
    that it does not call by their ISO codes. ends: whether the source's end is marked.
    """

    before: str = ""
    prefix: str = ""
    said: str = ""
    asked: str = ""
    names: dict[str, str] = {}
    ends: bool = True

    def mark(self, pattern: str, language: str) -> str:
        """A mark of a language, or the empty string where the family has no such mark."""
        return pattern.replace("{}", self.names.get(language, language)) if pattern else ""


FAMILIES = {
    "m2m100": Family(before="__{}__", prefix="__{}__"),
    "nllb": Family(before="{}", prefix="{}", names=_FLORES),
    "madlad": Family(said="<2{}>"),
    "t5": Family(said="<2{}>"),
    "marian": Family(asked=">>{}<<", names=_ISO3),
    "opus": Family(asked=">>{}<<", names=_ISO3),
    "argos": Family(ends=False),
}


def family_of(name: str) -> Family:
    """The family of that name. Raises ModelError."""
    if name not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ModelError(f"{name!r}: no known family of translation models; it must be of {known}")
    return FAMILIES[name]


def missing_marks(
    family: Family, vocabulary: Collection[str], source: str, target: str
) -> list[str]:
    """The marks of a pair of languages that are not in a model's vocabulary."""
    marks = (family.mark(family.before, source), family.mark(family.prefix, target))
    return [mark for mark in marks if mark and mark not in vocabulary]
