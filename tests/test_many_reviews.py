"""Reviews of many reports: progress by category and reviewer, filters, one file of all, the next report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_batch_tab import Fevers, put, run, take

from elmtex.review import Decision, Store
from elmtex.review.line import line_of
from elmtex.review.tables import LINES
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH
from elmtex.web.report_tab.exports import files_of
from elmtex.web.state import SessionState


@pytest.fixture
def controller(tmp_path: Path) -> PageController:
    """Four extracted reports: signed off, begun by another reviewer, untouched, and one without a finding."""
    (tmp_path / "in").mkdir()
    controller = PageController(Fevers())
    texts = {"a": "fever a", "b": "fever b", "c": "fever c", "d": "nothing"}
    take(controller, put(tmp_path / "in", **texts))
    run(controller)
    a, b, _, _ = controller.batch.lines("me")
    decide(controller, a.id, "Dr. A", Decision("accept", ("m0",)), Decision("finish"))
    decide(controller, b.id, "Dr. <B>", Decision("reject", ("m0",)))
    return controller


def decide(controller: PageController, id: str, reviewer: str, *decisions: Decision) -> None:
    for decision in decisions:
        controller.store.decide("me", id, reviewer, lambda _, d=decision: d)


def test_progress_is_counted_by_category_and_by_reviewer(controller: PageController) -> None:
    lines = controller.batch.lines("me")
    assert [line.progress for line in lines] == [
        (("signs_symptoms", 1, 1),), (("signs_symptoms", 1, 1),), (("signs_symptoms", 0, 1),), (),
    ]  # fmt: skip
    assert [dict(line.reviewers) for line in lines] == [{"Dr. A": 1}, {"Dr. <B>": 1}, {}, {}]
    assert [line.signed_by for line in lines] == ["Dr. A", "", "", ""]
    assert lines == [line_of(entry) for entry in controller.batch.entries("me")]
    shown = controller.render_batch(SessionState(), "en", "me")
    assert "1 of 4 signed off" in shown and "</progress> 2/3" in shown
    assert "Dr. &lt;B&gt;" in shown and "signed off by Dr. A" in shown


def test_who_decided_last_about_an_item_is_counted_and_what_was_undone_is_not(
    controller: PageController,
) -> None:
    line = controller.batch.lines("me")[1]
    decide(controller, line.id, "Dr. C", Decision("accept", ("m0",)))
    assert dict(controller.batch.lines("me")[1].reviewers) == {"Dr. C": 1}
    decide(controller, line.id, "Dr. D", Decision("undo", undoes=2))
    assert dict(controller.batch.lines("me")[1].reviewers) == {"Dr. <B>": 1}


def test_each_row_says_how_far_its_review_is(controller: PageController) -> None:
    shown = controller.render_batch(SessionState(), "en", "me")
    states = [part.split('"')[0] for part in shown.split('data-review-is="')[1:]]
    # Where nothing was found nobody has said so yet.
    assert states == ["signed", "unsigned", "open", "open"]
    assert set(states) <= set(ENGLISH.batch.reviewed)


def test_a_line_of_an_earlier_version_is_made_again(controller: PageController) -> None:
    store: Store = controller.store
    before = store.lines("me")
    with store._writing() as connection:
        for row in connection.execute(LINES.select()).mappings().all():
            rest = json.loads(row["rest"])
            del rest["progress"], rest["reviewers"], rest["signed_by"]
            same = LINES.c.report == row["report"]
            connection.execute(LINES.update().where(same).values(rest=json.dumps(rest)))
    assert store.lines("me") == before


def test_all_reports_as_fhir_are_a_bundle_a_line(controller: PageController) -> None:
    pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
    made = files_of(controller.batch.each("me"), "fhir-ndjson", ENGLISH)
    bundles = [json.loads(line) for line in made.text.splitlines()]
    assert made.name == "elmtex.fhir.ndjson" and len(bundles) == 4
    assert {bundle["resourceType"] for bundle in bundles} == {"Bundle"}


def test_an_export_holds_one_report_at_a_time(
    controller: PageController, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[int] = []
    load = Store._entries

    def counted(self: Store, *where: object) -> object:
        found = load(self, *where)
        loaded.append(len(found))
        return found

    monkeypatch.setattr(Store, "_entries", counted)
    made = files_of(controller.batch.each("me"), "jsonl", ENGLISH)
    assert len(made.text.splitlines()) == 4 and loaded == [1, 1, 1, 1]


def test_after_a_finished_review_the_next_is_one_that_is_not(controller: PageController) -> None:
    lines = controller.batch.lines("me")
    opened = controller.act(
        json.dumps({"do": "open", "review": lines[0].id}), SessionState(), "en", "me", "Dr. A"
    )
    assert opened is not None and "Signed off by Dr. A" in opened.result
    after = controller.act('{"do": "next"}', opened.state, "en", "me", "Dr. A")
    assert after is not None and after.state.entry is not None
    assert after.state.entry.id == lines[1].id and "Signed off" not in after.result
