#!/usr/bin/env bash
# How attributes-1, the packaged attribute reader, was made, in three quarters of an hour on 2 cores with bfloat16.
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
$PYTHON -m training.ship runs/attributes1 --name attributes-1
