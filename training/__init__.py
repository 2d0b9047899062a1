"""Training: public data in, a fine-tuned Llama out. One script a stage: prepare, sft, merge."""

import elmtex  # noqa: F401  before TRL, which else calls home
