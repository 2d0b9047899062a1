#!/usr/bin/env bash
# How attributes-1, the packaged attribute reader, was made, in an hour on 2 cores with bfloat16.
#
#     training/make_attributes1.sh MACCROBAT2020/ phee2/
#
# elmtex/models/attribute_readers/attributes-1/record.json has the command, commit, seed, versions and checksums; training/EXPERIMENTS.md says
# what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}

$PYTHON -m training.prepare --out runs/data-attributes --maccrobat "$MACCROBAT" --phee "$PHEE" --written
$PYTHON -m training.attribute_reader --config training/configs/attributes-minilm.yaml --data runs/data-attributes \
  --output_dir runs/attributes1 --bf16 true --resume_from_checkpoint true
$PYTHON -m training.attribute_reader --config training/configs/attributes-minilm.yaml --data runs/data-attributes \
  --output_dir runs/attributes2 --init_reader runs/attributes1 \
  --mixture maccrobat=1 written/en=0.12 written/de=0.2 phee=0.04 --num_train_epochs 5 \
  --learning_rate 2e-4 --head_learning_rate 1e-3 --warmup_steps 30 --seed 2 --bf16 true --resume_from_checkpoint true
$PYTHON -m training.ship runs/attributes2 --name attributes-1
# Its threshold, once elmtex-7 is packaged, whose items it reads
$PYTHON -m training.calibrate_reader elmtex/models/attribute_readers/attributes-1 --data runs/data-attributes
