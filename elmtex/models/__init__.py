"""Model files: what is written of a Llama for other programs."""
