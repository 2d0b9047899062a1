"""Margin notes: one branch per sentence, decoded side by side over one flat cache. Knows no engine."""
