"""CSV for people who count: values as numbers, who reviewed what, one row a report, the file's own ids."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from elmtex.exporters.report_table import report_table
from elmtex.exporters.tables import Document, attribute_table, item_table
from elmtex.extractors.values import with_values
from elmtex.readers.files import read_reports
from elmtex.schema import load_schema, parse_schema
from elmtex.types import Attribute, Extraction, Item, Judgement, Mention, ReviewState

SCHEMA = load_schema("clinical")
REPORT = (
    "74-jährige Patientin. Metoprolol 47,5 mg 1-0-1 p.o., pausiert am 03.12.2020. CRP <5 mg/l. Kein Fieber. Fieber? "
    "CRP <5 mg/l. Abdomen weich. Husten."
)
JUDGED = Judgement("=Dr. Meier", "2026-01-02T03:04:05+00:00")


def at(words: str, nth: int = 0) -> tuple[str, int, int]:
    start = -1
    for _ in range(nth + 1):
        start = REPORT.index(words, start + 1)
    return words, start, start + len(words)


def document() -> Extraction:
    drug = Item(
        *at("Metoprolol"),
        attributes=tuple(
            Attribute(type, *at(words))
            for type, words in (
                *(("dose", "47,5 mg"), ("route", "p.o."), ("frequency", "1-0-1")),
                *(("when", "03.12.2020"), ("status", "pausiert")),
            )
        ),
    )
    value = Item(
        *at("CRP <5 mg/l"),
        attributes=(Attribute("test", *at("CRP")), Attribute("value", *at("<5 mg/l"))),
        mentions=(Mention(*at("CRP <5 mg/l", 1)[1:]),),
    )
    found = {
        "pharmacological_therapy": (drug,),
        "laboratory_values": (value,),
        "signs_symptoms": (
            *(Item(*at("Fieber"), "absent"), Item(*at("Fieber", 1), "possible")),
            *(Item(*at("Abdomen weich")), Item(*at("Husten"))),
        ),
        "age": (Item(*at("74-jährige")),),
        "gender": (Item(*at("Patientin")),),
    }
    categories = dict.fromkeys(SCHEMA.keys, ()) | found
    return Extraction("r", "clinical", "m", "ok", (), with_values(categories, SCHEMA, REPORT))


def reviewed() -> Document:
    place = ("pharmacological_therapy", 0)
    review = ReviewState(frozenset({place}), False, {place: JUDGED}, JUDGED)
    return Document(document(), SCHEMA, review, {"patient_id": "007", "id": "x"})


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def of(category: str) -> dict[str, str]:
    return next(row for row in rows(item_table([reviewed()])) if row["category"] == category)


def test_the_words_values_stand_beside_them() -> None:
    drug = of("pharmacological_therapy")
    values = ("dose", "dose_number", "dose_comparator", "dose_unit", "when_date", "route_code")
    assert [drug[name] for name in values] == [
        "47,5 mg",
        "47.5",
        "",
        "mg",
        "2020-12-03",
        "26643006",
    ]
    assert (drug["status"], drug["status_code"]) == ("pausiert", "paused")
    crp = of("laboratory_values")
    assert [crp[f"value_{part}"] for part in ("number", "comparator", "unit")] == ["5", "<", "mg/L"]
    start, end = at("CRP <5 mg/l", 1)[1:]
    assert crp["mentions"] == f"{start}-{end}"
    assert crp["dose_number"] == ""


def test_who_reviewed_an_item_and_when() -> None:
    drug, crp = of("pharmacological_therapy"), of("laboratory_values")
    names = ("judged", "reviewer", "reviewed_at")
    assert [drug[name] for name in names] == ["yes", "'=Dr. Meier", JUDGED.at]
    assert [crp[name] for name in names] == ["no", "", ""]
    assert "judged" not in rows(item_table([Document(document(), SCHEMA)]))[0]


def test_the_files_own_ids_come_first() -> None:
    other = Document(document(), SCHEMA)
    for table in (item_table, attribute_table, report_table):
        first, *_, last = rows(table([reviewed(), other]))
        assert list(first)[:2] == ["id", "patient_id"]
        assert (first["id"], first["patient_id"]) == ("r", "007")
        assert (last["id"], last["patient_id"]) == ("r", "")


def test_a_report_is_one_row() -> None:
    (row,) = rows(report_table([reviewed()]))
    assert (row["signs_symptoms"], row["signs_symptoms_absent"]) == ("Husten", "Fieber")
    assert (row["signs_symptoms_possible"], row["signs_symptoms_count"]) == ("Fieber", "1")
    assert row["signs_symptoms_normal"] == "Abdomen weich"  # no problem, and not counted as one
    assert "comorbidities_normal" not in row
    assert (row["pharmacological_therapy"], row["pharmacological_therapy_count"]) == (
        "Metoprolol",
        "1",
    )
    assert (row["age_years"], row["gender_code"]) == ("74", "female")
    assert (row["items"], row["judged"], row["finished"]) == ("8", "1", "no")
    assert (row["reviewer"], row["reviewed_at"]) == ("'=Dr. Meier", JUDGED.at)
    (bare,) = rows(report_table([Document(document(), SCHEMA)]))
    assert bare["judged"] == bare["finished"] == bare["reviewer"] == ""


def test_a_category_with_the_name_of_another_column_has_one_of_its_own() -> None:
    text = '{"title": "T", "properties": {"status": {"title": "Status"}, "pain": {"title": "Pain"}, "pain_count": {"title": "Count"}}}'
    schema = parse_schema(text, "t")
    found = {"status": (Item("weak", 0, 4),), "pain": (), "pain_count": (Item("two", 5, 8),)}
    (row,) = rows(report_table([Document(Extraction("r", "t", "m", "ok", (), found), schema)]))
    assert (row["status"], row["category.status"]) == ("ok", "weak")
    assert (row["pain_count"], row["category.pain_count"]) == ("0", "two")


def test_a_tables_id_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id,Patient_ID,fall-id,ward,text\n1,A7,9,3,fever\n", "utf-8")
    (report,) = read_reports([str(path)])
    assert report.source == {"id": "1", "patient_id": "A7", "fall-id": "9"}
