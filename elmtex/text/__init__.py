"""Text as the model and the matchers read it: normalised, split into sentences, aligned; offsets
stay the report's."""
