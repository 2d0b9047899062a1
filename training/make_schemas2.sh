#!/usr/bin/env bash
# How schemas-2, the packaged adapter for schemas of one's own, was made: its two last stages, from schemas-1, in an hour and a half on 2 cores with
# bfloat16.
#
#     training/make_schemas2.sh MACCROBAT2020/
#
# The first teaches long reports, the second more German ones. schemas-1 is that of commit 0fa999f, made from elmtex-7 by
# `git show 0fa999f:training/make_schemas1.sh`. MACCROBAT sets the biases; no report of it is trained on.
# elmtex/models/adapters/schemas-2/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

mkdir -p runs/schemas-1
git archive 0fa999f:elmtex/models/adapters/schemas-1 | tar -x -C runs/schemas-1
[[ -d runs/source-schemas ]] || git worktree add --detach runs/source-schemas ec073c5 # its long reports are those of the first stage

train() { # DATA OUTPUT FROM MIXTURE FLAGS: what both stages share
  $PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data "$1" --output_dir "$2" --init_adapter "$3" \
    --layout described --described 0.8 --schemas training/schemas --sources schemas written --mixture $4 written=0.03 \
    --drop 0.3 --shuffle 0.5 --rename 0.2 --excerpt 0.2 --capitals 0.02 --num_train_epochs 1 \
    --per_device_train_batch_size 4 --gradient_accumulation_steps 1 --save_steps 100 --logging_steps 20 \
    --bf16 true --dtype bfloat16 --resume_from_checkpoint true "${@:5}"
}

$PYTHON -m training.prepare --out runs/data-schemas2 --maccrobat "$MACCROBAT" --written --own-schemas runs/source-schemas/training/schemas
train runs/data-schemas2 runs/schemas2 runs/schemas-1 "schemas=0.5 schemas/en/long-=3 schemas/de/long-=3" --learning_rate 3e-4 --seed 2
$PYTHON -m training.prepare --out runs/data-schemas3 --maccrobat "$MACCROBAT" --written --own-schemas
train runs/data-schemas3 runs/schemas3 runs/schemas2 "schemas=0.25 schemas/en/long-=1 schemas/de/long-=1.3" --learning_rate 4e-4 --seed 3

$PYTHON -m training.calibrate runs/schemas3 --data runs/data-schemas3 --schemas training/schemas
$PYTHON -m training.ship runs/schemas3 --name schemas-2
$PYTHON -m eval.own_schemas --out runs/own-schemas
$PYTHON -m eval.own_schemas --publish runs/own-schemas
$PYTHON -m eval.own_schemas --schemas training/schemas/held_out_long
