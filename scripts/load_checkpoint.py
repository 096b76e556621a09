"""Loads a checkpoint in PyTorch and tests it on rows that `superfuse-tui evaluate --save` wrote.

    superfuse-tui evaluate checkpoints/RUN/product-real-64.safetensors --data clip-like --rows test --save rows.safetensors
    python scripts/load_checkpoint.py checkpoints/RUN/product-real-64.safetensors rows.safetensors

Needs torch and numpy alone. A .safetensors is 8 bytes of length, so many bytes of JSON, then raw arrays.
"""

import json
import sys
import tomllib

import numpy as np
import torch

ACTIVATIONS = {"relu": torch.nn.ReLU, "identity": torch.nn.Identity, "gelu": torch.nn.GELU, "tanh": torch.nn.Tanh}


def read(path):
    """Arrays by name, and the metadata."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, about in header.items():
        begin, end = about["data_offsets"]
        values = np.frombuffer(data[begin:end], dtype="<f4").reshape(about["shape"])
        arrays[name] = torch.from_numpy(values.copy())
    return arrays, metadata


def fuse(fusion, text, image):
    """[rows, n] and [rows, m] to [rows, F]."""
    # Behind the fusion's name may stand how it was trained: product-noise.
    fusion = fusion.removeprefix("logistic-").split("-")[0]
    if fusion == "text":
        return text
    if fusion == "image":
        return image
    if fusion == "concat":
        return torch.cat([text, image], dim=1)
    if fusion == "product":
        return torch.cat([text * image, text * image.flip(1)], dim=1)
    if fusion == "tensor":
        return torch.einsum("ri,rj->rij", text, image).flatten(1)
    sys.exit(f"{fusion}: this script has no such features; the README's loader has all fusions")


def main(checkpoint, rows):
    state, metadata = read(checkpoint)
    rows, _ = read(rows)
    hidden, fused = state["head.0.weight"].shape
    classes = len(json.loads(metadata.get("classes", '["0", "1"]')))
    activation = ACTIVATIONS[tomllib.loads(metadata["config"])["model"]["activation"]]
    head = torch.nn.Sequential(torch.nn.Linear(fused, hidden), activation(), torch.nn.Linear(hidden, classes))
    if metadata["fusion"].startswith("logistic-"):
        head = torch.nn.Sequential(torch.nn.Linear(fused, classes))
    model = torch.nn.ModuleDict({"head": head})
    model.load_state_dict(state, strict=True)

    with torch.no_grad():
        logits = head(fuse(metadata["fusion"], rows["text"], rows["image"]))
    right = (logits.argmax(dim=1) == rows["label"].long()).sum().item()
    print(f"right     {right} of {len(logits)}")
    print(f"accuracy  {right / len(logits)}")
    print(f"metadata  {metadata['test_accuracy']}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
