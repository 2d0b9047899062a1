"""Routes of administration: "p.o.", "i.v.", "subkutan" as concepts of SNOMED CT, of those that FHIR's
value set ``route-codes`` holds."""

from __future__ import annotations

import re

from elmtex.values.data import Route
from elmtex.values.numerals import plain

# Code and display: the words that say it, without dots and spaces between letters. Forms and acts
# ("tablet", "infusion", "patch", "local") do not say the way for certain.
_ROUTES = {
    ("26643006", "Oral route"): "po|oral|orale[rnms]?|orally|per os|peroral|by mouth|per mouth",
    ("47625008", "Intravenous route"): (
        "iv|intravenous|intravenously|intravenös|intravenöse[rnms]?|by vein"
        "|(?:iv|intravenous) (?:infusion|injection|bolus|drip)"
    ),
    ("34206005", "Subcutaneous route"): (
        "sc|s/c|subcut|subq|subcutaneous|subcutaneously|subkutan|subkutane[rnms]?"
        "|(?:sc|subcutaneous) (?:injection|infusion)"
    ),
    ("78421000", "Intramuscular route"): (
        "im|intramuscular|intramuscularly|intramuskulär|intramuskuläre[rnms]?|(?:im|intramuscular) injection"
    ),
    ("6064005", "Topical route"): "topical|topically|topisch|topische[rnms]?",
    ("447694001", "Respiratory tract route"): (
        "inhaled|inhalation|by inhalation|inhal|inhalativ|inhalative[rnms]?|per inhalationem"
        "|nebuli[sz]ed|via nebuli[sz]er|by nebuli[sz]er"
    ),
    ("37161004", "Rectal route"): "pr|per rectum|rectal|rectally|rektal|rektale[rnms]?",
    ("37839007", "Sublingual route"): "sl|s/l|sublingual|sublingually|sublinguale[rnms]?",
    ("54471007", "Buccal route"): "buccal|buccally|bukkal",
    ("46713006", "Nasal route"): "nasal|nasally|intranasal|intranasally|nasale[rnms]?",
    ("54485002", "Ophthalmic route"): "ophthalmic|eye drops|augentropfen",
    ("10547007", "Otic route"): "otic|ear drops|ohrentropfen",
    ("16857009", "Vaginal route"): "pv|vaginal|vaginally|per vaginam",
    ("45890007", "Transdermal route"): "transdermal|transdermally|transdermale[rnms]?",
    ("372464004", "Intradermal route"): "intradermal|intradermally|intrakutan",
    ("72607000", "Intrathecal route"): "intrathecal|intrathecally|intrathekal|intrathekale[rnms]?",
    ("404820008", "Epidural route"): "epidural|epidurally|epidurale[rnms]?",
    (
        "38239002",
        "Intraperitoneal route",
    ): "intraperitoneal|intraperitoneally|into the peritoneal cavity",
    ("12130007", "Intra-articular route"): "intra-?articular|intraartikulär|intraartikuläre[rnms]?",
    ("58100008", "Intra-arterial route"): "intra-?arterial|intraarteriell",
    ("417255000", "Intraosseous route"): "intraosseous|intraossär",
    ("418401004", "Intravitreal route"): "intravitreal|intravitreally",
    (
        "372471009",
        "Intravesical route",
    ): "intravesical|intravesically|intravesikal|intravesikale[rnms]?",
    ("127492001", "Nasogastric route"): (
        "ng|(?:via|by|per) (?:ng|nasogastric)(?: tube)?|nasogastric|über (?:die )?magensonde"
    ),
}
_PATTERNS = [
    (Route(code, display), re.compile(words, re.IGNORECASE))
    for (code, display), words in _ROUTES.items()
]
_ABBREVIATED = re.compile(r"(?<![^\W\d_])([a-z])\. ?([a-z])(?:\.|\Z)", re.IGNORECASE)


def route(text: str, decimal: str | None = None) -> Route | None:
    """The way a text says something is given; None unless that is certain.

    Args:
        text: an attribute's words.
        decimal: not needed; every normaliser takes it.

    Examples:
        >>> route("p.o.").display, route("i. v.").display, route("subkutan").code
        ('Oral route', 'Intravenous route', '34206005')
        >>> route("infusion") is None
        True
    """
    words = _ABBREVIATED.sub(r"\1\2", plain(text)).strip(" ,;.")
    for found, pattern in _PATTERNS:
        if pattern.fullmatch(words):
            return found
    return None
