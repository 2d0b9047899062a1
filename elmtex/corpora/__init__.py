"""Loaders of annotated corpora: each yields :class:`elmtex.types.Record`; nothing heavy is imported."""
