#!/usr/bin/env bash
# How schemas-1, the packaged adapter for schemas of one's own, was made: from elmtex-7, in an hour on 2 cores with bfloat16.
#
#     training/make_schemas1.sh MACCROBAT2020/
#
# MACCROBAT sets the biases; no report of it is trained on. elmtex/models/adapters/schemas-1/record.json has the commits, seeds, versions and
# checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}

$PYTHON -m training.prepare --out runs/data-schemas --maccrobat "$MACCROBAT" --written --own-schemas
$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data runs/data-schemas --output_dir runs/schemas1 \
  --init_adapter elmtex/models/adapters/elmtex-7 --layout described --schemas training/schemas --sources schemas written \
  --mixture schemas=1 written=0.04 --drop 0.3 --shuffle 0.5 --rename 0.2 --excerpt 0.04 --capitals 0.03 --num_train_epochs 2 \
  --per_device_train_batch_size 4 --gradient_accumulation_steps 1 --save_steps 100 --logging_steps 20 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true
$PYTHON -m training.calibrate runs/schemas1 --data runs/data-schemas --schemas training/schemas
$PYTHON -m training.ship runs/schemas1 --name schemas-1
$PYTHON -m eval.own_schemas --out runs/own-schemas
$PYTHON -m eval.own_schemas --publish runs/own-schemas
