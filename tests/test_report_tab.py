"""The review screen without a browser: commands, cards, what is handed out, whose reviews are whose."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from catalogue import known
from fakes import (
    ATTACKS,
    ATTRIBUTED,
    SCHEMA,
    Attributing,
    Modelless,
    Reader,
    attributed,
    extraction,
    item,
)

from elmtex.examples import EXAMPLES
from elmtex.exporters.fhir.bundle import bundle_model
from elmtex.readers.text_files import Report
from elmtex.review import Entry
from elmtex.review.checks import NAMELESS
from elmtex.review.line import line_of
from elmtex.schema import parse_schema
from elmtex.types import Attribute, Code, Extraction, InputError, Item, Progress
from elmtex.web.access.headers import accounts, headers, owner_of
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.report_tab import placing
from elmtex.web.report_tab.commands import parse
from elmtex.web.report_tab.exports import SUFFIX, exports_html, file_of, files_of
from elmtex.web.report_tab.render import review_html, review_report_html, reviews_html
from elmtex.web.state import SessionState, View
from elmtex.web.templating import escape

REPORT = "🫀 Herr Müller\r\nkein Fieber, Übelkeit.\nFieber seit 5% oder 6%."
FEVER = Code("urn:codes", "R50.9", "Fever <b>", 0.9)


class Planted(Modelless):
    """Finds the planted items of REPORT."""

    def stream(self, report: str) -> Iterator[Progress]:
        found = extraction(
            signs_symptoms=(item(report, "Fieber", "absent"), item(report, "Übelkeit")),
        )
        yield Progress(found, 1, 1)


class Codes:
    def load(self, schema: object) -> None: ...

    def link(self, text: str, category: object = None, limit: int = 5) -> list[Code]:
        return [FEVER] if text == "Fieber" else []


@pytest.fixture
def controller() -> PageController:
    return PageController(Planted(), linker=Codes())


def read(controller: PageController, owner: str = "me") -> View:
    begun = controller.begin(REPORT, "en")
    return list(controller.run("s", begun.state, "en", owner))[-1]


def act(controller: PageController, screen: View, owner: str = "me", **command: object) -> View:
    return controller.act(json.dumps(command), screen.state, "en", owner, "Dr. Ö")


def entry(screen: View) -> Entry:
    assert screen.state.entry is not None
    return screen.state.entry


def added(screen: View) -> Item:
    return entry(screen).reviewed.items[-1].item


def test_a_finished_extraction_is_a_review_that_can_be_taken_up_again(
    controller: PageController,
) -> None:
    screen = act(controller, read(controller), do="reject", items=["m0"])
    assert "1 of 2 reviewed" in screen.result
    assert controller.model is not None  # known after the first answer, too
    listed = controller.render(type(screen.state)(), "en", "me").result
    assert "🫀 Herr Müller" in listed
    again = act(
        controller,
        controller.render(type(screen.state)(), "en"),
        do="open",
        review=entry(screen).id,
    )
    assert entry(again) == entry(screen) and "1 of 2 reviewed" in again.result
    # Nobody else sees or opens it.
    assert "Müller" not in controller.render(type(screen.state)(), "en", "you").result
    foreign = act(
        controller,
        controller.render(type(screen.state)(), "en"),
        "you",
        do="open",
        review=entry(screen).id,
    )
    assert foreign.state.entry is None and "not there" in foreign.notice
    act(controller, again, "you", do="delete", review=entry(screen).id)
    assert "Müller" in controller.render(type(screen.state)(), "en", "me").result
    assert act(controller, again, do="delete", review=entry(screen).id).gone == (REPORT,)
    assert "Müller" not in controller.render(type(screen.state)(), "en", "me").result


def test_an_export_carries_what_another_tab_decided_and_nothing_once_deleted(
    controller: PageController,
) -> None:
    here = read(controller)
    there = act(
        controller, controller.render(SessionState(), "en"), do="open", review=entry(here).id
    )
    act(controller, there, do="reject", items=["m1"])
    exported = act(controller, here, do="format", format="csv")
    assert "signs_symptoms,Fieber" in exported.result
    assert "signs_symptoms,Übelkeit" not in exported.result
    act(controller, there, do="delete", review=entry(here).id)
    late = act(controller, exported, do="format", format="json")
    assert ENGLISH.review.gone in late.notice and "Fieber" not in late.result


def test_a_click_counts_for_the_report_it_was_made_on(controller: PageController) -> None:
    first, second = read(controller), read(controller)
    refused = act(controller, second, do="accept", items=["m0"], on=entry(first).id)
    assert "no longer the one" in refused.result and entry(refused).decisions == ()
    assert (
        len(
            entry(act(controller, second, do="accept", items=["m0"], on=entry(second).id)).decisions
        )
        == 1
    )


def test_nobody_has_judged_a_document_without_items_until_one_says_so() -> None:
    class Nothing(Planted):
        def stream(self, report: str) -> Iterator[Progress]:
            yield Progress(extraction(), 1, 1)

    controller = PageController(Nothing())
    screen = read(controller)
    assert "Draft" in screen.result
    assert (
        ENGLISH.summary.draft_empty in act(controller, screen, do="format", format="summary").result
    )
    undone = act(controller, act(controller, screen, do="add", text="5%", start=None, end=None, category="age",
                           assertion="present"), do="undo")  # fmt: skip
    assert "Draft" in act(controller, undone, do="format", format="json").result
    done = act(controller, undone, do="finish")
    assert "Draft" not in act(controller, done, do="format", format="json").result
    assert "Signed off by Dr. Ö" in act(controller, done, do="format", format="summary").result


def test_a_review_is_finished_under_a_name_alone(controller: PageController) -> None:
    judged = act(controller, read(controller), do="accept", items=["m0", "m1"])
    for lang, words in (("en", ENGLISH), ("de", GERMAN)):
        refused = controller.act('{"do": "finish"}', judged.state, lang, "me", " ")
        said = words.review.refused(InputError(NAMELESS))
        assert escape(said) in refused.result and (lang == "de") == (said != NAMELESS)
        assert not entry(refused).reviewed.finished
    assert entry(act(controller, judged, do="finish")).reviewed.finished


def test_a_click_on_a_report_that_was_put_away_is_answered(controller: PageController) -> None:
    read(controller)
    forgotten = controller.render(SessionState(), "de", "me")
    screen = controller.act('{"do": "accept", "items": ["m0"]}', forgotten.state, "de", "me", "")
    assert GERMAN.review.gone in screen.notice and screen.editing
    assert "Müller" in screen.result  # the list it is opened from


@pytest.mark.parametrize(
    "asked",
    [
        "none",
        '{"do": "undo"}',
        '{"do": "undo", "on": "another"}',
        '{"do": "open", "review": "gone"}',
        '{"do": "code", "item": "m0", "system": "x", "code": "y"}',
        '{"do": "add", "text": " ", "start": null, "end": null, "category": "age", "assertion": "absent"}',
    ],
)
def test_a_click_that_cannot_be_done_is_refused_in_the_language_of_the_page(
    controller: PageController, asked: str
) -> None:
    shown = read(controller).state
    english = controller.act(asked, shown, "en", "me", "").result
    german = controller.act(asked, shown, "de", "me", "").result
    said = [r for r in known() if r in english]
    assert len(said) == 1
    assert GERMAN.said(said[0]) in german and said[0] not in german


def test_a_run_goes_on_in_the_language_that_was_chosen_meanwhile(
    controller: PageController,
) -> None:
    controller.batch.add([Report("r", REPORT)], "me", SCHEMA)
    batch = controller.run_batch("s", SessionState(), "en", "me")
    assert "0 of 1" in next(batch)
    controller.set_language("s", "de")
    assert "1 von 1" in list(batch)[-1]
    # A run may have waited in the queue since, with the language it was asked in.
    last = list(controller.run("s", controller.begin(REPORT, "en").state, "en", "me"))[-1]
    assert "0 von 2 geprüft" in last.result
    controller.leave("s")
    assert "s" not in controller._languages


def test_forgetting_takes_everything_of_an_owner_and_nothing_of_others(
    controller: PageController,
) -> None:
    read(controller, "me")
    read(controller, "me")
    read(controller, "you")
    controller.forget("me")
    assert controller.store.entries("me") == [] and len(controller.store.entries("you")) == 1


# Required bindings of R4B, which the models of fhir.resources do not check: https://hl7.org/fhir/R4B/terminologies.html
STATUSES = {
    "FamilyMemberHistory": "partial completed entered-in-error health-unknown",
    "MedicationStatement": "active completed entered-in-error intended stopped on-hold unknown not-taken",
    "Observation": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "Procedure": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
}
VERIFICATIONS = "unconfirmed provisional differential confirmed refuted entered-in-error"


def references(part: Any) -> Iterator[str]:
    """What a document's resources refer to, which no model checks either."""
    if isinstance(part, list):
        for one in part:
            yield from references(one)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "reference" and isinstance(value, str):
                yield value
            yield from references(value)


def test_fhir_of_every_example_is_valid(controller: PageController) -> None:
    for example in EXAMPLES:
        words = example.text.split()
        found = extraction(
            diagnosis=(item(example.text, words[3], "possible"),),
            family_history=(item(example.text, words[9], "absent"), item(example.text, words[5])),
            laboratory_values=(item(example.text, words[20]),),
            pharmacological_therapy=(item(example.text, words[30], "absent"),),
        )
        id = controller.store.add("me", example.name, example.text, SCHEMA, extraction=found)
        document = json.loads(file_of(controller.store.get("me", id), "fhir", ENGLISH).text)
        bundle_model().model_validate(document)
        resources = [held["resource"] for held in document["entry"]]
        held = {resource["resourceType"] for resource in resources}
        assert held >= {"Condition", "FamilyMemberHistory", "MedicationStatement", "Observation"}
        known = {one["fullUrl"] for one in document["entry"]}
        assert len(known) == len(resources) and set(references(document)) <= known
        for resource in resources:
            kind = resource["resourceType"]
            assert kind not in STATUSES or resource["status"] in STATUSES[kind].split()
            for coding in resource.get("verificationStatus", {}).get("coding", ()):
                assert coding["code"] in VERIFICATIONS.split()


def test_fhir_knows_what_stands_around_an_item(controller: PageController) -> None:
    report = "His mother had rheumatoid arthritis."
    found = extraction(family_history=(item(report, "rheumatoid arthritis"),))
    id = controller.store.add("me", "r", report, SCHEMA, extraction=found)
    written = json.loads(file_of(controller.store.get("me", id), "fhir", ENGLISH).text)
    (relative,) = (e["resource"] for e in written["entry"] if "relationship" in e["resource"])
    assert relative["relationship"]["coding"][0]["code"] == "MTH"


def test_fhir_does_not_name_a_pasted_letter_by_its_first_line(controller: PageController) -> None:
    letters = [json.loads(file_of(entry(read(controller)), "fhir", ENGLISH).text) for _ in range(2)]
    assert "Müller" not in json.dumps(letters, ensure_ascii=False)
    first, second = ({held["fullUrl"] for held in letter["entry"]} for letter in letters)
    assert len(first) == 7 and not first & second


def statuses(screen: View) -> dict[str, str]:
    """Each item's words and the status its FHIR resource has; the whole bundle is validated."""
    document = json.loads(file_of(entry(screen), "fhir", ENGLISH).text)
    bundle_model().model_validate(document)
    (review,) = [t["code"] for t in document["meta"]["tag"] if t["system"] == "urn:elmtex:review"]
    found = {"review": review}
    for held in document["entry"]:
        resource = held["resource"]
        if "extension" not in resource:  # no item's
            continue
        words = resource.get("valueString") or resource["code"]["text"]
        said = resource.get("verificationStatus", {}).get("coding", [{}])[0].get("code")
        found[words] = said or resource["status"]
    return found


def test_fhir_says_what_a_human_has_judged() -> None:
    class Found(Planted):
        def stream(self, report: str) -> Iterator[Progress]:
            found = extraction(
                signs_symptoms=(item(report, "Fieber", "absent"), item(report, "Übelkeit")),
                laboratory_values=(item(report, "5%"), item(report, "6%")),
            )
            yield Progress(found, 1, 1)

    controller = PageController(Found())
    screen = read(controller)
    assert statuses(screen) == {
        "review": "none",
        "Signs and symptoms: Fieber": "preliminary",  # a model's denial refutes nothing
        "Übelkeit": "unconfirmed",
        "5%": "preliminary",
        "6%": "preliminary",
    }
    # Positions move when an item before is rejected: the judged one is the second, not the first.
    screen = act(controller, screen, do="reject", items=["m2"])
    screen = act(controller, screen, do="accept", items=["m1"])
    assert statuses(screen) == {
        "review": "begun",
        "Signs and symptoms: Fieber": "preliminary",
        "Übelkeit": "confirmed",
        "6%": "preliminary",
    }
    edited = {"do": "edit", "item": "m3", "category": "age", "assertion": "present"}
    screen = act(controller, screen, **edited, text="5% oder 6%", start=None, end=None)
    assert statuses(screen)["5% oder 6%"] == "final"
    screen = act(controller, screen, do="assert", item="m0", value="possible")
    screen = act(controller, screen, do="finish")
    assert statuses(screen) == {
        "review": "finished",
        "Fieber": "provisional",
        "Übelkeit": "confirmed",
        "5% oder 6%": "final",
    }
    signed = json.loads(file_of(entry(screen), "fhir", ENGLISH).text)
    names = [e["resource"]["name"] for e in signed["entry"] if "name" in e["resource"]]
    assert names == [[{"text": "Dr. Ö"}]]
    assert signed["entry"][0]["resource"]["attester"][0]["time"] == entry(screen).touched
    screen = act(controller, screen, do="undo")
    assert statuses(screen)["review"] == "begun"


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("Müller\nkein", 7, 19, (7, 19)),  # selected over CR LF, which a text box makes LF
        (" Fieber,", 19, 27, (20, 27)),  # white space around a selection goes
        ("Fieber", None, None, (20, 26)),  # typed: the first place
        ("5%", None, None, (50, 52)),
        ("7%", None, None, ()),  # not in the report: kept, but without evidence
        ("Müller\nkein", None, None, (7, 19)),
        ("6%", 50, 52, (58, 60)),  # offsets of other words do not count
    ],
)
def test_an_added_item_stands_where_its_words_stand(
    controller: PageController,
    text: str,
    start: int | None,
    end: int | None,
    expected: tuple[int, ...],
) -> None:
    screen = act(
        controller,
        read(controller),
        do="add",
        text=text,
        start=start,
        end=end,
        category="gender",
        assertion="possible",
    )
    new = added(screen)
    if expected == ():
        assert (new.text, new.start, new.end) == (text, None, None)
        assert ENGLISH.ungrounded in screen.result
    else:
        assert new.start is not None and REPORT[new.start : new.end] == new.text
        assert new.text.split() == text.split()
        assert (new.start, new.end) == expected


def test_an_edited_item_goes_to_the_nearest_place_and_keeps_the_models_words(
    controller: PageController,
) -> None:
    screen = act(
        controller,
        read(controller),
        do="edit",
        item="m0",
        text="kein Fieber",
        start=None,
        end=None,
        category="diagnosis",
        assertion="present",
    )
    state = entry(screen).reviewed
    edited = state.find("m0")
    assert edited.category == "diagnosis" and edited.verdict == "edited"
    assert edited.machine is not None and edited.machine.text == "Fieber"
    assert "edited" in screen.result


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "{",
        "[]",
        "null",
        '{"do": "drop"}',
        '{"do": ["add"]}',
        '{"do": "accept", "items": []}',
        '{"do": "accept", "items": ["m0"], "owner": "you"}',
        '{"do": "accept", "items": ["m0\' or 1=1"]}',
        '{"do": "edit", "item": "m0"}',
        '{"do": "format", "format": "exe"}',
        '{"do": "undo", "n": 1' + " " * 100_000 + "}",
    ],
)
def test_what_is_no_command_does_nothing(controller: PageController, asked: str) -> None:
    with pytest.raises(InputError):
        parse(asked)
    before = read(controller)
    after = controller.act(asked, before.state, "en", "me", "")
    assert entry(after).decisions == () and 'role="alert"' in after.result


def test_a_code_is_suggested_then_chosen_then_taken_back_and_reaches_fhir(
    controller: PageController,
) -> None:
    screen = act(controller, read(controller), do="codes", item="m0")
    assert "R50.9" in screen.result and "Fever &lt;b&gt;" in screen.result
    assert entry(screen).decisions == ()
    foreign = act(controller, screen, do="code", item="m0", system="urn:codes", code="R99")
    assert "was not suggested" in foreign.result
    screen = act(controller, screen, do="code", item="m0", system="urn:codes", code="R50.9")
    assert [c.chosen for c in entry(screen).reviewed.find("m0").item.codes] == [True]
    fhir = json.loads(file_of(entry(screen), "fhir", ENGLISH).text)
    bundle_model().model_validate(fhir)
    codings = [e["resource"].get("code", {}).get("coding") for e in fhir["entry"]]
    assert [c[0]["code"] for c in codings if c] == ["R50.9"]
    screen = act(controller, screen, do="code", item="m0", system="urn:codes", code="R50.9")
    assert entry(screen).reviewed.find("m0").item.codes == ()


def test_every_format_carries_the_corrected_document(controller: PageController) -> None:
    screen = act(controller, read(controller), do="reject", items=["m0"])
    for format in SUFFIX:
        handed = file_of(entry(screen), format, GERMAN)
        if format == "gold":
            assert handed.text == "" and handed.problem == GERMAN.review.gold_hint
            continue
        if format == "csv-attributes":
            assert handed.text.count("\n") == 1 and handed.problem == ""  # there are none
            continue
        assert "Übelkeit" in handed.text and handed.problem == ""
        shown = Reader(exports_html(entry(screen), format, GERMAN))
        assert handed.text in shown.text or format == "summary"
    assert (
        SCHEMA.validate(json.loads(file_of(entry(screen), "json", ENGLISH).text)["categories"])
        == ()
    )
    rows = list(csv.DictReader(io.StringIO(file_of(entry(screen), "csv", ENGLISH).text)))
    assert [(row["text"], row["judged"]) for row in rows] == [("Übelkeit", "no")]
    draft = json.loads(file_of(entry(screen), "json", ENGLISH).text)
    assert draft["problems"] == ["Draft: 1 of 2 items have not been judged by a human."]
    assert (draft["id"], "Müller" in file_of(entry(screen), "csv", ENGLISH).name) == (
        entry(screen).id,
        False,
    )
    screen = act(controller, screen, do="accept", items=["m1"])
    gold = json.loads(file_of(entry(screen), "gold", ENGLISH).text)
    assert gold["text"] == REPORT and gold["labelled"] == ["signs_symptoms"]
    rows = list(csv.DictReader(io.StringIO(file_of(entry(screen), "csv", ENGLISH).text)))
    assert [row["judged"] for row in rows] == ["yes"]
    screen = act(controller, screen, do="finish")
    assert json.loads(file_of(entry(screen), "json", ENGLISH).text)["problems"] == []
    assert ENGLISH.review.finished in screen.result
    assert "Dr. Ö" in file_of(entry(screen), "summary", ENGLISH).text


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_a_user_writes_is_shown_as_text(attack: str) -> None:
    schema = parse_schema(
        json.dumps(
            {
                "title": attack,
                "properties": {"a": {"title": attack, "x-label": "a", "x-attributes": ["t"]}},
                "x-attributes": {"t": {"title": attack, "x-label": "t"}},
            }
        ),
        "own",
    )

    class Own(Planted):
        def stream(self, report: str) -> Iterator[Progress]:
            named = Attribute("t", attack, 0, len(attack))
            found = {"a": (replace(item(report, attack, "possible"), attributes=(named,)),)}
            yield Progress(Extraction("r", "own", attack, "ok", (attack,), found), 1, 1)

    own = Own()
    own.schema = schema
    controller = PageController(own)
    begun = controller.begin(f"{attack}\nHe has {attack}.", "en")
    screen = list(controller.run("s", begun.state, "en", "me"))[-1]
    screen = act(
        controller,
        screen,
        do="edit",
        item="m0",
        text=f"edited {attack}",
        start=None,
        end=None,
        category="a",
        assertion="absent",
    )
    kept = entry(screen)
    assert kept.reviewed.items[0].item.text == f"edited {attack}"
    coded = ("m0", [Code(attack, attack, attack, 0.5)])
    pages = [
        review_report_html(kept, ENGLISH),
        review_html(kept, GERMAN, coded),
        reviews_html([line_of(kept)], GERMAN),
        *(exports_html(kept, format, ENGLISH) for format in SUFFIX),
        file_of(kept, "summary", ENGLISH).text,
    ]
    for markup in pages:
        reader = Reader(re.sub(r"<(meta|!doctype)[^>]*>", "", markup))
        assert not {"script", "img", "svg", "b"} & set(reader.tags) - {"b"}
        names = {name for attributes in reader.attributes for name in attributes}
        assert not [name for name in names if name.startswith("on")]
        assert markup.count("<script") == 0 and "<img" not in markup and "<svg" not in markup
    assert attack in Reader(pages[1]).text and attack in Reader(pages[2]).text


def test_the_reports_line_ends_reach_the_browser_as_they_are(controller: PageController) -> None:
    shown = read(controller).report
    assert "&#13;\n" in shown and "\r" not in shown
    body = shown[shown.index('id="elmtex-report"') :]
    assert REPORT in Reader("<div " + body).text


def test_reviewers_of_one_browser_are_one_owner_and_signed_in_users_are_their_own() -> None:
    assert owner_of("ada", "key", "s") == owner_of("ada", None, "t") == "user:ada"
    assert owner_of(None, "key", "s") == owner_of(None, "key", "t")
    assert "key" not in owner_of(None, "key", "s")
    assert owner_of(None, "key", "s") != owner_of(None, "other", "s")
    assert owner_of(None, None, "s") == "session:s"


def test_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert accounts() is None
    monkeypatch.setenv("ELMTEX_AUTH", "ada:a:b\n\nbob:c")
    assert accounts() == [("ada", "a:b"), ("bob", "c")]
    monkeypatch.setenv("ELMTEX_AUTH", "hunter2")
    with pytest.raises(InputError) as refused:
        accounts()
    assert "hunter2" not in str(refused.value)


def test_headers_keep_the_page_to_its_own_server() -> None:
    policy = dict(headers(framed=False))[b"content-security-policy"].decode()
    assert (
        "default-src 'self'" in policy
        and "http" not in policy
        and "ws:" not in policy
        and "*" not in policy
    )
    assert b"x-frame-options" not in dict(headers(framed=True))


def test_a_summary_does_not_name_a_dash_as_the_reviewer(controller: PageController) -> None:
    accept = json.dumps({"do": "accept", "items": ["m0", "m1"]})
    screen = controller.act(accept, read(controller).state, "en", "me", "")
    for words in (ENGLISH, GERMAN):
        page = file_of(entry(screen), "summary", words).text
        assert "–," not in page and words.summary.judged_unnamed.split("{")[0] in page
    named = act(controller, read(controller), do="accept", items=["m0", "m1"])
    assert "reviewed by Dr. Ö," in file_of(entry(named), "summary", ENGLISH).text


def numbered(
    controller: PageController, screen: View, n: int, session: str = "s", **command: object
) -> View:
    asked = json.dumps({**command, "n": n})
    return controller.act(asked, screen.state, "en", "me", "Dr. Ö", session)


def test_a_command_that_comes_twice_is_carried_out_once(controller: PageController) -> None:
    screen = read(controller)
    once = numbered(controller, screen, 1, do="accept", items=["m0"])
    screen = numbered(controller, once, 2, do="accept", items=["m1"])
    undone = numbered(controller, screen, 3, do="undo")
    assert 'data-answered="3"' in undone.answer and len(entry(undone).decisions) == 3
    # Its answer was lost, or a slow text box still held it: sent once more it undoes nothing, and says so.
    for number in (3, 2, 1):
        again = numbered(controller, undone, number, do="undo")
        assert again.again and f'data-answered="{number}"' in again.answer
        assert (
            len(controller.store.entries("me")[0].decisions) == 3
            and "1 of 2 reviewed" in again.result
        )
    # The next number is the next command; another tab counts for itself.
    numbered(controller, undone, 4, do="undo")
    assert len(controller.store.entries("me")[0].decisions) == 4
    numbered(controller, undone, 1, "other", do="accept", items=["m1"])
    assert len(controller.store.entries("me")[0].decisions) == 5
    controller.leave("s")
    assert "s" not in controller.commands
    assert "page sent something" in numbered(controller, undone, 0, do="undo").result


def test_a_command_under_way_is_not_begun_again(
    controller: PageController, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, inside = read(controller), []
    decide = controller.store.decide

    def slow(*arguments: object) -> Entry:
        inside.append(numbered(controller, screen, 1, do="accept", items=["m0"]))
        return decide(*arguments)

    monkeypatch.setattr(controller.store, "decide", slow)
    assert "1 of 2 reviewed" in numbered(controller, screen, 1, do="accept", items=["m0"]).result
    assert inside == [None]


@pytest.mark.parametrize("format", list(SUFFIX))
def test_a_file_is_made_at_the_click_from_what_is_stored(
    controller: PageController, format: str
) -> None:
    old = act(controller, read(controller), do="format", format=format)
    # Another tab has decided meanwhile: this one shows the old.
    act(controller, old, do="reject", items=["m0"])
    act(controller, old, do="accept", items=["m1"])
    answer = act(controller, old, do="file").answer
    stored = file_of(controller.store.entries("me")[0], format, ENGLISH)
    shown, kept = (  # a FHIR document says when it was made
        re.sub(r"\d\d:\d\d:\d\d\+", "", text) for text in (Reader(answer).text, stored.text)
    )
    assert shown == kept.replace("\0", "\ufffd") and kept
    assert f'data-name="{stored.name}"' in answer
    # Nothing to hand out is a sentence, not an empty file.
    act(controller, old, do="undo")
    act(controller, old, do="undo")
    nothing = act(controller, act(controller, old, do="format", format="gold"), do="file")
    assert "data-name" not in nothing.answer and ENGLISH.review.gold_hint in nothing.result


@pytest.mark.parametrize("words", ["a", "Fieber", "fehlt", "\n"])
@pytest.mark.parametrize("near", [0, 3, 20, 45, 10_000])
def test_words_are_placed_at_the_nearest_place(words: str, near: int) -> None:
    report = REPORT * 3
    places = [m.start() for m in re.finditer(f"(?={re.escape(words.strip() or '~')})", report)]
    fields = {"text": words, "start": None, "end": None, "assertion": "present"}
    if not words.strip():
        with pytest.raises(InputError, match="needs words"):
            placing.placed(fields, report, near)
        return
    item = placing.placed(fields, report, near)
    assert item.start == (min(places, key=lambda at: abs(at - near)) if places else None)
    assert item.start is None or report[item.start : item.end] == words


def test_attributes_are_shown_under_review_and_handed_out() -> None:
    report = "Aspirin 100 mg orally. No ibuprofen."
    controller = PageController(Attributing())
    begun = controller.begin(report, "en")
    screen = list(controller.run("s", begun.state, "en", "me"))[-1]
    cells = [a["data-label"] for a in Reader(screen.result).attributes if "data-label" in a]
    assert cells == ["Dose", "Route"] * 2 and "100 mg" in Reader(screen.result).text
    assert "Applikationsweg" in Reader(controller.render(screen.state, "de").result).text
    filed = file_of(entry(screen), "summary", ENGLISH).text
    assert '<th scope="col">Dose</th>' in filed and '<td dir="auto">100 mg</td>' in filed
    rows = list(csv.DictReader(io.StringIO(file_of(entry(screen), "csv", ENGLISH).text)))
    assert [(r["text"], r["dose"], r["judged"]) for r in rows] == [
        *(("Aspirin", "100 mg", "no"), ("ibuprofen", "", "no"))
    ]
    screen = act(controller, screen, do="accept", items=["m0"])
    long = file_of(entry(screen), "csv-attributes", ENGLISH)
    assert long.name.endswith(".attributes.csv")
    rows = list(csv.DictReader(io.StringIO(long.text)))
    assert [(r["type"], r["item"], r["judged"]) for r in rows] == [
        *(("dose", "Aspirin", "yes"), ("route", "Aspirin", "yes"))
    ]
    assert "csv-attributes" in exports_html(entry(screen), "json", ENGLISH)
    bare = replace(entry(screen), schema=ATTRIBUTED.without_attributes())
    assert "csv-attributes" not in exports_html(bare, "json", ENGLISH)
    screen = act(controller, screen, do="reject", items=["m0"])
    assert json.loads(file_of(entry(screen), "json", ENGLISH).text)["categories"]["drug"] == [
        attributed(report).categories["drug"][1].to_dict()
    ]


def test_one_table_of_many_reports_has_the_columns_of_all_their_schemas() -> None:
    drugs = PageController(Attributing())
    id = drugs.store.add(
        *("me", "r", "Aspirin 100 mg", ATTRIBUTED),
        extraction=attributed("Aspirin 100 mg"),
        batch="b",
    )
    plain = SCHEMA.without_attributes()
    found = extraction(signs_symptoms=(item(REPORT, "Fieber"),))
    drugs.store.add("me", "s", REPORT, plain, extraction=found, batch="b")
    entries = drugs.store.entries("me")
    rows = list(csv.DictReader(io.StringIO(files_of(entries, "csv", ENGLISH).text)))
    assert [(r["id"], r["text"], r["dose"]) for r in rows] == [
        *(("r", "Aspirin", "100 mg"), ("s", "Fieber", ""))
    ]
    long = files_of(entries, "csv-attributes", ENGLISH)
    assert (long.name, long.text.count("\n")) == ("elmtex.attributes.csv", 2)
    assert files_of([], "csv", ENGLISH).text == "" and drugs.store.get("me", id) == entries[0]
