#!/usr/bin/env bash
# How schemas-4, the packaged adapter for schemas of one's own, was made: its last stage, from schemas-3, in 75 minutes on 2 cores with bfloat16.
#
#     training/make_schemas4.sh MACCROBAT2020/
#
# It teaches the templates (202 more long reports) and German: half of the German reports are asked for by German titles and descriptions.
# schemas-3 is that of commit f2b17a9, made from schemas-2 by `git show f2b17a9:training/make_schemas3.sh`. MACCROBAT sets the biases; no report of
# it is trained on.
# elmtex/models/adapters/schemas-4/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

mkdir -p runs/schemas-3
git archive f2b17a9:elmtex/models/adapters/schemas-3 | tar -x -C runs/schemas-3
$PYTHON -m training.prepare --out runs/data --maccrobat "$MACCROBAT" --written --own-schemas

MIXTURE="schemas/en=0.1 schemas/de=0.35 schemas/en/long-=0.6 schemas/de/long-=1.5 written=0.02"
for file in schemas/templates/*.json; do
  name=$(basename "$file" .json)
  case $name in wound_visit | breast_imaging) weight=3.5 ;; *) weight=2.5 ;; esac
  MIXTURE+=" schemas/en/long-$name-=$weight schemas/de/long-$name-=$weight"
done

$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data runs/data --output_dir runs/schemas7 --init_adapter runs/schemas-3 \
  --layout described --described 0.8 --schemas training/schemas --sources schemas written --mixture $MIXTURE \
  --drop 0.3 --shuffle 0.5 --rename 0.2 --translate 0.5 --excerpt 0.2 --capitals 0.02 --num_train_epochs 1 \
  --per_device_train_batch_size 4 --gradient_accumulation_steps 1 --save_steps 100 --logging_steps 20 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true --learning_rate 4e-4 --seed 7

$PYTHON -m training.calibrate runs/schemas7 --data runs/data --schemas training/schemas
$PYTHON -m training.ship runs/schemas7 --name schemas-4
$PYTHON -m eval.own_schemas --out runs/own-schemas
$PYTHON -m eval.own_schemas --publish runs/own-schemas
$PYTHON -m eval.own_schemas --lang de
$PYTHON -m eval.own_schemas --schemas training/schemas/held_out_long
