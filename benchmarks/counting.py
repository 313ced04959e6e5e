"""How long, and how much memory, to count n-grams and to ask for them: `python benchmarks/counting.py`.

Every order from 1 to 5 of a million tokens drawn by lot, words and characters; each measurement in a process of its own. The plain way
beside it counts tuples in dictionaries. What the counts and answers are is tested in `tests/lmcore`.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

from lmcore.inference.copying import copied  # noqa: E402
from lmcore.inference.evidence import evidence  # noqa: E402
from lmcore.models import Counts, NgramModel  # noqa: E402
from lmcore.text.text_index import TextIndex  # noqa: E402

VOCABULARIES = {"words": 15_000, "characters": 65}
ORDER = 5
QUERIES = 100
VALIDATION = 30_000  # tokens


def draw_text(vocabulary_size: int, tokens: int) -> np.ndarray:
    """Tokens by Zipf's law; every second one is one of eight favourites of the token before it, so that sequences come again."""
    random = np.random.default_rng(1)
    shares = 1 / np.arange(1, vocabulary_size + 1)
    ids = random.choice(vocabulary_size, size=tokens, p=shares / shares.sum())
    favourites = random.choice(vocabulary_size, size=(vocabulary_size, 8), p=shares / shares.sum()).tolist()
    follows, which, text = random.random(tokens) < 0.5, random.integers(0, 8, tokens).tolist(), ids.tolist()
    for position in np.flatnonzero(follows[1:]) + 1:
        text[position] = favourites[text[position - 1]][which[position]]
    return np.array(text, dtype=np.uint16)


def ours(ids: np.ndarray, vocabulary_size: int) -> dict:
    found = {}
    with_memory(found, "count", lambda: Counts(TextIndex(ids, vocabulary_size)))
    counts = found.pop("result")
    index = counts.index
    model = NgramModel(counts, ORDER)
    positions = np.random.default_rng(2).integers(300, len(ids) - 300, QUERIES).tolist()
    states = [tuple(ids[position - ORDER + 1 : position].tolist()) for position in positions]
    found["row ms"] = each(lambda number: model.step(states[number], int(ids[positions[number]])))
    found["200 rows ms"] = 1e3 * clocked(lambda: model.log_probabilities(ids[5_000:5_200]))
    text = np.random.default_rng(3).permutation(ids[:VALIDATION])
    found["validation ms"] = 1e3 * clocked(lambda: model.token_log_probs(text))
    found["evidence ms"] = each(
        lambda number: evidence(ids[positions[number] - 200 : positions[number]], int(ids[positions[number]]), index)
    )
    found["copied ms"] = 1e3 * clocked(lambda: copied(text[:2_000], index))
    found["all copied ms"] = 1e3 * clocked(lambda: copied(ids[5_000:7_000], index))
    return found


def plain(ids: np.ndarray, vocabulary_size: int) -> dict:
    """Counts, continuations and followers: what interpolated Kneser-Ney asks for."""

    def count():
        text = ids.tolist()
        counts = [Counter(zip(*(text[start:] for start in range(length)), strict=False)) for length in range(1, ORDER + 1)]
        continuations = [Counter(ngram[1:] for ngram in longer) for longer in counts[1:]]
        followers = [defaultdict(list) for _ in counts]
        for by_context, ngrams in zip(followers, counts, strict=True):
            for ngram in ngrams:
                by_context[ngram[:-1]].append(ngram[-1])
        return counts, continuations, followers

    found = {}
    with_memory(found, "count", count)
    del found["result"]
    return found


def with_memory(found: dict, name: str, work):
    before = peak_megabytes()
    began = time.perf_counter()
    found["result"] = work()
    found[f"{name} s"] = time.perf_counter() - began
    found["peak MB"] = peak_megabytes()
    found["more MB"] = found["peak MB"] - before


def peak_megabytes() -> float:
    """Of this process so far; the largest it ever was."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1024)


def clocked(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def each(work) -> float:
    """Median milliseconds of QUERIES different questions."""
    return 1e3 * statistics.median(clocked(lambda number=number: work(number)) for number in range(QUERIES))


def median_of(repeats: int, way: str, path: Path, vocabulary_size: int) -> dict:
    command = [sys.executable, __file__, "--child", way, str(path), str(vocabulary_size)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(repeats)]
    return {name: statistics.median(result[name] for result in found) for name in found[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        way, path, vocabulary_size = options.child
        print(json.dumps({"ours": ours, "plain": plain}[way](np.load(path), int(vocabulary_size))))
        return
    print(
        f"{options.tokens:,} tokens, n = 1 … {ORDER}, medians of {options.repeats}; the processes hold torch and numpy as well\n"
    )
    print("| tokens | vocabulary | way | counted in s | peak MB | of it for counting | one row ms | 200 rows ms |", end="")
    print(f" {VALIDATION:,} tokens scored ms | evidence ms | copy meter, 2,000 tokens ms | all of them copied ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, vocabulary_size in VOCABULARIES.items():
            path = Path(folder) / f"{name}.npy"
            np.save(path, draw_text(vocabulary_size, options.tokens))
            for way in ("ours", "plain"):
                found = median_of(options.repeats, way, path, vocabulary_size)
                figures = [f"{found['count s']:.2f}", f"{found['peak MB']:.0f}", f"{found['more MB']:.0f}"]
                asked = ("row ms", "200 rows ms", "validation ms", "evidence ms", "copied ms", "all copied ms")
                figures += [f"{found[column]:.1f}" if column in found else "" for column in asked]
                print(f"| {name} | {vocabulary_size:,} | {way} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
