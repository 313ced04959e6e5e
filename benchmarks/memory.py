"""What a server and its training processes hold in memory: `python benchmarks/memory.py` (Linux).

A real server; each model trains alone for a while. Of the server and the starter: RSS, which counts the libraries they have in common
twice. A worker is a fork of the starter: its row is what is its own (USS), which is what one more of them costs.
"""

import argparse
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import psutil
from common import report

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig  # noqa: E402
from lmcore.runs import memory  # noqa: E402
from lmcore.runs.store import Store  # noqa: E402
from pages.parts import presets  # noqa: E402
from sample_corpora import SAMPLES  # noqa: E402
from tests.browser.server import Server  # noqa: E402

LARGE = RunConfig(
    TokenizerConfig(kind="subword", vocabulary_size=30_000),
    ModelConfig(embedding_size=512, hidden_size=512, layers=2),
    TrainingConfig(batch_size=256, sequence_length=256),
)
LONG = 60  # times the help text: 28 MB
MODELS = {  # sample, how often it is repeated, settings
    "preset 10 seconds, characters": ("fables-zh", 1, presets.preset(10)),
    "preset 2 minutes, characters": ("fables-zh", 1, presets.preset(120)),
    "preset 2 minutes, words": ("fables-en", 1, presets.preset(120, "word")),
    "preset 2 minutes, characters, a text of 28 MB": ("help", LONG, presets.preset(120)),
    "LSTM 2 × 512, subwords, 256 × 256 tokens a step": ("fables-en", 1, LARGE),
}


def megabytes(process: psutil.Process, kind: str) -> float:
    return getattr(process.memory_full_info(), kind) / 1e6


def settled(server: Server, store: Store) -> psutil.Process:
    """The web server, once the examples are trained."""
    while not (runs := store.demos()) or any(run.status != "finished" for run in runs):
        time.sleep(1)
    urllib.request.urlopen(server.url).read()
    return psutil.Process(server.process.pid)


def of_a_worker(store: Store, starter: psutil.Process, sample_id: str, times: int, config: RunConfig, seconds: float):
    """The most that its worker held for itself."""
    sample = SAMPLES[sample_id]
    content = sample.text() * times
    text = store.add_text(owner="benchmark", name=sample_id, content=content, kind=sample.kind, encoding="UTF-8")
    config = replace(config, training=replace(config.training, stop="seconds", stop_after=seconds))
    run = store.add_run(owner="benchmark", text_id=text.id, name=sample_id, config=config)
    most = 0.0
    while store.run(run.id).status in ("queued", "running"):
        for child in starter.children():
            try:
                most = max(most, megabytes(child, "uss"))
            except psutil.Error:  # it has just ended
                continue
        time.sleep(0.1)
    if store.run(run.id).status != "finished":
        raise RuntimeError(f"{sample_id}: {store.run(run.id).error_code}")
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of training, for each model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server, store = Server(Path(folder)), Store(Path(folder))
        server.start()
        try:
            web = settled(server, store)
            (starter,) = (child for child in web.children() if "lmcore.runs.starter" in child.cmdline())
            rows = [
                {"process": "web server", "MB": megabytes(web, "rss"), "estimated for the model": ""},
                {"process": "starter", "MB": megabytes(starter, "rss"), "estimated for the model": ""},
            ]
            for name, (sample_id, times, config) in MODELS.items():
                held = of_a_worker(store, starter, sample_id, times, config, options.seconds)
                estimated = memory.needed(config, config.tokenizer.vocabulary_size) / 1e6
                rows.append({"process": f"worker: {name}", "MB": held, "estimated for the model": estimated})
        finally:
            server.stop()
    report("memory", rows)


if __name__ == "__main__":
    main()
