"""What a server and its training processes hold in memory: `python benchmarks/memory.py` (Linux).

Of the server and the starter: RSS, which counts the libraries they have in common twice. A worker is a fork, as the starter makes
them, and counts its text while it trains: the most that was its own (VmHWM, as the system keeps it, without what it shares at its end),
what the system counts against the limit of a run (its data segment), and the estimate by which a run is refused before it starts. The
estimate must not lie below either.
"""

import argparse
import contextlib
import ctypes
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
from lmcore.runs.worker.run_training import Training
from lmcore.text.text_index import TextIndex
from sample_corpora import SAMPLES
from tests.browser.server import Server

STEPS = 3.0  # of a worker: one evaluation, one checkpoint and one frame of the film are among them
LONG_STEPS = 60.0  # of one that counts a long text meanwhile
TRANSFORMERS = (
    (2, 64, 16, 16, 32),
    (2, 128, 64, 64, 32),
    (2, 256, 64, 64, 64),
    (4, 256, 64, 64, 128),
    (4, 256, 256, 32, 64),
    (1, 512, 64, 64, 64),
)  # layers, hidden size, window, batch, length
LONG = 10  # times the help text: 4.6 MB


def a_config(family="lstm", layers=1, hidden=128, batch=64, length=64, kind="character", types=10_000, **settings) -> RunConfig:
    model = {name: settings.pop(name) for name in ("embedding_size", "dropout", "tied", "window") if name in settings}
    settings = {"precision": "float32", "stop": "steps", "stop_after": STEPS, **settings}
    training = TrainingConfig(batch_size=batch, sequence_length=length, **settings)
    return RunConfig(
        TokenizerConfig(kind, types), ModelConfig(family=family, layers=layers, hidden_size=hidden, **model), training
    )


def cases(quick: bool):
    """(name, sample, how often it is repeated, settings)"""
    yield "LSTM 1 × 8, 4 × 8 tokens a step", "help", 1, a_config("lstm", 1, 8, 4, 8)
    for kind in ("character", "subword", "word"):
        config = presets.preset(120, kind).with_training(stop="steps", stop_after=LONG_STEPS, evaluation_interval=int(LONG_STEPS))
        yield f"preset of 2 minutes, {kind}s, a text of {LONG * 0.465:.1f} MB", "help", LONG, config
    yield (
        "preset of 10 s, characters, a text of 0.5 MB",
        "help",
        1,
        presets.preset(10).with_training(stop="steps", stop_after=STEPS),
    )
    if quick:
        return
    for family in ("lstm", "gru", "rnn"):
        for layers, hidden, batch, length in ((1, 256, 64, 64), (2, 256, 128, 128), (4, 256, 64, 64)):
            name = f"{family.upper()} {layers} × {hidden}, {batch} × {length} tokens"
            yield name, "help", 1, a_config(family, layers, hidden, batch, length)
    for layers, hidden, window, batch, length in TRANSFORMERS:
        name = f"transformer {layers} × {hidden}, window {window}, {batch} × {length} tokens"
        yield name, "help", 1, a_config("transformer", layers, hidden, batch, length, window=window)
    for family in ("lstm", "gru", "rnn", "transformer"):
        name = f"{family.upper()} 2 × 256, 64 × 64 tokens, bfloat16 where there is"
        yield name, "help", 1, a_config(family, 2, 256, precision="bfloat16")
    for optimizer in ("muon", "sgd"):
        name = f"LSTM 1 × 512, 64 × 64 tokens, subwords, {optimizer}"
        yield name, "help", 1, a_config(hidden=512, kind="subword", types=30_000, optimizer=optimizer)
    yield "LSTM 4 × 512, 64 × 64 tokens", "help", 1, a_config("lstm", 4, 512)


def of_a_worker(store: Store, sample_id: str, times: int, config: RunConfig) -> dict:
    """The most that its worker ever held, in MB, as the system itself kept it, and the estimate for the vocabulary and the text it had."""
    content = SAMPLES[sample_id].text() * times
    text = store.add_text(owner="benchmark", name=sample_id, content=content, kind="stream", encoding="UTF-8")
    run = store.add_run(owner="benchmark", text_id=text.id, name=sample_id, config=config)
    ctypes.CDLL(None).malloc_trim(0)  # a worker begins with no room that this process has left free
    before, counted = psutil.Process().memory_info().data, 0
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        worker.work(store.folder, run.id)
        held = _held()
        os.write(writer, str(held["VmHWM"] - held["VmRSS"] + held["own"]).encode())
        os._exit(0)
    while not os.waitpid(pid, os.WNOHANG)[0]:
        with contextlib.suppress(psutil.Error):  # it has just ended
            counted = max(counted, psutil.Process(pid).memory_info().data - before)
        time.sleep(0.004)
    own = int(os.read(reader, 100))
    os.close(reader)
    os.close(writer)
    ended = store.run(run.id)
    if ended is None or ended.status != "finished":
        raise RuntimeError(f"{sample_id}: {ended and ended.error_code}")
    folder = RunFolder.of(store.folder, run.id)
    tokens = len(TextIndex.from_bytes(folder.counts_path.read_bytes()).ids)
    estimate, most = memory_limits.needed(config, folder.tokenizer().vocabulary_size, tokens), max(own, counted)
    return {"MB": own / 1e6, "counted": counted / 1e6, "estimated": estimate / 1e6, "estimated / most": estimate / most}


def _counts_at_once(training: Training) -> bool:
    """As a worker does whose first slice is over."""
    training._count()
    return False


def _held() -> dict[str, int]:
    """Bytes by their name in /proc; own: what this process shares with no other."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {name: int(rest.split()[0]) * 1024 for name, rest in (line.split(":", 1) for line in lines) if rest.endswith(" kB")}
    return {**sizes, "own": psutil.Process().memory_full_info().uss}


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
                {"process": name, "MB": process.memory_info().rss / 1e6, "counted": "", "estimated": "", "estimated / most": ""}
                for name, process in (("web server", web), ("starter", forker))
            ]
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="presets and long texts alone")
    parser.add_argument("--only", default="", help="workers whose name has this, such as bfloat16")
    parser.add_argument("--workers", action="store_true", help="without the server")
    options = parser.parse_args()
    rows = [] if options.workers else of_the_server()
    starter.warm_up()
    Training._slice_is_over = _counts_at_once
    with tempfile.TemporaryDirectory() as data:
        store = Store(Path(data))
        for name, sample_id, times, config in cases(options.quick):
            if options.only not in name:
                continue
            rows.append({"process": name, **of_a_worker(store, sample_id, times, config)})
            print(rows[-1], file=sys.stderr, flush=True)
    report("memory", rows)


if __name__ == "__main__":
    main()
