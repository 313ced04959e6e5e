"""How fast text is written, and what the copy meter costs: `python benchmarks/writing.py`.

The default models of the pages on one thread, with the vocabularies of the fables; their weights are random, which costs the same.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

from lmcore import presets  # noqa: E402
from lmcore.inference.copying import copied  # noqa: E402
from lmcore.inference.sampling import Sampling, begin, draws, generate, interval  # noqa: E402
from lmcore.models import Counts, NeuralLanguageModel, NgramModel, build_model  # noqa: E402
from lmcore.text.corpus import Corpus, encode  # noqa: E402
from lmcore.text.text_index import TextIndex  # noqa: E402
from lmcore.tokenizers import build_tokenizer  # noqa: E402
from sample_corpora import SAMPLES  # noqa: E402

TOKENS = 500
PROMPT = 20_000  # characters
NOTHING = np.empty(0, dtype=np.int64)
SETTINGS = {"temperature 0.8": Sampling(0.8), "top-k 40, top-p 0.9": Sampling(0.8, top_k=40, top_p=0.9)}


def seconds(work, repeats: int) -> float:
    """The median; one more, not counted, goes before."""
    work()
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    parser.add_argument("--seconds", type=int, default=10, help="the preset of the page Train whose model is asked")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"medians of {options.repeats}, {TOKENS} tokens, one thread\n\n| text, tokens | model | what | |\n|---|---|---|---|")
    for sample, kind in (("fables-en", "character"), ("fables-en", "word"), ("fables-zh", "character")):
        text, config = SAMPLES[sample].text(), presets.preset(options.seconds, kind)
        corpus = Corpus.from_text(text, kind=SAMPLES[sample].kind)
        tokenizer = build_tokenizer(config.tokenizer, corpus.train)
        data = encode(corpus, tokenizer)
        index = TextIndex.of(data, tokenizer.vocabulary_size)
        network = NeuralLanguageModel(
            build_model(config.model, tokenizer.vocabulary_size),
            data.opening,
            tokenizer.begin_id if data.kind != "stream" else None,
        )
        models = {f"LSTM {config.model.hidden_size}": network, "5-gram": NgramModel(Counts(index), 5)}

        def row(model: str, what: str, figure: str, where=f"{sample}, {kind}, V = {tokenizer.vocabulary_size}"):
            print(f"| {where} | {model} | {what} | {figure} |", flush=True)

        for name, model in models.items():
            for said, settings in SETTINGS.items():
                took = seconds(lambda m=model, s=settings: list(generate(m, NOTHING, TOKENS, s)), options.repeats)
                row(name, said, f"{TOKENS / took:,.0f} tokens/s")
        took = seconds(
            lambda m=network: [interval(drawn.adjusted, drawn.id) for drawn in draws(m, NOTHING, TOKENS)], options.repeats
        )
        row(f"LSTM {config.model.hidden_size}", "with every draw's interval", f"{TOKENS / took:,.0f} tokens/s")
        prompt = tokenizer.encode(text[:PROMPT])
        took = seconds(lambda m=network, p=prompt: begin(m, p), options.repeats)
        row(f"LSTM {config.model.hidden_size}", f"a prompt of {PROMPT:,} characters", f"{1e3 * took:.0f} ms")
        written = np.array(list(generate(models["5-gram"], NOTHING, TOKENS)))
        took = seconds(lambda w=written, i=index, u=tokenizer.unknown_id: copied(w, i, u), options.repeats)
        row("", f"copy meter of {TOKENS} tokens by the 5-gram", f"{1e3 * took:.1f} ms")


if __name__ == "__main__":
    main()
