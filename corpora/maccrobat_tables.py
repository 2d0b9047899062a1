"""The tables of the MACCROBAT mapping: categories, the split's reports, types by category."""

from __future__ import annotations

import re
from collections.abc import Mapping

from elmtex.types import Assertion

CATEGORIES = (
    "life_style",
    "family_history",
    "social_history",
    "medical_surgical_history",
    "signs_symptoms",
    "comorbidities",
    "diagnostic_techniques_procedures",
    "diagnosis",
    "laboratory_values",
    "pathology",
    "pharmacological_therapy",
    "interventional_therapy",
    "patient_outcome_assessment",
    "age",
    "gender",
)

# The 160 reports that the fixed split is defined on; the public set has 40 more, which belong to no
# split.
SPLIT_PMIDS = """
    15939911 17803823 18258107 18416479 18561524 18787726 19009665 19214295 19307547 19610147
    19860006 19860007 20146086 20671919 20977862 21067996 21254744 21308977 21477357 21505579
    21527041 21720478 22218279 22515939 22520024 22665582 22781096 22791498 22814979 23035161
    23076693 23077697 23155491 23242090 23312850 23468586 23678274 23864579 24043987 24161539
    24294397 24518095 24526194 24654246 24781756 24898994 24957905 25023062 25024632 25139918
    25155594 25210224 25246819 25295501 25370695 25410034 25410883 25572898 25661749 25721834
    25759562 25853982 25858931 25884600 25934795 26106249 26216058 26228535 26264228 26266396
    26285706 26309459 26313770 26327988 26336183 26350418 26361640 26395443 26444414 26445413
    26457578 26469535 26474553 26530965 26584481 26629302 26656340 26664317 26675562 26683938
    26692730 26714786 27059701 27064109 27100441 27130218 27196481 27218632 27661040 27683825
    27741115 27749582 27773410 27793101 27842595 27846860 27906105 27974938 27980261 27980272
    27990013 27998312 28033278 28079821 28100235 28100279 28103924 28115731 28120581 28121940
    28151882 28151916 28154287 28154700 28173879 28190872 28193213 28196820 28202862 28202865
    28202869 28207542 28216610 28239141 28248858 28250304 28265107 28272214 28272235 28292056
    28296775 28320420 28321070 28321071 28321073 28353556 28353558 28353569 28353596 28353604
    28353613 28383413 28403086 28403092 28403099 28422883 28538413 28559815 28595573 28767567
""".split()

POLARITY: Mapping[str, Assertion] = {
    "NEG": "absent",
    "UNCERTAIN": "possible",
    "MAYBE_POS": "possible",
    "MAYBE_NEG": "possible",
}
MODIFIERS = frozenset(
    {
        *("Biological_structure", "Detailed_description", "Severity", "Dosage", "Frequency"),
        *("Administration", "Duration", "Distance", "Quantitative_concept", "Qualitative_concept"),
        *("Color", "Shape", "Texture", "Area", "Volume", "Mass", "Height", "Weight"),
    }
)
MAX_VALUE_GAP = 30
VALUE_BARRIER = re.compile(r"[.;]\s|\n")
# Rule 3: a history span with these words is life style.
LIFE_STYLE = re.compile(
    r"smok|tobacco|cigar|pack[- ]year|alcohol|drink|drug (?:use|abuse)|exercis|diet", re.I
)
OUTCOME = re.compile(r"discharg|died|death|dead|recover|remission|recur|follow|alive|surviv", re.I)
PATHOLOGY = re.compile(
    r"biops|histo|patholog|cytolog|immunohisto|immunostain|\bstain|smear|aspirat|marrow|microscop",
    re.I,
)
# Attribute types by MACCROBAT's type, for findings and diseases, procedures, drugs and
# interventions.
WHEN = {"Date": "when", "Time": "when", "Duration": "when"}
_LOOK = dict.fromkeys(
    (
        *("Detailed_description", "Quantitative_concept", "Qualitative_concept", "Color", "Shape"),
        *("Texture", "Distance", "Area", "Volume", "Mass"),
    ),
    "detail",
)
_FINDING = {
    "Biological_structure": "body_site",
    "Severity": "severity",
    "Lab_value": "value",
    "Frequency": "frequency",
    **WHEN,
    **_LOOK,
}
TYPES_OF: Mapping[str, Mapping[str, str]] = {
    "signs_symptoms": _FINDING,
    "diagnosis": _FINDING,
    "comorbidities": _FINDING,
    "diagnostic_techniques_procedures": {
        "Biological_structure": "body_site",
        "Lab_value": "value",
        **WHEN,
        **_LOOK,
    },
    "pharmacological_therapy": {
        "Dosage": "dose",
        "Administration": "route",
        "Frequency": "frequency",
        **WHEN,
        "Duration": "duration",
        "Detailed_description": "detail",
    },
    "interventional_therapy": {
        "Biological_structure": "body_site",
        "Detailed_description": "detail",
        "Quantitative_concept": "detail",
        **WHEN,
    },
}
ATTRIBUTES = (
    *("body_site", "severity", "detail", "value", "test", "when"),
    *("dose", "route", "frequency", "duration"),
)
ATTRIBUTE_BARRIER = re.compile(r"[.!?;]\s|\n")
# Types whose span is the item; always present in the gold.
PLAIN = {
    "Age": "age",
    "Sex": "gender",
    "Family_history": "family_history",
    "Personal_background": "social_history",
    "Occupation": "life_style",
    "Activity": "life_style",
    "Outcome": "patient_outcome_assessment",
}
# Types whose span grows and carries an assertion: category, and the spans inside which it is
# dropped.
GROWN = {
    "Sign_symptom": ("signs_symptoms", ("History", "Family_history")),
    "Disease_disorder": ("diagnosis", ("Family_history",)),
    "Diagnostic_procedure": ("diagnostic_techniques_procedures", ()),
    "Medication": ("pharmacological_therapy", ("Family_history",)),
    "Therapeutic_procedure": ("interventional_therapy", ("History", "Family_history")),
}
