"""Whether a condition lasts, by the words of its mention, in English and German; nothing is said where they do not."""

from __future__ import annotations

import re

_NOT = r"(?:(?P<not>not|never|partially|incompletely|nicht|nie|teilweise)\s+(?:\w+\s+)?)?"
_RESOLVED = re.compile(
    rf"\b{_NOT}(?:resolved|cured|healed|abgeheilte?|ausgeheilte?|abgeklungen|folgenlos verheilt)\b",
    re.IGNORECASE,
)
_REMISSION = re.compile(rf"\b{_NOT}in\s+(?:\w+\s+)?remission\b", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:(?:19|20)\d\d|status post|s/p|z\.\s?n\.|zustand nach|prior|previous(?:ly)?|former(?:ly)?|ago|frühere[rns]?|früher"
    r"|ehemals|vor \d+ (?:jahren|monaten)|as an? (?:child|infant|teenager|adolescent)|(?:in|during)(?: \w+)? childhood"
    r"|in (?:his|her|their) (?:teens|twenties|thirties|forties|fifties|youth)|als kind|in der kindheit|in der jugend"
    r"|at (?:the )?age|im alter von|past(?! (?:\w+ )?(?:hours?|days?|weeks?|months?|years?|few)))(?!\w)",
    re.IGNORECASE,
)
_HISTORY_OF = re.compile(r"\b(?:history of|h/o|anamnestisch)\b", re.IGNORECASE)
# A year beside these is when it was found, not when it was over.
_LASTING = re.compile(
    r"\b(?:since|seit|diagnosed|diagnosis|ed|erstdiagnose|dx|known|bekannte?[rns]?|chronic|chronische?[rns]?|current|"
    r"ongoing|recurrent|persist\w*|(?:poorly|well)[ -]controlled|on (?:treatment|therapy|medication)|unter \w+therapie|"
    r"copd|asthma|hiv|khk|cad|ckd|ms)\b"
    r"|diabet|hypertens|hyperton|insuffi[cz]|failure|fibrillation|flimmern|s[ck]lerosis|sklerose|parkinson|epileps|dement"
    r"|alzheimer|arthrit|arthros|[cz]irrhos|coronary|koronar|hypothyr|thyroiditis|hyperlip|hypercholest|migr[aä]|lupus"
    r"|kidney disease|gout|gicht|osteopor|psoria|crohn|colitis|glau[ck]om",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,;(-]*(?:(?:in|im|am)?\s*(?:19|20)\d\d\b)?[\s,;)-]*"
    r"(?:(?:now|since|completely|fully|vollständig|inzwischen|folgenlos)\s+)*"
    r"(?:resolved|cured|healed|abgeheilt|ausgeheilt|abgeklungen|in\s+(?:\w+\s+)?remission)?",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"(?:\b(?:status post|s/p|zustand nach|prior|previous|former|past|frühere[rns]?|history of|h/o)|z\.\s?n\.)\s*\Z",
    re.IGNORECASE,
)


def clinical_status(
    text: str, default: str | None, before: str = "", after: str = ""
) -> str | None:
    """FHIR's Condition.clinicalStatus of a condition that a report states.

    Args:
        text: the item's words.
        default: the category's: ``active`` for what the patient has now, ``inactive`` for what is past, or None.
        before, after: what else stands in its sentence.

    Returns:
        ``resolved`` or ``remission`` where the words say so. Else ``inactive`` for what belongs to the past only where the
        words place it there ("in childhood", a year, "status post"): histories list lasting diseases, too. Else
        ``active`` for what the patient has now, unless the words place it in the past. Else None.
    """
    head, tail = _HEAD.search(before), _TAIL.match(after)
    words = (head[0] if head else "") + text + (tail[0] if tail else "")
    for pattern, status in ((_RESOLVED, "resolved"), (_REMISSION, "remission")):
        found = pattern.search(words)
        if found and not found["not"]:
            return status
    past = bool(_PAST.search(words)) and not _LASTING.search(words)
    if default == "inactive":
        return "inactive" if past else None
    return None if past or _HISTORY_OF.search(words) else default
