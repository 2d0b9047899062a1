"""Files that survive a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from elmtex.storage import AppendedLines, write_whole, writing
from elmtex.types import InputError


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "Übelkeit 🤢\n")
    assert path.read_bytes() == "Übelkeit 🤢\n".encode()
    with pytest.raises(RuntimeError), writing(path) as file:
        file.write("half")
        raise RuntimeError("stop")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half a pair: \ud83e")
    assert path.read_text("utf-8") == "Übelkeit 🤢\n"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with writing(path) as slow:
        slow.write("slow")
        write_whole(path, "quick")
    assert path.read_text() == "slow"
    assert list(tmp_path.iterdir()) == [path]


def test_rows_are_taken_up_after_a_kill(tmp_path: Path) -> None:
    lines = AppendedLines(tmp_path / "a.jsonl", "a test")
    assert list(lines.rows()) == []
    with lines.appending() as append:
        append({"name": "ü\u2028", "n": 1})
    with lines.path.open("ab") as file:
        file.write(b'{"name": "torn by the ki')
    row = {"name": "ü\u2028", "n": 1}
    assert list(lines.rows()) == [(1, row)]
    with lines.appending() as append:
        assert list(lines.rows()) == [(1, row)]
        append({"n": 2})
        assert list(lines.rows())[1:] == [(2, {"n": 2})]  # on the disk already
        with pytest.raises(InputError, match="another run is writing"), lines.appending():
            pass
    assert lines.path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("foreign", [b"somebody's notes\n", b"[1]\n", b"\n", b"\xff\n"])
def test_somebody_elses_file_is_refused_and_kept(tmp_path: Path, foreign: bytes) -> None:
    lines = AppendedLines(tmp_path / "a.jsonl", "a test")
    lines.path.write_bytes(b'{"n": 1}\n' + foreign)
    with pytest.raises(InputError, match=r"line 2 of .* is not one that a test writes"):
        list(lines.rows())
    assert lines.path.read_bytes().endswith(foreign)


def test_unwanted_rows_are_taken_out_while_others_are_appended(tmp_path: Path) -> None:
    lines = AppendedLines(tmp_path / "a.jsonl", "a test", start=b'{"n": ', ascii=False)
    with lines.appending(new=True) as append:
        for n in range(3):
            append({"n": n, "name": "ü"})
        lines.keep(lambda number, row: row["n"] != 1)
        append({"n": 3, "name": "ü"})
    assert [row["n"] for _, row in lines.rows()] == [0, 2, 3]
    assert "ü".encode() in lines.path.read_bytes()
    with pytest.raises(FileExistsError), lines.appending(new=True):
        pass
    whole = lines.path.read_bytes()
    lines.path.write_bytes(whole + b'{"n": 4' + bytes(9) + b"\n")  # a power cut
    with lines.appending(wanted=lambda number, row: number > 1):
        assert [row["n"] for _, row in lines.rows()] == [2, 3]
    lines.path.write_bytes(whole + b'{"m": 4')  # torn, and not one of these
    with pytest.raises(InputError, match="line 4 of"), lines.appending():
        pass
    assert lines.path.read_bytes() == whole + b'{"m": 4'
