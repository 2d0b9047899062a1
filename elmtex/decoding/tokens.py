"""A report as tokens: the offsets of each token, where words begin and end, which sentence it is
in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from elmtex.text.normalisation import is_word, sentences, trimmed
from elmtex.text.reading import reading
from elmtex.types import InputError

if TYPE_CHECKING:
    import tokenizers

MAX_SENTENCE = 160  # tokens; a longer sentence (a table, a text without stops) is cut into pieces
CHUNK = 1024  # report tokens read at once
CONTEXT = 256  # at most so many of them are earlier sentences, read again as context


class Encoding(Protocol):
    @property
    def ids(self) -> list[int]: ...

    @property
    def offsets(self) -> list[tuple[int, int]]: ...


class Tokenizer(Protocol):
    """What elmtex needs of a ``tokenizers.Tokenizer``."""

    def encode(self, sequence: str, *, add_special_tokens: bool = ...) -> Encoding: ...


def read_tokenizer(base: Path) -> tokenizers.Tokenizer:
    """The tokenizer in a model's folder; it never reads a report's words as special tokens.

    Raises:
        InputError: its file is missing or damaged.
    """
    import tokenizers

    path = base / "tokenizer.json"
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}): copy the model there again"
        ) from None
    tokenizer.encode_special_tokens = True
    return tokenizer


@dataclass(frozen=True)
class ReportTokens:
    """A tokenised report.

    Args:
        report: the original text.
        ids: (T,) token ids of the report's :func:`reading`.
        offsets: (T,) half-open code-point offsets of each token in the report.
        starts: (T,) whether a span may begin at this token: at a word's beginning.
        ends: (T,) whether a span may end with this token: at a word's end.
        sentences: half-open token ranges in order, without gaps, none longer than ``MAX_SENTENCE``.
    """

    report: str
    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    starts: tuple[bool, ...]
    ends: tuple[bool, ...]
    sentences: tuple[tuple[int, int], ...]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The characters of tokens ``first`` to ``last`` (half-open), stripped of space and
        punctuation.

        Empty (start == end) when nothing else is there.
        """
        return trimmed(self.report, self.offsets[first][0], self.offsets[last - 1][1])

    def covering(self, start: int, end: int, sentence: tuple[int, int]) -> tuple[int, int]:
        """The shortest half-open token range of whole words of a sentence that covers these
        characters."""
        low, high = sentence
        first = next((i for i in range(low, high) if self.offsets[i][1] > start), high - 1)
        last = next((i for i in range(high - 1, low - 1, -1) if self.offsets[i][0] < end), low)
        while first > low and not self.starts[first]:
            first -= 1
        last = max(last, first)
        while last < high - 1 and not self.ends[last]:
            last += 1
        return first, last + 1


def tokenise(report: str, tokenizer: Tokenizer) -> ReportTokens:
    """Tokenise a report; special tokens in its text are read as plain characters.

    Args:
        report: any text; the tokenizer must have ``encode_special_tokens`` on.
        tokenizer: a byte-level ``tokenizers.Tokenizer``.
    """
    read = reading(report)
    text = read.text
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets = encoding.offsets
    spans = _sentence_tokens(text, offsets)
    firsts, lasts = {a for a, _ in spans}, {b - 1 for _, b in spans}
    # A sentence's bounds always count as word bounds, so that every open span can be closed.
    starts = tuple(
        (i in firsts and not text[a:b].isspace()) or _begins_word(text, offsets, i)
        for i, (a, b) in enumerate(offsets)
    )
    ends = tuple(i in lasts or _ends_word(text, offsets, i) for i in range(len(offsets)))
    places = tuple(read.span(*offset) for offset in offsets)
    return ReportTokens(report, tuple(encoding.ids), places, starts, ends, tuple(spans))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a report that is read at once.

    Args:
        start: its first token, where the context begins.
        sentences: the sentences annotated in this chunk; each sentence of a report is in one chunk.
    """

    start: int
    sentences: tuple[tuple[int, int], ...]

    @property
    def end(self) -> int:
        return self.sentences[-1][1]


def chunks(tokens: ReportTokens, size: int = CHUNK, context: int = CONTEXT) -> list[Chunk]:
    """Cut a report into chunks of whole sentences that overlap by context; nothing is left out.

    Args:
        tokens: the report.
        size: maximum report tokens of a chunk with its context; at least ``MAX_SENTENCE`` +
            ``context``.
        context: maximum tokens of the preceding sentences that a chunk reads again.

    Returns:
        [] for a report without tokens, one chunk when it fits.
    """
    result: list[Chunk] = []
    start, noted = 0, 0
    for i, (_, end) in enumerate(tokens.sentences):
        if end - start > size:
            result.append(Chunk(start, tokens.sentences[noted:i]))
            begin, noted = tokens.sentences[i][0], i
            before = [a for a, _ in tokens.sentences[:i] if begin - a <= context]
            start = min(before, default=begin)
    if noted < len(tokens.sentences):
        result.append(Chunk(start, tokens.sentences[noted:]))
    return result


def _begins_word(text: str, offsets: Sequence[tuple[int, int]], i: int) -> bool:
    start, end = offsets[i]
    if i and offsets[i - 1][1] > start:  # a later byte of the previous token's last character
        return False
    while start < end and text[start].isspace():
        start += 1
    if start == end:
        return False
    return start == 0 or not is_word(text[start]) or not is_word(text[start - 1])


def _ends_word(text: str, offsets: Sequence[tuple[int, int]], i: int) -> bool:
    start, end = offsets[i]
    if i + 1 < len(offsets) and offsets[i + 1][0] < end:
        return False
    if not text[start:end].strip():
        return False
    return end == len(text) or not is_word(text[end - 1]) or not is_word(text[end])


def _sentence_tokens(text: str, offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Token ranges of the sentences; a token belongs to the sentence of its first visible
    character."""
    spans: list[tuple[int, int]] = []
    first = 0
    for _, sentence_end in sentences(text):
        last = first
        while last < len(offsets) and _visible_start(text, offsets[last]) < sentence_end:
            last += 1
        if last > first:
            spans.extend(_pieces(text, offsets, first, last))
            first = last
    if first < len(offsets):
        spans.extend(_pieces(text, offsets, first, len(offsets)))
    return spans


def _visible_start(text: str, offset: tuple[int, int]) -> int:
    start, end = offset
    while start < end - 1 and text[start].isspace():
        start += 1
    return start


def _pieces(
    text: str, offsets: Sequence[tuple[int, int]], first: int, last: int
) -> list[tuple[int, int]]:
    """A sentence cut into ranges of at most ``MAX_SENTENCE`` tokens, at a comma, a space or a word."""
    pieces = []
    while last - first > MAX_SENTENCE:
        window = range(first + MAX_SENTENCE, first + MAX_SENTENCE // 2, -1)
        cut = next(
            (i for i in window if text[offsets[i - 1][1] - 1 : offsets[i - 1][1]] in ",;"), None
        )
        cut = cut or next((i for i in window if text[offsets[i][0]].isspace()), None)
        # A tokenizer whose tokens hold no space
        cut = cut or next((i for i in window if _begins_word(text, offsets, i)), None)
        cut = cut or first + MAX_SENTENCE
        pieces.append((first, cut))
        first = cut
    pieces.append((first, last))
    return pieces
