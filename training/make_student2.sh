#!/usr/bin/env bash
# How student-2, the packaged student, was made: from student-1, in three quarters of an hour on 2 cores with bfloat16.
#
#     training/make_student2.sh MACCROBAT2020/ phee2/
#
# student-1 is that of commit a39cef3; `git show a39cef3:elmtex/models/students/student-1/record.json` has its command.
# elmtex/models/students/student-2/record.json has the commits, seeds, versions and checksums; training/EXPERIMENTS.md says what else was tried.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}

mkdir -p runs/student-1
git archive a39cef3:elmtex/models/students/student-1 | tar -x -C runs/student-1
$PYTHON -m training.prepare --out runs/data-student --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
$PYTHON -m training.student --config training/configs/student-minilm.yaml --data runs/data-student --output_dir runs/student2 \
  --init_student runs/student-1 --init_share 0.5 --mixture maccrobat=2 written/en=0.3 written/en/c-t=1.5 written/en/c-u=1.5 \
  written/de=1 written/de/c-s=0.6 written/de/c-t=1.5 written/de/c-u=3 synthetic=0.01 phee=0.01 --num_train_epochs 2 \
  --learning_rate 1e-4 --head_learning_rate 5e-4 --warmup_steps 50 --bf16 true --save_steps 200 --eval_steps 400 --resume_from_checkpoint true
$PYTHON -m training.ship runs/student2 --name student-2
