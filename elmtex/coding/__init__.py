"""Codes of terminologies suggested for items."""
