"""Compares the crate `raw` with Pillow and transformers on images that it makes.

    cargo build --release -p raw --example pixels
    python scripts/pixels.py target/release/examples/pixels

Needs pillow 12, numpy and transformers. Prints the largest difference of each group, in steps of 1/255, which is 0. (Pillow 13 resizes rows first where an image grows in width and shrinks in height, which a resize
of the shorter edge never does.)

`--write crates/raw/src/pixels/fixtures` makes the images of the crate's tests instead.
"""

import io
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageFile

CLIP = {
    "image_processor_type": "CLIPImageProcessor",
    "do_resize": True, "do_center_crop": True, "do_rescale": True, "do_normalize": True, "do_convert_rgb": True,
    "rescale_factor": 1 / 255, "resample": 3, "size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224},
    "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
}
PLAIN = CLIP | {"do_rescale": False, "do_normalize": False}
# Pillow's buffer for a JPEG is otherwise too small for noise.
ImageFile.MAXBLOCK = 1 << 24
rng = np.random.default_rng(15)


def photo(width, height, channels=3):
    """Coarse and fine noise over a gradient, with hard edges: (height, width, channels) of uint8."""
    y, x = np.mgrid[0:height, 0:width]
    layers = []
    for _ in range(channels):
        coarse = Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).resize((width, height), 3)
        layer = np.asarray(coarse) * 0.6 + 80 * x / width + rng.normal(0, 12, (height, width))
        layers.append(np.where((x // 7 + y // 11) % 9 == 0, 255 - layer, layer))
    return np.clip(np.stack(layers, -1), 0, 255).astype(np.uint8)


def smooth(width, height, channels=3):
    """What cameras give: coarse noise over a gradient, with little fine noise."""
    coarse = rng.integers(0, 256, (13, 17, channels), dtype=np.uint8)
    layers = [np.asarray(Image.fromarray(coarse[..., c]).resize((width, height), 3)) for c in range(channels)]
    return np.clip(np.stack(layers, -1) + rng.normal(0, 3, (height, width, channels)), 0, 255).astype(np.uint8)


def noise(width, height, channels=3):
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


def file(image, kind, **options):
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, kind, **options)
    return out.getvalue()


def processed(config, encoded):
    """As transformers' Pillow image processor, but transparency dropped as Pillow and CLIP's training code do."""
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    image = Image.fromarray(np.array(Image.open(io.BytesIO(encoded)).convert("RGB")))
    return np.asarray(CLIPImageProcessorPil(**config)(image, return_tensors="np")["pixel_values"][0], np.float32)


def cases():
    sizes = [(224, 224), (640, 427), (427, 640), (225, 223), (1000, 31), (31, 64), (5, 3), (1, 1), (1500, 1499), (224, 500)]
    for name, resample in [("nearest", 0), ("lanczos", 1), ("bilinear", 2), ("bicubic", 3), ("box", 4), ("hamming", 5)]:
        for width, height in sizes:
            for make in (photo, noise):
                yield f"resize, {name}", PLAIN | {"resample": resample}, file(make(width, height), "PNG")
    for _ in range(120):
        width, height, w, h = rng.integers(1, 300, 4).tolist()
        both = {"size": {"height": h, "width": w}, "do_center_crop": False}
        yield "resize, to odd sizes", PLAIN | both, file(photo(width, height), "PNG")
        crop = {"size": {"shortest_edge": w}, "crop_size": {"height": h, "width": int(rng.integers(1, 300))}}
        yield "crop, black around it", PLAIN | crop, file(photo(max(width, 40), max(height, 40)), "PNG")
    for width, height in sizes[:6]:
        yield "whole, normalised", CLIP, file(photo(width, height), "PNG")
        yield "whole, normalised", {"size": 160, "crop_size": 150}, file(photo(width, height), "PNG")
    for width, height in [(256, 300), (33, 17), (300, 250)]:
        rgba = photo(width, height, 4)
        gray = rgba[..., 0]
        palette = Image.fromarray(rgba[..., :3]).quantize(200)
        tiny = Image.fromarray(rgba[..., :3]).quantize(4)
        wide = rng.integers(0, 65536, (height, width), dtype=np.uint16)
        low = rng.integers(0, 600, (height, width), dtype=np.uint16)
        for name, image, options in [
            ("RGBA", rgba, {}), ("gray", gray, {}), ("gray and alpha", Image.fromarray(rgba[..., :2].copy(), "LA"), {}),
            ("palette", palette, {}), ("palette of 2 bits", tiny, {"bits": 2}),
            ("palette with transparency", palette, {"transparency": bytes(range(200))}),
            ("palette with a transparent colour", palette, {"transparency": 3}),
            ("gray with a transparent value", Image.fromarray(gray), {"transparency": 100}),
            ("RGB with a transparent colour", Image.fromarray(rgba[..., :3].copy()), {"transparency": (1, 2, 3)}),
            ("1 bit", Image.fromarray(gray).convert("1"), {}),
            ("gray of 16 bits", Image.fromarray(wide), {}), ("dark gray of 16 bits", Image.fromarray(low), {}),
        ]:
            yield f"PNG, {name}", PLAIN, file(image, "PNG", **options)
        for color, channels in [(0, 1), (2, 3), (4, 2), (6, 4)]:
            for depth in (8, 16):
                for interlaced in (0, 1):
                    yield f"PNG by hand, colour type {color}, {depth} bits", PLAIN, by_hand(width, height, color, channels, depth, interlaced)
        for depth in (1, 2, 4):
            yield f"PNG by hand, gray of {depth} bits", PLAIN, by_hand(width, height, 0, 1, depth, 0)
        for kind in ("GIF", "BMP"):
            for name, image in [("RGB", Image.fromarray(rgba[..., :3].copy())), ("gray", Image.fromarray(gray)), ("palette", palette), ("1 bit", Image.fromarray(gray).convert("1"))]:
                yield f"{kind}, {name}", PLAIN, file(image, kind)
        yield "BMP, RGBA", PLAIN, file(rgba, "BMP")
        yield "GIF, transparent", PLAIN, file(palette, "GIF", transparency=5)
        frames = [Image.fromarray(photo(width, height)) for _ in range(3)]
        yield "GIF, several frames", PLAIN, file(frames[0], "GIF", save_all=True, append_images=frames[1:])
        yield "WebP, several frames", PLAIN, file(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
        yield "WebP, lossless", PLAIN, file(rgba[..., :3].copy(), "WEBP", lossless=True)
        yield "WebP, lossless RGBA", PLAIN, file(rgba, "WEBP", lossless=True, exact=True)
        yield "WebP, lossy", PLAIN, file(smooth(width, height), "WEBP", quality=80)
        yield "WebP, lossy RGBA", PLAIN, file(smooth(width, height, 4), "WEBP", quality=80)
    same = {"do_resize": False}
    for width, height in [(640, 480), (333, 251), (500, 375)]:
        for name, make in [("camera-like", smooth), ("hard", photo)]:
            for quality in (75, 95):
                for sampling in ("4:4:4", "4:2:2", "4:2:0"):
                    for progressive in (False, True):
                        data = file(make(width, height), "JPEG", quality=quality, subsampling=sampling, progressive=progressive)
                        yield f"JPEG, {name}, {sampling}, resized", PLAIN, data
                        yield f"JPEG, {name}, {sampling}, decoded only", PLAIN | same, data
        for progressive in (False, True):
            kind = "progressive" if progressive else "baseline"
            yield f"JPEG, gray, {kind}", PLAIN, file(smooth(width, height)[..., 0].copy(), "JPEG", progressive=progressive)
            yield f"JPEG, RGB as it is, {kind}", PLAIN, file(smooth(width, height), "JPEG", keep_rgb=True, progressive=progressive)
            for sampling in ("4:4:4", "4:2:0"):
                ink = file(Image.fromarray(smooth(width, height, 4), "CMYK"), "JPEG", quality=95, subsampling=sampling, progressive=progressive)
                yield f"JPEG, CMYK, {sampling}, {kind}", PLAIN | same, ink
                yield f"JPEG, YCCK, {sampling}, {kind}", PLAIN | same, ycck(ink)
        turned = Image.Exif()
        turned[0x0112] = 6
        yield "JPEG, turned by EXIF", PLAIN, file(smooth(width, height), "JPEG", exif=turned)
    for width, height in [(1, 1), (2, 1), (1, 2), (3, 3), (7, 1), (1, 9), (8, 8), (9, 17), (15, 16), (17, 15), (33, 31), (130, 9)]:
        for make in (smooth, noise):
            for sampling in ("4:4:4", "4:2:2", "4:2:0"):
                for progressive in (False, True):
                    kind = "progressive" if progressive else "baseline"
                    for options in ({"quality": 100}, {"quality": 30}, {"restart_marker_blocks": 1}, {"restart_marker_rows": 1}):
                        data = file(make(width, height), "JPEG", subsampling=sampling, progressive=progressive, **options)
                        name = "odd size" if "quality" in options else "restarts"
                        yield f"JPEG, {name}, {sampling}, {kind}", PLAIN | same, data
    for _ in range(12):
        width, height = rng.integers(1, 12, 2).tolist()
        progressive = bool(rng.integers(2))
        # A stream of 4:2:2 taken as one of 4:4:0, and one of 4:2:0 as one of 4:1:1: pictures of nothing, but whole ones.
        data = file(noise(16 * width, 8 * height), "JPEG", subsampling="4:2:2", progressive=progressive)
        yield "JPEG, 4:4:0", PLAIN | same, sampled(data, 8 * height, 16 * width, 0x12)
        data = file(noise(16 * width, 16 * height), "JPEG", subsampling="4:2:0", progressive=progressive)
        yield "JPEG, 4:1:1", PLAIN | same, sampled(data, 32 * width, 8 * height, 0x41)


def ycck(encoded):
    """A CMYK JPEG taken as one of YCCK."""
    place = encoded.index(b"Adobe") + 11
    return encoded[:place] + b"\x02" + encoded[place + 1:]


def sampled(encoded, width, height, factors):
    """A JPEG with another size and other sampling factors of its first component."""
    import struct
    place = next(encoded.index(kind) for kind in (b"\xff\xc0\0\x11", b"\xff\xc2\0\x11") if kind in encoded)
    header = bytearray(encoded)
    header[place + 5:place + 9] = struct.pack(">HH", height, width)
    header[place + 11] = factors
    return bytes(header)


def by_hand(width, height, color, channels, depth, interlaced):
    """A PNG of a kind that Pillow does not write."""
    import struct
    import zlib
    bits = channels * depth

    def rows(w, h):
        if w == 0 or h == 0:
            return b""
        line = (w * bits + 7) // 8
        return b"".join(b"\0" + rng.integers(0, 256, line, dtype=np.uint8).tobytes() for _ in range(h))

    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        data = b"".join(rows(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes)
    else:
        data = rows(width, height)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def write(folder):
    """Small images with what Pillow makes of them."""
    folder = pathlib.Path(folder)
    source = photo(17, 13)
    tall = photo(1, 120)
    resized = []
    for number, name in enumerate(["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]):
        for image, width, height in [(source, 7, 5), (source, 18, 5), (source, 11, 14), (tall, 2, 25)]:
            pixels = np.asarray(Image.fromarray(image).resize((width, height), number))
            resized.append({"source": "tall" if image is tall else "source", "filter": number, "width": width, "height": height, "pixels": pixels.tobytes().hex()})
    lines = ",\n".join(json.dumps(case) for case in resized)
    head = f'"source": "{source.tobytes().hex()}",\n"tall": "{tall.tobytes().hex()}"'
    (folder / "resized.json").write_text("{" + head + ',\n"cases": [\n' + lines + "\n]}\n")

    width, height = 7, 6
    rgba = photo(width, height, 4)
    rgb, gray = Image.fromarray(rgba[..., :3].copy()), Image.fromarray(rgba[..., 0].copy())
    palette = rgb.quantize(14)
    deep = Image.fromarray(rng.integers(0, 600, (height, width), dtype=np.uint16))
    turned = Image.Exif()
    turned[0x0112] = 6
    coarse = Image.fromarray(rng.integers(0, 256, (3, 3, 3), dtype=np.uint8)).resize((12, 9), 3)
    images = []
    odd, ink = Image.fromarray(noise(9, 7)), Image.fromarray(noise(9, 7, 4), "CMYK")
    for name, encoded in [
        ("RGBA", file(rgba, "PNG")), ("palette", file(palette, "PNG")), ("1 bit", file(gray.convert("1"), "PNG")),
        ("palette with transparency", file(palette, "PNG", transparency=bytes(range(14)))),
        ("gray with a transparent value", file(gray, "PNG", transparency=100)), ("gray of 16 bits", file(deep, "PNG")),
        ("interlaced RGBA of 16 bits", by_hand(width, height, 6, 4, 16, 1)),
        ("gray and alpha of 16 bits", by_hand(width, height, 4, 2, 16, 0)), ("gray of 2 bits", by_hand(width, height, 0, 1, 2, 0)),
        ("GIF", file(palette, "GIF", transparency=5)), ("BMP", file(rgb, "BMP")),
        ("WebP, lossless", file(rgba, "WEBP", lossless=True, exact=True)), ("WebP", file(coarse, "WEBP")),
        ("JPEG", file(coarse, "JPEG", optimize=True, subsampling=0)), ("JPEG, 4:2:0, turned by EXIF", file(coarse, "JPEG", optimize=True, exif=turned)),
        ("JPEG, gray", file(coarse.convert("L"), "JPEG", optimize=True)), ("JPEG, CMYK", file(coarse.convert("CMYK"), "JPEG", optimize=True)),
        ("JPEG, 4:2:2", file(odd, "JPEG", optimize=True, subsampling="4:2:2")),
        ("JPEG, 4:2:0, progressive", file(odd, "JPEG", optimize=True, progressive=True)),
        ("JPEG, 4:4:4, restarts", file(odd, "JPEG", optimize=True, subsampling=0, restart_marker_blocks=1)),
        ("JPEG, CMYK, 4:2:0", file(ink, "JPEG", optimize=True, subsampling="4:2:0")),
        ("JPEG, YCCK", ycck(file(ink, "JPEG", optimize=True, subsampling=0))),
    ]:
        pixels = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))
        images.append({"name": name, "width": pixels.shape[1], "height": pixels.shape[0], "encoded": encoded.hex(), "pixels": pixels.tobytes().hex()})
    (folder / "images.json").write_text("[\n" + ",\n".join(json.dumps(image) for image in images) + "\n]\n")


def main():
    if sys.argv[1] == "--write":
        return write(sys.argv[2])
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        listed, expected = [], []
        for number, (group, config, encoded) in enumerate(cases()):
            folder = place / str(number)
            folder.mkdir()
            (folder / "preprocessor_config.json").write_text(json.dumps(config))
            (folder / "image").write_bytes(encoded)
            listed.append(f"{folder}\t{folder / 'image'}\n")
            expected.append((group, processed(config, encoded)))
        (place / "list").write_text("".join(listed))
        lines = subprocess.run([program, place / "list", place / "out"], check=True, capture_output=True, text=True).stdout
        values = np.fromfile(place / "out", "<f4")
    groups = {}
    for (group, wanted), line in zip(expected, lines.splitlines(), strict=True):
        if not line.isdigit():
            print(f"{group}: {line}")
            continue
        ours, values = values[: int(line)], values[int(line):]
        if ours.size != wanted.size:
            print(f"{group}: {ours.size} values, not {wanted.size}")
            continue
        groups.setdefault(group, []).append(np.abs(ours.reshape(wanted.shape) - wanted))
    print(f"Pillow {Image.__version__}")
    for group, apart in groups.items():
        every = np.concatenate([one.ravel() for one in apart])
        print(f"{group:45} {len(apart):4} images  largest {every.max():<10.4g} mean {every.mean():<9.3g} over 2: {np.mean(every > 2):.3%}")


main()
