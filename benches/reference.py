"""The same study in PyTorch, three ways, for `compare.py`: reads requests from standard input, one JSON a line, and
answers with one JSON a line.

- `loop`: what one would write: a model at a time, `nn.Linear` on the made fusion, `torch.optim.AdamW`, batches by index,
  validation after each epoch, sixty evaluations under noise.
- `fused`: the same with `AdamW(fused=True)`, and `nn.Bilinear` for tensor fusion.
- `stacked`: `torch.func` over all seeds at once, with fused AdamW on the stack; of concat, product and tensor alone.

Needs torch and numpy alone.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

HIDDEN = 32
LEVELS = [round(0.05 * level, 2) for level in range(20)]
CONDITIONS = ["text", "image", "both"]
# Rows whose outer products are made at once: 0.6 GB at width 768.
OUTER_ROWS = 256


class Data:
    """One `.npz` as the engine reads it: split by its own column, scaled to mean square 1, labelled for both tasks."""

    def __init__(self, path, device):
        arrays = np.load(path)
        split = arrays["split"]
        x, y = (torch.from_numpy(arrays[name].astype(np.float32)) for name in ("text", "image"))
        parts = [torch.from_numpy(np.flatnonzero(split == part)) for part in (0, 1, 2)]
        x, y = (rows / rows[parts[0]].square().mean().sqrt() for rows in (x, y))
        dots = (x * y).sum(1)
        labels = {
            "real": torch.from_numpy(arrays["label"].astype(np.int64)),
            "synthetic": (dots > dots[parts[0]].median()).long(),
        }
        self.x, self.y = ([rows[part].to(device) for part in parts] for rows in (x, y))
        self.labels = {task: [label[part].to(device) for part in parts] for task, label in labels.items()}
        self.moments = [(rows.mean(0), rows.std(0, correction=0)) for rows in (self.x[0], self.y[0])]


def fuse(fusion, x, y):
    """`[…, n]` and `[…, m]` to `[…, F]` (product is x_j·y_j, then x_j·y_{N−1−j})."""
    if fusion == "tfn":
        x, y = (torch.cat([rows, torch.ones_like(rows[..., :1])], -1) for rows in (x, y))
    if fusion == "concat":
        return torch.cat([x, y], -1)
    if fusion == "product":
        return torch.cat([x * y, x * y.flip(-1)], -1)
    return (x.unsqueeze(-1) * y.unsqueeze(-2)).flatten(-2)


class Head(nn.Module):
    """fusion → Linear → ReLU → Linear."""

    def __init__(self, fusion, n, m, bilinear):
        super().__init__()
        self.fusion, self.bilinear = fusion, bilinear and fusion == "tensor"
        width = {"tensor": n * m, "tfn": (n + 1) * (m + 1)}.get(fusion, n + m)
        self.first = nn.Bilinear(n, m, HIDDEN) if self.bilinear else nn.Linear(width, HIDDEN)
        if self.bilinear:
            bound = width**-0.5
            nn.init.uniform_(self.first.weight, -bound, bound)
            nn.init.uniform_(self.first.bias, -bound, bound)
        self.second = nn.Linear(HIDDEN, 2)

    def forward(self, x, y):
        hidden = self.first(x, y) if self.bilinear else self.first(fuse(self.fusion, x, y))
        return self.second(torch.relu(hidden))


class Sketched(Head):
    """Compact bilinear pooling: the circular convolution of two count sketches of width n + m."""

    def __init__(self, n, m):
        super().__init__("concat", n, m, False)
        self.places = [torch.randint(n + m, (width,)) for width in (n, m)]
        self.signs = [torch.randint(2, (width,)) * 2.0 - 1 for width in (n, m)]
        self.made = {}

    def features(self, x, y):
        n, m = x.shape[-1], y.shape[-1]
        sketches = [
            torch.fft.rfft(rows.new_zeros(len(rows), n + m).index_add_(1, places.to(rows.device), rows * signs.to(rows.device)))
            for rows, places, signs in zip((x, y), self.places, self.signs)
        ]
        return torch.fft.irfft(sketches[0] * sketches[1], n + m) * ((n + m) / (n * m)) ** 0.5

    def keep(self, parts):
        """Makes the features of whole splits once; rows are then given as (features, None)."""
        return [self.features(x, y) for x, y in parts]

    def forward(self, x, y):
        return self.second(torch.relu(self.first(x if y is None else self.features(x, y))))


class LowRank(nn.Module):
    """Σ_s U_ks V_ks + bias, rank 4."""

    def __init__(self, n, m, rank=4):
        super().__init__()
        self.text, self.image = nn.Linear(n, rank * HIDDEN), nn.Linear(m, rank * HIDDEN)
        self.bias = nn.Parameter(torch.zeros(HIDDEN))
        self.second = nn.Linear(HIDDEN, 2)

    def forward(self, x, y):
        return self.second(torch.relu((self.text(x) * self.image(y)).view(len(x), HIDDEN, -1).sum(-1) + self.bias))


class Gated(nn.Module):
    """g∘tanh U + (1 − g)∘tanh V, the gate reading both inputs."""

    def __init__(self, n, m):
        super().__init__()
        self.text, self.image, self.gate = nn.Linear(n, HIDDEN), nn.Linear(m, HIDDEN), nn.Linear(n + m, HIDDEN)
        self.second = nn.Linear(HIDDEN, 2)

    def forward(self, x, y):
        gate = torch.sigmoid(self.gate(torch.cat([x, y], -1)))
        return self.second(gate * torch.tanh(self.text(x)) + (1 - gate) * torch.tanh(self.image(y)))


class Dynamic(nn.Module):
    """A gate over four heads, each trained under its own loss and the gate under the mixture's."""

    def __init__(self, n, m):
        super().__init__()
        of = lambda width, out: nn.Sequential(nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, out))
        self.experts = nn.ModuleList([of(n, 2), of(m, 2), of(n + m, 2), of(n + m, 2)])
        self.gate = of(n + m, 4)

    def parts(self, x, y):
        both = torch.cat([x, y], -1)
        logits = torch.stack([expert(rows) for expert, rows in zip(self.experts, (x, y, both, fuse("product", x, y)))], 1)
        return logits, torch.softmax(self.gate(both), -1).unsqueeze(-1)

    def forward(self, x, y):
        logits, weights = self.parts(x, y)
        return (weights * logits).sum(1)

    def losses(self, x, y, labels):
        logits, weights = self.parts(x, y)
        answer = (weights * logits.detach()).sum(1)
        own = sum(nn.functional.cross_entropy(logits[:, expert], labels) for expert in range(4))
        return own + nn.functional.cross_entropy(answer, labels), answer


def model_of(fusion, n, m, bilinear):
    others = {"mcb": Sketched, "lmf": LowRank, "gmu": Gated, "dynmm": Dynamic}
    return others[fusion](n, m) if fusion in others else Head(fusion, n, m, bilinear)


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def blocks(fusion, rows):
    size = OUTER_ROWS if fusion in ("tensor", "tfn") else 4096
    return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]


class Loop:
    """A model at a time."""

    def __init__(self, data, fusion, task, seed, fused, device):
        torch.manual_seed(seed)
        self.data, self.fusion, self.device = data, fusion, device
        self.x, self.y, self.labels = data.x, data.y, data.labels[task]
        self.model = model_of(fusion, self.x[0].shape[1], self.y[0].shape[1], fused).to(device)
        # Features that do not depend on what is trained are made once.
        self.made = self.model.keep(list(zip(self.x, self.y))[:2]) if fusion == "mcb" else None
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.0, fused=fused)
        self.subset = torch.randperm(len(self.x[0]), generator=torch.Generator().manual_seed(seed))

    def step(self, index):
        self.optimizer.zero_grad()
        x, y = self.rows(0, index)
        if self.fusion == "dynmm":
            loss, logits = self.model.losses(x, y, self.labels[0][index])
        else:
            logits = self.model(x, y)
            loss = nn.functional.cross_entropy(logits, self.labels[0][index])
        loss.backward()
        self.optimizer.step()
        return loss, logits

    def rows(self, part, index):
        return (self.made[part][index], None) if self.made else (self.x[part][index], self.y[part][index])

    @torch.no_grad()
    def accuracy(self, part, x=None, y=None):
        x, y = self.x[part] if x is None else x, self.y[part] if y is None else y
        right = sum(
            (self.model(x[rows], y[rows]).argmax(1) == self.labels[part][rows]).sum() for rows in blocks(self.fusion, len(x))
        )
        return right.item() / len(x)

    @torch.no_grad()
    def validate(self):
        loss, right = 0.0, 0
        for rows in blocks(self.fusion, len(self.x[1])):
            logits = self.model(*self.rows(1, rows))
            loss += nn.functional.cross_entropy(logits, self.labels[1][rows], reduction="sum").item()
            right += (logits.argmax(1) == self.labels[1][rows]).sum().item()
        return loss / len(self.x[1]), right / len(self.x[1])

    def noise(self):
        x, y = self.x[2], self.y[2]
        (mx, sx), (my, sy) = self.data.moments
        e, f = torch.randn_like(x) * sx + mx, torch.randn_like(y) * sy + my
        curves = {}
        for condition in CONDITIONS:
            curves[condition] = [
                self.accuracy(2, x if condition == "image" else x + level * e, y if condition == "text" else y + level * f)
                for level in LEVELS
            ]
        return curves

    @torch.no_grad()
    def scores(self):
        parts = [self.model(self.x[2][rows], self.y[2][rows]) for rows in blocks(self.fusion, len(self.x[2]))]
        logits = torch.cat(parts)
        return (logits[:, 1] - logits[:, 0]).cpu().numpy()

    def trial(self, size, epochs, batch):
        """One trial from start to its numbers: best of the epochs on validation, then test, AUC and noise."""
        subset = self.subset[:size]
        best, best_weights = -1.0, None
        for _ in range(epochs):
            order = subset[torch.randperm(size)].to(self.device)
            total, right = 0.0, 0
            for first in range(0, size, batch):
                index = order[first : first + batch]
                loss, logits = self.step(index)
                total += loss.item() * len(index)
                right += (logits.argmax(1) == self.labels[0][index]).sum().item()
            _, accuracy = self.validate()
            if accuracy > best:
                best = accuracy
                best_weights = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(best_weights)
        return {"val": best, "test": self.accuracy(2), "auc": auc(self.scores(), self.labels[2].cpu().numpy()), "noise": self.noise()}


class Stacked:
    """All seeds at once through `torch.func`."""

    def __init__(self, data, fusion, task, seeds, device):
        self.data, self.fusion, self.device, self.seeds = data, fusion, device, len(seeds)
        self.x, self.y, self.labels = data.x, data.y, data.labels[task]
        models = []
        for seed in seeds:
            torch.manual_seed(seed)
            models.append(Head(fusion, self.x[0].shape[1], self.y[0].shape[1], False).to(device))
        stacked, _ = torch.func.stack_module_state(models)
        self.parameters = {name: value.detach().clone() for name, value in stacked.items()}
        self.optimizer = torch.optim.AdamW(self.parameters.values(), lr=1e-3, weight_decay=0.0, fused=True)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.subsets = torch.stack([torch.randperm(len(self.x[0]), generator=generator) for generator in generators])
        n, m = self.x[0].shape[1], self.y[0].shape[1]

        def logits(parameters, x, y):
            weight, bias = parameters["first.weight"], parameters["first.bias"]
            if fusion == "tensor":
                # The outer products of twenty seeds would be 12 GB at width 768: unit k is xᵀ W_k y.
                half = torch.einsum("bn,knm->kbm", x, weight.view(HIDDEN, n, m))
                hidden = (half * y).sum(-1).T + bias
            else:
                hidden = nn.functional.linear(fuse(fusion, x, y), weight, bias)
            return nn.functional.linear(torch.relu(hidden), parameters["second.weight"], parameters["second.bias"])

        def loss(parameters, x, y, label):
            out = logits(parameters, x, y)
            return nn.functional.cross_entropy(out, label), out

        # Tensor fusion's intermediates of twenty seeds do not fit beside each other.
        self.chunk = 1 if fusion == "tensor" and n > 256 else None
        self.gradients = torch.func.vmap(torch.func.grad(loss, has_aux=True), chunk_size=self.chunk)
        self.everywhere = torch.func.vmap(logits, in_dims=(0, None, None), chunk_size=self.chunk)
        self.of_each = torch.func.vmap(logits, chunk_size=self.chunk)

    def step(self, index):
        """`index` `[seeds, batch]`."""
        gradients, logits = self.gradients(self.parameters, self.x[0][index], self.y[0][index], self.labels[0][index])
        for name, value in self.parameters.items():
            value.grad = gradients[name]
        self.optimizer.step()
        return logits

    @torch.no_grad()
    def right(self, part, x=None, y=None):
        x, y = self.x[part] if x is None else x, self.y[part] if y is None else y
        each = x.dim() == 3 or y.dim() == 3
        total = torch.zeros(self.seeds, dtype=torch.long, device=self.device)
        size = 64 if self.fusion == "tensor" else 1024
        for first in range(0, x.shape[-2], size):
            rows = slice(first, first + size)
            if each:
                bx, by = (v[..., rows, :].expand(self.seeds, -1, -1) for v in (x, y))
                logits = self.of_each(self.parameters, bx, by)
            else:
                logits = self.everywhere(self.parameters, x[rows], y[rows])
            total += (logits.argmax(-1) == self.labels[part][rows]).sum(-1)
        return total

    @torch.no_grad()
    def validate(self):
        logits = torch.cat(
            [self.everywhere(self.parameters, self.x[1][rows], self.y[1][rows]) for rows in blocks(self.fusion, len(self.x[1]))], 1
        )
        labels = self.labels[1].expand(self.seeds, -1)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(self.seeds, -1).sum(1)
        return loss.tolist(), (logits.argmax(-1) == labels).sum(1).tolist()

    def noise(self):
        x, y = self.x[2], self.y[2]
        (mx, sx), (my, sy) = self.data.moments
        e = torch.randn(self.seeds, *x.shape, device=self.device) * sx + mx
        f = torch.randn(self.seeds, *y.shape, device=self.device) * sy + my
        curves = {}
        for condition in CONDITIONS:
            curves[condition] = [
                (
                    self.right(2, x if condition == "image" else x + level * e, y if condition == "text" else y + level * f)
                    / len(x)
                ).tolist()
                for level in LEVELS
            ]
        return curves

    def cohort(self, size, epochs, batch):
        subsets = self.subsets[:, :size]
        best = torch.full((self.seeds,), -1)
        best_weights = {name: value.clone() for name, value in self.parameters.items()}
        for _ in range(epochs):
            order = torch.stack([subset[torch.randperm(size)] for subset in subsets]).to(self.device)
            for first in range(0, size, batch):
                index = order[:, first : first + batch]
                logits = self.step(index)
                (logits.argmax(-1) == self.labels[0][index]).sum(1).tolist()
            _, right = self.validate()
            right = torch.tensor(right)
            better = right > best
            best = torch.where(better, right, best)
            for name, value in self.parameters.items():
                best_weights[name][better] = value[better]
        self.parameters = best_weights
        with torch.no_grad():
            test = self.right(2) / len(self.x[2])
            noise = self.noise()
            scores = torch.cat([self.everywhere(self.parameters, self.x[2][rows], self.y[2][rows]) for rows in blocks(self.fusion, len(self.x[2]))], 1)
            scores = (scores[..., 1] - scores[..., 0]).cpu().numpy()
            labels = self.labels[2].cpu().numpy()
        return {"val": (best / len(self.x[1])).tolist(), "test": test.tolist(), "auc": [auc(score, labels) for score in scores], "noise": noise}


def auc(scores, labels):
    """Area under the ROC curve; ties count half."""
    order = np.argsort(scores, kind="stable")
    values = scores[order]
    _, start, count = np.unique(values, return_index=True, return_counts=True)
    rank = np.repeat(start + (count + 1) / 2, count)
    positive = labels[order] == 1
    ones, zeros = positive.sum(), (~positive).sum()
    return float((rank[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def timed(work, count, device):
    work()
    wait(device)
    began = time.perf_counter()
    for _ in range(count):
        work()
    wait(device)
    return (time.perf_counter() - began) / count


def batches(subset, size, batch, device):
    """Shuffled batches of a subset `[…, size]`, epoch after epoch."""
    while True:
        order = subset[..., torch.randperm(size)].to(device)
        for first in range(0, size - batch + 1, batch):
            yield order[..., first : first + batch]


def step(data, request, device):
    """Seconds of one training step of one model."""
    size, batch, count = request["size"], request["batch"], request["count"]
    if request["how"] == "stacked":
        training = Stacked(data, request["fusion"], "synthetic", range(request["seeds"]), device)
        source = batches(training.subsets[:, :size], size, batch, device)
        return {"seconds": timed(lambda: training.step(next(source)), count, device) / request["seeds"]}
    training = Loop(data, request["fusion"], "synthetic", 0, request["how"] == "fused", device)
    source = batches(training.subset[:size], size, batch, device)
    return {"seconds": timed(lambda: training.step(next(source)), count, device)}


def part(data, request, device):
    """Seconds of validation, or of the evaluation under noise, of one model."""
    if request["how"] == "stacked":
        training = Stacked(data, request["fusion"], "synthetic", range(request["seeds"]), device)
        models = request["seeds"]
    else:
        training = Loop(data, request["fusion"], "synthetic", 0, request["how"] == "fused", device)
        models = 1
    return {"seconds": timed(getattr(training, request["what"]), request["count"], device) / models}


def sweep(data, request, device):
    """Seconds of a part of the sweep: these fusions, tasks, sizes and seeds; and what came out."""
    results = []
    began = time.perf_counter()
    for fusion in request["fusions"]:
        for task in request["tasks"]:
            for size in request["sizes"]:
                seeds = request["seeds"]
                if request["how"] == "stacked":
                    found = Stacked(data, fusion, task, seeds, device).cohort(size, request["epochs"], request["batch"])
                else:
                    fused = request["how"] == "fused"
                    trials = [Loop(data, fusion, task, seed, fused, device).trial(size, request["epochs"], request["batch"]) for seed in seeds]
                    found = {name: [trial[name] for trial in trials] for name in ("val", "test", "auc")}
                results.append({"fusion": fusion, "task": task, "size": size, "val": found["val"], "test": found["test"], "auc": found["auc"]})
    wait(device)
    return {"seconds": time.perf_counter() - began, "results": results}


def main():
    device, threads = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(threads)
    work = {"step": step, "validate": part, "noise": part, "sweep": sweep}
    data = {}
    print(json.dumps({"torch": torch.__version__, "device": torch.cuda.get_device_name() if device == "cuda" else "cpu"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        path = request["data"]
        if path not in data:
            data[path] = Data(path, device)
        print(json.dumps(work[request["what"]](data[path], request, device)), flush=True)


if __name__ == "__main__":
    main()
