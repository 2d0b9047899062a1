"""Evaluation of extractions: metrics, systems under test, one runner, one report."""

import elmtex  # noqa: F401  before transformers and the hub's client, which else call home
