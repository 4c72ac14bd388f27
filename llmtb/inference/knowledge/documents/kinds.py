"""Which kind of document a file is, by its name and, above that, by how it begins."""

from pathlib import PurePath

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.archives import names_in
from llmtb.inference.knowledge.documents.document import Document, Kind
from llmtb.inference.knowledge.documents.limits import Allowance, Limits
from llmtb.inference.knowledge.documents.plain import cleaned

SUFFIXES: dict[str, Kind] = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_OLD = bytes.fromhex("d0cf11e0a1b11ae1")


def kind_of(name: str, content: bytes) -> Kind:
    """The kind of a file. Raises DocumentError for one that cannot be read, and says what can."""
    suffix = PurePath(name).suffix.lower()
    told = SUFFIXES.get(suffix)
    if not content.strip():
        raise DocumentError("is empty; give one that holds text")
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        names = set(names_in(content))
        if "word/document.xml" in names:
            return "docx"
        if "xl/workbook.xml" in names:
            return "xlsx"
        raise DocumentError("is a packed file but no Word or Excel document; unpack it first")
    if content.startswith(_OLD):
        raise DocumentError(
            "is of an old Office format, or has a password; save it as .docx or .xlsx without one"
        )
    if told in {"pdf", "docx", "xlsx"}:
        raise DocumentError(f"is named {suffix} but is none, or is damaged; save it again")
    if told is None:
        known = " ".join(sorted(SUFFIXES))
        raise DocumentError(f"is of a kind that is not known; give one of {known}")
    return told


def parse(name: str, content: bytes, limits: Limits) -> Document:
    """Reads a document in this very process: for one whose origin is trusted, and for the child.

    Only the library of its kind is imported. Raises DocumentError, or whatever the library does.
    """
    kind = kind_of(name, content)
    title = " ".join(cleaned(PurePath(name).stem).replace("_", " ").split())
    allowance = Allowance(limits)
    if kind == "pdf":
        from llmtb.inference.knowledge.documents.pdf import read_pdf as read
    elif kind == "docx":
        from llmtb.inference.knowledge.documents.word import read_docx as read
    elif kind == "xlsx":
        from llmtb.inference.knowledge.documents.sheets import read_xlsx as read
    elif kind == "html":
        from llmtb.inference.knowledge.documents.web import read_html as read
    elif kind == "markdown":
        from llmtb.inference.knowledge.documents.markdown import read_markdown as read
    elif kind == "csv":
        from llmtb.inference.knowledge.documents.separated import read_csv as read
    elif kind == "json":
        from llmtb.inference.knowledge.documents.pairs import read_json as read
    else:
        from llmtb.inference.knowledge.documents.plain import read_text as read
    return read(content, title, allowance)
