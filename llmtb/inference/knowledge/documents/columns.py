"""Tables of questions and answers: which column is which, in the languages people use."""

import re

from llmtb.events.chat import Audience
from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document, Entry, Kind, Section
from llmtb.inference.knowledge.documents.limits import Allowance
from llmtb.inference.knowledge.documents.outline import Outline, told
from llmtb.inference.knowledge.letters import normal

_NAMES = {
    "question": "question questions q faq prompt ask title_question پرسش پرسشها پرسش ها سوال سؤال"
    "|pertanyaan|tanya|pergunta|perguntas|questao|questão|dúvida|问题|问|提问|問題|سوال مشتری",
    "answer": "answer answers a reply response پاسخ پاسخها جواب"
    "|پاسخ ها|jawaban|jawab|balasan|resposta|respostas|答案|答|回答|回复|答复",
    "variants": "variants variant alternatives paraphrases"
    "|other questions|گونه ها|صورت های دیگر|variasi|variantes|variações|变体|其他问法|相似问题",
    "id": "id key code number entry شناسه کد nomor kode código 编号 序号",
    "department": "department team dept بخش واحد دپارتمان departemen bagian departamento setor"
    "|部门",
    "audience": "audience visibility مخاطب audiens público publico 受众 对象",
    "section": "section category topic subject دسته موضوع kategori topik categoria assunto seção"
    "|分类|类别|章节|主题",
    "tags": "tags tag keywords برچسب برچسبها کلیدواژه label etiquetas 标签 关键词",
    "level": "level سطح tingkat nível nivel 级别 等级",
    "language": "language lang زبان bahasa idioma língua 语言",
}
_INTERNAL = re.compile(
    r"agent|internal|staff|employee|داخلی|کارشناس|همکار|کارمند|agen|karyawan|interno|atendente|内部|坐席|客服"
)
_PUBLIC = re.compile(
    r"customer|public|público|everyone|all|مشتری|همه|عمومی|pelanggan|umum|semua|cliente|todos|客户|公开|所有"
)
_PARTS = re.compile(r"\s*[|\n؛;；]\s*")
_TAGS = re.compile(r"\s*[|\n؛;；,،，]\s*")


def _columns() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in _NAMES.items():
        first, *phrases = names.split("|")
        for name in [*first.split(), *phrases]:
            found[normal(name)] = field
    return found


_COLUMNS = _columns()


def fields(header: list[str]) -> dict[str, int]:
    """The columns of entries by what they hold; none where question or answer is missing."""
    found: dict[str, int] = {}
    for place, name in enumerate(header):
        field = _COLUMNS.get(normal(name).strip(" :*#").replace("_", " "))
        if field:
            found.setdefault(field, place)
    return found if {"question", "answer"} <= found.keys() else {}


def audience_of(text: str) -> Audience | None:
    """Who may see what is marked so; nobody but agents where the mark is not understood."""
    mark = normal(text)
    if not mark:
        return None
    if _INTERNAL.search(mark) or not _PUBLIC.search(mark):
        return "agent"
    return "customer"


def level_of(text: str) -> int | None:
    """A level; a word that is no number asks for the highest there is."""
    mark = normal(text).removesuffix(".0")
    if not mark:
        return None
    return int(mark) if re.fullmatch(r"\d{1,3}", mark) else 999


def entries_of(rows: list[list[str]], columns: dict[str, int]) -> list[Entry]:
    """The rows that hold both a question and an answer."""
    found: list[Entry] = []
    for row in rows:
        cell = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
        if cell["question"] and cell["answer"]:
            found.append(
                Entry(
                    question=cell["question"],
                    answer=cell["answer"],
                    id=cell.get("id", ""),
                    variants=tuple(filter(None, _PARTS.split(cell.get("variants", "")))),
                    section=cell.get("section", ""),
                    department=cell.get("department", ""),
                    audience=audience_of(cell.get("audience", "")),
                    level=level_of(cell.get("level", "")),
                    tags=tuple(filter(None, _TAGS.split(cell.get("tags", "")))),
                )
            )
    return found


def read_tables(
    kind: Kind, title: str, tables: list[tuple[str, list[list[str]]]], allowance: Allowance
) -> Document:
    """Tables with their names: those of questions and answers as entries, others as text.

    A row of the former that has no question or no answer is told as text too.
    """
    entries: list[Entry] = []
    sections: list[Section] = []
    languages: set[str] = set()
    outline = Outline(allowance)
    for name, rows in tables:
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        columns = fields(rows[0]) if rows else {}
        if columns:
            for cell in (cell for row in rows for cell in row):
                allowance.take(cell)
            header, *body = rows
            whole = entries_of(body, columns)
            entries += whole
            if "language" in columns:
                at = columns["language"]
                languages |= {normal(row[at]) for row in body if at < len(row)}
            half = [row for row in body if not entries_of([row], columns)]
            if half:
                path = (name,) if name else ()
                lines = map(allowance.take, told([header, *half]))
                sections.append(Section("\n".join(lines), path))
        else:
            if name:
                outline.heading(1, name)
            outline.table(rows)
    language = languages.pop() if len(languages) == 1 else None
    try:
        rest = outline.document(kind, title, language).sections
    except DocumentError:
        if not entries:
            raise
        rest = ()
    return Document(
        kind=kind,
        title=title,
        language=language or None,
        entries=tuple(entries),
        sections=(*sections, *rest),
    )
