"""What became of a drug, a treatment or a condition: "newly started", "pausiert", "abgesetzt", "resolved"."""

from __future__ import annotations

import re

from elmtex.values.data import Course, Status
from elmtex.values.numerals import plain

# German participles end in any of these before a noun.
_END = r"(?:e[rnms]?)?"
_WORDS: dict[Course, str] = {
    "new": rf"new|newly(?: (?:started|prescribed|added|diagnosed))?|new medication|started|initiated|commenced|begun|added|prescribed|introduced|restarted|resumed"
    rf"|neu{_END}|neu (?:begonnen|angesetzt|verordnet|eingeleitet|eingestellt|hinzu)|begonnen|angesetzt|eingeleitet|ergänzt"
    rf"|neuverordnung|neuansatz|wieder (?:angesetzt|begonnen)|wiederaufgenommen|wiederangesetzt",
    "continued": rf"continued?|continuing|unchanged|ongoing|maintained|same dose|weiter|weitergeführt{_END}|fortgeführt{_END}"
    rf"|fortgesetzt{_END}|weiterhin|unverändert{_END}|beibehalten|fortführen|fortführung|laufend{_END}",
    "changed": rf"changed|adjusted|modified|increased|reduced|decreased|up-?titrated|down-?titrated|tapered|dose (?:increased|reduced)"
    rf"|switched|geändert{_END}|angepasst{_END}|umgestellt{_END}|erhöht{_END}|reduziert{_END}|gesteigert{_END}|eindosiert"
    rf"|aufdosiert|halbiert{_END}|verdoppelt{_END}|dosis (?:erhöht|reduziert|angepasst)",
    "paused": rf"paused|on hold|held|withheld|suspended|interrupted|temporarily (?:stopped|held|discontinued)"
    rf"|pausiert{_END}|pause|ausgesetzt{_END}|unterbrochen{_END}|vorübergehend (?:abgesetzt|pausiert)",
    "stopped": rf"stopped|discontinued|ceased|withdrawn|terminated|d/c'?d|dc'?d|abgesetzt{_END}|beendet{_END}|gestoppt{_END}"
    rf"|abgebrochen{_END}|ausgeschlichen{_END}",
    "planned": rf"planned|scheduled|recommended|intended|proposed|to be (?:started|done|scheduled)|will be (?:started|done)"
    rf"|geplant{_END}|vorgesehen{_END}|empfohlen{_END}|angestrebt{_END}|terminiert{_END}",
    "resolved": rf"resolved|cured|healed|subsided|recovered|in remission|abgeheilt{_END}|ausgeheilt{_END}|abgeklungen{_END}"
    rf"|geheilt{_END}|remittiert{_END}",
}
_PATTERNS = [(course, re.compile(words, re.IGNORECASE)) for course, words in _WORDS.items()]
# What may stand before the word without another sense; "not stopped" is no status.
_BEFORE = re.compile(
    r"(?:(?:was|were|has been|have been|had been|is|are|been|then|now|currently|wurden?|worden|wird|werden|ist|sind"
    r"|derzeit|aktuell|zunächst)\s+)*",
    re.IGNORECASE,
)


def status(text: str, decimal: str | None = None) -> Status | None:
    """The status that a text says; None unless its words are on the closed list.

    Args:
        text: an attribute's words.
        decimal: not needed; every normaliser takes it.

    Examples:
        >>> status("pausiert").status, status("was newly started").status, status("Abgesetzt").status
        ('paused', 'new', 'stopped')
        >>> status("not stopped") is status("stable") is None
        True
    """
    words = plain(text).strip(" ,;.()")
    bare = words[_BEFORE.match(words).end() :]  # type: ignore[union-attr]  # it matches nothing, too
    for course, pattern in _PATTERNS:
        if pattern.fullmatch(bare):
            return Status(course)
    return None
