"""Text as the model sees it, and its sentences; offsets stay those of the original report
throughout."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

# One character for one character, so that no offset moves: look-alikes the model has rarely seen
# become the plain form, controls become a space, and a lone surrogate (possible in JSON input)
# a replacement character.
_PLAIN = {
    **dict.fromkeys((*range(0, 10), *range(11, 32), 127, 133, 160, 5760, 8239, 8287, 12288), " "),
    **dict.fromkeys(range(8192, 8203), " "),
    **dict.fromkeys((8232, 8233), "\n"),
    **dict.fromkeys((8216, 8217, 8218, 8219, 8242), "'"),
    **dict.fromkeys((8220, 8221, 8222, 8223, 8243), '"'),
    **dict.fromkeys((8208, 8209, 8210, 8211, 8212, 8722), "-"),
    **dict.fromkeys(range(55296, 57344), "�"),
}


# The model reads "Medikation: Ramipril" well and "Medikation Ramipril" unreliably: a row of a label
# and its text gets the colon that its writer left to the table. Numbers, and the cells of wider
# rows, it reads best after a space ("Hb 9,8 g/dl").
_WORD = r"[^\s:]*[\w)]"
# Up to three words that end no sentence and have no colon yet
_LABEL = rf"[^\W\d_]{_WORD}(?: {_WORD}){{0,2}}"
_LABEL_LENGTH = 40  # characters; a longer cell is not a label
_LABEL_CELL = re.compile(_LABEL)
_LABEL_ROW = re.compile(rf"^([ \t]*{_LABEL})( *\t[ \t]*)(?=[^\W\d_][^\t\n]*$)", re.MULTILINE)
_LINE_END_OF_OLD_MACS = re.compile(r"\r(?!\n)")
_CELL_LENGTH = 100  # characters; a cell of several lines and more than these is a text of its own


def normalise(report: str) -> str:
    """The report as the model reads it: the same length, every character at its own place."""
    if "\r" in report:
        report = _LINE_END_OF_OLD_MACS.sub("\n", report)
    if "\t" in report:
        report = _LABEL_ROW.sub(_with_colon, report)
    return report.translate(_PLAIN)


def _with_colon(row: re.Match[str]) -> str:
    label, gap = row.groups()
    return row[0] if len(label) > _LABEL_LENGTH else f"{label}:{' ' * (len(gap) - 1)}"


def row_of(cells: Iterable[Sequence[str]]) -> str:
    """A row of a table as text: "Medikation: Ramipril" of a label and its words, else one line with
    a tab between cells.

    Args:
        cells: the lines of each cell, in order. Where they hold whole texts, as in a letter laid
            out by a table, these follow each other.
    """
    columns = [[line.strip() for line in cell if line.strip()] for cell in cells]
    filled = [lines for lines in columns if lines]
    if len(filled) == 2 and _is_label(filled[0]):
        label, value = filled[0][0], _in_one_line(filled[1])
        if value is None:
            return "\n".join([f"{label}:", *filled[1]])
        return f"{label}: {value}" if value[0].isalpha() else f"{label}\t{value}"
    joined = [_in_one_line(lines) for lines in columns]
    if len(filled) > 1 and None not in joined:
        return "\t".join(map(str, joined)).rstrip("\t")
    return "\n".join(line for lines in filled for line in lines)


def _is_label(lines: Sequence[str]) -> bool:
    return (
        len(lines) == 1 and len(lines[0]) <= _LABEL_LENGTH and bool(_LABEL_CELL.fullmatch(lines[0]))
    )


def _in_one_line(lines: Sequence[str]) -> str | None:
    """The lines of a cell as one, or None where they are a text of their own."""
    if len(lines) > 1 and sum(map(len, lines)) > _CELL_LENGTH:
        return None
    separated = [line if line[-1] in ".,;:!?" else f"{line}," for line in lines[:-1]]
    return " ".join([*separated, *lines[-1:]])


def repaired(text: str) -> str:
    """The text with its surrogate pairs joined and each lone half as U+FFFD.

    Readers of RTF and PDF, and JSON, may give such halves; they fit in no UTF-8, so in no answer.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_ABBREVIATIONS = frozenset(
    "od dr mr mrs ms prof fig figs no nos vs cf approx st pt jr sr al ref refs resp dept "
    "z.b b ca bzw ggf evtl usw d.h h u.a a inkl tgl tbl tab nr bds sog vgl max mind abb z.n n v.a st.p p o.b li re "
    "einschl insb lt med dipl frl hr e.g g i.e e i.v i.m s.c p.o "
    "temp gew ret bek art chron pos btl vit ionis wg kat tr klin neurol akt rez vag gyn voraussichtl ges kps mio incl i.s inh comp ehem prox dist lat seg lig proc postop präop intraop periop dig abl abs gr subkut subcut succ supp susp "
    "inkompl kompl mütterl väterl gesetzl mechan lap hep grav endexspir endexspirator sek fl radiol histol spez std "
    "rezid erw amb ggw ggü nekrot pens retrogr belastungsabh rekt ax diab podol kl zt stat ch alk exp post wo metoprololsucc nik".split()
)
# No word of either language ends in these: "plötzl", "Entl", "depr"; "4 mmol/dl" and "Hr" are short
_CUT_OFF = re.compile(r"[^\W\d_]{2,}(?:[bdfgkpstzn]l|chl|[bdfgkpt]r)", re.IGNORECASE)
_WITH_CAPITAL = frozenset(("Alk", "Bed"))  # not "She is in bed. No fever"
_MONTHS = (
    "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jan|Feb|Mär|Apr|Jun|Jul|"
    "Aug|Sep|Sept|Okt|Nov|Dez"
)
_BREAK = re.compile(r"\n[\s]*|[.!?][\"')\]]*\s+(?=[^\W_a-z]|[\"'(\[•*-])")
# What a German ordinal, "12." or "III.", may precede: dates, and what a letter counts.
_COUNTED = (
    "L[jJ]|Kl\\b|Wo\\b|IVOM|Lebens|Trimenon|Perzentil|OG|Stock|Etage|Tag(?:e[sn]?)?\\b|Woche|SSW|Monat|Jahr|Quartal|Grad(?:es?)?\\b|Herzton|ICR|Rippe|Zyklus|Gabe|Kind(?:es)?\\b|"
    "Schwangerschaft|Gravida|Para\\b|Zehe|Finger|Lendenwirbel|Brustwirbel|Halswirbel|Dosis|"
    "Sitzung|Impfung|Advent|KW|SS\\b|WE\\b|Klasse\\b|Geburt\\b"
)
_COUNTED_AHEAD = re.compile(rf"(?:(?:{_MONTHS})\b|{_COUNTED})")
# What it may precede in a phrase alone: „im 4. LM“, „kein 3. HT“; not „HF 72. HT rein“
_COUNTED_IN_PHRASE = re.compile(r"(?:LM|HT|Ehe)\b")
_LEADS_ORDINAL = re.compile(
    r"\b(?:i[mn]|vom|d(?:er|es|em)|ein|keine?|aus|ab|bis|zum|seit|mit|und|nach) \Z", re.IGNORECASE
)
# Small words, which have a capital at a sentence's beginning alone: „RGs bds. Keine Ödeme“
_BEGINS = re.compile(
    r"(?:Kein(?:e[nrsm]?)?|D(?:er|ie|as|en|em)|Es|Ein(?:e[nrsm]?)?|Im|Beim?|Nach|Am|Auf|Aus|Mit|Ohne|Zu[rm]|Unter|Seit|Wir|Wegen|Aktuell|Ansonsten"
    r"|The|There|He|She|It|This|These|On|Denies|With|Without|After|Since|We|His|Her|Then|Danach|Dann|Sonst)\b(?!\.)"
)
# Nor do these continue, but behind an adjective: „HIV-pos. Patient“
_NOUNS = re.compile(r"(?:No|Patient(?:in)?|Pat|Pt)\b")
_ADJECTIVES = frozenset("pos neg bek ges chron ehem d.h z.b u.a vs".split())
_OF_NAMES = frozenset("dr prof mr mrs ms st hr frl fig figs ref refs".split())
_SIDES = frozenset("bds li re".split())
_ACRONYM = re.compile(
    r"[A-ZÄÖÜ]{2,}"
)  # "mild TR.", which is no „Tr.“, beside words that are not in capitals
_GOES_ON = re.compile(r"[A-ZÄÖÜ]{2,}|[A-ZÄÖÜ]?\d")
# Before a side that belongs to what follows: „11 mm; li. LK“, „Zyste der li. Niere“
_LEADS = re.compile(
    r"(?:[\n,;:–/(-]|\b(?:d(?:er|ie|as|em|en|es)|i[mn]|a[mn]|auf|beim?|mit|vo[mn]|zu[rm]|über|und|oder|u\.|eine[mnrs]?|ein))[ \t]*\Z"
)
# What is examined next: „RGs bds. Abdomen weich“
_ORGAN = re.compile(
    r"(?:Abdomen|Bauch|Cor|Pulmo|Herz|Lungen?|Leber|Milz|Nieren?(?:lager)?|Extremitäten|Haut|Hals|Kopf|Thorax|Neuro\w*|Wirbelsäule|Lymphknoten|LK|Schilddrüse"
    r"|Pupillen|Rachen|Fußpulse|Pulse|Reflexe|Darmgeräusche|Herztöne|Ödeme|EKG|Echo|Labor|Sono\w*|Rö\w*|CT|MRT|RR|HF)\b"
)
_STATE = re.compile(r"[AE]Z\b")
_ORDINAL = re.compile(
    r"\d{1,2}(?:\.[-–/]\d{1,2})?|(?:[IVX]{1,4}\.?[-/])?[IVX]{1,4}"
)  # "II", "I.-II", "3.–6"
_DOTTED = re.compile(r"(?:[^\W\d_]\.){1,3}[^\W\d_]")  # b.i.d
_LONGEST_WORD = 20  # characters that may be an abbreviation; more are not looked at


def sentences(text: str) -> list[tuple[int, int]]:
    """Cut the text that the model reads into sentences.

    A sentence ends at a line break or after a full stop,
    question or exclamation mark that is followed by a capital, a digit or an opening quote or
    bracket and does not belong to an abbreviation, an initial or a German ordinal.

    Returns:
        Half-open spans in order, without gaps: together they are the whole text. [] for an empty
        text.
    """
    spans = []
    start = 0
    for match in _BREAK.finditer(text):
        ends = "\n" in match[0] or _full_stop_ends(text, start, match)
        if ends and text[start : match.end()].strip():
            spans.append((start, match.end()))
            start = match.end()
    if start < len(text):
        if text[start:].strip() or not spans:
            spans.append((start, len(text)))
        else:
            spans[-1] = (spans[-1][0], len(text))
    return spans


def _full_stop_ends(text: str, start: int, match: re.Match[str]) -> bool:
    if match[0][0] != ".":
        return True
    first = last = match.start()
    while first > start and text[first - 1] != "(" and not text[first - 1].isspace():
        first -= 1
        if last - first > _LONGEST_WORD:
            return True
    before = text[first:last]
    if not before:
        return True
    last_part = re.split("[-/]", before)[-1].casefold()  # "Calcium/Vit.", but not "12 mm/h."
    if before in _WITH_CAPITAL:
        return False
    known = before.casefold() in _ABBREVIATIONS or _CUT_OFF.fullmatch(before)
    if known or (len(last_part) > 1 and last_part in _ABBREVIATIONS):
        named = before.casefold() in _OF_NAMES
        if not named and _ACRONYM.fullmatch(before) and not _GOES_ON.match(text, match.end()):
            return True
        leads = first == start or _LEADS.search(text, max(start, first - 12), first)
        follows = before in _SIDES and not leads
        begins = _ORGAN.match(text, match.end()) if follows else None
        begins = begins or _BEGINS.match(text, match.end())
        if last_part not in _ADJECTIVES:
            begins = begins or _NOUNS.match(text, match.end())
        return not named and bool(begins)
    if len(before) == 1 and before.isalpha():
        return False
    if before.casefold() in ("red", "gt") and _STATE.match(text, match.end()):  # "in red. AZ"
        return False
    if _DOTTED.fullmatch(before) and not text[match.end()].isalnum():  # "b.i.d. (new)"
        return False
    if not _ORDINAL.fullmatch(before):
        return True
    in_phrase = _COUNTED_IN_PHRASE.match(text, match.end())
    if in_phrase and _LEADS_ORDINAL.search(text, max(start, first - 9), first):
        return False
    return not _COUNTED_AHEAD.match(text, match.end())


def capitals(text: str) -> str:
    """The text in capitals, every character at its own place: a letter whose capital is longer (ß) stays."""
    return "".join(big if len(big := c.upper()) == 1 else c for c in text)


def is_word(character: str) -> bool:
    """Whether a character continues a word: letters, digits, combining marks and joiners."""
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf", "Sk")


def case_folded(text: str) -> str:
    """Case-folded and whitespace-normalised: texts that are equal in this form have the same words."""
    return " ".join(text.lower().split())


_FRINGE = " \n\t.,;:"  # of a span: belongs to the sentence, not to the item
_OPENING = {")": "(", "]": "[", "}": "{"}
_CLOSING = {opening: closing for closing, opening in _OPENING.items()}
# The full stop behind these is theirs: "b.i.d.", "i. v.", short forms of doses and findings. The case counts: "bed" is a
# word.
_SHORT_FORM = re.compile(
    r"(?<![^\W_])(?:(?:[^\W\d_]\. ?){1,3}[^\W\d_]|tgl|tägl|bds|re|li|neg|pos|Bed|Wo|Mon|Btl|Tbl|Tabl|Kps|Tr|Amp|jähr"
    r"|männl|weibl|subkut|subcut|inh|chron|unauff)\Z"
)
_LONGEST_SHORT_FORM = 12  # characters


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """``text[start:end]`` (half-open) without the white space and punctuation around it; an empty span when nothing is
    left.

    A bracket at an edge goes, too, when its other half is not inside. The full stop of an abbreviation stays, and is
    added where it stands right behind the span.

    Examples:
        >>> words = "(LVEF 32%), 40 mg b.i.d., then"
        >>> [words[slice(*trimmed(words, *span))] for span in ((0, 5), (6, 11), (12, 24))]
        ['LVEF', '32%', '40 mg b.i.d.']
    """
    plain = normalise(text[start:end])
    first, last = 0, len(plain)
    while True:
        first = last - len(plain[first:last].lstrip(_FRINGE))
        last = first + len(plain[first:last].rstrip(_FRINGE))
        inner = plain[first:last]
        if _is_half(inner[-1:], inner, _OPENING):
            last -= 1
        elif _is_half(inner[:1], inner, _CLOSING):
            first += 1
        else:
            break
    stops = text[start + last : start + last + 1] == "."
    if stops and _SHORT_FORM.search(inner[-_LONGEST_SHORT_FORM:]):
        last += 1
    return start + first, start + last


def _is_half(edge: str, text: str, halves: Mapping[str, str]) -> bool:
    """Whether a character at an edge is a bracket, one of ``halves``, that has no other half in the text."""
    return edge in halves and text.count(halves[edge]) < text.count(edge)
