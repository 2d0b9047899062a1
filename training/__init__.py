"""Training: public data in, a fine-tuned Llama out. One script per stage: prepare, sft, average,
calibrate, merge, ship; make_elmtex8.sh and make_schemas4.sh make the packaged adapters."""

import elmtex  # noqa: F401  before TRL, which else calls home
