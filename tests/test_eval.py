"""The evaluation from corpus to page, with systems whose answers are planted: no model, no network."""

from __future__ import annotations

import html
import json
import os
import re
import signal
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from elmtex import records
from elmtex.provenance import digest
from elmtex.schema import load_schema
from elmtex.types import Extraction, InputError, Item, Record
from eval import charts, compare, publish, report, run
from eval.answers import Answer, known
from eval.bench import engines
from eval.config import RunConfig, parse
from eval.data import load_records
from eval.marked import ScoredItem, marked, score_items
from eval.metrics.documents import pair
from eval.results import read
from eval.systems import System

# Of the planted run's scores, as 0.1.0 wrote them
SAMPLES = "f6993c3f22e37f376d21bbe1672306e7d253f11ef1a3d73cd3b85c4d8bb59bdd"
SCHEMA = load_schema("elmtex")
FACTS = {"fever": "signs_symptoms", "sepsis": "diagnosis", "aspirin": "pharmacological_therapy"}


class Planted:
    """Finds the first mention of each fact; a report that holds "crash" is none it survives.

    Args:
        facts: word to category.
        calls: file that gets a line per report asked for; None keeps no count.
        dies: kill the process at the report that holds this word.
    """

    def __init__(self, facts: dict[str, str], calls: Path | None = None, dies: str = "") -> None:
        self.schema, self.model_name = SCHEMA, f"planted-{len(facts)}"
        self._facts, self._calls, self._dies = facts, calls, dies

    def load(self) -> None:
        pass

    def extract(self, report: str, *, id: str) -> Extraction:
        if self._calls:
            with self._calls.open("a") as file:
                file.write(id + "\n")
        if self._dies and self._dies in report:
            os.kill(os.getpid(), signal.SIGKILL)
        if "crash" in report:
            raise RuntimeError(report)
        items: dict[str, tuple[Item, ...]] = dict.fromkeys(SCHEMA.keys, ())
        for word, key in self._facts.items():
            if (start := report.find(word)) >= 0:
                items[key] = (Item(word, start, start + len(word), "present", 0.75),)
        return Extraction(id, SCHEMA.name, self.model_name, "ok", (), items)


def planted(name: str, config: RunConfig) -> System:
    """finetuned finds the planted facts, untrained calls everything a diagnosis."""
    facts = FACTS if name == "finetuned" else dict.fromkeys(FACTS, "diagnosis")
    return System(name, Planted(facts), "0" * 64, engine=config.engine.replace("auto", "torch"))


def mortal(name: str, config: RunConfig) -> System:
    """Counts its calls beside --out; dies at the report with "aspirin" while the file ``alive`` is
    missing."""
    calls = Path(config.out).with_suffix(".calls")
    dies = "" if calls.with_suffix(".alive").exists() else "aspirin"
    return System(name, Planted(FACTS, calls, dies), "0" * 64)


def gold(id: str, text: str, facts: dict[str, str], split: str = "test") -> Record:
    items = {
        key: (Item(word, text.index(word), text.index(word) + len(word)),)
        for word, key in facts.items()
    }
    return Record(id, "planted", "en", text, SCHEMA.keys, items, split)


RECORDS = [
    gold(
        "a",
        "He had fever <script>alert(1)</script>. Perhaps sepsis.",
        {"fever": "signs_symptoms", "sepsis": "diagnosis"},
    ),
    gold(
        "b",
        "Übelkeit \U0001f600 and cough; aspirin was given.",
        {"cough": "signs_symptoms", "aspirin": "pharmacological_therapy"},
    ),
    gold("c", "Nothing of note, not even sepsis.", {}),
    gold("d", "Not of this split: fever.", {"fever": "signs_symptoms"}, "train"),
]


def arguments(data: Path, out: Path, *more: str, format: str = "jsonl") -> list[str]:
    return ["--data", str(data), "--format", format, "--out", str(out), *more]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gold") / "records.jsonl"
    records.write(path, RECORDS)
    return path


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of both planted systems with its page."""
    out = tmp_path_factory.mktemp("run") / "eval"
    wanted = ["--systems", "finetuned,untrained", "--metrics", "entity,rouge"]
    assert run.main(arguments(data, out, *wanted), opener=planted) == 0
    assert report.main([str(out)]) == 0
    return out


# The figures


def test_the_figures_are_those_worked_out_by_hand(finished: Path):
    figures = json.loads((finished / "metrics.json").read_text())
    assert list(figures) == ["finetuned", "untrained"]
    ours = figures["finetuned"]
    # a: fever, sepsis right. b: aspirin right, cough missed. c: sepsis invented. So tp 3, fp 1, fn
    # 1.
    micro = ours["exact"]["micro"]
    assert [micro[k] for k in ("tp", "fp", "fn")] == [3, 1, 1]
    assert (micro["p"], micro["r"], micro["f1"]) == (0.75, 0.75, 0.75)
    assert (ours["n"], ours["failed"], ours["validity"]) == (3, 0, 1.0)
    # Of 4 items given one is in a category whose gold is empty.
    assert ours["invented_rate"] == 0.25
    assert ours["ungrounded_rate"] == 0.0
    assert ours["ece"] == pytest.approx(0.0)  # confidence 0.75, 3 of 4 right
    # untrained: a gives sepsis (fever's category is overwritten by it), b aspirin and c sepsis: tp
    # 1, fp 2, fn 3.
    theirs = figures["untrained"]["exact"]["micro"]
    assert [theirs[k] for k in ("tp", "fp", "fn")] == [1, 2, 3]


def test_the_document_has_the_agreed_shape(finished: Path):
    figures = json.loads((finished / "metrics.json").read_text())["finetuned"]
    expected = (
        "n failed exact relaxed concept rouge bertscore validity invented_rate ungrounded_rate assertion ece "
        "seconds_per_report peak_rss_mb"
    )
    assert set(expected.split()) <= set(figures)
    for level in ("exact", "relaxed"):
        assert {"micro", "macro", "per_category"} <= set(figures[level])
        assert {"p", "r", "f1", "ci"} <= set(figures[level]["micro"])
    assert 0 <= figures["seconds_per_report"] < 1
    assert 5 < figures["peak_rss_mb"] < 5000
    assert figures["concept"] is figures["bertscore"] is None  # not asked for


def test_the_record_says_how_to_run_it_again(finished: Path):
    record = json.loads((finished / "record.json").read_text())
    assert record["settings"]["systems"] == ["finetuned", "untrained"]
    assert record["reports"]["n"] == 3
    assert record["systems"]["finetuned"] == {
        "model": "planted-3",
        "digest": "0" * 64,
        "engine": "torch",
        "kept": 0,
        "commits": [str(record["git"])],
    }
    assert {"git", "python", "machine", "versions", "seed"} <= set(record)
    lines = (finished / "samples.jsonl").read_text().splitlines()
    assert [(r["system"], r["id"]) for r in map(json.loads, lines)] == [
        (system, id) for system in ("finetuned", "untrained") for id in "abc"
    ]


def test_the_scores_written_are_those_of_earlier_versions_byte_for_byte(finished: Path):
    """What older runs wrote is compared with what newer ones write: neither form nor figures may
    drift."""
    lines = map(json.loads, (finished / "samples.jsonl").read_text().splitlines())
    passing = ("key", "seconds", "peak_rss_mb")  # of this machine, and of the engine's name
    kept = [{k: v for k, v in line.items() if k not in passing} for line in lines]
    assert sha256(json.dumps(kept).encode()).hexdigest() == SAMPLES


# Going on, and failing


def test_a_killed_run_resumes(data: Path, tmp_path: Path, capfd):
    out = tmp_path / "eval"
    wanted = arguments(data, out, "--metrics", "entity")
    assert run.main(wanted, opener=mortal) == 1
    assert "resumes the run" in capfd.readouterr().err
    assert not (out / "metrics.json").exists()
    with (out / "answers.jsonl").open("ab") as file:
        file.write(b'{"key": "torn by the ki')
    (tmp_path / "eval.alive").touch()
    assert run.main(wanted, opener=mortal) == 0
    # b killed the first run and was asked again; a was not.
    assert (tmp_path / "eval.calls").read_text().split() == ["a", "b", "b", "c"]
    assert json.loads((out / "record.json").read_text())["systems"]["finetuned"]["kept"] == 1
    figures = json.loads((out / "metrics.json").read_text())["finetuned"]
    assert (figures["exact"]["micro"]["tp"], figures["rouge"]) == (3, None)
    assert len((out / "answers.jsonl").read_bytes().splitlines()) == 3


def test_a_report_that_fails_counts_and_is_asked_again(tmp_path: Path, capfd):
    path, out = tmp_path / "gold.jsonl", tmp_path / "eval"
    text = "The crash of Mr. Secret: fever."
    records.write(path, [*RECORDS[:1], gold("x", text, {"fever": "signs_symptoms"})])
    wanted = arguments(path, out, "--metrics", "entity")
    assert run.main(wanted, opener=mortal) == 1
    figures = json.loads((out / "metrics.json").read_text())["finetuned"]
    assert (figures["n"], figures["failed"], figures["validity"]) == (2, 1, 0.5)
    assert figures["exact"]["micro"]["fn"] == 1  # its gold is missed, not skipped
    assert run.main(wanted, opener=mortal) == 1
    assert (tmp_path / "eval.calls").read_text().split() == ["a", "x", "x"]
    assert "Secret" not in capfd.readouterr().err + (out / "answers.jsonl").read_text()


def test_only_a_torn_last_line_is_cut(tmp_path: Path):
    path = tmp_path / "answers.jsonl"
    answer = Answer("k", "s", 1.0, None, Extraction("a", "elmtex", "m", "ok"))
    line = json.dumps(answer.to_dict()).encode() + b"\n"
    path.write_bytes(line + line[:-9])
    assert known(path) == {"k": answer}
    assert path.read_bytes() != line  # reading takes nothing from a run that is writing
    path.write_bytes(b'{"notes": "of somebody"}\n' + line[:9])
    with pytest.raises(InputError, match="line 1"):
        known(path)
    assert path.read_bytes().startswith(b'{"notes": "of somebody"}\n{')


# ELMTEX's own files


def test_elmtex_files_are_counted_both_ways(tmp_path: Path):
    folder, out = tmp_path / "elmtex", tmp_path / "eval"
    (folder / "en").mkdir(parents=True)
    summary = dict.fromkeys(SCHEMA.keys, "N/A") | {"signs_symptoms": "fever; dry cough"}
    rows = [{"report": "Fever and a dry cough; aspirin was given, fever fell.", "summary": summary}]
    (folder / "en" / "test.json").write_text(json.dumps(rows))
    wanted = arguments(folder, out, "--metrics", "rouge", format="elmtex")
    assert run.main(wanted, opener=planted) == 0
    figures = json.loads((out / "metrics.json").read_text())["finetuned"]
    paper, ours = (figures["rouge"][way]["overall"]["rouge1"] for way in ("elmtex", "ours"))
    # "fever" against "fever; dry cough": precision 1, recall 1/3, F 1/2. The paper skips the
    # therapy, whose gold is "N/A"; ours counts the invented aspirin as 0.
    assert (paper["mean"], paper["fields"]) == (pytest.approx(0.5), 1)
    assert (ours["mean"], ours["fields"]) == (pytest.approx(0.25), 2)
    assert figures["exact"]["micro"]["tp"] == 1
    assert report.main([str(out)]) == 0
    assert "ROUGE-1, the paper's count | 0.500" in (out / "report.md").read_text()


# The page


def test_the_page_needs_no_network_and_escapes_everything(finished: Path):
    page = (finished / "report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.findall(r"""src=|@import|https?://|(?:href="|url\()(?!#)""", page)
    assert page.count("<svg") == 4
    assert "default-src 'none'" in page


def test_a_name_in_a_chart_is_text_and_no_formula_or_markup(finished: Path):
    metrics = json.loads((finished / "metrics.json").read_text())
    metrics = {"<b>$x^2$": metrics["finetuned"]}
    drawn = charts.quality_against_time(metrics)
    assert "<b>" not in drawn
    assert "&lt;b&gt;$x^2$" in drawn.split("<text")[-1]
    assert drawn == charts.quality_against_time(metrics)  # the same figures, the same bytes
    assert drawn.startswith('<svg role="img" aria-label="exact F1 against seconds per report"')


def test_the_worst_reports_come_first(finished: Path):
    page = (finished / "report.html").read_text()
    ids = re.findall(r"<summary>(\w): exact F1 ([\d.]+)", page)
    # finetuned: c invents only, b misses half, a is right.
    assert ids[:3] == [("c", "0.000"), ("b", "0.667"), ("a", "1.000")]
    assert "| exact F1, micro | 0.750" in (finished / "report.md").read_text()


def test_marks_may_overlap_and_lose_no_character():
    text = "a <b> & fever\r\n\U0001f600 high"
    items = [
        ScoredItem("diagnosis", Item("<b> & fever", 2, 13), "right"),
        ScoredItem("signs_symptoms", Item("fever\r\n\U0001f600", 8, 16), "wrong"),
    ]
    shown = marked(text, items)
    assert html.unescape(re.sub(r"<[^>]+>", "", shown)) == text
    outcomes = re.findall(r'<mark class="(\w+)" title="[^"]*">([^<]*)<', shown)
    assert outcomes == [
        ("right", "&lt;b&gt; &amp; "),
        ("wrong", "fever"),  # where they overlap, the fault is shown
        ("wrong", "\r\n\U0001f600"),
    ]


def test_items_are_scored_by_exact_match_then_by_overlap():
    ours = {"diagnosis": (Item("left sepsis", 0, 11), Item("gout", 20, 24), Item("flu", 30, 33))}
    theirs = {"diagnosis": (Item("sepsis", 5, 11), Item("Gout", 40, 44), Item("pain", 50, 54))}
    gold_side, predicted = score_items(pair(ours, theirs))
    assert [j.outcome for j in gold_side] == ["near", "right", "wrong"]
    assert [j.outcome for j in predicted] == ["near", "right", "wrong"]


# Comparison


def test_two_systems_of_a_run_are_compared(finished: Path, capsys):
    assert compare.main([f"{finished}:untrained", f"{finished}:finetuned"]) == 0
    table = capsys.readouterr().out
    row = next(line for line in table.splitlines() if line.startswith("| exact.micro.f1 "))
    # untrained 2·1 / (2·1 + 2 + 3) = 0.286, finetuned 0.750.
    assert [cell.strip() for cell in row.split("|")[2:5]] == ["0.286", "0.750", "+0.464"]


def test_items_that_both_systems_gave_are_counted():
    def document(*items: Item) -> dict[str, Extraction]:
        return {"r": Extraction("r", "s", "m", "ok", (), {"drug": items})}

    same, other = Item("pain", 3, 7), Item("pain", 3, 7, "absent")
    said = compare.agreement(document(same, Item("rash", 9, 13)), document(same, other))
    assert "50.0% of 2 in A and 2 in B" in said
    assert "all of 0 in A and 0 in B" in compare.agreement(document(), document())


def test_a_comparison_refuses_what_it_cannot_pair(finished: Path, tmp_path: Path, capsys):
    assert compare.main([str(finished), str(finished)]) == 2
    assert "one of finetuned, untrained" in capsys.readouterr().err
    assert compare.main([str(tmp_path), f"{finished}:finetuned"]) == 2
    assert "holds no finished run" in capsys.readouterr().err
    assert compare.main(["one"]) == 2


# Settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--limit", "0"], "limit 0"),
        (["--limit", "many"], "'many'"),
        (["--systems", "gpt"], "'gpt'"),
        (["--systems", "naive,naive"], "once"),
        (["--metrics", "bleu"], "'bleu'"),
        (["--format", "xml"], "'xml'"),
        (["--split", "dev"], "only in: test, train"),
        (["--data", "/no/such/place"], "'/no/such/place'"),
        (["--config", "/no/such.yaml"], "/no/such.yaml"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(data: Path, tmp_path: Path, capsys, wrong, message):
    assert run.main([*arguments(data, tmp_path / "out"), *wrong], opener=planted) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_an_unknown_flag_is_refused(data: Path, tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as stopped:
        run.main([*arguments(data, tmp_path), "--limt", "3"], opener=planted)
    assert stopped.value.code == 2
    assert "--limt" in capsys.readouterr().err


def test_flags_win_over_the_yaml_file(data: Path, tmp_path: Path):
    file = tmp_path / "eval.yaml"
    file.write_text(f"data: {data}\nformat: jsonl\nout: here\nlimit: 2\nsystems: [naive, icl]\n")
    config = parse(["--config", str(file), "--limit", "1", "--bertscore-model", "m"], "x", "")
    assert (config.limit, config.systems, config.bertscore_model) == (1, ("naive", "icl"), "m")
    file.write_text("limits: 2\n")
    with pytest.raises(InputError, match="unknown setting 'limits'"):
        parse(["--config", str(file)], "x", "")


def test_a_split_is_chosen_in_the_corpus_order(data: Path):
    assert [r.id for r in load_records(str(data), "jsonl", "test", 2)] == ["a", "b"]
    assert [r.id for r in load_records(str(data), "jsonl", "all")] == ["a", "b", "c", "d"]


def test_gold_lists_an_item_once_at_its_first_mention(tmp_path: Path):
    text = "Gout and flu; GOUT again, and gout."
    spans = [(0, 4), (9, 12), (14, 18), (30, 34)]
    items = tuple(Item(text[a:b], a, b) for a, b in spans)
    path = tmp_path / "gold.jsonl"
    records.write(
        path, [Record("a", "s", "en", text, ("diagnosis",), {"diagnosis": items}, "test")]
    )
    (record,) = load_records(str(path), "jsonl", "test")
    assert [(i.text, i.start) for i in record.items["diagnosis"]] == [("Gout", 0), ("flu", 9)]


# The bench


def test_the_bench_divides_by_what_the_machine_could_do(tmp_path: Path):
    from safetensors.numpy import save_file

    tensors = {"a": np.zeros((10, 20), np.float16), "b": np.zeros(5, np.float32)}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert engines.parameters_of(tmp_path) == 205
    roofline = {"gflops": 100.0, "gb_per_s": 10.0}
    # 10^9 parameters: 200 tokens are 4·10^11 operations, 4 s; 3 passes read 12·10^9 bytes, 1.2 s.
    assert engines.roofline_seconds(roofline, 10**9, 4.0, 200, 3) == pytest.approx(4.0)
    assert engines.roofline_seconds(roofline, 10**9, 4.0, 200, 30) == pytest.approx(12.0)
    row = {"seconds": 8.0, "tokens": 200, "passes": 3, "peak_rss_mb": 900.4}
    figures = {
        "floor": roofline,
        "parameters": {"torch": 10**9, "chat": 10**9},
        "contenders": {"torch": [row], "chat": [{**row, "seconds": 20.0, "peak_rss_mb": None}]},
    }
    assert engines.table(figures)[1:] == [
        ["torch", "8.00", "200", "3", "900", "1.00", "2.0"],
        ["chat", "20.00", "200", "3", "-", "2.50", "5.0"],
    ]


def test_figures_go_between_the_marks_and_nowhere_else(finished: Path, tmp_path: Path, capfd):
    readme, site = tmp_path / "README.md", tmp_path / "results.md"
    places = ["--readme", str(readme), "--results", str(site)]
    for path in (readme, site):
        path.write_text(f"before\n{publish.START}\nstale\n{publish.END}\nafter\n")
    assert publish.main([str(finished), *places]) == 0
    once = readme.read_text(), site.read_text()
    for text in once:
        assert text.startswith(f"before\n{publish.START}\n")
        assert text.endswith(f"{publish.END}\nafter\n")
        assert "stale" not in text
    essence, everything = once
    rows = [line for line in essence.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 4  # a header and four rows
    assert [row for row in rows if row not in everything] == []
    assert "exact F1, micro" in essence
    assert "ROUGE-1" in everything and "ROUGE-1" not in essence
    assert "diagnosis" in everything and "diagnosis" not in essence
    assert publish.main([str(finished), *places]) == 0
    assert (readme.read_text(), site.read_text()) == once
    # A file without marks: neither is written.
    readme.write_text(f"{publish.START}\nstale\n{publish.END}")
    site.write_text("no marks")
    assert publish.main([str(finished), *places]) == 2
    assert site.read_text() == "no marks"
    assert "stale" in readme.read_text()
    assert "figures:start" in capfd.readouterr().err


def test_the_readme_quotes_the_results_page():
    root = Path(__file__).parents[1]
    readme, site = ((root / name).read_text("utf-8") for name in ("README.md", "docs/results.md"))
    between = readme.partition(publish.START)[2].partition(publish.END)[0]
    rows = [line for line in between.splitlines() if line.startswith("| ")]
    assert 5 <= len(rows) <= 7  # a header, four rows, two of attributes where there are some
    assert [row for row in rows if row not in site] == []


def test_another_engine_is_asked_again(data: Path, tmp_path: Path):
    def kept(engine: str) -> int:
        flags = ["--systems", "finetuned", "--metrics", "entity", "--engine", engine]
        assert run.main(arguments(data, tmp_path, *flags), opener=planted) == 0
        record = json.loads((tmp_path / "record.json").read_text())
        return record["systems"]["finetuned"]["kept"]

    assert [kept("torch"), kept("torch"), kept("openvino")] == [0, 3, 0]


def test_a_model_card_says_what_was_trained_and_measured(finished: Path, tmp_path: Path):
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    base.mkdir()
    adapter.mkdir()
    (base / "config.json").write_text("{}")
    (adapter / "adapter_config.json").write_text('{"r": 32}')
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    run = {"sources": ["maccrobat"], "records": 5, "steps": 110, "git": "abc"}
    run |= {"command": "python -m training.sft --seed 'a b'"}
    mean = {"command": "python -m training.average one two"}
    stages = [run, {**run, "records": 6}, mean, {**run, "records": 7, "sources": []}]
    (adapter / "record.json").write_text(json.dumps({"base": "b", "stages": stages}))
    with pytest.raises(InputError, match=r"elmtex\.json"):
        publish.card(read(finished), adapter)
    facts = {
        "name": "planted",
        "base": str(base),
        "layout": "words",
        "biases": {"open": -0.4},
        "threshold": 0.3,
    }
    (adapter / "elmtex.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="did not measure these weights"):
        publish.card(read(finished), adapter)
    results = read(finished)
    measured = {"finetuned": {"digest": digest([base, adapter]), "engine": "torch"}}
    results = replace(results, record={**results.record, "systems": measured})
    text = publish.card(results, adapter)
    stages = ["- 5 records (maccrobat), 110 steps", "- 6 records", "- the mean"]
    stages.append("- 7 records (all of training.prepare)")
    assert sorted(map(text.index, stages)) == [text.index(stage) for stage in stages]
    assert "python -m training.average one two" in text
    assert "python -m training.sft --seed 'a b'" in text
    assert "rank 32" in text
    assert "exact F1, micro" in text
    assert "$" not in text
