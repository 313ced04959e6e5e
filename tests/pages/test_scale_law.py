"""Scale: sweeps are planned within the limits and queued as ordinary runs; their losses, their law and their words are those of `lmcore`."""

import json
from dataclasses import replace

import pytest

from lmcore.errors import TextMissing, TooFewPoints, TooManyWaiting, TooMuchMemory
from lmcore.models import parameter_count
from lmcore.runs.data_folder import text_path
from lmcore.runs.opened_run import open_run
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.store import Store
from lmcore.scale import law, sweep
from pages.parts import visitor
from pages.parts.language import LANGUAGES, translate
from pages.parts.scale import sweep_runs
from tests.pages import situations
from tests.runs.forker import Forker

STEPS = 160
TYPES = 15


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """(data folder, {name: run id}): a run, its five sizes, and another run without any."""
    data, forker = tmp_path_factory.mktemp("sweep"), Forker()
    store = Store(data)
    text = store.add_text(owner=situations.OWNER, name="cats", content=situations.TEXT, kind="stream", encoding="utf-8")

    def trained(config, name, owner=situations.OWNER):
        run = store.add_run(owner=owner, text_id=text.id, name=name, config=config, pinned_context="the ca")
        assert forker.work(data, run.id) == 0
        return run.id

    ids = {"text": text.id, "run": trained(situations.a_config(), "run")}
    ids["lone"] = trained(situations.a_config().with_training(learning_rate=0.01), "lone")
    ids["other"] = trained(situations.a_config().with_training(learning_rate=0.011), "other", owner="ben")
    for config in sweep.runs(store.run(ids["run"]).resolved, "size", STEPS):
        ids[f"size {config.model.hidden_size}"] = trained(config, "size")
    forker.close()
    return data, ids


@pytest.fixture
def page(swept, open_page, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(swept[0]))
    limits = visitor.store().limits
    yield lambda name, view="law", **address: open_page("scale", run=swept[1][name], view=view, **{"lang": "en", **address})
    visitor.store().limits = limits


@pytest.fixture
def cleared(swept):
    """Runs that a test has queued are gone afterwards."""
    yield
    store = Store(swept[0])
    for run in [*store.runs(situations.OWNER), *store.runs("ben")]:
        if run.status == "queued":
            store.delete(run.id)


def words(app) -> str:
    kinds = ("caption", "info", "markdown", "warning", "error", "latex", "text", "code")
    return "\n".join(element.value for kind in kinds for element in app.get(kind))


def starts(app) -> list[str]:
    """What can be pressed to begin runs."""
    return [button.key for button in app.button if button.key.startswith("scale.")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", sweep.WAYS)
@pytest.mark.parametrize("name", ["run", "lone", "other", "size 16"])
@pytest.mark.parametrize("view", ["law", "why"])
def test_both_views_in_every_language(page, view, name, way, language):
    app = page(name, view, lang=language)
    if view == "law":
        app.segmented_control(key="scale.way").set_value(way).run()
    assert not app.exception and not app.error


@pytest.mark.parametrize("way", sweep.WAYS)
def test_a_sweep_is_queued_as_ordinary_runs(page, swept, pool, cleared, way):
    app = page("lone")
    app.segmented_control(key="scale.way").set_value(way).run()
    run = visitor.store().run(swept[1]["lone"])
    minutes, planned = next(iter(sweep_runs.plans(run, way, TYPES).items()))
    assert sum(planned.seconds) <= sweep_runs.TOLERANCE * minutes * 60
    assert all(f"{sweep_runs.value(config, way):,}" in words(app) for config in planned.configs) and "training in all" in words(
        app
    )
    app.button(key="scale.train").click().run()
    assert not app.exception and not app.error and pool.woken == 1
    queued = [other for other in visitor.store().runs(situations.OWNER) if other.status == "queued"]
    assert len(queued) == 5 and {other.requested for other in queued} == set(planned.configs)
    assert {(other.text_id, other.pinned_context) for other in queued} == {(run.text_id, run.pinned_context)}
    assert not starts(app) and "waiting for a free place" in str([bar.proto for bar in app.get("progress")])
    assert sweep_runs.found(run, way) == sorted(queued, key=lambda one: sweep_runs.value(one.requested, way))


def test_a_sweep_gives_way_where_others_wait(page, swept, pool, cleared):
    """As many as fit are queued, the largest first; the rest when they have ended."""
    store = visitor.store()
    store.add_run(owner="ben", text_id=swept[1]["text"], name="ben's", config=situations.a_config())
    app = page("lone")
    assert "You may have 3 more runs" in words(app) and "that train or wait here: 1." in words(app)
    app.button(key="scale.train").click().run()
    queued = [run for run in store.runs(situations.OWNER) if run.status == "queued"]
    assert not app.error and [run.requested.model.hidden_size for run in queued] == [64, 128, 256]  # the newest first
    for run in queued:
        with store.database.writing() as connection:
            connection.execute("UPDATE runs SET status = 'finished', best_loss = 1.0, planned_steps = 1 WHERE id = ?", (run.id,))
    app = page("lone")
    assert "2 runs of" in words(app) and "16 · 32" in words(app)
    app.button(key="scale.rest").click().run()
    rest = [run for run in store.runs(situations.OWNER) if run.status == "queued"]
    assert {run.requested.model.hidden_size for run in rest} == {16, 32}
    assert {run.requested.training.stop_after for run in rest} == {queued[0].requested.training.stop_after}
    for run in queued:
        store.delete(run.id)


def test_who_may_not_wait_any_more_is_told_so(page, swept, pool, cleared):
    visitor.store().limits = Limits(waiting_alone=0)
    visitor.store().add_run(owner=situations.OWNER, text_id=swept[1]["text"], name="first", config=situations.a_config())
    app = page("lone")
    assert str(TooManyWaiting(active=1, limit=1)) in words(app) and not starts(app)


def test_a_sweep_longer_than_the_server_allows_is_refused_with_what_would_fit(page, swept, pool):
    visitor.store().limits = Limits(minutes_per_run=0.05)
    app = page("lone")
    assert "a run may take 3 s here: together they may take" in words(app) and not starts(app)


def test_a_sweep_that_needs_too_much_memory_is_refused_with_what_would_fit(page, swept, pool):
    visitor.store().limits = Limits(megabytes_per_run=58.0)
    app = page("lone")
    app.button(key="scale.train").click().run()
    assert "would need about" in app.error[0].value and TooMuchMemory.code == "limit.too_much_memory"
    assert not any(run.status == "queued" for run in visitor.store().runs(situations.OWNER))


def test_a_text_that_is_gone_trains_nothing(page, swept, pool):
    text = visitor.store().text(swept[1]["text"])
    file = text_path(swept[0], text.sha256)
    away = file.rename(file.with_suffix(".away"))
    try:
        app = page("lone")
        app.button(key="scale.train").click().run()
        assert app.error[0].value == str(TextMissing())
        assert not any(run.status == "queued" for run in visitor.store().runs(situations.OWNER))
    finally:
        away.rename(file)


def test_the_text_of_another_visitor_trains_nothing(page, swept, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "eve")
    app = page("run")
    assert "belongs to someone else" in words(app) and not starts(app) and not app.dataframe


@pytest.mark.parametrize("name", ["run", "size 16", "size 256"])
def test_the_points_are_the_losses_of_the_runs_and_the_law_is_that_of_lmcore(page, swept, name):
    app = page(name)
    store = visitor.store()
    points = [store.run(swept[1][f"size {hidden}"]) for hidden in sweep.SIZES]
    table = next(frame.value for frame in app.dataframe if "Hidden units" in frame.value.columns)
    sizes = [parameter_count(point.resolved.model, TYPES) for point in points]
    assert table["Parameters"].tolist() == sizes
    assert table["Best nats per token"].tolist() == [round(point.best_loss, 4) for point in points]
    assert {point.step for point in points} == {STEPS}
    try:
        found = law.fit(sizes, [point.best_loss for point in points])
    except law.LossDoesNotFall as error:
        assert str(error) in words(app)
    except law.LawUndetermined as error:
        assert str(error) in words(app)
    else:
        assert f"{found.exponents[0]:.2f} to {found.exponents[1]:.2f}" in words(app)


def test_a_law_is_shown_with_its_uncertainty_and_four_points_are_refused(page, swept):
    store = visitor.store()
    ids = [swept[1][f"size {hidden}"] for hidden in sweep.SIZES]
    kept = [store.run(run_id).best_loss for run_id in ids]

    def set_losses(losses):
        with store.database.writing() as connection:
            connection.executemany("UPDATE runs SET best_loss = ? WHERE id = ?", zip(losses, ids, strict=True))

    sizes = [parameter_count(store.run(run_id).resolved.model, TYPES) for run_id in ids]
    try:
        set_losses(
            [0.5 + 30 * size**-0.4 + error for size, error in zip(sizes, (0.004, -0.004, 0.004, -0.004, 0.004), strict=True)]
        )
        app = page("run")
        found = law.fit(sizes, [store.run(run_id).best_loss for run_id in ids])
        assert f"**{found.exponents[0]:.2f} to {found.exponents[1]:.2f}**" in words(app)
        assert f"{found.floor:.3f}" in app.latex[0].value
        set_losses([None, *kept[1:]])
        assert str(TooFewPoints(count=4, needed=5)) in words(page("run"))
    finally:
        set_losses(kept)


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_sizes_are_asked_the_same(page, swept, language):
    app = page("run", "why", lang=language)
    app.text_input(key="scale.prompt").set_value("the dog").run()
    assert not app.exception and not app.error
    for hidden, code in zip((16, 64, 256), app.code, strict=True):
        model = open_run(RunFolder.of(swept[0], swept[1][f"size {hidden}"]).path).trained()
        assert code.value == model.write("the dog", 120, seed=1)
    table = app.dataframe[-1].value
    row = table[table.iloc[:, 0] == translate("Best nats per token", language)].iloc[0, 1:].tolist()
    assert row == [f"{visitor.store().run(swept[1][f'size {hidden}']).best_loss:.3f}" for hidden in (16, 64, 256)]


def test_without_three_sizes_it_is_said_where_they_are_trained(page):
    app = page("lone", "why")
    assert "there are 0 for this run" in app.info[0].value and not app.code


def test_a_sweep_whose_run_failed_offers_it_again(page, swept):
    store, run_id = visitor.store(), swept[1]["size 64"]
    with store.database.writing() as connection:
        connection.execute("UPDATE runs SET status = 'failed' WHERE id = ?", (run_id,))
    try:
        assert "with 64 hidden units" in words(page("run"))
    finally:
        with store.database.writing() as connection:
            connection.execute("UPDATE runs SET status = 'finished' WHERE id = ?", (run_id,))


def test_the_configuration_of_a_run_of_a_sweep_is_resolved_to_itself(swept):
    """So each of them finds the others."""
    for hidden in sweep.SIZES:
        run = Store(swept[0]).run(swept[1][f"size {hidden}"])
        assert sweep.base(run.resolved) == run.requested == replace(run.requested)


def test_train_leads_to_the_sweep_of_a_run(page, swept):
    app = page("run", "run").switch_page("train.py").run()
    app.button(key="train.sweep").click().run()
    assert app.title[0].value == "Scale" and app.query_params["view"] == "law" and app.query_params["run"] == swept[1]["run"]


@pytest.mark.parametrize(
    "note", [marks.begun("another", 10, "stream"), {"code": marks.RATE, "values": {"step": 9, "before": 0.02, "rate": 0.5}}]
)
def test_a_run_that_was_not_left_alone_is_no_point(page, swept, note):
    """It began with another's weights, or its learning rate was changed: its loss is not that of its settings."""
    store, run_id = visitor.store(), swept[1]["size 64"]
    kept = store.run(run_id).notes

    def set_notes(notes):
        with store.database.writing() as connection:
            connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), run_id))

    set_notes([*kept, note])
    try:
        app = page("run")
        assert not app.exception and str(TooFewPoints(count=4, needed=5)) in words(app) and "with 64 hidden units" in words(app)
    finally:
        set_notes(kept)


def test_a_point_without_its_tokenizer_is_left_out(page, swept):
    path = RunFolder.of(swept[0], swept[1]["size 64"]).tokenizer_path
    away = path.rename(path.with_suffix(".away"))
    try:
        app = page("run")
        assert not app.exception and str(TooFewPoints(count=4, needed=5)) in words(app)
        assert not page("run", "why").exception
    finally:
        away.rename(path)
