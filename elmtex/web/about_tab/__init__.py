"""The tab about the model and its use."""
