"""Comparing runs: what differs, what it did, and the address that says so."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import links
from pages.parts.run import charts, comparison
from tests.lmcore.test_curve_history import a_history
from tests.pages.situations import OWNER, TEXT, UNKNOWN, a_config


@pytest.fixture
def finished(here):
    """A finished run and its text, in English: no address says otherwise."""
    store = Store(here["data"])
    run = store.run(here["finished"])
    return run, store.text(run.text_id)


def with_config(run, **model):
    """The same run with other settings, as they were asked for and as they were resolved."""
    return replace(run, **{part: replace(getattr(run, part), model=ModelConfig(**model)) for part in ("requested", "resolved")})


def differing(*runs, text) -> dict[str, list[str]]:
    return {entry.name: entry.values for entry in comparison.differences(list(runs), [text] * len(runs))}


# what differs


def test_the_same_run_twice_differs_in_nothing(finished):
    run, text = finished
    assert differing(run, run, text=text) == {}


def test_only_the_settings_that_differ(finished):
    run, text = finished
    small, large = with_config(run, hidden_size=64), with_config(run, hidden_size=256, family="gru")
    assert differing(small, large, text=text) == {"Model": ["LSTM", "GRU"], "Hidden size": ["64", "256"]}


def test_the_largest_vocabulary_has_no_effect_on_characters(finished):
    run, text = finished
    words = replace(
        run, requested=replace(run.requested, tokenizer=TokenizerConfig(level="word", vocabulary_size=300)), resolved=None
    )
    assert differing(run, words, text=text) == {"Cut the text into": ["characters", "words"]}


def test_what_was_decided_at_the_start_is_told_from_what_was_asked_for(finished):
    run, text = finished
    shrunk = replace(run, resolved=replace(run.resolved, training=replace(run.resolved.training, batch_size=2)))
    found = comparison.differences([run, shrunk], [text, text])
    assert found == [comparison.Difference("Batch size", ["4", "2"], decided=True)]
    assert comparison.settings_table(["a", "b"], found) == {
        "Setting": ["Batch size (decided when it began)"],
        "a": ["4"],
        "b": ["2"],
    }


def test_what_follows_from_other_settings_is_not_a_difference(finished):
    run, text = finished
    longer = replace(run, resolved=run.resolved.with_training(planned_steps=999, evaluation_interval=99, threads=2))
    assert differing(run, longer, text=text) == {}


def test_a_stop_rule_is_one_setting(finished):
    run, text = finished
    other = replace(run, requested=run.requested.with_training(stop="seconds", stop_after=20.0), resolved=None)
    assert differing(run, other, text=text) == {"Stop condition": ["after steps: 40", "after seconds: 20"]}


def test_other_texts_are_a_difference(finished):
    run, text = finished
    found = comparison.differences([run, run], [text, replace(text, sha256="0", name="dogs")])
    assert found == [comparison.Difference("Text", ["cats", "dogs"], decided=False)]
    assert comparison.differences([run, run], [text, replace(text, name="the same by another name")]) == []


def test_every_setting_can_be_told(finished):
    """Each field of the configuration that is changed is shown as a difference, under a name."""
    run, text = finished
    changed = RunConfig(
        TokenizerConfig("subword", 500),
        ModelConfig("rnn", 32, 32, 2, 0.5, tied=True),
        TrainingConfig("sgd", 0.5, "constant", 1.0, 8, 16, "epochs", 3.0, 7, precision="float32", loss="exact"),
    )
    base = replace(run, requested=RunConfig(TokenizerConfig("word"), training=TrainingConfig(optimizer="adamw")), resolved=None)
    found = differing(base, replace(run, requested=changed, resolved=None), text=text)
    assert found["Tied weights"] == ["no", "yes"] and found["Dropout"] == ["0", "0.5"] and found["Learning rate"][1] == "0.5"
    assert len(found) >= 16


# one sentence


def said(*runs, text) -> str:
    return comparison.sentence(list(runs), comparison.differences(list(runs), [text] * len(runs)))


def test_what_changed_and_what_it_did(finished):
    run, text = finished
    small = replace(with_config(run, hidden_size=64), best_bits_per_byte=1.42)
    large = replace(with_config(run, hidden_size=256), best_bits_per_byte=1.31)
    assert said(small, large, text=text) == (
        "Only “Hidden size” differs (64 → 256): best validation 1.420 → 1.310 bits per byte, 7.7% lower."
    )
    assert said(large, small, text=text).endswith("1.310 → 1.420 bits per byte, 8.4% higher.")
    other = replace(text, sha256="another")
    across = comparison.sentence([small, large], comparison.differences([small, large], [text, other]))
    assert across.endswith("best validation 1.420 → 1.310 bits per byte.")  # of two texts: no percentage means anything
    middle = replace(with_config(run, hidden_size=128), best_bits_per_byte=None)
    assert said(small, middle, large, text=text) == (
        "Only “Hidden size” differs (64 · 128 · 256): best validation 1.420 · — · 1.310 bits per byte."
    )


def test_several_changes_and_none(finished):
    run, text = finished
    run = replace(run, best_bits_per_byte=1.5)
    other = with_config(run, hidden_size=64, family="gru", embedding_size=8)
    assert said(run, other, text=text).startswith("2 settings differ (Model · Hidden size): best validation 1.500 → 1.500")
    assert said(run, run, text=text) == (
        "All these runs have the same settings: best validation 1.500 → 1.500 bits per byte, practically the same."
    )
    assert said(run, replace(other, best_bits_per_byte=None), text=text).endswith(
        "there are not two validation losses to compare yet."
    )


# curves


def test_a_figure_names_each_run_once_and_hides_no_markup():
    curve = {
        "colour": "#0072B2",
        "dash": "solid",
        "training": (np.arange(2), np.ones(2)),
        "validation": (np.arange(2), np.ones(2)),
    }
    labels = {"x": "step", "y": "loss", "training": "training", "validation": "validation"}
    figure = charts.compared([{**curve, "name": "<b>a</b>"}, {**curve, "name": "b", "training": None}], labels, ("y",))
    assert [(trace.name, trace.showlegend) for trace in figure.data] == [
        ("&lt;b&gt;a&lt;/b&gt;", True),
        ("&lt;b&gt;a&lt;/b&gt;", False),
        ("b", True),
    ]
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("linear", "log")


def test_the_points_of_every_run():
    table = comparison.points_table(["a", "b"], [a_history()] * 2)
    assert table["Run"] == ["a"] * 3 + ["b"] * 3
    assert table["Step"][:3] == [0, 2, 4] and table["Tokens"][:3] == [0, 64, 128]
    assert table["Validation loss (bits per byte)"][1:3] == [3.0, 2.0]


# the page


def compared(app) -> list[str]:
    return app.multiselect(key="compare.runs").value


def address(app) -> str:
    value = app.query_params.get("runs", "")
    return value if isinstance(value, str) else value[0]


def test_two_runs_from_the_address(open_page, here):
    app = open_page("compare", lang="en", runs=f"{here['finished']},{here['other']}")
    assert not app.exception
    assert compared(app) == [here["finished"], here["other"]]
    assert app.info[0].value.startswith("All these runs have the same settings: best validation ")
    results = app.dataframe[0].value
    assert results["Run"].tolist() == ["finished", "other"] and results["Steps"].tolist() == [40, 40]
    assert [text.value for text in app.text][-2:] == ["finished", "other"]  # samples side by side


def test_choosing_writes_the_address(open_page, here):
    app = open_page("compare", lang="en")
    assert compared(app) == [] and not app.dataframe
    assert app.multiselect(key="compare.runs").proto.wrap  # all that is chosen is seen
    app.multiselect(key="compare.runs").set_value([here["failed"], here["finished"]]).run()
    assert address(app) == f"{here['failed']},{here['finished']}"
    assert len(app.dataframe) == 1  # nothing differs: no table of settings
    app.multiselect(key="compare.runs").set_value([]).run()
    assert compared(app) == [] and not app.dataframe


def test_the_chosen_run_is_the_first_and_can_be_taken_away(open_page, here):
    app = open_page("compare", lang="en", run=here["finished"])
    assert compared(app) == [here["finished"]]
    app.multiselect(key="compare.runs").set_value([]).run()
    assert compared(app) == []


@pytest.mark.parametrize("shape", ["{other}", "http://class:8501/train?lang=en&run={other}", "/compare?runs={other},{failed}"])
def test_a_shared_run_is_added_by_its_address_or_id(open_page, here, shape):
    app = open_page("compare", lang="en", runs=here["finished"])
    app.text_input(key="compare.add").set_value(shape.format(**here)).run()
    added = [here["other"], here["failed"]] if "failed" in shape else [here["other"]]
    assert compared(app) == [here["finished"], *added]
    assert app.text_input(key="compare.add").value == ""


@pytest.mark.parametrize("typed", [UNKNOWN, "http://somewhere/", "a b, <c>", "'; DROP TABLE runs; --"])
def test_what_is_no_run_is_said_so(open_page, here, typed):
    app = open_page("compare", lang="en", runs=here["finished"])
    app.text_input(key="compare.add").set_value(typed).run()
    assert compared(app) == [here["finished"]]
    assert app.warning[0].value.startswith("There is no run with this address.")


def test_the_address_is_checked(open_page, here):
    many = ",".join([here["finished"], "<b>", "../x", here["finished"], *(f"unknown-{number}" for number in range(20))])
    app = open_page("compare", lang="en", runs=many)
    assert not app.exception and compared(app) == [here["finished"]]
    assert app.warning


def test_nats_and_other_axes(open_page, here):
    app = open_page("compare", lang="en", runs=f"{here['finished']},{here['queued']}")
    assert not [slider for slider in app.slider if slider.key == "compare.smoothing"]
    app.segmented_control(key="compare.unit").set_value("validation_loss").run()
    app.segmented_control(key="compare.axis").set_value("seconds").run()
    app.slider(key="compare.smoothing").set_value(0.0).run()
    assert not app.exception
    assert "Thick with dots: validation loss. Thin: training loss." in [caption.value for caption in app.caption]


def test_links_carry_a_comparison_only_where_there_is_one(monkeypatch):
    monkeypatch.setattr(links.st, "query_params", {"runs": "a,b,a,<c>"})
    assert links.parameters() == {"runs": "a,b"}
    monkeypatch.setattr(links.st, "query_params", {"runs": ""})
    assert links.parameters() == {}


def test_ticked_runs_are_compared(open_page, here):
    app = open_page("runs", lang="en")
    assert app.button(key="runs.compare").disabled
    for situation in ("failed", "finished"):
        app.checkbox(key=f"runs.compare.{here[situation]}").check().run()
    app.button(key="runs.compare").click().run()
    assert app.title[0].value == "Compare"
    assert compared(app) == [here["finished"], here["failed"]]  # the oldest first


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A data folder with two runs on a text that is too short for a validation loss, and one that has one."""
    data = tmp_path_factory.mktemp("short")
    store = Store(data)
    ids = []
    for content in ("the cat sat on the mat\n" * 10, "the cat sat on the mat\n" * 10, TEXT):
        text = store.add_text(owner=OWNER, name="cats", content=content, kind="stream", encoding="utf-8")
        ids.append(store.add_run(owner=OWNER, text_id=text.id, name=f"cats of {len(content)}", config=a_config()).id)
        worker.work(data, ids[-1])
    return data, ids


def test_short_texts_are_compared_by_their_training_loss(open_page, monkeypatch, short):
    data, ids = short
    monkeypatch.setenv("NEXT_WORD_DATA", str(data))
    app = open_page("compare", lang="en", runs=",".join(ids[:2]))
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert len(drawn) == 2 and all(trace["y"] for trace in drawn)
    assert any("too short for a validation loss" in caption.value for caption in app.caption)


def test_a_run_that_cannot_be_drawn_is_named(open_page, monkeypatch, short):
    data, ids = short
    monkeypatch.setenv("NEXT_WORD_DATA", str(data))
    app = open_page("compare", lang="en", runs=",".join(ids[1:]))
    assert "cats of 230" in [text.value for text in app.text]
    assert "Without a validation loss, and so only shown in nats per token:" in [caption.value for caption in app.caption]


def test_runs_of_short_texts_show_their_training_loss(open_page, monkeypatch, short):
    data, ids = short
    monkeypatch.setenv("NEXT_WORD_DATA", str(data))
    app = open_page("runs", lang="en")
    assert [(metric.label, metric.value == "—") for metric in app.metric] == [
        ("bits per byte", False), ("nats per token", False), ("nats per token", False)
    ]  # fmt: skip


def test_a_legend_tells_runs_by_what_differs(finished):
    run, text = finished
    small, large = with_config(run, hidden_size=64), with_config(run, hidden_size=256)
    found = comparison.differences([small, large], [text, text])
    assert [comparison.labelled("cats, run 1", position, found) for position in (0, 1)] == [
        "cats, run 1 · Hidden size 64",
        "cats, run 1 · Hidden size 256",
    ]
