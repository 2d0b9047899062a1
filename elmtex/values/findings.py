"""Whether the words of a finding say that something is as it should be: "lungs clear", "Abdomen weich".

An examination names far more of these than of the others, and none of them is a problem. Closed lists of words, in English
and German. A finding of which they know no word stays as it is.
"""

from __future__ import annotations

import re

_ARE = r"(?:\s(?:is|are|was|were|appears?))?"
_SIGN = r"(?:pulses?|(?:bowel|breath|heart)\ssounds|air\sentry|excursions?|respiratory\seffort)"
# Expressions, with blanks between them.
_ENGLISH = rf"""
normal(?:ly)? normal-\w+ normo(?:cephalic|tensive|active|cardic|thermic) unremarkable wnl healthy intact
clear supple soft regular midline symmetric(?:al(?:ly)?)? appropriate(?:ly)? unobstructed
alert awake oriented cooperative calm pleasant euthymic fluent (?:feels|looks|sleeps|eats)\swell
(?:pearly|pink)\sgr[ae]y (?:trachea|weber){_ARE}\s(?:central|midline) apyrexial nsr (?:plantars|babinski){_ARE}\sdowngoing descended compressible
(?:power|strength)\s5/5 gcs\s15(?:/15)? a&ox?[34] (?:romberg|slr|lachman|lasègue|babinski|tinel|phalen|barlow|ortolani|hut)(?:'s|\ssign)?(?:\sbds\.?)?{_ARE}\snegative?
atraumatic anicteric afebrile acyanotic euvola?emic eupno?eic pain[\s-]free perrla? perl eomi? ctab? rrr nad
well[\s-](?:developed|nourished|appearing|looking|hydrated|perfused|groomed|kept|healed|formed)
non-?(?:tender|distended|toxic|icteric|focal|labou?red|erythematous|injected|bulging|pitting|dilated|displaced)(?:[\s-](?:looking|appearing))?
(?:full|good|preserved)\s(?:(?:active|passive|and)\s)*(?:range\sof\s(?:motion|movement)|rom|strength|power)
good\s(?:(?:respiratory|inspiratory)\s)?(?:effort|repair|eye\scontact|hygiene|turgor|capillary\srefill|appetite|dentition|air\s(?:entry|movement)|tone|colou?r)
(?:appetite|sleep|mood|memory|hearing|vision|gait|dentition|strength)(?:\sis|\swas)\s(?:good|okay|ok|fine)
(?:equal|palpable|strong|good|present|active|positive)(?:\s(?:bilateral|peripheral|distal|pedal|femoral))*\s{_SIGN}
{_SIGN}{_ARE}\s(?:present|equal|palpable|good|active|strong|2\+) s1(?:,|\sand)\ss2(?:\s(?:present|heard))?
pupils{_ARE}\sequal (?:pupils{_ARE}|equal(?:ly)?|round)(?:,|\sand)*\sreactive (?:equally\s)?(?:reactive|responsive)\sto\slight(?:\sand\saccommodation)?
(?:mouth|lips|mucosae?|membranes){_ARE}\smoist moist\s(?:oral\s|mucous\s)*(?:mucosae?|membranes) warm(?:,|\sand)+\sdry
(?:in\s)?no\s(?:(?:acute|apparent|obvious|respiratory)\s)*distress moves?\sall\s(?:four\s)?(?:extremities|limbs)
(?:ha?emodynamically|vitals|vital\ssigns){_ARE}\sstable"""
_END = r"(?:e[rnsm]?)?"  # of German adjectives
_GERMAN = rf"""
unauffällig{_END} altersgemäß{_END} altersentsprechend{_END} o\.\s?b\.? regelrecht{_END} regelhaft{_END} normale?[rnsm]? intakt{_END} \w*gesund{_END}
norm(?:wert|gerecht|oton|ofrequent|algewicht)\w* weich{_END} rein{_END} rhythmisch isokor{_END} lichtreagibel seitengleich{_END} symmetrisch{_END}
mittelständig{_END} vesikulär\w* reizlos{_END} reizfrei{_END} bland{_END} regelmäßig{_END} rosig{_END} kompensiert{_END} wach kooperativ{_END}
frei\Z anikterisch schluckverschieblich atemverschieblich schlussfähig sonor{_END} normkalibrig steinfrei zartwandig komprimierbar
warm\sund\strocken (?:im\s)?(?:norm|referenz)bereich im\sniveau zielsicher ausgeglichen sinusrhythmus (?:bandapparat|bänder)\sstabil deszendiert
(?:(?:allseits|voll)\s)?orientiert{_END} beschwerdefrei{_END} schmerzfrei{_END} fieberfrei{_END} afebril{_END} guter\s(?:az|ez|allgemein\w*|ernährungs\w*)
(?:frei|gut|seitengleich)\s(?:beweglich|tastbar|belüftet|durchgängig|durchblutet){_END}"""
# What makes something else of the words beside it: parts of words, as both languages compound them.
_ILL = r"""
tender\b tenderness edem ödem pain\b [a-z]?ache\b schmerz swell swollen schwell schwollen burn brenn itch juck cramp krampf numb taub tingl kribb
mass(?:es)?\b lesion läsion nodul knoten lymph\s?node lymphknoten tumou?r cancer krebs malign metasta carcin karzin oma(?:ta)?\b cyst zyst polyp
murmur geräusch wheez rales?\b crackl crepit rassel rhonch \brubs?\b gallop bruit strid cough husten sputum
eryth rash exanthem inject vesic papul macul makul plaque petech \bred(?:ness)?\b rot\b röt pale\b pallor blass cyan zyano jaund icter ikter \bdry\b trocken
discharge exs?ud secret sekret bleed blut blood h[aä]?emorr hämorr h[aä]?ematom froth purul eitr fluid flüssig effus erguss ascites aszites
decreas increas reduc reduz dimin elevat erhöh vermind enlarg vergröß prominen \blow\b high\b more\b slow pinpoint fullness shift signal uptake opaci infiltr
abnorm irregul unregelm absent weak schwach schwäch loss\b lost lack poor schlecht limit restrict einge?schr deficit defizit ausfall diffic
mild moderat sever slight leicht mäßig schwer mark(?:ed|ant) minimal gering chron acute akut wors verschlecht improv besser gebess resolv abgekl remission regress rückl
\bbut\b except other\sthan although only\b nur\b bis\sauf aber\b jedoch not?\b nicht never kein unklar unclear inkonstant specific healing
itis\b os[ie]s\b [aä]?emia\b ämie path(?:y|ie|olog) megal algi[ae] uri[ae]?\b plegi pares[ie] peni[ae] trophy trophie sclero sklero hypo hyper dys tachy brady
hydroceph fract fraktur \bfx\b \btear ruptur thromb infar[ck]t stenos ulc[ue] wunde?\b wound scar\b narbe injur verletz trauma aneurysm herni cele\b stone stein
fatig müdig fever fieber febril vomit erbr nause übel bloat consti diarr durchfall stool stuhl urine\b palpit synco synko dizz schwind vertig
deform contract kontrakt limp hink atax tremor zuck seiz rigid stiff steif guard abwehr rebound distend gebläht asymm unequal anisok sluggish träge
drows letharg confus verwirr scharf disor desor agit anx angst depri depress tearful suicid obes adip aphas blur diplop doppel thick verdick fixed dilat erweit
disease syndrom krankh erkrank störung insuff block\b arrhyth fibrill flimmern unstab instab \bun(?:able|coop|well|steady) saline rhin foramen ductus shunt
drink alcohol alkohol collapse bull[ae] bracelet failure \bnodes?\b systolikum [1-6]/6 starr weit\b
x\s?[12]\b to\s(?:self|place|person|own) zu[rm]?\s(?:ort|person) nacht nights? cells?\b cytoplasm catheter tube\b \bt\swaves? drawn"""


def _any(*expressions: str) -> str:
    return "|".join(" ".join(expressions).split())


_NORMAL = re.compile(rf"(?<![\w-])(?:{_any(_ENGLISH, _GERMAN)})(?![\w-])", re.IGNORECASE)
_PROBLEM = re.compile(_any(_ILL), re.IGNORECASE)
# "regular without murmurs", "rein, keine Geräusche": what is not there does not count.
_WITHOUT = re.compile(
    r"(?:\b(?:without|w/o|ohne|free of|frei von)|, ?(?:no|keine?))\b[^,;]*", re.IGNORECASE
)


def is_normal_finding(text: str) -> bool:
    """Whether a present finding says that something is as it should be.

    Args:
        text: the words of an item, as it stands in the report.

    Examples:
        >>> [is_normal_finding(t) for t in ("Clear to auscultation", "Abdomen soft, nontender", "Herztöne rein")]
        [True, True, True]
        >>> [is_normal_finding(t) for t in ("clear rhinorrhoea", "soft, tender abdomen", "desorientiert")]
        [False, False, False]
    """
    kept = _WITHOUT.sub("", text)
    rest = _NORMAL.sub(" ", kept)
    return rest != kept and not _PROBLEM.search(rest)
