"""Everything that the page may say is said in each of its languages, with its numbers and names."""

from __future__ import annotations

import ast
import json
import pickle
import string
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from catalogue import ROOT, in_the_file, in_the_source, known
from test_report_tab import Planted, act, entry, read

from elmtex.extractors.chat import extractor as chat
from elmtex.extractors.chat import local
from elmtex.readers.text_files import Report
from elmtex.review import checks, decisions, faults
from elmtex.schema import load_schema
from elmtex.types import ElmtexError, InputError, Progress, SchemaError
from elmtex.web.controller import PageController
from elmtex.web.locale.catalogue import FOLDER, Section, _, _n, _p, catalogues
from elmtex.web.locale.messages import ENGLISH, GERMAN, LANGUAGES, Messages, counted
from elmtex.web.locale.sentences import fields_in
from elmtex.web.report_tab.exports import file_of
from elmtex.web.schema_tab.form import check_html
from elmtex.web.state import SessionState

# Modules whose errors a click may meet: an error with its values written into the sentence cannot be translated.
MODULES = (
    *("schema/__init__.py", "schema/categories.py", "schema/checks.py", "coding/name_index.py"),
    "exporters/fhir/bundle.py",
    *(f"extractors/chat/{name}.py" for name in ("extractor", "local", "server")),
    *(f"review/{name}.py" for name in ("checks", "decisions", "entry", "store")),
    *(f"adaptations/{name}.py" for name in ("learn", "versions")),
    "web/learn_tab/learning.py",
    *(f"web/{name}.py" for name in ("visitor_shares", "state", "batch_tab/batch")),
    *(f"web/report_tab/{name}.py" for name in ("commands", "review")),
    "web/schema_tab/custom_schema.py",
)
# What the terminal alone is told when the page starts.
NOT_ON_THE_PAGE = (
    "the database of reviews cannot be opened",
    "the database of reviews must be your own file",
)
OTHERS = [path.stem for path in sorted(FOLDER.glob("*.po"))]


def test_no_error_of_the_page_has_its_values_in_its_sentence() -> None:
    seen = 0
    for module in MODULES:
        for call in ast.walk(ast.parse((ROOT / "elmtex" / module).read_text("utf-8"))):
            name = getattr(getattr(call, "func", None), "id", "")
            if not (isinstance(call, ast.Call) and name.endswith("Error") and name[0].isupper()):
                continue
            said = call.args[0] if call.args else None
            seen += 1
            if isinstance(said, ast.JoinedStr):
                text = "".join(v.value for v in said.values if isinstance(v, ast.Constant))
                where = f"{module}:{call.lineno}"
                assert text.startswith(NOT_ON_THE_PAGE), f"{where}: give the values as fields"
    assert seen > 50


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("lang", OTHERS)
def test_a_language_has_every_text_of_the_source_and_no_other(lang: str) -> None:
    source = {(m.context, m.id) for m in in_the_source() if m.id}
    there = {(m.context, m.id) for m in in_the_file(lang) if m.id}
    assert len(source) > 250
    assert there == source, "run `make messages`"


@pytest.mark.parametrize("lang", OTHERS)
def test_every_text_is_translated_with_the_same_fields(lang: str) -> None:
    for message in in_the_file(lang):
        if not message.id:
            continue
        forms = [message.string] if isinstance(message.string, str) else [*message.string]
        english = message.id if isinstance(message.id, str) else message.id[1]
        assert all(forms) and not message.fuzzy, f"{english!r} is not translated"
        for form in forms:
            # A form for one may spell the number out; a box on the page says where the fault is.
            assert fields(form) <= fields(english)
            assert fields(english) - fields(form) <= {"where"}


def test_the_sentences_that_are_constants_are_among_them() -> None:
    texts = {m.id for m in in_the_source()}
    constants = [text for text in vars(faults).values() if isinstance(text, str) and "; " in text]
    constants += [checks.NAMELESS, chat.CUT, chat.BROKEN, chat.INVALID, local.LOOP]
    assert len(constants) > 8
    assert [text for text in constants if text not in texts and text != faults.__doc__] == []


def test_every_refusal_is_said_in_german_and_in_its_own_english() -> None:
    templates = known()
    assert len(templates) > 60
    for template in templates:
        filled = dict.fromkeys(fields(template), "7")
        error = InputError(template, **filled)
        assert GERMAN.review.refused(error) != str(error), template
        assert ENGLISH.review.refused(error) == str(error) == ENGLISH.said(str(error))


SLAVIC = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "English"
msgstr "Polski"

msgctxt "tab"
msgid "Compare"
msgstr "Porównanie"

msgid "{count} item"
msgid_plural "{count} items"
msgstr[0] "{count} pozycja"
msgstr[1] "{count} pozycje"
msgstr[2] "{count} pozycji"

#, fuzzy
msgid "Extract"
msgstr "nobody has looked at this"

msgid "there is no item {id!r} in this review"
msgstr "nie ma pozycji {id!r}"
"""


def test_a_third_language_is_one_more_file(tmp_path: Path) -> None:
    (tmp_path / "pl.po").write_text(SLAVIC, "utf-8")
    assert list(catalogues(tmp_path)) == ["en", "pl"]
    polish = Messages(catalogues(tmp_path)["pl"])
    assert (polish.lang, polish.name, polish.compare.tab) == ("pl", "Polski", "Porównanie")
    items = [polish.nouns["item"].format(count=count) for count in (1, 2, 5)]
    assert items == ["1 pozycja", "2 pozycje", "5 pozycji"]
    # What it does not have yet, or nobody has looked at, stays English.
    assert (polish.extract, polish.compare.start) == (ENGLISH.extract, "Compare")
    assert polish.nouns["report"].format(count=1) == "1 report"
    missing = InputError("there is no item {id!r} in this review", id="m7")
    assert polish.review.refused(missing) == "nie ma pozycji 'm7'"
    assert polish.said(str(missing)) == "nie ma pozycji 'm7'"
    assert polish.review.refused(InputError("an item needs words")) == "an item needs words"


def test_texts_in_tuples_and_tables_are_translated_and_all_else_is_not() -> None:
    class Planted(Section):
        keys = (("A", _("accept")), ("Esc", _("close")))
        table = {"Compare": _p("button", "Compare"), "empty": ""}  # noqa: RUF012
        items = _n("{count} item", "{count} items", by="count")

    german = Planted(catalogues()["de"])
    assert german.keys == (("A", "annehmen"), ("Esc", "schließen"))
    assert german.table == {"Compare": "Vergleichen", "empty": ""}
    assert german.items.format(count=1) == "1 Angabe" and german.items == "{count} Angaben"
    assert Planted.items.format(count=1) == "1 item"


def test_numbers_choose_their_form() -> None:
    for number, english, german in ((0, "items", "Angaben"), (1, "item", "Angabe")):
        assert counted(number, "item", "en") == f"{number} {english}"
        assert counted(number, "item", "de") == f"{number} {german}"
    assert counted(1, "category", "xx") == "1 category"
    assert GERMAN.reading.format(done=0, total=1) == "0 von 1 Satz gelesen"
    assert ENGLISH.reading.format(done=1, total=2) == "Reading: 1 of 2 sentences"
    assert "1 item has not" in ENGLISH.summary.draft.format(open=1)
    assert "2 items have not" in ENGLISH.summary.draft.format(open=2)


def test_both_tabs_and_buttons_of_one_english_name_have_their_own_german() -> None:
    assert ENGLISH.compare.tab == ENGLISH.compare.start
    assert (GERMAN.compare.tab, GERMAN.compare.start) == ("Vergleich", "Vergleichen")


def test_what_is_stored_in_english_is_said_in_german() -> None:
    schema = load_schema("medication")
    (fault,) = schema.validate({key: [] for key in schema.keys} | {schema.keys[0]: 7})
    assert GERMAN.said(fault) == f"/{schema.keys[0]}: verletzt die Regel 'type'."
    ended = "The server ended the reply (content_filter); items may be missing."
    assert "beendet (content_filter)" in GERMAN.said(ended)
    url = "server http://127.0.0.1:8000/v1: HTTP status 500; check --server and --model"
    assert GERMAN.said(url).startswith("Server http://127.0.0.1:8000/v1: HTTP-Status 500;")
    for sentence in ("", "RuntimeError", "no sentence of elmtex"):
        assert GERMAN.said(sentence) == sentence
    assert all(words.said(fault) for words in LANGUAGES.values()) and ENGLISH.said(fault) == fault


@pytest.mark.parametrize(
    ("sentence", "template", "found"),
    [
        ("a: b", "{x}: {y}", {"x": "a", "y": "b"}),
        ("a: b: c", "{x}: {y}", {"x": "a", "y": "b: c"}),
        ("a.b.", "{x}.", {"x": "a.b"}),
        ("is {a} done", "is {{{x}}} done", {"x": "a"}),
        ("fixed", "fixed", {}),
        (": b", "{x}: {y}", None),
        ("a: ", "{x}: {y}", None),
        ("a; b", "{x}: {y}", None),
        ("fixed more", "fixed", None),
        ("a.", "{x}..", None),
        (".", "{x}.", None),
    ],
)
def test_a_sentence_is_known_by_its_template(
    sentence: str, template: str, found: dict[str, str] | None
) -> None:
    assert fields_in(sentence, template) == found


def test_a_long_sentence_costs_no_time() -> None:
    began = time.monotonic()
    GERMAN.said("/properties/x-label: the label is also that of " * 20_000)
    assert time.monotonic() - began < 2


def test_times_are_those_of_the_clock_on_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        for stored in ("2026-01-31T23:30:00.000000+00:00", "2026-01-31T23:30:00"):
            assert ENGLISH.local_time(stored) == "2026-02-01 00:30"
            assert GERMAN.local_time(stored) == "01.02.2026, 00:30"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_numbers_and_names_are_filled_in() -> None:
    controller = PageController(Planted())
    screen = read(controller)
    finish = json.dumps({"do": "finish"})
    german = controller.act(finish, screen.state, "de", "me", "Ö")
    assert "Noch offen: 2." in german.result
    assert "2 items are still open" in act(controller, screen, do="finish").result
    missing = json.dumps({"do": "accept", "items": ["m77"]})
    assert (
        "keine Angabe &#39;m77&#39;" in controller.act(missing, screen.state, "de", "me", "").result
    )
    last = act(controller, screen, do="accept", items=["m0"])
    assert "one item is still open" in act(controller, last, do="finish").result


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("", "1 to 200000", "1 bis 200000"),
        ("{", "line 1, column 2", "Zeile 1, Spalte 2"),
        ("{", "Expecting property name", "ein Name in doppelten Anführungszeichen"),
        ('{"title": "x', "Unterminated string", "ein Text, der nicht endet"),
        (
            '{"title": "t", "properties": {"a": {"title": "T", "x-fhir": {}}}}',
            "is missing",
            "fehlt",
        ),
        ('{"title": "t", "title": "u"}', "appears twice", "steht zweimal"),
        ('{"title": "t", "properties": {}}', "1 to 64 categories", "1 bis 64 Kategorien"),
        (
            '{"title": "t", "properties": {"a": {"title": "T", "x-only": "x"}}}',
            "breaks the rule",
            "verletzt die Regel",
        ),
    ],
)
def test_what_is_wrong_with_a_schema_is_said_in_the_pages_language(
    text: str, english: str, german: str
) -> None:
    assert english in check_html(text, ENGLISH) and german not in check_html(text, ENGLISH)
    assert german in check_html(text, GERMAN) and english not in check_html(text, GERMAN)


def test_an_error_is_its_sentence_and_survives_another_process() -> None:
    error = SchemaError("{path}: {{braces}} and {name!r}", path="/a", name="b")
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        assert str(one) == "/a: {braces} and 'b'" and isinstance(one, ElmtexError)
        assert (one.template, one.fields) == (error.template, error.fields)
    assert str(InputError("a {brace} alone")) == "a {brace} alone"
    with pytest.raises(InputError, match="no item 'x'"):
        decisions.fold(read(PageController(Planted())).state.extraction, ()).find("x")


class Failing(Planted):
    """A server that is not there."""

    def stream(self, report: str) -> Iterator[Progress]:
        yield from ()
        raise ElmtexError(
            "server {url}: no usable answer ({kind}); is it running?",
            url="http://127.0.0.1:1/v1",
            kind="ConnectError",
        )


class Cut(Planted):
    """A chat model whose reply was cut off."""

    def stream(self, report: str) -> Iterator[Progress]:
        for progress in super().stream(report):
            found = replace(progress.extraction, status="truncated", problems=(chat.CUT,))
            yield replace(progress, extraction=found)


def test_a_failures_reason_is_said_in_the_pages_language() -> None:
    controller = PageController(Failing())
    failed = read(controller).state
    assert "is it running?" in controller.render(failed, "en").result
    german = controller.render(failed, "de").result
    assert (
        "(Server http://127.0.0.1:1/v1: keine brauchbare Antwort (ConnectError); läuft er?)"
        in german
    )


def test_a_documents_problems_are_said_in_the_pages_language_and_stored_in_english() -> None:
    controller = PageController(Cut())
    shown = read(controller).state
    assert chat.CUT in controller.render(shown, "en").result
    german = controller.render(shown, "de").result
    # The document itself, further down the page, is the same in every language.
    assert f"<li>{GERMAN.said(chat.CUT)}</li>" in german and f"<li>{chat.CUT}</li>" not in german
    assert (
        json.loads(file_of(entry(read(controller)), "json", GERMAN).text)["problems"][0] == chat.CUT
    )
    many = PageController(Cut())
    many.batch.add([Report("r", "Fieber, Übelkeit")], "me", many.extractor.schema)
    list(many.batch.run("s", "me"))
    table = many.render_batch(SessionState(), "de", "me")
    assert GERMAN.said(chat.CUT) in table and chat.CUT not in table


def test_why_there_is_no_file_is_said_in_the_pages_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.bundle", None)
    handed = file_of(entry(read(PageController(Planted()))), "fhir", GERMAN)
    assert handed.text == ""
    assert handed.problem == "Für FHIR fehlt fhir.resources: pip install 'elmtex[fhir]'"
