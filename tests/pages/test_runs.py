"""Your runs: the menu of a card, runs as files, what is kept; and what Train says before a run is started."""

import pytest
from streamlit.testing.v1 import AppTest

from lmcore.errors import ArchiveUnreadable, TooManyRuns, TooManyWaiting
from lmcore.runs.exchange import importing, transfer
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import visitor
from pages.parts.language import translate
from pages.parts.run import run_file
from tests.pages.conftest import MENU
from tests.pages.situations import OWNER, TEXT, a_config


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """{with its text: the file} of another visitor's finished run."""
    store = Store(tmp_path_factory.mktemp("elsewhere"))
    text = store.add_text(owner="ben", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    run = store.add_run(owner="ben", text_id=text.id, name="from elsewhere", config=a_config(), pinned_context="the ca")
    worker.work(store.folder, run.id)
    return {with_text: transfer.export_run(store, run.id, with_text) for with_text in (True, False)}


@pytest.fixture(autouse=True)
def files_are_read_here(monkeypatch):
    """A process of its own for each file is what `tests/runs/test_run_files.py` and the browser tests try; it loads torch each time."""
    monkeypatch.setattr(transfer, "_answer", importing.answer)


@pytest.fixture
def data(tmp_path, monkeypatch, pool):
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    monkeypatch.setattr(visitor, "current", lambda: OWNER)
    return tmp_path


@pytest.fixture
def store(data):
    return Store(data)


@pytest.fixture
def mine(store, exported):
    return transfer.import_run(store, OWNER, exported[True])


@pytest.fixture
def waiting(store):
    """Return a function that makes a waiting run of another visitor."""
    text = store.add_text(owner=OWNER, name="cats", content=TEXT, kind="stream", encoding="utf-8")
    return lambda owner: store.add_run(owner=owner, text_id=text.id, name="waits", config=a_config())


def open_page(page: str, lang: str = "en", **address: str) -> AppTest:
    app = AppTest.from_file(MENU, default_timeout=60)
    for name, value in {"lang": lang, **address}.items():
        app.query_params[name] = value
    return app.run().switch_page(f"{page}.py").run()


def upload(app: AppTest, content: bytes) -> AppTest:
    return app.file_uploader(key="runs.file").set_value(("run.zip", content, "application/zip")).run()


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def downloads(app: AppTest) -> list[str]:
    return [button.key for button in app.get("download_button")]


# the menu


def test_the_film_of_a_run_is_kept_and_let_go_by_its_menu(store, mine):
    RunFolder.of(store.folder, mine.id).film_path.mkdir()
    app = open_page("runs")
    assert "film kept" not in captions(app)
    app.menu_button(key=f"runs.more.{mine.id}").click("keep").run()
    assert store.run(mine.id).film_kept and "film kept" in captions(app)
    app.menu_button(key=f"runs.more.{mine.id}").click("let_go").run()
    assert not store.run(mine.id).film_kept and "film kept" not in captions(app)


def test_a_run_without_a_film_offers_none(mine):
    options = open_page("runs").menu_button(key=f"runs.more.{mine.id}").options
    assert [option.split(": ")[1] for option in options] == ["Rename", "Download", "Delete"]


def test_resuming_more_than_may_wait_gets_its_sentence(store, waiting, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_WAITING_ALONE", "0")
    run = waiting(OWNER)
    store.request(run.id, "stop")
    waiting(OWNER)
    app = open_page("runs")
    app.button(key=f"runs.resume.{run.id}").click().run()
    assert [error.value for error in app.error] == [TooManyWaiting.sentence.format(active=1, limit=1)]
    assert store.run(run.id).status == "stopped"


def test_runs_are_found_by_the_name_of_their_text(store, waiting):
    for _ in range(6):
        waiting(OWNER)
    app = open_page("runs")
    app.text_input(key="runs.search").set_value("CATS").run()
    assert len(app.metric) == 6
    app.text_input(key="runs.search").set_value("dogs").run()
    assert len(app.metric) == 0


def test_what_is_kept_is_said(mine):
    assert "You keep 1 of 500 runs, 1 of 2,000 MB." in captions(open_page("runs"))
    assert "已保存 1 条训练记录" in captions(open_page("runs", "zh"))


# runs as files


def test_a_file_opens_as_a_run_of_this_visitor(store, exported):
    app = upload(open_page("runs"), exported[True])
    (run,) = store.runs(OWNER)
    assert not app.error and app.query_params["run"] == run.id and app.title[0].value == "Training"
    assert run.name == "from elsewhere" and run.step == 40


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_run_that_came_without_its_text_says_so(store, exported, lang):
    app = upload(open_page("runs", lang), exported[False])
    said = "This run came without its text: it can be looked at and asked, but not trained further."
    assert translate(said, lang) in captions(app)
    assert translate("came without its text", lang) in captions(open_page("runs", lang))
    app = open_page("train", lang, run=store.runs(OWNER)[0].id)
    app.button(key="train.download").click().run()
    assert downloads(app) == ["file.without"]  # there is no text that could go along


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_no_run_is_refused_in_one_sentence(store, exported, lang):
    app = upload(open_page("runs", lang), exported[True][:400])
    assert [error.value for error in app.error] == [translate(ArchiveUnreadable.sentence, lang)]
    assert store.runs(OWNER) == [] and "run" not in app.query_params
    assert [error.value for error in app.run().error] == [translate(ArchiveUnreadable.sentence, lang)]
    app.file_uploader(key="runs.file").set_value(None).run()
    assert not app.error


def test_a_file_too_many_is_refused_too(store, mine, exported, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_RUNS_PER_VISITOR", "1")
    app = upload(open_page("runs"), exported[True])
    assert [error.value for error in app.error] == [TooManyRuns.sentence.format(count=1, limit=1)]
    assert len(store.runs(OWNER)) == 1


def test_its_owner_may_download_a_run_with_its_text(mine):
    app = open_page("train", run=mine.id)
    app.button(key="train.download").click().run()
    assert downloads(app) == ["file.with", "file.without"]
    app = open_page("runs")
    app.menu_button(key=f"runs.more.{mine.id}").click("download").run()
    assert downloads(app) == ["file.with", "file.without"]


def test_a_run_without_a_checkpoint_says_so(store, waiting):
    app = open_page("train", run=waiting(OWNER).id)
    app.button(key="train.download").click().run()
    assert downloads(app) == [] and "no checkpoint yet" in app.info[-1].value


def test_others_get_a_run_without_its_text_and_only_where_they_may_read_it(store, mine, monkeypatch):
    monkeypatch.setattr(visitor, "current", lambda: "carla")
    assert "train.download" not in [button.key for button in open_page("train", run=mine.id).button]
    store.share_text(mine.text_id, True)
    app = open_page("train", run=mine.id)
    app.button(key="train.download").click().run()
    assert downloads(app) == ["file.without"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "", "。。", "x" * 500])
def test_no_name_makes_a_path_of_a_file(name):
    assert not set("/\\:") & set(run_file.file_name(name)) and 5 <= len(run_file.file_name(name)) <= 84


# before the start


def test_too_much_memory_is_said_with_two_settings_that_fit(data, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_MEGABYTES_PER_RUN", "192")
    app = open_page("train")
    assert app.button(key="train.start").disabled
    first, second = (app.button(key=f"train.{name}").label for name in ("fits", "other"))
    assert first.startswith("batch size ") and second.startswith("hidden size 128")
    assert f"It would fit with {first}, or with {second}." in " ".join(entry.value for entry in app.markdown)
    assert not app.error and not app.warning
    app.button(key="train.other").click().run()
    assert app.slider(key="settings.hidden_size").value == 128
    assert not app.button(key="train.start").disabled
    assert "train.fits" not in [button.key for button in app.button]
    assert "，或者改用 隐藏层大小 128" in " ".join(entry.value for entry in open_page("train", "zh").markdown)


def test_where_nothing_fits_nothing_is_offered(data, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_MEGABYTES_PER_RUN", "10")
    app = open_page("train")
    assert app.button(key="train.start").disabled and "train.fits" not in [button.key for button in app.button]
    assert "Train on a part of it." in " ".join(entry.value for entry in app.markdown)


def test_a_time_limit_stands_beside_how_many(data, monkeypatch):
    assert "At most" not in captions(open_page("train"))
    visitor._store.cache_clear()
    monkeypatch.setenv("NEXT_WORD_MINUTES_PER_RUN", "20")
    assert "At most 20 min a run on this server; what it learned is kept." in captions(open_page("train"))
    assert "这里每次训练最多 20 分钟" in captions(open_page("train", "zh"))


def test_who_waits_before_a_run_is_said(data, waiting, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_WORKERS", "1")
    for owner in ("ben", "carla"):
        waiting(owner)
    said = captions(open_page("train"))
    examples = len(Store(data).demos())  # the page of the beginning put them there
    assert f"Runs that wait before this one: {examples + 2}." in said and "Expected wait: about" in said


def test_one_too_many_is_said_and_the_button_stays(data, waiting, monkeypatch):
    """What holds now may be over when the button is pressed; then it is asked again."""
    monkeypatch.setenv("NEXT_WORD_WAITING_ALONE", "0")
    waiting(OWNER)
    app = open_page("train")
    assert TooManyWaiting.sentence.format(active=1, limit=1) in captions(app)
    assert not app.button(key="train.start").disabled
