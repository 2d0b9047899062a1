#!/usr/bin/env bash
# How student-3, the packaged student, was made: from student-2, in two stages, together 40 minutes on 2 cores with bfloat16.
#
#     training/make_student3.sh MACCROBAT2020/ phee2/
#
# student-2 is that of commit fdd9e6a, and its training/make_student2.sh. The data are made by the code and the written reports of their
# time, which the script checks out beside this checkout (runs/source-terse, runs/source-letters).
# elmtex/models/students/student-3/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=$(realpath -s "${PYTHON:-.venv/bin/python}")

stage() { # SOURCE COMMIT BEGIN SHARES...: trains SOURCE/student further from BEGIN
  [[ -d runs/$1 ]] || git worktree add --detach "runs/$1" "$2"
  (
    cd "runs/$1"
    PYTHONPATH=$PWD $PYTHON -m training.prepare --out data --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
    PYTHONPATH=$PWD $PYTHON -m training.student --config training/configs/student-minilm.yaml --data data --output_dir student \
      --init_student "$3" --init_share 0.5 --mixture maccrobat=1.5 "${@:4}" synthetic=0.01 phee=0.01 --num_train_epochs 2 \
      --learning_rate 1e-4 --head_learning_rate 5e-4 --warmup_steps 50 --bf16 true --save_steps 200 --eval_steps 400 --resume_from_checkpoint true
  )
}

stage source-terse 282eff0 elmtex/models/students/student-2 written/en=0.2 written/en/c-t=0.8 written/en/c-u=0.8 \
  written/de=0.5 written/de/c-s=0.5 written/de/c-t=0.7 written/de/c-u=1.2 written/de/c-w=2
stage source-letters 60abe16 ../source-terse/student written/en=0.15 written/en/c-t=0.5 written/en/c-u=0.5 written/en/c-v=4 \
  written/de=0.4 written/de/c-s=0.4 written/de/c-t=0.5 written/de/c-u=1 written/de/c-w=1.5 written/de/c-v=4
$PYTHON -m training.ship runs/source-letters/student --name student-3
