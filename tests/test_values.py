"""The values of attributes: a number that comes out is the number that was written, or nothing comes out."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elmtex.extractors.values import possible, with_values
from elmtex.schema import load_schema, parse_schema
from elmtex.types import Attribute, Item, SchemaError
from elmtex.values import (
    NORMALISERS,
    ONLY,
    Date,
    Pair,
    Quantity,
    Range,
    Ratio,
    Status,
    Timing,
    decimal_separator,
    number,
    unit_code,
    value_from_dict,
    value_of,
)
from elmtex.values.findings import is_normal_finding
from elmtex.values.units import BY_CASE, COUNTED, PARTS, TIMES, WHOLE

GERMAN, ENGLISH, UNKNOWN = ",", ".", None


# Quantities


@pytest.mark.parametrize(
    ("text", "decimal", "value", "code"),
    [
        ("7,2 %", GERMAN, 7.2, "%"),
        ("7,2 %", UNKNOWN, 7.2, "%"),
        ("36,8°C", ENGLISH, 36.8, "Cel"),
        ("7.2%", GERMAN, 7.2, "%"),
        ("1,000 mg", ENGLISH, 1000, "mg"),
        ("1,000 mg", GERMAN, 1.0, "mg"),
        ("1.000 mg", GERMAN, 1000, "mg"),
        ("1.000 mg", ENGLISH, 1.0, "mg"),
        ("5.000", GERMAN, 5000, ""),
        ("0,123 ng/ml", UNKNOWN, 0.123, "ng/mL"),
        ("0.125 mg", GERMAN, 0.125, "mg"),
        ("1.234,5 U/l", UNKNOWN, 1234.5, "U/L"),
        ("1,234.5 U/l", UNKNOWN, 1234.5, "U/L"),
        ("1,234,567", UNKNOWN, 1234567, ""),
        ("1.234.567", UNKNOWN, 1234567, ""),
        ("1'000 mg", UNKNOWN, 1000, "mg"),
        ("1’000 mg", UNKNOWN, 1000, "mg"),
        ("20 000 IE", UNKNOWN, 20000, "[IU]"),
        ("6\u202f480 pg/mL", UNKNOWN, 6480, "pg/mL"),
        ("5\u00a0mg", UNKNOWN, 5, "mg"),
        ("0.25\u200agm", UNKNOWN, 0.25, "g"),
        ("100.000/µl", GERMAN, 100000, "/uL"),
        ("1.5 Mio IE", GERMAN, 1.5, "10*6.[IU]"),
        ("1,5 Mio. I.E.", GERMAN, 1.5, "10*6.[IU]"),
        ("12.3 x10^3/µl", UNKNOWN, 12.3, "10*3/uL"),
        ("12.3 10*3/uL", UNKNOWN, 12.3, "10*3/uL"),
        ("71 × 10³/µL", UNKNOWN, 71, "10*3/uL"),
        ("4 x10⁹/L", UNKNOWN, 4, "10*9/L"),
        ("4 x10¹²/L", UNKNOWN, 4, "10*12/L"),
        ("1.2 x 10^6", UNKNOWN, 1.2, "10*6"),
        ("468 Tsd./µl", UNKNOWN, 468, "10*3/uL"),
        ("15,2 G/l", UNKNOWN, 15.2, "10*9/L"),
        ("15,2 g/l", UNKNOWN, 15.2, "g/L"),
        ("2 g", UNKNOWN, 2, "g"),
        (".5 mg", UNKNOWN, 0.5, "mg"),
        ("½", UNKNOWN, 0.5, ""),
        ("1½ Tbl.", UNKNOWN, 1.5, "{tbl}"),
        ("1 ½ tablets", UNKNOWN, 1.5, "{tbl}"),
        ("1/2 Tbl.", UNKNOWN, 0.5, "{tbl}"),
        ("2 Sprühstöße", UNKNOWN, 2, "{spray}"),
        ("two tablets", UNKNOWN, 2, "{tbl}"),
        ("5 mg/kg/day", UNKNOWN, 5, "mg/kg/d"),
        ("0,4 g/kg KG/d", UNKNOWN, 0.4, "g/kg/d"),
        ("2.5 mg per day", UNKNOWN, 2.5, "mg/d"),
        ("4 mg/24 h", UNKNOWN, 4, "mg/(24.h)"),
        ("50 mcg", UNKNOWN, 50, "ug"),
        ("50 µg", UNKNOWN, 50, "ug"),  # U+00B5
        ("50 μg", UNKNOWN, 50, "ug"),  # U+03BC
        ("24 IE", UNKNOWN, 24, "[IU]"),
        ("138 mval/l", UNKNOWN, 138, "meq/L"),
        ("11,300 nM", ENGLISH, 11300, "nmol/L"),
        ("−2.5 mmol/l", UNKNOWN, -2.5, "mmol/L"),
        ("-2,5 mmol/l", UNKNOWN, -2.5, "mmol/L"),
        ("+0.4", UNKNOWN, 0.4, ""),
        ("78", UNKNOWN, 78, ""),
        ("5.", UNKNOWN, 5, ""),
        ("  7.35 ", UNKNOWN, 7.35, ""),
        ("0", UNKNOWN, 0, ""),
    ],
)
def test_a_number_and_its_unit(text: str, decimal: str | None, value: float, code: str) -> None:
    found = value_of("quantity", text, decimal)
    assert isinstance(found, Quantity)
    assert (found.value, found.code, found.comparator) == (value, code, None)
    assert isinstance(found.value, int) == isinstance(value, int)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        *(("newly started", "new"), ("Neu angesetzt", "new"), ("was initiated", "new")),
        *(("continued", "continued"), ("unverändert", "continued"), ("weitergeführt", "continued")),
        *(("increased", "changed"), ("wurde erhöht", "changed"), ("reduzierte", "changed")),
        *(("on hold", "paused"), ("pausiert", "paused"), ("vorübergehend abgesetzt", "paused")),
        *(("discontinued", "stopped"), ("(abgesetzt)", "stopped"), ("beendet.", "stopped")),
        *(("planned", "planned"), ("empfohlen", "planned"), ("resolved", "resolved")),
        *(("abgeheilte", "resolved"), ("not stopped", None), ("nicht abgesetzt", None)),
        *(("renewed", None), ("stopped smoking", None), ("neurologisch", None), ("", None)),
    ],
)
def test_what_became_of_it(text: str, status: str | None) -> None:
    found = value_of("status", text)
    assert (found.status if isinstance(found, Status) else None) == status
    if found is not None:
        assert value_from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [
        *(("<5", "<", 5), ("< 5 mg/l", "<", 5), ("≤ 35 %", "<=", 35), (">= 3 s", ">=", 3)),
        *((">90 mmHg", ">", 90), ("less than 0.5 ng/ml", "<", 0.5), ("unter 5 mg/l", "<", 5)),
        *(("über 39 °C", ">", 39), ("up to 14%", "<=", 14), ("bis 28 %", "<=", 28)),
        *(("bis zu 3 g", "<=", 3), ("mindestens 2 l", ">=", 2), ("no more than 4 g", "<=", 4)),
    ],
)
def test_a_bound(text: str, comparator: str, value: float) -> None:
    found = value_of("quantity", text)
    assert isinstance(found, Quantity)
    assert (found.comparator, found.value) == (comparator, value)


@pytest.mark.parametrize(
    ("text", "low", "high", "code"),
    [
        *(("3-5", 3, 5, ""), ("3–5 mg", 3, 5, "mg"), ("10-20 mg", 10, 20, "mg")),
        *(("3 to 5 mg", 3, 5, "mg"), ("3 bis 5 mg", 3, 5, "mg"), ("7.35-7.45", 7.35, 7.45, "")),
        *(("0,68–0,71", 0.68, 0.71, ""), ("10%–12%", 10, 12, "%"), ("½-1 Tbl.", 0.5, 1, "{tbl}")),
        *(("between 3 and 5 mg", 3, 5, "mg"), ("80 mg – 160 mg", 80, 160, "mg")),
    ],
)
def test_a_range(text: str, low: float, high: float, code: str) -> None:
    found = value_of("quantity", text)
    assert isinstance(found, Range)
    assert (found.low.value, found.high.value) == (low, high)
    assert found.low.code == found.high.code == code


@pytest.mark.parametrize(
    ("text", "first", "second", "code"),
    [
        *(("120/80 mmHg", 120, 80, "mm[Hg]"), ("120 / 80 mm Hg", 120, 80, "mm[Hg]")),
        *(("120/80", 120, 80, ""), ("875/125 mg", 875, 125, "mg"), ("160/4,5 µg", 160, 4.5, "ug")),
    ],
)
def test_a_pair(text: str, first: float, second: float, code: str) -> None:
    found = value_of("quantity", text)
    assert isinstance(found, Pair)
    assert (found.first.value, found.second.value, found.first.code) == (first, second, code)


def test_a_titre() -> None:
    assert value_of("quantity", "1:160") == Ratio(1, 160)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        # thousands or decimals
        *(
            ("1,000", UNKNOWN),
            ("1.000 mg", UNKNOWN),
            ("8.420 pg/ml", UNKNOWN),
            ("2 500 mg", ENGLISH),
        ),
        *(("2\u00a0500 mg", ENGLISH), ("1234,567", ENGLISH), ("1,2,3", ENGLISH), ("1.025", GERMAN)),
        ("1,2", ENGLISH),  # may be a list
        # more than one number, or half of one
        *(("17/5/10 mmHg", UNKNOWN), ("92/55/22 micrograms", UNKNOWN), ("15-5-0 mg", GERMAN)),
        *(("1000 mg/880 IE", GERMAN), ("2 × 500 mg", UNKNOWN), ("4,1 × 2,6 cm", GERMAN)),
        *(("3 and 5 mg", UNKNOWN), ("5 mg 10 mg", UNKNOWN), ("5 mg daily", UNKNOWN)),
        *(("1/2 mg", UNKNOWN), ("1/2", UNKNOWN), ("20/20", UNKNOWN), ("6/10", UNKNOWN)),
        # powers of ten whose raised digits are lost, or without a number
        *(("13 × 109/mL", UNKNOWN), ("10 × 103 μ/L", UNKNOWN), ("10^3/µl", UNKNOWN)),
        *(("10³/µl", UNKNOWN), ("2²", UNKNOWN), ("5³ mg", UNKNOWN), ("1.2e6", UNKNOWN)),
        # units that may be two things, or none that is known
        *(("5 MU", UNKNOWN), ("6 MV", UNKNOWN), ("3 MIU/L", UNKNOWN), ("12 G/dl", UNKNOWN)),
        *(("9 T/dl", UNKNOWN), ("5 S", UNKNOWN), ("5 furlongs", UNKNOWN), ("120s", UNKNOWN)),
        # not the number itself
        *(("about 5 mg", UNKNOWN), ("ca. 600 ml", GERMAN), ("~9 g/dl", UNKNOWN), ("<", UNKNOWN)),
        *(("from 5 to 3 mg", UNKNOWN), ("135 to 52 mmHg", UNKNOWN), ("5-3", UNKNOWN)),
        *(("grade 3", UNKNOWN), ("CA 125", UNKNOWN), ("3+", UNKNOWN), ("NYHA III", UNKNOWN)),
        *(("–5 mmol/l", UNKNOWN), ("- 5 mg", UNKNOWN), ("3 -5", UNKNOWN), ("--5", UNKNOWN)),
        # other digits, dates, times
        *(("٣ mg", UNKNOWN), ("５ mg", UNKNOWN), ("② mg", UNKNOWN), ("⅓", UNKNOWN)),
        *(("03.12.2020", GERMAN), ("12:30", UNKNOWN), ("007", UNKNOWN), ("05 mg", UNKNOWN)),
        # huge, empty, words
        *(("9" * 16, UNKNOWN), ("9" * 400 + " mg", UNKNOWN), ("", UNKNOWN), ("  ", UNKNOWN)),
        *(("mg", UNKNOWN), ("positive", UNKNOWN), ("normal", UNKNOWN), ("erhöht", UNKNOWN)),
        (",5", UNKNOWN),
    ],
)
def test_what_is_not_certain_stays_words(text: str, decimal: str | None) -> None:
    assert value_of("quantity", text, decimal) is None


@pytest.mark.parametrize("code", sorted({*PARTS, *TIMES, *COUNTED, *WHOLE, *BY_CASE.values()}))
def test_each_code_is_one_of_ucum(code: str) -> None:
    ucumvert = pytest.importorskip("ucumvert")
    parser = ucumvert.get_ucum_parser()
    for composed in (code, f"10*6{'' if code[0] == '/' else '.'}{code}", f"{code}/kg/(24.h)"):
        parser.parse(composed)


def test_a_unit_is_written_in_one_way_only() -> None:
    tables = (PARTS, TIMES, COUNTED, WHOLE)
    written = [spelling for table in tables for all in table.values() for spelling in all.split()]
    assert len(written) == len(set(written))
    assert all(spelling == spelling.casefold() for spelling in written)


def test_the_case_decides() -> None:
    assert unit_code("mm") == "mm" and unit_code("mM") == "mmol/L"
    assert unit_code("d") == "d" and unit_code("D") == "[diop]"
    assert unit_code("mU/l") == "mU/L" and unit_code("MU/l") is None
    assert unit_code("") is None


@pytest.mark.parametrize(
    ("report", "decimal"),
    [
        ("Hb 9,8 g/dl, CRP 4,5 mg/l, Thrombozyten 150.000/µl", ","),
        ("Hb 9.8 g/dl, platelets 150,000/µl", "."),
        ("Der Patient erhielt 1.000 mg und wurde am 12.03. entlassen.", ","),
        ("The patient was given 1,000 mg and sent home.", "."),
        ("Hb 9,8 g/dl; CRP 4.5 mg/l", None),
        ("The patient had a Hb of 9,8 g/dl and was given 1,000 mg", None),
        ("1,000 mg", None),
        ("", None),
    ],
)
def test_the_report_says_what_a_comma_means(report: str, decimal: str | None) -> None:
    assert decimal_separator(report) == decimal


# Every number that comes out is written in the text

_CHARACTERS = st.sampled_from(
    "0123456789" * 3 + ".,'/-–−+<>≤≥ \u00a0\u202f½¼%x×^³⁹°" + "mgkgdlhµIEUMiobsz:"
)
_TEXTS = st.lists(_CHARACTERS, max_size=14).map("".join)
_WRITTEN = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "<", "-", "unter ", "3-", "120/", "q", "für ", "1-0-", "alle "]),
    st.from_regex(r"[0-9]{1,4}([.,' ][0-9]{1,4}){0,2}", fullmatch=True),
    st.sampled_from(["", " ", "\u00a0"]),
    st.sampled_from(
        ["", "mg", "%", "x 10^3/µl", "/µl", "Tage", "mg/24 h", "h", "Mio IE", "-5", " Wochen"]
    ),
)


def _numbers(value: object) -> list[float]:
    """The numbers of a value as JSON, but those of units."""
    if isinstance(value, dict):
        return [
            n
            for key, one in value.items()
            for n in _numbers(one)
            if key not in ("frequency", "period")
        ]
    if isinstance(value, list):
        return [n for one in value for n in _numbers(one)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _digits(value: float) -> str:
    """A number's digits without the zeros that say nothing."""
    return repr(abs(value)).replace(".", "").strip("0")


@given(st.one_of(_TEXTS, _WRITTEN), st.sampled_from([GERMAN, ENGLISH, UNKNOWN]))
@example("1.234,5", UNKNOWN)
@example("1-0-½", UNKNOWN)
def test_a_number_that_comes_out_is_written_in_the_text(text: str, decimal: str | None) -> None:
    for normaliser in ("quantity", "duration", "timing"):
        found = value_of(normaliser, text, decimal)
        if found is None:
            continue
        data = found.to_dict()
        assert value_from_dict(json.loads(json.dumps(data))) == found
        for character, written in (("½", "5"), ("¼", "25"), ("¾", "75"), ("⅛", "125")):
            plain = text.replace(character, written)
            text = plain
        digits = re.sub(r"[^0-9]", "", text)
        for value in _numbers(data):
            halves = {0.5: "12", 0.25: "14", 0.75: "34"}  # 1/2
            assert _digits(value) in digits or halves.get(value, "no") in digits, (text, data)


@given(
    st.decimals(0, 10**9, places=2, allow_nan=False),
    st.sampled_from(["mg", "mmol/l", "%", "G/l"]),
    st.sampled_from([".", ","]),
)
def test_a_written_number_comes_out_as_itself(written: object, unit: str, separator: str) -> None:
    text = f"{written:f}".replace(".", separator)
    found = value_of("quantity", f"{text} {unit}", UNKNOWN)
    assert isinstance(found, Quantity)
    assert f"{found.value:.2f}" == f"{written:f}"


@given(st.integers(1000, 10**12), st.sampled_from([(",", "."), (".", ",")]))
def test_thousands_come_out_as_themselves(value: int, separators: tuple[str, str]) -> None:
    thousands, decimal = separators
    assert number(f"{value:,}".replace(",", thousands), decimal) == value


# Timings


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        *((t, (2, 1, "d")) for t in ("b.i.d.", "bid", "BID", "bd", "twice a day", "2x täglich")),
        *(
            (t, (2, 1, "d"))
            for t in ("2 × tgl.", "2x/d", "zweimal täglich", "twice daily", "2x/Tag")
        ),
        *((t, (3, 1, "d")) for t in ("tid", "t.i.d.", "tds", "3 times a day", "three times daily")),
        *((t, (4, 1, "d")) for t in ("qid", "q.i.d.", "4 ×/d", "viermal täglich")),
        *((t, (1, 1, "d")) for t in ("daily", "once daily", "1x tgl.", "qd", "täglich", "od")),
        *(
            (t, (1, 8, "h"))
            for t in ("q8h", "q 8 h", "every 8 hours", "alle 8 Stunden", "8-hourly")
        ),
        *((t, (1, 8, "h")) for t in ("alle acht Stunden", "alle 8 h", "every eight hours")),
        *(
            (t, (1, 2, "d"))
            for t in ("every other day", "on alternate days", "jeden 2. Tag", "qod")
        ),
        *((t, (1, 1, "wk")) for t in ("wöchentlich", "weekly", "once weekly", "1x/Woche")),
        *((t, (1, 2, "wk")) for t in ("every 2 weeks", "fortnightly", "alle zwei Wochen")),
        *((("hourly"), (1, 1, "h")), ("stündlich", (1, 1, "h")), ("monatlich", (1, 1, "mo"))),
        ("3x/Woche", (3, 1, "wk")),
    ],
)
def test_how_often(text: str, repeat: tuple[int, int, str]) -> None:
    frequency, period, unit = repeat
    assert value_of("timing", text) == Timing(frequency=frequency, period=period, period_unit=unit)


@pytest.mark.parametrize(
    ("text", "when", "amounts"),
    [
        ("1-0-1", ("MORN", "EVE"), (1, 1)),
        ("1-0-1-0", ("MORN", "EVE"), (1, 1)),
        ("0-0-1", ("EVE",), (1,)),
        ("0-0-0-1", ("NIGHT",), (1,)),
        ("1 - 0 - 1", ("MORN", "EVE"), (1, 1)),
        ("1–1–1", ("MORN", "NOON", "EVE"), (1, 1, 1)),
        ("2-0-1", ("MORN", "EVE"), (2, 1)),
        ("1/2-0-1/2", ("MORN", "EVE"), (0.5, 0.5)),
        ("½-½-1", ("MORN", "NOON", "EVE"), (0.5, 0.5, 1)),
        ("1-0-1,5", ("MORN", "EVE"), (1, 1.5)),
        ("14-0-10", ("MORN", "EVE"), (14, 10)),
    ],
)
def test_the_amounts_of_a_day(text: str, when: tuple[str, ...], amounts: tuple[float, ...]) -> None:
    found = value_of("timing", text)
    assert isinstance(found, Timing)
    assert (found.when, found.amounts, found.frequency) == (when, amounts, len(when))
    assert (found.period, found.period_unit) == (1, "d")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PRN", {"asNeeded": True}),
        ("bei Bedarf", {"asNeeded": True}),
        ("as needed", {"asNeeded": True}),
        ("q4-6h PRN", {"repeat": {"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "asNeeded": True}),
        ("at bedtime", {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}}),
        ("1x tgl. morgens", {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]}}),
        ("nach dem Frühstück", {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["PCM"]}}),
        ("bis zu 3x/d", {"repeat": {"frequencyMax": 3, "period": 1, "periodUnit": "d"}}),
        ("höchstens alle 6 Stunden", {"repeat": {"frequencyMax": 1, "period": 6, "periodUnit": "h"}}),
        ("8–10x/d", {"repeat": {"frequency": 8, "frequencyMax": 10, "period": 1, "periodUnit": "d"}}),
        ("Mo/Mi/Fr", {"repeat": {"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}}),
        ("MWF", {"repeat": {"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}}),
        ("einmalig", {"repeat": {"count": 1}}),
        (
            "bid for 7 days",
            {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 7, "unit": "days", "code": "d"}}},
        ),
        (
            "bid 7/7",
            {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 7, "unit": "d", "code": "d"}}},
        ),
    ],
)  # fmt: skip
def test_a_timing_as_json(text: str, said: dict[str, object]) -> None:
    found = value_of("timing", text)
    assert found is not None and found.to_dict() == {"kind": "timing", **said}
    assert value_from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "often",
            "2x",
            "twice",
            "rare",
            "12-03-20",
            "12-03-2020",
            "1-0",
            "1-0-1-0-1",
            "0-0-0",
        ),
        *(
            "bid tid",
            "3x/d morgens",
            "daily 1-0-1",
            "max. 4 g/Tag",
            "1-0-1 mg",
            "q8",
            "every day or two",
        ),
        *(
            "bid, reduce slowly",
            "1/3-0-1/3",
            "alle 0 Stunden",
            "6-4x/d",
            "in divided doses",
            "1,0-0-x",
        ),
    ],
)
def test_a_timing_that_is_not_certain_stays_words(text: str) -> None:
    assert value_of("timing", text) is None


# Durations


@pytest.mark.parametrize(
    ("text", "value", "code", "comparator"),
    [
        *(("for 7 days", 7, "d", None), ("für 2 Wochen", 2, "wk", None), ("7/7", 7, "d", None)),
        *(("2/52", 2, "wk", None), ("3/12", 3, "mo", None), ("für zwei Wochen", 2, "wk", None)),
        ("für dreißig Minuten", 30, "min", None),
        *(("4-week", 4, "wk", None), ("a year", 1, "a", None), ("1,5 Jahre", 1.5, "a", None)),
        *(("up to 4 days", 4, "d", "<="), ("höchstens 5 Tage", 5, "d", "<=")),
        *(("more than 1 year", 1, "a", ">"), ("for over 3 weeks", 3, "wk", ">")),
    ],
)
def test_a_duration(text: str, value: float, code: str, comparator: str | None) -> None:
    found = value_of("duration", text)
    assert isinstance(found, Quantity)
    assert (found.value, found.code, found.comparator) == (value, code, comparator)


def test_a_duration_from_to() -> None:
    found = value_of("duration", "for 3-5 days")
    assert isinstance(found, Range) and (found.low.value, found.high.value) == (3, 5)


@pytest.mark.parametrize(
    "text",
    ["over 6 weeks", "über 5 Tage", "several years", "7 mg", "7", "5/6", "5-3 days", "about 3 days", "bis 3 Wochen", ""],
)  # fmt: skip
def test_a_duration_that_is_not_certain_stays_words(text: str) -> None:
    assert value_of("duration", text) is None


# Routes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            (t, "26643006")
            for t in ("p.o.", "p. o.", "PO", "oral", "orally", "per os", "by mouth", "Oral")
        ),
        *(
            (t, "47625008")
            for t in ("IV", "i.v.", "i. v.", "intravenously", "intravenös", "intravenösen")
        ),
        *((t, "34206005") for t in ("s.c.", "SC", "subkutan", "subcutaneous")),
        *((t, "78421000") for t in ("i.m.", "intramuscular")),
        *(("topisch", "6064005"), ("inhalativ", "447694001"), ("rektal", "37161004")),
        *(("sublingual", "37839007"), ("nasal", "46713006"), ("transdermal", "45890007")),
    ],
)
def test_a_route(text: str, code: str) -> None:
    found = value_of("route", text)
    assert found is not None
    assert found.to_dict()["code"] == code and found.to_dict()["system"] == "http://snomed.info/sct"
    assert value_from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    "text", ["", "infusion", "tablet", "local", "injection", "patch", "i.v. or p.o.", "iv/po"]
)
def test_a_route_that_is_not_certain_stays_words(text: str) -> None:
    assert value_of("route", text) is None


# Dates


@pytest.mark.parametrize(
    ("text", "iso", "precision"),
    [
        *(("12 March 2021", "2021-03-12", "day"), ("03.12.2020", "2020-12-03", "day")),
        *(("2021-03-12", "2021-03-12", "day"), ("März 2019", "2019-03", "month")),
        *(("2012", "2012", "year"), ("in 2012", "2012", "year"), ("seit 2012", "2012", "year")),
        *(("12. März 2021", "2021-03-12", "day"), ("March 12th, 2021", "2021-03-12", "day")),
        *(("on 12 Mar. 2021", "2021-03-12", "day"), ("im Dez. 2020", "2020-12", "month")),
        *(("13/05/2020", "2020-05-13", "day"), ("05/13/2020", "2020-05-13", "day")),
        *(("05/05/2020", "2020-05-05", "day"), ("am 3.1.2020", "2020-01-03", "day")),
        *(("02/2024", "2024-02", "month"), ("29.02.2020", "2020-02-29", "day")),
    ],
)
def test_a_date(text: str, iso: str, precision: str) -> None:
    found = value_of("date", text)
    assert isinstance(found, Date)
    assert (found.date, found.precision) == (iso, precision)
    assert value_from_dict(found.to_dict()) == found


@pytest.mark.parametrize(
    "text",
    [
        *(
            "03/12/2020",
            "03-12-2020",
            "30.02.2020",
            "05.13.2020",
            "13/13/2020",
            "03.12.20",
            "12.05.",
        ),
        *("yesterday", "vor 3 Tagen", "day 3", "until 2014", "before 2012", "vor 2012", "bis 2012"),
        *("since late February 2011", "2015-2017", "2016, 2019", "1200", "3 May", "", "12:30"),
    ],
)
def test_a_date_that_is_not_certain_stays_words(text: str) -> None:
    assert value_of("date", text) is None


# In a document

SCHEMA = {
    "title": "Own",
    "properties": {"mittel": {"title": "Mittel", "x-attributes": ["menge", "art"]}},
    "x-attributes": {
        "menge": {"title": "Menge", "x-value": "quantity"},
        "art": {"title": "Art"},
    },
}


def _valued(report: str, *spans: str) -> list[Attribute]:
    """The attributes of one item that are these spans, at their last place in the report."""
    schema = parse_schema(json.dumps(SCHEMA), "own")
    found = [(report.rindex(span), span) for span in spans]
    item = Item(
        "x", None, None, attributes=tuple(Attribute("menge", t, s, s + len(t)) for s, t in found)
    )
    (item,) = with_values({"mittel": (item,)}, schema, report)["mittel"]
    assert [(a.text, a.start) for a in item.attributes] == [(t, s) for s, t in found]
    assert not schema.validate({"mittel": [item.to_dict()]})
    assert Item.from_dict(json.loads(json.dumps(item.to_dict()))) == item
    return list(item.attributes)


def test_the_schema_says_what_has_a_value_and_the_report_what_a_point_means() -> None:
    (english,) = _valued("She was given the usual dose of 1,000 mg.", "1,000 mg")
    (german,) = _valued("Sie erhielt bei Hb 7,2 g/dl die Dosis von 1.000 mg", "1.000 mg")
    assert english.value == german.value == Quantity(1000, "mg", "mg")
    (unknown,) = _valued("1.000 mg", "1.000 mg")
    assert unknown.value is None and "value" not in unknown.to_dict()


@pytest.mark.parametrize(
    ("report", "span"),
    [
        *(
            ("HbA1c 7,2 %", "2 %"),
            ("CRP <5", "5"),
            ("CRP < 5", "5"),
            ("BE -5", "5"),
            ("BE −5", "5"),
        ),
        *(
            ("5 mg/kg", "5 mg"),
            ("5 mg", "5 m"),
            ("15 mg", "5 mg"),
            ("3-5 mg", "5 mg"),
            ("3-5 mg", "3"),
        ),
        *(("4 x 10^9/l", "4"), ("1.5 Mio IE", "1.5"), ("120/80", "80"), ("120/80", "120")),
        *(
            ("10^3/µl", "3/µl"),
            ("1,000", "1"),
            ("CO2-72", "-72"),
            ("~9 g/dl", "9 g/dl"),
            ("2½", "2"),
        ),
    ],
)
def test_a_part_of_a_number_has_no_value(report: str, span: str) -> None:
    (attribute,) = _valued(report, span)
    assert attribute.value is None


@pytest.mark.parametrize(
    ("report", "span"),
    [("Hb:9 g/dl", "9 g/dl"), ("(5 mg)", "5 mg"), ("5 mg, 7", "5 mg"), ("of 5.", "5")],
)
def test_a_whole_number_has_one(report: str, span: str) -> None:
    (attribute,) = _valued(report, span)
    assert attribute.value is not None


def test_other_types_and_old_documents_have_none() -> None:
    schema = parse_schema(json.dumps(SCHEMA), "own")
    item = Item("x", None, None, attributes=(Attribute("art", "5 mg", None, None),))
    assert with_values({"mittel": (item,)}, schema, "5 mg") == {"mittel": (item,)}
    old = {"type": "menge", "text": "5 mg", "start": 0, "end": 4, "confidence": None}
    assert Attribute.from_dict(old).to_dict() == old


def test_a_normaliser_that_is_not_known_is_refused_by_its_path() -> None:
    wrong = json.loads(json.dumps(SCHEMA))
    wrong["x-attributes"]["menge"]["x-value"] = "number"
    with pytest.raises(SchemaError, match=r"/x-attributes/menge/x-value.*one of: quantity"):
        parse_schema(json.dumps(wrong), "own")


def test_a_value_that_is_none_is_refused_in_a_document() -> None:
    schema = parse_schema(json.dumps(SCHEMA), "own")
    item = Item(
        "x", None, None, attributes=(Attribute("menge", "5", None, None, None, Quantity(5)),)
    )
    data = item.to_dict()
    assert not schema.validate({"mittel": [data]})
    data["attributes"][0]["value"]["value"] = "5"
    assert schema.validate({"mittel": [data]})


def test_the_packaged_schemas_use_every_normaliser() -> None:
    for name in ("elmtex", "clinical"):
        used = {type.normaliser for type in load_schema(name).attributes}
        assert used == {*NORMALISERS, None}


@pytest.mark.parametrize(
    "words",
    [
        *("52-year-old", "74 J.", "3 years and 2 months", "88", "~50", "sieben Wochen alter", "nine weeks"),
        *("sixty years old", "thirteen-year-old", "day 4 of life", "young", "dreijährigen", "79-jähriger", "6 yr"),
    ],
)  # fmt: skip
def test_words_that_are_an_age(words: str) -> None:
    assert ONLY["age"](words)


@pytest.mark.parametrize(
    "words",
    ["03.12.1950", "1950-12-03", "3/12/50", "geb. 1950", "Max", "DOB 12", "1950", "", "21345678"],
)
def test_words_that_are_no_age(words: str) -> None:
    assert not ONLY["age"](words)


@pytest.mark.parametrize(
    "words",
    [
        "woman",
        "48-year-old man",
        "M",
        "F",
        "männl.",
        "weiblich",
        "Patientin",
        "58 F",
        "transgender woman",
        "m",
    ],
)
def test_words_that_are_a_gender(words: str) -> None:
    assert ONLY["gender"](words)


@pytest.mark.parametrize(
    "words", ["Max", "Mustermann", "Max M.", "Frauke", "Mr.", "31.12.1980", "", "Manfred"]
)
def test_words_that_are_no_gender(words: str) -> None:
    assert not ONLY["gender"](words)


def test_an_item_that_cannot_be_what_its_category_holds_is_not_listed() -> None:
    name, woman, age = Item("Max", 0, 3), Item("woman", 9, 14), Item("03.12.1950", 20, 30)
    found = {"gender": (name, woman), "age": (age,), "diagnosis": (name,)}
    left = possible(found, load_schema("elmtex"))
    assert left == {"gender": (woman,), "age": (), "diagnosis": (name,)}


# Normal findings

NORMAL = (
    *("Supple", "Soft, nontender", "Clear to auscultation bilaterally", "alert", "oriented x3", "PERRLA"),
    *("Regular rate and rhythm without murmurs", "Pupils are equal and reactive to light", "no acute distress"),
    *("Normal mood and affect", "S1 and S2 present", "Oral mucosa moist", "afebrile", "CN II-XII intact"),
    *("unauffällig", "Abdomen weich", "Herztöne rein, rhythmisch", "Pupillen isokor", "wach und orientiert", "o. B."),
    *("Hüften frei beweglich", "Normal großer linker Ventrikel", "guter AZ", "reizlos", "Vesikuläratmen", "HNO o. B."),
    *("within normal limits", "Lungen frei.", "A&O x3", "2+ pulses", "soft, flat", "Narbe reizlos", "Herztöne rein, keine Geräusche"),
    *("Cor: rein", "Abdomen is benign", "comfortable", "Benign", "Stable", "stable condition", "ambulates well", "Left TM was okay", "good sphincter tone"),
    *("Warm and well perfused", "tolerating a regular diet", "Pink conjunctivae", "normal set and shape", "passing flatus"),
)  # fmt: skip
# Each has a word of those above, and is something else.
NOT_NORMAL = (
    *("pupils equal, no reaction to light", "Pupillen isokor, keine Lichtreaktion", "alert, no response to pain"),
    *("clear without wheezes but crackles at bases", "clear, no wheeze\nsevere pneumonia", "skin intact, no sensation"),
    *("bp 85/40, alert", "afebrile 39.2", "LVEF normal 25%", "regular, 148/min", "5 times normal value", "above normal"),
    *("pulmonary embolism, lungs clear", "Sinusrhythmus, ST-Hebung", "Reflexe seitengleich erloschen", "weich, druckdolent"),
    *("normofrequentes VHF", "nontoxic goiter", "regular smoker", "barely alert", "nothing normal", "oriented x 0", "ungesund"),
    *("oriented to person", "S1 and S2 muffled", "Verlust der normalen Lordose", "kompensierte Leberzirrhose"),
    *("soft, tender abdomen", "clear rhinorrhoea", "soft systolic murmur", "normal pressure hydrocephalus"),
    *("7 mm leftward midline shift", "patent foramen ovale", "regular but weak pulses", "oriented to self only"),
    *("non-tender 2 cm lymph node", "small aneurysm, skin intact", "normochromic anaemia", "abnormal", "irregular"),
    *("febrile", "symmetric polyarthritis", "soft tissue swelling", "not oriented", "fluent aphasia", "reactive"),
    *("zeitlich unscharf orientiert", "desorientiert", "wache nachts auf", "weicher Knoten", "rhythmische Zuckungen"),
    *("Weichteilschwellung", "Reinfarkt", "feuchter Gangrän", "nicht unauffällig", "unregelmäßig", "symmetrische Ödeme"),
    *("stable angina", "benign tumour", "uncomfortable", "white tongue", "unhappy", "not walking well", "stable mass"),
    *("lens white, clear", "bowel sounds heard in the left chest", "passing urine through rectum", "uterus inversion, soft"),
    *("benign prostatic hyperplasia", "tolerating no diet", "passing clots", "happy then tearful", "dehydrated"),
    *("", "cough", "Atemnot", "Lymphknoten reizlos vergrößert"),
)  # fmt: skip


@pytest.mark.parametrize("words", NORMAL)
def test_words_that_are_a_normal_finding(words: str) -> None:
    assert is_normal_finding(words) and is_normal_finding(words.upper())


@pytest.mark.parametrize("words", NOT_NORMAL)
def test_words_that_are_no_normal_finding(words: str) -> None:
    assert not is_normal_finding(words)


def test_a_long_text_is_read_in_no_time() -> None:
    began = time.perf_counter()
    is_normal_finding("normal without " * 20_000 + "pupils are equal, " * 20_000)
    assert time.perf_counter() - began < 5
