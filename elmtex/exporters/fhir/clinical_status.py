"""Whether a condition lasts, by the words of its mention, in English and German; nothing where they
do not say."""

from __future__ import annotations

import re

_NOT = r"(?:(?P<not>not|never|partially|incompletely|nicht|nie|teilweise)\s+(?:\w+\s+)?)?"
_RESOLVED = re.compile(
    rf"\b{_NOT}(?:resolved|cured|healed|recovered|subsided|outgrown|abgeheilte?|ausgeheilte?|verheilte?|abgeklungen)\b",
    re.IGNORECASE,
)
_REMISSION = re.compile(rf"\b{_NOT}in\s+(?:\w+\s+)?remission\b", re.IGNORECASE)
_INACTIVE = re.compile(rf"\b{_NOT}(?:inactive|no longer active|inaktiv)\b", re.IGNORECASE)
_PAST = re.compile(
    r"\A(?:(?:status post|s/p|zustand nach|prior|previous|former|past|frühere[rns]?|ehemalige[rns]?)\b|z\.\s?n\.)"
    r"|\b(?:as an? (?:child|infant|teenager|adolescent)|(?:in|during)(?: \w+)? childhood"
    r"|in (?:his|her|their) (?:teens|twenties|thirties|forties|fifties|youth)|als kind|in der (?:kindheit|jugend))\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\b(?:(?:19|20)\d\d|ago|vor \d+ (?:jahren|monaten)|at (?:the )?age|im alter von|previous(?:ly)?|prior|former(?:ly)?"
    r"|früher|in the past)\b",
    re.IGNORECASE,
)
# For these a date is when they happened; for others it may be the diagnosis.
_ACUTE = re.compile(
    r"pneumoni|appendi[cz]it|fra[ck]tur|infection|infekt|infar[ck]t|stroke|apople|schlaganf|isch(?:a|ä)?emic attack|\btia\b"
    r"|emboli[ea]|thrombos|bleed|blutung|h(?:a|ä)?emorrhag|pan[ck]reatit|chole[cz]ystit|mening|en[ck]e(?:ph|f)alit|sepsis"
    r"|abs[cz]e?ss|concussion|commotio|injur|verletz|trauma|pyelonephrit|lithiasis|nierenstein|kidney stone|cellulit|erysipel"
    r"|zoster|influenza|grippe|covid|tuber[ck]ul|malaria|measles|masern|delir|[ck]ardit|pneumothorax|ul[ck]us|ulcer|ileus"
    r"|peritonit|diverti[ck]ulit|otitis|sinusit|tonsill|miscarriage|e[ck]lamps|cardiac arrest|syn[ck]op|seizure|krampfanf",
    re.IGNORECASE,
)
_HISTORY_OF = re.compile(r"\b(?:history of|h/o|anamnestisch)\b", re.IGNORECASE)
_LASTING = re.compile(
    r"\b(?:since|seit|diagnosed|diagnosis|ed|erstdiagnose|dx|known|bekannte?[rns]?|chronic|chronische?[rns]?|current|"
    r"ongoing|recurrent|persist\w*|(?:poorly|well)[ -]controlled|on (?:treatment|therapy|medication)|unter \w+therapie|"
    r"copd|asthma|hiv|khk|cad|ckd|ms)\b"
    r"|diabet|hypertens|hyperton|insuffi[cz]|failure|fibrillation|flimmern|s[ck]lerosis|sklerose|parkinson|epileps|dement"
    r"|alzheimer|arthrit|arthros|[cz]irrhos|coronary|koronar|hypothyr|thyroiditis|hyperlip|hypercholest|migr[aä]|lupus"
    r"|kidney disease|heart disease|herzkrank|gout|gicht|osteopor|psoria|crohn|colitis|glau[ck]om",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,;(-]*(?:(?:in|im|am)?\s*(?:19|20)\d\d\b)?[\s,;)-]*"
    r"(?:(?:has|had|have|is|was|were|ist|sind|war|waren|now|since|completely|fully|gradually|vollständig|inzwischen|folgenlos)\s+)*"
    r"(?:resolved|cured|healed|recovered|subsided|outgrown|inactive|abgeheilt|ausgeheilt|verheilt|abgeklungen|inaktiv|in\s+(?:\w+\s+)?remission)?",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"(?:\b(?:status post|s/p|zustand nach|prior|previous|former|past|frühere[rns]?|history of|h/o)|z\.\s?n\.)\s*\Z",
    re.IGNORECASE,
)


# Right behind what resolved; and what denies that it was there at all
_GONE = re.compile(
    r" (?:(?:has|have|had|is|are|was|were|ist|sind|war|waren|now|since|gradually|completely|fully|inzwischen|vollständig) )*(?:resolved|subsided|abgeklungen)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|not|never|without|den(?:y|ies|ied)|kein\w*|ohne|nicht|nie|verneint\w*)\b",
    re.IGNORECASE,
)


def clinical_status(
    text: str, default: str | None, before: str = "", after: str = ""
) -> str | None:
    """FHIR's Condition.clinicalStatus of a condition that a report states.

    Args:
        text: the item's words.
        default: the category's: ``active`` for what the patient has now, ``inactive`` for what is
            past, or None.
        before, after: the rest of its sentence.

    Returns:
        ``resolved``, ``remission`` or ``inactive`` where the words say so. Else, of a category of
        the past, ``inactive`` only where the words place it there ("in childhood", "status post", a
        year beside an acute disease): histories list lasting diseases, too. Else ``active`` of what
        the patient has now, unless the words place it in the past. Else None.
    """
    head, tail = _HEAD.search(before), _TAIL.match(after)
    words = (head[0] if head else "") + text + (tail[0] if tail else "")
    said = ((_RESOLVED, "resolved"), (_REMISSION, "remission"), (_INACTIVE, "inactive"))
    for pattern, status in said:
        found = pattern.search(words)
        if found and not found["not"]:
            return status
    lasting, dated = _LASTING.search(words), _DATED.search(words)
    past = _PAST.search(words)
    if default == "inactive":
        over = past or (dated and _ACUTE.search(words))
        return "inactive" if over and not lasting else None
    gone = (past or dated) and not lasting
    return None if gone or _HISTORY_OF.search(words) else default


def has_resolved(text: str, before: str, after: str, told: bool = False) -> bool:
    """Whether the words say that a condition was there and resolved, and none before them deny it.

    Args:
        text: the item's words.
        before, after: the rest of its sentence.
        told: its status says so.
    """
    return (told or _GONE.match(after) is not None) and not _DENIED.search(before + text)
