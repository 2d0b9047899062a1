"""What the words of an item say besides what they name, in English and German: a denial, an
operation, good health, an age."""

from __future__ import annotations

import re

_DENIED = re.compile(
    r"\A(?:no|not|denie[sd]|without|negative for|absen(?:t|ce of)|lack of|keine?[rnms]?|nicht|ohne|fehlende?[rnms]?)\s+"
    r"(?:(?:known|any|further|prior|previous|evidence of|signs? of|history of|bekannte?[rn]?|hinweise? (?:auf|für)|"
    r"anzeichen (?:von|für))\s+)*(?=\S)",
    re.IGNORECASE,
)
_OPERATION = re.compile(
    r"\b(?:\w*(?:ectom(?:y|ies)|otom(?:y|ies)|ostom(?:y|ies)|plast(?:y|ies)|ektomien?|otomien?|ostomien?|plastik(?:en)?|resections?|resektion(?:en)?"
    r"|implantation(?:en)?|centesis|pexy|pexie)|surger(?:y|ies)|operation(?:s|en)?|op|ops|operated|operiert|resected|replacements?"
    r"|transplant(?:s|ation|ations)?|bypass|cabg|acvb|pci|ptc?a|orif|(?:[\w-]*(?<!si))stent(?:s|ing)?|(?:h|k|knie-?|hüft-?)?teps?|d ?& ?c|curettage|kürettage|abrasio"
    r"|c-?sections?|ca?esarean(?: sections?)?|sectio|kaiserschnitt|(?:vaginal|forceps) deliver(?:y|ies)|amputation(?:en)?|ablation(?:en)?"
    r"|(?:hernia|cuff|valve|aneurysm|ligament|cleft \w+|perineal|a&p) repairs?|(?:tubal )?ligations?|sterilisation|ligatur|reconstructions?|rekonstruktion"
    r"|removal|excisions?|exzision|\w*entfernung|(?:spinal|lumbar|cervical) fusion|spondylodese|osteosynthese|internal fixation|(?:cardiac )?catheteri[sz]ation"
    r"|pacemaker(?: (?:placement|insertion))?|\w*schrittmacher|icd placement|\w*emboli[sz]ation|chemotherap(?:y|ie)"
    r"|radiotherapy|radiation therapy|bestrahlung|strahlentherapie)\b",
    re.IGNORECASE,
)
# Complications of an operation, and planned ones, are not operations.
_NO_OPERATION = re.compile(
    r"\b(?:post-?operative|postoperativ\w*|infection|infekt\w*|thrombos[ei]s?|occlusion|verschluss|rejection|abstoßung|"
    r"failure|complications?|komplikation\w*|bleeding|blutung|leak|stenosis|pain|schmerz\w*|scar|narbe\w*|adhesions?|"
    r"after|following|due to|refused|declined|planned|geplante?r?|scheduled|recommended|recurrence|\w+itis|"
    r"\w*infarct(?:ion)?|\w*infarkt\w*|n?stemi|fractures?|\w*fraktur\w*|malfunction\w*|[\w-]*dysfun[ck]tion|syndrome?|dependen\w*|depletion|wandernd\w*"
    r"|congenital|angeboren\w*|anomal\w*|dehiscence|dehiszenz|nonunion|pseud[oa]\w*rthros\w*|[\w-]*lockerung|loosening|[\w-]*re-?stenos\w*|related to|secondary to"
    r"|[\w-]*indu[cz]\w*|traumati\w*|septic|sepsis|dissection|corneae|preeclampsia|durch|self-\w+|(?:hormone|o?estrogen|potassium|fluid|iron|testosterone|thyroid|electrolyte) replacement)\b"
    r"|(?<!zustand )\bnach\b",
    re.IGNORECASE,
)
# A history and a family history hold more than diseases: that someone was well, and how they
# lived.
_WELL = re.compile(
    r"\b(?:healthy|unremarkable|non-?contributory|asymptomatic|unaffected|(?:been|and) well|normal|consanguin\w*|"
    r"non-?consanguin\w*|cousins|there (?:was|is) no|no (?:\w+ ){0,2}(?:history|evidence)|"
    r"(?:did|does|do|had|was|were|is|are|has|have) no[t]?|gesund\w*|unauffällig\w*|leer)\b",
    re.IGNORECASE,
)
_NO_CONDITION = re.compile(
    r"\b(?:(?:medical|surgical|social) history|was|were|is|are|had|has|did|does|lives?|lived|took|takes|uses?|used|grew|"
    r"levels?|function|admissions?|admitted|hospitali[sz]\w*|\w*graph(?:y|ie)|\w*gram|supplements?|medications?|treated|"
    r"therapy|\w*therapie|handed|findings?|risk factors?|contact|exposure|intake|travel\w*|neither|genotype|war|wurde|"
    r"hatte|ist|lebt|aufnahmen?|behandelt)\b",
    re.IGNORECASE,
)
_ONSET = re.compile(
    r"\b(?:at (?:the )?(?:age (?:of )?)?|aged |im Alter von )(?P<age>[1-9]\d?)\b"
    r"(?![.,/%-]?\d|\s*(?:%|mg|hours?|days?|weeks?|months?|Tage|Wochen|Monate))|\bmit (?P<alter>[1-9]\d?) Jahren\b",
    re.IGNORECASE,
)
_DEATH = re.compile(
    r"\b(?:died?|dead|death|deceased|verst[aio]rb\w*|verstorben|gestorben|tod)\b|†", re.I
)
_NOT_DEAD = re.compile(
    r"\b(?:sudden(?: cardiac)? death|(?:no|not|kein) \w*\s?(?:dead|death|tod))\b", re.I
)
_AT_DEATH = re.compile(
    r"(?:\b(?:died|death|deceased)\b|†)(?: [a-z]+){0,6}? (?:at (?:the )?(?:age (?:of )?)?|aged )(?P<age>[1-9]\d?)\b"
    r"(?!\s*(?:months?|weeks?|days?|hours?))"
    r"|\bverst[ao]rb\w* (?:\w+ ){0,3}?(?:mit|im Alter von) (?P<alter>[1-9]\d?) Jahren\b"
    r"|\b(?:mit|im Alter von) (?P<vorher>[1-9]\d?) Jahren (?:\w+ ){0,4}?(?:ver|ge)storben\b",
    re.IGNORECASE,
)


def denied(text: str) -> str:
    """The words without the denial they begin with ("No known diabetes": "diabetes"); the same
    words where they do not."""
    return _DENIED.sub("", text, count=1)


def is_operation(text: str) -> bool:
    """Whether an operation or the like was done; not a complication of one, nor one that is
    planned."""
    return bool(_OPERATION.search(text)) and not _NO_OPERATION.search(text)


def says_well(text: str) -> bool:
    """Whether someone was well, or nothing was found."""
    return bool(_WELL.search(text))


def is_no_condition(text: str) -> bool:
    """Whether a history's words are about something other than a disease or complaint."""
    return bool(_NO_CONDITION.search(text))


def onset(text: str) -> int | None:
    """The one age in years given for a disease; None for several, and for that of a death."""
    ages = [int(found["age"] or found["alter"]) for found in _ONSET.finditer(text)]
    return ages[0] if len(ages) == 1 and not _DEATH.search(text) else None


def says_dead(text: str) -> bool:
    """Whether a relative has died; a disease that is called death says nothing of that."""
    return bool(_DEATH.search(_NOT_DEAD.sub("", text)))


def age_at_death(text: str) -> int | None:
    """The one age in years at which someone died; None where it is not plain."""
    found = list(_AT_DEATH.finditer(text))
    return int(next(filter(None, found[0].groups()))) if len(found) == 1 else None
