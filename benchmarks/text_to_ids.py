"""How long, and how much memory, from the bytes of a file to token ids: `python benchmarks/text_to_ids.py`.

Decoding, splitting, training the tokenizer and encoding, for 100 MB of text that does not repeat; each measurement in a process of its own
with the environment of a worker, which has one thread.
The plain way beside it is what one would write first. What the ids are is tested in `tests/lmcore`.
"""

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import rjieba
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

from lmcore.config import TokenizerConfig  # noqa: E402
from lmcore.runs.queue.pool import ENVIRONMENT  # noqa: E402
from lmcore.text.corpus import Corpus, encode  # noqa: E402
from lmcore.text.decoding import decode  # noqa: E402
from lmcore.tokenizers import build_and_encode  # noqa: E402

KINDS, LANGUAGES = ("character", "word", "subword"), ("en", "zh")
SLICE = 5_000_000  # bytes of Chinese: the library alone, whose pieces are whole clauses there, would take gigabytes for all of it


def write_text(language: str, path: Path, size: int):
    """Words by Zipf's law, with names drawn anew so that nothing is seen before."""
    rng, draw = np.random.default_rng(1), random.Random(1)
    if language == "en":
        types = [
            "".join(draw.choices("etaoinshrdlucmfwypvbgkjqxz", range(26, 0, -1), k=draw.randint(1, 9))) for _ in range(60_000)
        ]
    else:
        types = [chr(0x4E00 + 5 * rank) for rank in range(4_000)]
    shares = 1 / np.arange(1, len(types) + 1)
    written = 0
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        while written < size:
            drawn = [types[rank] for rank in rng.choice(len(types), size=100_000, p=shares / shares.sum())]
            for position in range(0, len(drawn), 40):
                drawn[position] = "".join(
                    draw.choices("abcdefghijklmnopqrstuvwxyz" if language == "en" else types, k=draw.randint(2, 8))
                ).title()
            for position in range(0, len(drawn), 11):
                drawn[position] += "," if language == "en" else "，"
            for position in range(0, len(drawn), 37):
                drawn[position] += ".\n" if language == "en" else "。\n"
            part = (" " if language == "en" else "").join(drawn)
            file.write(part)
            written += len(part.encode())


def ours(data: bytes, kind: str):
    corpus = Corpus.from_text(decode(data, limit=len(data)).text)
    tokenizer, train = build_and_encode(TokenizerConfig(kind), corpus.train)
    return encode(corpus, tokenizer, train=train).train


def plain(data: bytes, kind: str):
    text = data.decode()
    if kind == "character":
        number = {character: index for index, character in enumerate(sorted(set(text)))}
        return np.array([number[character] for character in text])
    if kind == "word":
        words = re.findall(r"\w+|[^\w\s]|\n", text) if text[:1_000].isascii() else rjieba.cut(text)
        number = {word: index for index, (word, _) in enumerate(Counter(words).most_common(10_000))}
        return np.array([number.get(word, -1) for word in words])
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    lines = text.splitlines(keepends=True)
    library.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=10_000, min_frequency=2, show_progress=False))
    return np.concatenate([np.array(encoding.ids) for encoding in library.encode_batch(lines)])


def measure(way: str, kind: str, path: Path, size: int) -> dict:
    data = path.read_bytes()[:size].decode(errors="ignore").encode()
    began = time.perf_counter()
    ids = {"ours": ours, "plain": plain}[way](data, kind)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes; bytes on macOS
    return {"seconds": seconds, "megabytes": peak / (1e6 if sys.platform == "darwin" else 1024), "ids": len(ids)}


def in_fresh_process(*arguments) -> dict:
    command = [sys.executable, __file__, "--child", *map(str, arguments)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}).stdout
    return json.loads(output or "{}")


def median_of(repeats: int, *arguments) -> dict:
    found = [in_fresh_process(*arguments) for _ in range(repeats)]
    return {name: statistics.median(result[name] for result in found) for name in found[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="how often each is measured; the median is shown")
    parser.add_argument("--megabytes", type=int, default=100, help="size of the text")
    parser.add_argument("--kind", choices=KINDS, help="only this tokenizer")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        job, first, path, size = options.child[0], options.child[1], Path(options.child[-2]), int(options.child[-1])
        write_text(first, path, size) if job == "write" else print(json.dumps(measure(job, first, path, size)))
        return
    size = options.megabytes * 1_000_000
    print(
        f"{size / 1e6:.0f} MB of text to ids, medians of {options.repeats}; Chinese subwords are compared on {SLICE / 1e6:.0f} MB\n"
    )
    print("| tokenizer | text | ids | seconds | peak MB | plain way: seconds | peak MB | times as fast |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            path = Path(folder) / f"{language}.txt"
            in_fresh_process("write", language, path, size)
            for kind in [options.kind] if options.kind else KINDS:
                compared_on = min(size, SLICE) if (kind, language) == ("subword", "zh") else size
                new = median_of(options.repeats, "ours", kind, path, size)
                same = new if compared_on == size else median_of(options.repeats, "ours", kind, path, compared_on)
                old = median_of(options.repeats, "plain", kind, path, compared_on)
                print(
                    f"| {kind} | {language} | {new['ids']:,.0f} | {new['seconds']:.1f} | {new['megabytes']:.0f} "
                    f"| {old['seconds']:.1f} | {old['megabytes']:.0f} | {old['seconds'] / same['seconds']:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
