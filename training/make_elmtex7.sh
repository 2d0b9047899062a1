#!/usr/bin/env bash
# How the packaged adapter, elmtex-7, was made: its two last stages, from elmtex-6, in one file (two hours on 2 cores with bfloat16).
#
#     training/make_elmtex7.sh MACCROBAT2020/ phee2/
#
# The first stage teaches MACCROBAT's attributes, the second the short real texts. elmtex-6 was made by training/make_elmtex6.sh of commit
# d7be1ea, elmtex-5 by training/make_elmtex5.sh of e504d87: `git show d7be1ea:training/make_elmtex6.sh` has its stage. The commands, commits,
# seeds, versions and checksums of every stage are in elmtex/models/adapters/elmtex-7/record.json; why each was run, and what else was
# tried, is in training/EXPERIMENTS.md.
#
# The data can be had again byte for byte: they are made by the code and the written reports of their time, which the script checks
# out beside this checkout (runs/source6, runs/source7); it stops when a checksum is another. The weights come out as good, but not the same bits:
# bfloat16 products depend on the CPU.
set -euo pipefail
MACCROBAT=$(realpath "${1:?give the folder of MACCROBAT 2020}")
PHEE=$(realpath "${2:?give the folder of PHEE}")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
export OMP_WAIT_POLICY=PASSIVE # on 2 cores, spinning threads cost more than they save

prepare() { # FOLDER CHECKSUM: the data, of the code and the written reports that are checked out here
  make dev
  $PYTHON -m training.prepare --out "$1" --maccrobat "$MACCROBAT" --phee "$PHEE" --written --synthetic-en 400 --synthetic-de 400
  echo "$2  $1/train.jsonl" | sha256sum --check
}

[[ -d runs/source6 ]] || git worktree add --detach runs/source6 d7be1ea
cd runs/source6
prepare data3 8721bc314a58cd858871ce8c7ac48fd68f2939e43d54806cdc5b3e07de34fbda
$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data data3 --output_dir notes2 \
  --init_adapter elmtex/models/adapters/elmtex-6 --sources maccrobat written synthetic phee \
  --mixture maccrobat=2 written=0.05 written/en/c-=0.25 written/de/c-=0.3 phee=0.003 synthetic=0.003 \
  --excerpt 0.1 --capitals 0.04 --num_train_epochs 2 --learning_rate 4e-4 --logging_steps 5 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true
cd ../..

[[ -d runs/source7 ]] || git worktree add --detach runs/source7 c6ab565
cd runs/source7
prepare data4 c677f8f44f9b9fa605e4eab34033f47e9592ee7fffd73a4b302b4bf316a9a917
ln -sfn ../source6/notes2 notes2
$PYTHON -m training.sft --config training/configs/smollm2-135m.yaml --data data4 --output_dir notes3 \
  --init_adapter notes2 --sources maccrobat written synthetic phee \
  --mixture maccrobat=1.2 written=0.05 written/en/c-=0.2 written/de/c-=0.25 written/en/c-s=1.4 written/de/c-s=1.6 phee=0.003 synthetic=0.003 \
  --excerpt 0.1 --capitals 0.04 --num_train_epochs 1 --learning_rate 3e-4 --logging_steps 5 \
  --bf16 true --dtype bfloat16 --resume_from_checkpoint true
cd ../..

# Biases, thresholds and confidences of items and attributes, on DEV; into the package, and what its card says
$PYTHON -m training.calibrate runs/source7/notes3 --data runs/source7/data4 --schema clinical --student student-4 --attribute-reader attributes-1
$PYTHON -m training.ship runs/source7/notes3 --name elmtex-7
$PYTHON -m eval.run --data "$MACCROBAT" --format brat --split test --systems finetuned,untrained,naive,icl --out runs/test
$PYTHON -m eval.publish runs/test --card elmtex/models/adapters/elmtex-7
