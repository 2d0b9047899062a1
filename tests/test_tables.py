"""Tables as clinics have them: Excel, UTF-16, German names of columns; one that has no reports says
what it has."""

from __future__ import annotations

import datetime
import threading
from pathlib import Path
from typing import Any

import pytest

from elmtex.readers.files import read_files, read_one, read_reports
from elmtex.types import InputError

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")

TEXT = 'Übelkeit; "39,5" °C,\nkein\tFieber, 50 µg'


def book(folder: Path, *sheets: list[list[Any]], name: str = "a.xlsx") -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for rows in sheets:
        sheet = made.create_sheet()
        for row in rows:
            sheet.append(row)
    made.save(folder / name)
    return folder / name


def test_each_row_of_each_sheet_with_reports_is_one(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        [["Legend", "of the columns"], ["ID", "the case"]],
        [
            ["Letters of the ward"],
            [],
            ["ID", "Date", " Befund "],
            [7.0, datetime.date(2024, 3, 2), TEXT],
        ],
        [["Bericht"], ["no fever"], [None], [412]],
    )
    reports = read_files([path])
    assert [(r.id, r.text, r.problem) for r in reports] == [
        ("7", TEXT, None),
        ("a:2", "no fever", None),
        ("a:3", "412", None),
    ]
    assert [(r.id, r.text) for r in read_reports([path])] == [(r.id, r.text) for r in reports]


def test_the_deadline_does_not_wait_for_who_works_on_each_report(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    reports = read_reports([book(tmp_path, [["text"], ["fever"], ["cough"], ["pain"]])])
    assert next(reports).text == "fever"
    begun = set(threading.enumerate()) - before
    assert not any(isinstance(thread, threading.Timer) for thread in begun)
    assert [report.text for report in reports] == ["cough", "pain"]


def test_a_row_without_a_report_costs_only_itself(tmp_path: Path) -> None:
    path = book(tmp_path, [["id", "text"], ["a", None], ["b", "fever"]])
    first, second = read_files([path])
    assert (first.id, first.text, first.note) == ("a", None, "row")
    assert (second.id, second.text) == ("b", "fever")


def test_a_workbook_without_reports_names_its_columns(tmp_path: Path) -> None:
    path = book(tmp_path, [["Nr", "Hb", "Na"], [1, 9.8, 140]])
    (report,) = read_files([path])
    assert report.note == "table" and str(report.problem).startswith("a.xlsx has no column 'text'")
    assert "(it has: Nr, Hb, Na)" in str(report.problem)
    with pytest.raises(InputError, match="has no column 'text' or 'report'"):
        list(read_reports([path]))


def test_what_may_be_a_patients_words_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1;Mrs SECRET has fever\n2;Mr SECRET coughs\n", "utf-8")
    (report,) = read_files([path])
    assert report.note == "table" and "SECRET" not in str(report.problem)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig", "utf-8", "cp1252"])
def test_a_csv_is_read_whatever_spreadsheet_wrote_it(tmp_path: Path, encoding: str) -> None:
    quoted = '"' + TEXT.replace('"', '""') + '"'
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path = tmp_path / "a.csv"
    path.write_bytes(f"{mark}ID;Text\r\nA1;{quoted}\r\n".encode(encoding))
    (report,) = read_files([path])
    assert (report.id, report.text, report.problem) == ("A1", TEXT, None)
    assert [r.text for r in read_reports([path])] == [TEXT]
    assert read_one(str(path)).text == TEXT


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.txt", "a.rtf"])
def test_a_workbook_under_another_name_is_told_what_it_is(tmp_path: Path, name: str) -> None:
    path = book(tmp_path, [["text"], ["fever"]]).rename(tmp_path / name)
    (report,) = read_files([path])
    assert report.text is None and report.problem is not None
    assert "whatever its name says" in report.problem and "column" not in report.problem
    with pytest.raises(InputError, match="whatever its name says"):
        read_one(str(path))


def test_torn_utf_16_is_refused_and_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id;text\nA1;fever".encode("utf-16") + b"\x00")
    assert [r.note for r in read_files([path])][-1:] == ["encoding"]


def test_a_table_of_several_reports_is_not_a_report(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nfever\ncough\n", "utf-8")
    with pytest.raises(InputError, match="several reports: use `elmtex batch`"):
        read_one(str(path))
