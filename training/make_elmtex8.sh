#!/usr/bin/env bash
# How the packaged adapter, elmtex-8, was made from elmtex-7, in one file (some two hours and a half on 2 cores with bfloat16).
#
#     training/make_elmtex8.sh MACCROBAT2020/ phee2/
#
# The first stage teaches the notes, letters and short texts that elmtex-7 had not seen, the second case reports and German letters once
# more; after each, the weights are averaged with those before it. elmtex-7 was made by training/make_elmtex7.sh of commit 2a5f631, elmtex-6
# by training/make_elmtex6.sh of d7be1ea, elmtex-5 by training/make_elmtex5.sh of e504d87: `git show 2a5f631:training/make_elmtex7.sh`.
# The commands, commits, seeds, versions and checksums of every stage are in elmtex/models/adapters/elmtex-8/record.json; why each was
# run, and what else was tried, is in training/EXPERIMENTS.md.
#
# The data can be had again byte for byte: they are made by the code and the written reports of their time, which the script checks
# out beside this checkout (runs/source8; the first stage ran at 2d1ecfc, since which nothing of the training changed); it stops when a checksum is another. The weights come out as good, but not the same bits:
# bfloat16 products depend on the CPU.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

[[ -d runs/source8 ]] || git worktree add --detach runs/source8 fe67ef5
cd runs/source8
make dev
$PYTHON -m training.prepare --out data-z6 --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
echo "48ec974f27cc1e9d990d534ead7a7a147daee2792c022138c4e034542b9729ec  data-z6/train.jsonl" | sha256sum --check
$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data data-z6 --output_dir notes6 \
  --init_adapter elmtex/models/adapters/elmtex-7 --sources maccrobat written synthetic phee \
  --mixture maccrobat=1.1 written=0.03 written/en/c-=0.15 written/de/c-=0.2 written/en/c-s=0.25 written/de/c-s=0.25 \
    written/en/c-t=0.4 written/de/c-t=0.4 written/en/c-u=0.8 written/de/c-u=0.8 written/de/c-w=0.8 written/en/c-v=1.5 \
    written/de/c-v=1.2 written/de/c-x=1 written/en/c-z=1.5 written/de/c-z=1.6 phee=0.003 synthetic=0.003 \
  --excerpt 0.1 --capitals 0.04 --num_train_epochs 1 --learning_rate 3e-4 --logging_steps 5 --save_steps 100 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true
[[ -d mean6 ]] || $PYTHON -m training.average elmtex/models/adapters/elmtex-7 notes6 --out mean6

$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data data-z6 --output_dir notes7 \
  --init_adapter mean6 --sources maccrobat written synthetic phee \
  --mixture maccrobat=2.2 written=0.06 written/de/f=0.8 written/de/g=0.8 written/de/p=0.8 written/de/q=0.8 written/de/x=0.8 \
    written/de/m=0.5 written/en/c-=0.1 written/de/c-=0.4 written/en/c-s=0.2 written/de/c-s=0.3 written/en/c-t=0.3 \
    written/de/c-t=0.4 written/en/c-u=0.2 written/de/c-u=0.4 written/de/c-w=0.4 written/en/c-v=0.5 written/de/c-v=0.6 \
    written/de/c-x=0.45 written/en/c-z=0.5 written/de/c-z=0.5 phee=0.003 synthetic=0.003 \
  --excerpt 0.1 --capitals 0.03 --num_train_epochs 1 --learning_rate 3e-4 --logging_steps 5 --save_steps 50 --seed 7 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true
[[ -d mean7 ]] || $PYTHON -m training.average mean6 notes7 --out mean7
cd ../..

# Biases, thresholds and confidences of items and attributes, on DEV, and the lexicon; into the package, and what its card says
$PYTHON -m training.calibrate runs/source8/mean7 --data runs/source8/data-z6 --schema clinical --student student-4 --attribute-reader attributes-1
$PYTHON -m training.ship runs/source8/mean7 --name elmtex-8
$PYTHON -m eval.run --data "$MACCROBAT" --format brat --split test --systems finetuned,untrained,naive,icl --out runs/test
$PYTHON -m eval.publish runs/test --card elmtex/models/adapters/elmtex-8
