"""What loaders of corpora share: brat's format, downloads, spans, sectioned texts, near copies. It knows no corpus."""
