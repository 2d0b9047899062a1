#!/usr/bin/env bash
# How the packaged adapter, elmtex-6, was made: its last stage, from elmtex-5, in one file (two hours on 2 cores with bfloat16).
#
#     training/make_elmtex6.sh MACCROBAT2020/ phee2/
#
# It adds attributes, the schema `clinical` and real notes to elmtex-5, which was made by training/make_elmtex5.sh of commit e504d87:
# `git show e504d87:training/make_elmtex5.sh` has its stages. The commands, commits, seeds, versions and checksums of every stage are in
# elmtex/models/adapters/elmtex-6/record.json; why each was run, and what else was tried, is in training/EXPERIMENTS.md.
#
# The data can be had again byte for byte: they are made by the code and the written reports of their time, which the script checks
# out beside this checkout (runs/source); it stops when the checksum is another. The weights come out as good, but not the same bits:
# bfloat16 products depend on the CPU.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

# The code, the written reports and the package versions of that time; elmtex-5 is in it
[[ -d runs/source ]] || git worktree add --detach runs/source cb8079f
cd runs/source
make dev

# Data: MACCROBAT and PHEE with their attributes, 1,037 written and 800 synthetic reports; no near copy of a held-out text among them
$PYTHON -m training.prepare --out data2 --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
echo "4d39abe3457f12e1576dad4070cfa8059de40cfa7e099030a95fa77e108f3ee9  data2/train.jsonl" | sha256sum --check

$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data data2 --output_dir notes1 \
  --init_adapter elmtex/models/adapters/elmtex-5 --sources maccrobat written synthetic phee \
  --mixture maccrobat=1.2 written/en=0.25 written/de=0.35 written/de/m=0.6 written/de/y=1 written/en/p=0.6 written/en/y=1 \
  written/en/a=0.08 written/en/b=0.08 written/en/c=0.08 written/en/d=0.08 written/en/h=0.08 written/en/i=0.08 \
  written/en/j=0.08 written/en/k=0.08 written/en/l=0.08 written/en/m=0.08 written/en/n=0.08 \
  written/en/c-h=0.8 written/en/c-g=0.9 written/de/c-=0.9 phee=0.005 synthetic=0.003 \
  --excerpt 0.12 --capitals 0.04 --num_train_epochs 2 --learning_rate 3e-4 --logging_steps 5 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true

# Biases, thresholds and confidences of items and attributes, on DEV; into the package, and what its card says
cd ../..
$PYTHON -m training.calibrate runs/source/notes1 --data runs/source/data2
$PYTHON -m training.ship runs/source/notes1 --name elmtex-6
$PYTHON -m eval.run --data "$MACCROBAT" --format brat --split test --systems finetuned,untrained,naive,icl --out runs/test
$PYTHON -m eval.publish runs/test --card elmtex/models/adapters/elmtex-6
