"""What sections are called, in English and German: headings' words, and the kind of section that they name."""

from __future__ import annotations

import re
from functools import lru_cache

# Each kind with its LOINC document section code (HL7 C-CDA and IPS use them).
KINDS = {
    "chief_complaint": "10154-3",
    "indication": "18785-6",  # why a test or an operation is done
    "history_of_present_illness": "10164-2",
    "past_history": "11348-0",
    "medication": "10160-0",
    "allergies": "48765-2",
    "immunizations": "11369-6",
    "family_history": "10157-6",
    "social_history": "29762-2",
    "review_of_systems": "10187-3",
    "physical_examination": "29545-1",  # vital signs, too
    "results": "30954-2",  # of tests of whatever sort
    "laboratory": "26436-6",
    "imaging": "18748-4",
    "procedures": "47519-4",
    "diagnosis": "29308-4",
    "assessment": "51848-0",
    "assessment_and_plan": "51847-2",
    "plan": "18776-5",
    "hospital_course": "8648-8",  # and the treatment given
    "disposition": "55128-3",
    "discharge_instructions": "8653-8",
    "other": "",  # a heading of none of these
}

# The words in the form of :func:`key`: small letters and digits, ä as ae, without "and" and "und". Names of one test
# ("EKG", "Chest X-ray"), one finding or one organ are missing on purpose: they say something.
_WORDS = {
    "chief_complaint": """
        chief complaint, chief complaints, cc, c c, presenting complaint, presenting complaints, pc, complaint,
        presenting problem, presenting symptoms, reason, reason for visit, reason for consultation, reason for consult,
        reason for admission, reason for referral, reason for hospitalization, reason for presentation,
        reason for appointment, reason for encounter, aufnahmegrund, aufnahmeanlass, einweisungsgrund,
        vorstellungsgrund, konsultationsgrund, beratungsanlass, ueberweisungsgrund, leitsymptom, leitsymptome,
        hauptbeschwerden, hauptbeschwerde, beschwerden, grund der vorstellung, grund der aufnahme, anlass""",
    "indication": """
        indication, indications, indication for procedure, indications for procedure, indication for operation,
        reason for exam, reason for study, reason for examination, clinical details, clinical indication, clinical
        information, fragestellung, indikation, klinische angaben, klinische fragestellung, op indikation,
        rechtfertigende indikation""",
    "history_of_present_illness": """
        history of present illness, history of the present illness, history of presenting complaint, history of
        presenting illness, history of chief complaint, hpi, hpc, hopi, hopc, h p i, present illness, presenting history,
        subjective, subj, interval history, history, hx, clinical history, case history, history of illness, current
        history of present illness, events, interval events, anamnese, aktuelle anamnese, jetzige anamnese, jetzige
        beschwerden, aktuelle beschwerden, anam, anamn, krankheitsverlauf, jetzige erkrankung, aktuelle
        krankheitsgeschichte, subjektiv, zur anamnese, unfallhergang, kurzanamnese, aktuell""",
    "past_history": """
        past medical history, past history, pmh, pmhx, pm h, past med history, medical history, prior medical history,
        previous medical history, past surgical history, surgical history, psh, pshx, past medical surgical history,
        past surgical medical history, medical surgical history, pmh psh, background, past, past medical problems,
        past illnesses, previous history, past psychiatric history, psychiatric history, past obstetric history,
        obstetric history, obstetrical history, gynecologic history, gynecological history, gynaecological history,
        gyn history, ob history, ob gyn history, gynhx, birth history, past gynecological history, oncologic history,
        oncological history, cardiac history, past cardiac history, other history, developmental history, menstrual
        history, comorbidities, eigenanamnese, vorgeschichte, vorerkrankungen, vorerkrankung, vordiagnosen,
        begleiterkrankungen, ea, eigene, eigene vorgeschichte, fruehere erkrankungen, vor op, voroperationen, vorops, vor ops, anamnestisch,
        komorbiditaeten, gynaekologische anamnese, geburtsanamnese, psychiatrische vorgeschichte, vorgesch, vorerkr,
        medizinische vorgeschichte, operationen in der vorgeschichte, relevante vorgeschichte""",
    "medication": """
        medication, medications, meds, medicines, drugs, drug history, dh, dhx, medication list, medication history, rx,
        current meds, current abx, abx, antibiotics, current antibiotics, antibiose, outpatient medications, home meds, medications prior to admission, medications on admission,
        medications at home, discharge meds, ttos, tto, ttas, medikation, medikamente, med, medikamentenanamnese,
        medikamentoese therapie, vm, hausmedikation, dauermedikation, dauermed, dauermedikamente, entlassmedikation,
        entlassungsmedikation, aufnahmemedikation, bedarfsmedikation, vormedikation, medikationsplan, medikamentenplan,
        arzneimittel, verordnungen, medik, therapie bei entlassung, therapie bei entl""",
    "allergies": """
        allergies, allergy, drug allergies, drug allergy, medication allergies, allergies to medications, allergies
        adverse reactions, adverse reactions, allergies intolerances, allergic history, all, allergien, allergie,
        allergien unvertraeglichkeiten, unvertraeglichkeiten, unvertraeglichkeit, allergieanamnese,
        arzneimittelunvertraeglichkeiten, arzneimittelallergien""",
    "immunizations": """
        immunizations, immunization, immunisations, vaccinations, vaccines, immunization history, impfungen, impfstatus,
        impfanamnese, vaccination history, immunization status""",
    "family_history": """
        family history, fam history, fam hx, family hx, fh, fhx, fmh, fmhx, family medical history, family, familienanamnese,
        familiaere anamnese, fam anamnese, fa, familie, family psychiatric history, familiengeschichte, fam anam, fama, fam an""",
    "social_history": """
        social history, soc hx, soc history, social hx, sh, shx, sochx, social, soc, personal history, personal social
        history, habits, social habits, psychosocial history, substance use history, occupational history,
        psychosocial, sozialanamnese, soziale anamnese, sozial, soziales, soz anamnese, sozialanam, noxen, genussmittel,
        berufsanamnese, soziale situation, suchtanamnese, vegetativ sozial, sozial berufsanamnese, personal habits""",
    "review_of_systems": """
        review of systems, review of symptoms, ros, systems review, system review, systematic enquiry, systems enquiry, review
        of system, systemic review, vegetative anamnese, vegetativum, systemanamnese, vegetativ, systemische anamnese""",
    "physical_examination": """
        physical examination, physical exam, physical, exam, examination, pe, px, p e, o e, oe, on examination, clinical
        examination, general examination, objective, obj, physical findings, exam findings, examination findings, mental
        status, mental status examination, mental status exam, mse, vital signs, vitals, vital sign, vs, vitals reviewed,
        vitals signs, vital parameters, physical assessment, clinical findings, untersuchung, untersuchungsbefund,
        untersuchungsbefunde, koerperliche untersuchung, koerperlicher untersuchungsbefund, klinische untersuchung,
        klinischer befund, koerperlicher befund, aufnahmebefund, status, aufnahmestatus, status praesens, objektiv,
        vitalparameter, vitalzeichen, lokalbefund, lokalstatus, allgemeinstatus, internistischer status, allgemeinzustand,
        entlassbefund, entlassungsbefund, ku, klin befund, klin untersuchung, psychischer befund, psychopathologischer
        befund, neurologischer befund, somatischer befund, internistischer befund, internistische untersuchung,
        orthopaedischer befund, statuserhebung, vitalwerte""",
    "results": """
        results, result, data, findings, test results, diagnostic studies, diagnostic data, studies, investigations, ix,
        tests, pertinent results, diagnostics, diagnostic tests, results review, data review, objective data, ancillary
        data, diagnostic results, diagnostic test results, results data, workup, befund, befunde, bef, diagnostik,
        apparative diagnostik, apparative untersuchungen, apparative befunde, technische untersuchungen, technische
        befunde, zusatzbefunde, zusatzdiagnostik, weitere befunde, vorbefunde, ergebnis, ergebnisse, untersuchungen,
        untersuchungsergebnisse, durchgefuehrte untersuchungen, histologie, histologischer befund, pathologie, pathology,
        histology, pathologic findings, microbiology, mikrobiologie, mikrobiologische befunde, funktionsdiagnostik,
        makroskopie, mikroskopie, immunhistochemie, immunhistologie, gross description, microscopic description,
        microscopic examination, immunohistochemistry""",
    "laboratory": """
        laboratory, labs, lab, lab results, laboratory results, laboratory data, laboratory studies, lab data, lab studies,
        laboratory findings, laboratory values, laboratory tests, blood tests, bloods, lab tests, laboratory examination,
        labor, laborwerte, laborbefunde, laborbefund, laboruntersuchungen, laborchemie, laborparameter, labordiagnostik,
        laborergebnisse, blutwerte, laborchemisch, paraklinik, labor parameter, pertinent laboratory data""",
    "imaging": """
        imaging, radiology, imaging studies, imaging results, radiologic studies, radiological studies, imaging findings,
        radiographic studies, radiology results, diagnostic imaging, radiographs, radiographic findings, bildgebung,
        bildgebende diagnostik, bildgebende verfahren, radiologie, radiologische diagnostik, radiologische befunde,
        radiology data, radiologischer befund""",
    "procedures": """
        procedures, procedure, operation, operations, operative procedure, operative procedures, procedure performed,
        procedures performed, operation performed, operations performed, surgeries, description of procedure, procedure in
        detail, description of operation, operative procedure in detail, title of operation, title of procedure, name of
        procedure, operative technique, details of procedure, eingriff, eingriffe, operationen, prozeduren, prozedur,
        durchgefuehrte prozeduren, operative therapie, op, interventionen, operationsverlauf, op verlauf, durchgefuehrte
        operation""",
    "diagnosis": """
        diagnosis, diagnoses, dx, ddx, differential diagnosis, differential diagnoses, principal diagnosis, principal
        diagnoses, primary diagnosis, primary diagnoses, secondary diagnosis, secondary diagnoses, preoperative diagnosis,
        postoperative diagnosis, preoperative diagnoses, postoperative diagnoses, pre operative diagnosis, post operative
        diagnosis, preop diagnosis, postop diagnosis, pre op diagnosis, post op diagnosis, admitting diagnosis, admitting
        diagnoses, working diagnosis, provisional diagnosis, problem list, problems, active problems, final diagnosis,
        clinical diagnosis, diagnose, diagnosen, dg, diag, hauptdiagnose, hauptdiagnosen, nebendiagnose, nebendiagnosen,
        aufnahmediagnose, aufnahmediagnosen, entlassdiagnose, entlassdiagnosen, entlassungsdiagnose,
        entlassungsdiagnosen, einweisungsdiagnose, einweisungsdiagnosen, verdachtsdiagnose, verdachtsdiagnosen,
        dauerdiagnosen, differentialdiagnose, differentialdiagnosen, differenzialdiagnose, differenzialdiagnosen,
        arbeitsdiagnose, behandlungsdiagnose, behandlungsdiagnosen, problemliste, sekundaerdiagnosen, discharge dx,
        admission dx, indexdiagnose, diagn""",
    "assessment": """
        assessment, impression, imp, impressions, conclusion, conclusions, clinical impression, opinion, interpretation,
        summary, mdm, medical decision making, formulation, discussion, assessment summary, beurteilung, beurt,
        einschaetzung, bewertung, zusammenfassung, epikrise, zusammenfassende beurteilung, klinische beurteilung,
        gesamtbeurteilung, kommentar, comment""",
    "assessment_and_plan": """
        assessment plan, a p, ap, impression plan, assessment recommendations, impression recommendations, assessment
        treatment plan, plan assessment, impression recommendation, beurteilung procedere, assessment recommendation,
        beurteilung empfehlung, beurteilung plan, beurteilung empfehlungen, beurteilung therapie""",
    "plan": """
        plan, plans, treatment plan, recommendation, recommendations, recs, rec, advice, plan of care, care plan,
        management, management plan, follow up, followup, follow up plan, fu, f u, next steps, to do, plan recommendations,
        orders, procedere, prozedere, proc, weiteres vorgehen, vorgehen, weiteres procedere, empfehlung, empfehlungen,
        therapieempfehlung, therapieempfehlungen, therapieplan, nachsorge, weiterbehandlung, massnahmen, verlaufskontrolle,
        geplantes vorgehen, therapie procedere, therapeutisches procedere, nachbehandlung, empfohlenes procedere, weitere empfehlungen,
        discharge plan, plan discussion""",
    "hospital_course": """
        hospital course, course, brief hospital course, course in hospital, hospital course by problem, hospital course by
        system, ed course, emergency department course, er course, emergency room course, clinical course, treatment, tx,
        therapy, course of treatment, summary of hospital course, hospital stay, therapie verlauf, therapie, verlauf, th,
        ther, verlauf therapie, klinischer verlauf, stationaerer verlauf, behandlung, behandlungsverlauf,
        krankenhausverlauf, postoperativer verlauf, bisherige therapie, bisheriger verlauf, verlauf auf station,
        zum verlauf, stationaere therapie, edcourse, intensivverlauf, progress""",
    "disposition": """
        disposition, dispo, discharge disposition, condition, condition at discharge, discharge condition, condition on
        discharge, discharge status, entlassungszustand, entlasszustand, zustand bei entlassung, prognosis, prognose,
        status bei entlassung, code status""",
    "discharge_instructions": """
        discharge instructions, instructions, patient instructions, discharge instruction, activity, diet, discharge
        activity, discharge diet, home instructions, discharge recommendations, patient education, return precautions,
        safety net, entlassungshinweise, hinweise fuer den patienten, verhaltenshinweise, patientenhinweise""",
}
_MODIFIERS = frozenset(
    "a the of on at in for to and und bei zur zum der des die am s patient patients current currently present previous "
    "admission discharge home final initial brief active today pertinent relevant known chronic preliminary list review "
    "aktuelle aktueller aktuelles aktuellen bisherige bisheriger weitere weiterer aufnahme entlassung heute hiesige "
    "praeoperative postoperative stationaere stationaerer ambulante relevante letzte dauerhafte neue now during hospitalization this time to male female aufn entl b bek bekannte her his".split()
)
# Words of every day: as a heading they have a colon, or capitals.
COLON_ONLY = frozenset(
    "all reason past family social soc sozial familie physical status background data course condition current events "
    "operation treatment therapy therapie progress behandlung history result tests drugs complaint activity diet vorgehen "
    "aktuell comment anlass beschwerden management summary untersuchung befund op rec imp med th dg fa sh pe dh vs cc pc ap fu ix dx hx rx "
    "tx labor ergebnis verlauf discussion orders problems massnahmen procedure lab".split()
)
# Parts of an examination or a review of systems: they begin no section.
ORGANS = frozenset(
    "general gen constitutional heent ent eyes ears nose throat mouth head neck chest lungs lung pulm pulmonary resp "
    "respiratory cardiovascular cardiac cv cvs heart abdomen abdominal abd gi gastrointestinal gu genitourinary pelvic "
    "rectal extremities ext skin integumentary neuro neurologic neurological psych psychiatric psychological msk "
    "musculoskeletal back spine lymph lymphatic lymphatics endocrine hematologic immunologic breast breasts vascular "
    "kopf hals herz thorax lunge lungen extremitaeten haut neurologisch augen nieren niere leber hno".split()
)
_SEPARATE = frozenset(("and", "und", "sowie", "with", "mit"))
_KIND_OF = {
    " ".join(name.split()): kind for kind, names in _WORDS.items() for name in names.split(",")
}
_LAST_WORDS = {
    **dict.fromkeys(("history", "hx", "anamnese"), "past_history"),
    **dict.fromkeys(("medications", "medication", "meds", "medikation"), "medication"),
    **dict.fromkeys(("diagnosis", "diagnoses", "diagnose", "diagnosen"), "diagnosis"),
    **dict.fromkeys(("examination", "exam", "untersuchungsbefund"), "physical_examination"),
    **dict.fromkeys(("studies", "results", "befund", "befunde"), "results"),
    **dict.fromkeys(("instructions",), "discharge_instructions"),
}
_SUFFIX = re.compile(r".{3,}(anamnese|medikation|diagnosen?|befunde?)")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_TOKEN = re.compile(r"[a-z0-9]+")
_SEPARATOR = re.compile(r"[/&+,]|\b(?:and|und|sowie)\b", re.IGNORECASE)
_MOST_WORDS = 8
_TITLES = frozenset(("discharge summary", "history physical", "history physical examination"))


def key(words: str) -> str:
    """A heading's words as the table has them: small letters and digits, ä as ae, without "and" and "und"."""
    return " ".join(_tokens(words))


@lru_cache(1024)  # the same few headings, asked several times each
def named_kind(words: str) -> str | None:
    """The kind of section that these words name and nothing else; None if the table does not have them.

    Words beside the name that tell when or whose ("Current medications", "Labor bei Aufnahme") may be there. Of several
    names ("Anamnese und Befund") the first counts.
    """
    tokens = _tokens(words)
    if not 0 < len(tokens) <= _MOST_WORDS or " ".join(tokens) in _TITLES:
        return None
    if kind := _KIND_OF.get(" ".join(tokens)):
        return kind
    parts = [_without_modifiers(part) for part in _SEPARATOR.split(words)]
    kinds = [_KIND_OF.get(part) for part in parts]
    return kinds[0] if all(kinds) else None


def likely_kind(words: str) -> str | None:
    """:func:`named_kind`, or the kind that the last word tells: "Neurological examination", "Fremdanamnese"."""
    if kind := named_kind(words):
        return kind
    tokens = _tokens(words)
    if not 0 < len(tokens) <= _MOST_WORDS - 2:
        return None
    suffix = _SUFFIX.fullmatch(tokens[-1])
    return _LAST_WORDS.get(suffix[1] if suffix else tokens[-1])


def _tokens(words: str) -> list[str]:
    # What stands in brackets says when or by whom: "Labor (Aufnahme)".
    plain = words.lower().translate(_UMLAUTS).partition("(")[0]
    return [token for token in _TOKEN.findall(plain) if token not in _SEPARATE]


def _without_modifiers(words: str) -> str:
    return " ".join(token for token in _tokens(words) if token not in _MODIFIERS)
