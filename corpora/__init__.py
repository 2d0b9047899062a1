"""The lab's data: loaders of annotated corpora, each of which yields :class:`elmtex.types.Record`,
and makers of reports. Nothing heavy is imported; nothing of it is in the wheel.

A loader is a module with a ``SOURCE`` and a ``load(path)``: ``maccrobat``, ``phee``, ``ncbi_disease``, ``elmtex_files``,
``written``, and of plain texts ``aci_bench`` and ``mts_dialog``. ``kiwi`` and ``negex`` are measured on alone, by
``eval.real_notes``. ``CORPORA`` in training/prepare.py lists what may be trained on, ``LOADERS`` in
eval/data.py what else may be measured on. ``shared`` is what loaders share. ``patients`` and ``synthetic`` make
reports, ``markup`` reads the notation that made and written reports have.
"""
