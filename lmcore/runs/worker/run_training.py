"""The training of one run in its worker: prepared from its text or newest checkpoint, stepped, saved. The process is `worker`."""

import contextlib
import errno
import math
import os
import time
import traceback
from dataclasses import replace

from lmcore.errors import DiskFull, LmcoreError, TimeLimit, WorkerFailed
from lmcore.models import build_model
from lmcore.runs.data_folder import write_json
from lmcore.runs.queue import scheduling, speeds
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import marks
from lmcore.runs.store.records import EvaluationRow, Run, StepRow
from lmcore.runs.store.store import Store
from lmcore.runs.worker import beginning, index_job, memory_limits, restoring, run_writer, snapshots
from lmcore.runs.worker.preview import preview
from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import build_and_encode
from lmcore.training import checkpoint
from lmcore.training.evaluation import Evaluation, is_best, text_size
from lmcore.training.loop import StepEvent, TrainingState, fit, look
from lmcore.training.planning import fit_to_text, resolve, without_kernel

CHECKPOINT_SECONDS = 5.0
SAVING_SHARE = 0.1  # of the time, at most


def _disk_is_full(error: OSError) -> bool:
    """Return whether an error means a full disk, which safetensors only says in words."""
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if os.name == "posix" else (errno.ENOSPC,)
    return error.errno in numbers or any(f"os error {number})" in str(error) for number in numbers)


class EndedEarly(Exception):
    """The run is requested to end before its first step."""


class Training:
    """One run in this process: prepared from its text or from its newest good checkpoint, then stepped."""

    told_to_end = False

    def __init__(self, store: Store, run: Run) -> None:
        self.store, self.run = store, run
        self.writer = run_writer.RunWriter(store, run.id)
        self.folder = RunFolder.of(store.folder, run.id)
        self.state: TrainingState | None = None  # until it is prepared
        self.config, self.vocabulary_size, self.tokens = run.resolved or run.requested, 0, 0
        self.counting: index_job.Counting | None = None  # as long as it counts
        self.shall_count = False
        self.best_loss, self.best_step = math.inf, 0  # as the store knows it
        self.evaluated_step = 0
        self.turn = scheduling.Turn(store, run)
        self.saved_at, self.saving_took = time.monotonic(), 0.0

    @classmethod
    def end_politely(cls, *_: object) -> None:
        """End after this step: the handler of SIGTERM."""
        cls.told_to_end = True

    def until_done(self) -> tuple[str | None, LmcoreError | None]:
        """Train to the end and return ("finished", None); (None, None) where it is requested to end before, or another run's turn has come."""
        try:
            for prepare in (self._read_text, self._cut_into_tokens, self._build):
                prepare()
                self.writer.flush(force=True)
                self._go_on()
        except EndedEarly:
            return None, None
        if self.run.request == "stop":  # while it waited
            self._evaluate_the_end()
            snapshots.save_frame(self.folder, self.state.step, self.network)
            return None, None
        self._apply_learning_rate()
        self.turn.begin()
        own_turn = in_time = True
        for event in fit(self.network, self.data, self.config.training, self.state):
            self._step_done(event)
            own_turn, in_time = not self._slice_is_over(), not self._out_of_time()
            if self._shall_end() or not (own_turn and in_time):
                break
        if own_turn or self.state.finished:
            self._counted(wait=True)
        self.writer.settle()
        self._save(settled=True)
        if not self.state.finished and not own_turn:
            return None, None
        if not self.state.finished and (not in_time or (self.writer.request == "stop" and not self.told_to_end)):
            self._evaluate_the_end()
        snapshots.save_frame(self.folder, self.state.step, self.network)
        if not (in_time or self.state.finished):
            return "stopped", TimeLimit(minutes=(self.store.limits.seconds_per_run or 0.0) / 60)
        return "finished" if self.state.finished else None, None

    def outcome_of(self, error: Exception) -> tuple[str, LmcoreError | None]:
        """Return (status, error) of a run that met an error; where it was only to be evaluated and stopped, none is reported."""
        if self.run.request == "stop":
            with contextlib.suppress(OSError):
                traceback.print_exception(error)
            return "stopped", None
        if isinstance(error, DiskFull) or (isinstance(error, OSError) and _disk_is_full(error)):
            return "paused", DiskFull()
        if isinstance(error, LmcoreError):
            return "failed", error
        with contextlib.suppress(OSError):  # the log may lie on the full disk too
            traceback.print_exception(error)
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            return "failed", memory_limits.ran_out(
                self.config, self.vocabulary_size, self.store.limits.bytes_per_run, self.tokens
            )
        return "failed", WorkerFailed(reason=type(error).__name__)

    def _go_on(self) -> None:
        """Go on unless the run is requested to end. Raises EndedEarly."""
        if self._shall_end():
            raise EndedEarly

    def _shall_end(self) -> bool:
        return self.told_to_end or self.writer.request != self.run.request

    def _out_of_time(self) -> bool:
        most = self.store.limits.seconds_per_run
        return most is not None and self.writer.received_by_now() > most

    def _slice_is_over(self) -> bool:
        """Return whether another run's turn has come. A count that has begun is finished first: it is done once for each run."""
        if self.counting is not None or not self.turn.is_time_to_look() or not self.writer.flush(force=True):
            return False
        if self.turn.is_over():
            return True
        self._count()  # no visitor waits for the first slice of this run
        return False

    # before the first step

    def _read_text(self) -> None:
        self.folder.remove_left_overs()
        self.corpus = Corpus.from_text(*restoring.text_of(self.store, self.run))

    def _cut_into_tokens(self) -> None:
        path, train = self.folder.tokenizer_path, None
        if path.exists() or self.folder.checkpoints():  # another one would give the same weights other tokens
            self.tokenizer = self.folder.tokenizer()
        else:
            self.tokenizer, train = build_and_encode(self.run.requested.tokenizer, self.corpus.train, self._prepared)
            write_json(path, self.tokenizer.to_json())
        self.vocabulary_size = self.tokenizer.vocabulary_size
        loss_on = self.run.requested.training.loss_on
        self.data = encode(self.corpus, self.tokenizer, self._prepared, train=train, loss_on=loss_on)
        self.tokens = len(self.data.train) + len(self.data.validation)

    def _prepared(self, share: float) -> None:
        self.writer.prepared = share
        self.writer.flush()
        self._go_on()

    def _build(self) -> None:
        saved, damaged = restoring.newest(self.folder, self.data, self.vocabulary_size)
        notes = [*self.run.notes, *(note for note in damaged if note not in self.run.notes)]
        if saved:
            self.config, self.network, self.state = saved
            last = self.store.latest_evaluation(self.run.id)
            self.evaluated_step = last.step if last else 0
        elif self.run.request == "stop":
            raise EndedEarly
        else:
            if self.run.resolved is None:
                fitted, _ = fit_to_text(self.config.training, self.data)  # answers alone need longer sequences
                for config in (self.config, replace(self.config, training=fitted)):
                    memory_limits.check(config, self.vocabulary_size, self.store.limits.bytes_per_run, self.tokens)
                self.config, decided = resolve(self.config, self.data, self.vocabulary_size, speeds.remembered(self.store.folder))
                notes += decided + self._beside_tokens()
            self.network = build_model(self.config.model, self.vocabulary_size, self.config.training.seed)
            beginning.begin(self.folder, self.network)
            self.state = TrainingState(self.network, self.data, self.config.training)
        notes += [note for note in without_kernel(self.config.training) if note not in notes]
        self.old_data = beginning.old_data(self.store, self.run, self.tokenizer)
        if not (self.state.step or marks.old_losses(self.run)):
            notes += self._on_the_old_text(0)
        notes = marks.at(self.state.step, notes, self.state.learning_rates)
        self.writer.begin(self.state.step, self.config, notes)
        known = self.store.run(self.run.id)
        if known is not None and known.best_loss is not None and known.best_step is not None:
            self.best_loss, self.best_step = known.best_loss, known.best_step
        self.frame_steps = snapshots.frame_steps(self.config.training.planned_steps, snapshots.frame_bytes(self.network))
        snapshots.forget_after(self.folder, self.state.step)
        self._keep_frame(self.state.step)
        self.shall_count = not (self.run.reference_lines and self.folder.counts_path.exists())

    def _beside_tokens(self) -> list[dict]:
        """Return the bits per byte of unknown words and spaces, which are the same for every model of these tokens."""
        if self.tokenizer.level != "word" or not self.data.has_validation or self.config.training.loss_on == "answer":
            return []
        spelling, spacing = text_size(self.data).beside_tokens
        return [{"code": marks.BESIDE_TOKENS, "values": {"spelling": spelling, "spacing": spacing}}]

    # step by step

    def _step_done(self, event: StepEvent) -> None:
        self.writer.steps.append(StepRow(*(getattr(event, name) for name in StepRow.__dataclass_fields__)))
        evaluated = event.evaluation is not None
        if event.evaluation:
            self._evaluated(event.step, event.evaluation)
            self._mark_rate()
        self._keep_frame(event.step)
        self._counted()
        self.writer.flush(force=evaluated or event.step == 1)  # a visitor waits for the first point
        since = time.monotonic() - self.saved_at
        if since > CHECKPOINT_SECONDS or (evaluated and since * SAVING_SHARE > self.saving_took):
            self._save()
        self._apply_learning_rate()

    def _evaluated(self, step: int, evaluation: Evaluation) -> None:
        context, loss = self.writer.pinned_context, evaluation.loss
        sample, bars = preview(self.network, self.data, self.tokenizer, context, self.config.training.seed)
        if improved := loss is not None and is_best(loss, self.best_loss):
            self.best_loss, self.best_step = loss, step
        self.writer.evaluations.append(EvaluationRow(step, loss, evaluation.bits_per_byte, improved, sample, context, bars))
        self.writer.notes += self._on_the_old_text(step)
        self.evaluated_step = step

    def _on_the_old_text(self, step: int) -> list[dict]:
        """Return the loss on the held-out text of the run that this one began with: how much is forgotten."""
        if self.old_data is None:
            return []
        loss = look(self.network, self.old_data, self.config.training).loss
        return [] if loss is None else [marks.old_text(step, loss)]

    def _evaluate_the_end(self) -> None:
        """A run that is stopped says what its last step is worth. It is saved by now, so that training, where it goes on, does as if
        it had not been evaluated."""
        if self.state.step > self.evaluated_step:
            self._evaluated(self.state.step, look(self.network, self.data, self.config.training))

    def _keep_frame(self, step: int) -> None:
        if step in self.frame_steps:
            snapshots.save_frame(self.folder, step, self.network)

    def _counted(self, wait: bool = False) -> None:
        """Write the reference lines as soon as they are known."""
        if wait:
            self._count()
        if self.counting is None or (self.counting.is_alive() and not wait):
            return
        self.counting.join()
        self.writer.reference_lines, self.writer.count_error = index_job.as_rows(self.counting.references), self.counting.error
        self.counting = None

    def _count(self) -> None:
        if self.shall_count:
            self.shall_count = False
            self.counting = index_job.Counting(self.folder, self.data, self.vocabulary_size)
            self.counting.start()

    def _apply_learning_rate(self) -> None:
        """Apply a requested rate: it is saved in a checkpoint before the request is removed from the store."""
        rate = self.writer.learning_rate
        if rate is None:
            return
        if rate != self.state.learning_rates[-1][1]:
            self.state.change_learning_rate(rate)
            self._mark_rate()
        if self._save(anew=True):
            self.writer.learning_rate_applied()

    def _mark_rate(self) -> None:
        """Note a learning rate that has been changed after this step, by the visitor or at a plateau."""
        self.writer.notes += [
            note for note in marks.of_rates(self.state.learning_rates)[-1:] if note["values"]["step"] == self.state.step
        ]

    def _save(self, anew: bool = False, settled: bool = False) -> bool:
        """Save a checkpoint and return whether there is one of this step now. The curve is written first: if the worker died between the
        two, a checkpoint ahead of it would leave a gap."""
        if self.state is None or not (settled or self.writer.flush(force=True)) or not restoring.is_sound(self.network):
            return False
        began = time.monotonic()
        path = self.folder.checkpoint_path(self.state.step)
        if anew or not path.exists():
            checkpoint.save(path, self.network, self.state, self.config, self.data)
        self._keep(2)
        self.saved_at = time.monotonic()
        self.saving_took = self.saved_at - began
        return True

    def _keep(self, newest: int) -> None:
        for old in self.folder.checkpoints()[newest:]:
            if step_of(old) != self.best_step:
                old.unlink(missing_ok=True)

    def make_room(self) -> None:
        """Free space on a full disk: only the last checkpoint and the best one stay."""
        if self.state is not None:
            self._keep(1)
