"""Lines whose heading names a category of one's own schema: what stands in "Wundgrund: 80 % Fibrin" belongs to the wound bed.

A model that has never seen a schema confuses its categories; whoever made the schema took their names from the forms of the ward.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from elmtex.decoding.confidence import probability
from elmtex.decoding.notes import NoteItem, NoteState
from elmtex.decoding.tokens import ReportTokens
from elmtex.schema import Category, CategorySchema, is_own

LEAST = 0.2  # probability of an item that its line's heading makes likelier,
LIKELIER = 0.15  # by so much (training/EXPERIMENTS.md)
# No clock time: "Pain at 14:30"
_HEADING = re.compile(r"^[ \t*•\-\d.)]{0,8}([^\n:.,;]{2,40}):(?!(?<=\d:)\d)", re.MULTILINE)
_TELLS_APART = re.compile(r"[^\W_]|\d+|[ivx]+")  # "Hepatitis B" is not "Hepatitis C"
_MOST_WORDS = 4  # of a heading
_SHORT = frozenset("und der die das des dem den bei mit von the and for with from".split())
# Of any report: „Befund: …“ is not the „Herdbefund“.
_ANY = frozenset(
    "befund befunde ergebnis ergebnisse untersuchung beurteilung bericht status finding findings result results "
    "examination exam assessment report note notes other sonstiges".split()
)


@dataclass(frozen=True, slots=True)
class HeadedLines:
    """The lines of a report that a category's name heads.

    Args:
        tokens: the report.
        starts, ends: of the lines, behind the heading, in code points and in order.
        keys: their categories.
    """

    tokens: ReportTokens
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    keys: tuple[str, ...]

    @classmethod
    def of(
        cls, tokens: ReportTokens, schema: CategorySchema, asked: CategorySchema | None = None
    ) -> HeadedLines:
        """None of them for a packaged schema, whose model knows the sections of letters.

        Args:
            schema: what is listed.
            asked: what it is a part of, whose other categories head lines of their own; None is the schema itself.
        """
        lines = list(_lines(tokens.report, asked or schema)) if is_own(schema) else []
        starts, ends, keys = zip(*lines, strict=True) if lines else ((), (), ())
        return cls(tokens, starts, ends, keys)

    def refile(self, notes: Iterable[NoteState]) -> None:
        """Put the items of finished notes under the categories that head their lines."""
        for note in notes if self.keys else ():
            for number, item in enumerate(note.items):
                key = self._key(item)
                if key is not None and key != item.key:
                    note.items[number] = replace(item, key=key)

    def score(self, item: NoteItem) -> float:
        """An item's probability: a heading that names its category makes it likelier."""
        known = probability(item)
        likelier = known >= LEAST and self._key(item) is not None
        return min(1.0, known + LIKELIER) if likelier else known

    def _key(self, item: NoteItem) -> str | None:
        start, _ = self.tokens.span(item.first, item.last)
        line = bisect_right(self.starts, start) - 1
        return self.keys[line] if line >= 0 and start < self.ends[line] else None


def _lines(report: str, schema: CategorySchema) -> Iterator[tuple[int, int, str]]:
    names = _Names.of(schema)
    for found in _HEADING.finditer(report):
        if key := names.key(found[1]):
            end = report.find("\n", found.end())
            yield found.end(), len(report) if end < 0 else end, key


def named(heading: str, schema: CategorySchema) -> str | None:
    """The key of the only category that a heading names, else None.

    It names one that it is called by, in any language of the schema; or the one that shares a word with it, a part of a long
    word included: "Größe" is the "Wundgröße". A word of the schema's own title, or of any report, says nothing. A name's letter or
    number must be there, too.

    Examples:
        >>> from elmtex.schema import parse_schema
        >>> text = '{"title": "Wound", "properties": {"bed": {"title": "Wound bed"}, "pain": {"title": "Pain"}}}'
        >>> schema = parse_schema(text, "wound")
        >>> named("Bed of the wound", schema), named("Wound", schema)
        ('bed', None)
    """
    return _Names.of(schema).key(heading)


@dataclass(frozen=True, slots=True)
class _Names:
    """What a schema's categories are called, each name as its words and its letters and numbers; and the words of the schema's own title."""

    called: Mapping[str, Sequence[tuple[list[str], set[str]]]]
    title: Sequence[str]

    @classmethod
    def of(cls, schema: CategorySchema) -> _Names:
        called = {
            c.key: [(_words(name), _short_words(name)) for name in _names(c)]
            for c in schema.categories
        }
        titles = (schema.title, *schema.document.get("x-title", {}).values())
        return cls(called, [word for name in titles for word in _words(name)])

    def key(self, heading: str) -> str | None:
        """See :func:`named`."""
        words, short = _words(heading), _short_words(heading)
        if not 0 < len(words) <= _MOST_WORDS:
            return None
        names = {
            key: [name for name, own in called if own <= short]
            for key, called in self.called.items()
        }
        exactly = [key for key, called in names.items() if words in called]
        if len(exactly) == 1:
            return exactly[0]
        telling = [w for w in words if w not in _ANY and not any(_alike(w, o) for o in self.title)]
        sharing = [
            key
            for key, called in names.items()
            if any(_alike(word, other) for word in telling for name in called for other in name)
        ]
        return sharing[0] if len(sharing) == 1 else None


def _names(category: Category) -> tuple[str, ...]:
    return (*category.titles.values(), category.label, category.key.replace("_", " "))


def _words(text: str) -> list[str]:
    found = re.split(r"\W+", text.casefold())
    return [word for word in found if len(word) > 2 and word not in _SHORT]


def _short_words(text: str) -> set[str]:
    """A name's letters and numbers, by which it differs from another one."""
    return {word for word in re.split(r"\W+", text.casefold()) if _TELLS_APART.fullmatch(word)}


def _alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) > 4 and (long.startswith(short) or long.endswith(short)))
