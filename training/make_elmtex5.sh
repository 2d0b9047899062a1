#!/usr/bin/env bash
# How the shipped adapter, elmtex-5, was made: from the data to the package, in one file.
#
#     training/make_elmtex5.sh MACCROBAT2020/           the last stage again, from elmtex-4 (75 minutes on 2 cores with bfloat16)
#     training/make_elmtex5.sh MACCROBAT2020/ words1    the last two, from elmtex-3 (2 hours)
#
# The commands, commits, seeds, versions and checksums of every stage are in elmtex/models/adapters/elmtex-5/record.json; why each was
# run, and what else was tried, is in training/EXPERIMENTS.md. What can be had again, and what cannot:
#
# - The data of the last two stages, byte for byte: made by the code and the written reports of their time, which the script checks
#   out beside this checkout (runs/source). It stops when the checksum is another.
# - The adapters that those stages begin from: they are in this repository's history, in float16 as they shipped.
# - Weights as good, but not the same bits: bfloat16 products depend on the CPU, and words1 was run on code that had not been
#   committed yet, whose notes could not yet name the same words twice.
# - The stages before elmtex-3 trained another layout, a note for each sentence, which this code has no more. Their commands
#   belong to their commits, and two of them ran with changes on top that were not committed:
#
#     d422269   sft  --data runs/data  --output_dir runs/first --max_steps 110
#                    104 reports of MACCROBAT
#     8126110+  sft  --data runs/data2 --output_dir runs/second --init_adapter runs/first
#                    … and 2,999 synthetic reports, another fiftieth of them or so each epoch
#     e002716+  sft  --data runs/data3 --output_dir runs/sixth --init_adapter runs/second --num_train_epochs 1
#                    --sources maccrobat written synthetic --share synthetic=0.005 --learning_rate 3e-4 --seed 6
#     6e0270a   sft  --data runs/data4 --output_dir runs/seventh --init_adapter runs/sixth --num_train_epochs 1
#                    --share maccrobat=0.5 written=0.63 synthetic=0.003 --learning_rate 3e-4 --seed 7
#     bfc5fc2+  average runs/sixth runs/seventh --out runs/s67
#     bfc5fc2+  sft  --data runs/data4 --output_dir runs/eighth --init_adapter runs/s67 --num_train_epochs 1
#                    --share maccrobat=1.5 written=0.25 synthetic=0.003 --learning_rate 2e-4 --lora_dropout 0.1 --seed 8
#                    shipped as elmtex-3
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
FIRST=${2:-words2}
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

# The code, the written reports and the package versions of that time
[[ -d runs/source ]] || git worktree add --detach runs/source 6a1d915
cd runs/source
make dev

# An adapter as it shipped: NAME COMMIT
shipped() {
  mkdir -p "runs/$1"
  git archive "$2" "elmtex/adapters/$1" | tar -x --strip-components=3 -C "runs/$1"
  # Calibration belongs to the decoding of its time; only the weights are trained further.
  echo "{\"name\": \"$1\", \"base\": \"smollm2-135m\", \"layout\": \"words\"}" >"runs/$1/elmtex.json"
}

# Data: MACCROBAT with every mention, 444 written and 800 synthetic reports; no near copy of a held-out text among them
$PYTHON -m training.prepare --out runs/data --maccrobat "$MACCROBAT" --written --synthetic-en 400 --synthetic-de 400
echo "aa40637eda9ebaf41ef2977001bd10e3ea9f18688de43b8a09c91a69c2ee64c2  runs/data/train.jsonl" | sha256sum --check

# Notes of words, from the last adapter of the notes of sentences
if [[ $FIRST == words1 ]]; then
  shipped elmtex-3 58070ab
  $PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data runs/data --output_dir runs/words1 \
    --init_adapter runs/elmtex-3 --share synthetic=0.005 written=0.35 --num_train_epochs 2 --learning_rate 4e-4 \
    --logging_steps 10 --bf16 true --dtype bfloat16 --resume_from_checkpoint true
  START=runs/words1
else
  shipped elmtex-4 8f0b6a8 # words1 in float16
  START=runs/elmtex-4
fi

# … and on, with notes that may name the same words twice
$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data runs/data --output_dir runs/words2 \
  --init_adapter "$START" --share synthetic=0.005 maccrobat=1.5 written=0.5 --num_train_epochs 2 --learning_rate 3e-4 \
  --logging_steps 5 --bf16 true --dtype bfloat16 --resume_from_checkpoint true

# Biases, threshold and confidences, on DEV
$PYTHON -m training.calibrate runs/words2 --data runs/data

# Into the package, and what its card says
$PYTHON -m training.ship runs/words2 --name elmtex-5
$PYTHON -m eval.run --data "$MACCROBAT" --format brat --split test --systems finetuned,untrained,naive,icl --out runs/test
$PYTHON -m eval.publish runs/test --card elmtex/adapters/elmtex-5
