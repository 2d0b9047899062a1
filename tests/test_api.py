"""The named endpoints' own checks, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import SCHEMA, extraction, item

from elmtex.exporters import formats as export
from elmtex.types import ElmtexError
from elmtex.web.api.extract import _convert
from elmtex.web.schema_tab.custom_schema import checked

OWN = checked('{"title": "t", "properties": {"signs_symptoms": {"title": "S"}}}')

SEVERE = {"type": "severity", "text": "high", "start": 0, "end": 4, "confidence": None}


def document(**changes: Any) -> dict[str, Any]:
    found = extraction(signs_symptoms=(item("fever", "fever"),)).to_dict()
    found["categories"]["signs_symptoms"][0] |= changes
    return found


@pytest.mark.parametrize("format", list(export.FORMATS))
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "changes",
    [
        {"codes": [{"x": 1}]},
        {"codes": ["x"]},
        {"codes": [{"system": "s", "code": "c", "display": "d", "score": 2}]},
        {"codes": {"system": "s"}},
        {"start": None},
        {"start": 5, "end": 2},
        {"start": 2, "end": 2},
        {"confidence": "high"},
        {"text": 1},
        {"assertion": "perhaps"},
        {"attributes": ["dose"]},
        {"attributes": [{"type": "severity"}]},
        {"attributes": [SEVERE | {"start": None}]},
        {"attributes": [SEVERE | {"start": 9, "end": 2}]},
        {"attributes": [SEVERE | {"type": "dose"}]},
    ],
)
def test_a_document_that_is_none_is_refused_in_words(
    changes: dict[str, Any], own: bool, format: str
) -> None:
    schema, given = (OWN if own else SCHEMA), document(**changes)
    if own:
        given["categories"] = {"signs_symptoms": given["categories"]["signs_symptoms"]}
    with pytest.raises(ElmtexError, match=r"does not fit|no document|both start and end"):
        _convert(given, format, schema)


def test_what_extract_gives_is_converted() -> None:
    code = {"system": "s", "code": "c", "display": "d", "score": 0.5, "chosen": True}
    for changes in (
        {},
        {"codes": [code]},
        {"attributes": [SEVERE]},
        {"start": None, "end": None},
        {"confidence": None},
    ):
        for format in set(export.FORMATS) - {"csv-attributes"}:
            assert "fever" in _convert(document(**changes), format, SCHEMA)
    written = _convert(document(attributes=[SEVERE]), "csv-attributes", SCHEMA)
    assert written.splitlines()[1] == "r,signs_symptoms,fever,0,5,present,severity,high,0,4,,"
