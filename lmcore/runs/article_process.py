"""The article's program (`inspection.article_code`) in a process with limits on memory and time, one at once on a server.

It runs the article's lines alone; the ids of a text are passed as a file in a folder that is deleted afterwards.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import torch

from lmcore.inspection import article_code
from lmcore.inspection.article_code import Outcome
from lmcore.runs.queue.pool import environment
from lmcore.runs.worker import memory_limits

BYTES = 1_000_000_000  # of memory, beside what torch holds
SECONDS = 20  # of processor time
PATIENCE_SECONDS = 60  # for these where the machine is busy
NICENESS = 5  # pages come first
AT_ONCE = threading.BoundedSemaphore(1)  # the others wait


def run(vocabulary_size: int, ids: np.ndarray, mended: frozenset[str], *, square: bool = False) -> Outcome:
    """Return what the program did with a text. ids: (N,), N ≥ 1, read again and again where they are few.

    Raises TimeoutError where it was ended, for its time or its memory.
    """
    read = np.resize(ids, article_code.tokens_read(vocabulary_size, square=square)).tolist()
    order = {"vocabulary_size": vocabulary_size, "mended": sorted(mended), "square": square}
    with AT_ONCE, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / article_code.IDS).write_text(json.dumps(read))
        try:
            done = subprocess.run(
                [sys.executable, "-m", "lmcore.runs.article_process"],
                input=json.dumps(order).encode(),
                stdout=subprocess.PIPE,
                timeout=PATIENCE_SECONDS,
                cwd=folder,
                env=environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
    if done.returncode:
        raise TimeoutError
    return Outcome.from_json(json.loads(done.stdout))


if __name__ == "__main__":
    torch.set_num_threads(1)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    asked = json.load(sys.stdin)
    memory_limits.stay_within(BYTES, SECONDS)
    lines = article_code.program(asked["vocabulary_size"], set(asked["mended"]), square=asked["square"])
    sys.stdout.write(json.dumps(article_code.run(lines).to_json()))
