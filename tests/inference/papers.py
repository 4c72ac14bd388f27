"""Documents made for the tests, by the libraries that people's programs use."""

import io
import zipfile

import docx
import matplotlib as mpl
import openpyxl
import pypdf
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure


def pdf(*pages: list[str]) -> bytes:
    """A PDF of Latin text, written by hand: a line of text each 14 points, from the top."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for lines in pages:
        shown = b"".join(b"(%s) Tj T* " % _escaped(line) for line in lines)
        stream = b"BT /F 12 Tf 14 TL 40 800 Td " + shown + b"ET"
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
        font = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        content = len(objects)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 840]/Resources%s/Contents %d 0 R>>"
            % (font, content)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return _file(objects)


def outlined(content: bytes, *headings: tuple[str, int]) -> bytes:
    """The PDF with an outline: each heading with its page, from 0."""
    writer = pypdf.PdfWriter()
    writer.append(pypdf.PdfReader(io.BytesIO(content)))
    for title, page in headings:
        writer.add_outline_item(title=title, page_number=page)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def drawn(lines: list[str]) -> bytes:
    """A page in any script, with a font of its own in it, as programs draw it."""
    written = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(written) as pages:
        figure = Figure(figsize=(8, 10))
        for place, line in enumerate(lines):
            figure.text(0.1, 0.9 - place * 0.05, line)
        pages.savefig(figure)
    return written.getvalue()


def word() -> bytes:
    """A Word document with headings, lists of both kinds and a table."""
    paper = docx.Document()
    paper.add_heading("Handbook", 0)
    paper.add_paragraph("Who we are.")
    paper.add_heading("Reset", 1)
    for step in ("Hold the button.", "Wait 30 seconds."):
        paper.add_paragraph(step, style="List Number")
    paper.add_paragraph("Or call us.", style="List Bullet")
    paper.add_heading("قیمت‌ها", 2)
    table = paper.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("plan", "price", "Gold", "20"), strict=True):
        cell.text = text
    paper.add_heading("How long does it take?", 1)
    paper.add_paragraph("Five minutes.")
    written = io.BytesIO()
    paper.save(written)
    return written.getvalue()


def book(*sheets: list[list[object]]) -> bytes:
    """A workbook of sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for rows in sheets:
        sheet = made.create_sheet()
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def repacked(content: bytes, name: str, data: bytes) -> bytes:
    """A packed file with one member exchanged or added."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, data)
    return written.getvalue()


def _escaped(line: str) -> bytes:
    return line.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _file(objects: list[bytes]) -> bytes:
    written = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (count, table, count, len(written))
    )


def locked(content: bytes) -> bytes:
    """The PDF behind a password."""
    writer = pypdf.PdfWriter()
    writer.append(pypdf.PdfReader(io.BytesIO(content)))
    writer.encrypt("open sesame", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
