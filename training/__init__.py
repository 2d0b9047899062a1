"""Training: public data in, a fine-tuned Llama out. One script a stage: prepare, sft, merge."""
