"""The command line's contract: what goes where, the exit codes, and one line for every wrong usage."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import FakeExtractor

from elmtex.cli import main
from elmtex.coding.linker import Linker
from elmtex.coding.terminologies import Terminology
from elmtex.extractors.base import Extractor
from elmtex.extractors.coding import CodingExtractor
from elmtex.schema import load_schema
from elmtex.types import MissingDependencyError

ROOT = Path(__file__).parent.parent
REPORT = "A 58-year-old man had no fever but Übelkeit 🤒.\r\n"


def make_fake(args: argparse.Namespace) -> Extractor:
    schema = load_schema(args.schema)
    fake = FakeExtractor(
        schema.subset(tuple(args.categories.split(","))) if args.categories else schema
    )
    return CodingExtractor(fake, Linker()) if args.codes else fake


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_bytes(REPORT.encode())
    return path


def _run(*arguments: object, code: int = 0) -> None:
    assert main([str(a) for a in arguments], make_extractor=make_fake) == code


def _python(
    code: str, *arguments: str, stdin: bytes = b"", **env: str
) -> subprocess.CompletedProcess[bytes]:
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": paths, **env},
        input=stdin,
        capture_output=True,
        timeout=30,
    )


FAKE = "import sys; from test_cli import make_fake; from elmtex.cli import main; sys.exit(main(make_extractor=make_fake))"


def test_extract_prints_one_json_object(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("extract", report)
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert captured.err == ""
    assert (document["id"], document["status"]) == ("letter", "ok")
    assert tuple(document["categories"]) == load_schema("elmtex").keys
    fever, nausea = document["categories"]["signs_symptoms"]
    assert (fever["assertion"], nausea["assertion"]) == ("absent", "present")
    for item in (fever, nausea):
        assert REPORT[item["start"] : item["end"]] == item["text"]


@pytest.mark.parametrize(
    ("format", "has"),
    [
        ("json", '  "id": "letter"'),
        ("jsonl", '{"id": "letter"'),
        ("csv", "letter,age,58-year-old,2,13,present,0.9,"),
        ("elmtex", '"signs_symptoms": "Übelkeit"'),
        ("fhir", '"resourceType": "Bundle"'),
    ],
)
def test_formats(report: Path, capsys: pytest.CaptureFixture[str], format: str, has: str) -> None:
    if format == "fhir":
        pytest.importorskip("fhir.resources")
    _run("extract", report, "--format", format)
    assert has in capsys.readouterr().out


@pytest.fixture
def terminologies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two small terminologies in the place of the packages'."""

    def source(name: str, code: str, display: str) -> Terminology:
        return Terminology(name, lambda: "1", lambda: iter([(f"urn:{name}", code, display, [])]))

    planted = {
        "icd10cm": source("icd10cm", "R50", "Fever"),
        "hpo": source("hpo", "HP:1", "Fever"),
        "drugs": source("drugs", "D1", "Fever"),
    }
    monkeypatch.setattr("elmtex.coding.linker.sources", lambda _: planted)
    monkeypatch.setenv("ELMTEX_CACHE", str(tmp_path / "cache"))


def test_codes_are_suggested_when_they_are_asked_for(
    terminologies: None, report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("extract", report)
    plain = capsys.readouterr().out
    assert "codes" not in plain
    _run("extract", report, "--codes")
    document = json.loads(capsys.readouterr().out)
    fever, nausea = document["categories"]["signs_symptoms"]
    # As the category says: HPO first, and no drugs. None is chosen: these are suggestions.
    assert fever.pop("codes") == [
        {"system": "urn:hpo", "code": "HP:1", "display": "Fever", "score": 1.0},
        {"system": "urn:icd10cm", "code": "R50", "display": "Fever", "score": 1.0},
    ]
    assert "codes" not in nausea
    assert document == json.loads(plain)
    _run("extract", report, "--codes", "--format", "csv")
    assert "urn:hpo|HP:1 urn:icd10cm|R50" in capsys.readouterr().out
    out = tmp_path / "out.jsonl"
    _run("batch", report, "--codes", "--out", out)
    line = json.loads(out.read_text("utf-8"))
    assert line["categories"]["signs_symptoms"][0]["codes"][0]["code"] == "HP:1"
    # A line with codes is another than one without: what was answered with other settings is answered again.
    _run("batch", report, "--out", out, "--resume")
    assert "codes" not in out.read_text("utf-8")
    _run("batch", report, "--codes", "--out", out, "--resume")
    assert json.loads(out.read_text("utf-8"))["categories"] == line["categories"]


def test_codes_for_a_schema_of_other_keys(
    terminologies: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema, report = tmp_path / "own.json", tmp_path / "r.txt"
    own = {"signs_symptoms": {"title": "Mittel", "x-terminologies": ["drugs"]}}
    schema.write_text(json.dumps({"title": "Own", "properties": own}), "utf-8")
    report.write_text("fever", "utf-8")
    _run("extract", report, "--schema", schema, "--codes")
    (item,) = json.loads(capsys.readouterr().out)["categories"]["signs_symptoms"]
    assert [code["system"] for code in item["codes"]] == ["urn:drugs"]


def test_codes_without_their_packages_say_how_to_get_them(
    report: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(package: str) -> str:
        raise MissingDependencyError(f"coding needs {package}")

    monkeypatch.setattr("elmtex.coding.terminologies._version", missing)
    _run("extract", report, "--codes", code=2)
    assert "coding needs" in capsys.readouterr().err


def test_fhir_reads_what_stands_around_an_item(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fhir.resources")
    report = tmp_path / "r.txt"
    report.write_text("She had fever, resolved.", "utf-8")
    _run("extract", report, "--format", "fhir")
    entries = json.loads(capsys.readouterr().out)["entry"]
    (condition,) = (e["resource"] for e in entries if "clinicalStatus" in e["resource"])
    assert condition["clinicalStatus"]["coding"][0]["code"] == "resolved"


def test_categories_schema_output_and_verbose(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "document.json"
    _run("extract", report, "--categories", "age,gender", "--output", output, "--verbose")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "elmtex: prefill 1 ms\nelmtex: steps 2 ms\n"
    assert list(json.loads(output.read_bytes())["categories"]) == ["age", "gender"]
    _run("extract", report, "--schema", "medication")
    assert "drug" in json.loads(capsys.readouterr().out)["categories"]


def test_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REPORT.encode())))
    _run("extract", "-")
    assert json.loads(capsys.readouterr().out)["id"] == "stdin"


@pytest.mark.parametrize(
    ("text", "status"),
    [("", "empty_report"), (" \r\n\t", "empty_report"), ("BOOM secret", "failed")],
)
def test_a_failed_report_is_exit_1_with_its_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, status: str
) -> None:
    path = tmp_path / "r.txt"
    path.write_text(text, "utf-8")
    _run("extract", path, code=1)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["status"] == status
    assert captured.err.startswith(f"elmtex: r: {status}: ")
    assert captured.err.count("\n") == 1
    assert "secret" not in captured.out + captured.err


def _wrong(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a wrong usage prints."""
    try:
        code = main(arguments, make_extractor=make_fake)
    except SystemExit as stop:  # argparse
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith("elmtex")
    assert captured.err.count("\n") == 1
    return captured.err


def test_wrong_usage_is_one_line_and_exit_2(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "odd.txt"
    odd.write_bytes(b"\xdcbelkeit \x81")
    broken = tmp_path / "broken.json"
    broken.write_text('{"title": "x",\n "properties": {')
    batch = ["batch", str(report), "--out"]
    extract = ["extract", str(report)]
    for arguments, says in [
        ([], "COMMAND"),
        (["extarct"], "invalid choice"),
        (["extract"], "FILE"),
        (["extract", str(tmp_path / "none.txt")], "no such file"),
        (["extract", str(tmp_path)], "directory"),
        (["extract", str(odd)], "UTF-8"),
        ([*extract, "--format", "xml"], "'xml'"),
        ([*extract, "--form", "json"], "--form"),
        ([*extract, "--schema", "none"], "elmtex, medication"),
        ([*extract, "--schema", str(broken)], "line 2"),
        ([*extract, "--categories", "diagnoses"], "'diagnoses'"),
        ([*extract, "--output", str(tmp_path)], "cannot write"),
        ([*extract, "--output", str(tmp_path / "no" / "x")], "cannot write"),
        ([*extract, "--output", str(report)], "report itself"),
        (["batch", str(report)], "--out"),
        (["batch", str(tmp_path / "none"), "--out", str(tmp_path / "o")], "no such file"),
        ([*batch, str(report), "--resume"], "one of the inputs"),
        ([*batch, str(odd)], "exists"),
        ([*batch, str(odd), "--resume"], "not one that elmtex batch writes"),
        ([*batch, str(tmp_path / "no" / "o.jsonl")], "no folder"),
    ]:
        assert says in _wrong(arguments, capsys), arguments
    assert report.read_bytes() == REPORT.encode()


def test_the_real_extractors_options_are_checked(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, value in [("--strategy", "luck"), ("--engine", "steam"), ("--categories", "none")]:
        assert main(["extract", str(report), option, value]) == 2
        captured = capsys.readouterr()
        assert f"'{value}'" in captured.err
        assert captured.err.count("\n") == 1


def test_batch_exit_codes_and_summary(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run("batch", report, "--out", tmp_path / "good.jsonl")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 reports: 1 ok" in captured.err
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "fever"}\nbroken\n{"id": "b", "text": " "}\n')
    _run("batch", rows, report, "--out", tmp_path / "bad.jsonl", code=1)
    assert "4 reports: 1 empty_report, 1 failed, 2 ok" in capsys.readouterr().err
    _run("batch", rows, report, "--out", tmp_path / "bad.jsonl", "--resume", code=1)
    assert "3 of them were done before" in capsys.readouterr().err
    assert len((tmp_path / "bad.jsonl").read_text().splitlines()) == 4
    # Its own output as input would grow for ever while it is read.
    _run("batch", tmp_path / "bad.jsonl", "--out", tmp_path / "bad.jsonl", "--resume", code=2)
    assert "one of the inputs" in capsys.readouterr().err


def test_windows_1252_is_read_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "brief.txt").write_bytes("Fieber, Übelkeit".encode("cp1252"))
    said = "elmtex: brief was not UTF-8 and was read as Windows-1252: check its umlauts\n"
    _run("extract", tmp_path / "brief.txt")
    captured = capsys.readouterr()
    (nausea,) = json.loads(captured.out)["categories"]["signs_symptoms"]
    assert (nausea["text"], nausea["start"], captured.err) == ("Übelkeit", 8, said)
    _run("batch", tmp_path, "--out", tmp_path / "out.jsonl")
    assert capsys.readouterr().err.count(said) == 1


def test_a_defect_is_one_line_without_the_report(
    report: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(args: argparse.Namespace) -> FakeExtractor:
        raise RuntimeError(REPORT)

    assert main(["extract", str(report)], make_extractor=broken) == 1
    error = capsys.readouterr().err
    assert "internal error RuntimeError at" in error
    assert "58-year-old" not in error
    assert error.count("\n") == 1
    monkeypatch.setenv("ELMTEX_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["extract", str(report)], make_extractor=broken)


def test_help_is_quick_and_has_examples() -> None:
    more = []  # than Python itself takes, which a busy machine slows as well
    for _ in range(5):
        start = time.perf_counter()
        _python("pass")
        middle = time.perf_counter()
        done = _python("from elmtex.cli import main; main(['--help'])")
        more.append(time.perf_counter() - middle - (middle - start))
        assert done.returncode == 0
        assert b"elmtex extract report.txt" in done.stdout
    code = "import sys, elmtex.cli as c; c._parser(); print(sorted({'torch', 'gradio', 'numpy', 'jsonschema'} & set(sys.modules)))"
    assert _python(code).stdout == b"[]\n"
    assert min(more) < 0.3


@pytest.mark.parametrize("command", ["extract", "batch", "app"])
def test_help_of_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_the_output_is_utf8_on_any_terminal(report: Path, encoding: str) -> None:
    done = _python(
        FAKE, "extract", str(report), PYTHONIOENCODING=encoding, LC_ALL="C", PYTHONUTF8="0"
    )
    assert done.returncode == 0, done.stderr
    assert "Übelkeit" in json.dumps(json.loads(done.stdout.decode("utf-8")), ensure_ascii=False)


def test_a_closed_pipe_is_quiet(report: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-c", FAKE, "extract", str(report)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])},
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=30,
    )
    os.close(write)
    assert process.returncode == 141
    assert process.stderr == b""


def test_file_names_that_are_no_unicode(tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"fieber\xfc.txt")
    with open(name, "wb") as file:
        file.write(b"fever")
    done = _python(FAKE, "extract", os.fsdecode(name))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["id"] == "fieber\ufffd"


def test_doors_hand_their_arguments_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from elmtex import cli

    monkeypatch.setitem(cli.DOORS, "eval", "door_target.run")
    (tmp_path / "door_target").mkdir()
    (tmp_path / "door_target" / "run.py").write_text(
        "import sys, pathlib\n"
        "assert __name__ == '__main__'\n"
        "pathlib.Path(sys.argv[-1]).write_text(' '.join(sys.argv[1:-1]))\n"
    )
    (tmp_path / "elmtex").mkdir()
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "elmtex" / "cli.py"))
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "argv", sys.argv[:])
    assert main(["eval", "--help", "--data", str(tmp_path / "said")]) == 0
    assert (tmp_path / "said").read_text() == "--help --data"


def test_doors_outside_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from elmtex import cli

    monkeypatch.setattr(cli, "__file__", str(tmp_path / "elmtex" / "cli.py"))
    for command in ("eval", "train"):
        assert "source checkout" in _wrong([command, "--config", "x.yaml"], capsys)


def test_extract_and_batch_read_what_the_page_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("striprtf", reason="striprtf is not installed")
    (tmp_path / "brief.rtf").write_bytes(rb"{\rtf1 kein Fieber, \'dcbelkeit}")
    (tmp_path / "table.csv").write_bytes("id;Befund\r\nA1;Übelkeit\r\n".encode("cp1252"))
    (tmp_path / "renamed.txt").write_bytes(b"%PDF-1.7 Zyxwvut")
    _run("extract", tmp_path / "brief.rtf")
    assert json.loads(capsys.readouterr().out)["id"] == "brief"
    _run("extract", tmp_path / "table.csv")
    said = capsys.readouterr()
    assert json.loads(said.out)["id"] == "A1"
    assert "A1 was not UTF-8 and was read as Windows-1252" in said.err
    _run("extract", tmp_path / "renamed.txt", code=2)
    assert "is a PDF, whatever its name says" in capsys.readouterr().err
    out = tmp_path / "out.jsonl"
    _run("batch", tmp_path / "brief.rtf", tmp_path / "table.csv", "--out", out)
    assert [json.loads(line)["id"] for line in out.read_text("utf-8").splitlines()] == [
        "brief",
        "A1",
    ]
