"""How well the program finds a report's sections: headings in ACI-Bench, kinds in ACI-Bench and MTS-Dialog.

    python -m eval.sections --aci-bench aci-bench/ --mts-dialog MTS-Dialog/

**ACI-Bench**, 207 notes. Gold headings are the lines that its loader takes for one (a line of its own in capitals, or one of a few
that are not), but for five names of a test, a drug, a disease or a part of the examination, whose kind is None in :data:`ACI_BENCH`. A
heading counts as found if it begins at the gold one's first letter, and its kind as right if it is the one that
:data:`ACI_BENCH` gives to its words. Headings within a section ("Labs:" below RESULTS) are no gold, so they count as false.

**MTS-Dialog**, 1,701 sections. Its texts are without their headings. So each is put under its label's name, as its authors write it
out, in three layouts by turns: a line in capitals, a name with a colon before the text, and a Markdown heading. Gold is that one
heading, of the kind that :data:`MTS_DIALOG` gives to the label; a heading found in the text is false. This measures that
people's texts hide few false headings, not how people write headings.

The table of names was written with both corpora in view: the figures say how well it covers them, not what an unknown hospital's
reports would give. There is no German gold.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpora import aci_bench, mts_dialog
from elmtex.text.sections import sections

ACI_BENCH: dict[str, str | None] = {
    **dict.fromkeys(("CHIEF COMPLAINT", "CC"), "chief_complaint"),
    **dict.fromkeys(("HISTORY OF PRESENT ILLNESS", "HPI"), "history_of_present_illness"),
    "SUBJECTIVE": "history_of_present_illness",
    **dict.fromkeys(("MEDICAL HISTORY", "PAST MEDICAL HISTORY", "PAST HISTORY"), "past_history"),
    **dict.fromkeys(("SURGICAL HISTORY", "PAST SURGICAL HISTORY"), "past_history"),
    "BIRTH HISTORY": "past_history",
    "SOCIAL HISTORY": "social_history",
    "FAMILY HISTORY": "family_history",
    **dict.fromkeys(("MEDICATIONS", "CURRENT MEDICATIONS"), "medication"),
    "ALLERGIES": "allergies",
    **dict.fromkeys(("REVIEW OF SYSTEMS", "REVIEW OF SYMPTOMS"), "review_of_systems"),
    **dict.fromkeys(("PHYSICAL EXAM", "PHYSICAL EXAMINATION", "EXAM"), "physical_examination"),
    **dict.fromkeys(("VITALS", "VITALS REVIEWED"), "physical_examination"),
    "RESULTS": "results",
    "PROCEDURE": "procedures",
    **dict.fromkeys(("ASSESSMENT", "IMPRESSION"), "assessment"),
    "ASSESSMENT AND PLAN": "assessment_and_plan",
    **dict.fromkeys(("PLAN", "ORDERS"), "plan"),
    "INSTRUCTIONS": "discharge_instructions",
    **dict.fromkeys(("MSK", "HIV", "EKG", "RESPIRATORY", "OTC")),
}
# The label, its name in the corpus's README, and the kind.
MTS_DIALOG = {
    "FAM/SOCHX": ("FAMILY HISTORY/SOCIAL HISTORY", "family_history"),
    "GENHX": ("HISTORY of PRESENT ILLNESS", "history_of_present_illness"),
    "PASTMEDICALHX": ("PAST MEDICAL HISTORY", "past_history"),
    "CC": ("CHIEF COMPLAINT", "chief_complaint"),
    "PASTSURGICAL": ("PAST SURGICAL HISTORY", "past_history"),
    "ALLERGY": ("ALLERGY", "allergies"),
    "ROS": ("REVIEW OF SYSTEMS", "review_of_systems"),
    "MEDICATIONS": ("MEDICATIONS", "medication"),
    "ASSESSMENT": ("ASSESSMENT", "assessment"),
    "EXAM": ("EXAM", "physical_examination"),
    "DIAGNOSIS": ("DIAGNOSIS", "diagnosis"),
    "DISPOSITION": ("DISPOSITION", "disposition"),
    "PLAN": ("PLAN", "plan"),
    "EDCOURSE": ("EMERGENCY DEPARTMENT COURSE", "hospital_course"),
    "IMMUNIZATIONS": ("IMMUNIZATIONS", "immunizations"),
    "IMAGING": ("IMAGING", "imaging"),
    "GYNHX": ("GYNECOLOGIC HISTORY", "past_history"),
    "PROCEDURES": ("PROCEDURES", "procedures"),
    "OTHER_HISTORY": ("OTHER_HISTORY", "past_history"),
    "LABS": ("LABS", "laboratory"),
}
LAYOUTS = ("{name}\n\n{text}", "{title}: {text}", "## {title}\n\n{text}")


class Sample(NamedTuple):
    """A text, and the kind of each gold heading by the place of its first letter."""

    text: str
    gold: dict[int, str]


def aci_bench_samples(path: Path) -> Iterator[Sample]:
    for note in aci_bench.load(path):
        gold = {}
        for name, start, _ in note.sections:
            if kind := ACI_BENCH[name.strip().upper()]:
                gold[note.text.rindex(name, 0, start)] = kind
        yield Sample(note.text, gold)


def mts_dialog_samples(path: Path) -> Iterator[Sample]:
    for number, part in enumerate(mts_dialog.load(path)):
        name, kind = MTS_DIALOG[part.sections[0][0]]
        layout = LAYOUTS[number % len(LAYOUTS)]
        text = layout.format(name=name, title=name.capitalize(), text=part.text)
        yield Sample(text, {text.casefold().index(name.casefold()): kind})


def scored(samples: Iterable[Sample]) -> Counter[str]:
    """Counts: gold, found, right (the place), right kind."""
    counts: Counter[str] = Counter()
    for text, gold in samples:
        found = {}
        for section in sections(text):
            if section.heading:
                start, end = section.heading
                first = next((i for i in range(start, end) if text[i].isalpha()), start)
                found[first] = section.kind
        counts["gold"] += len(gold)
        counts["found"] += len(found)
        counts["place"] += len(gold.keys() & found.keys())
        counts["kind"] += len(gold.items() & found.items())
    return counts


def row(what: str, counts: Counter[str], right: str) -> str:
    """A line of the table: n, precision, recall, F1."""
    precision, recall = counts[right] / counts["found"], counts[right] / counts["gold"]
    f1 = 2 * counts[right] / (counts["found"] + counts["gold"])
    return f"| {what} | {counts['gold']} | {precision:.3f} | {recall:.3f} | {f1:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--aci-bench", type=Path, required=True, help="the corpus's folder")
    parser.add_argument(
        "--mts-dialog", type=Path, required=True, help="the folder of its CSV files"
    )
    args = parser.parse_args()
    notes, parts = aci_bench_samples(args.aci_bench), mts_dialog_samples(args.mts_dialog)
    print("| headings | n | precision | recall | F1 |\n|---|---|---|---|---|")
    for corpus, counts in (("ACI-Bench", scored(notes)), ("MTS-Dialog", scored(parts))):
        print(row(f"{corpus}, place", counts, "place"))
        print(row(f"{corpus}, place and kind", counts, "kind"))


if __name__ == "__main__":
    main()
