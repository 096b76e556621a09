"""Small random CLIP models with the embeddings that transformers makes of them, to hold `superfuse-tui data embed` to.

    PYTHON scripts/clip.py fixture        writes crates/embed/tests/fixtures anew
    PYTHON scripts/clip.py check FOLDER   writes larger ones into FOLDER, a folder each

After `check`, run `CLIP_CHECK=FOLDER cargo test -p embed larger -- --ignored`. PYTHON needs torch and transformers. Ids and pixels
are made by a rule that both sides know, so that no tokeniser and no picture is part of the comparison.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel

FIXTURE = Path(__file__).parent.parent / "crates/embed/tests/fixtures/clip"


def build(text, vision, width, seed):
    """A model with weights large enough to matter: transformers' own start makes nearly linear layers."""
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=width)).eval()
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        is_norm = "norm" in name or "layrnorm" in name
        if is_norm and name.endswith("weight"):
            value.data = 1 + 0.1 * noise
        else:
            value.data = noise * (0.3 if value.ndim < 2 else 1.0 / value[0].numel() ** 0.5)
    return model


def ids_of(texts, length, vocabulary, eos, padding):
    """Rows of tokens that end with `eos`, each of another length."""
    ids = torch.full((texts, length), padding)
    for row in range(texts):
        end = min(length - 1, 2 + row * 3 % (length - 2))
        for place in range(end):
            ids[row, place] = 3 + (row * 7 + place * 5) % (vocabulary - 4)
        ids[row, end] = eos
    return ids


def pixels_of(images, size):
    count = images * 3 * size * size
    return ((torch.arange(count) * 37 % 101) / 50.0 - 1.0).float().reshape(images, 3, size, size)


def expected(model, texts):
    config = model.config
    text, vision = config.text_config, config.vision_config
    eos = text.vocab_size - 1 if text.eos_token_id == 2 else text.eos_token_id
    ids = ids_of(texts, text.max_position_embeddings, text.vocab_size, eos, text.pad_token_id)
    with torch.no_grad():
        made_text = model.get_text_features(input_ids=ids, attention_mask=torch.ones_like(ids)).pooler_output
        made_image = model.get_image_features(pixel_values=pixels_of(texts, vision.image_size)).pooler_output
    assert made_text.std() > 0.1 and made_image.std() > 0.1, "an encoder that says nothing checks nothing"
    return {"ids": ids.tolist(), "text": made_text.tolist(), "image": made_image.tolist()}


def towers(hidden, heads, layers, vocabulary, length, size, patch, act, eos):
    text = dict(hidden_size=hidden[0], intermediate_size=2 * hidden[0], num_attention_heads=heads[0], num_hidden_layers=layers,
                vocab_size=vocabulary, max_position_embeddings=length, hidden_act=act[0], eos_token_id=eos, bos_token_id=0, pad_token_id=1)
    vision = dict(hidden_size=hidden[1], intermediate_size=2 * hidden[1], num_attention_heads=heads[1], num_hidden_layers=layers,
                  image_size=size, patch_size=patch, hidden_act=act[1])
    return text, vision


def fixture():
    """One set of weights, in float16, and two configurations that read them differently."""
    FIXTURE.mkdir(parents=True, exist_ok=True)
    torch.jit.script(Sums()).save(str(FIXTURE.parent / "sums.pt"))
    cases, weights = {}, None
    for name, act, eos in [("openai", ("quick_gelu", "quick_gelu"), 2), ("other", ("gelu", "gelu"), 5)]:
        text, vision = towers((8, 6), (2, 3), 2, 50, 10, 8, 4, act, eos)
        text["intermediate_size"] = vision["intermediate_size"] = 8
        model = build(text, vision, 6, 1)
        if weights is None:
            # Cleared of what is no weight, as small as a file in git should be.
            weights = {name: value.half().contiguous() for name, value in model.state_dict().items() if "position_ids" not in name}
            save_file(weights, FIXTURE / "model.safetensors")
            pickled(model, weights)
        model.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
        cases[name] = expected(model, 4)
        rounded = {key: [[round(number, 6) for number in row] for row in cases[name][key]] for key in ("text", "image")}
        cases[name].update(rounded)
        kept = {"model_type": "clip", "projection_dim": 6, "text_config": text, "vision_config": vision}
        if name == "openai":
            tokenizer(model)
        (FIXTURE / ("config.json" if name == "openai" else "config-other.json")).write_text(json.dumps(kept, indent=1) + "\n")
    (FIXTURE / "expected.json").write_text(json.dumps(cases) + "\n")


def pickled(model, weights):
    """The same as PyTorch keeps them: with the attributes of a state dict, a weight that lies turned, one in float32, and a
    buffer that is no weight. And one tensor of each type, with its values."""
    state = model.state_dict()
    state.update(weights)
    state["text_projection.weight"] = weights["text_projection.weight"].T.contiguous().T
    state["visual_projection.weight"] = weights["visual_projection.weight"].float()
    state["text_model.embeddings.position_ids"] = torch.arange(10)[None]
    torch.save(state, FIXTURE / "pytorch_model.bin")
    values = torch.tensor([[1.0, -2.5, 0.15625], [3.0, 256.0, -0.0078125]])
    types = {str(kind).removeprefix("torch."): values.to(kind) for kind in (torch.float16, torch.bfloat16, torch.float32, torch.float64)}
    torch.save({**types, "int64": torch.arange(6).reshape(2, 3), "gaps": torch.arange(12.0).reshape(2, 6)[:, ::2]}, FIXTURE.parent / "types.bin")


def tokenizer(model):
    """Whole words between a start and an end, and what the model makes of three texts."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = "a cat dog sleeps runs in the sun rain red blue car on road".split()
    vocabulary = {"<start>": 0, "<pad>": 1, "<unknown>": 2, **{word: 3 + place for place, word in enumerate(words)}, "<end>": 49}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unknown>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="<start> $A <end>", special_tokens=[("<start>", 0), ("<end>", 49)])
    made.enable_padding(pad_id=1, pad_token="<pad>")
    made.save(str(FIXTURE / "tokenizer.json"))
    preprocessing = dict(do_resize=True, size={"shortest_edge": 8}, resample=3, do_center_crop=True, crop_size=8, do_rescale=True,
                         rescale_factor=1 / 255, do_normalize=True, image_mean=[0.5, 0.5, 0.5], image_std=[0.25, 0.25, 0.25])
    (FIXTURE / "preprocessor_config.json").write_text(json.dumps(preprocessing) + "\n")
    made.enable_truncation(10)
    texts = ["a cat sleeps", "the red car on the road in the rain in the sun", "a dog"]
    ids = torch.tensor([encoding.ids for encoding in made.encode_batch(texts)])
    with torch.no_grad():
        embeddings = model.get_text_features(input_ids=ids, attention_mask=torch.ones_like(ids)).pooler_output
    (FIXTURE / "texts.json").write_text(json.dumps({text: row for text, row in zip(texts, embeddings.tolist())}) + "\n")


class Sums(torch.nn.Module):
    """Encoders whose embeddings anyone can add up: a text's sum of ids and number of tokens, a picture's mean colours."""

    @torch.jit.export
    def encode_text(self, ids):
        mask = ids != 1
        if ids.shape[1] > 9:
            raise ValueError("texts of at most 9 tokens")
        return torch.stack([(ids * mask).sum(1), mask.sum(1)], 1).to(torch.float64)

    @torch.jit.export
    def encode_image(self, pixels):
        return pixels.mean((2, 3))

    def forward(self, ids, pixels):
        return self.encode_text(ids), self.encode_image(pixels)


def check(folder):
    """As `save_pretrained` writes them: f32, f16 and bf16, one file and shards; and the same as PyTorch's pickles."""
    for number, (act, eos, kind, shards) in enumerate([
        (("quick_gelu", "quick_gelu"), 2, torch.float32, "10GB"),
        (("gelu", "gelu"), 500, torch.float32, "1MB"),
        (("quick_gelu", "gelu"), 700, torch.float16, "1MB"),
        (("gelu", "quick_gelu"), 2, torch.bfloat16, "10GB"),
    ]):
        text, vision = towers((96, 128), (4, 8), 2 + number, 1000, 77, 56, 14, act, eos)
        model = build(text, vision, 64, number).to(kind)
        own = folder / f"clip-{number}"
        model.save_pretrained(own, max_shard_size=shards)
        (own / "expected.json").write_text(json.dumps({"saved": expected(model.float(), 6)}))
        print(own, kind, act, eos)
        pickles = folder / f"clip-{number}-pickled"
        pickles.mkdir(exist_ok=True)
        for name in ("config.json", "expected.json"):
            (pickles / name).write_bytes((own / name).read_bytes())
        files = sorted(own.glob("*.safetensors"))
        names = [file.name.replace("model", "pytorch_model").replace(".safetensors", ".bin") for file in files]
        for file, name in zip(files, names):
            torch.save(load_file(file), pickles / name)
        if len(files) > 1:
            index = {"weight_map": {key: name for file, name in zip(files, names) for key in load_file(file)}}
            (pickles / "pytorch_model.bin.index.json").write_text(json.dumps(index))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fixture"]:
            fixture()
        case ["check", folder]:
            check(Path(folder))
        case _:
            sys.exit(__doc__)
