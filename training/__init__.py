"""Training: public data in, a fine-tuned Llama out. One script a stage: prepare, sft, average,
calibrate, merge, ship; make_elmtex5.sh is the whole way of the shipped adapter."""

import elmtex  # noqa: F401  before TRL, which else calls home
