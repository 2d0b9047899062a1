"""What the browser may ask for: a small JSON object per click, checked before anything happens."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, get_args

import jsonschema

from elmtex.review import Decision, Entry
from elmtex.review.checks import kept_attributes
from elmtex.review.decisions import next_undo
from elmtex.types import ASSERTIONS, Code, InputError, Item
from elmtex.web.report_tab.exports import BATCH_FORMATS, Format
from elmtex.web.report_tab.need import THRESHOLDS
from elmtex.web.report_tab.placing import placed, with_cell

MAX_COMMAND = 100_000  # characters: an item's words are a sentence or two

_ID = {"type": "string", "pattern": "^[md][0-9]{1,6}$"}
_NAME = {"type": "string", "maxLength": 300}
_NUMBER = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}
_OFFSET = {"type": ["integer", "null"], "minimum": 0}
_WORDS = {"type": "string", "minLength": 1, "maxLength": 20_000}

# The fields of each command; all of them are required, no other is allowed.
_FIELDS: dict[str, dict[str, Any]] = {
    "accept": {"items": {"type": "array", "items": _ID, "minItems": 1, "maxItems": 10_000}},
    "reject": {"items": {"type": "array", "items": _ID, "minItems": 1, "maxItems": 10_000}},
    "assert": {"item": _ID, "value": {"enum": list(ASSERTIONS)}},
    "edit": {
        "item": _ID,
        "text": _WORDS,
        "start": _OFFSET,
        "end": _OFFSET,
        "category": _NAME,
        "assertion": {"enum": list(ASSERTIONS)},
    },
    "add": {
        "text": _WORDS,
        "start": _OFFSET,
        "end": _OFFSET,
        "category": _NAME,
        "assertion": {"enum": list(ASSERTIONS)},
    },
    "code": {"item": _ID, "system": _NAME, "code": _NAME},
    "cell": {
        "item": _ID,
        "type": _NAME,
        "at": _OFFSET,
        "was": {"type": "string", "maxLength": 20_000},
        "text": {"type": "string", "maxLength": 20_000},
        "start": _OFFSET,
        "end": _OFFSET,
    },
    "undo": {},
    "finish": {},
    "next": {},
    "threshold": {"value": {"type": "string", "enum": [str(one) for one in THRESHOLDS]}},
    "codes": {"item": _ID},
    "format": {"format": {"enum": list(get_args(Format))}},
    "open": {"review": _NAME},
    "delete": {"review": _NAME},
    "delete_all": {},
    "batch_format": {"format": {"enum": list(BATCH_FORMATS)}},
    "evidence": {"shown": {"type": "boolean"}},
    "file": {},
    "pdf": {},
    "batch_file": {},
}
_CHECKS = {
    do: jsonschema.Draft202012Validator(
        {
            "type": "object",
            "required": list(fields),
            "properties": {"do": True, "n": _NUMBER, "on": _NAME, **fields},
            "additionalProperties": False,
        }
    )
    for do, fields in _FIELDS.items()
}


@dataclass(frozen=True, slots=True)
class Command:
    """A checked command.

    Args:
        do: what it is.
        fields: those that :data:`_FIELDS` lists for it.
        on: id of the report that was shown when it was given; "" where it does not say.
        n: its number in its tab of the browser, which sends it again until it is answered; 0 where it has none.
    """

    do: str
    fields: dict[str, Any]
    on: str = ""
    n: int = 0


def parse(text: str) -> Command:
    """A command from the browser. Raises :class:`InputError` when it is none; quotes nothing of it."""
    try:
        data = json.loads(text) if len(text) <= MAX_COMMAND else None
        json.dumps(data, ensure_ascii=False).encode()  # a lone surrogate could not be sent back
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        do = data.get("do")
        if isinstance(do, str) and do in _CHECKS and _CHECKS[do].is_valid(data):
            fields = {name: data[name] for name in _FIELDS[do]}
            # JSON Schema accepts 1.0 as an integer; an offset must be an int.
            fields |= {n: int(v) for n, v in fields.items() if isinstance(v, float)}
            return Command(do, fields, data.get("on", ""), int(data.get("n", 0)))
    raise InputError("the page sent something it should not: reload it and try again")


def deletes(text: str) -> bool:
    """Whether the browser asks to delete a report or more; what is no command asks for nothing."""
    try:
        return parse(text).do in ("delete", "delete_all")
    except InputError:
        return False


def decision_of(asked: Command, entry: Entry, suggested: tuple[Code, ...] = ()) -> Decision | None:
    """The decision a command means; None for one that decides nothing (open, codes, format …).

    Args:
        asked: the command.
        entry: the report as it stands.
        suggested: the codes the reviewer chooses from.

    Raises:
        InputError: it names an item there is not, or nothing can be taken back.
    """
    fields = asked.fields
    match asked.do:
        case "accept":
            return Decision("accept", tuple(fields["items"]))
        case "reject":
            return Decision("reject", tuple(fields["items"]))
        case "assert":
            before = entry.reviewed.find(fields["item"])
            item = replace(before.item, assertion=fields["value"])
            return Decision("edit", (before.id,), before.category, item)
        case "edit":
            before = entry.reviewed.find(fields["item"])
            there = placed(fields, entry.text, near=before.item.start or 0)
            same = there.text == before.item.text
            item = replace(
                there,
                confidence=before.item.confidence,
                codes=before.item.codes if same else (),
                mentions=tuple(m for m in before.item.mentions if same and m.start != there.start),
                attributes=kept_attributes(
                    before, there, entry.schema.category(fields["category"])
                ),
            )
            return Decision("edit", (before.id,), fields["category"], item)
        case "add":
            return Decision("add", (), fields["category"], placed(fields, entry.text, near=0))
        case "cell":
            before = entry.reviewed.find(fields["item"])
            return Decision("edit", (before.id,), before.category, with_cell(before, fields, entry))
        case "code":
            before = entry.reviewed.find(fields["item"])
            item = replace(before.item, codes=_toggled(before.item, fields, suggested))
            return Decision("edit", (before.id,), before.category, item)
        case "undo":
            back = next_undo(entry.reviewed)
            if back is None:
                raise InputError("there is nothing to undo")
            return back
        case "finish":
            return Decision("finish")
    return None


def _toggled(item: Item, fields: dict[str, Any], suggested: tuple[Code, ...]) -> tuple[Code, ...]:
    """The item's codes with this one chosen, or no longer chosen when it was."""
    wanted = (fields["system"], fields["code"])
    kept = tuple(code for code in item.codes if (code.system, code.code) != wanted)
    if any(code.chosen for code in item.codes if (code.system, code.code) == wanted):
        return kept
    for code in (*suggested, *item.codes):
        if (code.system, code.code) == wanted:
            return (*kept, replace(code, chosen=True))
    raise InputError("this code was not suggested")
