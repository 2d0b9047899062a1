"""Normalising keeps every offset; sentences end where a reader would end them."""

from __future__ import annotations

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elmtex.text.normalisation import normalise, row_of, sentences, trimmed
from elmtex.text.reading import reading


@given(st.text())
def test_normalising_keeps_length_and_sentences_cover_the_text(report):
    text = normalise(report)
    assert len(text) == len(report)
    spans = sentences(text)
    assert "".join(text[a:b] for a, b in spans) == text
    text.encode("utf-8")  # no half surrogate is left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He coughs. She does not.", ["He coughs. ", "She does not."]),
        ("Seen by Dr. Smith. No fever.", ["Seen by Dr. Smith. ", "No fever."]),
        ("CRP 3.5 mg. Fig. 1A shows it.", ["CRP 3.5 mg. ", "Fig. 1A shows it."]),
        ("z. B. Aspirin. Dann Ruhe.", ["z. B. Aspirin. ", "Dann Ruhe."]),
        ("Metoprolol 25 mg b.i.d. - HELD", ["Metoprolol 25 mg b.i.d. - HELD"]),
        ("Aspirin q.a.m. (new). Well.", ["Aspirin q.a.m. (new). ", "Well."]),
        ("25 mg b.i.d. He rests.", ["25 mg b.i.d. ", "He rests."]),
        ("Salbutamol inh. 1-0-1, 2. Gravida", ["Salbutamol inh. 1-0-1, 2. Gravida"]),
        ("Am 12. März entlassen. Gut.", ["Am 12. März entlassen. ", "Gut."]),
        (
            "Seit dem 16. Lebensjahr. AV-Block III. Grades.",
            ["Seit dem 16. Lebensjahr. ", "AV-Block III. Grades."],
        ),
        (
            "Ab 1. postop. Tag mobil. Nach der 2. Dosis wohl. Hämorrhoiden I.-II. Grades.",
            [
                "Ab 1. postop. Tag mobil. ",
                "Nach der 2. Dosis wohl. ",
                "Hämorrhoiden I.-II. Grades.",
            ],
        ),
        ("Temp. 36,6 °C. BSG 12 mm/h. Gut.", ["Temp. 36,6 °C. ", "BSG 12 mm/h. ", "Gut."]),
        ("CRP 12. Dann (s. u.). Gut.", ["CRP 12. ", "Dann (s. u.). ", "Gut."]),
        ("DIAGNOSES\nfever\r\ncough", ["DIAGNOSES\n", "fever \n", "cough"]),
        (
            "Calcium/Vit. D 500. Novalgin-Tr. 20. Gut.",
            ["Calcium/Vit. D 500. ", "Novalgin-Tr. 20. ", "Gut."],
        ),
        ("Eisen b. B.\nASS beendet", ["Eisen b. B.\n", "ASS beendet"]),
        ("In red. AZ. Stenose der prox. RIVA.", ["In red. AZ. ", "Stenose der prox. RIVA."]),
        ("The eyes were red. AZT was begun.", ["The eyes were red. ", "AZT was begun."]),
        ("Fraktur der 3.–6. Rippe. Hep. C.", ["Fraktur der 3.-6. Rippe. ", "Hep. C."]),
        (
            "RGs bds. Keine Ödeme. Zyste li. Abdomen weich.",
            ["RGs bds. ", "Keine Ödeme. ", "Zyste li. ", "Abdomen weich."],
        ),
        ("Schmerzen der re. Hüfte. Dr. Der kam.", ["Schmerzen der re. Hüfte. ", "Dr. Der kam."]),
        ("Kraft 5/5. Zehengang sicher.", ["Kraft 5/5. ", "Zehengang sicher."]),
        ("1. SS: Sectio. Tante mütterl. Krebs.", ["1. SS: Sectio. ", "Tante mütterl. Krebs."]),
        ("She is in bed. No fever.", ["She is in bed. ", "No fever."]),
        ("Mild TR. Moderate MR.", ["Mild TR. ", "Moderate MR."]),
        ("HIV-pos. Patient, zur stat. Aufnahme.", ["HIV-pos. Patient, zur stat. Aufnahme."]),
        ("Sohn aus 1. Ehe. Kein 3. HT.", ["Sohn aus 1. Ehe. ", "Kein 3. HT."]),
        ("TEMP. 37.5, A NO. 15 BLADE.", ["TEMP. 37.5, A NO. 15 BLADE."]),
        ("BEI Z.N. TR. LAB OK", ["BEI Z.N. TR. LAB OK"]),
        ("HF 72. HT rein, kein 3. HT.", ["HF 72. ", "HT rein, kein 3. HT."]),
        ("Alk. 2 Bier. Druck auf li. Leber.", ["Alk. 2 Bier. ", "Druck auf li. Leber."]),
        ("Aspirin stat. Patient fell.", ["Aspirin stat. ", "Patient fell."]),
        ("Plötzl. Schmerz, ggw. Ruhe. Gut.", ["Plötzl. Schmerz, ggw. Ruhe. ", "Gut."]),
        ("LDL 140 mg/dl. Entl. Dienstag.", ["LDL 140 mg/dl. ", "Entl. Dienstag."]),
        ("a\n\n\nb", ["a\n\n\n", "b"]),
        ("", []),
        ("   ", ["   "]),
    ],
)
def test_sentences(text, expected):
    text = normalise(text)
    assert [text[a:b] for a, b in sentences(text)] == expected


LETTER = """The patient is a 54-year-old man who was admitted with a long history of severe abdominal pain, nausea and vomiting. He denies fever.

Medications:
- aspirin 100 mg daily
- metoprolol 50 mg b.i.d.
Der Patient wurde mit Verdacht auf eine Pneumonie stationär aufgenommen und antibiotisch behandelt. Kein Fieber mehr."""


@given(st.text(st.sampled_from("ab AB.\n-,:1 \t\r")) | st.text())
def test_what_the_model_reads_are_the_reports_characters_in_order(report):
    read = reading(report)
    assert list(read.places) == sorted(set(read.places)) and len(read.places) == len(read.text)
    assert all(0 <= place < len(report) for place in read.places)
    plain = normalise(report)
    for character, place in zip(read.text, read.places, strict=True):
        assert (
            character == plain[place]
            or character.lower() == plain[place].lower()
            or (character, plain[place]) == (" ", "\n")
        )
    left = set(range(len(report))) - set(read.places)
    assert all(plain[place].isspace() or plain[place] == "-" for place in left)


@pytest.mark.parametrize("width", [40, 50, 60, 72, 80, 100])
def test_a_wrapped_letter_has_the_sentences_of_the_letter(width: int) -> None:
    wrapped = "\n".join(textwrap.fill(line, width) for line in LETTER.split("\n"))
    for text in (wrapped, wrapped.replace("\n", "\r\n"), wrapped.replace(" ", "  ")):
        assert _sentences(text) == _sentences(LETTER)


def _sentences(report: str) -> list[str]:
    text = reading(report).text
    return [text[a:b].strip() for a, b in sentences(text)]


@pytest.mark.parametrize(
    ("report", "text"),
    [
        ("a  b \t c \n   d", "a b c\nd"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("Lungen-\n  ödem, Herz-\nund Nierenversagen", "Lungenödem, Herz- und Nierenversagen"),
        ("Magen-\nDarm-Trakt, CT-\n  Angiographie, COVID-\n19, 54-\nyear-old", "Magen-Darm-Trakt, CT-Angiographie, COVID-19, 54-year-old"),
        ("well-\ncontrolled, non-\ninsulin, pre- and\npostoperative, in-\ncreased", "well-controlled, non-insulin, pre- and postoperative, increased"),
        # What goes on
        ("Verdacht auf eine\nPneumonie und\nPleuritis: links\noder rechts", "Verdacht auf eine Pneumonie und Pleuritis: links oder rechts"),
        ("Seen by Dr.\nJones. No fever,\nno cough", "Seen by Dr. Jones. No fever, no cough"),
        ("Er kommt am\n12. März", "Er kommt am 12. März"),
        ("Current medication is metoprolol 50 mg twice daily and ramipril\n5 mg once daily", "Current medication is metoprolol 50 mg twice daily and ramipril 5 mg once daily"),
        ("1. Adenokarzinom der Lunge mit Befall auch der rechten\n   Leber\n2. Hypertonie", "1. Adenokarzinom der Lunge mit Befall auch der rechten Leber\n2. Hypertonie"),
        ("- chest pain radiating to the left\n  arm\n- nausea", "- chest pain radiating to the left arm\n- nausea"),
        ("Es besteht eine Allergie gegen\nPenicillin mit Hautausschlag. Weitere\nAllergien nicht.", "Es besteht eine Allergie gegen Penicillin mit Hautausschlag. Weitere Allergien nicht."),
        ("Woke with pain\nin the left\nknee this morning.\n\nNo swelling", "Woke with pain in the left knee this morning.\n\nNo swelling"),
        # What does not
        ("Current drugs\naspirin.\nmetformin.", "Current drugs\naspirin.\nmetformin."),
        ("Sehr geehrte Frau Kollegin,\nwir sahen den Patienten.", "Sehr geehrte Frau Kollegin,\nwir sahen den Patienten."),
        ("- Medications\n  aspirin\n- Allergies\n  none", "- Medications\naspirin\n- Allergies\nnone"),
        ("Gibt Schmerzen an\nFieber: nein\n**Cor:** rein\n|Hb|9|", "Gibt Schmerzen an\nFieber: nein\n**Cor:** rein\n|Hb|9|"),
        ("Sehr geehrter Herr Kollege,\nwir berichten\n\nSincerely,\nJohn Miller\nConsultant", "Sehr geehrter Herr Kollege,\nwir berichten\n\nSincerely,\nJohn Miller\nConsultant"),
        # Lists keep their lines, however alike they are.
        ("Bisoprolol 5 mg Tabletten 1-0-1-0\nRamipril 2,5 mg Tabletten 1-0-0-0\nTorasemid 10 mg Tabletten 1-0-0-0", "Bisoprolol 5 mg Tabletten 1-0-1-0\nRamipril 2,5 mg Tabletten 1-0-0-0\nTorasemid 10 mg Tabletten 1-0-0-0"),
        ("metoprolol succinate extended release 50 mg twice daily\nlisinopril 10 mg daily", "metoprolol succinate extended release 50 mg twice daily\nlisinopril 10 mg daily"),
        ("Zustand nach Hinterwandinfarkt mit Stent der RCA 2015\nZustand nach Cholezystektomie wegen Steinleidens 2010\nArterielle Hypertonie, gut eingestellt seit 20 Jahren", "Zustand nach Hinterwandinfarkt mit Stent der RCA 2015\nZustand nach Cholezystektomie wegen Steinleidens 2010\nArterielle Hypertonie, gut eingestellt seit 20 Jahren"),
        ("Aspirin 100 mg 1-0-0\nRamipril 5 mg 1-0-1\nTorasemid 10 mg 1-0-0", "Aspirin 100 mg 1-0-0\nRamipril 5 mg 1-0-1\nTorasemid 10 mg 1-0-0"),
        ("Kein Anhalt für Infiltrat,\nPneu oder Erguss.", "Kein Anhalt für Infiltrat, Pneu oder Erguss."),
        ("re-\ngurgitation, no pericardial\neffusion", "regurgitation, no pericardial effusion"),
        ("Known ulcerative\ncolitis, no tox-\nic megacolon\nRx: aspirin", "Known ulcerative colitis, no toxic megacolon\nRx: aspirin"),
        ("Falls? Yes, 2 in the past\nCatheter? No", "Falls? Yes, 2 in the past\nCatheter? No"),
        ("Home meds\naspirin\nmetformin", "Home meds\naspirin\nmetformin"),
        ("Keine Medikamente,\nHusten seit Tagen.", "Keine Medikamente,\nHusten seit Tagen."),
        ("Lungs: clear\nno edema", "Lungs: clear\nno edema"),
        # Capitals
        ("NECK: SUPPLE WITHOUT MASSES.\nHEENT: PERRLA", "NECK: Supple without masses.\nHEENT: PERRLA"),
        ("PAST MEDICAL HISTORY\nHTN, COPD, CAD, GERD", "PAST MEDICAL HISTORY\nHTN, COPD, CAD, GERD"),
        ("PATIENT DENIES CHEST PAIN. HTN. CRP 12 MG/L.\nPLAN:\n- CHEST X-RAY", "Patient denies chest pain. HTN. CRP 12 mg/l.\nPLAN:\n- CHEST X-RAY"),
        ("DER PATIENT HAT SEIT 3 TAGEN HUSTEN.", "Der patient hat seit 3 tagen husten."),
        ("DIE GRÖßE DES HERZENS IST NORMAL.", "Die größe des herzens ist normal."),
        ("MRI SHOWED NYHA II, B12 300 NG/DL AT 38 °C. TYPE 2 DM ON ASA.", "MRI showed NYHA II, B12 300 ng/dl at 38 °C. Type 2 DM on ASA."),
        ("THE HEART IS NORMAL IN SIZE AND THE LUNGS ARE\nCLEAR. THE PATIENT DENIES ANY CHEST PAIN OR\nDYSPNEA.", "The heart is normal in size and the lungs are clear. The patient denies any chest pain or dyspnea."),
        ("DIE PATIENTIN KLAGT ÜBER STARKE BAUCHSCHMER-\nZEN UND ERBRECHEN.", "Die patientin klagt über starke bauchschmerzen und erbrechen."),
        ("CORONARY ARTERY DISEASE WITH PRIOR STENT TO THE PROXIMAL LAD IN 2015\nCHRONIC OBSTRUCTIVE PULMONARY DISEASE ON HOME OXYGEN\nDIABETES MELLITUS TYPE 2", "Coronary artery disease with prior stent to the proximal LAD in 2015\nChronic obstructive pulmonary disease on home oxygen\nDiabetes mellitus type 2"),
    ],
)  # fmt: skip
def test_reading_undoes_the_layout(report: str, text: str) -> None:
    assert reading(report).text == text


def test_reading_takes_no_time() -> None:
    odd = [
        " " * 300_000 + "x",
        "a-\n" * 100_000,
        "\n" * 300_000,
        "AB. " * 100_000,
        "no " * 100_000 + ",\nAb" + " or" * 100_000,
        ("ABCDE fgh " * 8 + "\n") * 5_000,
        ("ABCDE fghi" * 8 + "der\n" + " " * 60) * 5_000,
        "- abc def\n" + (" " * 300_000 + "\n") + "A B " * 75_000,
        "a" * 300_000 + " 5 mg\n" + "Ab " * 100_000 + ",\na-\n" + " " * 300_000,
    ]
    for report in odd:
        began = time.perf_counter()
        reading(report)
        assert time.perf_counter() - began < 5


@pytest.mark.parametrize("character", ["\u00a0", "\t", "\x00", "\u2019", "\u2013", "\ud800"])
def test_look_alikes_become_plain_in_place(character):
    assert len(normalise(f"a{character}b")) == 3
    assert normalise(f"a{character}b")[1] in " '-\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "text", ["x" * 300_000 + " He had fever. She left.", "seen by Dr. Roe " * 20_000]
)
def test_sentences_of_odd_texts_take_no_time(text):
    began = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - began < 5  # minutes before, at a square of the length


def test_the_line_end_of_old_macs_ends_a_line() -> None:
    assert normalise("no fever\rcough\r\npain\r") == "no fever\ncough \npain\n"


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ("Medikation\tRamipril", "Medikation:Ramipril"),
        ("Fieber \t nein\r\nx", "Fieber:  nein \nx"),
        ("  Röntgen Thorax\t\tInfiltrat rechts", "  Röntgen Thorax: Infiltrat rechts"),
        ("CRP (mg/l)\terhöht", "CRP (mg/l):erhöht"),
        ("Hb\t9,8 g/dl", "Hb 9,8 g/dl"),  # a number
        ("Na\t140\tmmol/l", "Na 140 mmol/l"),  # more than two cells
        ("Ramipril\toral\tabends", "Ramipril oral abends"),
        ("Medikation:\tRamipril", "Medikation: Ramipril"),  # it has its colon
        ("1.\tDiabetes", "1. Diabetes"),
        ("Die Patientin klagt heute\tüber Fieber", "Die Patientin klagt heute über Fieber"),
        ("kein Fieber.\tHusten", "kein Fieber. Husten"),
        ("\tHusten", " Husten"),
    ],
)
def test_a_label_and_its_words_get_the_colon_that_their_table_stood_for(
    row: str, read: str
) -> None:
    assert normalise(row) == read
    assert normalise(f"x\n{row}\n") == f"x\n{read}\n"


def test_tabs_and_line_ends_take_no_time() -> None:
    began = time.perf_counter()
    normalise(
        "ab " * 100_000
        + "\tx\t"
        + "a" * 300_000
        + "\t"
        + " " * 300_000
        + "\t" * 300_000
        + "\r" * 300_000
    )
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        ([["Medikation"], ["Ramipril"]], "Medikation: Ramipril"),
        (
            [["Medikation "], [""], ["Ramipril 5 mg", "ASS 100 mg"]],
            "Medikation: Ramipril 5 mg, ASS 100 mg",
        ),
        ([["Hb"], ["9,8 g/dl"]], "Hb\t9,8 g/dl"),
        ([["Ramipril"], ["5 mg"], ["1"], [], ["1"]], "Ramipril\t5 mg\t1\t\t1"),
        ([["Na"], ["140", "low"], ["mmol/l"]], "Na\t140, low\tmmol/l"),  # a row stays one line
        (
            [["Verlauf"], ["Gut. " * 20, "Dann nicht."]],
            f"Verlauf:\n{'Gut. ' * 19}Gut.\nDann nicht.",
        ),
        ([[], ["", "alone"]], "alone"),
        ([], ""),
    ],
)
def test_a_row_of_a_table_is_a_line(cells: list[list[str]], row: str) -> None:
    assert row_of(cells) == row


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("32%)", "32%"),
        ("(LVEF 32%)", "(LVEF 32%)"),
        ("[see there", "see there"),
        ("Fe(III)", "Fe(III)"),
        ("a) gout", "a) gout"),
        ("))", ""),
        ("p.o", "p.o."),
        ("80 mg b.i.d", "80 mg b.i.d."),
        ("i. v", "i. v."),
        ("1x tgl", "1x tgl."),
        ("bei Bed", "bei Bed."),
        ("in bed", "in bed"),  # a word
        ("hepatitis B", "hepatitis B"),
        ("fever.", "fever"),
    ],
)
def test_the_edges_of_a_span(words: str, kept: str) -> None:
    report = f"(He has {words}. Then"
    start, end = trimmed(report, 8, 8 + len(words))
    assert report[start:end] == kept


def test_an_abbreviation_without_its_stop_gets_none() -> None:
    assert trimmed("furosemide p.o, then", 11, 14) == (11, 14)
