"""The store as pages use it: add, look up, rename and delete runs, and request what a run shall do. Its texts are `texts`.

What the starter and the workers read and write is `progress`. Needs no torch.
"""

import json
import shutil
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, cast

from lmcore.config import RunConfig, TrainingConfig
from lmcore.errors import RunNotFound, TextNotFound
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store import housekeeping, limits, marks, queue_entries, rebuilding
from lmcore.runs.store.database import now
from lmcore.runs.store.queue_entries import QueueEntry
from lmcore.runs.store.records import STEP_FIELDS, EvaluationRow, Run, StepColumns
from lmcore.runs.store.texts import TextStore, new_id
from lmcore.text.decoding import normalise, one_line

RESUMABLE = ("paused", "stopped", "failed", "interrupted")
RUNS = "SELECT *, text_id IN (SELECT id FROM texts) AS has_text FROM runs"


class Store(TextStore):
    """Texts and runs. Pages check whether a visitor may change a run (`visitor.owns`) before they call anything here."""

    # the runs of a text

    def runs_on(self, text_id: str) -> tuple[list[str], list[str]]:
        """Return the ids of the runs on a text: (those deleted with it, those that stay: other visitors', and handed in to a room)."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT runs.id, runs.owner IS texts.owner AND runs.id NOT IN (SELECT run FROM hand_ins) AS goes"
                " FROM runs JOIN texts ON texts.id = text_id WHERE text_id = ? AND runs.deleted IS NULL ORDER BY number",
                (text_id,),
            ).fetchall()
        return [row["id"] for row in rows if row["goes"]], [row["id"] for row in rows if not row["goes"]]

    def delete_text(self, text_id: str) -> None:
        """Hide a text with its owner's runs on it; nothing new is trained on it. `undelete_text` brings all back until `purge`.
        Shared runs stay, and the text with them as long as they do."""
        going, _ = self.runs_on(text_id)
        for run_id in going:
            self.request(run_id, "stop")
        when = now()
        with self.database.writing() as connection:
            connection.executemany("UPDATE runs SET deleted = ? WHERE id = ?", [(when, run_id) for run_id in going])
            connection.execute("UPDATE texts SET deleted = ? WHERE id = ?", (when, text_id))
        self._describe_runs_on(text_id)

    def undelete_text(self, text_id: str) -> None:
        """Bring a deleted text back with its runs."""
        with self.database.writing() as connection:
            row = connection.execute("SELECT deleted FROM texts WHERE id = ?", (text_id,)).fetchone()
            if row is None:
                raise TextNotFound()
            connection.execute("UPDATE runs SET deleted = NULL WHERE text_id = ? AND deleted = ?", (text_id, row["deleted"]))
            connection.execute("UPDATE texts SET deleted = NULL WHERE id = ?", (text_id,))
        self._describe_runs_on(text_id)

    # runs

    def add_run(
        self,
        *,
        owner: str | None,
        text_id: str,
        name: str,
        config: RunConfig,
        pinned_context: str = "",
        first: bool = False,
        notes: Iterable[dict] = (),
        begin_with: tuple[str, int] | None = None,
    ) -> Run:
        """Queue a run. first: before its equals that wait; notes: {code, values} of `marks`; begin_with: (run, step) whose weights and
        tokenizer it begins with.

        Raises a LimitError where it would be too many or too much, TextNotFound for a text that is gone or deleted, and RunNotFound where
        there is no checkpoint of that step."""
        run_id = new_id()
        housekeeping.make_room(self, owner)
        with self.database.writing() as connection:
            limits.check_kept(self.limits, connection, owner)
            self._check_active(connection, owner)
            if not connection.execute("SELECT 1 FROM texts WHERE id = ? AND deleted IS NULL", (text_id,)).fetchone():
                raise TextNotFound()
            if begin_with:
                other = RunFolder.of(self.folder, begin_with[0])
                RunFolder.of(self.folder, run_id).begin_with(other, begin_with[1])
                notes = [*notes, marks.begun(*begin_with, other.kind() or "stream")]
            connection.execute(
                "INSERT INTO runs (id, owner, text_id, name, requested, status, pinned_context, created, notes, queued)"
                " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, (SELECT COALESCE(MAX(queued), 0) + 1 FROM runs))",
                (
                    run_id,
                    owner,
                    text_id,
                    one_line(name),
                    json.dumps(config.to_json()),
                    normalise(pinned_context)[0],
                    now(),
                    json.dumps(list(notes)),
                ),
            )
            if first:
                connection.execute("UPDATE runs SET queued = (SELECT MIN(queued) - 1 FROM runs) WHERE id = ?", (run_id,))
        self.describe(run_id)
        return cast(Run, self.run(run_id))

    def run(self, run_id: str) -> Run | None:
        """Return a run; None where there is none or it is deleted."""
        with self.database.reading() as connection:
            row = connection.execute(f"{RUNS} WHERE id = ? AND deleted IS NULL", (run_id,)).fetchone()
        return self._run(row) if row else None

    def runs(self, owner: str | None) -> list[Run]:
        """Return the runs of a visitor, the newest first; of None, the examples of the home page."""
        with self.database.reading() as connection:
            rows = connection.execute(f"{RUNS} WHERE owner IS ? AND deleted IS NULL ORDER BY number DESC", (owner,)).fetchall()
        return [self._run(row) for row in rows]

    def demos(self) -> list[Run]:
        """Return the examples of the home page."""
        return self.runs(None)

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name."""
        self._change(run_id, "name = ?", one_line(name))
        self.describe(run_id)

    def keep_film(self, run_id: str, kept: bool) -> None:
        """Set whether the film of a run is kept when room is made."""
        self._change(run_id, "film_kept = ?", kept)

    def delete(self, run_id: str) -> None:
        """Hide a run and request its stop; `undelete` brings it back until `purge`. On a full disk its film is deleted first, so that this
        can be written."""
        try:
            self._delete(run_id)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            shutil.rmtree(RunFolder.of(self.folder, run_id).film_path, ignore_errors=True)
            self._delete(run_id)

    def _delete(self, run_id: str) -> None:
        self.request(run_id, "stop")
        self._change(run_id, "deleted = ?", now())
        self.describe(run_id)

    def undelete(self, run_id: str) -> None:
        """Bring a deleted run back."""
        self._change(run_id, "deleted = NULL")
        self.describe(run_id)

    def describe_runs(self) -> None:
        """Describe runs that were not added by `add_run`: see `rebuilding`."""
        with self.database.reading() as connection:
            rows = connection.execute("SELECT id FROM runs WHERE deleted IS NULL").fetchall()
        for row in rows:
            if not rebuilding.is_described(self.folder, row["id"]):
                self.describe(row["id"])

    def _describe_runs_on(self, text_id: str) -> None:
        with self.database.reading() as connection:
            rows = connection.execute("SELECT id FROM runs WHERE text_id = ?", (text_id,)).fetchall()
        for row in rows:
            self.describe(row["id"])

    def describe(self, run_id: str) -> None:
        """Write the description of a run beside its checkpoints: see `rebuilding`."""
        with self.database.reading() as connection:
            run = connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
            text = connection.execute("SELECT * FROM texts WHERE id = ?", (run["text_id"],)).fetchone()
        rebuilding.describe(self.folder, run, text)

    def request(self, run_id: str, request: str) -> None:
        """Request what a run shall do: run, pause or stop. `run` puts it (back) in the queue.

        A run that is stopped while no worker has it waits for one, which evaluates its newest checkpoint where that has not been done.
        Raises QueueFull or TooManyWaiting, and TextMissing or TextChanged where it could not be trained.
        """
        with self.database.writing() as connection:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None:
                raise RunNotFound()
            status = self._shown_status(row)
            if request == "run" and status in RESUMABLE:
                self.check_text_file(row["text_id"])
                self._check_active(connection, row["owner"])
                if status == "stopped":  # what waited for its end is handed in by now
                    connection.execute("UPDATE hand_ins SET when_finished = 0 WHERE run = ?", (run_id,))
                connection.execute(
                    "UPDATE runs SET want = 'run', status = 'queued', error_code = NULL, error_values = '{}', queued ="
                    " (SELECT MAX(queued) + 1 FROM runs), notes = json_insert(notes, '$[#]', json(?)) WHERE id = ?",
                    (json.dumps({"code": marks.RESUMED, "values": {"step": row["step"]}}), run_id),
                )
            elif row["status"] == "queued" and row["want"] == "stop" and request != "pause":
                connection.execute("UPDATE runs SET want = ? WHERE id = ?", (request, run_id))
            elif request == "stop" and status in ("queued", "interrupted", "paused") and self._ends_unevaluated(connection, row):
                connection.execute(
                    "UPDATE runs SET want = 'stop', status = 'queued', ended = NULL, error_code = NULL, error_values = '{}' WHERE id = ?",
                    (run_id,),
                )
            elif request != "run" and status in ("queued", "interrupted", "paused"):
                connection.execute(
                    "UPDATE runs SET want = ?, status = ?, ended = ? WHERE id = ?",
                    (request, {"pause": "paused", "stop": "stopped"}[request], now(), run_id),
                )
            elif status == "running":
                connection.execute("UPDATE runs SET want = ? WHERE id = ?", (request, run_id))

    def _ends_unevaluated(self, connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
        """Return whether the newest checkpoint of a run lies after its last evaluation. It is tried once: where the worker that should
        evaluate it died, the run is stopped as it is."""
        saved = RunFolder.of(self.folder, row["id"]).checkpoints()
        last = connection.execute("SELECT MAX(step) FROM evaluations WHERE run = ?", (row["id"],)).fetchone()[0]
        return row["want"] != "stop" and bool(saved) and step_of(saved[0]) > (last or 0)

    def request_learning_rate(self, run_id: str, rate: float) -> None:
        """Request a learning rate, applied between two steps. Raises SettingOutOfRange or SettingWrongType."""
        replace(TrainingConfig(), learning_rate=rate)
        self._change(run_id, "learning_rate = ?", rate)

    def set_pinned_context(self, run_id: str, context: str) -> None:
        """Set the context after which a run's next tokens are shown while it trains."""
        self._change(run_id, "pinned_context = ?", normalise(context)[0])

    def queue_first(self, run_id: str) -> None:
        """Put a run before all that wait."""
        self._change(run_id, "queued = (SELECT MIN(queued) - 1 FROM runs)")

    def queue_entries(self, starting: Collection[str] = ()) -> tuple[list[QueueEntry], list[QueueEntry], dict[str, float]]:
        """Return (training, waiting, {visitor: seconds received}), from which `queue.scheduling` makes the order."""
        with self.database.reading() as connection:
            return *queue_entries.active(connection, self.folder, starting), queue_entries.received(connection)

    def steps(self, run_id: str, after: int = -1, most: int = -1) -> StepColumns:
        """Return the steps after one, in order; at most `most` where that is not negative."""
        with self.database.reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(STEP_FIELDS)} FROM steps WHERE run = ? AND step > ? ORDER BY step LIMIT ?",
                (run_id, after, most),
            ).fetchall()
        return StepColumns.of([tuple(row) for row in rows])

    def evaluations(self, run_id: str) -> list[EvaluationRow]:
        """Return the evaluations of a run, in order."""
        with self.database.reading() as connection:
            rows = connection.execute("SELECT * FROM evaluations WHERE run = ? ORDER BY step", (run_id,)).fetchall()
        return [EvaluationRow.of(row) for row in rows]

    def latest_evaluation(self, run_id: str) -> EvaluationRow | None:
        """Return the latest evaluation of a run; None before the first."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT * FROM evaluations WHERE run = ? ORDER BY step DESC LIMIT 1", (run_id,)).fetchone()
        return EvaluationRow.of(row) if row else None

    def check_start(self, owner: str | None) -> None:
        """Check that one more run would be accepted now. Raises a LimitError. What runs take on the disk is measured only at the start."""
        with self.database.reading() as connection:
            limits.check_kept(self.limits, connection, owner)
            self._check_active(connection, owner)

    def more_runs(self, owner: str | None) -> int:
        """Return how many more runs of a visitor would be accepted now."""
        with self.database.reading() as connection:
            kept = limits.kept(connection, owner)
            return max(0, min(limits.more(self.limits, self._active(connection), owner), self.limits.runs_per_visitor - kept))

    def _check_active(self, connection: sqlite3.Connection, owner: str | None) -> None:
        limits.check_active(self.limits, self._active(connection), owner)

    def _active(self, connection: sqlite3.Connection) -> list[tuple[str | None, str]]:
        training, waiting = queue_entries.active(connection, self.folder)
        return [(entry.owner, entry.status) for entry in (*training, *waiting) if not entry.stops]

    def _change(self, run_id: str, what: str, *values: Any) -> None:
        with self.database.writing() as connection:
            if not connection.execute(f"UPDATE runs SET {what} WHERE id = ?", (*values, run_id)).rowcount:
                raise RunNotFound()

    def _shown_status(self, row: sqlite3.Row) -> str:
        if row["status"] == "running" and not RunFolder.of(self.folder, row["id"]).is_locked():
            return "interrupted"
        return row["status"]

    def _run(self, row: sqlite3.Row) -> Run:
        return Run.of(row, self._shown_status(row))
