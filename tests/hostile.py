"""Small files that take a reader gigabytes or never end, or are torn: each must be read or refused within bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_TYPE = "application/vnd.openxmlformats-officedocument"


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def office(main: str, kind: str, content: bytes, **others: bytes) -> bytes:
    """An Office file of one part."""
    types = f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/{main}" ContentType="{_TYPE}.{kind}.main+xml"/>'
    relations = f'<Relationship Id="r1" Type="{_MAIN}" Target="{main}"/>'
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}</Types>'.encode(),
            "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'.encode(),
            main: content,
            **others,
        }
    )


def docx(body: bytes) -> bytes:
    content = f"<w:document {W}><w:body>".encode() + body + b"</w:body></w:document>"
    return office("word/document.xml", "wordprocessingml.document", content)


def xlsx(rows: bytes) -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    links = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    book = (
        b"<workbook %s %s><sheets><sheet name='a' sheetId='1' r:id='r1'/></sheets></workbook>"
        % (space, links)
    )
    sheet = b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (space, rows)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relations = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{kind}" Target="worksheets/a.xml"/></Relationships>'
    others: dict[str, Any] = {
        "xl/_rels/workbook.xml.rels": relations.encode(),
        "xl/worksheets/a.xml": sheet,
    }
    return office("xl/workbook.xml", "spreadsheetml.sheet", book, **others)


def pdf(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    out = b"%PDF-1.5\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    return (
        out
        + head
        + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(out))
    )


def stream(data: bytes, more: bytes = b"") -> bytes:
    small = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(small), more, small)


def page_of(content: bytes, more: bytes = b"", *others: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R%s>>" % more
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            page,
            content,
            *others,
        ]
    )


FONT = b"/Resources<</Font<</F1 5 0 R>>%s>>"
HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that grow."""
    yield "paragraphs.docx", docx(b"<w:p/>" * 8_000_000)
    yield "words.docx", docx(b"<w:p><w:r><w:t>" + b"a" * 49_000_000 + b"</w:t></w:r></w:p>")
    yield "large.docx", docx(b"<w:p/>" * 9_000_000)
    yield "cells.xlsx", xlsx(b"<row>" + b"<c/>" * 10_000_000 + b"</row>")
    yield (
        "rows.xlsx",
        xlsx(b"<row><c t='inlineStr'><is><t>text</t></is></c></row>" + b"<row/>" * 5_000_000),
    )
    yield (
        "far.xlsx",
        xlsx(b"<row r='1048576'><c r='XFD1048576' t='inlineStr'><is><t>text</t></is></c></row>"),
    )
    yield "lists.json.zip", packed({"a.json": b"[" + b"[]," * 60_000_000 + b"[]]"})
    yield "zeros.zip", packed({f"{n}.txt": b"0" * 19_000_000 for n in range(10)})
    yield "over.zip", packed({f"{n}.txt": b"0" * 19_000_000 for n in range(11)})
    yield "large.zip", packed({"a.txt": b"0" * 150_000_000, "b.txt": b"fine"})
    yield "lzma.zip", packed({"a.pdf": b"0" * 150_000_000, "b.txt": b"fine"}, zipfile.ZIP_LZMA)
    yield "stream.pdf", page_of(stream(b"0 0 m\n" * 30_000_000))
    yield (
        "words.pdf",
        page_of(stream(b"BT /F1 9 Tf" + b"(a)Tj " * 3_000_000 + b"ET"), FONT % b"", HELVETICA),
    )
    yield "filters.pdf", page_of(_twice(b"0" * 300_000_000))


def _twice(data: bytes) -> bytes:
    smallest = zlib.compress(zlib.compress(data, 9), 9)
    return b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (
        len(smallest),
        smallest,
    )


def endless() -> Iterator[tuple[str, bytes]]:
    """Files that parsers go round in, or down in."""
    kids = b"<</Type/Pages/Kids[%s]/Count 9>>" % (b"2 0 R " * 50)
    yield "pages.pdf", pdf([b"<</Type/Catalog/Pages 2 0 R>>", kids])
    doubled = [
        b"<</Type/Pages/Count 1/Kids[%d 0 R %d 0 R]>>" % (n + 1, n + 1) for n in range(2, 40)
    ]
    leaf = b"<</Type/Page/MediaBox[0 0 9 9]>>"
    yield "tree.pdf", pdf([b"<</Type/Catalog/Pages 2 0 R>>", *doubled, leaf])
    form = stream(b"/X Do " * 20, b"/Type/XObject/Subtype/Form/Resources<</XObject<</X 6 0 R>>>>")
    yield (
        "forms.pdf",
        page_of(stream(b"/X Do " * 20), FONT % b"/XObject<</X 6 0 R>>", HELVETICA, form),
    )
    yield "arrays.pdf", page_of(b"[" * 200_000)
    yield "refers.pdf", page_of(b"4 0 R")
    yield (
        "xref.pdf",
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer<</Size 1/Prev 9/Root 1 0 R>>\nstartxref\n9\n%%EOF",
    )
    yield "groups.rtf", b"{\\rtf1 " + b"{" * 5_000_000 + b"}"
    yield "links.rtf", b"{\\rtf1 " + b"{\\field{\\*\\fldinst{ HYPERLINK " * 20_000 + b"}"
    yield "binary.rtf", b"{\\rtf1 {\\pict\\bin999999999999 a}}"
    yield "fonts.rtf", b"{\\rtf1{\\fonttbl" + b"\\f1\\fcharset" * 200_000 + b"}"
    yield (
        "nested.docx",
        docx(b"<w:tbl><w:tr><w:tc>" * 80 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 80),
    )
    yield "deep.docx", docx(b"<w:sdt>" * 100_000)
    yield "nested.json", b"[" * 900_000
    yield "quotes.csv", b'text,id\n"' + b'""' * 900_000


def torn() -> Iterator[tuple[str, bytes]]:
    """Whole files cut short, at places all over."""
    whole = {
        "a.docx": docx(b"<w:p><w:r><w:t>fever</w:t></w:r></w:p>"),
        "a.xlsx": xlsx(b"<row><c t='inlineStr'><is><t>text</t></is></c></row>"),
        "a.pdf": page_of(
            stream(b"BT /F1 9 Tf (fever and cough since Monday) Tj ET"), FONT % b"", HELVETICA
        ),
        "a.rtf": b"{\\rtf1{\\fonttbl{\\f0 Arial;}} \\'fcber \\u8805?5 {\\b fever}}",
        "a.zip": packed({"a.txt": b"fever", "b.rtf": b"{\\rtf1 fever}"}),
        "a.json": b'[{"text": "fever"}]',
    }
    for name, data in whole.items():
        for part in range(1, 8):
            yield f"{part}{name}", data[: len(data) * part // 8]
