#!/usr/bin/env bash
# Checks the program on a real GPU, in two parts that take ten minutes together: `1` is it right?, `2` is it fast?
#
# Where no GPU is needed, in the checkout's root:
#     cargo xtask build --cuda                  # prints the program's path, target/…/release/superfuse-tui
#     mkdir -p .gpu && for program in superfuse-tui superfuse-engine; do strip -o .gpu/$program FOLDER_OF_THAT_PATH/$program; done
# In the same folder on the machine with the GPU, which needs a C library as new as that of the build, and a python3 that has
# the LibTorch of the build, as torch (and numpy, for part 2):
#     OUT=FOLDER bash scripts/device_check.sh 1      # 340 seconds at most
#     OUT=FOLDER bash scripts/device_check.sh 2      # 290 seconds at most
# FOLDER gets log.txt, which has all that is printed, and errors.txt where a command failed; of part 2 also results.jsonl, study.txt, compare.md and
# ncu.csv. The end of a part lists what failed and what was skipped, also for want of time; the status is 1 if a check failed.
#
# A dry run on the CPU, of minutes less, which is one of the tests:
#     DEVICE=cpu SMALL=1 BIN=target/debug/superfuse-tui OUT=FOLDER bash scripts/device_check.sh 1
# The environment also takes PYTHON, TOTAL (seconds for a part) and STOP (milliseconds in which a run has to stop).
set -uo pipefail

PART=${1:-1}
DEVICE=${DEVICE:-cuda}
SMALL=${SMALL:-}
BIN=$(realpath -m "${BIN:-.gpu/superfuse-tui}")
PYTHON=${PYTHON:-python3}
OUT=$(realpath -m "${OUT:?names the folder for results}")
cd "$(dirname "$0")/.." || exit 1
case $PART in
    1) TOTAL=${TOTAL:-340} ;;
    2) TOTAL=${TOTAL:-290} ;;
    *) echo "usage: OUT=FOLDER bash $0 1|2" >&2; exit 2 ;;
esac
if [ -n "$SMALL" ]; then
    MID=16 WIDE=32 SIZES="[256,512]" EPOCHS=2 LONG=150 SEEDS="1 3"
else
    MID=128 WIDE=768 SIZES="[256,1024,2048]" EPOCHS=8 LONG=2000 SEEDS="1 20"
fi
# Processes end later on a machine that many share.
STOP=${STOP:-$([ -n "$SMALL" ] && echo 10000 || echo 1000)}
# A dry run is one of the CPU, whatever else there is; and threads that wait are to sleep there, not to spin.
[ "$DEVICE" = cpu ] && export CUDA_VISIBLE_DEVICES='' OMP_WAIT_POLICY=passive
export LANG=C.UTF-8 PYTHONUNBUFFERED=1 SUPERFUSE_LOG=info,engine=debug

mkdir -p "$OUT" || exit 1
W=$(mktemp -d) || exit 1
trap 'rm -rf "$W"' EXIT
: >"$W/empty.toml"
PASSED=0 FAILED=() SKIPPED=()

pass() { PASSED=$((PASSED + 1)); echo "   ok: $1"; }
fail() { FAILED+=("$1"); echo "   FAILED: $1"; }
skip() { SKIPPED+=("$1"); echo "   skipped: $1"; }

# step NAME SECONDS COMMAND…: whether it ended well in that time. It is skipped where there is too little time left; its output
# is kept in $W/NAME.out and NAME.err.
step() {
    local name=$1 limit=$2 began=$SECONDS status
    shift 2
    if [ $((SECONDS + limit)) -gt "$TOTAL" ]; then
        skip "$name: $SECONDS s of $TOTAL are gone, and it may take $limit"
        return 9
    fi
    timeout -k 5 "$limit" "$@" >"$W/$name.out" 2>"$W/$name.err"
    status=$?
    if [ $status -eq 0 ]; then
        pass "$name, $((SECONDS - began)) s"
    else
        complaint "$name"
        fail "$name: status $status after $((SECONDS - began)) s"
    fi
    return $status
}

# complaint NAME: shows the end of what a command said on standard error, and keeps more of it, with the log of its run.
complaint() {
    tail -n 6 "$W/$1.err"
    { echo "== $1"; tail -c 200000 "$W/$1.err"; tail -c 50000 "$W/$1/log.txt"; } >>"$OUT/errors.txt" 2>/dev/null
}

# sets KEY=VALUE…: the words of `--set`, in the array SETS.
sets() {
    SETS=()
    local pair
    for pair in "$@"; do SETS+=(--set "$pair"); done
}

# numbers RUN: its summary without what differs from run to run: times, program, device, configuration.
numbers() {
    "$PYTHON" - "$W/$1/summary.csv" <<'PY' 2>/dev/null
import csv, sys
other = ("seconds", "program", "libtorch", "device", "fingerprint")
for row in csv.DictReader(line for line in open(sys.argv[1]) if not line.startswith("#")):
    print(",".join(value for key, value in row.items() if not any(word in key for word in other)))
PY
}

# same WHAT RUN RUN: whether two runs gave the same numbers, to the bit.
same() {
    numbers "$2" >"$W/a"
    numbers "$3" >"$W/b"
    if [ ! -s "$W/a" ] || [ ! -s "$W/b" ]; then
        skip "$1: no numbers of $2 or of $3"
    elif cmp -s "$W/a" "$W/b"; then
        pass "$1: the same numbers in $(wc -l <"$W/a") rows"
    else
        diff "$W/a" "$W/b" | cut -c1-160 | head -n 4
        fail "$1: $(diff "$W/a" "$W/b" | grep -c '^<') of $(wc -l <"$W/a") rows differ"
    fi
}

# trained_on RUN DEVICE: whether its report says that it trained there.
trained_on() {
    [ -s "$W/$1/summary.csv" ] || return 0
    local found
    found=$("$PYTHON" -c 'import csv, sys
print(next(csv.DictReader(line for line in open(sys.argv[1]) if not line.startswith("#")))["device"])' "$W/$1/summary.csv")
    if [[ $found == "$2"* ]]; then pass "$1 trained on $found"; else fail "$1 trained on $found, and not on $2"; fi
}

# recorded RUN: whether steps were recorded on the GPU, and none failed to be.
recorded() {
    local log=$W/$1/log.txt
    [ -s "$log" ] || return 0
    grep -hiE 'device lost|out of memory| ERROR ' "$log" | head -n 3
    if [ "$DEVICE" = cpu ]; then return 0; fi
    local failures
    failures=$(grep -c 'cannot be recorded' "$log")
    if [ "$failures" -gt 0 ]; then
        grep -h 'cannot be recorded' "$log" | head -n 2
        fail "$1: $failures times a step could not be recorded"
    elif grep -q 'a step is recorded' "$log"; then
        pass "$1: steps recorded for $(grep -c 'a step is recorded' "$log") stacks"
    else
        fail "$1: no step was recorded, and the log does not say why"
    fi
}

# smoke NAME KEY=VALUE…: the smoke study.
smoke() {
    local name=$1
    shift
    sets "$@"
    step "$name" 40 "$BIN" run --config configs/smoke.toml --run-dir "$W/$name" "${SETS[@]}"
}

# middle KEY=VALUE…: in SETS a study that keeps a GPU busy for seconds.
middle() {
    sets run.device="$DEVICE" data.clip_like.samples=3200 data.clip_like.width=$MID 'sweep.baselines=[]' \
        "sweep.sizes=$SIZES" sweep.seeds=8 train.epochs=$EPOCHS train.batch_size=64 noise.levels=0:0.9:0.3 \
        checkpoints.every=0 "$@"
}

# study NAME KEY=VALUE…: runs it.
study() {
    local name=$1
    shift
    middle "$@"
    step "$name" 40 "$BIN" run --config "$W/empty.toml" --run-dir "$W/$name" "${SETS[@]}"
}

check_machine() {
    echo "== machine"
    uname -srm
    "$PYTHON" -c 'import os, sys; print("python", sys.version.split()[0], "with", len(os.sched_getaffinity(0)), "cores")'
    "$PYTHON" -c 'import torch; print("torch", torch.__version__, "for CUDA", torch.version.cuda)' 2>/dev/null || echo "python without torch"
    if [ "$DEVICE" != cpu ]; then
        nvidia-smi --query-gpu=name,driver_version,memory.total,memory.free,compute_cap,clocks.sm,clocks.mem --format=csv,noheader
    fi
    if [ ! -x "$BIN" ]; then
        fail "there is no program $BIN"
        return 1
    fi
    # Where the program's own LibTorch is missing, PyTorch's, whose libraries know where CUDA's are.
    if ldd "$BIN" | grep -q 'not found'; then
        local libraries
        libraries=$("$PYTHON" -c 'import importlib.util as i, os
print(os.path.join(i.find_spec("torch").submodule_search_locations[0], "lib"))' 2>/dev/null)
        export LD_LIBRARY_PATH="${libraries:+$libraries:}${LD_LIBRARY_PATH:-}"
    fi
    if ldd "$BIN" | grep 'not found'; then
        fail "the program lacks libraries, so nothing can run"
        return 1
    fi
    step starts 40 "$BIN" --version
}

check_doctor() {
    echo "== doctor"
    step doctor 40 "$BIN" doctor || return
    cat "$W/doctor.out"
    says doctor 'LibTorch .*computes' "LibTorch computes"
    says doctor 'memory .*[0-9] GiB free' "doctor says how much memory is free"
    [ "$DEVICE" = cpu ] && return
    says doctor 'CUDA .*[1-9][0-9]* usable' "a GPU is usable"
    says doctor 'CUDA .*[0-9] GiB free' "doctor says how much of the GPU's memory is free"
    says doctor 'device .*cuda:' "auto takes the GPU"
    says doctor 'on a GPU steps are recorded' "the program can record steps"
}

# says NAME PATTERN WHAT: whether a step's output has it.
says() {
    if grep -qE "$2" "$W/$1.out"; then pass "$3"; else fail "$3: not so"; fi
}

check_smoke() {
    echo "== the smoke study: recorded, one by one, again, and with other names of the device"
    smoke smoke run.device="$DEVICE"
    trained_on smoke "$DEVICE"
    recorded smoke
    smoke smoke-plain run.device="$DEVICE" run.kernels=libtorch
    if [ "$DEVICE" = cpu ]; then
        skip "recorded and one by one: on the CPU these are two kernels, which round otherwise"
    else
        same "recorded and one by one" smoke smoke-plain
    fi
    smoke smoke-again run.device="$DEVICE"
    same "a second time" smoke smoke-again
    smoke smoke-auto run.device=auto
    trained_on smoke-auto "$DEVICE"
    same "$DEVICE and auto" smoke smoke-auto
    [ "$DEVICE" = cpu ] && return
    smoke smoke-first run.device=cuda:0
    trained_on smoke-first cuda:0
    same "$DEVICE and cuda:0" smoke smoke-first
}

# parity NAME PRECISION KEY=VALUE…: whether training agrees with LibTorch on the CPU in f32, and recorded with one by one.
parity() {
    local name=$1 precision=$2
    shift 2
    sets run.device="$DEVICE" "run.precision=$precision" data.clip_like.samples=3200 data.clip_like.width=$((2 * MID)) \
        'sweep.sizes=[2048]' sweep.seeds=4 train.batch_size=256 noise.levels=0:0.9:0.3 "$@"
    step "$name" 50 "$BIN" bench parity --epochs 2 --config "$W/empty.toml" "${SETS[@]}"
    grep -E '^\||AGREE|^agrees' "$W/$name.out" 2>/dev/null
}

check_parity() {
    echo "== parity with f32 on the CPU"
    local precision
    for precision in f32 tf32 bf16; do parity parity-$precision $precision; done
    parity parity-learned f32 'sweep.fusions=["tfn","mcb","lmf","gmu","dynmm"]' 'sweep.baselines=[]'
}

check_workers() {
    echo "== several workers on one device: the same numbers"
    local workers
    for workers in 1 2 4; do
        study workers-$workers run.workers=$workers
        recorded workers-$workers
    done
    same "1 and 2 workers" workers-1 workers-2
    same "1 and 4 workers" workers-1 workers-4
}

check_memory() {
    echo "== several workers in little memory: the smallest amount is named, works, and gives the same numbers"
    middle run.workers=4 run.memory="1 MB"
    timeout -k 5 40 "$BIN" run --config "$W/empty.toml" --run-dir "$W/refused" "${SETS[@]}" >"$W/refused.out" 2>"$W/refused.err"
    local status=$? least
    least=$(grep -oE 'smallest amount that works is "[^"]*"' "$W/refused.err" | cut -d'"' -f2)
    if [ $status -ne 2 ] || [ -z "$least" ]; then
        complaint refused
        fail "too little memory: status $status, and no amount that works"
        return
    fi
    pass "too little memory is refused, and $least named"
    study memory run.workers=4 run.memory="$least"
    same "all memory and $least" workers-4 memory
    if [ -z "$SMALL" ]; then
        if grep -q 'so they train in parts' "$W/memory/log.txt" 2>/dev/null; then
            pass "seeds train in parts"
        else
            fail "seeds do not train in parts"
        fi
    fi
}

check_splits() {
    echo "== several splits: groups of one worker, each with a stream of its own"
    study splits data.split_seeds=2
    recorded splits
    study splits-plain data.split_seeds=2 run.kernels=libtorch
    if [ "$DEVICE" = cpu ]; then
        skip "splits, recorded and one by one: on the CPU these are two kernels"
    else
        same "splits, recorded and one by one" splits splits-plain
    fi
}

check_stop() {
    echo "== stopped by a signal, and resumed"
    local settings=('sweep.fusions=["tensor"]' 'sweep.tasks=["real"]' 'sweep.sizes=[2048]' "train.epochs=$LONG")
    study whole "${settings[@]}" || return
    if [ $((SECONDS + 60)) -gt "$TOTAL" ]; then
        skip "stopped and resumed: $SECONDS s of $TOTAL are gone"
        return
    fi
    middle "${settings[@]}"
    "$BIN" run --config "$W/empty.toml" --run-dir "$W/stopped" "${SETS[@]}" >"$W/stopped.out" 2>"$W/stopped.err" &
    local process=$! began=$SECONDS status milliseconds
    until grep -q '"epoch":3,' "$W/stopped/events.jsonl" 2>/dev/null || [ $((SECONDS - began)) -gt 40 ]; do sleep 0.02; done
    milliseconds=$(date +%s%3N)
    kill -TERM $process 2>/dev/null
    { sleep 20; kill -KILL $process; } 2>/dev/null &
    local guard=$!
    wait $process
    status=$?
    milliseconds=$(($(date +%s%3N) - milliseconds))
    kill $guard 2>/dev/null
    if [ $status -ne 130 ]; then
        complaint stopped
        fail "stopped: status $status after $milliseconds ms, where 130 is a run that a signal stopped"
        return
    fi
    if [ $milliseconds -le "$STOP" ]; then pass "stopped within $milliseconds ms"; else fail "stopped after $milliseconds ms only"; fi
    step resumed 40 "$BIN" resume --headless "$W/stopped"
    same "stopped and resumed, and never stopped" whole stopped
}

# embed NAME MODEL DEVICE: embeddings of three pairs.
embed() {
    step "$1" 40 "$BIN" data embed "$W/pairs.csv" --model "$2" --device "$3" --output "$W/$1.safetensors"
}

check_embed() {
    echo "== embeddings: CLIP and TorchScript, beside those of the CPU"
    "$PYTHON" - "$W" <<'PY' || { fail "pictures could not be made"; return; }
import struct, sys, zlib

def png(row):
    size = 12
    pixels = b"".join(b"\0" + bytes((17 * x + 31 * y + 53 * row + 90 * c) % 256 for x in range(size) for c in range(3)) for y in range(size))
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")

with open(f"{sys.argv[1]}/pairs.csv", "w") as table:
    print("text,image,label", file=table)
    for row, text in enumerate(["a cat sleeps", "the sun", "a dog"]):
        open(f"{sys.argv[1]}/{row}.png", "wb").write(png(row))
        print(f"{text},{row}.png,{row % 2}", file=table)
PY
    local fixtures=crates/embed/tests/fixtures kind
    mkdir "$W/script"
    cp $fixtures/clip/tokenizer.json $fixtures/clip/preprocessor_config.json "$W/script/" && cp $fixtures/sums.pt "$W/script/model.pt"
    for kind in clip script; do
        local model=$fixtures/clip
        [ $kind = script ] && model=$W/script
        embed embed-$kind "$model" "$DEVICE" || continue
        embed embed-$kind-cpu "$model" cpu || continue
        if "$PYTHON" - "$W/embed-$kind.safetensors" "$W/embed-$kind-cpu.safetensors" <<'PY'
import json, struct, sys

def arrays(path):
    raw = open(path, "rb").read()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    for name, about in sorted(json.loads(raw[8:start]).items()):
        if name in ("text", "image"):
            begin, end = about["data_offsets"]
            yield name, struct.unpack(f"<{(end - begin) // 4}f", raw[start + begin : start + end])

pairs = [(a, b) for (_, one), (_, other) in zip(arrays(sys.argv[1]), arrays(sys.argv[2])) for a, b in zip(one, other)]
apart = max(abs(a - b) / max(abs(b), 1.0) for a, b in pairs)
print(f"   {len(pairs)} numbers, at most {apart:.1e} apart")
sys.exit(len(pairs) == 0 or not apart <= 1e-3)
PY
        then pass "embed-$kind: as on the CPU"; else fail "embed-$kind: not as on the CPU"; fi
    done
}

# bench PART NAME COUNT FUSION [KEY=VALUE…]: a part of training at the paper's width, for each number of seeds.
bench() {
    local part=$1 what=$2 count=$3 fusion=$4 seeds name
    shift 4
    for seeds in $SEEDS; do
        name=$what-$seeds
        sets run.device="$DEVICE" "sweep.fusions=[\"$fusion\"]" 'sweep.baselines=[]' 'sweep.tasks=["synthetic"]' 'sweep.sizes=[4096]' \
            sweep.seeds="$seeds" train.batch_size=256 data.clip_like.samples=6200 data.clip_like.width=$WIDE noise.mean=empirical "$@"
        step "$name" 45 "$BIN" bench "$part" --count "$count" --config "$W/empty.toml" "${SETS[@]}" || continue
        sed "s/^{/{\"name\":\"$name\",/" "$W/$name.out" >>"$OUT/results.jsonl"
        "$PYTHON" -c 'import json, sys
a = json.load(open(sys.argv[1]))
print("      %9.3f ms for all, %9.3f ms a seed  [%s]" % (a["seconds"] * a["models"] * 1e3, a["seconds"] * 1e3, a["device"]))' "$W/$name.out"
    done
}

time_steps() {
    echo "== a step at width $WIDE, batch 256 (estimated for 20 seeds on an H200, in ms: tensor 12 in f32, 6 in tf32, 7 in bf16; concat 0.16)"
    bench step tensor-f32 20 tensor
    bench step tensor-tf32 40 tensor run.precision=tf32
    bench step concat-f32 400 concat
    bench step tensor-tf32-plain 20 tensor run.precision=tf32 run.kernels=libtorch
    bench step concat-f32-plain 400 concat run.kernels=libtorch
    bench step product-f32 400 product
    bench step tensor-bf16 40 tensor run.precision=bf16
    bench validate validate-tensor-tf32 3 tensor run.precision=tf32
}

time_study() {
    echo "== how long the paper's study takes (estimated for an H200: 3.4 hours in f32, 1.5 in tf32)"
    local config=configs/paper.toml
    [ -n "$SMALL" ] && config=configs/smoke.toml
    sets run.device="$DEVICE" run.precision=tf32 'sweep.baselines=[]'
    step study 120 "$BIN" bench study --seconds 2 --config $config "${SETS[@]}" || return
    tee "$OUT/study.txt" <"$W/study.out"
}

time_pytorch() {
    echo "== beside PyTorch"
    if [ "$DEVICE" = cpu ]; then
        skip "beside PyTorch: on the CPU \`cargo xtask bench\` does that"
        return
    fi
    if ! "$PYTHON" -c 'import numpy, torch' 2>/dev/null; then
        skip "beside PyTorch: $PYTHON has no torch, or no numpy"
        return
    fi
    step compare 100 "$PYTHON" benches/compare.py --binary "$BIN" --python "$PYTHON" --device "$DEVICE" --parts step \
        --fusions concat,tensor --repeats 2 --out "$OUT/compare.md" && cat "$OUT/compare.md"
}

time_kernels() {
    echo "== where the time of a tensor step of two seeds goes, by kernel"
    if [ "$DEVICE" = cpu ] || ! command -v ncu >/dev/null; then
        skip "kernel times: no GPU, or no ncu (Nsight Compute)"
        return
    fi
    sets run.device="$DEVICE" run.kernels=libtorch run.precision=tf32 'sweep.fusions=["tensor"]' 'sweep.baselines=[]' \
        'sweep.tasks=["synthetic"]' 'sweep.sizes=[4096]' sweep.seeds=2 data.clip_like.samples=6200 data.clip_like.width=$WIDE
    step ncu 60 ncu --clock-control none --csv --metrics gpu__time_duration.sum --launch-skip 300 --launch-count 90 \
        "$BIN" bench step --count 8 --config "$W/empty.toml" "${SETS[@]}"
    grep '^"' "$W/ncu.out" 2>/dev/null >"$OUT/ncu.csv"
    "$PYTHON" - "$OUT/ncu.csv" <<'PY'
import collections, csv, sys
times = collections.defaultdict(list)
for row in csv.DictReader(open(sys.argv[1])):
    times[row["Kernel Name"]].append(float(row["Metric Value"].replace(",", "")))
for name, each in sorted(times.items(), key=lambda item: -sum(item[1]))[:12]:
    print(f"{sum(each):12.0f} ns {len(each):3d} × {name[:90]}")
PY
}

# What came of a part; its status.
summary() {
    local checks=$((PASSED + ${#FAILED[@]})) each
    echo "== part $PART after $SECONDS s: $PASSED of $checks checks passed, ${#SKIPPED[@]} skipped"
    for each in "${FAILED[@]}"; do echo "   failed: $each"; done
    for each in "${SKIPPED[@]}"; do echo "   skipped: $each"; done
    [ ${#FAILED[@]} -eq 0 ] && [ "$PASSED" -gt 0 ]
}

perform() {
    if check_machine; then
        if [ "$PART" = 1 ]; then
            check_doctor
            check_smoke
            check_parity
            check_workers
            check_splits
            check_memory
            check_stop
            check_embed
            if [ "$DEVICE" != cpu ]; then nvidia-smi --query-gpu=memory.used --format=csv,noheader; fi
        else
            time_steps
            time_study
            time_pytorch
            time_kernels
        fi
    fi
    summary
}

perform 2>&1 | tee -a "$OUT/log.txt"
exit "${PIPESTATUS[0]}"
