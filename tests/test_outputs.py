"""Outputs of a batch beside JSON Lines: a Parquet file, a folder of shards, an address; what a kill leaves of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import FakeExtractor

from elmtex.batch import job, outputs
from elmtex.batch.parquet import document_of
from elmtex.readers.text_files import Report
from elmtex.schema import load_schema
from elmtex.types import Attribute, Code, Extraction, InputError
from elmtex.values import value_of

REPORTS = [Report(f"r{n}", f"{n}-year-old with fever and Übelkeit 🤒") for n in range(5)]


class Rich(FakeExtractor):
    """Items with everything that a document can have, and with nothing of it."""

    def extract(self, report: str, *, id: str = "report") -> Extraction:
        found = super().extract(report, id=id)
        dose = Attribute("value", "39 °C", None, None, 0.5, value_of("quantity", "39 °C", "."))
        site = Attribute("body_site", "head", 3, 7)
        code = Code("http://hl7.org/fhir/sid/icd-10-cm", "R50.9", "Fever", 0.91)
        first, *rest = found.categories["signs_symptoms"] or (None,)
        if first is None:
            return found
        first = replace(
            first,
            attributes=(dose, site),
            codes=(code, replace(code, chosen=True)),
            section="history",
            confidence=1 / 3,
        )
        loose = replace(first, start=None, end=None, attributes=(), codes=(), confidence=None)
        items = {**found.categories, "signs_symptoms": (first, loose, *rest)}
        return replace(found, categories=items, problems=("one", "two"))


def _documents(extractor: FakeExtractor) -> list[dict]:
    return [extractor.extract(str(r.text), id=r.id).to_dict() for r in REPORTS]


def _rows(*paths: Path) -> list[dict]:
    return [document_of(row) for path in paths for row in pq.read_table(path).to_pylist()]


def _without_key(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "key"} for row in rows]


def test_parquet_gives_the_documents_unchanged(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    summary = job.run(Rich(), REPORTS, out)
    assert summary.statuses == {"ok": 5}
    expected = _documents(Rich())
    assert expected[0]["categories"]["signs_symptoms"][0]["attributes"][0]["value"]
    lines = tmp_path / "out.jsonl"
    job.run(Rich(), REPORTS, lines)
    assert _without_key(_rows(out)) == expected
    assert _rows(out) == [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert list(_rows(out)[0]["categories"]) == list(Rich().schema.keys)
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")) == [
        "out.jsonl",
        "out.parquet",
    ]


def test_pandas_reads_the_documents(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    job.run(Rich(), REPORTS, tmp_path / "out.parquet")
    rows = pandas.read_parquet(tmp_path / "out.parquet").to_dict("records")
    assert _without_key([document_of(row) for row in rows]) == _documents(Rich())


def test_duckdb_reads_the_documents(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    job.run(Rich(), REPORTS, tmp_path / "out")
    query = duckdb.sql(f"SELECT * FROM read_parquet('{tmp_path}/out/*.parquet') ORDER BY id")
    rows = [dict(zip(query.columns, row, strict=True)) for row in query.fetchall()]
    assert _without_key([document_of(row) for row in rows]) == _documents(Rich())
    found = duckdb.sql(
        f"SELECT count(*) FROM (SELECT unnest(categories.age) FROM read_parquet('{tmp_path}/out/*.parquet'))"
    )
    assert found.fetchall() == [(5,)]


def test_a_folder_gets_shards_and_a_kill_costs_only_what_waited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "SHARD_ROWS", 2)
    out = tmp_path / "out"

    class Killed(BaseException):
        pass

    class Dying(FakeExtractor):
        def extract(self, report: str, *, id: str = "report") -> Extraction:
            if id == "r3":
                raise Killed
            return super().extract(report, id=id)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        # What waits is lost in a kill; an error in this process would still write it.
        patch.setattr(outputs.Shards, "flush", _flush_when_full)
        job.run(Dying(), REPORTS, out)
    assert [path.name for path in sorted(out.iterdir())] == ["part-000001.parquet"]
    (out / ".part-000002.parquet.part").write_bytes(b"torn")
    (out / "readme.txt").write_text("mine")
    extractor = FakeExtractor()
    summary = job.run(extractor, REPORTS, out, resume=True)
    assert (summary.total, summary.kept) == (5, 2)
    assert extractor.seen == ["r2", "r3", "r4"]
    assert sorted(row["id"] for row in _rows(*sorted(out.glob("*.parquet")))) == [
        f"r{n}" for n in range(5)
    ]
    assert (out / "readme.txt").read_text() == "mine"


def _flush_when_full(self: outputs.Shards) -> None:
    if len(self._rows) >= outputs.SHARD_ROWS:
        FLUSH(self)


FLUSH = outputs.Shards.flush


@pytest.mark.parametrize(
    "name", ["out", "out.parquet", "memory://batch/out", "memory://b/o.parquet"]
)
def test_failed_reports_are_done_again_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(outputs, "SHARD_ROWS", 2)
    fsspec.filesystem("memory").store.clear()
    out = name if "://" in name else str(tmp_path / name)
    reports = [*REPORTS[:2], Report("x", None, "is a PDF"), Report("e", ""), Report("r0", "other")]
    first = job.run(FakeExtractor(), reports, out)
    assert first.statuses == {"ok": 3, "failed": 1, "empty_report": 1}
    with pytest.raises(InputError, match="--resume"):
        job.run(FakeExtractor(), reports, out)
    reports[2] = Report("x", "fever")
    extractor = FakeExtractor()
    summary = job.run(extractor, reports, out, resume=True)
    assert (summary.statuses, summary.kept) == ({"ok": 4, "empty_report": 1}, 4)
    assert extractor.seen == ["x"]
    fs, path = fsspec.core.url_to_fs(out)
    files = [path] if name.endswith(".parquet") else fs.glob(f"{path}/*.parquet")
    ids = [row["id"] for file in files for row in pq.read_table(fs.open(file)).to_pylist()]
    assert sorted(ids) == ["e", "r0", "r0", "r1", "x"]


def test_other_settings_and_another_schema_take_the_place_of_the_first(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    job.run(FakeExtractor(), REPORTS[:3], out)
    other = FakeExtractor(schema=load_schema("medication"))
    summary = job.run(other, REPORTS[:2], out, resume=True)
    assert (summary.kept, summary.redone, summary.others) == (0, 2, 1)
    rows = {row["id"]: row["schema"] for row in _rows(out)}
    assert rows == {"r0": "medication", "r1": "medication", "r2": "elmtex"}
    assert _without_key(_rows(out))[-1] == other.extract(str(REPORTS[1].text), id="r1").to_dict()


def test_an_interrupt_writes_what_waits(tmp_path: Path) -> None:
    class Interrupted(FakeExtractor):
        def extract(self, report: str, *, id: str = "report") -> Extraction:
            if id == "r3":
                raise KeyboardInterrupt
            return super().extract(report, id=id)

    out = tmp_path / "out.parquet"
    with pytest.raises(KeyboardInterrupt):
        job.run(Interrupted(), REPORTS, out)
    assert not out.exists()
    assert job.run(FakeExtractor(), REPORTS, out, resume=True).kept == 3
    assert len(_rows(out)) == 5


def test_resume_touches_no_folder_of_another_kind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    pq.write_table(pa.table({"a": [1]}), out / "part-000001.parquet")
    before = (out / "part-000001.parquet").read_bytes()
    with pytest.raises(InputError, match="not one that elmtex batch writes"):
        job.run(FakeExtractor(), REPORTS, out, resume=True)
    assert (out / "part-000001.parquet").read_bytes() == before
    with pytest.raises(InputError, match="no folder"):
        job.run(FakeExtractor(), REPORTS, tmp_path / "none" / "out.parquet")
    with pytest.raises(InputError, match="into a folder"):
        job.run(FakeExtractor(), REPORTS, "memory://x/out.jsonl")


def test_a_batch_without_reports_is_an_empty_file(tmp_path: Path) -> None:
    assert job.run(FakeExtractor(), [], tmp_path / "out.parquet").total == 0
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0
