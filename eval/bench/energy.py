"""Joules: read from the processor's own counters (RAPL) where the system lets us, else estimated by codecarbon.

RAPL counts the whole processor package, whoever uses it: measure on an idle machine. codecarbon estimates the same from the
processor's rated power and its load, and adds the memory's; it asks nobody in its offline form.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import TracebackType
from typing import Any

_POWERCAP = Path("/sys/class/powercap")
_KILOWATT_HOUR = 3.6e6  # joules


class Meter:
    """Measures while its block runs; ``joules`` is None where nothing can measure.

    Args:
        powercap: folder of the kernel's power zones.

    Examples:
        >>> with Meter() as meter:
        ...     total = sum(range(1000))
        >>> meter.source in ("RAPL", "codecarbon's estimate", "none")
        True
    """

    def __init__(self, powercap: Path = _POWERCAP) -> None:
        # Zones of a package hold those of its parts: intel-rapl:0 holds intel-rapl:0:0
        zones = (
            zone for zone in sorted(powercap.glob("intel-rapl:*")) if zone.name.count(":") == 1
        )
        self._zones = [zone for zone in zones if _count(zone) is not None]
        self._before: list[int | None] = []
        self._tracker: Any = None
        self.joules: float | None = None
        self.source = "none"
        if self._zones:
            self.source = "RAPL"
        elif importlib.util.find_spec("codecarbon") is not None:
            self.source = "codecarbon's estimate"

    def __enter__(self) -> Meter:
        if self.source == "RAPL":
            self._before = [_count(zone) for zone in self._zones]
        elif self.source != "none":
            from codecarbon import OfflineEmissionsTracker

            # The country decides grams of CO2 alone, which we do not report
            self._tracker = OfflineEmissionsTracker(
                country_iso_code="DEU",
                save_to_file=False,
                log_level="error",
                measure_power_secs=1,
                allow_multiple_runs=True,
            )
            self._tracker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        if self._tracker is not None:
            self._tracker.stop()
            self.joules = self._tracker.final_emissions_data.energy_consumed * _KILOWATT_HOUR
            return
        used = [_used(*pair) for pair in zip(self._zones, self._before, strict=False)]
        if used and None not in used:
            self.joules = sum(micro for micro in used if micro is not None) / 1e6


def _count(zone: Path) -> int | None:
    """A zone's counter in microjoules; None where it cannot be read: kernels show it to root alone."""
    try:
        return int((zone / "energy_uj").read_text())
    except (OSError, ValueError):
        return None


def _used(zone: Path, before: int | None) -> int | None:
    now = _count(zone)
    if now is None or before is None:
        return None
    if now >= before:
        return now - before
    return now + int((zone / "max_energy_range_uj").read_text()) - before  # it went round
