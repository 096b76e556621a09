"""Times the engine beside PyTorch on the same data, sizes, seeds, epochs and threads, and prints a table of ratios.

    python3 benches/compare.py --binary target/release/superfuse-tui --python python3

`--python` is one that has torch and numpy; this script itself needs neither. Every row alternates between the
implementations, `--repeats` times. `--parts step,validate,noise,sweep` takes some of the rows, so that a run can be
split; `--device cuda` compares on a GPU.
"""

import argparse
import csv
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WAYS = ["loop", "fused", "stacked"]
SEEDS = 20
# No keys of its own: the defaults, and what is set on the command line.
CONFIG = tempfile.NamedTemporaryFile(suffix=".toml")
ROWS = {"train": 2048, "validation": 1024, "test": 1024}
# The small sweep: three fusions, two tasks, six sizes, twenty seeds, twenty epochs.
SIZES = [32, 64, 128, 256, 512, 1024]
EPOCHS = 20
BATCH = 256
SWEEPS = [(["concat", "product"], 768), (["tensor"], 128)]
# Repeats within one timing of a part: (engine, PyTorch one model, PyTorch stacked).
COUNTS = {
    ("step", "vector"): (200, 400, 40),
    ("step", "tensor"): (3, 12, 2),
    ("validate", "vector"): (10, 40, 10),
    ("validate", "tensor"): (2, 2, 1),
    ("noise", "vector"): (1, 2, 1),
    ("noise", "tensor"): (1, 1, 1),
}


class Reference:
    """PyTorch in a process of its own."""

    def __init__(self, python, device, threads):
        command = [python, str(HERE / "reference.py"), device, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads))
        self.about = json.loads(self.process.stdout.readline())

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"PyTorch ended on {request}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Engine:
    """The program, a process for each timing."""

    def __init__(self, binary, device, threads, kernels):
        self.binary, self.device, self.threads, self.kernels = binary, device, threads, kernels

    def settings(self, data, **keys):
        fixed = {
            "run.device": self.device,
            "run.kernels": self.kernels,
            "data.source": data,
            "data.split": "split",
            "sweep.baselines": "[]",
            "noise.mean": "empirical",
            "checkpoints.every": "0",
        }
        pairs = {**fixed, **keys}
        return [part for key, value in pairs.items() for part in ("--set", f"{key}={value}")]

    def run(self, *arguments):
        ended = subprocess.run([self.binary, *arguments], capture_output=True, text=True, env=environment(self.threads))
        if ended.returncode != 0:
            sys.exit(f"{' '.join(arguments)}\n{ended.stderr}")
        return ended.stdout

    def part(self, part, data, count, fusion, batch):
        keys = {
            "sweep.fusions": f'["{fusion}"]',
            "sweep.tasks": '["synthetic"]',
            "sweep.sizes": f"[{ROWS['train']}]",
            "sweep.seeds": str(SEEDS),
            "train.batch_size": str(batch),
        }
        return json.loads(self.run("bench", part, "--count", str(count), "--config", CONFIG.name, *self.settings(data, **keys)))["seconds"]

    def sweep(self, data, fusions, folder):
        keys = {
            "sweep.fusions": json.dumps(fusions),
            "sweep.sizes": json.dumps(SIZES),
            "sweep.seeds": str(SEEDS),
            "train.epochs": str(EPOCHS),
            "train.batch_size": str(BATCH),
        }
        began = time.perf_counter()
        self.run("run", "--run-dir", folder, "--config", CONFIG.name, *self.settings(data, **keys))
        return time.perf_counter() - began


def environment(threads):
    # Some machines set what slows a current numpy down; it is not what is compared here.
    dropped = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    return {**{key: value for key, value in os.environ.items() if key not in dropped}, "OMP_NUM_THREADS": str(threads)}


SPLIT = """
import sys, numpy as np
path, train, validation, test = sys.argv[1], *map(int, sys.argv[2:])
arrays = dict(np.load(path))
arrays["split"] = np.repeat([0, 1, 2], [train, validation, test])
np.savez(path, **arrays)
"""


def make_data(arguments, folder, width, rows):
    """The built-in generator's pairs with a fixed split, as both sides read them."""
    path = str(pathlib.Path(folder) / f"width-{width}-{rows['test']}.npz")
    generate = [arguments.binary, "data", "generate", path, "--config", CONFIG.name]
    generate += ["--set", f"data.clip_like.samples={sum(rows.values())}", "--set", f"data.clip_like.width={width}"]
    subprocess.run(generate, check=True, capture_output=True)
    subprocess.run([arguments.python, "-c", SPLIT, path, *map(str, rows.values())], check=True)
    return path


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def unit(seconds):
    return f"{seconds * 1e6:,.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.1f} s"


class Table:
    """Rows of times, and of ratios to the engine, pair by pair."""

    def __init__(self, ways):
        self.ways = ways
        self.lines = []

    def add(self, name, times):
        """`times`: for each way a list of seconds, one a repeat."""
        ratios = [spread([other / own for other, own in zip(times[way], times["engine"])]) for way in self.ways]
        own = [unit(median(times[way])) for way in ("engine", *self.ways)]
        self.lines.append([name, *own, *ratios])
        print("  ".join(self.lines[-1]), file=sys.stderr, flush=True)

    def markdown(self):
        head = ["", "engine", *self.ways, *(f"{way} ÷ engine" for way in self.ways)]
        rows = [head, ["---"] * len(head), *self.lines]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def parts(arguments, table, reference, engines, folder):
    """Rows for a step, validation and noise, at width 768."""
    wanted, fusions = arguments.parts, arguments.fusions
    rows = []
    if "step" in wanted:
        rows += [("step", fusion, batch) for fusion in fusions for batch in (32, 256)]
    rows += [(part, fusion, 256) for part in ("validate", "noise") if part in wanted for fusion in fusions]
    for part, fusion, batch in rows:
        kind = "tensor" if fusion in ("tensor", "tfn") else "vector"
        # Sixty outer products of a thousand rows take PyTorch's loop a minute a model at width 768.
        small = {"train": 2048, "validation": 128, "test": 128}
        data = make_data(arguments, folder, 768, small if (part, kind) == ("noise", "tensor") else ROWS)
        engine_count, one_count, stacked_count = COUNTS[part, kind]
        times = {way: [] for way in ("engine", *table.ways)}
        for _ in range(arguments.repeats):
            for name, engine in engines.items():
                times[name].append(engine.part(part, data, engine_count, fusion, batch))
            for way in WAYS:
                if way in table.ways:
                    count = stacked_count if way == "stacked" else one_count
                    request = {"what": part, "how": way, "data": data, "fusion": fusion, "batch": batch, "size": ROWS["train"]}
                    times[way].append(reference.ask(**request, seeds=SEEDS, count=count)["seconds"])
        table.add(f"{part}, {fusion}" + (f", batch {batch}" if part == "step" else ", a model"), times)


def sweep(arguments, table, reference, engines, folder):
    """The small sweep from start to summary. A loop over models takes as long for every seed, so that each repeat trains
    a few of the seeds, others than the repeat before, and its time is counted for all."""
    few = min(arguments.share, SEEDS)
    shares = [[(repeat * few + place) % SEEDS for place in range(few)] for repeat in range(arguments.repeats)]
    times = {way: [0.0] * arguments.repeats for way in ("engine", *table.ways)}
    found = {}
    for fusions, width in SWEEPS:
        data = make_data(arguments, folder, width, ROWS)
        for repeat in range(arguments.repeats):
            for name, engine in engines.items():
                place = str(pathlib.Path(folder) / f"{name}-{width}-{repeat}")
                times[name][repeat] += engine.sweep(data, fusions, place)
                found.setdefault(name, {}).update(of_summary(place))
            for way in (way for way in WAYS if way in table.ways):
                share = range(SEEDS) if way == "stacked" else shares[repeat]
                request = {"how": way, "data": data, "fusions": fusions, "tasks": ["real", "synthetic"], "sizes": SIZES}
                answer = reference.ask(what="sweep", **request, seeds=list(share), epochs=EPOCHS, batch=BATCH)
                times[way][repeat] += answer["seconds"] * SEEDS / len(share)
                for cell in answer["results"]:
                    key = (cell["fusion"], cell["task"], cell["size"])
                    kept = found.setdefault(way, {}).setdefault(key, [])
                    if way != "stacked" or repeat == 0:
                        kept.extend(cell["test"])
    table.add("small sweep, start to summary", times)
    return agreement(found)


def of_summary(folder):
    """Mean and standard deviation of the test accuracy of every configuration."""
    with open(pathlib.Path(folder) / "summary.csv") as file:
        rows = (row for row in csv.DictReader(line for line in file if not line.startswith("#")))
        return {
            (row["fusion"], row["task"], int(row["train_size"])): (float(row["test_accuracy_mean"]), float(row["test_accuracy_std"]))
            for row in rows
        }


def agreement(found):
    """How far each way's mean test accuracies lie from the engine's, in standard errors of the difference."""
    text = ["", "Mean test accuracy of each way less the engine's, over the sweep's 36 configurations, in standard errors of the difference:", ""]
    text += ["| | mean | root mean square | largest |", "| --- | --- | --- | --- |"]
    for way, cells in found.items():
        if way == "engine":
            continue
        apart = []
        for key, (mean, std) in found["engine"].items():
            if way.startswith("engine"):
                other, other_std, count = *cells[key], SEEDS
            else:
                other, other_std, count = statistics.mean(cells[key]), statistics.stdev(cells[key]), len(cells[key])
            error = (std**2 / SEEDS + other_std**2 / count) ** 0.5
            apart.append((other - mean) / error if error > 0 else 0.0)
        square = statistics.mean(value**2 for value in apart) ** 0.5
        text.append(f"| {way} | {statistics.mean(apart):+.2f} | {square:.2f} | {max(map(abs, apart)):.2f} |")
    text += ["", "(Other random streams draw the subsets, orders and weights of each way: about 1 is what chance gives.)", ""]
    return "\n".join(text)


def machine(arguments, about):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    doctor = subprocess.run([arguments.binary, "doctor"], capture_output=True, text=True).stdout
    engine = [line for line in doctor.splitlines() if line.startswith(("superfuse-tui", "LibTorch", "kernels"))]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    lines = [
        f"- {os.cpu_count()} × {model}; device {about['device']}; {arguments.threads} threads; load before {load}",
        f"- PyTorch {about['torch']}; " + "; ".join(" ".join(line.split()) for line in engine),
        f"- {time.strftime('%Y-%m-%d')}; {arguments.repeats} alternating repeats; median (least–most) of the ratios pair by pair",
    ]
    return "\n".join(lines) + "\n\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=["step", "validate", "noise", "sweep"])
    parser.add_argument("--fusions", type=lambda text: text.split(","), default=["concat", "product", "tensor"], help="of step, validate and noise: also tfn, mcb, lmf, gmu, dynmm (with `--ways loop,fused`)")
    parser.add_argument("--ways", type=lambda text: text.split(","), default=WAYS)
    parser.add_argument("--share", type=int, default=4, help="seeds of the sweep that a loop over models trains in each repeat (default 4 of 20)")
    parser.add_argument("--libtorch", action="store_true", help="the engine by LibTorch's operations as well (CPU)")
    parser.add_argument("--out", help="write the table to this file as well")
    arguments = parser.parse_args()
    reference = Reference(arguments.python, arguments.device, arguments.threads)
    text = machine(arguments, reference.about)
    engines = {"engine": Engine(arguments.binary, arguments.device, arguments.threads, "fused")}
    ways = [way for way in WAYS if way in arguments.ways]
    if arguments.libtorch:
        engines["engine, LibTorch"] = Engine(arguments.binary, arguments.device, arguments.threads, "libtorch")
        ways = ["engine, LibTorch", *ways]
    table = Table(ways)
    notes = ""
    with tempfile.TemporaryDirectory() as folder:
        parts(arguments, table, reference, engines, folder)
        if "sweep" in arguments.parts:
            notes = sweep(arguments, table, reference, engines, folder)
    reference.close()
    text += table.markdown() + notes
    print(text)
    if arguments.out:
        pathlib.Path(arguments.out).write_text(text)


if __name__ == "__main__":
    main()
