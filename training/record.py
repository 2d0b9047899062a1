"""The run record: what was trained on what, by which command, and how the loss went."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from elmtex.run_record import surroundings

_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "tokenizers")


class Recorder:
    """Writes ``record.json`` and ``loss.png`` into a run's folder.

    Args:
        folder: the run's output folder; made when missing.
        command: the command line that started the run.
        settings: dataclasses of arguments, the first with a ``data`` folder whose files are checksummed.
    """

    def __init__(self, folder: str, command: list[str], *settings: Any) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._begun = time.time()
        self._data: dict[str, Any] = {
            "command": command,
            **surroundings(_PACKAGES),
            "settings": [
                asdict(s) for s in settings if is_dataclass(s) and not isinstance(s, type)
            ],
            "data": {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(Path(settings[0].data).glob("*.jsonl"))
            },
        }

    def note(self, **facts: Any) -> None:
        """Add facts to the record and write it."""
        self._data.update(facts)
        text = json.dumps(self._data, indent=2, default=str) + "\n"
        (self._folder / "record.json").write_text(text, "utf-8")

    def finish(self, history: list[dict[str, Any]]) -> None:
        """Write the losses of Trainer's log history, the time taken since this start, and the curve."""
        self.note(seconds=round(time.time() - self._begun), history=history)
        _plot(history, self._folder / "loss.png")


def _plot(history: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for key, label in (("loss", "train"), ("eval_loss", "dev")):
        points = [(row["step"], row[key]) for row in history if key in row]
        if points:
            axes.plot(*zip(*points, strict=True), label=label)
    axes.set_xlabel("step")
    axes.set_ylabel("loss over the notes' decisions (nats)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
