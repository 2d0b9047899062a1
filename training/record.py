"""The run record: what was trained on what, by which command, and how the loss went."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elmtex.provenance import digest_of_data, environment
from elmtex.storage import write_whole
from elmtex.types import InputError
from eval.answers import peak_rss_mb

RECORD = "record.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "tokenizers")


class Recorder:
    """Writes ``record.json`` and ``loss.png`` into a run's folder.

    Args:
        folder: the run's output folder; made when missing.
        command: the command line that started the run.
        settings: what decides the run's course.
        data: folder whose JSONL files are checksummed.
        before: folder of the run that this one continues, whose record becomes a part of this
            one's.
        resume: this start resumes the run in ``folder``.

    Raises:
        InputError: a resumed run was started with other settings or data, or a new one meets the
            checkpoints of another.
    """

    def __init__(
        self,
        folder: str,
        command: list[str],
        settings: dict[str, Any],
        data: str,
        *,
        before: str | Path | None = None,
        resume: bool = False,
    ) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        if not resume and any(self._folder.glob("checkpoint-*")):
            raise InputError(
                f"{folder} holds another run's checkpoints: resume it with --resume_from_checkpoint true, or train "
                "into another folder"
            )
        self._begun = time.time()
        start = {"command": command, **environment(PACKAGES)}
        self._data: dict[str, Any] = {
            "starts": [start],
            "settings": json.loads(json.dumps(settings, default=str)),
            "data": {
                path.name: digest_of_data(path) for path in sorted(Path(data).glob("*.jsonl"))
            },
        }
        earlier = read_record(self._folder) if resume else {}
        self._seconds = earlier.get("seconds", 0)  # of earlier starts that came to their end
        for key in ("settings", "data"):
            if earlier.get(key, self._data[key]) != self._data[key]:
                raise InputError(
                    f"{folder} was started with other {key}: resume it with those of its record.json, or train into "
                    "another folder"
                )
        self._data["starts"] = [*earlier.get("starts", ()), start]
        if before and (known := read_record(Path(before))):
            self._data["from"] = known

    def note(self, **facts: Any) -> None:
        """Add facts to the record and write it; of several processes of a run the first one does."""
        self._data.update(facts)
        if is_first():
            write_whole(self._folder / RECORD, json.dumps(self._data, indent=2, default=str) + "\n")

    def finish(self, history: list[dict[str, Any]]) -> None:
        """Write the losses of Trainer's log history, the time taken, and the curve."""
        seconds = self._seconds + round(time.time() - self._begun)
        self.note(seconds=seconds, peak_rss_mb=peak_rss_mb(), history=history)
        if is_first():
            _plot(history, self._folder / "loss.png")


def is_first() -> bool:
    """Whether this is the only process of a run, or the first of those that ``accelerate launch``
    starts."""
    return os.environ.get("RANK", "0") == "0"


def resumes(config: Any) -> bool:
    """Whether transformers' arguments ask to resume; a checkpoint that they name stays in them."""
    asked = config.resume_from_checkpoint
    if asked in ("false", "False", False):
        config.resume_from_checkpoint = None
    return asked in ("true", "True", True)


def last_checkpoint(folder: str) -> str | None:
    """The last checkpoint that is whole: what transformers writes of one last is its
    trainer_state.json."""
    whole = [path.parent for path in Path(folder).glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.partition("-")[2]))) if whole else None


def read_record(folder: Path) -> dict[str, Any]:
    """What a run's folder says of how it was made; empty where it says nothing."""
    path = folder / RECORD
    record: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return record


def short_form(record: Mapping[str, Any], base: str) -> dict[str, Any]:
    """A run's record as it is packaged with an adapter: its stages from the first to this one,
    without losses and without paths.

    Args:
        record: of the last run; what it continues is a part of it.
        base: name of the base model.
    """
    stages: list[dict[str, Any]] = []
    for stage in _stages(record):
        if stage not in stages:  # adapters that were averaged share their first
            stages.append(stage)
    return {"base": base, "stages": stages}


def _stages(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for before in [*record.get("averaged", ()), *([record["from"]] if "from" in record else ())]:
        yield from _stages(before)
    if "stages" in record:  # of a packaged adapter
        yield from record["stages"]
    if not record.get("starts"):
        return
    start = record["starts"][-1]
    script, *arguments = start["command"]
    stage = {
        "command": shlex.join(
            ["python", "-m", f"training.{Path(script).stem}", *_named(arguments)]
        ),
        **{key: start[key] for key in ("git", "python", "processor", "versions") if key in start},
    }
    if "averaged" not in record:
        settings = record["settings"]
        own = next(settings[k] for k in ("elmtex", "student", "attributes") if k in settings)
        trainer = settings.get("trainer", {})
        stage |= {
            "seed": trainer.get("seed"),  # None: not recorded then
            "sources": own["sources"],
            "share": own.get("mixture", own.get("share", [])),  # older runs call it so, too
            "records": record["train_records"],
            "rows": record["train_rows"],
            "steps": record["history"][-1]["step"],
            "seconds": record["seconds"],
            **{key: record[key] for key in ("peak_rss_mb",) if key in record},
            "data": record["data"],
        }
    yield stage


def _named(arguments: Sequence[str]) -> list[str]:
    """A command's arguments with the name alone of what lies at an absolute path: nobody else has
    it there."""
    return [Path(words).name if Path(words).is_absolute() else words for words in arguments]


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
