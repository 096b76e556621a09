"""How near the engine comes to what this machine can do, and all that an Intel machine has to measure, in one go:

    cargo xtask build && python3 benches/near_limit.py target/release/superfuse-tui --old OLD/superfuse-tui > near-limit.md

Needs no PyTorch (`cargo xtask bench -- --parts step,validate` adds the ratios to its loops) and a quiet machine: half an hour.
Every row alternates between the program, its first block shapes alone (`run.kernels = "fixed"`), LibTorch's operations, and
`--old`, another build. Shares are of what this machine's sums reach in the first-level cache, and of a copy in memory. Says
how the block shapes were chosen, times `bench study` and a quick study, and builds and runs `benches/amx.cpp`.
`--repeats 1 --quick` tries it out.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# Part, fusion, batch, repeats within one timing.
ROWS = [("step", fusion, batch, count) for fusion, count in (("concat", 100), ("product", 100), ("tensor", 3)) for batch in (32, 256)]
ROWS += [("validate", fusion, 256, count) for fusion, count in (("concat", 10), ("product", 10), ("tensor", 1))]
ROWS += [("noise", fusion, 256, 1) for fusion in ("concat", "product", "tensor")]


def settings(**pairs):
    return [part for key, value in pairs.items() for part in ("--set", f"{key}={value}")]


def run(binary, *arguments):
    # A cache of its own: the first of a row's timings measures block shapes, and the others take the same.
    environment = {**os.environ, "XDG_CACHE_HOME": CACHE.name}
    ended = subprocess.run([binary, *arguments], capture_output=True, text=True, env=environment)
    if ended.returncode != 0:
        sys.exit(f"{binary} {' '.join(arguments)}\n{ended.stderr}")
    return ended.stdout


def part(binary, kernels, row, width):
    name, fusion, batch, count = row
    keys = {
        "run.device": "cpu", "run.kernels": kernels, "sweep.baselines": "[]", "sweep.tasks": '["synthetic"]',
        "sweep.fusions": f'["{fusion}"]', "sweep.sizes": "[2048]", "sweep.seeds": "4" if fusion == "tensor" else "20",
        "train.batch_size": str(batch), "noise.mean": "empirical", "data.clip_like.samples": "4096",
        "data.clip_like.width": str(width), "data.validation": "0.25", "data.test": "0.25",
    }
    return json.loads(run(binary, "bench", name, "--count", str(count), "--config", CONFIG, *settings(**keys)))


def compared(others, own):
    """The least time over the least time, since noise only adds; in brackets the range over pairs."""
    ratios = [other / mine for other, mine in zip(others, own)]
    return f"{min(others) / min(own):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def table(arguments):
    ways = {"engine": (arguments.binary, "fused"), "fixed": (arguments.binary, "fixed"), "libtorch": (arguments.binary, "libtorch")}
    if arguments.old:
        ways["old"] = (arguments.old, "fused")
    others = [way for way in ways if way != "engine"]
    head = ["", "least", "median", "GFLOP/s", "share", "GB/s", "share", *(f"{way} ÷ engine" for way in others), "blocks"]
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for row in ROWS:
        name, fusion, batch, _ = row
        if name not in arguments.parts:
            continue
        # Noise by LibTorch's operations level by level takes minutes.
        taken = [way for way in ways if not (way == "libtorch" and name == "noise")]
        seen = {way: [] for way in taken}
        for repeat in range(arguments.repeats):
            # The order turns round, so that nobody is always second.
            for way in taken if repeat % 2 == 0 else reversed(taken):
                seen[way].append(part(*ways[way], row, 128 if arguments.quick else 768))
        own = min(seen["engine"], key=lambda timing: timing["seconds"])
        times = {way: [timing["seconds"] for timing in timings] for way, timings in seen.items()}
        cells = [f"{name}, {fusion}" + (f", batch {batch}" if name == "step" else "")]
        cells += [f"{seconds * 1e6:,.0f} µs" for seconds in (min(times["engine"]), statistics.median(times["engine"]))]
        for of in ("arithmetic", "memory"):
            cells += [f"{own[of]['giga_per_second']:.1f}", f"{own[of]['share']:.0%}"]
        for way in others:
            cells.append(compared(times[way], times["engine"]) if way in times else "–")
        print("| " + " | ".join([*cells, own["blocks"] or "the first"]) + " |", flush=True)


def quick_study(arguments):
    """The study of config.toml, from the start to its summary, in turn."""
    seen = {}
    for _ in range(1 if arguments.quick else arguments.repeats):
        for binary in filter(None, (arguments.binary, arguments.old)):
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                few = settings(**{"train.epochs": "1"}) if arguments.quick else []
                run(binary, "run", "--run-dir", f"{folder}/run", "--config", CONFIG, *few)
                seen.setdefault(binary, []).append(time.perf_counter() - began)
    for binary, seconds in seen.items():
        print(f"- quick study, {'this program' if binary == arguments.binary else 'old'}: {', '.join(f'{of:.1f} s' for of in seconds)}")


def amx():
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/amx"
        flags = ["-O3", "-std=c++17", "-mavx512f", "-mamx-tile", "-mamx-bf16"]
        built = subprocess.run(["g++", *flags, "-o", program, str(HERE / "amx.cpp")], capture_output=True, text=True)
        if built.returncode != 0:
            return f"benches/amx.cpp was not built: {built.stderr.strip().splitlines()[-1:]}"
        ended = subprocess.run([program], capture_output=True, text=True)
        return ended.stdout + ended.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--old", help="another build, to be compared")
    parser.add_argument("--repeats", type=int, default=5)
    parts = sorted({name for name, *_ in ROWS})
    parser.add_argument("--parts", nargs="*", choices=parts, default=parts, help="rows of these alone; the studies come after them")
    parser.add_argument("--quick", action="store_true", help="narrow rows and a short study, to try this out")
    arguments = parser.parse_args()
    print("```\n" + subprocess.run(["lscpu"], capture_output=True, text=True).stdout.split("Vulnerab")[0] + "```\n")
    print("```\n" + run(arguments.binary, "doctor") + "```\n", flush=True)
    table(arguments)
    print()
    quick_study(arguments)
    study = ["--seconds", "0.1" if arguments.quick else "8", *(settings(**{"data.clip_like.width": "64"}) if arguments.quick else [])]
    paper = CONFIG if arguments.quick else str(HERE.parent / "configs" / "paper.toml")
    print("\n" + run(arguments.binary, "bench", "study", "--config", paper, *study), flush=True)
    print(amx())


if __name__ == "__main__":
    CACHE = tempfile.TemporaryDirectory()
    CONFIG = os.path.join(CACHE.name, "config.toml")
    pathlib.Path(CONFIG).touch()
    main()
