"""What a server and its training processes hold in memory: `python benchmarks/memory.py` (Linux).

Of the server and the starter: RSS, which counts the libraries they have in common twice. A worker is a fork, as the starter makes
them: what is its own (USS), and what the system counts against the limit of a run (its data segment), beside the estimate by which a
run is refused before it starts. The estimate must not lie below what is counted.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from common import as_a_worker, report

if __name__ == "__main__":
    as_a_worker()

from lmcore import presets
from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.runs.queue import starter
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import memory_limits, worker
from sample_corpora import SAMPLES
from tests.browser.server import Server

STEPS = 6.0  # of a worker: one evaluation, one checkpoint and one frame of the film are among them
LONG = 60  # times the help text: 28 MB
SIZES = ((128, 64, 64), (256, 128, 128), (512, 64, 128))  # hidden size, batch size, sequence length
OPTIMIZERS = ("muon", "adamw", "sgd")


def a_config(family="lstm", layers=1, hidden=128, batch=64, length=64, kind="character", types=10_000, **settings) -> RunConfig:
    model = {name: settings.pop(name) for name in ("embedding_size", "dropout", "tied") if name in settings}
    settings = {"precision": "float32", "stop": "steps", "stop_after": STEPS, **settings}
    training = TrainingConfig(batch_size=batch, sequence_length=length, **settings)
    return RunConfig(
        TokenizerConfig(kind, types), ModelConfig(family=family, layers=layers, hidden_size=hidden, **model), training
    )


def cases(quick: bool):
    """(name, sample, how often it is repeated, settings)"""
    for seconds, kind in ((10, "character"), (120, "character"), (120, "word")):
        config = presets.preset(seconds, kind).with_training(stop="steps", stop_after=STEPS)
        yield f"preset of {seconds} s, {kind}s", "fables-en", 1, config
    for times in (10, LONG):
        yield f"preset of 120 s, text of {times * 0.46:.0f} MB", "help", times, a_config(hidden=192)
    if quick:
        return
    for family, layers, (hidden, batch, length) in itertools.product(("lstm", "gru", "rnn"), (1, 2, 4), SIZES):
        name = f"{family} {layers} × {hidden}, {batch} × {length} tokens"
        yield name, "help", 1, a_config(family, layers, hidden, batch, length)
    for optimizer, dropout in itertools.product(OPTIMIZERS, (0.0, 0.3)):
        name = f"lstm 2 × 256, 64 × 64 tokens, {optimizer}, dropout {dropout}"
        yield name, "help", 1, a_config(layers=2, hidden=256, optimizer=optimizer, dropout=dropout, clipping=1.0)
    for family in ("lstm", "gru", "rnn"):
        yield f"{family} 2 × 256, 64 × 64 tokens, bfloat16", "help", 4, a_config(family, 2, 256, precision="bfloat16")
    for optimizer, types, hidden in itertools.product(OPTIMIZERS, (1_000, 8_000, 30_000), (128, 512)):
        name = f"lstm 1 × {hidden}, {types:,} subwords, {optimizer}"
        yield name, "help", 1, a_config(hidden=hidden, kind="subword", types=types, optimizer=optimizer)
    yield "lstm 2 × 1024, tied, 30,000 subwords", "help", 1, a_config(
        layers=2, hidden=1024, batch=16, kind="subword", types=30_000, embedding_size=1024, tied=True
    )  # fmt: skip


def of_a_worker(store: Store, sample_id: str, times: int, config: RunConfig) -> dict:
    """The most that its worker held, in MB, and the estimate for the vocabulary and the text it really had."""
    content = SAMPLES[sample_id].text() * times
    text = store.add_text(owner="benchmark", name=sample_id, content=content, kind="stream", encoding="UTF-8")
    run = store.add_run(owner="benchmark", text_id=text.id, name=sample_id, config=config)
    before = psutil.Process().memory_info().data
    pid = os.fork()
    if not pid:
        worker.be_polite()
        worker.work(store.folder, run.id)
        os._exit(0)
    child, counted, own = psutil.Process(pid), 0, 0
    for look in itertools.count():
        if os.waitpid(pid, os.WNOHANG)[0]:
            break
        try:
            counted = max(counted, child.memory_info().data - before)
            if look % 20 == 0:
                own = max(own, child.memory_full_info().uss)
        except psutil.Error:  # it has just ended
            continue
        time.sleep(0.002)
    ended = store.run(run.id)
    if ended.status != "finished":
        raise RuntimeError(f"{sample_id}: {ended.error_code}")
    types = RunFolder.of(store.folder, run.id).tokenizer().vocabulary_size
    estimate = memory_limits.needed(config, types, len(content))
    return {"MB": own / 1e6, "counted": counted / 1e6, "estimated": estimate / 1e6, "of it used": f"{counted / estimate:.0%}"}


def of_the_server() -> list[dict]:
    """The web server once the examples are trained, and its starter."""
    with tempfile.TemporaryDirectory() as data:
        server, store = Server(Path(data)), Store(Path(data))
        server.start()
        try:
            while not (runs := store.demos()) or any(run.status != "finished" for run in runs):
                time.sleep(1)
            urllib.request.urlopen(server.url).read()
            web = psutil.Process(server.process.pid)
            (forker,) = (child for child in web.children() if "lmcore.runs.queue.starter" in child.cmdline())
            return [
                {"process": name, "MB": process.memory_info().rss / 1e6, "counted": "", "estimated": "", "of it used": ""}
                for name, process in (("web server", web), ("starter", forker))
            ]
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="presets and long texts alone")
    parser.add_argument("--workers", action="store_true", help="without the server")
    options = parser.parse_args()
    rows = [] if options.workers else of_the_server()
    starter.warm_up()
    with tempfile.TemporaryDirectory() as data:
        store = Store(Path(data))
        for name, sample_id, times, config in cases(options.quick):
            rows.append({"process": name, **of_a_worker(store, sample_id, times, config)})
            print(rows[-1], file=sys.stderr, flush=True)
    report("memory", rows)


if __name__ == "__main__":
    main()
