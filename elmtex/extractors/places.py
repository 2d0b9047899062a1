"""What an item's place decides, not the model: a relative's disease and age are not the patient's, what stands under
"Allergies" is one, and neither a name nor "Neurologisch" or "Abdomen" is a finding."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from elmtex.extractors.listed_drugs import is_named, with_listed
from elmtex.extractors.spans import Spans
from elmtex.schema import Category, CategorySchema
from elmtex.text.form_field import answered
from elmtex.text.rows import line_of
from elmtex.text.sections import ALLERGY, Sectioned
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
    r"[\w-]*(?:anamnese|bogen|protokoll|visite|konsil|checkliste?)",
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
    r"|(?:(?!by |on |in )[\w-]+ ){1,2}team|case management)"
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
_PAST = re.compile(
    r"(?:\bZ\. ?n\.|\bZustand nach|\bstatus post|\bs/p|\bSt\. ?p\.)\s*\Z", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_MEASURED = re.compile(r"\d(?![\d.,]*\s?%)[\d.,]*\s?[^\W\d]|\d\Z")  # not "Ki-67 3 %"
_PAST_LENGTH = 14  # characters
_OPERATED = re.compile(r"chirurgie\Z|surgery\Z", re.IGNORECASE)
_YEAR = re.compile(r" (?:in |\()?(?:19|20)\d\d\b")
# Behind a problem of a list: "Anaemia - resolved", „Ulkus (2022 abgeheilt)“
_RESOLVED = re.compile(
    r"[ \t]*(?:[-–:][ \t]|\()[ \t]*(?:\d{4}|now|since|Z\. ?n\.,?|vollständig|komplett)?[, ]{0,2}(?:\d{4} )?(?:resolved|healed|abgeheilt|ausgeheilt|remittiert)\b(?!\?|[^.;\n]{0,20}\b(?:recur|relaps|rezidiv))"
    r"| (?:(?:ist|sind|war|waren|hat|haben|sich|inzwischen|mittlerweile|jetzt|nun|unter [\w-]+) ){1,4}(?:vollständig|komplett|folgenlos|gänzlich) (?:abgeklungen|zurückgebildet|(?:ab|aus)geheilt|verschwunden|remittiert)\b",
    re.IGNORECASE,
)
_AS_CHILD = re.compile(
    r"\b(?:[Ii]m Kindesalter|[Ii]n der Kindheit|[Aa]ls Kind|[Aa]s a (?:child|boy|girl|teenager)|[Ii]n childhood)\b[^.;\n]*\Z"
)
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
_PERCEIVES = re.compile(
    r"\b(?:noti[cz]\w*|bemerk\w*|beobacht\w*|found|gefunden|gesehen|saw|seen|report\w*|bericht\w*|called|brought|gebracht|gemess\w*|measur\w*|gab|gave|given|gegeben"
    r"|festgestellt|angegeben|stated|says?|Angst|Sorgen?|auf(?:ge)?fallen|angerufen|gerufen)\b",
    re.IGNORECASE,
)
_HE = re.compile(
    r"\W*(?:He|She|Er|Sie|One|Another|Der|Die|Eine?r?)\b|[^.\n]{0,80}\b(?:died|verst[ao]rb|gestorben)"
)
_OWN_HEADING = re.compile(r"[A-ZÄÖÜ]\w{0,3}: |(?:[Tt]he )?[Pp]atient (?:with|has|had) ")
_NONE = re.compile(r"(?:no|not|nil|none|nkda|denie[sd]|keine?)\b", re.IGNORECASE)
# What a sentence says of a drug that is not to be given, or no longer
_NOT_GIVEN = re.compile(
    r"\b(?:nkd?a|cave|avoid\w*|\w*meiden|\w*kontraindi\w*|contraindicat\w*|itch\w*|prurit\w*|juckreiz|\w*ausschlag|quaddeln|\w*ödem|quincke|bronchospas\w*"
    r"|atemnot|abgesetzt|stopped|discontinued|due to|wegen|bei(?! (?:bedarf|b(?:d|ed)\b|schmerz|fieber))|no(?! (?:refill|change))|not|cannot|kein\w*|nicht)\b|n['’]t\b",
    re.IGNORECASE,
)
_ALLERGIC_TO = re.compile(
    r"(?:\b(?:allergic|hypersensitive|intolerant) to|(?:allergy|hypersensitivity|intolerance) to|(?:allergie|unverträglichkeit|überempfindlichkeit|allergisch)\s(?:auf|gegen(?:über)?|von))"
    r"\s(?:(?:the|an?) )?\Z",
    re.IGNORECASE,
)
# How somebody reacts, which is no substance: "Erdnuss mit Atemnot"
_REACTION = re.compile(
    r"(?:(?:schwer|leicht|stark|generalisiert|juckend)\w{0,3} |severe |mild |facial |skin )?(?:(?:haut)?ausschlag|exanthem|urtikaria|nesselsucht|quincke-?ödem|angio-?ödem"
    r"|atemnot|dyspnoe|anaphyla\w+|juckreiz|übelkeit|erbrechen|durchfall|diarrhö|schwellung|rr-abfall|rash|hives|urticaria|itching|pruritus|swelling|angio-?o?edema|nausea"
    r"|vomiting|diarrho?ea|shortness of breath|bronchospasm\w*)",
    re.IGNORECASE,
)
# „Unter Clindamycin kam es 2019 zu Urtikaria“, "amoxicillin caused hives"
_REACTED = re.compile(
    rf" (?:kam es|trat(?:en)?|caused|gave (?:him|her)|verursachte|führte)(?: (?:(?:im Jahr |in )?(?:19|20)\d\d|zu|an?|einer?|early|sofort)){{0,3}} (?:{_REACTION.pattern})",
    re.IGNORECASE,
)
# "Tolerating dofetilide", "Given ketorolac"
_GIVEN = re.compile(
    r"(?<!not )\b(?:tolerat(?:es|ed|ing)|given|received|takes|currently|erhielt|bekam|verträgt|nimmt|aktuell) (?:\w+ )?\Z",
    re.IGNORECASE,
)
# Under such a heading tissue is described: in all of the paragraph, or in the first sentence
_MICROSCOPY = re.compile(
    r"ma[ck]roskop|mi[ck]roskop|microscopic|immunhisto|immunohisto|\bgross description",
    re.IGNORECASE,
)
_HISTOLOGY = re.compile(r"histolog", re.IGNORECASE)
# But not what the patient says, or that the result is not there yet
_NO_TISSUE = re.compile(
    r"\b(?:klagt|berichtet|complains?|reports?|denies|seit \d|for \d|fieber|fever|\w*schmerz\w*|ausstehend|pending|(?<!wie )folgt|awaited)\b",
    re.IGNORECASE,
)
_NEAR = 60  # characters before a sign
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_LINE_END = re.compile(r"[\r\n]")
_ONLY_NONE = re.compile(r"(?:no(?:ne|thing)?|nil|keine?)(?: known| bekannt)?", re.IGNORECASE)
# „Hauptstr. 77“, „Klosterberg 1, 97999 Rothenau“
_ADDRESS = re.compile(
    r"(?:[A-ZÄÖÜ]\w* (?:der |den )?)?[A-ZÄÖÜ][\w-]*(?:(?:str\.|straße|weg|platz|allee|gasse|markt) \d{1,3} ?[a-z]?|\.? \d{1,3} ?[a-z]?(?=, ))"
    r"(?:, (?:D-)?\d{5} [A-ZÄÖÜ][a-zäöüß][\w /-]{1,40})?"
)


def by_place(
    categories: Mapping[str, tuple[Item, ...]], schema: CategorySchema, sections: Sectioned
) -> dict[str, tuple[Item, ...]]:
    """The items that can be the patient's findings where they stand.

    Args:
        categories: items by category.
        schema: says by ``x-fhir`` what a category's items are.
        sections: the report and its headings.

    Examples:
        >>> from elmtex.schema import load_schema
        >>> report = "Vater: Infarkt mit 58 Jahren"
        >>> items = {"family_history": (Item(report, 0, 28),), "age": (Item("58 Jahren", 19, 28),)}
        >>> by_place(items, load_schema("elmtex"), Sectioned.of(report))["age"]
        ()
    """
    kinds = {category.key: category for category in schema.categories}
    categories = _with_relatives(_with_own(categories, kinds, sections), kinds, sections)
    relatives = _spans(categories, kinds, _of("FamilyMemberHistory"))
    found = {
        key: tuple(i for i in items if _is_patients(i, kinds[key], relatives, sections))
        for key, items in categories.items()
    }
    found = _once(_with_resolved(found, kinds, sections.report), kinds, sections.report)
    found = _with_tissue(_of_one_kind(found, kinds), kinds, sections)
    drugs = _first(kinds, _of("MedicationStatement"))
    if drugs is not None:
        others = (item for key, items in found.items() if key != drugs for item in items)
        found[drugs] = with_listed(found.get(drugs, ()), others, sections)
    allergies = _first(kinds, _of("AllergyIntolerance"))
    if allergies is None:
        return found
    return _with_allergies(
        _with_drugs(found, kinds, allergies, sections), kinds, allergies, sections
    )


def _with_own(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category], sections: Sectioned
) -> Mapping[str, tuple[Item, ...]]:
    """The items; of what is listed as a family's, what no other person is named with is the patient's past."""
    family = _first(kinds, _of("FamilyMemberHistory"))
    past = _first(kinds, _is_past)
    if family is None or not categories.get(family):
        return categories
    of = {True: list[Item](), False: list[Item]()}
    for item in categories[family]:
        of[_is_theirs(item, sections)].append(item)
    if not of[False]:
        return categories
    found = {**categories, family: tuple(of[True])}
    if past is None:
        return found
    known = Spans.of(
        i for k, items in found.items() if kinds[k].fhir.resource == "Condition" for i in items
    )
    own = (_unheaded(i) for i in of[False] if not known.meet(i))
    found[past] = _in_order(*found.get(past, ()), *own)
    return found


def _with_relatives(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category], sections: Sectioned
) -> Mapping[str, tuple[Item, ...]]:
    """The items; a disease in a sentence that begins with a relative is the family's: „Tante: Schilddrüsenkarzinom“."""
    family = _first(kinds, _of("FamilyMemberHistory"))
    if family is None:
        return categories
    known, moved = Spans.of(categories.get(family, ())), list[Item]()

    def stays(item: Item, category: Category) -> bool:
        if not category.holds_diseases or item.start is None or item.end is None:
            return True
        first, _ = sections.sentence(item.start)
        far = item.start - first > 4 * _NEAR
        told = not far and _is_of_relative(item.start, item.end, first, sections.report)
        if not (told or (_is_headed(item.start, sections) and _is_theirs(item, sections))):
            return True
        if not known.meet(item):
            known.add(item.start, item.end)
            moved.append(replace(item, attributes=()))
        return False

    found = {k: tuple(i for i in items if stays(i, kinds[k])) for k, items in categories.items()}
    if not moved:
        return categories
    found[family] = _in_order(*found.get(family, ()), *moved)
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
    behind = report[end : end + _NEAR].split(",")[0]
    return bool(_SICK.match(report, first, start)) and not _PERCEIVES.search(
        report[first:end] + behind
    )


def _is_theirs(item: Item, sections: Sectioned) -> bool:
    """Whether an item of a family history stands with a person, or under a heading of one."""
    if item.start is None or item.end is None:
        return True
    report, (first, last) = sections.report, sections.sentence(item.start)
    before = report[max(first, item.start - 2 * _NEAR) : item.start]
    again = _PATIENT_AGAIN.search(before)
    if again and not _PERSON.search(again[0] + item.text):
        return False
    if _HERSELF.search(report, item.start, item.end + _SELF) and not _PERSON.search(before):
        return False
    clause = max(first, report.rfind(";", first, item.start) + 1)
    if _OF_PATIENT.match(report, clause) and not _PERSON.search(report, clause, last):
        return False
    if sections.kind(item.start) == "family_history" or _PERSON.search(
        sections.heading(item.start)
    ):
        return True
    line, _ = line_of(report, item.start)
    if _HE.match(report, first):
        first -= 2 * _NEAR
    elif sections.kind(item.start) is None:
        first = min(first, line)
    first, last = max(first, item.start - 4 * _NEAR, 0), min(last, item.end + 4 * _NEAR)
    return bool(_PERSON.search(report, first, last))


def _unheaded(item: Item) -> Item:
    """The item without the heading that it took in, „VA: KHK“, or whose it is: "asthma herself"."""
    if (own := _HERSELF.search(item.text)) and item.start is not None:
        item = replace(item, text=item.text[: own.start()], end=item.start + own.start())
    heading = _OWN_HEADING.match(item.text)
    if heading is None or item.start is None:
        return item
    return replace(item, text=item.text[heading.end() :], start=item.start + heading.end())


def _with_resolved(
    categories: dict[str, tuple[Item, ...]], kinds: Mapping[str, Category], report: str
) -> dict[str, tuple[Item, ...]]:
    """The items; a problem that is said to be resolved, or of the patient's childhood, is a past one, which was there."""
    active, past = (
        [
            k
            for k, c in kinds.items()
            if c.fhir.resource == "Condition" and c.fhir.clinical_status == status
        ]
        for status in ("active", "inactive")
    )
    if not past:
        return categories
    resolved = {
        (i.start, i.end): replace(i, assertion="present", attributes=())
        for key in active
        for i in categories.get(key, ())
        if i.start is not None
        and i.end is not None
        and (
            _RESOLVED.match(report, i.end)
            or (
                i.assertion == "present"
                and _AS_CHILD.search(report, max(0, i.start - _NEAR), i.start)
            )
        )
    }
    if not resolved:
        return categories
    found = {
        key: tuple(i for i in items if key not in active or (i.start, i.end) not in resolved)
        for key, items in categories.items()
    }
    known = Spans.of(found.get(past[0], ()))
    new = (i for span, i in resolved.items() if not known.meet(i))
    found[past[0]] = _in_order(*found.get(past[0], ()), *new)
    return found


def _once(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category], report: str
) -> dict[str, tuple[Item, ...]]:
    """The items, each once: a past disease that history lists, „Z. n. Infarkt“, is no present one, "No drug allergies" is
    not listed beside the allergies that it denies, nor what somebody is allergic to among the drugs."""
    past = _spans(categories, kinds, _is_past)
    deniable = ("Condition", "AllergyIntolerance")
    denied = _spans(
        categories, kinds, lambda c: c.fhir.resource in deniable, lambda i: i.assertion == "absent"
    )
    allergy = _of("AllergyIntolerance")
    allergens = _spans(categories, kinds, allergy, lambda i: i.assertion != "absent")
    substances = _spans(
        categories,
        kinds,
        allergy,
        lambda i: i.assertion != "absent" and not _REACTION.fullmatch(i.text),
    )
    denials = [i for i in _items(categories, kinds, allergy) if i.assertion == "absent"]
    denied_allergies = {(i.start, i.end) for i in denials}
    denial = any(not _ONLY_NONE.fullmatch(i.text) for i in denials)

    def stays(item: Item, category: Category) -> bool:
        resource = category.fhir.resource
        if resource == "AllergyIntolerance" and _REACTION.fullmatch(item.text):
            return not substances
        if resource == "AllergyIntolerance" and denial and item.assertion == "absent":
            return not _ONLY_NONE.fullmatch(item.text)  # "Allergies: none"
        if resource == "MedicationStatement" and not _DIGIT.search(item.text):
            return not allergens.meet(item)
        if resource != "Condition" or item.start is None:
            return True
        if item.assertion == "present" and _NONE.match(item.text):
            return not denied.meet(item)
        if item.assertion == "absent" and (item.start, item.end) in denied_allergies:
            return False
        if category.fhir.clinical_status != "active":
            return True
        before = report[max(0, item.start - _PAST_LENGTH) : item.start]
        return not (_PAST.search(before) and past.meet(item))

    return {
        key: tuple(i for i in items if stays(i, kinds[key])) for key, items in categories.items()
    }


def _of_one_kind(
    categories: Mapping[str, tuple[Item, ...]], kinds: Mapping[str, Category]
) -> dict[str, tuple[Item, ...]]:
    """The items; of the same words as a problem and as a test or its result stays the surer one, and the problem
    where no number is in them or they are equally sure."""
    problems = [k for k, c in kinds.items() if c.fhir.clinical_status == "active"]
    tests = [k for k, c in kinds.items() if c.fhir.resource == "Procedure" or c.fhir.quantity]
    sure: list[dict[tuple[int, int], float]] = [{}, {}]
    for one, keys in zip(sure, (problems, tests), strict=True):
        for item in (i for key in keys for i in categories.get(key, ())):
            if item.start is not None and item.end is not None and item.confidence is not None:
                span = item.start, item.end
                one[span] = max(one.get(span, 0), item.confidence)
    both = sure[0].keys() & sure[1].keys()
    if not both:
        return dict(categories)

    def stays(item: Item, key: str) -> bool:
        if (key not in problems and key not in tests) or item.start is None or item.end is None:
            return True
        if (span := (item.start, item.end)) not in both:
            return True
        measured = sure[1][span] > sure[0][span] and bool(_DIGIT.search(item.text))
        return (key in tests) == measured

    return {key: tuple(i for i in items if stays(i, key)) for key, items in categories.items()}


def _with_tissue(
    categories: dict[str, tuple[Item, ...]], kinds: Mapping[str, Category], sections: Sectioned
) -> dict[str, tuple[Item, ...]]:
    """The items; signs and results under a heading of microscopy are pathology, where the schema has such a category."""
    tissue = _first(kinds, _is_of_tissue)
    if tissue is None:
        return categories
    moving = [k for k, c in kinds.items() if c.fhir.quantity or _is_of_signs(c)]

    described = _described(sections)
    if not described:
        return categories
    starts = [start for start, _ in described]

    def stays(item: Item, key: str) -> bool:
        place = bisect_right(starts, item.start or 0) - 1
        if item.start is None or place < 0 or item.start >= described[place][1]:
            return True
        if kinds[key].fhir.quantity:
            return bool(_MEASURED.search(item.text))
        near = max(sections.sentence(item.start)[0], item.start - _NEAR)
        return bool(_NO_TISSUE.search(sections.report, near, item.end or 0))

    moved = [item for key in moving for item in categories.get(key, ()) if not stays(item, key)]
    if not moved:
        return categories
    both, known = list(categories.get(tissue, ())), Spans.of(categories.get(tissue, ()))
    for item in sorted(moved, key=lambda i: (i.start or 0, -(i.end or 0))):
        if item.start is not None and item.end is not None and not known.meet(item):
            both.append(replace(item, attributes=()))
            known.add(item.start, item.end)
    rest = {key: tuple(i for i in categories.get(key, ()) if stays(i, key)) for key in moving}
    return {**categories, **rest, tissue: _in_order(*both)}


def _described(sections: Sectioned) -> list[tuple[int, int]]:
    """Where tissue is described: a heading within a line covers this line, one above a paragraph the paragraph, and "Histology" a sentence."""
    report, found = sections.report, list[tuple[int, int]]()
    for section in sections.sections:
        words = report[slice(*section.heading)] if section.heading else ""
        if not (_MICROSCOPY.search(words) or _HISTOLOGY.search(words)):
            continue
        start, end = section.body
        start += len(report[start:end]) - len(report[start:end].lstrip())
        over = _BLANK_LINE if _LINE_END.search(report, section.body[0], start) else _LINE_END
        if stop := over.search(report, start, end):
            end = stop.start()
        if not _MICROSCOPY.search(words):
            end = min(end, sections.sentence(start)[1])
        found.append((start, end))
    return found


def _is_of_tissue(category: Category) -> bool:
    is_result = category.fhir.resource == "Observation" and not category.fhir.quantity
    return is_result and any(type.fhir == "test" for type in category.attributes)


def _is_of_signs(category: Category) -> bool:
    fhir = category.fhir
    is_active = fhir.resource == "Condition" and fhir.clinical_status == "active"
    return is_active and not category.holds_diseases


def _spans(
    categories: Mapping[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    wanted: Callable[[Category], bool],
    counts: Callable[[Item], bool] = lambda item: True,
) -> Spans:
    """Where the items of the wanted categories stand, of those that count."""
    return Spans.of(filter(counts, _items(categories, kinds, wanted)))


def _items(
    categories: Mapping[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    wanted: Callable[[Category], bool],
) -> Iterator[Item]:
    """The items of the wanted categories."""
    return (item for key, items in categories.items() if wanted(kinds[key]) for item in items)


def _first(kinds: Mapping[str, Category], wanted: Callable[[Category], bool]) -> str | None:
    """The first category that is wanted; None where there is none."""
    return next((key for key, category in kinds.items() if wanted(category)), None)


def _in_order(*items: Item) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: item.start or 0))


def _is_past(category: Category) -> bool:
    return category.fhir.clinical_status == "inactive"


def _of(resource: str) -> Callable[[Category], bool]:
    return lambda category: category.fhir.resource == resource


def _is_patients(item: Item, category: Category, relatives: Spans, sections: Sectioned) -> bool:
    finding, report = category.fhir.resource == "Condition", sections.report
    if item.start is None or item.end is None:
        return True
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
    before = report[max(0, item.start - _NEAR) : item.start]
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
    before = report[max(0, item.start - _PAST_LENGTH) : item.start]
    dated = _OPERATED.search(item.text) and _YEAR.match(report, item.end)
    return not (_PAST.search(before) or dated)


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


def _with_drugs(
    categories: dict[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    allergies: str,
    sections: Sectioned,
) -> dict[str, tuple[Item, ...]]:
    """The items; what the model took for an allergy is a drug under "Medications", or where it is given, if its sentence tells of no
    allergy."""
    drugs = _first(kinds, _of("MedicationStatement"))
    if drugs is None:
        return categories

    told: dict[tuple[int, int], bool] = {}  # of each sentence, whether it tells of an allergy

    def is_drug(item: Item) -> bool:
        if item.start is None or item.assertion == "absent":
            return False
        span = sections.sentence(item.start)
        given = _GIVEN.search(sections.report, max(span[0], item.start - _NEAR), item.start)
        if sections.kind(item.start) != "medication" and not given:
            return False
        if span not in told:
            words = sections.report[slice(*span)]
            told[span] = bool(ALLERGY.search(words) or _NOT_GIVEN.search(words))
        return not told[span]

    found = {True: list[Item](), False: list[Item]()}
    for item in categories.get(allergies, ()):
        found[is_drug(item)].append(item)
    if not found[True]:
        return categories
    known = Spans.of(categories.get(drugs, ()))
    new = (replace(item, attributes=()) for item in found[True] if not known.meet(item))
    both = _in_order(*categories.get(drugs, ()), *new)
    return {**categories, drugs: both, allergies: tuple(found[False])}


def _with_allergies(
    categories: dict[str, tuple[Item, ...]],
    kinds: Mapping[str, Category],
    allergies: str,
    sections: Sectioned,
) -> dict[str, tuple[Item, ...]]:
    """The items; of what the model took under "Allergies" for history or a drug, what is listed as no allergy yet is one."""
    known = Spans.of(categories.get(allergies, ()))
    moved: list[Item] = []

    def stays(item: Item, category: Category) -> bool:
        if "AllergyIntolerance" not in category.fhir.also or item.start is None or item.end is None:
            return True
        before = sections.report[max(0, item.start - _NEAR) : item.start]
        told = category.fhir.resource == "MedicationStatement" and (
            _ALLERGIC_TO.search(before) or _REACTED.match(sections.report, item.end)
        )
        listed = sections.kind(item.start) == "allergies" and not _NONE.match(item.text)
        if not (listed or told):
            return True
        if known.meet(item) or _GIVEN.search(before):
            return True
        if category.fhir.resource == "Condition" and (
            category.attributes or answered(sections.report, item.start, item.end)
        ):  # a reaction, or a form's next line
            return True
        known.add(item.start, item.end)
        moved.append(replace(item, attributes=()))
        return False

    found = {
        key: tuple(item for item in items if stays(item, kinds[key]))
        for key, items in categories.items()
    }
    if moved:
        found[allergies] = _in_order(*found.get(allergies, ()), *moved)
    return found
