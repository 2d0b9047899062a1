"""What words around an item tell of its assertion for certain: forms, doubt, conditions, denials of the line above."""

import time

import pytest

from elmtex.extractors.values import fitted
from elmtex.schema import load_schema
from elmtex.text.form_field import answered
from elmtex.text.reading import reading
from elmtex.text.sections import Sectioned
from elmtex.types import Assertion, Item

CLINICAL = load_schema("clinical")
SX, DX, DRUG = "signs_symptoms", "diagnosis", "pharmacological_therapy"
TEST, LAB, ALLERGIES = "diagnostic_techniques_procedures", "laboratory_values", "allergies"


def item(report: str, words: str, assertion: Assertion = "present") -> Item:
    start = report.index(words)
    return Item(words, start, start + len(words), assertion=assertion)


@pytest.mark.parametrize(
    ("form", "words", "told"),
    [
        ("[x] Vertigo\n[ ] Tinnitus", "Vertigo", "present"),
        ("[x] Vertigo\n[ ] Tinnitus", "Tinnitus", "absent"),
        ("☒ Fieber  ☐ Husten", "Husten", "absent"),
        ("Fieber [x], Husten [ ]", "Husten", "absent"),
        ("Fieber [x], Husten [ ]", "Fieber", "present"),
        ("[ ] Vertigo\n[ ] Tinnitus", "Tinnitus", None),  # nobody has filled it in
        ("Reflux   [x] yes  [ ] no", "Reflux", "present"),
        ("Asthma   [ ] yes  [x] no", "Asthma", "absent"),
        ("Asthma   [ ] ja  [ ] nein", "Asthma", None),
        ("Dementia: N", "Dementia", "absent"),
        ("Incontinence: Y", "Incontinence", "present"),
        ("Dementia: N/K", "Dementia", "possible"),
        ("History of falls? Yes, 2 in past month", "falls", "present"),
        ("Night sweats?: Yes", "Night sweats", "present"),
        ("Niereninsuffizienz? - nein", "Niereninsuffizienz", "absent"),
        ("MRSA: neg., Dysphagie: ja", "MRSA", "absent"),
        ("MRSA: neg., Dysphagie: ja", "Dysphagie", "present"),
        ("Sturz\tnein", "Sturz", "absent"),
        ("Vorerkrankungen: DM (-), aHT (+)", "aHT", "present"),
        ("Vorerkrankungen: DM (-), aHT (+)", "DM", "absent"),
        ("ROS: (-) fevers, chills; (+) fatigue, malaise", "chills", "absent"),
        ("ROS: (-) fevers, chills; (+) fatigue, malaise", "malaise", "present"),
        ("Zyanose Ø, Ikterus Ø, Varikosis", "Ikterus", "absent"),
        ("Zyanose Ø, Ikterus Ø, Varikosis", "Varikosis", None),
        ("Ø Fieber, Ø Husten", "Husten", "absent"),
        ("+ polyuria, polydipsia\n- weight loss", "polydipsia", "present"),
        ("+ polyuria, polydipsia\n- weight loss", "weight loss", "absent"),
        ("+fever -cough", "cough", "absent"),
        ("Asthma  Yes [x]  No [ ]", "Asthma", "present"),
        ("Fieber  nein ☒  ja ☐", "Fieber", "absent"),
        ("Reflux [ ] yes [ ] no  Asthma [x] yes [ ] no", "Reflux", None),
        ("Reflux [ ] yes [ ] no  Asthma [x] yes [ ] no", "Asthma", "present"),
        ("Ödeme   [ ] keine   [x] Unterschenkel", "Ödeme", "present"),
        ("Ödeme   [x] keine   [ ] Unterschenkel", "Ödeme", "absent"),
        ("Dekubitus bei Aufnahme: nein", "Dekubitus", "absent"),
        ("Stroke/TIA: N", "Stroke", "absent"),
        ("( ) Asthma\n(x) COPD", "Asthma", "absent"),
        # No form's answers
        ("[x] negative for fever, chills", "chills", None),
        ("☒ Keine Allergien bekannt", "Allergien", None),
        ("☒ V. a. Embolie ☐ Kontrolle", "Embolie", None),
        ("[x] DVT prophylaxis with enoxaparin", "DVT", None),
        ("[x] MRI ordered\n[ ] discuss seizure with neurology", "seizure", None),
        ("[x] Discuss hypertension\n[ ] Recheck anemia", "anemia", None),
        ("[x] No known drug allergies", "allergies", None),
        ("□ Hypertonie\n□ KHK\n\n☒ Kontrolle", "KHK", None),
        ("Rundherd Ø 8 mm", "Rundherd", None),
        ("Breast cancer HER2: neg", "Breast cancer", None),
        ("Mammakarzinom ER (-) PR (-)", "Mammakarzinom", None),
        ("Infection resolved: yes", "Infection", None),
        ("Suspected sepsis? Yes", "sepsis", None),
        ("Sepsis Fokus: unklar", "Sepsis", None),
        ("Diabetes with complications: none", "Diabetes", None),
        ("- Hypertonie\n- Diabetes\n+ Nephropathie", "Diabetes", None),
        ("Kopf -und Nackenschmerzen +Übelkeit", "Nackenschmerzen", None),
        ("Fever: no longer", "Fever", None),
        ("- weight loss\n- cough", "cough", None),
        ("Anti-HBs (-) and HBsAg", "HBsAg", None),
        ("Pain: none since the operation", "Pain", None),
        ("Diabetes, no complications", "Diabetes", None),
        ("E. coli in der Urinkultur - unklar, ob relevant", "E. coli", None),
        ("Ammoniak  94 H  –  52", "Ammoniak", None),
        ("Fever (38.5) and cough", "Fever", None),
        ("see [1] for Vertigo", "Vertigo", None),
    ],
)
def test_a_form_tells_by_its_boxes_signs_and_answers(
    form: str, words: str, told: str | None
) -> None:
    start = form.index(words)
    assert answered(form, start, start + len(words)) == told


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("HIV: negative", None),
        ("HIV: no", "absent"),
        ("HIV  not detected", None),
        ("ASS\t-\t-\t1", None),
        ("ASS   nein", None),
    ],
)
def test_a_negative_result_denies_no_test_and_a_column_no_drug(form: str, told: str | None) -> None:
    assert answered(form, 0, 3, tested=True) == told


@pytest.mark.parametrize(("box", "told"), [("x", "present"), (" ", "absent")])
def test_a_long_line_is_read_from_its_beginning(box: str, told: str) -> None:
    form = "[x] fever, [ ] cough, " * 50_000 + f"[{box}] pain, [x] rash, [ ] itch"
    start = form.index("pain")
    assert answered(form, start, start + 4) == told
    form = "fever [x], cough [ ], " * 50_000 + f"pain [{box}], rash [x], itch [ ]"
    start = form.index("pain")
    assert answered(form, start, start + 4) == told


@pytest.mark.parametrize("filling", [" ", "\t", "- ", "(-) ", "[ ] ", ": ", "a ", "/a"])
def test_what_stands_behind_costs_little(filling: str) -> None:
    began = time.perf_counter()
    for _ in range(100):
        answered("fever" + filling * 1000, 0, 5)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("report", "key", "words", "was", "told"),
    [
        # Doubt is of the sentence, the heading or the list that has it
        ("1) V. a. Sarkoidose\n2) Osteoporose", DX, "Osteoporose", "possible", "present"),
        ("Kein Fieber. Narbenhernie paraumbilikal.", DX, "Narbenhernie", "possible", "present"),
        ("Problem list\n1) Flutter\n2) r/o sepsis", DX, "Flutter", "possible", "present"),
        ("Risks explained:\n- bleeding\n- perforation", DX, "perforation", "possible", "possible"),
        ("DD:\nSarkoidose\nTuberkulose", DX, "Tuberkulose", "possible", "possible"),
        ("Should she bleed, call us.", SX, "bleed", "possible", "possible"),
        ("CT chest. Evaluate for metastasis.", DX, "metastasis", "possible", "possible"),
        ("Bei Luftnot sofort Wiedervorstellung.", SX, "Luftnot", "possible", "possible"),
        (
            "Bei Nierenversagen wurde Metformin pausiert.",
            DX,
            "Nierenversagen",
            "possible",
            "present",
        ),
        # A condition, or what a drug is for
        ("bei Krampfanfall: Midazolam nasal", SX, "Krampfanfall", "present", "possible"),
        ("Aufnahme bei Krampfanfall.", SX, "Krampfanfall", "present", "present"),
        ("Ondansetron 4 mg q8h PRN nausea.", SX, "nausea", "present", "possible"),
        ("Novalgin b. Bed. bei Schmerzen", SX, "Schmerzen", "present", "possible"),
        # What could not be found, or be excluded
        ("Hernias could not be palpated.", SX, "Hernias", "possible", "absent"),
        ("Exsikkose klinisch nicht vorhanden", SX, "Exsikkose", "present", "absent"),
        ("Thrombus nicht sicher auszuschließen", DX, "Thrombus", "absent", "possible"),
        ("Metastase nicht auszuschl.", DX, "Metastase", "absent", "possible"),
        ("Malignancy cannot be completely excluded.", DX, "Malignancy", "absent", "possible"),
        ("Ursache der Anämie?", DX, "Anämie", "present", "present"),
        ("Anämie?", DX, "Anämie", "present", "possible"),
        ("No progression to sepsis.", DX, "sepsis", "absent", "absent"),
        # A denial ends with its line
        ("No cough\nWheezing at night", SX, "Wheezing", "absent", "present"),
        ("No evidence of:\n- bleeding\n- rupture", DX, "rupture", "absent", "absent"),
        ("No cough,\nwheezing or stridor", SX, "stridor", "absent", "absent"),
        ("He denies fever and also\nchills at night.", SX, "chills", "absent", "absent"),
        ("Allergies: none\nNKDA", SX, "NKDA", "absent", "absent"),
        ("No fever\nchills", SX, "chills", "absent", "absent"),
        ("Husten und Fieber\nDyspnoe", SX, "Dyspnoe", "absent", "present"),
        ("Denies\nFever", SX, "Fever", "absent", "absent"),
        ("Heart failure\nAscites", SX, "Ascites", "absent", "present"),
        ("Keine Diarrhoe\nPolyp 6 mm, abgetragen", SX, "Polyp 6 mm", "absent", "present"),
        ("Keine Diarrhoe\nDD Zyste, Adnexitis", SX, "Zyste", "absent", "possible"),
        ("+ polyuria\n- tremor", SX, "tremor", "absent", "absent"),
        ("- polyuria\n- tremor", SX, "tremor", "absent", "present"),
        ("Das Fieber ist verschwunden.", SX, "Fieber", "absent", "absent"),
        (
            "IOC not done\nCholecystectomy today",
            "interventional_therapy",
            "Cholecystectomy",
            "absent",
            "present",
        ),
        (
            "Torasemid | 10 mg | 1-½-0-0",
            "pharmacological_therapy",
            "Torasemid",
            "absent",
            "present",
        ),
        (
            "Kein Anhalt für Frakturen, Stenosen bzw. Abszesse.",
            "diagnosis",
            "Stenosen",
            "present",
            "absent",
        ),
        (
            "Kein Anhalt für Frakturen, Stenosen bzw. Abszesse.",
            "diagnosis",
            "Abszesse",
            "present",
            "absent",
        ),
        ("No fever but cough or wheeze", SX, "wheeze", "present", "present"),
        ("CV risks: HTN, DM", "diagnosis", "DM", "present", "present"),
        (
            "Denies fever, reports cough and nausea or vomiting.",
            SX,
            "vomiting",
            "present",
            "present",
        ),
        (
            "Kein Anhalt für Spinalkanalstenose L3/4 bzw. L4/5.",
            "diagnosis",
            "Spinalkanalstenose L3/4",
            "absent",
            "absent",
        ),
        ("Milz nicht tastbar.", SX, "Milz nicht tastbar", "present", "present"),
        ("Pulmo: VAG bds., k. RG.", SX, "RG", "absent", "absent"),
        ("Lunge: o. RG", SX, "RG", "absent", "absent"),
        ("Pain: 0/10 at rest", SX, "Pain", "absent", "absent"),
        (
            "Keine Hinweise auf\n- Stauung\n- Infiltrate\n- Ergüsse",
            SX,
            "Infiltrate",
            "absent",
            "absent",
        ),
        ("Patient denies the following\nFever\nChills", SX, "Chills", "absent", "absent"),
        (
            "Discontinued Medications\nRamipril 5 mg\nMetformin 1 g",
            "pharmacological_therapy",
            "Metformin 1 g",
            "absent",
            "absent",
        ),
        (
            "Simvastatin 20 mg → Atorvastatin 40 mg",
            "pharmacological_therapy",
            "Simvastatin 20 mg",
            "absent",
            "absent",
        ),
        (
            "Wechsel von Citalopram auf Venlafaxin",
            "pharmacological_therapy",
            "Citalopram",
            "absent",
            "absent",
        ),
        (
            "Falls, on warfarin 5 mg daily",
            "pharmacological_therapy",
            "warfarin 5 mg",
            "present",
            "present",
        ),
        (
            "Wenn er Schmerzen hat, nimmt er Ibuprofen 400",
            "pharmacological_therapy",
            "Ibuprofen 400",
            "present",
            "present",
        ),
        (
            "Sarkoidose, histologisch nicht gesichert",
            "diagnosis",
            "Sarkoidose",
            "possible",
            "possible",
        ),
        (
            "Apixaban statt Marcumar wegen VHF",
            "pharmacological_therapy",
            "Apixaban",
            "absent",
            "present",
        ),
        (
            "Apixaban statt Marcumar wegen VHF",
            "pharmacological_therapy",
            "Marcumar",
            "present",
            "absent",
        ),
        (
            "Metformin wurde pausiert, ab 06.11. wieder angesetzt.",
            "pharmacological_therapy",
            "Metformin",
            "absent",
            "present",
        ),
        (
            "Metformin wurde pausiert und nicht wieder angesetzt.",
            "pharmacological_therapy",
            "Metformin",
            "absent",
            "absent",
        ),
        ("5) Schwindel, DD BPLS", SX, "Schwindel", "possible", "present"),
        ("Dyspnoe, a. e. kardial", SX, "Dyspnoe", "possible", "present"),
        ("PE, likely", "diagnosis", "PE", "possible", "possible"),
        ("Pneumonie, V. a.", "diagnosis", "Pneumonie", "possible", "possible"),
        (
            "CT: V.a. nicht dislozierte Densfraktur",
            "diagnosis",
            "Densfraktur",
            "present",
            "possible",
        ),
        ("Der Husten hat sich nicht gebessert.", SX, "Husten", "absent", "present"),
        ("Adenopathy isn't identified either.", SX, "Adenopathy", "present", "absent"),
        ("The source of pain was not identified.", SX, "pain", "present", "present"),
        ("Cirrhosis w/o varices.", SX, "varices", "present", "absent"),
        ("rash+;fever-;cough-", SX, "fever", "present", "absent"),
        ("rash+;fever-;cough-", SX, "rash", "absent", "present"),
        ("asthma? pos / seizures? neg / gout? neg", DX, "seizures", "possible", "absent"),
        ("L radiculopathy -- NO stenosis", SX, "L radiculopathy", "absent", "present"),
        ("* Ulkus * keine Infektion * Inkontinenz", SX, "Inkontinenz", "absent", "present"),
        ("* Ulkus * keine Infektion * Inkontinenz", SX, "Infektion", "absent", "absent"),
        ("Mammographie: noch nie\nDD Zyste", DX, "Zyste", "absent", "possible"),
        ("Mass - ?adenocarcinoma", SX, "Mass", "absent", "possible"),
        ("A: POD3 s/p sigmoidectomy", TEST, "sigmoidectomy", "possible", "present"),
        ("Not for home O2.", TEST, "home O2", "present", "absent"),
        ("Citalopram ex, Duloxetin neu", DRUG, "Citalopram", "present", "absent"),
        ("Citalopram ex, Tilidin weiter; HCT pausiert", DRUG, "Tilidin", "absent", "present"),
        ("zugunsten von Ustekinumab verlassen", DRUG, "Ustekinumab", "absent", "present"),
        (
            "Allergie auf Latex. Cefazolin wurde gut vertragen.",
            DRUG,
            "Cefazolin",
            "absent",
            "present",
        ),
        ("Cefazolin wurde nicht gut vertragen.", DRUG, "Cefazolin", "absent", "absent"),
        ("Katheter abgelehnt, CTG erfolgt.", TEST, "CTG", "possible", "present"),
        ("Rö LWS b. Grav. unterlassen", TEST, "Rö LWS", "present", "absent"),
        ("Zwangsgedanken dagegen wurden bejaht.", SX, "Zwangsgedanken", "absent", "present"),
        ("WV b. Parese o. Fieber.", SX, "Fieber", "present", "possible"),
        ("Mögliche Komplikationen (Fistel)", SX, "Fistel", "present", "possible"),
        ("Aripiprazole has replaced quetiapine.", DRUG, "Aripiprazole", "absent", "present"),
        ("Aripiprazole was replaced by it.", DRUG, "Aripiprazole", "absent", "absent"),
        ("Arthralgia has by no means settled.", SX, "Arthralgia", "absent", "present"),
        ("COPD - no home oxygen", DX, "COPD", "absent", "present"),
        ("DVT - no evidence", DX, "DVT", "absent", "absent"),
        ("Symptom | Y/N\nDiplopia     | N\nPtosis | Y", SX, "Diplopia", "present", "absent"),
        (
            "back to ED if drowsy",
            "plan",
            "back to ED if drowsy",
            "present",
            "possible",
        ),
        ("Früher Metoprolol.", DRUG, "Metoprolol", "present", "absent"),
        ("Ramipril auf Candesartan umgestellt.", DRUG, "Ramipril", "present", "absent"),
        ("Ramipril auf 10 mg erhöht.", DRUG, "Ramipril", "present", "present"),
        ("Furosemid wurde auf orale Gabe umgestellt.", DRUG, "Furosemid", "absent", "present"),
        ("Wir empfehlen den Beginn von Simvastatin.", DRUG, "Simvastatin", "present", "possible"),
        ("No fever, known gout likely cause", DX, "gout", "possible", "present"),
        ("Used to take valproate.", DRUG, "valproate", "present", "absent"),
        ("Die Schmerzen sprachen auf Ibuprofen nicht an.", SX, "Schmerzen", "absent", "present"),
        ("The pain did not improve.", SX, "pain", "absent", "present"),
        ("No chest pain, the cough has not improved.", SX, "cough", "absent", "present"),
        ("No pain that has not improved.", SX, "pain", "absent", "absent"),
        ("He was not aware of the fever.", SX, "fever", "absent", "present"),
        ("He was not aware of any fever.", SX, "fever", "absent", "absent"),
        ("Nicht nur Erbrechen, auch Durchfall.", SX, "Erbrechen", "absent", "present"),
        ("Ohne Zweifel Meningitis.", "diagnosis", "Meningitis", "absent", "present"),
        (
            "Sollte Pat. krampfen oder einen Stridor entwickeln.",
            SX,
            "Stridor",
            "present",
            "possible",
        ),
        ("Falls die Schmerzen anhalten, MRT.", SX, "Schmerzen", "present", "present"),
        ("Husten/Heiserkeit (kein Fieber!)", SX, "Heiserkeit", "absent", "present"),
        ("Pneumonie (kein Anhalt)", "diagnosis", "Pneumonie", "absent", "absent"),
        ("Kein Anhalt für Fraktur, Erguss od. Riss.", SX, "Erguss", "possible", "absent"),
        ("Kein sicherer Anhalt für Fraktur oder Riss.", SX, "Fraktur", "possible", "possible"),
        ("Exclude TB.", "diagnosis", "TB", "absent", "possible"),
        ("Ikterus Ø, Ödeme +", SX, "Ödeme", "absent", "present"),
        ("Loose teeth ........ NO", SX, "Loose teeth", "present", "absent"),
        ("Itching (Y/N): Y", SX, "Itching", "absent", "present"),
        ("Kein\nMarcumar.", "pharmacological_therapy", "Marcumar", "present", "absent"),
        (
            "She did not respond to antibiotics.",
            "pharmacological_therapy",
            "antibiotics",
            "absent",
            "present",
        ),
        (
            "Erwogen wird Trametinib.",
            "pharmacological_therapy",
            "Trametinib",
            "present",
            "possible",
        ),
        (
            "Simvastatin on hold while on clarithromycin.",
            "pharmacological_therapy",
            "clarithromycin",
            "absent",
            "present",
        ),
        (
            "Metformin (keine Nebenwirkungen) wird fortgeführt.",
            "pharmacological_therapy",
            "Metformin",
            "absent",
            "present",
        ),
        (
            "LP bei INR 2,8 zurückgestellt.",
            "diagnostic_techniques_procedures",
            "LP",
            "present",
            "absent",
        ),
        (
            "Surgery is being considered.",
            "interventional_therapy",
            "Surgery",
            "present",
            "possible",
        ),
        ("V. a. Embolie bei Pneumonie", "diagnosis", "Pneumonie", "present", "present"),
        ("V. a. Pneumonie, DD Embolie", "diagnosis", "Pneumonie", "possible", "possible"),
        (
            "Sollte das CRP weiter steigen: CT Abdomen",
            "diagnostic_techniques_procedures",
            "CT Abdomen",
            "present",
            "possible",
        ),
        (
            "If febrile, blood cultures",
            "diagnostic_techniques_procedures",
            "blood cultures",
            "present",
            "possible",
        ),
        (
            "When febrile, blood cultures were taken",
            "diagnostic_techniques_procedures",
            "blood cultures",
            "present",
            "present",
        ),
        (
            "Die Kardioversion entfiel bei SR.",
            "interventional_therapy",
            "Kardioversion",
            "present",
            "absent",
        ),
        (
            "Amoxicillin nur, falls in 48 h keine Besserung",
            "pharmacological_therapy",
            "Amoxicillin",
            "present",
            "possible",
        ),
        (
            "Noradrenalin seit 48 h aus, Meropenem noch bis 20.04.",
            "pharmacological_therapy",
            "Meropenem",
            "absent",
            "present",
        ),
        ("Besprochene Risiken: Perforation, Blutung.", SX, "Blutung", "present", "possible"),
        ("Discussed the risks of bleeding and stroke.", SX, "bleeding", "present", "possible"),
        ("Risikofaktoren: Nikotin, Adipositas", SX, "Adipositas", "present", "present"),
        (
            "a. e. TIA\ncMRT: keine Blutung, alter Infarkt re.",
            "diagnosis",
            "alter Infarkt re.",
            "possible",
            "present",
        ),
        # Another noun's
        ("Given obesity the liver could not be palpated.", DX, "obesity", "present", "present"),
        ("Pankreas bei Meteorismus nicht darstellbar", SX, "Meteorismus", "present", "present"),
        ("Cirrhosis in which HCC cannot be excluded", DX, "Cirrhosis", "present", "present"),
        ("Bei Hypertonie: Ramipril 5 mg", DX, "Hypertonie", "present", "present"),
        ("Bei Thoraxschmerz sofort aufgenommen.", SX, "Thoraxschmerz", "present", "present"),
        # Words of doubt
        ("Evtl. Polyneuropathie", DX, "Polyneuropathie", "possible", "possible"),
        ("prob. pneumonia", DX, "pneumonia", "possible", "possible"),
        ("Sepsisverdacht, Urosepsis", DX, "Urosepsis", "possible", "possible"),
        ("Passend zu Pneumonie", DX, "Pneumonie", "possible", "possible"),
        ("Favored to represent hemangioma", DX, "hemangioma", "possible", "possible"),
        ("DD:\r\nSarkoidose\r\nTuberkulose", DX, "Tuberkulose", "possible", "possible"),
        # Tests and results
        ("CT Thorax, MRT nicht möglich", TEST, "CT Thorax", "present", "present"),
        ("MRI because CT was not possible", TEST, "MRI", "present", "present"),
        ("Nach der PCI lehnte er eine Reha ab.", TEST, "PCI", "present", "present"),
        ("Eine Koloskopie am Montag\nlehnte sie ab.", TEST, "Koloskopie", "present", "absent"),
        ("Vitamin D insufficient", LAB, "Vitamin D insufficient", "present", "present"),
        ("Hb stable and troponin pending", LAB, "Hb stable", "present", "present"),
        ("HbA1c ausstehend", LAB, "HbA1c", "present", "possible"),
        ("cMRT wegen Schrittmacher nicht durchführbar", TEST, "cMRT", "present", "absent"),
        ("Mammographie: noch nie", TEST, "Mammographie", "present", "absent"),
        ("Creatinine haemolysed, not reported", LAB, "Creatinine haemolysed", "present", "absent"),
        ("Troponin T noch ausstehend.", LAB, "Troponin T", "present", "possible"),
        ("CRP negative. Chest x-ray pending.", LAB, "CRP negative", "present", "present"),
        # Drugs
        (
            "Denosumab lehnt die Pat. ab, Vitamin D nimmt sie.",
            DRUG,
            "Denosumab",
            "present",
            "absent",
        ),
        (
            "Denosumab lehnt die Pat. ab, Vitamin D nimmt sie.",
            DRUG,
            "Vitamin D",
            "present",
            "present",
        ),
        ("simvastatin -> atorvastatin 40 mg", DRUG, "simvastatin", "present", "absent"),
        ("bisoprolol 2.5 mg -> 5 mg", DRUG, "bisoprolol 2.5 mg", "present", "present"),
        ("Simvastatin: abgesetzt\nEzetimib: neu, 0-0-1", DRUG, "Ezetimib", "absent", "present"),
        ("Simvastatin: abgesetzt\nEzetimib pausiert, 0-0-1", DRUG, "Ezetimib", "absent", "absent"),
        ("Metformin stabil, Insulin lehnt er ab", DRUG, "Metformin", "present", "present"),
        ("Ramipril 5 mg → erhöht auf 10 mg", DRUG, "Ramipril 5 mg", "present", "present"),
        ("Vancomycin 1 g -> trough 15", DRUG, "Vancomycin 1 g", "present", "present"),
        ("Wechsel von Metoprolol 50 mg auf 95 mg", DRUG, "Metoprolol 50 mg", "present", "present"),
        ("Abgesetzt: HCT, dafür Candesartan 8 mg", DRUG, "Candesartan 8 mg", "present", "present"),
        ("Medikation:\nPausiert:\nRamipril 5 mg", DRUG, "Ramipril 5 mg", "absent", "absent"),
        ("Ramipril 5 mg 0-0-0", DRUG, "Ramipril 5 mg", "absent", "absent"),
        ("Umstellung von Citalopram auf Venlafaxin", DRUG, "Citalopram", "present", "absent"),
        (
            "Ramipril auf Sacubitril umgestellt, ASS abgesetzt.",
            DRUG,
            "Sacubitril",
            "absent",
            "present",
        ),
        (
            "Ramipril auf Sacubitril umgestellt, ASS abgesetzt.",
            DRUG,
            "Ramipril",
            "absent",
            "absent",
        ),
        ("Heparin was switched to apixaban.", DRUG, "apixaban", "absent", "present"),
        ("Empfehlungen:\n1. Eisen p. o. für 3 Monate", DRUG, "Eisen", "present", "possible"),
        ("Empfehlungen:\nEisen weiter", DRUG, "Eisen", "present", "present"),
        ("Empfehlungen:\nRamipril 5 mg 1-0-0", DRUG, "Ramipril 5 mg", "present", "present"),
        ("Serologie ist noch ausstehend.", TEST, "Serologie", "absent", "possible"),
        ("Blood cultures pending.", TEST, "Blood cultures", "present", "possible"),
        (
            "Embolie mittels V/Q-Szintigraphie ausgeschlossen.",
            TEST,
            "Q-Szintigraphie",
            "absent",
            "present",
        ),
        ("Eine Embolie wurde im CT ausgeschlossen.", TEST, "CT", "absent", "present"),
        (
            "Neu fragliche Erosion am Ringfinger.",
            "signs_symptoms",
            "fragliche Erosion",
            "present",
            "possible",
        ),
        (
            "Lorazepam wurde am 3. Tag abgesetzt. Augmentation mit Quetiapin.",
            DRUG,
            "Quetiapin",
            "absent",
            "present",
        ),
        (
            "Kein Anhalt für Infekt. Quetiapin wurde nie gegeben.",
            DRUG,
            "Quetiapin",
            "absent",
            "absent",
        ),
        ("Abgesetzt: HCT 25 mg, Lorazepam 1 mg", DRUG, "Lorazepam 1 mg", "present", "absent"),
        (
            "Atorvastatin 80 mg (statt Simvastatin 20 mg)",
            DRUG,
            "Simvastatin 20 mg",
            "present",
            "absent",
        ),
        (
            "Der V. a. eine Pneumonie bestätigte sich im CT nicht.",
            "diagnosis",
            "Pneumonie",
            "possible",
            "absent",
        ),
        (
            "Reha wurde angeboten, derzeit nicht gewünscht.",
            "interventional_therapy",
            "Reha",
            "present",
            "absent",
        ),
        (
            "MTP druckdolent, nicht geschwollen.",
            "signs_symptoms",
            "druckdolent",
            "absent",
            "present",
        ),
        (
            "Eine Therapie mit Rituximab wurde von der Patientin abgelehnt.",
            DRUG,
            "Rituximab",
            "present",
            "absent",
        ),
        ("Das Amlodipin wurde am 12. Mai abgesetzt.", DRUG, "Amlodipin", "absent", "absent"),
        (
            "ASS wurde beendet. Er wurde nicht auf Apixaban umgestellt.",
            DRUG,
            "Apixaban",
            "absent",
            "absent",
        ),
        (
            "Stopped: aspirin; started clopidogrel 75 mg",
            DRUG,
            "clopidogrel 75 mg",
            "present",
            "present",
        ),
        ("Weiterhin wie zuvor Metoprolol 47,5 mg.", DRUG, "Metoprolol", "present", "present"),
        ("Plan:\n1. HTN: amlodipine 5 mg daily.", DRUG, "amlodipine 5 mg", "present", "present"),
        (
            "Bronchoscopy was performed with cultures pending.",
            TEST,
            "Bronchoscopy",
            "present",
            "present",
        ),
        (
            "Allergie: Penicillin, Cotrimoxazol fraglich.",
            "allergies",
            "Cotrimoxazol",
            "present",
            "possible",
        ),
        ("Ibuprofen bitte meiden.", DRUG, "Ibuprofen", "present", "absent"),
        ("NKDA", "allergies", "NKDA", "present", "absent"),
        (
            "She failed conservative management.",
            "interventional_therapy",
            "conservative management",
            "absent",
            "present",
        ),
        ("She has failed oral contraceptives.", DRUG, "contraceptives", "absent", "present"),
        ("It has not failed oral contraceptives.", DRUG, "contraceptives", "absent", "absent"),
        ("She hasn't failed methotrexate.", DRUG, "methotrexate", "absent", "absent"),
        ("She has not failed trials of PT.", "interventional_therapy", "PT", "absent", "absent"),
        ("No relief, as he failed trials of insulin.", DRUG, "insulin", "absent", "present"),
        ("He failed multiple visits.", "interventional_therapy", "visits", "absent", "absent"),
        ("Frustrane Therapie mit Pregabalin.", DRUG, "Pregabalin", "absent", "present"),
        ("He didn’t take aspirin. Nor iron.", DRUG, "aspirin", "absent", "absent"),
        (
            "Call also for any weight gain, rashes, burning of the feet.",
            "signs_symptoms",
            "burning",
            "present",
            "possible",
        ),
        (
            "She will alert us if there is fever.",
            "plan",
            "will alert us if there is fever",
            "present",
            "possible",
        ),
        ("Call if needed for COPD.", "diagnosis", "COPD", "present", "present"),
        ("Alert, with new left weakness.", "signs_symptoms", "left weakness", "present", "present"),
        (
            "Contact dermatitis with severe pruritus.",
            "signs_symptoms",
            "pruritus",
            "present",
            "present",
        ),
        ("Call if worse; known COPD.", "diagnosis", "COPD", "present", "present"),
        ("Spinal injury cleared by CT.", "diagnosis", "Spinal injury", "absent", "absent"),
        (
            "No history of any recent failed surgery.",
            "interventional_therapy",
            "surgery",
            "absent",
            "absent",
        ),
        ("She called for new cough.", "signs_symptoms", "cough", "present", "present"),
        ("Her fever was subsiding.", "signs_symptoms", "fever", "absent", "present"),
        ("Her fever had resolved.", "signs_symptoms", "fever", "absent", "absent"),
        ("The consolidation has cleared.", "signs_symptoms", "consolidation", "absent", "absent"),
        ("Resolution of wheezing.", "signs_symptoms", "wheezing", "absent", "absent"),
        ("Die Schwellung ist abgeklungen.", "signs_symptoms", "Schwellung", "absent", "absent"),
        (
            "Auf eine CT wurde bei Niereninsuffizienz verzichtet.",
            "diagnosis",
            "Niereninsuffizienz",
            "absent",
            "present",
        ),
        (
            "Die Diarrhoe ist inzwischen abgeklungen.",
            "signs_symptoms",
            "Diarrhoe",
            "present",
            "absent",
        ),
        ("Die Diarrhoe ist nicht abgeklungen.", "signs_symptoms", "Diarrhoe", "present", "present"),
        ("Her pneumonia has resolved.", "diagnosis", "pneumonia", "present", "present"),
        ("Die Schwellung ist rückläufig.", "signs_symptoms", "Schwellung", "absent", "present"),
        ("Treatment normalized his hyponatremia.", "diagnosis", "hyponatremia", "absent", "absent"),
        (
            "Genetic analysis was unavailable.",
            "diagnostic_techniques_procedures",
            "Genetic analysis",
            "absent",
            "absent",
        ),
        ("nkda", "allergies", "nkda", "present", "absent"),
        ("He takes steroids off and on.", DRUG, "steroids", "absent", "present"),
        (
            "Cavernous hemangioma of the liver",
            "diagnosis",
            "Cavernous hemangioma",
            "present",
            "present",
        ),
        ("Target lesion 23 mm", "laboratory_values", "Target lesion 23 mm", "present", "present"),
        (
            "Diagnosen:\n- Pneumonie, nicht bestätigt",
            "diagnosis",
            "Pneumonie",
            "possible",
            "absent",
        ),
        (
            "Diagnosen:\n- Lungenembolie, nicht auszuschließen",
            "diagnosis",
            "Lungenembolie",
            "possible",
            "possible",
        ),
        ("He is free of pain, no nausea.", "signs_symptoms", "pain", "absent", "absent"),
        (
            "Angina pectoris, nicht vorhanden.",
            "signs_symptoms",
            "Angina pectoris",
            "absent",
            "absent",
        ),
        (
            "Diagnosen:\n- Sicca-Syndrom, V. a.\n- Struma nodosa",
            "diagnosis",
            "Struma nodosa",
            "possible",
            "present",
        ),
        (
            "Diagnosen:\n- Sicca-Syndrom, V. a.\n- Struma, DD Zyste",
            "diagnosis",
            "Struma",
            "possible",
            "possible",
        ),
        (
            "Verdachtsdiagnosen:\n- Struma nodosa",
            "diagnosis",
            "Struma nodosa",
            "possible",
            "possible",
        ),
        (
            "RR-Ziel < 140/90 mmHg.",
            "laboratory_values",
            "RR-Ziel < 140/90 mmHg",
            "present",
            "possible",
        ),
    ],
)
def test_words_around_an_item_tell(
    report: str, key: str, words: str, was: Assertion, told: Assertion
) -> None:
    (found,) = fitted({key: (item(report, words, was),)}, CLINICAL, Sectioned.of(report))[key]
    assert found.assertion == told


def test_a_line_that_begins_with_a_relative_is_of_the_family() -> None:
    report = (
        "Tante: Struma\nMother - COPD, obese\nHer mother complained. Rash\nSohn: Patient hat Gicht"
    )
    found = {
        DX: tuple(item(report, w) for w in ("Struma", "COPD", "Gicht")),
        SX: (item(report, "Rash"),),
        "family_history": (),
    }
    got = fitted(found, CLINICAL, Sectioned.of(report))
    assert [i.text for i in got["family_history"]] == ["Struma", "COPD"]
    assert [i.text for i in got[DX]] == ["Gicht"] and got[SX]


def test_a_denial_behind_the_finding_is_no_part_of_the_item() -> None:
    report = "Feuchte RG nicht auskultierbar, Giemen bds."
    words = "Feuchte RG nicht auskultierbar"
    (found,) = fitted({SX: (item(report, words),)}, CLINICAL, Sectioned.of(report))[SX]
    assert (found.text, found.end, found.assertion) == ("Feuchte RG", 10, "absent")


@pytest.mark.parametrize(("sign", "told"), [("Ø", "absent"), ("bzw", "present")])
def test_a_forms_sign_is_no_part_of_the_item(sign: str, told: Assertion) -> None:
    report = f"Ikterus {sign}, Struma"
    (found,) = fitted({SX: (item(report, f"Ikterus {sign}"),)}, CLINICAL, Sectioned.of(report))[SX]
    assert (found.text, found.end, found.assertion) == ("Ikterus", 7, told)


@pytest.mark.parametrize(
    ("report", "drug", "allergen", "was", "stays"),
    [
        ("ALL: co-amoxiclav (anaphylaxis)", "co-amoxiclav", "co-amoxiclav", "present", False),
        ("Codeine makes her itch.", "Codeine", "Codeine", "present", False),
        ("Keine Antikoagulantien.", "Antikoagulantien", "Antikoagulantien", "absent", True),
        ("Tolerates aspirin 75 mg.", "aspirin 75 mg", "aspirin", "present", True),
    ],
)
def test_what_somebody_is_allergic_to_is_no_drug(
    report: str, drug: str, allergen: str, was: Assertion, stays: bool
) -> None:
    found = {DRUG: (item(report, drug, was),), ALLERGIES: (item(report, allergen, was),)}
    assert bool(fitted(found, CLINICAL, Sectioned.of(report))[DRUG]) is stays


@pytest.mark.parametrize(
    ("report", "words", "past"),
    [
        ("3. Iron deficiency anaemia - resolved", "Iron deficiency anaemia", True),
        ("Fußulkus: Z. n., 2022 abgeheilt", "Fußulkus", True),
        ("Cough (resolved)", "Cough", True),
        ("Infection - resolved?", "Infection", False),
        ("DVT - resolved with recurrence", "DVT", False),
        ("The cough has not resolved", "cough", False),
        ("Hypokalemia, resolved on day 3", "Hypokalemia", False),
        ("Gout - active", "Gout", False),
        ("1. Gout\n- resolved pneumonia", "Gout", False),
    ],
)
def test_a_problem_that_is_resolved_is_a_past_one(report: str, words: str, past: bool) -> None:
    found = {DX: (item(report, words, "absent"),), "medical_surgical_history": ()}
    got = fitted(found, CLINICAL, Sectioned.of(report))
    assert [i.assertion for i in got["medical_surgical_history"]] == ["present"] * past
    assert bool(got[DX]) is not past


@pytest.mark.parametrize(
    ("report", "words", "ages", "genders"),
    [
        ("28F G2P1 with headache", "28F", ["28"], ["F"]),
        ("w, 34 J., Halsschmerzen", None, ["34 J."], []),
        ("m, ca. 55 J., kollabiert", None, ["55 J."], []),
        ("geb. 12.04.1951 (73 J.), Synkope", None, ["73 J."], []),
        ("A gentleman in his early eighties", None, ["early eighties"], []),
        ("Pat. (m, 54 J.) mit Thoraxschmerz", None, ["54 J."], []),
        ("Mutter 34 J., gesund", None, [], []),
        ("seit 20 J. Raucher", None, [], []),
        ("Patient, 20 J. Raucher", None, [], []),
        ("Raucher bis 2014 (30 J.)", None, [], []),
        ("Her father died in his fifties.", None, [], []),
        ("Tochter w, 34 J.", None, [], []),
        ("6m old infant", "6m", ["6m"], []),
        ("56 J., M. Crohn", "56 J.", ["56 J."], []),
        ("Sturz in den letzten 6 Monaten: ja", "6 Monaten", [], []),
        ("Säugling, 6 Monate, trinkt gut", "6 Monate", ["6 Monate"], []),
        ("65 yo w/ COPD", "65 yo", ["65 yo"], []),
        (
            "Sie pflegt ihren 91-jährigen Vater, 68-jährige Frau",
            "68-jährige",
            ["68-jährige"],
            ["Frau"],
        ),
    ],
)
def test_an_age_is_the_patients(
    report: str, words: str | None, ages: list[str], genders: list[str]
) -> None:
    given = [w for w in ("91-jährigen", words) if w and w in report]
    found = {"age": tuple(item(report, w) for w in given), "gender": ()}
    got = fitted(found, CLINICAL, Sectioned.of(report))
    assert [i.text for i in got["age"]] == ages
    assert [i.text for i in got["gender"]] == genders


def test_a_disease_with_its_cause_is_one_and_the_cause_alone_is_none() -> None:
    report = "Hirninfarkt kardioembolisch, DD viral bedingt"
    found = {DX: (item(report, "Hirninfarkt kardioembolisch"), item(report, "viral bedingt"))}
    (kept,) = fitted(found, CLINICAL, Sectioned.of(report))[DX]
    assert kept.text == "Hirninfarkt kardioembolisch"


@pytest.mark.parametrize(
    ("report", "words", "own"),
    [
        (
            "Herzfehler beim Bruder, Pat. selbst mit bekanntem Vorhofflimmern.",
            "bekanntem Vorhofflimmern",
            True,
        ),
        ("FA: Vater Diabetes\nEA: 2003 Hepatitis", "Hepatitis", True),
        ("FA: Diabetes, Vater Infarkt", "Diabetes", False),
        ("A coworker was diagnosed with pertussis.", "pertussis", False),
        ("JA: Sturz. VA: KHK.", "VA: KHK", True),
        ("Der Vater hatte Krebs. Er verstarb an einem Infarkt.", "Infarkt", False),
        ("Fam. hx positive for CAD", "CAD", False),
        ("Vater mit KHK, er selbst Raucher, Mutter Asthma", "Mutter Asthma", False),
    ],
)
def test_what_no_other_person_is_named_with_is_the_patients(
    report: str, words: str, own: bool
) -> None:
    found = {"family_history": (item(report, words),), "medical_surgical_history": ()}
    got = fitted(found, CLINICAL, Sectioned.of(report))
    assert bool(got["family_history"]) is not own
    assert [i.text for i in got["medical_surgical_history"]] == [words.removeprefix("VA: ")] * own


@pytest.mark.parametrize(
    "words", ["PFLEGEANAMNESE", "Zutreffendes bitte ankreuzen", "endosonographisch"]
)
def test_a_relatives_letter_is_no_gender_and_a_form_no_finding(words: str) -> None:
    report = f"{words}\nFHx: M - ovarian cancer"
    found = {"gender": (item(report, "M "),), SX: (item(report, words),)}
    got = fitted(found, CLINICAL, Sectioned.of(report))
    assert not got["gender"] and not got[SX]


@pytest.mark.parametrize(
    ("report", "read"),
    [
        (
            "MRI shows no\nevidence of infarct.\nA cyst\nis seen.",
            "MRI shows no evidence of infarct.\nA cyst is seen.",
        ),
        ("Es findet sich kein\nErguss.", "Es findet sich kein Erguss."),
        ("Fever: no\ncough: yes", "Fever: no\ncough: yes"),
        ("Stridor - no\nwheeze", "Stridor - no\nwheeze"),
    ],
)
def test_a_denial_at_a_lines_end_goes_on(report: str, read: str) -> None:
    assert reading(report).text == read
