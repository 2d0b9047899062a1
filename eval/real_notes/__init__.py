"""How a model reads notes as they are written: dictated, telegraphic, of several hospitals.

``python -m eval.real_notes`` measures it on corpora whose guidelines are others than the gold standard's,
so that each has a mapping (:mod:`eval.real_notes.mapping`).
"""
