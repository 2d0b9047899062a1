"""The page's HTML comes from the templates in templates/, in which Jinja escapes every value that is no markup.

A template's own indentation and line ends are not part of what it writes: between two elements they would be text, and
in the report they would move every offset behind. A space that is meant stands inside a line, or as ``{{ " " }}``.
"""

from __future__ import annotations

import json
import math
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup
from markupsafe import escape as escape_markup

from elmtex.types import ASSERTIONS

LOW_CONFIDENCE = 0.5
TERMINOLOGIES = {
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://human-phenotype-ontology.org": "HPO",
    "http://go.drugbank.com": "DrugBank",
    "http://purl.obolibrary.org/obo/doid.owl": "DO",
}


def escape(text: str) -> Markup:
    """Text as HTML that shows exactly this text, in an element or a quoted attribute.

    A browser would turn CR LF into LF and drop a null character, and with it every offset behind; so the one is written
    as a reference, and the other as the sign for what cannot be shown.
    """
    escaped = escape_markup(text)
    if "\r" in escaped or "\0" in escaped:
        return escaped.replace("\r", Markup("&#13;")).replace("\0", "\ufffd")
    return escaped


def percent_of(confidence: float) -> int:
    """A confidence of 0 to 1 in whole percent, rounded down: 99.6% must not read as certainty.

    What is a whole percent stays one, though its binary fraction may lie a little below: .29 is 29%.
    """
    return math.floor(round(confidence * 100, 6))


def terminology(system: str) -> str:
    """What readers call a system of codes; of an unknown one, the last part of its address."""
    return TERMINOLOGIES.get(system, system.rstrip("/").rsplit("/", 1)[-1])


def command(do: str, **fields: Any) -> str:
    """A command as the browser sends it back, see :mod:`elmtex.web.report_tab.commands`."""
    return json.dumps({"do": do, **fields})


def json_of(**fields: Any) -> str:
    """Data for the page's scripts, in a ``data-`` attribute."""
    return json.dumps(fields, ensure_ascii=False)


def template(name: str) -> Any:
    """The macros of a template as functions that return :class:`Markup`."""
    return _ENVIRONMENT.get_template(name).module


class _OneLine(Extension):
    """Takes the layout out of a template's source."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return "".join(line.strip() for line in source.splitlines())


_ENVIRONMENT = Environment(
    loader=PackageLoader("elmtex.web"),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=[_OneLine],
    auto_reload=False,
)
# For text of which every character must survive: Jinja's own escaping leaves CR and NUL, which a browser changes.
_ENVIRONMENT.filters["verbatim"] = escape
_ENVIRONMENT.filters["percent"] = percent_of
_ENVIRONMENT.filters["terminology"] = terminology
_ENVIRONMENT.filters["aria"] = lambda value: "true" if value else "false"
_ENVIRONMENT.tests["low"] = lambda confidence: confidence < LOW_CONFIDENCE
_ENVIRONMENT.globals["command"] = command
_ENVIRONMENT.globals["json_of"] = json_of
_ENVIRONMENT.globals["ASSERTIONS"] = ASSERTIONS
