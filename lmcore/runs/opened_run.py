"""A run of the app, opened in a notebook: `open_run`. Which files lie in its folder is `run_folder`'s alone to know."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lmcore.config import RunConfig
from lmcore.errors import (
    CheckpointDamaged,
    CheckpointMissing,
    CheckpointsDamaged,
    CountFailed,
    RunNotFound,
    StoreMissing,
    TokenizerDamaged,
)
from lmcore.inference.film import Frame
from lmcore.inference.trained import TrainedModel
from lmcore.models import Counts, Network, NgramModel
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
    """What lies in a run's folder and in the store beside it. Nothing is written.

    A folder without a store can still be asked; only `row`, `steps` and `evaluations` need one."""

    folder: RunFolder

    @cached_property
    def store(self) -> Store:
        """The store of the data folder. Raises StoreMissing."""
        return Store(self.folder.data, create=False)

    @property
    def row(self) -> Run:
        """What the store says of the run now. Raises RunNotFound or StoreMissing."""
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

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Its tokenizer. Raises TokenizerDamaged."""
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

    @property
    def network(self) -> Network:
        """The network of the best validation loss. Raises what `trained` raises."""
        return self._checkpoint(None).network()

    def trained(self, step: int | None = None) -> TrainedModel:
        """Return the model of the best validation loss, as pages ask it; or that of a step, from a checkpoint or a frame of the film.

        Raises CheckpointMissing where there is none, CheckpointsDamaged or CheckpointDamaged where none can be read, TokenizerDamaged.
        """
        frame = step if step in self.frames and not self.folder.checkpoint_path(step or 0).exists() else None
        saved = self._checkpoint(step if frame is None else None)
        if self.tokenizer.vocabulary_size != saved.header["vocabulary_size"]:
            raise TokenizerDamaged(reason="another vocabulary")
        model = saved.language_model()
        trained = TrainedModel.of(model, self.tokenizer, saved.header["kind"], saved.step, model.opening)
        return trained if frame is None else snapshots.at_frame(self.folder.frame_path(frame), trained)

    def film(self, context: str = "") -> list[Frame]:
        """Return what the weights of each frame say after a context, the random ones first; a frame that cannot be read is left out.

        Raises what `trained` raises.
        """
        last, found = self.trained(), []
        ids = last.encode(context)
        for step in self.frames:
            with suppress(CheckpointDamaged):
                found.append(snapshots.at_frame(self.folder.frame_path(step), last).frame(ids))
        return found

    def _checkpoint(self, step: int | None) -> checkpoint.Checkpoint:
        """Return the best checkpoint that can be read, as pages do; or that of a step."""
        if step is not None:
            if not (path := self.folder.checkpoint_path(step)).exists():
                raise CheckpointMissing()
            return checkpoint.load(path)
        paths = self.folder.best_first(self._best_step())
        for path in paths:
            with suppress(CheckpointDamaged):
                return checkpoint.load(path)
        raise CheckpointsDamaged(count=len(paths)) if paths else CheckpointMissing()

    def newest(self) -> checkpoint.Checkpoint:
        """Return the newest checkpoint: that of the best loss may lie before it. Raises CheckpointMissing or CheckpointDamaged."""
        if not (paths := self.folder.checkpoints()):
            raise CheckpointMissing()
        return checkpoint.load(paths[0])

    def _best_step(self) -> int | None:
        """Return the step of the best validation loss; None where no store knows it: then the newest checkpoint is taken."""
        try:
            return self.row.best_step
        except (StoreMissing, RunNotFound):
            return None

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
