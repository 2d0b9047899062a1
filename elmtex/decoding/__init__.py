"""Margin notes: one branch for each word where an item may begin, decoded side by side over one
flat cache. Knows no engine."""
