"""Evaluation of extractions: metrics, systems under test, one runner, one report."""
