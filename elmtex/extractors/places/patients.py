"""Whether an item can be a finding of the patient: no name, no address, no heading, nobody who treats."""

from __future__ import annotations

import re

from elmtex.extractors.listed_drugs import is_named
from elmtex.extractors.places.kinds import NEAR
from elmtex.extractors.places.past import PAST, PAST_LENGTH
from elmtex.extractors.spans import Spans
from elmtex.schema import Category
from elmtex.text.rows import line_of
from elmtex.text.sections import Sectioned
from elmtex.types import Item

# Up to the date of birth there is a name
_PATIENT_LINE = re.compile(
    r"\s{0,20}(?:pat(?:\.|ient(?:in)?)?|name|betr(?:eff|\.)?|re)\s?:.{0,120}?(?:\bgeb(?:\.|oren)|\bd\.?o\.?b\b|\bborn\b(?! at)|\*\s?\d)"
    r"(?:[^\n:]{0,80}\b\d{5} (?-i:[A-ZÄÖÜ])[\w-]+)?",
    re.IGNORECASE,
)
# How something was examined, at a sentence's beginning: „Neurologisch kein Defizit“
_EXAMINED = frozenset(
    "auskultatorisch bildmorphologisch computertomographisch echokardiographisch elektrokardiographisch endoskopisch histologisch "
    "internistisch klinisch laborchemisch neurologisch palpatorisch psychisch psychopathologisch radiologisch sonographisch".split()
)
# Alone, neither a test nor a finding; what was examined, too: „Abdomen: weich“, "NECK: supple"
NO_ITEMS = _EXAMINED | frozenset(
    "abdomen adnexa aorta back bladder bowel breast breasts cardiovascular chest cor cranium ears extraoculars extremities eyes face "
    "gastrointestinal genitalia genitourinary head heart heent integument kidney kidneys liver lung lungs lymphatic mediastinum mouth "
    "musculoskeletal neck neurologic neurological nose ovaries pancreas pelvis pharynx pleura prostate psychiatric pupils rectum "
    "respiratory skeleton skin skull spleen stomach throat thorax thyroid uterus "
    "brows conjunctiva conjunctivae cornea fundi gums lashes lids nares palate sclera sclerae teeth turbinates "
    "deferred noncontributory non-contributory rectal gu gi heme lymph heme/lymph heme-lymph neuro psych cv resp msk "
    "adnexe augen becken bewegungsapparat brust darm dünndarm extremitäten gallenblase gallenwege gefäße gelenke genitale gesicht hals "
    "harnblase haut herz hirnnerven kopf kreislauf leber lunge lungen lymphknoten magen milz mund mundhöhle nasennebenhöhlen niere nieren "
    "nase ohren ovarien pankreas parotis prostata pulmo rachen rektum schädel schilddrüse skelett weichteile wirbelsäule "
    "az bds dg ez kontrolle li re vb vu "
    "klagt klagte berichtet berichtete verneint complains complained reports reported denies denied presents presented".split()
)
_BY = re.compile(r"(?:[a-zäöüß-]+(?:gra(?:ph|f)|skop|log|metr|chem|palpator|auskultator)isch)\b")
# What a document or a part of it is called
_TITLED = re.compile(
    r"(?:vor)?operationen|vorerkrankung(?:en)?|[\w-]*(?:anamnese|bogen|protokoll|visite|konsil|checkliste?)",
    re.IGNORECASE,
)
# Whoever treats is no treatment ("will see ENT", "Dr. Young from Plastic Surgery"), nor is where, or to what end
_NO_PROCEDURE = re.compile(
    r"(?:Dr|Mrs?|Ms)\. [A-Z]\S*(?: (?:from .*|group))?|(?i:cranial nerves?(?: [IVX]+)?|(?:less|more|greater) than|left|right|bowel movements?)"
    r"|(?i:(?:[\w-]+ ){0,3}therapy goals?|(?:[\w-]+ ){0,3}(?:postoperative|hospital|recovery room) course"
    r"|(?:(?:to|the|regular|medical|surgical|hospital|nursing) ){0,3}(?:ward|floor|recovery room))"
    r"|(?:General|Plastic|Colorectal|Vascular|Orthop\w+|Trauma|Thoracic|Cardiothoracic) (?:Surgery(?: [A-Z]\b)?(?: Service)?|surgery(?: [A-Z]\b| [Ss]ervice))"
    r"|(?:[A-Z][\w/]* ){1,3}[A-Z] Service|ENT|HNO|pts?|Labor(?:werte)?"
    r"|(?i:(?:allerg|anesthesi|anaesthesi|angi|cardi|dermat|endocrin|gastroenter|gynec|gynaec|haemat|hemat|hepat|nephr|neur|onc|ophthalm|pulmon|rheumat|ur)"
    r"ology(?: (?:service|team|clinic))?|(?:anästhesi|angi|dermat|endokrin|gastroenter|gynäk|hämat|hepat|kardi|nephr|neur|onk|pneum|rheumat|ur)ologie"
    r"|(?:allgemein|gefäß|hand|herz|kiefer|kinder|neuro|thorax|unfall|viszeral)?chirurgie|paramedics|notarzt|primary care (?:provider|physician)"
    r"|(?:(?!by |on |in )[\w-]+ ){1,2}team|case management|(?:\w+ )?(?:surgery|medicine|ICU|ID) (?:was |were |is )?consult(?:ed|ing)?)"
)
# What is eaten or drunk, which is no treatment where it is tolerated: "tolerating a regular diet"
_FOOD = re.compile(
    r"(?P<takes>tolerat\w+ )?(?:(?!iv\b|i\.v|tube\b|\w*enteral)[\w.]+ ){0,3}?(?:diet|feeds?|feedings?|fluids?|foods?|liquids?|p\.?o\.?s?|kost|nahrung)(?: well)?",
    re.IGNORECASE,
)
_TOLERATES = re.compile(
    r"(?<!not )(?<!to )\b(?:tolerat(?:es|ed|ing)|verträgt|toleriert)(?: (?:an?|his|her|the|well|good|full|regular|clear|oral|p\.?o\.?|eine?|volle?|normale?)){0,4} \Z",
    re.IGNORECASE,
)
# Behind what somebody was vaccinated against: "tetanus shot", "Tetanus: last 2015"
_VACCINE = re.compile(
    r"[ -]?(?:shots?|boosters?|vaccin\w*|jabs?|immuni[sz]\w*|toxoid|impf\w*)\b"
    r"|:? (?:last (?:given )?(?:in )?\d|up[ -]to[ -]date|UTD\b|letzte\w* Impf)",
    re.IGNORECASE,
)
# What a form asks for: „Zutreffendes bitte ankreuzen“
_INSTRUCTION = re.compile(
    r".*\b(?:ankreuzen|zutreffend\w*|tick all|check all|circle all|please (?:tick|circle))\b.*",
    re.IGNORECASE,
)
# A time, which is no age: „in den letzten 6 Monaten“
_TIME = re.compile(
    r"\d+ (?:years?|months?|weeks?|days?|Jahren?|Monaten?|Wochen|Tagen?)", re.IGNORECASE
)
_BEFORE_TIME = re.compile(
    r"\b(?:letzten|vergangenen|vorigen|nächsten|last|past|previous|prior|next|seit|vor|for|nach|after|within|innerhalb|binnen|alle|every|in)"
    r"\s+(?:(?:den|the|etwa|ca\.|about) )?\Z",
    re.IGNORECASE,
)
_NO_OUTCOMES = frozenset("aufnahme entlassung verlegung vorstellung wiedervorstellung".split())
# What a letterhead or a signature is made of, beside words with a capital: "Dr. med. A. Lindhorst, Oberarzt", „Klinik für Orthopädie und
# Unfallchirurgie“
_HOUSE = frozenset(
    "Klinik Klinikum Krankenhaus Abteilung Institut Zentrum MVZ Praxis Department Division".split()
)
_TITLE = re.compile(r"(?:PD |Priv\.-Doz\. |apl\. ?)?(?:Prof|Dr)\. ")
_ADDRESS_FORM = re.compile(r"\b(?:Herrn?|Frau|Mrs?\.?|Ms\.?) \Z")  # "Herrn M."
_NAME_NEXT = re.compile(
    r"\b(?:Herrn?|Frau|Mrs?\.?|Ms\.?|Dr\.|Prof\.|(?:CC|TO|FROM|BY):? DR\.?) (?:[A-ZÄÖÜ] )?\Z"
)
_SIGNATURE = re.compile(
    r"(?:[A-ZÄÖÜ][\w'’-]*\.? ){1,3}[A-ZÄÖÜ][\w'’-]+, (?:M\.?D|D\.?O|RN|NP|PA-C|MBBS|(?:FRC|MRC)\w+|Ph\.?D)\b.{0,20}"
)
_RANK = re.compile(r"\b(?:Chef|Ober|Fach|Stations|Assistenz)(?:arzt|ärztin)\b")
_LABELLED = re.compile(
    r"(?<!Direktor)(?<!Direktorin)(?<!Chefarzt)(?<!Chefärztin)(?<!Leiter)(?<!Leitung)(?<!Tel)(?<!Fax):\s*\w|\t"
)
_INITIAL = re.compile(r"[A-ZÄÖÜ]\. [A-ZÄÖÜ]")
_IN_NAMES = frozenset("med dent rer nat habil für und der des im am von van de of for and".split())
_LETTERHEAD = 100  # characters at most
# A cause alone, which is no disease: „DD medikamentös“, „am ehesten viral bedingt“
_CAUSE = re.compile(
    r"(?:[a-zäöüß]\w* )?(?:[\w-]*bedingt|medikamentös|\w+induziert|\w+assoziiert|\w*embolisch|(?:krypt|psych|iatr)ogen)"
)
_OPERATED = re.compile(r"chirurgie\Z|surgery\Z", re.IGNORECASE)
_YEAR = re.compile(r" (?:in |\()?(?:19|20)\d\d\b")
# „Hauptstr. 77“, „Klosterberg 1, 97999 Rothenau“
_ADDRESS = re.compile(
    r"(?:[A-ZÄÖÜ]\w* (?:der |den )?)?[A-ZÄÖÜ][\w-]*(?:(?:str\.|straße|weg|platz|allee|gasse|markt) \d{1,3} ?[a-z]?|\.? \d{1,3} ?[a-z]?(?=, ))"
    r"(?:, (?:D-)?\d{5} [A-ZÄÖÜ][a-zäöüß][\w /-]{1,40})?"
)


# "MRN 000000", „Fall-Nr. 123“
_IDENTIFIER = re.compile(
    r"(?:MRN|DOS|DOB|PID|Pat(?:ient(?:en)?)?\.?[ -]?(?:ID|Nr\.?)|Fall-?[Nn](?:r\.?|ummer))(?:\W|\Z)"
)


def is_patients(item: Item, category: Category, relatives: Spans, sections: Sectioned) -> bool:
    finding, report = category.fhir.resource == "Condition", sections.report
    if item.start is None or item.end is None:
        return True
    if _IDENTIFIER.match(item.text):
        return False
    if finding and sections.kind(item.start) == "immunizations":  # what it is against
        return False
    if category.fhir.resource in ("Condition", "Procedure") and item.text.lower() in NO_ITEMS:
        return False
    if category.fhir.resource == "MedicationStatement" and (
        not is_named(item.text) or _NO_PROCEDURE.fullmatch(item.text)
    ):
        return False
    if category.fhir.resource == "Procedure" and (
        _is_no_procedure(item, report) or _is_tolerated(item, report)
    ):
        return False
    if finding and _VACCINE.match(report, item.end):
        return False
    if finding and any(o.fullmatch(item.text) for o in (_CAUSE, _TITLED, _INSTRUCTION, _BY)):
        return False
    before = report[max(0, item.start - NEAR) : item.start]
    if not category.only and item.text[:1].isupper() and _NAME_NEXT.search(before):
        return False
    if category.only == "age" and _TIME.fullmatch(item.text) and _BEFORE_TIME.search(before):
        return False
    letter = category.only == "gender" and len(item.text.strip()) == 1
    if letter and (
        sections.kind(item.start) == "family_history"
        or _ADDRESS_FORM.search(report[max(0, item.start - 6) : item.start])
    ):
        return False
    if category.fhir.resource == "Observation" and item.text.lower() in _NO_OUTCOMES:
        return False
    first, last = line_of(report, item.start)
    if last - first <= _LETTERHEAD and _is_letterhead(report[first:last].strip()):
        return False
    if not category.only:
        name = _PATIENT_LINE.match(report, first, last)
        if name and item.start < name.end():
            return False
    if not (finding or category.only):
        return True
    return not relatives.hold(item.start, item.end)


def _is_no_procedure(item: Item, report: str) -> bool:
    """Whether it is who treats, or where; not „Z. n. Herzchirurgie 2010“."""
    assert item.start is not None and item.end is not None
    if not _NO_PROCEDURE.fullmatch(item.text):
        return False
    before = report[max(0, item.start - PAST_LENGTH) : item.start]
    dated = _OPERATED.search(item.text) and _YEAR.match(report, item.end)
    return not (PAST.search(before) or dated)


def _is_tolerated(item: Item, report: str) -> bool:
    """Whether it is food that is tolerated, which is a finding: "tolerating a regular diet"."""
    assert item.start is not None
    if not (food := _FOOD.fullmatch(item.text)):
        return False
    return bool(food["takes"] or _TOLERATES.search(report[max(0, item.start - 40) : item.start]))


def _is_letterhead(line: str) -> bool:
    """Whether a line is an address, a signature or a department's name, which say nothing of the patient."""
    if _ADDRESS.fullmatch(line) or _SIGNATURE.fullmatch(line):
        return True
    if _LABELLED.search(line):  # "Dr. Meier: Pneumonie"
        return False
    words = [word.strip(".,()/-") for word in line.split()]
    if not all(word in _IN_NAMES or word[:1].isupper() or not word for word in words):
        return False
    if len(words) > 1 and words[0] in _HOUSE:
        return "," not in line or words[1] in _IN_NAMES or not _HOUSE.isdisjoint(words[1:])
    return bool(_TITLE.match(line) or (_RANK.search(line) and _INITIAL.search(line)))
