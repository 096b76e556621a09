"""Compares the crate `raw` with open_clip's and transformers' tokenizers on 1,000 texts that it makes.

    cargo build --release -p raw --example tokens
    python scripts/tokens.py target/release/examples/tokens

Needs transformers, torch, regex, ftfy 6.3.1 and the files of the package open_clip_torch, whose BPE vocabulary is used.
With `clean = openai` the tokens have to be open_clip's, with `clean = none` those of transformers. All of the 1,000 texts
are equal, and 19,984 of the 20,000 of `--seed 101 --texts 20000`; most that differ were read in a wrong code page twice.
`--seed` and `--texts` make other texts, and `--show N` prints the first N that differ. ftfy 6.2.3 repairs other texts: with
it 984 of the 1,000 are equal.

`--write crates/raw/src/fixtures` makes the small tokenizer and the texts of the crate's tests instead.
"""

import argparse
import gzip
import html
import importlib.util
import json
import pathlib
import random
import subprocess
import tempfile

LONGEST = 77

OPENERS = [
    "Just landed in", "can't believe", "I'm so done with", "BREAKING:", "RT @user:", "they've seen", "We'll never forget",
    "don't miss", "A photo of", "look at this", "ICYMI", "It's 5 o'clock and", "you're gonna love", "She'd say", "Happy",
    "Throwback to", "NEW POST", "I'd rather have", "who's excited for", "POV:", "Café life in", "naïve me in",
]
THINGS = [
    "New York", "São Paulo", "the Zürich office", "my dog", "two cats on a sofa", "the #WorldCup final", "pizza & beer",
    "a red sports car", "Beyoncé", "señor Muñoz", "Łódź", "Москва", "東京タワー", "서울", "القاهرة", "Αθήνα", "ΟΔΟΣ ΣΟΦΟΣ",
    "İstanbul", "straße", "a 1,299.99$ phone", "iPhone15Pro", "100% cotton", "the 2nd half", "co-op games",
    "R&B", "AT&T", "<b>bold</b> claims", "if (a < b && c > d)", "C++ vs. C#", "snake_case names", "e-mail",
]
TAILS = [
    "", "!!!", "...", " lol", " 😂😂😂", " ❤️", " 👨‍👩‍👧‍👦", " 👍🏽", " 🇧🇷🇩🇪", " #blessed #nofilter", " @someone_else",
    " https://t.co/AbC123xYz", " http://example.com/?a=1&b=2&copy=3", " (c) 2024", " :-) ;) :'(", " 24/7", " 3.14159",
    " 50%", " ½ price", " x² + y²", " №5", " ⅷ", " 10³", " \u200d", " ~~~", " ¯\\_(ツ)_/¯", " [link in bio]", "\n\nvia app", "\ttabbed",
]
ENTITIES = [
    "&amp;", "&lt;3", "&gt;", "&quot;quoted&quot;", "&#39;s", "&#x27;t", "&amp;amp;", "&nbsp;", "&hellip;", "&eacute;t&eacute;",
    "&amp;lt;3", "&copy", "&euro;20", "&ldquo;so&rdquo;", "&#128514;", "&#x1F600;", "&mdash;", "&notanentity;", "&AMP;", "&EACUTE;",
    "& ", "&#8217;", "&#150;", "&frac12;", "&ampamp;", "&;",
]
CURLY = ["“quoted”", "it’s", "‘single’", "don’t", "„unten“", "«guillemets»", "5′ 11″", "rock ’n’ roll", "we’ve", "– dash —", "wait…"]
WIDE = ["ＦＵＬＬ ｗｉｄｔｈ", "１２３", "！？", "ﾊﾝｶｸ", "　", "ＬＯＵＤ　ＮＯＩＳＥＳ", "ｶﾞ", "＃ｔａｇ"]
ODD = ["ﬁne ﬂow", "e\u0301t\u00e9", "zero\u200bwidth", "soft\u00adhyphen", "a\u00a0b", "line\u2028break", "\ufeffbom", "\x1b[31mred\x1b[0m", "tab\tand\r\nreturn", "bell\x07", "ǆ ǅ Ǆ", "İI ıi", "ß ẞ", "𝕗𝕒𝕟𝕔𝕪", "ⓣⓐⓖ", "\u202eturned"]
BROKEN = ["it’s", "café", "naïve", "“hi”", "señor", "Zürich", "–", "…", "€5", "😂", "❤", "Łódź", "Москва", "¿qué?", "100°", "Ünïcödé", "👍", "été à Paris", "voilà", "l’été"]


def mojibake(rng):
    """UTF-8 read as another encoding, once or twice."""
    text = rng.choice(BROKEN)
    for _ in range(rng.choice([1, 1, 1, 2])):
        encoding = rng.choice(["latin-1", "cp1252", "cp1252", "mac_roman", "cp437", "iso-8859-2", "cp1250", "cp1251"])
        text = text.encode("utf-8").decode(encoding, "replace" if rng.random() < 0.2 else "ignore")
    return text


def tweet(rng):
    parts = [rng.choice(OPENERS), rng.choice(THINGS)]
    for kind, share in [(ENTITIES, 0.4), (CURLY, 0.35), (WIDE, 0.15), (ODD, 0.15), (THINGS, 0.3)]:
        if rng.random() < share:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(kind))
    if rng.random() < 0.25:
        parts.insert(rng.randrange(len(parts) + 1), mojibake(rng))
    text = rng.choice([" ", " ", " ", "  ", ""]).join(parts) + rng.choice(TAILS)
    if rng.random() < 0.1:
        text = html.escape(text)
    if rng.random() < 0.08:
        text = mojibake(rng) + " " + text.encode("utf-8").decode("cp1252", "replace")
    return " ".join([text] * 8) if rng.random() < 0.05 else text


def open_clip():
    """open_clip's tokenizer file alone, and its vocabulary."""
    folder = pathlib.Path(importlib.util.find_spec("open_clip").submodule_search_locations[0])
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", folder / "tokenizer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, folder / "bpe_simple_vocab_16e6.txt.gz"


def hugging_face(module, vocabulary):
    """The same vocabulary as the tokenizer of a CLIP folder."""
    from transformers import CLIPTokenizerFast
    letters = list(module.bytes_to_unicode().values())
    with gzip.open(vocabulary) as file:
        merges = file.read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    merges = [tuple(merge.split()) for merge in merges]
    tokens = letters + [letter + "</w>" for letter in letters] + ["".join(merge) for merge in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizerFast(vocab={token: place for place, token in enumerate(tokens)}, merges=merges)


# For the crate's tests: what each step of the cleaning changes, and what it leaves.
FIXED = [
    "", "a photo of a cat", "A Photo  of\n\ta CAT", "AT&amp;amp;T &lt;3 &copy 2024 &#39;s", "it’s “quoted” – wait…", "cafÃ© â€œhiâ€\x9d",
    "ＦＵＬＬ　ｗｉｄｔｈ １２３", "<b>&EACUTE; &ldquo;so&rdquo;</b>", "\x1b[31mred\x1b[0m", "ΟΔΟΣ İstanbul straße", "they've we'll don't I'm",
    "e\u0301te\u0301", "ﬁne", "1,299.99$ 24/7", "😂 👍🏽 🇧🇷", "#tag @user https://t.co/AbC", "<|endoftext|> in the middle", "&#1;&#128;&#0;", "zero\u200bwidth\ufeff",
    "one two three four five six seven eight nine ten", "x" * 40, "東京 Москва",
    # What ftfy repairs since 6.3, or no longer.
    "ÃœnÃ¯cÃ¶dÃ©", "50% đź‘Ť", "cafÄ‚Å\xa0", "<b>Ä°zmir</b> &amp;Ä°", "東 Ä°", "Ä\x80\ufffd Ä°", "3 ā€“ 4, it ā€™s",
    "ГњnГ¶d", "Größe § 5, Ã§a va", "é“x", "Łódź°", "É°", "Ã€ é“x\u2028東",
    "Ãœber", "東 €Ä°", "Ä‘ \ufffd Ä°", "Ä‘ 東", "Łódź  Ä°5", "„a“ dogâ€šÃ„Â¶ 5",
]


def write(folder, module, vocabulary):
    """A tokenizer of 100 merges, and what texts of the tests become in at most 20 tokens."""
    with gzip.open(vocabulary) as file:
        merges = file.read().decode("utf-8").split("\n")[:101]
    with tempfile.TemporaryDirectory() as place:
        short = pathlib.Path(place) / "merges.gz"
        short.write_bytes(gzip.compress("\n".join(merges).encode()))
        simple, fast = module.SimpleTokenizer(str(short)), hugging_face(module, short)
        fast.save_pretrained(place)
        tokenizer = json.loads((pathlib.Path(place) / "tokenizer.json").read_text())
    rows = []
    for text in FIXED:
        openai = [simple.sot_token_id] + simple.encode(text)[:18] + [simple.eot_token_id]
        rows.append({"text": text, "cleaned": simple.clean_fn(text), "openai": openai, "none": fast(text, truncation=True, max_length=20)["input_ids"]})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, separators=(",", ":")) + "\n")
    (folder / "texts.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", nargs="?")
    arguments.add_argument("--write", type=pathlib.Path)
    arguments.add_argument("--seed", type=int, default=15)
    arguments.add_argument("--texts", type=int, default=1_000)
    arguments.add_argument("--show", type=int, default=20)
    arguments = arguments.parse_args()
    rng = random.Random(arguments.seed)
    texts = [tweet(rng) for _ in range(arguments.texts)]
    module, vocabulary = open_clip()
    if arguments.write:
        return write(arguments.write, module, vocabulary)
    simple, fast = module.SimpleTokenizer(str(vocabulary)), hugging_face(module, vocabulary)
    begin, end = simple.sot_token_id, simple.eot_token_id

    def cut(tokens):
        return [begin] + tokens[: LONGEST - 2] + [end]

    wanted = {
        "openai": [cut(simple.encode(text)) for text in texts],
        "none": [fast(text, truncation=True, max_length=LONGEST)["input_ids"] for text in texts],
    }
    with tempfile.TemporaryDirectory() as folder:
        fast.save_pretrained(folder)
        listed = pathlib.Path(folder) / "texts"
        listed.write_text("".join(json.dumps(text) + "\n" for text in texts))
        for clean, expected in wanted.items():
            command = [arguments.program, folder, str(LONGEST), clean, listed]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            ours = [[int(token) for token in line.split()] for line in lines]
            other = [place for place, both in enumerate(zip(expected, ours, strict=True)) if both[0] != both[1]]
            print(f"clean = {clean}: {len(texts) - len(other)} of {len(texts)} texts have the same tokens")
            for place in other[: arguments.show]:
                print(f"  {texts[place]!r}\n    wanted {simple.decode(expected[place])!r}\n    ours   {simple.decode(ours[place])!r}")


main()
