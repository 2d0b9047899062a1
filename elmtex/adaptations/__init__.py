"""Adaptations: models that learnt from a user's reviewed reports, kept as versions of which one may be in use for a schema."""

from elmtex.adaptations.versions import Adaptations, Counts, Figures, Version, schema_key

__all__ = ["Adaptations", "Counts", "Figures", "Version", "schema_key"]
