"""Every refusal that the page may show is said in each of its languages, with its numbers and names."""

from __future__ import annotations

import ast
import json
import pickle
import string
from pathlib import Path

import pytest
from test_report_tab import Planted, act, read

import elmtex
from elmtex.review import decisions, faults
from elmtex.types import ElmtexError, InputError, SchemaError
from elmtex.web.controller import PageController
from elmtex.web.locale.messages import ENGLISH, GERMAN
from elmtex.web.schema_tab.custom_schema import check_html

# Whose errors a click may meet.
MODULES = (
    *("schema.py", "coding/name_index.py"),
    *(f"review/{name}.py" for name in ("decisions", "entry", "store")),
    *(f"web/{name}.py" for name in ("limits", "state", "batch_tab/batch")),
    *(f"web/report_tab/{name}.py" for name in ("commands", "review")),
    "web/schema_tab/custom_schema.py",
)
# What only a program or the command line is told, or the terminal when the page starts.
NOT_ON_THE_PAGE = (
    "the database of reviews cannot be opened",
    "the database of reviews must be your own file",
    "no category asked for",
    "no schema {name!r}",
    "schema {path}: cannot be read",
)


def templates() -> dict[str, str]:
    """Each template that the modules raise, and where."""
    found: dict[str, str] = {}
    for module in MODULES:
        tree = ast.parse((Path(elmtex.__file__).parent / module).read_text("utf-8"))
        for call in ast.walk(tree):
            name = getattr(getattr(call, "func", None), "id", "")
            if not (isinstance(call, ast.Call) and name.endswith("Error") and name[0].isupper()):
                continue
            said = call.args[0] if call.args else None
            if isinstance(said, ast.JoinedStr):
                text = "".join(v.value for v in said.values if isinstance(v, ast.Constant))
                where = f"{module}:{call.lineno}"
                assert text.startswith(NOT_ON_THE_PAGE), f"{where}: give the values as fields"
            elif said is not None:
                strings = [c.value for c in ast.walk(said) if isinstance(c, ast.Constant)]
                found |= {s: f"{module}:{call.lineno}" for s in strings if isinstance(s, str)}
    return found


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_refusal_has_a_german_sentence_with_the_same_fields() -> None:
    shown = {t: w for t, w in templates().items() if " " in t and not t.startswith(NOT_ON_THE_PAGE)}
    shown |= {
        text: "faults" for text in vars(faults).values() if isinstance(text, str) and " " in text
    }
    shown = {text: where for text, where in shown.items() if text != faults.__doc__}
    assert len(shown) > 30
    assert {t: w for t, w in shown.items() if t not in GERMAN.review.refusals} == {}
    for template, german in GERMAN.review.refusals.items():
        assert fields(german) <= fields(template) and fields(template) - fields(german) <= {"where"}
        error = InputError(template, **dict.fromkeys(fields(template), "7"))
        assert GERMAN.review.refused(error) != str(error)
        assert ENGLISH.review.refused(error) == str(error)


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


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("", "1 to 200000", "1 bis 200000"),
        ("{", "line 1, column 2", "Zeile 1, Spalte 2"),
        ('{"title": "t"}', "is missing", "fehlt"),
        ('{"title": "t", "title": "u"}', "stands twice", "steht zweimal"),
        ('{"title": "t", "properties": {}}', "breaks the rule", "verletzt die Regel"),
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
