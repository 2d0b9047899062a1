"""Whether a finding is normal: "lungs clear to auscultation", "Abdomen weich".

An examination names far more normal findings than others, and none of them is a problem. Closed lists in English and German: a finding is normal if it
holds an expression of the first list, and every other word of it is of the second, which say where and of what. One unknown word or number, and it is a
finding like any other: a problem is not taken for a normal finding because nobody thought of its name.
"""

from __future__ import annotations

import re

# What is not there: "without murmurs".
_NONE_EN = (
    r"(?:murmurs?|rubs?|gallops?|bruits?|jvd|wheez(?:es?|ing)|rales|rhonchi|crackles|o?edema|tenderness|guarding|rebound|masses|organomegaly"
    r"|hepatosplenomegaly|thyromegaly|lymphadenopathy|adenopathy|erythema|exudates?|icterus|lesions?|rash|distension|cyanosis|clubbing|discharge|effusion|stones?|hydronephrosis)"
)
_NONE_DE = (
    r"(?:geräusche?|rgs?|rasselgeräusche?|giemen|ödeme?|druckschmerz|abwehrspannung|resistenzen|klopfschmerz|exsudat|ikterus|zyanose|läsionen|meningismus"
    r"|harnstau|stauung|erguss|auffälligkeiten)"
)
_VERB = r"(?:\s(?:is|are|was|were|appears?))?"
_SIGN = r"(?:pulses?|(?:bowel|breath|heart)\ssounds|air\sentry|excursions?|respiratory\seffort)"
# Expressions parted by blanks; a blank within one is \s.
_ENGLISH = rf"""
normal-appearing normal(?:ly)? within\snormal\slimits normo(?:cephalic|tensive|active|cardic|thermic) unremarkable wnl healthy intact
clear supple soft(?:(?:,|\sand)\s|/)flat soft regular midline symmetric(?:al(?:ly)?)? appropriate(?:ly)? unobstructed
alert awake oriented\sto\sperson,?\splace,?\s(?:and\s)?time oriented(?:\s?x\s?[34]|\stimes\s(?:three|four))?(?!\sto\b) cooperative calm pleasant euthymic fluent (?:feels|looks|sleeps|eats)\swell
(?:pearly|pink)\sgr[ae]y (?:trachea|weber){_VERB}\s(?:central|midline) apyrexial nsr (?:plantars|babinski){_VERB}\sdowngoing descended compressible
(?:power|strength|kraft|beinkraft){_VERB}\s(?:seitengleich\s)?5/5 gcs\s15(?:/15)? a&o(?:\s?x\s?[34])? (?:romberg|slr|lachman|lasègue|babinski|tinel|phalen|barlow|ortolani|hut)(?:'s|\ssign)?(?:\sbds\.?)?{_VERB}\snegative?
atraumatic anicteric afebrile acyanotic euvola?emic eupno?eic pain[\s-]free perrla? perl eomi? ctab? rrr nad
well[\s-](?:developed|nourished|appearing|looking|hydrated|perfused|groomed|kept|healed|formed)
non-?(?:tender|distended|toxic|icteric|focal|labou?red|erythematous|injected|bulging|pitting|dilated|displaced)(?:[\s-](?:looking|appearing))?
(?:full|good|preserved)\s(?:(?:active|passive|and)\s)*(?:range\sof\s(?:motion|movement)|rom|strength|power)
good\s(?:(?:respiratory|inspiratory)\s)?(?:effort|repair|eye\scontact|hygiene|turgor|capillary\srefill|appetite|dentition|air\s(?:entry|movement)|tone|colou?r)
(?:appetite|sleep|mood|memory|hearing|vision|gait|dentition|strength)(?:\sis|\swas)\s(?:good|okay|ok|fine)
(?:equal|palpable|strong|good|present|active|positive)(?:\s(?:bilateral|peripheral|distal|pedal|femoral))*\s{_SIGN}
{_SIGN}{_VERB}\s(?:present|equal|palpable|good|active|strong|2\+) (?:2\+\s{_SIGN}|reflexes{_VERB}\s2\+) cn\s?(?:ii|2)\s?[-–]\s?(?:xii|12) s1(?:,|\sand)\ss2(?:\s(?:present|heard))?
(?:pupils{_VERB}\s)?(?:equal(?:ly)?|round|symmetric)(?:(?:,|,?\sand)?\s(?:equal|round|(?:reactive|responsive)(?:\sto\slight(?:\sand\saccommodation)?)?))+ pupils{_VERB}\sequal(?:ly)?
(?:pupils{_VERB}|equally)\s(?:reactive|responsive) (?:reactive|responsive)\sto\slight(?:\sand\saccommodation)? answering\squestions\sappropriately (?:canals?|nares|airways?|veins?){_VERB}\spatent
(?:mouth|lips|mucosae?|membranes|oropharynx){_VERB}\s(?:pink\sand\s)?moist moist\s(?:oral\s|mucous\s)*(?:mucosae?|membranes) warm(?:,|\sand)+\sdry
(?:in\s)?no\s(?:(?:acute|apparent|obvious|respiratory)\s)*distress moves?\sall\s(?:four\s)?(?:extremities|limbs)
(?:ha?emodynamically|vitals|vital\ssigns){_VERB}\sstable
lucid rational comfortable happy playful smiling(?=\W*\Z) okay(?=\W*\Z) \A\W*(?:stable|benign)(?:\s(?:condition|exam))?(?=\W*\Z) abdomen{_VERB}\sbenign well[\s-]hydrated hydrated
(?:ambulat|walk|breath|sleep|eat|feed|suck|void|swallow)(?:s|es|ed|ing)\s(?:well|properly|normally|okay|independently) passing\s(?:flatus|urine)(?=\W*\Z) saturating\swell(?:\son\sroom\sair)?
good\s(?:voice|airway|(?:anal\s)?sphincter\stone|colou?r|pulses|spirits) warm(?:,|\sand|,\sand)?\swell[\s-]perfused pink\s(?:and\smoist\s|moist\s)?(?:oral\s)?(?:conjunctivae?|mucosae?|nail\sbeds)
(?:first\sand\ssecond\s)heart\ssounds(?:\s(?:present|normal|heard))? s1(?:,|\sand)\ss2\s(?:audible|normal) (?:bowel|heart|breath)\s(?:sounds?|tones){_VERB}\s(?:okay|heard|equal|audible)(?=\W*\Z)
tolerat(?:es|ed|ing)\s(?:(?:a|an|her|his|the|oral|regular|normal|p\.?o\.?)\s)*(?:diet|feeds?|feedings?|fluids|food)(?:\swell)? follows\scommands(?=\W*\Z) (?:able\sto|can)\swalk(?=\W*\Z) (?:full|normal)\s(?:(?:flexion|extension|abduction|adduction|rotation|inversion|eversion|supination|pronation)(?:\sand\s)?)+
(?:no|without)\s{_NONE_EN}(?:(?:,|,?\s(?:and|or|nor))\s(?:no\s)?{_NONE_EN})*"""
_ENDING = r"(?:e[rnsm]?)?"  # of German adjectives
_GERMAN = rf"""
unauffällig{_ENDING} altersgemäß{_ENDING} altersentsprechend{_ENDING} o\.\s?b\.? regelrecht{_ENDING} regelhaft{_ENDING} normale?[rnsm]? intakt{_ENDING} gesund{_ENDING}
norm(?:wert|gerecht|oton|ofrequent|algewicht)\w* weich{_ENDING} rein{_ENDING} rhythmisch isokor{_ENDING} lichtreagibel seitengleich{_ENDING} symmetrisch{_ENDING}
mittelständig{_ENDING} vesikulär\w* reizlos{_ENDING} reizfrei{_ENDING} bland{_ENDING} regelmäßig{_ENDING} rosig{_ENDING} kompensiert{_ENDING} wach bewusstseinsklar zu\sallen\squalitäten\sorientiert schleimhäute\sfeucht kooperativ{_ENDING}
frei(?=\W*\Z) anikterisch schluckverschieblich atemverschieblich schlussfähig sonor{_ENDING} normkalibrig steinfrei zartwandig komprimierbar
warm\sund\strocken (?:im\s)?(?:norm|referenz)bereich im\sniveau zielsicher ausgeglichen sinusrhythmus (?:bandapparat|bänder)\sstabil deszendiert
(?:(?:allseits|voll)\s)?orientiert beschwerdefrei{_ENDING} schmerzfrei{_ENDING} fieberfrei{_ENDING} afebril{_ENDING} gute[rm]\s(?:az|ez|allgemein\w*|ernährungs\w*)
(?:frei|gut|seitengleich)\s(?:beweglich|tastbar|belüftet|durchgängig|durchblutet){_ENDING}
(?:keine?|ohne)\s{_NONE_DE}(?:(?:,|\s(?:und|oder))\s(?:keine?\s)?{_NONE_DE})*"""
# Other words of a normal finding: where and of what, and what joins them.
_NEUTRAL = frozenset(
    """
    a all an and are as at both by for in is of on or the to was were with
    appeared appearing appears fully fairly grossly overall otherwise throughout status
    left right l r bilateral bilaterally upper lower anterior anteriorly posterior posteriorly medial lateral proximal distal distally peripheral
    peripherally bases apex age auscultation palpation percussion inspection touch light accommodation examination exam
    size shape color colour contour tone strength power motion movement movements range rom function rate rhythm level caliber calibre position alignment
    abdomen abdo abd abdominal adnexa adnexae adnexal anus aorta arm arms artery arteries axilla axillae back bladder bone bones bony bowel bowels
    brain breast breasts bursa bursae calf calves canal canals capsule cardiac cardiovascular cartilage cervix chest colon cord cords vocal cornea corneas
    cranial cn cns conjunctiva conjunctivae cuff dentition discs drum drums duodenum ear ears elbow elbows extraocular extremities extremity eye eyelids
    eyes face facial feet fetal finger fingers fontanelle af foot forearm fundi gait tandem gallbladder genitalia graft groin gums hand hands head hearing heart hs
    heel heels hip hips hair ileum terminal incision iris joint joints kidney kidneys knee knees labia larynx leg legs lens lids ligament ligaments limb limbs lips liver
    lobe lung lungs mediastinum mediastinal cardiomediastinal silhouette membrane membranes meniscus menisci mouth mucosa mucosae mucous muscle muscles musculature
    nails nares nasal neck nerve nerves neuro neurologic neurological neurologically neurovascularly nose ovaries ovary palate pancreas pharynx oropharynx pinna pinnae placenta
    prostate pulmonary pulse pulses pupil pupils radial pedal femoral rectal rectum reflex reflexes ribs sacrum scalp scar scars sclera sclerae scrotum sensation sensory motor septum shoulder
    shoulders sinus sinuses skin sounds breath spine spinal spleen staples sternum stomach stump suture sutures teeth tendon tendons testes testicles testis thigh throat thyroid tibial tm
    tms toe toes tongue tonsils trachea tubes turbinates tympanic uterus uvula vagina vaginal valve valves vascular vasculature vein veins ventricle ventricles portal hepatic vessels vulva
    wound wounds wrist wrists affect behavior behaviour cognition coordination insight intellect judgement judgment language memory mood speech thought vision voice mental
    set shape parity appearance creases soles clitoris olecranon trochanteric forearm forearms landmarks resting appears seems quite carotid upstroke
    ankle ankles ascending breathing buccal carotid cecum chamber chambers choana collateral compartments cone deep descending dorsalis dp ducts dura effort excursion external fossa
    four gross groups height iliac inspiratory lacrimal landmarks liquor lochia lv major majora median minora naming oral palms pancreatic pedis pituitary quadrants responses
    sciatic soles sphincter through tones ulnar ureteric vestibules volume walking ii iii iv v vi xii
    am an auf beide beiden bei das dem den der des die im in ist sind sowie und war waren zu zum zur auch noch
    altersentsprechend beidseits beiderseits bds links rechts li re linke linker linkes rechte rechter rechtes allseits peripher periphere grob orientierend makroskopisch
    cor pulmo inspektorisch palpatorisch auskultatorisch übrigen kardiopulmonal neurologisch internistisch gynäkologisch groß breit hoch flach größe form lage stellung weite sitz allen vier
    abdomen adnexe analbereich aorta arm arme atemgeräusch atemweg atemwege auge augen bauch bauchdecke bauchhautreflexe bein beine beinlänge belüftung belüftet beweglich beweglichkeit blutdruck hno
    bindehaut bindehäute blase brust brüste bulbus bulbi bws darmgeräusche dms dg durchblutung einstichstelle ellenbogen extremitäten finger fuß füße fußpulse gallenblase gang gangbild gebärmutter
    gefäße gehör gehörgang gehörgänge gelenk gelenke genitale gesicht hals hand hände harnblase haut herz herzaktion herzkontur herztöne hirnnerven hoden hornhaut hüfte hüften
    hws implantatlage kehlkopf klappe klappen klappenprothese klopfschall knie knöchel koordination kopf kornea körperhaltung kraft leber leiste leisten lid lider linse linsen lippen lunge lungen lungengrenzen
    lws lymphknotenstationen mamma mammae mediastinum mer mediastinal milz motorik mund mundboden mundhöhle muskeltonus muskulatur nacken naht nahtlinie nnh narbe narben nase nasenatmung
    nervensystem niere nieren nierenlager ohr ohren orbita ostien ovarien pankreas penis perfusion peristaltik pharynx portio prostata prothese puls pulse punktionsstelle pupille pupillen
    rachen reflexe schilddrüse schleimhaut schleimhäute schulter schultern schluckakt sehnen sensibilität septum sigma skleren sphinktertonus spinalkanal sprache sprunggelenk sprunggelenke stimmung affekt antrieb
    abdominalis aci auslösbar beinvenen bulbusmotilität dimensioniert douglas großer herzhöhlen herzklappen ht lochien menisken moro nap nierenvene ösophagusschleimhaut oszillation
    patellarsehnenreflex perianalgefühl poplitea port postoperative prompt prothesensitz qtc radialis randwinkel rechnen romberg spiegelnd tiefe ventrikel vollständig zart
    stimme stumpf thorax tonsillen tonus trommelfell trommelfelle uterus vagina ventrikelsystem wade waden wirbelkörper wirbelsäule wunde wunden wundverhältnisse zähne zervix zunge zwerchfell
    """.casefold().split()
)
_WORD = re.compile(r"[^\W_]+")
_EXPRESSIONS = "|".join([*_ENGLISH.split(), *_GERMAN.split()])
_NORMAL = re.compile(rf"(?<![\w-])(?:{_EXPRESSIONS})(?![\w-])", re.IGNORECASE)


def is_normal_finding(text: str) -> bool:
    """Whether a finding that is present is a normal one.

    Args:
        text: the words of an item, as they stand in the report.

    Examples:
        >>> [is_normal_finding(t) for t in ("Clear to auscultation", "Abdomen soft, nontender", "Herztöne rein")]
        [True, True, True]
        >>> [is_normal_finding(t) for t in ("clear rhinorrhoea", "soft, tender abdomen", "desorientiert")]
        [False, False, False]
    """
    rest = _NORMAL.sub(" ", text)
    return rest != text and all(word in _NEUTRAL for word in _WORD.findall(rest.casefold()))
