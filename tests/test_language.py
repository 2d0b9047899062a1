"""The language of a report, also where it is written as notes without a small word."""

from __future__ import annotations

import pytest

from elmtex.text.language import language

GERMAN = [
    "Pat. klagt über Husten. Fieber 38,5 °C.",
    "AZ reduziert, EZ normal. Pulmo bds. frei.",
    "Z.n. Cholezystektomie 2012, Z.n. Appendektomie.",
    "RR 140/85 mmHg, HF 88/min, SpO2 94 %.",
    "Ramipril 5 mg 1-0-0, Metoprolol 47,5 mg 1-0-1",
    "Entlassung in gutem Allgemeinzustand.",
    "V.a. Pneumonie re. Unterlappen.",
    "Keine Allergien bekannt.",
    "Abdomen weich, kein Druckschmerz, Darmgeräusche lebhaft.",
    "Raucher, 30 py. Alkohol gelegentlich.",
    "CT Abdomen: freie Flüssigkeit, sonst unauffällig",
    "Echo: EF 35 %, Mitralinsuffizienz II°",
    "Wundheilung regelrecht, Fäden ex am 10. Tag",
    "Labor: Krea 1,4 mg/dl, CRP 120 mg/l, Leukos 14,2",
    "Aufnahme wegen Luftnot seit drei Tagen",
    "Mutter Mammakarzinom, Vater Herzinfarkt",
    "Verlaufskontrolle beim Hausarzt empfohlen",
    "Beinödeme bds., Halsvenenstauung",
    "Diagnosen: Vorhofflimmern, arterielle Hypertonie, Diabetes mellitus Typ 2",
    "Rö-Thorax: Infiltrat links basal",
    "Therapie: Antibiose mit Ampicillin/Sulbactam",
    "Nykturie 2x, Stuhlgang unauffällig",
    "Schmerzen linkes Knie, Schwellung, Überwärmung",
    "72-jährige Patientin, Sturz auf die Hüfte",
    "Neurologisch: Hemiparese rechts, Aphasie",
    "Medikation unverändert weiter",
    "Gewicht 82 kg, Größe 176 cm",
    "Kopfschmerz, Übelkeit, Erbrechen",
    "Verdacht auf Lungenembolie, D-Dimere erhöht",
    "Blutdruck gut eingestellt, Patient beschwerdefrei",
]
ENGLISH = [
    "Pt c/o cough. Temp 38.5 C.",
    "72F s/p fall, L hip pain.",
    "Hx: HTN, DM2, CAD s/p CABG 2012.",
    "BP 140/85, HR 88, SpO2 94% RA.",
    "Lisinopril 10 mg daily, metoprolol 50 mg BID",
    "Discharged home, stable.",
    "R/o pneumonia RLL.",
    "NKDA. Never smoker.",
    "Abdomen soft, nontender, bowel sounds present.",
    "Smoker 30 pack-years. Occasional alcohol.",
    "CT abdomen: free fluid, otherwise unremarkable",
    "Echo: EF 35%, mitral regurgitation",
    "Wound healing well, sutures out day 10",
    "Labs: creatinine 1.4 mg/dL, CRP 120, WBC 14.2",
    "Admitted for shortness of breath x3 days",
    "Mother breast cancer, father heart attack",
    "Follow up with primary care",
    "Bilateral leg edema, raised JVP",
    "Dx: atrial fibrillation, hypertension, type 2 diabetes",
    "CXR: left basal infiltrate",
    "Plan: continue antibiotics, repeat labs tomorrow",
    "Nocturia x2, bowel movements normal",
    "Left knee pain, swelling, warmth",
    "58 y/o male, chest pain radiating left arm",
    "Neuro: right hemiparesis, aphasia",
    "Meds unchanged",
    "Weight 82 kg, height 176 cm",
    "Headache, nausea, vomiting",
    "Suspected pulmonary embolism, D-dimer elevated",
    "Blood pressure well controlled, asymptomatic",
]


@pytest.mark.parametrize(("lines", "name"), [(GERMAN, "de"), (ENGLISH, "en")])
def test_telegraphic_lines(lines: list[str], name: str) -> None:
    """One of each is too short to tell: numbers with units, three words of Latin."""
    wrong = [line for line in lines if language(line) != name]
    assert len(lines) == 30 and len(wrong) <= 1, wrong


def test_whole_reports_and_what_is_not_text() -> None:
    assert language("\n".join(GERMAN)) == "de"
    assert language("\n".join(ENGLISH)) == "en"
    # A German letter with English names of drugs and studies in it.
    assert (
        language(
            "Z.n. STEMI, Stent in LAD. ASS, Clopidogrel. Kontrolle in 6 Wochen, Belastungs-EKG."
        )
        == "de"
    )
    assert language("") == language("12/80 38,5 😀") == "en"


def test_the_examples_of_the_page() -> None:
    from elmtex.examples import EXAMPLES

    assert {example.name: language(example.text) for example in EXAMPLES} == {
        example.name: example.lang for example in EXAMPLES
    }
