#!/usr/bin/env bash
# How schemas-3, the packaged adapter for schemas of one's own, was made: its three last stages, from schemas-2, in two hours on 2 cores with
# bfloat16.
#
#     training/make_schemas3.sh MACCROBAT2020/
#
# The first teaches a long English report of every schema, the second forty more schemas, the third wounds; the mean of the last two is kept.
# schemas-2 is that of commit 91abf90, made from schemas-1 by `git show 91abf90:training/make_schemas2.sh`. MACCROBAT sets the biases; no report of it is trained on.
# elmtex/models/adapters/schemas-3/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

mkdir -p runs/schemas-2
git archive 91abf90:elmtex/models/adapters/schemas-2 | tar -x -C runs/schemas-2

train() { # STAGE SCHEMAS FROM MIXTURE FLAGS: what the stages share
  $PYTHON -m training.prepare --out "runs/data-$1" --maccrobat "$MACCROBAT" --written --own-schemas "$2"
  $PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data "runs/data-$1" --output_dir "runs/$1" --init_adapter "runs/$3" \
    --layout described --described 0.8 --schemas "$2" --sources schemas written --mixture $4 \
    --drop 0.3 --shuffle 0.5 --rename 0.2 --excerpt 0.2 --capitals 0.02 --num_train_epochs 1 \
    --per_device_train_batch_size 4 --gradient_accumulation_steps 1 --save_steps 100 --logging_steps 20 \
    --bf16 true --dtype bfloat16 --resume_from_checkpoint true "${@:5}"
}

schemas() { # COMMIT: the schemas and reports as they were then
  mkdir -p "runs/schemas-of-$1" && git archive "$1:training/schemas" | tar -x -C "runs/schemas-of-$1" && echo "runs/schemas-of-$1"
}

wounds() { # the weights of the reports about wounds
  local lang name
  for lang in en de; do
    for name in pressure_ulcer_sheet diabetic_foot_clinic burn_clinic wundprotokoll surgical_wound_check; do
      echo "schemas/$lang/long-$name-=3 schemas/$lang/$name-=3"
    done
    echo "schemas/$lang/long-wound_visit-=4 schemas/$lang/wound_visit-=4 schemas/$lang/wound_care-=2"
  done
}

train schemas4 "$(schemas 89865fa)" schemas-2 "schemas=0.2 schemas/en/long-=2 schemas/de/long-=1 written=0.03" --learning_rate 4e-4 --seed 4
train schemas5 "$(schemas d0b7565)" schemas4 "schemas=0.2 schemas/en/long-=1 schemas/de/long-=1 written=0.03" --learning_rate 3e-4 --seed 5
train schemas6 training/schemas schemas5 "schemas=0.05 written=0.02 schemas/en/long-=0.25 schemas/de/long-=0.25 $(wounds)" \
  --learning_rate 3e-4 --seed 6

$PYTHON -m training.average runs/schemas5 runs/schemas6 --out runs/mean # wounds are learnt, and nothing else is forgotten

$PYTHON -m training.calibrate runs/mean --data runs/data-schemas6 --schemas training/schemas
$PYTHON -m training.ship runs/mean --name schemas-3
$PYTHON -m eval.own_schemas --out runs/own-schemas
$PYTHON -m eval.own_schemas --publish runs/own-schemas
$PYTHON -m eval.own_schemas --schemas training/schemas/held_out_long
