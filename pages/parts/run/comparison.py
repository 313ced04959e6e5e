"""Runs side by side: their curves, the settings that differ, in one sentence what that did, and all of it as tables.

A run may be viewed by all who have its address; which runs are compared is chosen on the page.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from lmcore import config
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.text.decoding import one_line
from lmcore.training.curve_history import CurveHistory
from pages.parts import texts
from pages.parts.language import _, together
from pages.parts.run import run_labels, setting_labels

IN_LEGEND = 2  # settings
LEGEND_NAME = 28  # characters
FIRST_COLUMN = 140  # pixels: a telephone has room for two numbers beside it
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute a cell that begins so


def history(store: Store, run: Run) -> CurveHistory:
    return _history(run.id, run.heartbeat, store)


@st.cache_resource(max_entries=32, show_spinner=False)
def _history(run_id: str, heartbeat: int, _store) -> CurveHistory:
    """Kept by run and heartbeat, which counts every write of its worker."""
    return CurveHistory.of(_store.steps(run_id), _store.evaluations(run_id))


@dataclass(frozen=True)
class Difference:
    name: str  # of the setting, in the visitor's language
    values: list[str]  # one a run
    decided: bool  # asked for alike, and decided when the runs began: by their text, their size or the machine


def differences(runs: list, sources: list) -> list[Difference]:
    """The settings that are not the same in all these runs. sources: the text of each run, or None."""
    found = []
    contents = [text.sha256 if text else None for text in sources]
    if len(set(contents)) > 1:
        found.append(Difference(_("Text"), [text_name(text) for text in sources], decided=False))
    requested = [run.requested for run in runs]
    resolved = [run.resolved for run in runs] if all(run.resolved for run in runs) else requested
    for difference in config.differences(requested, resolved):
        shown = [_shown(difference.field, value) for value in difference.values]
        if len(set(shown)) > 1:
            found.append(Difference(_name(difference.field), shown, difference.decided))
    return found


def text_name(text) -> str:
    return texts.name(text) if text else "…"


def _name(field: str) -> str:
    try:
        return setting_labels.name(field)
    except KeyError:
        return field.replace("_", " ")


def _shown(field: str, value) -> str:
    if isinstance(value, tuple):  # a stop rule and its amount
        return f"{_shown(field, value[0])}: {value[1]:g}"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        try:
            return setting_labels.option(field, value)
        except KeyError:
            return value
    return f"{value:g}" if isinstance(value, float) else f"{value:,}"


def sentence(runs: list, found: list[Difference]) -> str:
    """What changed between runs, and what it did. Names no text and no run: what others wrote is no Markdown."""
    asked = [difference for difference in found if not difference.decided]
    said = _outcome(runs, comparable=_("Text") not in {difference.name for difference in found})
    if not asked:
        words = _("All these runs have the same settings: {outcome}").format(outcome=said)
    elif len(asked) > 1:
        words = _("{count} settings differ ({names}): {outcome}").format(count=len(asked), names=_names(asked), outcome=said)
    elif asked[0].name == _("Text"):
        words = _("Only the text differs: {outcome}").format(outcome=said)
    else:
        words = _("Only “{setting}” differs ({values}): {outcome}").format(
            setting=asked[0].name, values=_in_a_row(asked[0].values), outcome=said
        )
    followed = [difference for difference in found if difference.decided]
    return together(words, _("Decided when the runs began: {names}.").format(names=_names(followed)) if followed else "")


def _names(found: list[Difference]) -> str:
    return " · ".join(difference.name for difference in found)


def labelled(name: str, position: int, found: list[Difference]) -> str:
    """A run's name in a legend, with the values of the settings that tell it from the others."""
    told = [difference for difference in found if not difference.decided and difference.name != _("Text")][:IN_LEGEND]
    return " · ".join([one_line(name, LEGEND_NAME), *(f"{difference.name} {difference.values[position]}" for difference in told)])


def _outcome(runs: list, comparable: bool) -> str:
    """comparable: losses on the same text, so that a percentage between them means something."""
    best = [run.best_bits_per_byte for run in runs]
    if sum(value is not None for value in best) < 2:
        return _("there are not two validation losses to compare yet.")
    values = _in_a_row(["—" if value is None else f"{value:.3f}" for value in best])
    if len(best) > 2 or not comparable:
        return _("best validation {values} bits per byte.").format(values=values)
    change = 100 * (best[1] / best[0] - 1) if best[0] else 0.0
    if abs(change) < 0.05:
        return _("best validation {values} bits per byte, practically the same.").format(values=values)
    worded = _("best validation {values} bits per byte, {percent}% lower.") if change < 0 else _(
        "best validation {values} bits per byte, {percent}% higher."
    )  # fmt: skip
    return worded.format(values=values, percent=f"{abs(change):.1f}")


def _in_a_row(values: list[str]) -> str:
    """
    >>> _in_a_row(["64", "256"]), _in_a_row(["64", "128", "256"])
    ('64 → 256', '64 · 128 · 256')
    """
    return (" → " if len(values) == 2 else " · ").join(values)


def say_of_answers(names: list[str], runs: list):
    """Name the runs whose losses are of answers alone, which are lower than those of a whole text."""
    if found := [name for name, run in zip(names, runs, strict=True) if run_labels.of_answers(run)]:
        st.caption(
            _(
                "The losses of these runs are of answers alone, given their prompts. They cannot be compared with losses of a whole text, "
                "and there are no bits per byte:"
            )
        )
        st.text(" · ".join(found))


def settings_table(names: list[str], found: list[Difference]) -> dict[str, list]:
    """A row a setting, a column a run."""
    note = _("decided when it began")
    rows = [f"{difference.name} ({note})" if difference.decided else difference.name for difference in found]
    return {_("Setting"): rows} | {
        name: [difference.values[position] for difference in found] for position, name in enumerate(names)
    }


def results_table(names: list[str], runs: list, sources: list) -> dict[str, list]:
    def figure(value, digits):
        return None if value is None else round(value, digits)

    beside = [marks.beside_tokens(run) or {} for run in runs]
    parts = {
        _("of that, spelling unknown words"): [figure(found.get("spelling"), 4) for found in beside],
        _("of that, spaces"): [figure(found.get("spacing"), 4) for found in beside],
    }
    return {
        _("Run"): names,
        _("Best bits per byte"): [figure(run.best_bits_per_byte, 4) for run in runs],
        **(parts if any(beside) else {}),
        _("Best nats per token"): [figure(run.best_loss, 4) for run in runs],
        _("at step"): [run.best_step for run in runs],
        _("Steps"): [run.step for run in runs],
        _("Tokens"): [run.tokens for run in runs],
        _("Seconds of training"): [round(run.seconds, 1) for run in runs],
        _("Model"): [run_labels.model(run) for run in runs],
        _("Text"): [text_name(text) for text in sources],
        _("Status"): [run_labels.status(run) for run in runs],
    }


def points_table(names: list[str], histories: list[CurveHistory]) -> dict[str, list]:
    """Every evaluation of every run."""
    table: dict[str, list] = {_("Run"): [], _("Step"): [], _("Tokens"): [], _("Seconds of training"): []}
    table |= {_("Validation loss (nats per token)"): [], _("Validation loss (bits per byte)"): []}
    for name, of_run in zip(names, histories, strict=True):
        columns: tuple = (
            [name] * len(of_run.evaluated),
            of_run.evaluated.astype(int),
            np.round(of_run.position("tokens")).astype(int),
            np.round(of_run.position("seconds"), 3),
            np.round(of_run.validation_loss, 5),
            np.round(of_run.bits_per_byte, 5),
        )
        for column, values in zip(table.values(), columns, strict=True):
            column.extend(values)
    return table


def as_csv(table: dict[str, list]) -> bytes:
    """UTF-8 with a byte order mark, so that a spreadsheet reads Chinese; no cell is a formula.

    >>> as_csv({"Run": ["=1+1", "b"], "Steps": [2, None]}).decode("utf-8-sig").splitlines()
    ['Run,Steps', "'=1+1,2", 'b,']
    """

    def harmless(value):
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

    safe = {harmless(name): [harmless(value) for value in column] for name, column in table.items()}
    return pd.DataFrame(safe).convert_dtypes().to_csv(index=False).encode("utf-8-sig")


def download(columns: dict[str, list], key: str, label: str):
    """Draw a button for a table as CSV."""
    icon = ":material/download:"
    st.download_button(label, as_csv(columns), f"{key}.csv", "text/csv", key=f"compare.{key}.csv", icon=icon, type="tertiary")


def show_table(title: str, columns: dict[str, list], key: str):
    """Draw a table, its first column pinned, with a button for its CSV."""
    st.subheader(title)
    narrow = {next(iter(columns)): st.column_config.TextColumn(width=FIRST_COLUMN, pinned=True)}
    st.dataframe(columns, hide_index=True, key=f"compare.{key}", column_config=narrow, placeholder="—")
    download(columns, key, _("Download as CSV"))
