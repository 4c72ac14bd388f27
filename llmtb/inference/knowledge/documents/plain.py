"""Plain text: from bytes to characters by a fixed rule, and free of what nobody can read."""

import codecs
import re
import unicodedata

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.outline import Outline

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_SAMPLE = 65536


def text_of(content: bytes, declared: str | None = None) -> str:
    """The characters of a file, cleaned; otherwise as `decoded`."""
    return cleaned(decoded(content, declared))


def decoded(content: bytes, declared: str | None = None) -> str:
    """The characters of a file.

    The encoding is that of its byte order mark; else UTF-8 if all of it is; else UTF-16 if every
    second byte is mostly zero; else what the file declares; else, where most letters lie beyond
    ASCII, GB 18030 if all of it is, or Windows-1256; else Windows-1252.
    Raises DocumentError where that is no text.
    """
    encoding = _encoding(content, declared)
    mark = next((mark for mark, name in _MARKS if content.startswith(mark)), b"")
    try:
        text = content[len(mark) :].decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise DocumentError("is not text; save it as text in UTF-8") from None
    if len(_UNSEEN.findall(text)) > len(text) // 20:
        raise DocumentError("is not text but some binary format; save it as one of the known ones")
    return cleaned(text)


def cleaned(text: str) -> str:
    """The text with line breaks of one kind, and without what cannot be seen or stored.

    Shapes of Arabic letters that printing chose become the letters themselves.
    """
    text = _UNSEEN.sub("", _BREAKS.sub("\n", text))
    return _FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def read_text(content: bytes, title: str, allowance: Allowance) -> Document:
    """A text file as one section."""
    outline = Outline(allowance)
    for paragraph in re.split(r"\n[ \t]*\n", text_of(content)):
        outline.paragraph(paragraph)
    return outline.document("text", title)


def _encoding(content: bytes, declared: str | None) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    if _is(content, "utf-8") and content[:_SAMPLE].count(0) * 10 < len(content[:_SAMPLE]) + 10:
        return "utf-8"
    sample = content[:_SAMPLE]
    for name, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros.count(0) * 3 > len(zeros) > 0 and len(content) % 2 == 0:
            return name
    if declared and _is(content, declared):
        return declared
    if len(_HIGH.findall(sample)) * 2 > len(_LETTERS.findall(sample)):
        return "gb18030" if _is(content, "gb18030") else "cp1256"
    return "cp1252"


def _is(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
