#!/usr/bin/env bash
# How student-4, the packaged student, was made: from student-3, in 22 minutes on 2 cores with bfloat16.
#
#     training/make_student4.sh MACCROBAT2020/ phee2/
#
# student-3 is that of commit dea028e, and its training/make_student3.sh. The data are made by the code and the written reports of that
# commit, which the script checks out beside this checkout (runs/source-german).
# elmtex/models/students/student-4/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=$(realpath -s "${PYTHON:-.venv/bin/python}")

[[ -d runs/source-german ]] || git worktree add --detach runs/source-german dea028e
(
  cd runs/source-german
  export PYTHONPATH=$PWD
  $PYTHON -m training.prepare --out data --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
  $PYTHON -m training.student --config training/configs/student-minilm.yaml --data data --output_dir student \
    --init_student student-3 --init_share 0.5 --mixture maccrobat=1.5 written/en=0.12 written/en/c-t=0.4 written/en/c-u=0.4 written/en/c-v=2 \
    written/de=0.3 written/de/c-s=0.3 written/de/c-t=0.4 written/de/c-u=0.7 written/de/c-w=0.8 written/de/c-v=1.5 written/de/c-x=2 \
    synthetic=0.01 phee=0.01 --num_train_epochs 2 --learning_rate 1.5e-4 --head_learning_rate 7e-4 --warmup_steps 50 \
    --bf16 true --save_steps 100 --eval_steps 400 --resume_from_checkpoint true
)
$PYTHON -m training.ship runs/source-german/student --name student-4
