"""The tab in which the model learns from finished reviews."""
