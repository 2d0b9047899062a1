"""What a schema file may look like, as JSON Schema, and the item that elmtex writes."""

from __future__ import annotations

from typing import Any, get_args

from elmtex.values import NORMALISERS, ONLY
from elmtex.values.data import Course

MAX_CATEGORIES = 64
MAX_LABEL = 40  # characters
MAX_ATTRIBUTES = 32  # types of a schema
TERMINOLOGIES = ("icd10cm", "hpo", "drugs", "doid")
RESOURCES = (
    *("Observation", "Condition", "Procedure", "MedicationStatement"),
    *("FamilyMemberHistory", "AllergyIntolerance", "ServiceRequest"),
)
# What the words of an attribute type may become in its item's resource.
ELEMENTS = (
    *("bodySite", "severity", "value", "test", "time", "status", "reaction"),
    *("dose", "route", "timing", "duration"),
)

_CODE: dict[str, Any] = {
    "type": "object",
    "required": ["system", "code", "display", "score"],
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string"} for name in ("system", "code", "display")},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "chosen": {"type": "boolean"},
    },
}
_NUMBER: dict[str, Any] = {"type": "number"}
_WORD: dict[str, Any] = {"type": "string"}
_QUANTITY: dict[str, Any] = {
    "value": _NUMBER,
    "unit": _WORD,
    "code": _WORD,
    "comparator": {"enum": ["<", "<=", ">", ">="]},
}
_PART = {
    "type": "object",
    "required": ["value"],
    "additionalProperties": False,
    "properties": _QUANTITY,
}
_TIMES = {"type": "integer", "minimum": 1}
_REPEAT: dict[str, Any] = {
    **dict.fromkeys(("frequency", "frequencyMax", "count"), _TIMES),
    **dict.fromkeys(("period", "periodMax"), _NUMBER),
    "periodUnit": {"enum": ["s", "min", "h", "d", "wk", "mo", "a"]},
    **{name: {"type": "array", "items": _WORD} for name in ("when", "dayOfWeek")},
    "boundsDuration": _PART,
    "boundsRange": {
        "type": "object",
        "required": ["low", "high"],
        "properties": {"low": _PART, "high": _PART},
    },
}


def _value(kind: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["kind", *(name for name in properties if name not in optional)],
        "additionalProperties": False,
        "properties": {"kind": {"const": kind}, **properties},
    }


# What the values of elmtex.values.data are as JSON.
_VALUE: dict[str, Any] = {
    "oneOf": [
        _value("quantity", _QUANTITY, ("unit", "code", "comparator")),
        _value("range", {"low": _PART, "high": _PART}),
        _value("pair", {"first": _PART, "second": _PART}),
        _value("ratio", {"numerator": _TIMES, "denominator": _TIMES}),
        _value(
            "timing",
            {
                "repeat": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": _REPEAT,
                },
                "amounts": {"type": "array", "items": _NUMBER},
                "asNeeded": {"const": True},
            },
            ("repeat", "amounts", "asNeeded"),
        ),
        _value("route", dict.fromkeys(("system", "code", "display"), _WORD)),
        _value("date", {"date": _WORD, "precision": {"enum": ["year", "month", "day"]}}),
        _value("status", {"status": {"enum": list(get_args(Course))}}),
    ]
}
_ATTRIBUTE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "text", "start", "end", "confidence"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "text": {"type": "string", "minLength": 1},
        "start": {"type": ["integer", "null"], "minimum": 0},
        "end": {"type": ["integer", "null"], "minimum": 1},
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "value": _VALUE,
    },
}
_MENTION: dict[str, Any] = {
    "type": "object",
    "required": ["start", "end"],
    "additionalProperties": False,
    "properties": {
        "start": {"type": "integer", "minimum": 0},
        "end": {"type": "integer", "minimum": 1},
    },
}

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["text", "start", "end", "assertion", "confidence"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "start": {"type": ["integer", "null"], "minimum": 0},
        "end": {"type": ["integer", "null"], "minimum": 1},
        "assertion": {"enum": ["present", "absent", "possible"]},
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "section": {"type": "string"},
        "codes": {"type": "array", "items": _CODE},
        "attributes": {"type": "array", "items": _ATTRIBUTE},
        "mentions": {"type": "array", "items": _MENTION},
        "agreed": {"type": "boolean"},
    },
}

# No half of a character, none that is not seen; line breaks and tabs are for descriptions.
SEEN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]*\Z"
_TITLES = {
    "type": "object",
    "additionalProperties": {"type": "string", "minLength": 1, "pattern": SEEN},
}
KEY = r"^[A-Za-z][A-Za-z0-9_]{0,63}\Z"
_NAMED = {
    "title": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": SEEN},
    "x-title": _TITLES,
    # The note's control tokens and line breaks cannot be part of a label.
    "x-label": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_LABEL,
        "allOf": [{"pattern": SEEN}],
        "pattern": r"^[^=;!?\[\]\s]+( [^=;!?\[\]\s]+)*\Z",
    },
    "description": {"type": "string", "maxLength": 2000, "pattern": SEEN},
}

_FHIR: dict[str, Any] = {
    "type": "object",
    "required": ["resource"],
    "additionalProperties": False,
    "properties": {
        "resource": {"enum": list(RESOURCES)},
        "clinicalStatus": {"enum": ["active", "inactive"]},
        "also": {
            "type": "array",
            "uniqueItems": True,
            "items": {"enum": ["AllergyIntolerance", "Procedure"]},
        },
        "quantity": {"type": "boolean"},
        "section": {"type": "string", "pattern": r"^[1-9][0-9]{0,6}-[0-9]\Z"},
    },
    "dependentSchemas": {
        "clinicalStatus": {"properties": {"resource": {"const": "Condition"}}},
        "quantity": {"properties": {"resource": {"const": "Observation"}}},
    },
}

# What a file must look like to be used as a category schema, whatever else JSON Schema would allow.
SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["title", "properties"],
    "properties": {
        "title": {"type": "string", "minLength": 1, "pattern": SEEN},
        "x-title": _TITLES,
        "description": {"type": "string", "pattern": SEEN},
        "type": {"const": "object"},
        "properties": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_CATEGORIES,
            "propertyNames": {"pattern": KEY},
            "additionalProperties": {
                "type": "object",
                "required": ["title"],
                "properties": {
                    **_NAMED,
                    "x-fhir": _FHIR,
                    "x-terminologies": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"enum": list(TERMINOLOGIES)},
                    },
                    "type": {"const": "array"},
                    "x-only": {"enum": list(ONLY)},
                    "x-attributes": {
                        "type": "array",
                        "items": {"type": "string"},
                        "uniqueItems": True,
                    },
                },
            },
        },
        "x-attributes": {
            "type": "object",
            "maxProperties": MAX_ATTRIBUTES,
            "propertyNames": {"pattern": KEY},
            "additionalProperties": {
                "type": "object",
                "required": ["title"],
                "properties": {
                    **_NAMED,
                    "x-value": {"enum": list(NORMALISERS)},
                    "x-fhir": {"enum": list(ELEMENTS)},
                },
            },
        },
    },
}
