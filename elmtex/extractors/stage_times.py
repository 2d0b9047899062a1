"""What one extraction by margin notes took."""

from __future__ import annotations

from dataclasses import dataclass, field

from elmtex.decoding.loop import Counts


@dataclass
class NotesTimings:
    """Seconds and counts of one extraction; see :class:`elmtex.types.Timings`."""

    load: float = 0.0
    tokenise: float = 0.0
    first_pass: float = 0.0  # reads the report and opens every note; summed over chunks
    other_passes: float = 0.0
    chunks: int = 0
    sentences: int = 0
    second_opinion: float = 0.0  # a student's reading; 0 where none is asked
    attributes: float = 0.0  # an attribute reader's reading; 0 where none is asked
    counts: Counts = field(default_factory=Counts)

    def lines(self) -> list[str]:
        """The figures as lines to print."""
        c = self.counts
        opinion = [f"student   {self.second_opinion:8.2f} s"] if self.second_opinion else []
        reader = [f"reader    {self.attributes:8.2f} s"] if self.attributes else []
        return [
            f"load      {self.load:8.2f} s",
            f"tokenise  {self.tokenise:8.2f} s  {self.chunks} chunks, {self.sentences} sentences",
            f"prefill   {self.first_pass:8.2f} s  {c.prefix} prefix tokens",
            f"notes     {self.other_passes:8.2f} s  {c.passes} passes in all, {c.fed} tokens fed, {c.kept} kept",
            *opinion,
            *reader,
        ]
