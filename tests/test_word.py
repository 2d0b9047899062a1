"""Word files: every word that a reader sees, in that order, and a notice of what is not read."""

from __future__ import annotations

import io

import pytest

from elmtex.readers.word import read_docx

docx = pytest.importorskip("docx", reason="python-docx is not installed")

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text: str) -> str:
    return f"<w:p>{run(text)}</w:p>"


def control(content: str, unfilled: bool = False) -> str:
    settings = "<w:sdtPr><w:showingPlcHdr/></w:sdtPr>" if unfilled else "<w:sdtPr/>"
    return f"<w:sdt>{settings}<w:sdtContent>{content}</w:sdtContent></w:sdt>"


def letter(body: str, header: str = "", footer: str = "") -> bytes:
    from docx.oxml import parse_xml

    document, out = docx.Document(), io.BytesIO()
    for place, part in enumerate(parse_xml(f"<w:body {SPACES}>{body}</w:body>")[:]):
        document.element.body.insert(place, part)
    section = document.sections[0]
    for text, place in ((header, section.header), (footer, section.footer)):
        for line in filter(None, text.split("\n")):
            place.add_paragraph(line)
    document.save(out)
    return out.getvalue()


def read(body: str, header: str = "", footer: str = "") -> tuple[str, tuple[str, ...]]:
    return read_docx(letter(body, header, footer), "a.docx")


def test_a_filled_control_that_holds_an_unfilled_one_keeps_its_words() -> None:
    inner = f"<w:p>{run('Since: ')}{control(run('Click here'), unfilled=True)}</w:p>"
    text, _ = read(control(paragraph("Diagnosis: pneumonia") + inner) + paragraph("no fever"))
    assert text == "Diagnosis: pneumonia\nSince: \nno fever"


def test_an_unfilled_control_that_holds_a_filled_one_keeps_its_words() -> None:
    block = paragraph("Click here") + f"<w:p>{control(run('cough'))}</w:p>"
    line = f"<w:p>{run('Allergy: ')}{control(run('Click ') + control(run('penicillin')), unfilled=True)}</w:p>"
    text, _ = read(control(block + control(paragraph("fever")), unfilled=True) + line)
    assert text == "cough\nfever\nAllergy: penicillin"


def test_tables_give_rows_and_nested_ones_their_own() -> None:
    def row(*cells: str) -> str:
        return f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"

    inner = f"<w:tbl>{row(paragraph('Na'), paragraph('140'), paragraph('mmol/l'))}</w:tbl>"
    rows = [
        row(paragraph("Medikation"), paragraph("Ramipril 5 mg") + paragraph("ASS 100 mg")),
        row(paragraph("Natrium"), paragraph("140"), paragraph("low") + paragraph("falling")),
        row(paragraph("Labor"), inner + paragraph("")),
        row(paragraph("only")),
    ]
    text, _ = read(f"<w:tbl>{''.join(rows)}</w:tbl>")
    assert text.split("\n") == [
        "Medikation: Ramipril 5 mg, ASS 100 mg",
        "Natrium\t140\tlow, falling",
        "Labor: Na\t140\tmmol/l",
        "only",
    ]


def test_headers_come_first_and_footers_last_each_once_without_page_numbers() -> None:
    text, notes = read(paragraph("no fever"), "71-year-old woman", "Seite 1 von 2\nClinic\nClinic")
    assert text == "71-year-old woman\nno fever\nClinic" and notes == ()


def test_a_footnote_follows_the_paragraph_that_names_it() -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    body = '<w:p><w:r><w:t>fever</w:t><w:footnoteReference w:id="2"/></w:r></w:p>' + paragraph(
        "cough"
    )
    document = docx.Document(io.BytesIO(letter(body)))
    notes = f'<w:footnotes {SPACES}><w:footnote w:id="2">{paragraph("until Monday")}</w:footnote></w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    out = io.BytesIO()
    document.save(out)
    assert read_docx(out.getvalue(), "a.docx")[0] == "fever\nuntil Monday\ncough"


def test_boxes_lists_and_symbols_of_forms_are_words() -> None:
    def field(inner: str) -> str:
        return (
            f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{inner}</w:ffData></w:fldChar></w:r>'
        )

    ticked = field('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>')
    empty = field('<w:checkBox><w:default w:val="0"/></w:checkBox>')
    entries = '<w:listEntry w:val="never"/><w:listEntry w:val="daily"/>'
    chosen = field(f'<w:ddList><w:result w:val="1"/>{entries}</w:ddList>')
    signs = (
        '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Symbol" w:char="F0B3"/></w:r>'
    )
    text, _ = read(
        f"<w:p>{ticked}{run(' fever ')}{empty}{run(' cough, smokes ')}{chosen}{signs}</w:p>"
    )
    assert text == "☒ fever ☐ cough, smokes daily☒≥"


@pytest.mark.parametrize("part", ['<w:altChunk r:id="r9"/>', "<w:p><w:r><c:chart/></w:r></w:p>"])
def test_what_is_not_read_is_said(part: str) -> None:
    text, notes = read(paragraph("fever") + part)
    assert text.strip() == "fever" and notes == ("left_out",)
