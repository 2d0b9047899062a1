"""What an attribute's text says, as data: quantities, timings, routes, dates and statuses, in the terms
of FHIR R4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Number = int | float
Comparator = Literal["<", "<=", ">", ">="]
Precision = Literal["year", "month", "day"]
Course = Literal["new", "continued", "changed", "paused", "stopped", "planned", "resolved"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, never scaled: of ``1.5 Mio IE`` the number is 1.5.

    Args:
        value: the number as written; a fraction such as ½ as 0.5.
        unit: as written; "" without one.
        code: its UCUM code; "" without a unit. Powers of ten are part of it, ``10*6.[IU]``.
        comparator: FHIR's; None when the number itself is meant.

    Examples:
        >>> Quantity(5, "mg/dl", "mg/dL", "<").to_dict()
        {'kind': 'quantity', 'value': 5, 'unit': 'mg/dl', 'code': 'mg/dL', 'comparator': '<'}
    """

    value: Number
    unit: str = ""
    code: str = ""
    comparator: Comparator | None = None

    def to_dict(self) -> dict[str, Any]:
        """The quantity as JSON: nothing that is empty."""
        return {"kind": "quantity", **_quantity(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Quantity:
        """The inverse of :meth:`to_dict`."""
        return cls(
            data["value"], data.get("unit", ""), data.get("code", ""), data.get("comparator")
        )


@dataclass(frozen=True, slots=True)
class Range:
    """From one quantity to another, both included: ``10-20 mg``; ``low`` is the smaller."""

    low: Quantity
    high: Quantity

    def to_dict(self) -> dict[str, Any]:
        """The range as JSON."""
        return {"kind": "range", "low": _quantity(self.low), "high": _quantity(self.high)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Range:
        """The inverse of :meth:`to_dict`."""
        return cls(Quantity.from_dict(data["low"]), Quantity.from_dict(data["high"]))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two quantities written as one, in their order: ``120/80 mmHg``, ``875/125 mg``."""

    first: Quantity
    second: Quantity

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON."""
        return {"kind": "pair", "first": _quantity(self.first), "second": _quantity(self.second)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Pair:
        """The inverse of :meth:`to_dict`."""
        return cls(Quantity.from_dict(data["first"]), Quantity.from_dict(data["second"]))


@dataclass(frozen=True, slots=True)
class Ratio:
    """A titre or a dilution: ``1:160``."""

    numerator: int
    denominator: int

    def to_dict(self) -> dict[str, Any]:
        """The ratio as JSON."""
        return {
            "kind": "ratio",
            "numerator": self.numerator,
            "denominator": self.denominator,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ratio:
        """The inverse of :meth:`to_dict`."""
        return cls(data["numerator"], data["denominator"])


@dataclass(frozen=True, slots=True)
class Timing:
    """How often, in the terms of FHIR's ``Timing.repeat``.

    Args:
        frequency, frequency_max: times in a period; ``frequency`` is None where only a bound or
            none is said.
        period, period_max: the period's length in ``period_unit``.
        period_unit: UCUM: s, min, h, d, wk, mo or a; None without a period.
        when: codes of FHIR's EventTiming: MORN, NOON, EVE, NIGHT, HS, PCM ...
        days: of the week: mon, tue ...
        count: how often in all; None where it does not end.
        amounts: of ``2-0-1`` what is taken at each of ``when``, (2, 1); () where none is said.
        as_needed: only when needed (PRN, bei Bedarf).

    Examples:
        >>> Timing(frequency=1, period=8, period_unit="h", as_needed=True).to_dict()
        {'kind': 'timing', 'repeat': {'frequency': 1, 'period': 8, 'periodUnit': 'h'}, 'asNeeded': True}
    """

    frequency: int | None = None
    frequency_max: int | None = None
    period: Number | None = None
    period_max: Number | None = None
    period_unit: str | None = None
    when: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    count: int | None = None
    amounts: tuple[Number, ...] = ()
    bounds: Quantity | Range | None = None
    as_needed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The timing as JSON; ``repeat`` is FHIR's, and missing where only "as needed" is said."""
        said = {name: getattr(self, attribute) for attribute, name in _REPEAT.items()}
        repeat = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value not in (None, ())
        }
        if isinstance(self.bounds, Quantity):
            repeat["boundsDuration"] = _quantity(self.bounds)
        elif self.bounds is not None:
            low, high = _quantity(self.bounds.low), _quantity(self.bounds.high)
            repeat["boundsRange"] = {"low": low, "high": high}
        data: dict[str, Any] = {"kind": "timing"}
        if repeat:
            data["repeat"] = repeat
        if self.amounts:
            data["amounts"] = list(self.amounts)
        return data | {"asNeeded": True} if self.as_needed else data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Timing:
        """The inverse of :meth:`to_dict`."""
        repeat = data.get("repeat", {})
        said = {attribute: repeat[name] for attribute, name in _REPEAT.items() if name in repeat}
        bounds: Quantity | Range | None = None
        if "boundsDuration" in repeat:
            bounds = Quantity.from_dict(repeat["boundsDuration"])
        elif "boundsRange" in repeat:
            bounds = Range.from_dict(repeat["boundsRange"])
        lists: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in said.items()
        }
        return cls(
            **lists,
            amounts=tuple(data.get("amounts", ())),
            bounds=bounds,
            as_needed=data.get("asNeeded", False),
        )


_REPEAT = {
    "frequency": "frequency",
    "frequency_max": "frequencyMax",
    "period": "period",
    "period_max": "periodMax",
    "period_unit": "periodUnit",
    "when": "when",
    "days": "dayOfWeek",
    "count": "count",
}


@dataclass(frozen=True, slots=True)
class Route:
    """The way a drug is given, as a concept of SNOMED CT."""

    code: str
    display: str
    system: str = "http://snomed.info/sct"

    def to_dict(self) -> dict[str, Any]:
        """The route as JSON."""
        return {
            "kind": "route",
            "system": self.system,
            "code": self.code,
            "display": self.display,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Route:
        """The inverse of :meth:`to_dict`."""
        return cls(data["code"], data["display"], data["system"])


@dataclass(frozen=True, slots=True)
class Date:
    """A date as ISO 8601, no more exact than it is said: ``2021-03-12``, ``2021-03`` or ``2021``."""

    date: str

    @property
    def precision(self) -> Precision:
        return "day" if len(self.date) == 10 else "month" if len(self.date) == 7 else "year"

    def to_dict(self) -> dict[str, Any]:
        """The date as JSON."""
        return {"kind": "date", "date": self.date, "precision": self.precision}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Date:
        """The inverse of :meth:`to_dict`."""
        return cls(data["date"])


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a drug, a treatment or a condition."""

    status: Course

    def to_dict(self) -> dict[str, Any]:
        """The status as JSON."""
        return {"kind": "status", "status": self.status}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Status:
        """The inverse of :meth:`to_dict`."""
        return cls(data["status"])


Value = Quantity | Range | Pair | Ratio | Timing | Route | Date | Status
CLASSES: dict[str, type[Value]] = {
    "quantity": Quantity,
    "range": Range,
    "pair": Pair,
    "ratio": Ratio,
    "timing": Timing,
    "route": Route,
    "date": Date,
    "status": Status,
}


def _quantity(one: Quantity) -> dict[str, Any]:
    said = {"unit": one.unit, "code": one.code, "comparator": one.comparator}
    return {"value": one.value} | {name: value for name, value in said.items() if value}
