"""A run of the app, opened in a notebook: `open_run`. Which files lie in its folder is `run_folder`'s alone to know."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lmcore.config import RunConfig
from lmcore.errors import CheckpointMissing, CountFailed, RunNotFound
from lmcore.inference.trained import TrainedModel
from lmcore.models import Counts, NgramModel
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import EvaluationRow, Run, StepColumns
from lmcore.runs.store.store import Store
from lmcore.runs.worker import snapshots
from lmcore.text.corpus import Corpus, TokenData
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import Tokenizer
from lmcore.training import checkpoint


@dataclass(frozen=True)
class OpenedRun:
    """What lies in a run's folder and in the store beside it. Nothing is written."""

    folder: RunFolder

    @cached_property
    def store(self) -> Store:
        """The store of the data folder."""
        return Store(self.folder.data)

    @property
    def row(self) -> Run:
        """What the store says of the run now. Raises RunNotFound."""
        if (run := self.store.run(self.folder.run_id)) is None:
            raise RunNotFound()
        return run

    @property
    def config(self) -> RunConfig:
        """The configuration it trains with."""
        return self.folder.configuration()

    @property
    def corpus(self) -> Corpus:
        """Its text and splits. Raises TextMissing or TextChanged."""
        return self.folder.corpus()

    @property
    def data(self) -> TokenData:
        """The ids it trains on. Raises TextMissing, TextChanged or TokenizerDamaged."""
        return self.folder.token_data()

    @property
    def tokenizer(self) -> Tokenizer:
        """Raises TokenizerDamaged."""
        return self.folder.tokenizer()

    @property
    def steps(self) -> StepColumns:
        """The curve of the training loss: arrays `step`, `loss`, `learning_rate` …"""
        return self.store.steps(self.folder.run_id)

    @property
    def evaluations(self) -> list[EvaluationRow]:
        """The curve of the validation loss, and the samples written beside it."""
        return self.store.evaluations(self.folder.run_id)

    @property
    def frames(self) -> list[int]:
        """The steps of its film."""
        return [step_of(path) for path in self.folder.frames()]

    def trained(self, step: int | None = None) -> TrainedModel:
        """Return the model of the best validation loss, as pages ask it; or that of a step, from a checkpoint or a frame of the film.

        Raises CheckpointMissing where there is none, CheckpointDamaged or TokenizerDamaged.
        """
        paths = self.folder.best_first(self.row.best_step)
        saved = next((path for path in paths if step in (None, step_of(path))), None)
        if saved is None and (step not in self.frames or not paths):
            raise CheckpointMissing()
        loaded = checkpoint.load(saved or paths[0])
        model = loaded.language_model()
        if saved is None and step is not None:
            snapshots.load_frame(self.folder.frame_path(step), model.network)
            model = type(model)(model.network, model.opening, model.begin_id)
        return TrainedModel.of(model, self.tokenizer, loaded.header["kind"], loaded.step if saved else step or 0, model.opening)

    def counting(self, order: int, smoothing: str = "kneser-ney") -> TrainedModel:
        """Return the counting model of an order on the same training text. Raises CountFailed where nothing is counted."""
        try:
            index = TextIndex.from_bytes(self.folder.counts_path.read_bytes())
        except OSError as error:
            raise CountFailed(reason=type(error).__name__) from error
        kind = self.folder.kind() or "stream"
        return TrainedModel.of(NgramModel(Counts(index), order, smoothing), self.tokenizer, kind, opening=index.opening)


def open_run(folder: Path | str) -> OpenedRun:
    """Return a run of the app by its folder, `runs/<id>` in the data folder. Raises RunNotFound.

    >>> open_run("no such folder")
    Traceback (most recent call last):
        ...
    lmcore.errors.RunNotFound: There is no run with this address. It may have been deleted, or the link is incomplete.
    """
    path = Path(folder).resolve()
    if not path.is_dir():
        raise RunNotFound()
    return OpenedRun(RunFolder(path))
