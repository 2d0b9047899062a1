"""Two extractors on one report: planted agreements and differences, each trap of its own kind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes import ATTACKS, SCHEMA, Modelless, Reader, extraction, item

from elmtex.comparison import Pair, Tally, compare
from elmtex.extractors.chat.extractor import ChatExtractor, Reply
from elmtex.schema import CategorySchema, parse_schema
from elmtex.types import (
    Assertion,
    Attribute,
    ElmtexError,
    Extraction,
    InputError,
    Item,
    Progress,
)
from elmtex.web.compare_tab.choices import extractor_choices
from elmtex.web.compare_tab.compare import Compared, Comparing
from elmtex.web.compare_tab.names import REVIEWED, named
from elmtex.web.compare_tab.render import compare_html
from elmtex.web.compare_tab.reviewed import reviewed_of
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.visitor_shares import Turn

REPORT = "🫀 No fever, cough; fever again. Pneumonia 5%, 6%."
LEFT = extraction(
    signs_symptoms=(item(REPORT, "fever", "absent"), item(REPORT, "cough")),
    diagnosis=(item(REPORT, "Pneumonia"),),
    laboratory_values=(item(REPORT, "5%"),),
    age=(Item("58  years", None, None),),
)
RIGHT = extraction(
    signs_symptoms=(item(REPORT, "fever", "present"), item(REPORT, "fever", nth=1)),
    comorbidities=(item(REPORT, "Pneumonia", "possible"),),
    laboratory_values=(item(REPORT, "6%"),),
    age=(Item("58 years", None, None),),
)


def said(pair: Pair) -> tuple[str, str | None, str | None]:
    left, right = (found and found.item.text for found in (pair.left, pair.right))
    return pair.kind, left, right


def test_every_item_is_in_one_pair_of_the_right_kind() -> None:
    found = compare(LEFT, RIGHT)
    assert sorted(map(said, found.pairs), key=str) == [
        ("agreed", "58  years", "58 years"),  # ungrounded: the same words, white space aside
        ("assertion", "fever", "fever"),
        ("category", "Pneumonia", "Pneumonia"),
        ("left", "5%", None),
        ("left", "cough", None),
        ("right", None, "6%"),
        ("right", None, "fever"),  # the second mention is another item
    ]
    assert found.counts == {"agreed": 1, "assertion": 1, "category": 1, "left": 2, "right": 2}
    back = compare(RIGHT, LEFT).counts
    assert (back["left"], back["right"]) == (2, 2)
    # Schema order, then report order.
    keys = [(p.left or p.right).category for p in found.pairs]  # type: ignore[union-attr]
    assert keys == sorted(keys, key=SCHEMA.keys.index)


def test_a_span_that_one_side_has_twice_is_paired_once_and_with_its_nearest_partner() -> None:
    twice = extraction(
        diagnosis=(item(REPORT, "Pneumonia"),), comorbidities=(item(REPORT, "Pneumonia"),)
    )
    once = extraction(comorbidities=(item(REPORT, "Pneumonia"),))
    found = compare(twice, once)
    assert found.counts == {"agreed": 1, "assertion": 0, "category": 0, "left": 1, "right": 0}
    (alone,) = [pair for pair in found.pairs if pair.kind == "left"]
    assert alone.left is not None and alone.left.category == "diagnosis"


TEXT = "fever 39 °C since May, cough since June"


def with_attributes(*attributes: Attribute, assertion: Assertion = "present") -> Extraction:
    cough = replace(item(TEXT, "cough"), attributes=(Attribute("when", "since June", 29, 39),))
    fever = replace(item(TEXT, "fever", assertion), attributes=attributes)
    return extraction(signs_symptoms=(fever, cough))


VALUE, WHEN = Attribute("value", "39 °C", 6, 11, 0.5), Attribute("when", "since May", 12, 21, 0.9)


def test_other_attributes_are_counted_and_change_no_kind() -> None:
    # How sure a side is, and in which order it says them, is no difference.
    sure = replace(VALUE, confidence=0.7)
    same = compare(with_attributes(VALUE, WHEN), with_attributes(WHEN, sure))
    assert (same.counts["agreed"], same.attributes_differ) == (2, 0)
    for other in ((VALUE,), (), (VALUE, replace(WHEN, start=18)), (VALUE, replace(WHEN, type="x"))):
        found = compare(with_attributes(VALUE, WHEN), with_attributes(*other))
        assert (found.counts["agreed"], found.attributes_differ) == (2, 1)
        assert [p["attributes_differ"] for p in found.to_dict()["pairs"]] == [True, False]
    denied = compare(with_attributes(VALUE), with_attributes(WHEN, assertion="absent"))
    assert (denied.counts["assertion"], denied.attributes_differ) == (1, 1)
    (pair,) = [p for p in denied.pairs if p.kind == "assertion"]
    assert pair.left and pair.right
    assert (pair.alone(pair.left), pair.alone(pair.right)) == ((VALUE,), (WHEN,))
    # What one side alone has found differs as an item.
    alone = compare(with_attributes(VALUE), extraction())
    assert (alone.counts["left"], alone.attributes_differ) == (2, 0)


def test_attributes_stand_beside_their_items_and_what_one_side_lacks_is_marked() -> None:
    answers = (with_attributes(VALUE, WHEN), with_attributes(VALUE))
    state = Compared(("a", "b"), answers, (0.1, 0.2), schema=SCHEMA)
    markup = compare_html(state, SCHEMA, GERMAN)
    shown = Reader(markup).text
    assert GERMAN.compare.same in shown  # of items
    assert f"{GERMAN.compare.other_attributes}1" in shown and GERMAN.compare.agreed_but in shown
    assert shown.count("≠ Zeitpunkt: since May") == 1 and shown.count("Wert: 39 °C") == 2
    assert markup.count('class="alone"') == 1
    plain = compare_html(replace(state, schema=SCHEMA.without_attributes()), SCHEMA, ENGLISH)
    assert ENGLISH.compare.other_attributes not in plain  # the schema has no such thing


def test_documents_of_other_schemas_are_refused() -> None:
    with pytest.raises(InputError, match="different schemas"):
        compare(LEFT, Extraction("r", "own", "m", "ok", (), {"fever": ()}))


class Says(Modelless):
    """An extractor with a planted answer."""

    def __init__(self, answer: Extraction | Exception, schema: CategorySchema = SCHEMA) -> None:
        self.answer, self.schema = answer, schema

    def with_schema(self, schema: CategorySchema) -> Says:
        empty = Extraction("r", schema.name, "m", "ok", (), dict.fromkeys(schema.keys, ()))
        return Says(empty, schema)

    def stream(self, report: str) -> Iterator[Progress]:
        if isinstance(self.answer, Exception):
            raise self.answer
        yield Progress(self.answer, 1, 1)


def comparing(right: Extraction | Exception = RIGHT) -> Comparing:
    return Comparing({"a": lambda: Says(LEFT), "b <i>": lambda: Says(right)}, Turn())


def test_both_read_one_after_the_other_and_the_page_shows_what_differs() -> None:
    states = list(comparing().run("s", REPORT, ("a", "b <i>"), None))
    assert [(s.running, len(s.answers)) for s in states] == [(True, 0), (True, 1), (False, 2)]
    assert "a reads the report" in compare_html(states[0], SCHEMA, ENGLISH)
    for words in (ENGLISH, GERMAN):
        shown = Reader(compare_html(states[-1], SCHEMA, words))
        kind = words.compare.kinds
        only = "nur" if words is GERMAN else "only"
        for text in (kind["assertion"], kind["category"], f"{only} a", f"{only} b <i>"):
            assert text in shown.text
        assert "i" not in shown.tags
        assert "Pneumonia" in shown.text and "<s>fever</s>" in compare_html(
            states[-1], SCHEMA, words
        )


def test_each_category_has_its_counts_and_its_agreement() -> None:
    tallies = compare(LEFT, RIGHT).by_category()
    # Another assertion is agreed by neither side.
    assert tallies["signs_symptoms"] == Tally(0, 2, 2) and tallies["age"] == Tally(1, 0, 0)
    assert tallies["diagnosis"] == Tally(0, 1, 0) and tallies["comorbidities"] == Tally(0, 0, 1)
    assert "gender" not in tallies
    assert sum(tallies.values(), Tally()) == Tally(1, 4, 4) and Tally(3, 1, 2).f1 == 6 / 9


@pytest.mark.parametrize("names", [("a", REVIEWED), (REVIEWED, "a")])
def test_against_the_reviewed_version_the_counts_are_right_wrong_and_missed(
    names: tuple[str, str],
) -> None:
    truth = replace(LEFT, categories={**LEFT.categories, "laboratory_values": ()})
    *_, last = comparing().run("s", REPORT, names, None, reviewed=truth)
    shown = compare_html(last, SCHEMA, ENGLISH)
    heads = ["right", "wrong", "missed"] if names[0] == "a" else ["right", "missed", "wrong"]
    assert "".join(f'<th scope="col">{head}</th>' for head in heads) in shown
    wrong = ("0", "1", "0") if names[0] == "a" else ("0", "0", "1")
    row = "".join(f"<td>{number}</td>" for number in wrong)
    assert f'<th scope="row">Laboratory values</th>{row}<td>0 %</td>' in shown
    assert ENGLISH.compare.names["reviewed"] in Reader(shown).text


def test_without_a_review_there_is_nothing_to_compare_with() -> None:
    (state,) = comparing().run("s", REPORT, ("a", REVIEWED), None)
    assert state.reason == "not_reviewed"
    assert ENGLISH.compare.not_reviewed in Reader(compare_html(state, SCHEMA, ENGLISH)).text


def test_the_reviewed_version_is_the_one_on_the_screen_and_its_owners() -> None:
    controller = PageController(Says(LEFT))
    screen = list(controller.run("s", controller.begin(REPORT, "en").state, "en", "me"))[-1]
    assert reviewed_of(REPORT, screen.state, controller.store, "me") is None  # nobody decided yet
    screen = controller.act('{"do": "reject", "items": ["m0"]}', screen.state, "en", "me", "Dr. Ö")
    assert screen is not None
    review = reviewed_of(REPORT, screen.state, controller.store, "me")
    assert review is not None and review.schema == SCHEMA
    kept = sum(map(len, review.corrected.categories.values()))
    assert kept == sum(map(len, LEFT.categories.values())) - 1
    assert reviewed_of(REPORT + " more", screen.state, controller.store, "me") is None
    assert reviewed_of(REPORT, screen.state, controller.store, "you") is None


@pytest.mark.parametrize(
    ("choice", "english"),
    [
        ("finetuned", "elmtex, trained for reports"),
        ("naive: llama-3", "llama-3, told what to look for"),
        ("icl: x", "x, shown examples"),
        ("other", "other"),
    ],
)
def test_extractors_have_names_that_need_no_knowledge_of_models(choice: str, english: str) -> None:
    assert named(choice, ENGLISH) == english


def test_waiting_for_others_is_not_counted() -> None:
    both = comparing()
    states = both.run("s", REPORT, ("a", "b <i>"), None)
    next(states)
    both._turn.take()
    threading.Timer(1, both._turn.give_back).start()
    *_, last = states
    assert len(last.seconds) == 2 and max(last.seconds) < 0.5


def test_the_same_answer_twice_is_said_to_be_the_same() -> None:
    *_, last = comparing(LEFT).run("s", REPORT, ("a", "b <i>"), None)
    assert ENGLISH.compare.same in compare_html(last, SCHEMA, ENGLISH)


@pytest.mark.parametrize(
    ("report", "names", "reason"),
    [
        ("", ("a", "b <i>"), "empty_report"),
        (None, ("a", "b <i>"), "empty_report"),
        (REPORT, ("a", "a"), "choose_two"),
        (REPORT, ("a", "/etc/passwd"), "choose_two"),
        (REPORT, (None, None), "choose_two"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anybody_reads(
    report: str | None, names: tuple[str | None, str | None], reason: str
) -> None:
    (state,) = comparing().run("s", report, names, None)
    assert state.reason == reason and state.comparison is None
    assert 'role="alert"' in compare_html(state, SCHEMA, GERMAN)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ElmtexError("chat strategies need {torch}"), "need {torch}"),
        (ValueError("Zyxwvut"), "ValueError"),
    ],
)
def test_a_side_that_breaks_says_so_without_the_patients_words(
    error: Exception, shown: str
) -> None:
    *_, last = comparing(error).run("s", "Zyxwvut", ("a", "b <i>"), None)
    markup = compare_html(last, SCHEMA, ENGLISH)
    assert shown in markup and "Zyxwvut" not in markup and last.comparison is None


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_a_user_or_a_model_writes_is_shown_as_text(attack: str) -> None:
    schema = parse_schema('{"title": "t", "properties": {"a": {"title": "x"}}}', "own")
    bare = Item(attack, None, None)
    item = replace(bare, attributes=(Attribute(attack, attack, None, None),))
    one = Extraction("r", "own", attack, "truncated", (attack,), {"a": (item,)})
    other = Extraction("r", "own", attack, "ok", (), {"a": (bare,)})
    state = Compared((attack, "b"), (one, other), (0.1, 0.2), schema=schema)
    shown = Reader(compare_html(state, schema, GERMAN))
    assert attack in shown.text
    assert not {"script", "img", "svg", "b", "i"} & set(shown.tags)
    assert not [n for attributes in shown.attributes for n in attributes if n.startswith("on")]


def test_stopping_ends_it_and_names_nobody_else() -> None:
    gate = threading.Event()

    class Slow(Says):
        def stream(self, report: str) -> Iterator[Progress]:
            for step in range(100):
                yield Progress(LEFT, step, 100)
                gate.wait(5)

    both = Comparing({"a": lambda: Slow(LEFT), "b": lambda: Says(RIGHT)}, Turn())
    states = both.run("s", REPORT, ("a", "b"), None)
    assert next(states).running
    began = time.perf_counter()
    threading.Timer(0.1, lambda: both.stop("other")).start()
    threading.Timer(0.6, lambda: (both.stop("s"), gate.set())).start()
    assert list(states)[-1].reason == "stopped"
    assert time.perf_counter() - began > 0.5  # "other" ended nothing
    assert not both.stop("s")


def test_programs_get_the_pairs_or_a_sentence() -> None:
    got = comparing().once(REPORT, "a", "b <i>", None).to_dict()
    assert got["counts"]["category"] == 1
    (moved,) = [pair for pair in got["pairs"] if pair["kind"] == "category"]
    assert (moved["left"]["category"], moved["right"]["category"]) == ("diagnosis", "comorbidities")
    own = parse_schema('{"title": "t", "properties": {"fever": {"title": "Fever"}}}', "own")
    assert list(comparing().once(REPORT, "a", "b <i>", own).left.categories) == ["fever"]
    with pytest.raises(InputError, match=r"'c' is none of a, b <i>"):
        comparing().once(REPORT, "a", "c", None)
    with pytest.raises(InputError, match="empty report"):
        comparing().once("", "a", "b <i>", None)


def test_who_starts_the_page_chooses_the_models(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    own = Says(LEFT)
    assert list(extractor_choices(own)) == ["finetuned", "student", "naive"]
    assert extractor_choices(own)["finetuned"]() is own
    (folder := tmp_path / "secret place" / "my-llama").mkdir(parents=True)  # type: ignore[operator]
    (folder / "config.json").write_text("{}")
    monkeypatch.setenv("ELMTEX_MODELS", f"llama-3.2-1b\n\n naive:{folder}\n")
    named = extractor_choices(own)
    assert list(named)[3:] == ["finetuned: llama-3.2-1b", "naive: my-llama"]
    made = named["naive: my-llama"]()
    assert made is named["naive: my-llama"]() and isinstance(made, ChatExtractor)
    for wrong in ("no-such-model", "icl:llama-3.2-1b"):
        monkeypatch.setenv("ELMTEX_MODELS", wrong)
        with pytest.raises(InputError):
            extractor_choices(own)


def test_a_chat_extractor_lends_its_model_to_another_schema() -> None:
    class Chat:
        name = "chat"

        def folders(self) -> tuple[()]:
            return ()

        def load(self) -> None:
            return None

        def reply(self, messages: object, schema: object) -> Reply:
            return Reply('{"fever": ["fever"]}')

    own = parse_schema('{"title": "t", "properties": {"fever": {"title": "Fever"}}}', "own")
    document = ChatExtractor(SCHEMA, Chat()).with_schema(own).extract(REPORT)
    assert next(i.start for i in document.categories["fever"]) == REPORT.index("fever")
