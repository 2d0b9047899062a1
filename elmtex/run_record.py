"""The old name of :mod:`elmtex.provenance`, for what still imports it."""

from elmtex.provenance import digest, git_hash, surroundings, usable_cores, version
from elmtex.storage import write_whole

__all__ = ["digest", "git_hash", "surroundings", "usable_cores", "version", "write_whole"]
