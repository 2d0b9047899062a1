"""The tab that scores what the model said."""
