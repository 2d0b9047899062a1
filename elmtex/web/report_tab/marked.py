"""The report with the evidence of its items marked, and the categories found as a legend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from markupsafe import Markup

from elmtex.schema import CategorySchema
from elmtex.types import Extraction
from elmtex.web.locale.messages import Words
from elmtex.web.render import looks
from elmtex.web.report_tab.highlight import Evidence, Segment, evidence_of, lanes, segments
from elmtex.web.report_tab.regions import Region
from elmtex.web.templating import template

_REPORT = template("report.html")
EMPTY: Mapping[str, str] = MappingProxyType({})


class Layer(NamedTuple):
    """One underline of a segment.

    Args:
        classes: its look, and how the report states the items.
        ids: of the items it stands for.
        key: their category.
        lane: its height, 0 nearest the words.
    """

    classes: str
    ids: str
    key: str
    lane: int


class MarkedSegment(NamedTuple):
    """A stretch of the report as it is marked.

    Args:
        text: its words.
        hint: the categories of its items.
        layers: its underlines from the outermost to the innermost.
        looks: of the regions that it lies in, see :mod:`elmtex.web.report_tab.regions`.
    """

    text: str
    hint: str
    layers: tuple[Layer, ...]
    looks: tuple[str, ...] = ()


def report_html(
    report: str, extraction: Extraction | None, schema: CategorySchema, words: Words
) -> Markup:
    """The report with the evidence of every category marked.

    Args:
        report: the text the extraction's offsets count in.
        extraction: what was found; None shows the bare report.
        schema: where titles and looks come from.
        words: the page's language.
    """
    return marked_html(report, evidence_of(extraction, report) if extraction else (), schema, words)


def marked_html(
    report: str,
    evidence: Sequence[Evidence],
    schema: CategorySchema,
    words: Words,
    regions: Sequence[Region] = (),
) -> Markup:
    """The report with these pieces of evidence and these regions marked."""
    height = lanes(evidence)
    look = looks(schema)
    titles = {category.key: category.title_in(words.lang) for category in schema.categories}
    cuts = [cut for region in regions for cut in (region.start, region.end)]
    special = sorted(regions, key=lambda region: region.start)
    marked = [
        _marked(report[s.start : s.end], s, height, look, titles, words)._replace(looks=looked)
        for s, looked in _looked(segments(len(report), evidence, cuts), special)
    ]
    return _REPORT.marked(marked, words)


def _looked(
    parts: Iterable[Segment], regions: Sequence[Region]
) -> Iterator[tuple[Segment, tuple[str, ...]]]:
    """Each segment with the looks of the regions around it; both come in report order."""
    live: list[Region] = []
    ahead = iter(regions)
    region = next(ahead, None)
    for part in parts:
        while region is not None and region.start <= part.start:
            live.append(region)
            region = next(ahead, None)
        live = [one for one in live if part.start < one.end]
        yield part, tuple(one.look for one in live)


def legend_html(
    extraction: Extraction | None,
    schema: CategorySchema,
    words: Words,
    digits: Mapping[str, str] = EMPTY,
) -> Markup:
    """The categories found, each in its look and with the keys that choose it, as buttons that hide and show them.

    "" when there is none.
    """
    found = [c for c in schema.categories if extraction and extraction.categories.get(c.key)]
    return _REPORT.legend(found, looks(schema), digits, words) if found else Markup()


def hint_html(words: Words) -> Markup:
    """How an item is added from the report's own words."""
    return _REPORT.hint(words)


def _marked(
    text: str,
    segment: Segment,
    height: Mapping[str, int],
    look: Mapping[str, str],
    titles: Mapping[str, str],
    words: Words,
) -> MarkedSegment:
    """One segment: a layer per lane around the words, the highest lane outermost."""
    if not segment.covering:
        return MarkedSegment(text, "", ())
    lanes: dict[int, list[Evidence]] = {}
    for piece in segment.covering:
        lanes.setdefault(height[piece.id], []).append(piece)
    hint = " · ".join(
        dict.fromkeys(_hint(piece, titles, words) for piece in reversed(segment.covering))
    )
    layers = []
    for lane in sorted(lanes, reverse=True):
        pieces = lanes[lane]
        classes = ["ev", look[pieces[0].key]]
        classes += sorted({piece.assertion for piece in pieces} - {"present"})
        classes += ["opens"] * any(piece.start == segment.start for piece in pieces)
        classes += ["closes"] * any(piece.end == segment.end for piece in pieces)
        ids = " ".join(piece.id for piece in pieces)
        layers.append(Layer(" ".join(classes), ids, pieces[0].key, lane))
    return MarkedSegment(text, hint, tuple(layers))


def _hint(piece: Evidence, titles: Mapping[str, str], words: Words) -> str:
    title = titles[piece.key]
    return (
        title if piece.assertion == "present" else f"{title} ({words.assertions[piece.assertion]})"
    )
