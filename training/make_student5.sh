#!/usr/bin/env bash
# How student-5, the packaged student, was made: from student-4, in MINUTES minutes on 2 cores with bfloat16.
#
#     training/make_student5.sh MACCROBAT2020/ phee2/
#
# student-4 is that of commit fd1328f, and its training/make_student4.sh. The data are made by the code and the written reports of that
# commit, which the script checks out beside this checkout (runs/source-kinds).
# elmtex/models/students/student-5/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=$(realpath -s "${PYTHON:-.venv/bin/python}")

[[ -d runs/source-kinds ]] || git worktree add --detach runs/source-kinds fd1328f
(
  cd runs/source-kinds
  export PYTHONPATH=$PWD
  $PYTHON -m training.prepare --out data --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
  $PYTHON -m training.student --config training/configs/student-minilm.yaml --data data --output_dir student \
    --init_student student-4 --init_share 0.4 --mixture maccrobat=1.5 written/en=0.1 written/en/c-t=0.3 written/en/c-u=0.3 written/en/c-v=1 \
    written/en/c-z=2 written/de=0.3 written/de/c-s=0.2 written/de/c-t=0.2 written/de/c-u=0.5 written/de/c-w=0.5 written/de/c-v=1 \
    written/de/c-x=1.2 written/de/c-z=2.5 synthetic=0.01 phee=0.01 --num_train_epochs 2 --learning_rate 1.5e-4 --head_learning_rate 7e-4 \
    --warmup_steps 50 --bf16 true --save_steps 100 --eval_steps 400 --resume_from_checkpoint true
)
$PYTHON -m training.ship runs/source-kinds/student --name student-5
