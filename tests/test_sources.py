"""What the command line reads beside files and folders: Parquet, patterns, addresses."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elmtex.batch import job
from elmtex.batch.ledger import Ledger, is_done
from elmtex.readers.files import read_one, read_reports
from elmtex.readers.sources import Source, sources
from elmtex.types import InputError


def test_parquet_rows_are_reports_and_a_broken_one_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "letters.parquet"
    table = pa.table(
        {"Letter_ID": [7, 8, None, 10], "Befund": ["Fieber", None, "Übelkeit 🤒", "x"]}
    )
    pq.write_table(table, path)
    found = [(r.id, r.text, r.problem) for r in read_reports([path])]
    assert found == [
        ("7", "Fieber", None),
        ("8", None, "row 2 of letters.parquet has no text in 'text' or 'report'"),
        ("letters:3", "Übelkeit 🤒", None),
        ("10", "x", None),
    ]


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    raw = pa.array([b"fever", b"\xff\xfe", b"cough"]).view(pa.binary()).cast(pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(pa.table({"text": text}), tmp_path / "x.parquet")
    found = [(r.text, r.problem) for r in read_reports([tmp_path / "x.parquet"])]
    assert found == [
        ("fever", None),
        (None, "row 2 of x.parquet is not UTF-8 text"),
        ("cough", None),
    ]


def test_a_damaged_place_costs_the_rows_after_it(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    texts = [f"letter {n}: " + "fever " * 50 + str(n * 7919) for n in range(400)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=200, compression="gzip")
    second = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    place = second.dictionary_page_offset or second.data_page_offset
    data[place + 40 : place + 400] = b"\xaa" * 360
    path.write_bytes(data)
    *good, bad = read_reports([path])
    assert [r.text for r in good] == texts[: len(good)] and len(good) >= 128
    assert bad.text is None and bad.problem == f"x.parquet is damaged from row {len(good) + 1} on"


@pytest.mark.parametrize(
    ("data", "says"), [(b"PAR1", "not a Parquet file"), (b"", "not a Parquet file")]
)
def test_what_is_no_parquet_is_said(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "x.parquet").write_bytes(data)
    with pytest.raises(InputError, match=says):
        list(read_reports([tmp_path / "x.parquet"]))
    pq.write_table(pa.table({"words": ["fever"]}), tmp_path / "y.parquet")
    with pytest.raises(InputError, match=r"no column 'text'.*words"):
        list(read_reports([tmp_path / "y.parquet"]))


def test_one_parquet_row_is_one_report(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["fever"]}), tmp_path / "x.parquet")
    assert read_one(str(tmp_path / "x.parquet")).text == "fever"


def test_patterns_and_folders_of_tables(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / "in" / name).mkdir(parents=True)
        row = json.dumps({"id": name, "text": "fever"})
        (tmp_path / "in" / name / "x.jsonl").write_text(row)
    (tmp_path / "in" / "notes.md").write_text("no report")
    for given in (
        tmp_path / "in",
        tmp_path / "in" / "**" / "*.jsonl",
        tmp_path / "in" / "?" / "x.*",
    ):
        assert [report.id for report in read_reports([given])] == ["a", "b"], given
    (tmp_path / "in" / "c.txt").write_text("cough")  # the folder's reports are its texts then
    assert [report.id for report in read_reports([tmp_path / "in"])] == ["c"]
    (tmp_path / "[a].txt").write_text("a name that looks like a pattern")
    assert [report.id for report in read_reports([tmp_path / "[a].txt"])] == ["[a]"]
    with pytest.raises(InputError, match="nothing matches"):
        list(sources([tmp_path / "*.csv"]))
    with pytest.raises(InputError, match="cannot read reports from"):
        list(sources([tmp_path / "in" / "*.md"]))


def test_addresses_are_read_as_files_are(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pipe("/ward/one/brief.txt", "Übelkeit".encode())
    memory.pipe("/ward/two/brief.txt", b"\xdcbelkeit")
    memory.pipe("/ward/letters.csv", b"id,text\n1,fever\n2,cough\n")
    memory.pipe("/ward/odd.csv", b"id,words\n1,fever\n")
    before = sorted(Path(tmp_path).parent.iterdir())
    assert [(r.id, r.text, r.note) for r in read_reports(["memory://ward"])] == [
        ("one/brief", "Übelkeit", ""),
        ("two/brief", "Übelkeit", "recoded"),
    ]
    found = list(read_reports(["memory://ward/l*.csv", "memory://ward/one/brief.txt"]))
    assert [(r.id, r.text) for r in found] == [
        ("1", "fever"),
        ("2", "cough"),
        ("brief", "Übelkeit"),
    ]
    assert list(sources(["memory://ward/one/brief.txt"])) == [
        Source("memory://ward/one/brief.txt", "brief")
    ]
    with pytest.raises(InputError, match=r"^memory://ward/odd\.csv has no column"):
        list(read_reports(["memory://ward/odd.csv"]))
    for address in ("memory://nowhere/x.csv", "memory://nowhere/*.csv", "nosuch://x/y.csv"):
        with pytest.raises(InputError):
            list(read_reports([address]))
    assert sorted(Path(tmp_path).parent.iterdir()) == before


def test_a_batch_from_s3_into_s3(monkeypatch: pytest.MonkeyPatch, fake_extractor) -> None:
    """A server of Amazon's protocol on this machine, where moto and s3fs are installed."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    s3fs = pytest.importorskip("s3fs")
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "x")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        fs = fsspec.filesystem("s3")
        fs.mkdir("clinic")
        for n in range(3):
            fs.pipe_file(f"clinic/letters/{n}.txt", f"{n}-year-old with fever".encode())
        reports = ["s3://clinic/letters/"]
        out = "s3://clinic/documents/"
        assert job.run(fake_extractor, read_reports(reports), out).statuses == {"ok": 3}
        with pytest.raises(InputError, match="--resume"):
            job.run(fake_extractor, read_reports(reports), out)
        fs.pipe_file("clinic/letters/3.txt", b"no fever")
        summary = job.run(fake_extractor, read_reports(reports), out, resume=True)
        assert (summary.total, summary.kept) == (4, 3)
        shards = fs.glob("clinic/documents/*.parquet")
        ids = [row["id"] for one in shards for row in pq.read_table(fs.open(one)).to_pylist()]
        assert sorted(ids) == ["0", "1", "2", "3"] and len(shards) == 2
        assert all(path in shards for path in fs.find("clinic/documents"))
    finally:
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()


def test_the_ledger_knows_what_is_done() -> None:
    with Ledger() as ledger:
        keys = [f"{n:064x}-s" for n in range(2000)]
        kept = [ledger.earlier(f"r{n}", key, "ok") for n, key in enumerate(keys)]
        assert all(kept) and not ledger.earlier("r0", keys[0], "ok")  # a twin
        assert not ledger.earlier("r0", keys[0], "failed")
        done = ledger.done()
        assert all(is_done(done, f"r{n}", key) for n, key in enumerate(keys))
        assert not is_done(done, "r1", keys[0]) and not is_done(done, "r0", keys[0] + "t")
        assert not ledger.meet("r0", keys[0]) and ledger.meet("r0", keys[1])
        assert not ledger.meet("r0", keys[1])  # twice in the inputs
        ledger.answered("r0", keys[1], "failed")
        assert ledger.statuses() == {"ok": 1, "failed": 2}
        assert ledger.counts() == (1, 1999, 0, 1)
    assert not is_done(np.array([], dtype="S16"), "r0", keys[0])
