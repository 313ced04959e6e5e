"""The folder of one run: the only module that knows which files lie in it. Opened in a notebook by `open_run`. Needs no torch.

run.json            its id, the kind of its text (fixed when it first begins) and the requested configuration
row.json            what the store must know to list it again (`store.rebuilding`)
tokenizer.json      how its text becomes ids
checkpoint-N.safetensors, snapshots/snapshot-N.safetensors      its state, and its weights alone, after step N
beginning.safetensors  the checkpoint of another run, whose weights it begins with
counts.safetensors  the sorted index of its training text
measured-N.json     what `task_process` has measured of its text, where that has prompts and answers; N: the question
worker.log, lock    what its worker printed; held by its worker as long as it lives
"""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lmcore.config import RunConfig
from lmcore.errors import RunNotFound, SettingError, TextMissing
from lmcore.runs import data_folder
from lmcore.text.corpus import Corpus, TokenData, encode
from lmcore.text.kinds import KINDS
from lmcore.tokenizers import Tokenizer, read_tokenizer

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCKING_SECONDS = 1.0  # a worker waits until those who only look have finished
LONGEST_HEADER = 100_000_000  # bytes of a checkpoint, before its weights
UNREADABLE = (OSError, ValueError, TypeError, LookupError, RecursionError, SettingError)


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run: where each of its files is."""

    path: Path

    @classmethod
    def of(cls, data: Path, run_id: str) -> "RunFolder":
        """Return the folder of a run in a data folder."""
        return cls(Path(data) / "runs" / run_id)

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.path.name

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.path.parent.parent

    # what describes the run

    @property
    def configuration_path(self) -> Path:
        """Where the kind and the requested configuration are."""
        return self.path / "run.json"

    @property
    def row_path(self) -> Path:
        """Where the description for the store is."""
        return self.path / "row.json"

    @property
    def log_path(self) -> Path:
        """Where the output of its worker is."""
        return self.path / "worker.log"

    def configuration(self) -> RunConfig:
        """Return the configuration that the newest checkpoint was trained with; before there is one, the requested configuration.

        Raises RunNotFound where neither can be read.
        """
        for path in self.checkpoints():
            with contextlib.suppress(*UNREADABLE):
                return RunConfig.from_json(checkpoint_header(path)["config"])
        try:
            return RunConfig.from_json(data_folder.read_json(self.configuration_path)["requested"])
        except UNREADABLE as error:
            raise RunNotFound() from error

    def described_kind(self) -> str | None:
        """Return the kind of the text as run.json says; None where the file is missing or damaged."""
        with contextlib.suppress(*UNREADABLE):
            kind = data_folder.read_json(self.configuration_path)["kind"]
            return kind if kind in KINDS else None
        return None

    def kind(self) -> str | None:
        """Return the kind of the text as run.json, else as a checkpoint says; None before the run has begun."""
        if kind := self.described_kind():
            return kind
        for path in self.checkpoints():
            with contextlib.suppress(*UNREADABLE):
                kind = checkpoint_header(path)["kind"]
                if kind in KINDS:
                    return kind
        return None

    # its text

    @property
    def tokenizer_path(self) -> Path:
        """Where the tokenizer is."""
        return self.path / "tokenizer.json"

    @property
    def counts_path(self) -> Path:
        """Where the sorted index is."""
        return self.path / "counts.safetensors"

    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer. Raises TokenizerDamaged, also where there is none."""
        return read_tokenizer(self.tokenizer_path)

    def text(self) -> str:
        """Return the training text, which lies once in the data folder for all runs. Raises TextMissing or TextChanged."""
        try:
            sha256 = data_folder.read_json(self.row_path)["text"]["sha256"]
        except UNREADABLE as error:
            raise TextMissing() from error
        return data_folder.read_text(self.data, sha256)

    def corpus(self) -> Corpus:
        """Return the text with its splits. Raises TextMissing or TextChanged."""
        return Corpus.from_text(self.text(), self.kind())

    def token_data(self) -> TokenData:
        """Return the ids that the run trains on and is validated with. Raises TextMissing, TextChanged or TokenizerDamaged."""
        return encode(self.corpus(), self.tokenizer(), loss_on=self.configuration().training.loss_on)

    def measured_path(self, question: str) -> Path:
        """Return where the answer to a question of `task_process` is."""
        return self.path / f"measured-{question}.json"

    # its checkpoints

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints, the newest first: training goes on from it."""
        return sorted(self.path.glob("checkpoint-*.safetensors"), key=step_of, reverse=True)

    def best_first(self, best_step: int | None) -> list[Path]:
        """Return the checkpoints, that of the best validation loss first, then the newest: the first is asked and exported."""
        return sorted(self.checkpoints(), key=lambda path: step_of(path) != best_step)

    def checkpoint_path(self, step: int) -> Path:
        """Return where the checkpoint of a step is."""
        return self.path / f"checkpoint-{step}.safetensors"

    @property
    def beginning_path(self) -> Path:
        """Where the checkpoint of another run is whose weights it begins with."""
        return self.path / "beginning.safetensors"

    def begin_with(self, other: "RunFolder", step: int) -> None:
        """Take over the tokenizer of another run and its checkpoint of a step, so that it may be deleted. Raises RunNotFound."""
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(other.tokenizer_path, self.tokenizer_path)
            shutil.copyfile(other.checkpoint_path(step), self.beginning_path)
        except FileNotFoundError as error:
            shutil.rmtree(self.path, ignore_errors=True)
            raise RunNotFound() from error

    # its training film

    @property
    def film_path(self) -> Path:
        """The folder of the snapshots."""
        return self.path / "snapshots"

    def has_film(self) -> bool:
        """Return whether there are snapshots."""
        return self.film_path.exists()

    def frames(self) -> list[Path]:
        """Return the snapshots of the film, in the order of their steps."""
        return sorted(self.film_path.glob("snapshot-*.safetensors"), key=step_of)

    def frame_path(self, step: int) -> Path:
        """Return where the snapshot of a step is."""
        return self.film_path / f"snapshot-{step}.safetensors"

    # its worker

    @property
    def lock_path(self) -> Path:
        """Where the lock is."""
        return self.path / "lock"

    def lock(self) -> FileLock:
        """Return the lock its worker holds; the system frees it when the worker dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        return FileLock(self.lock_path, timeout=LOCKING_SECONDS)

    def is_locked(self) -> bool:
        """Return whether a worker holds the run. A shared lock is taken where the system has one, so that processes that look at the
        same time are not taken for a worker."""
        if not self.lock_path.exists():
            return False
        if fcntl is None:
            return _is_locked_by_trying(self.lock_path)
        descriptor = os.open(self.lock_path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)

    def remove_left_overs(self) -> None:
        """Remove what a killed worker left half written."""
        for path in self.path.rglob("*.partial"):
            path.unlink(missing_ok=True)


def run_folders(data: Path) -> list[RunFolder]:
    """Return the folders of all runs, those that the store does not know included."""
    return [RunFolder(path) for path in (Path(data) / "runs").glob("*")]


def step_of(path: Path) -> int:
    """Return the step in the name of a checkpoint or a snapshot."""
    return int(path.stem.rpartition("-")[2])


def checkpoint_header(path: Path) -> dict:
    """Return what stands before the tensors of a checkpoint, unchecked: `training.checkpoint.load` checks that the file is whole."""
    with path.open("rb") as file:
        length = min(LONGEST_HEADER, int.from_bytes(file.read(8), "little"))
        return json.loads(json.loads(file.read(length))["__metadata__"]["next_word"])


def _is_locked_by_trying(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0.05, poll_interval=0.005):
            return False
    except Timeout:
        return True
