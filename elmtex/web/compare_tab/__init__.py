"""The tab that compares two extractors."""
