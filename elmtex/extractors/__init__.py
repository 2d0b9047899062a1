"""What turns a report into a document: margin notes on a Llama, or a chat model."""
