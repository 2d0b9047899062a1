"""The lab's data: loaders of annotated corpora, each of which yields :class:`elmtex.types.Record`,
and makers of reports. Nothing heavy is imported; nothing of it is in the wheel."""
