"""Whose disease it is: a relative's is the family's, and what is said of the patient again is the patient's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from elmtex.extractors.places.kinds import NEAR, first_of, in_order, is_past, of_resource
from elmtex.extractors.spans import Spans
from elmtex.schema import Category
from elmtex.text.rows import line_of
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# Whose disease an entry of a family history is; and where the patient is spoken of again, „beim Bruder, Pat. selbst mit …“
_PERSON = re.compile(
    r"famil|\bfam\b|\bfam(?:hx|an)|\bF/H\b|\bsibs?\b|\b(?:bro|sis)\b|\bg(?:pa|ma)\b|geschw|schwager|schwäger|lebensgef|fianc|(?:seine|ihre?) (?:frau|mann)\b|adopt|biological|both sides|first-degree|\b[MFV] ?[:-] |heredit|genetic|pedigree|generation|consang|mother|father|parent|brother|sister|sibling|\bsons?\b|daughter|uncle|aunt|cousin|niece|nephew|grand|twin|wife"
    r"|husband|spouse|partner|maternal|paternal|relative|child|offspring|\b(?:kin|mom|mum|dad|boy|girl|FHx?|FA|KM|KV|GM|GF|MGM|PGM|MGF|PGF)\b|friend|room-?mate|co-?worker|companion|neighbo|donor|half-"
    r"|mutter|vater|eltern|bruder|brüder|schwester|geschwister|\bsohn|söhne|tochter|töchter|onkel|tante|cousin|nichte|neffe|\b[oO][mp]a\b|großm|zwilling|ehefrau|ehemann|gatt[ei]"
    r"|kind|enkel|verwandt|angehör|reisende|nursery|daycare|day care|outbreak|contact|kontakt|erblich|stammbaum|mama|papa|nachbar|kolleg|mitbewohn|freund|spender|fetus|fetal|embryo",
    re.IGNORECASE,
)
_PATIENT_AGAIN = re.compile(
    r"\b(?:(?:Pat\.|Patient(?:in)?|[Ee]r|[Ss]ie|[Tt]he patient|[Hh]e|[Ss]he) (?:selbst|selber|himself|herself|nur)|[Ss]elbst (?:nur|mit|(?=Z\.)))\b(?:[^.;\n]|\bZ\. ?n\.)*\Z"
    r"|\b(?:but|whereas|while|aber|jedoch|während) (?:the |die |der )?(?:[Pp]atient(?:in)?|Pat\.|[Pp]t)(?: (?:\S|\bZ\. ?n\.)[^.;\n]*)?\s\Z"
    r"|\b(?:EA|Eigenanamnese|Pat\.|Patient(?:in)?|Pt|[Oo]wn (?:hx|history|medical history)|[Ee]igene(?: Vorerkrankungen)?): [^.;\n]*\Z"
)
# Where a sentence begins with the patient, and names nobody else: "The patient has migraines."
_OF_PATIENT = re.compile(
    r"\W*(?:(?:[Tt]he|Our|This|Der|Die|Unsere?) )?(?:[Pp]atient(?:in)?|Pat\.|Pt\.?|Recipient|Proband(?:in)?)(?: [^\n.;]|:)"
)
_SELF = len(" themselves")
_HERSELF = re.compile(r" (?:herself|himself|themselves|selbst|selber)\b")
_KIN = "Mutter|Vater|Bruder|Schwester|Sohn|Tochter|Tante|Onkel|mother|father|brother|sister|son|daughter|aunt|uncle"
_RELATIVES = re.compile(
    rf"\W*(?:{_KIN}|Cousine?|Gro(?:ß|ss)(?:mutter|vater|eltern)|Oma|Opa|Geschwister|Eltern|Zwillings\w+|Nichte|Neffe"
    r"|cousin|grand(?:mother|father)|twin(?: brother| sister)?|niece|nephew|siblings?|parents)"
    r"(?: (?:mütterlicher|väterlicher)seits| [mv]s\.| \([^()\n]{1,20}\))?\s?[:–=-]\s(?:(?!\b(?:Kind|Pat|Patient\w*|Pt|he|she|er|sie|sei|habe|hat|reports?|berichtet|seit|since)\b)[^.;\n])*\Z",
    re.IGNORECASE,
)
# „Ihr Ehemann ist an Influenza erkrankt“, "His wife has shingles"; not "His wife has noticed a rash"
_SICK = re.compile(
    rf"\W*(?:(?:seine?|ihre?|his|her|der|die|das|the) (?:{_KIN}|ehefrau|ehemann|partner(?:in)?|mitbewohner(?:in)?"
    r"|(?<=seine )frau|(?<=ihr )mann|wife|husband|roommate)"
    r" (?:ist|hat|hatte|leidet|litt|(?:ver)?starb|has|had|suffer(?:s|ed)|died|was|is)"
    r"|(?:(?:the|der|die|kidney|liver|living|organ|bone marrow) )*(?:donor|spender(?:in)?)(?: \([^()\n]{1,30}\))? (?:has|had|was|is|died|hat|hatte|ist|war|verstarb)"
    r"|(?:KM|KV|Kinds?e?s?(?:mutter|vater)):? (?:selbst |selber )?(?:mit|hat|hatte|leidet|an))\b"
    r"(?:(?!\b(?:Kind|Pat|Patient\w*|Pt|he|she|er|sie|ihn|ihm|him|her|that|dass|reports?|berichtet|worr\w+|concern\w*)\b)[^.;,\n])*\Z",
    re.IGNORECASE,
)
# „von der Ehefrau, die an MS leidet,“
_WHO = re.compile(
    rf"\b(?:{_KIN}|Ehefrau|Ehemann|Partner(?:in)?|wife|husband|partner|roommate),? (?:who|die|der)"
    r"(?: (?:also|auch|selbst|an|has|had|suffers|from|hat|hatte|eine?n?|bekannte?))+ (?:[\w-]+ )?\Z"
)
# Whoever only tells of the patient: „Mutter berichtet“
_TELLS = re.compile(
    rf"(?:(?:die|der|the|her|his|seine|ihre?) )?(?:{_KIN}|Eltern|parents?|wife|husband|Ehefrau|Ehemann) (?:berichtete?n?|gibt an|geben an|reports?|states?|says?|denies)",
    re.IGNORECASE,
)
_PERCEIVES = re.compile(
    r"\b(?:noti[cz]\w*|bemerk\w*|beobacht\w*|found|gefunden|gesehen|saw|seen|report\w*|bericht\w*|called|brought|gebracht|gemess\w*|measur\w*|gab|gave|given|gegeben"
    r"|festgestellt|angegeben|stated|says?|Angst|Sorgen?|auf(?:ge)?fallen|angerufen|gerufen)\b",
    re.IGNORECASE,
)
_HE = re.compile(
    r"\W*(?:He|She|Er|Sie|One|Another|Der|Die|Eine?r?)\b|[^.\n]{0,80}\b(?:died|verst[ao]rb|gestorben)"
)
_OWN_HEADING = re.compile(
    r"[A-ZÄÖÜ]\w{0,3}: |(?:[Tt]he )?[Pp]atient (?:with|has|had) |(?:only |just )?(?:has|had) (?=\w)"
)


def with_own(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category], sections: Sectioned
) -> Mapping[str, tuple[Item, ...]]:
    """The items; of what is listed as a family's, what no other person is named with is the patient's past."""
    family = first_of(kinds, of_resource("FamilyMemberHistory"))
    past = first_of(kinds, is_past)
    if family is None or not categories.get(family):
        return categories
    of = {True: list[Item](), False: list[Item]()}
    for item in (i for i in categories[family] if not _TELLS.fullmatch(i.text)):
        of[_is_theirs(item, sections)].append(item)
    if not of[False]:
        return {**categories, family: tuple(of[True])}
    found = {**categories, family: tuple(of[True])}
    if past is None:
        return found
    known = Spans.of(
        i for k, items in found.items() if kinds[k].fhir.resource == "Condition" for i in items
    )
    own = (_unheaded(i) for i in of[False] if not known.meet(i))
    found[past] = in_order(*found.get(past, ()), *own)
    return found


def with_relatives(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category], sections: Sectioned
) -> Mapping[str, tuple[Item, ...]]:
    """The items; a disease in a sentence that begins with a relative is the family's: „Tante: Schilddrüsenkarzinom“."""
    family = first_of(kinds, of_resource("FamilyMemberHistory"))
    if family is None:
        return categories
    known, moved = Spans.of(categories.get(family, ())), list[Item]()

    def stays(item: Item, category: Category) -> bool:
        if item.start is None or item.end is None or category.fhir.resource != "Condition":
            return True
        near = sections.report[max(0, item.start - NEAR) : item.start]
        if not (category.holds_diseases or _WHO.search(near)):
            return True
        first, _ = sections.sentence(item.start)
        far = item.start - first > 4 * NEAR
        told = not far and _is_of_relative(item.start, item.end, first, sections.report)
        told = told or _WHO.search(near) is not None
        if not (told or (_is_headed(item.start, sections) and _is_theirs(item, sections))):
            return True
        if not known.meet(item):
            known.add(item.start, item.end)
            moved.append(replace(item, attributes=()))
        return False

    found = {k: tuple(i for i in items if stays(i, kinds[k])) for k, items in categories.items()}
    if not moved:
        return categories
    found[family] = in_order(*found.get(family, ()), *moved)
    return found


def _is_headed(start: int, sections: Sectioned) -> bool:
    """Whether something stands in the first sentence of a family history: "FHx: MGM - Alzheimer's"."""
    heading = sections.at(start).heading
    if heading is None or sections.kind(start) != "family_history":
        return False
    return not sections.report[heading[1] : sections.sentence(start)[0]].strip(" \t:")


def _is_of_relative(start: int, end: int, first: int, report: str) -> bool:
    """Whether the sentence, which begins at ``first``, says of a relative what stands at ``report[start:end]``."""
    if _RELATIVES.match(report, first, start):
        return True
    behind = report[end : end + NEAR].split(",")[0]
    return bool(_SICK.match(report, first, start)) and not _PERCEIVES.search(
        report[first:end] + behind
    )


def _is_theirs(item: Item, sections: Sectioned) -> bool:
    """Whether an item of a family history stands with a person, or under a heading of one."""
    if item.start is None or item.end is None:
        return True
    report, (first, last) = sections.report, sections.sentence(item.start)
    before = report[max(first, item.start - 2 * NEAR) : item.start]
    again = _PATIENT_AGAIN.search(before)
    if again and not _PERSON.search(again[0] + item.text):
        return False
    if _HERSELF.search(report, item.start, item.end + _SELF) and not _PERSON.search(before):
        return False
    near, far = item.start - 4 * NEAR, item.end + 4 * NEAR
    clause = max(first, report.rfind(";", max(first, near), item.start) + 1)
    own = clause > near and _OF_PATIENT.match(report, clause)
    if own and not _PERSON.search(report, clause, min(last, far)):
        return False
    if sections.kind(item.start) == "family_history" or _PERSON.search(
        sections.heading(item.start)
    ):
        return True
    line, _ = line_of(report, item.start)
    if _HE.match(report, first):
        first -= 2 * NEAR
    elif sections.kind(item.start) is None:
        first = min(first, line)
    first, last = max(first, item.start - 4 * NEAR, 0), min(last, item.end + 4 * NEAR)
    return bool(_PERSON.search(report, first, last))


def _unheaded(item: Item) -> Item:
    """The item without the heading that it took in, „VA: KHK“, or whose it is: "asthma herself"."""
    if (own := _HERSELF.search(item.text)) and item.start is not None:
        item = replace(item, text=item.text[: own.start()], end=item.start + own.start())
    heading = _OWN_HEADING.match(item.text)
    if heading is None or item.start is None:
        return item
    return replace(item, text=item.text[heading.end() :], start=item.start + heading.end())
