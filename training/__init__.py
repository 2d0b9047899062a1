"""Training: public data in, a fine-tuned Llama out. One script per stage: prepare, sft, average,
calibrate, merge, ship; make_elmtex7.sh makes the packaged adapter."""

import elmtex  # noqa: F401  before TRL, which else calls home
