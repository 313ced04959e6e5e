"""Every number on screen can be had with lmcore alone: the cells of docs/notebook.md give what the pages show."""

import re
from pathlib import Path

import pytest
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.rooms import Rooms
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts import demos, visitor
from pages.parts.number_format import format_probability, format_probability_from_log, large
from pages.parts.scale import units
from tests.pages import situations

DOCS = Path(__file__).parents[2] / "docs"


def cells(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def numbers(ids, tmp_path_factory) -> dict:
    """The names that all cells, run one after another, have given values."""
    reviews = tmp_path_factory.mktemp("table") / "reviews.csv"
    words = {
        "good": "positive",
        "fresh": "positive",
        "nice": "positive",
        "bad": "negative",
        "cold": "negative",
        "dull": "negative",
    }
    nouns = ("tea", "soup", "bread", "cake", "room", "bed", "film", "service", "hall", "pool")
    rows = [f"the {noun} was {word},{label}\n" for noun in nouns for word, label in words.items()]
    reviews.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    folders = {name: str(RunFolder.of(ids["data"], ids[name]).path) for name in ("finished", "other")}
    code = "\n".join(cells("notebook.md"))
    code = code.replace("data/runs/id", folders["finished"]).replace("data/runs/other", folders["other"])
    code = code.replace('"reviews.csv"', repr(str(reviews)))
    found: dict = {}
    exec(code, found)
    return found


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def test_both_languages_have_the_same_cells():
    assert cells("notebook.md") == cells("notebook.zh.md") and len(cells("notebook.md")) == 13


def test_home(numbers, ids, tmp_path, pool, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(tmp_path))
    monkeypatch.setattr(visitor, "current", lambda: "eve")
    store = Store(tmp_path)
    text = store.add_text(
        owner=None, name="cats", content=situations.TEXT, kind="stream", encoding="utf-8", sample=demos.SAMPLE["en"]
    )
    run = store.add_run(owner=None, text_id=text.id, name="cats", config=situations.a_config(), pinned_context="the ca")
    worker.work(tmp_path, run.id)
    app = AppTest.from_file(str(DOCS.parent / "pages" / "menu.py"), default_timeout=60).run()
    app.text_input(key="home.context.en").set_value("the dog").run()
    assert (
        f"Entropy {numbers['bits']:.2f} bits: as uncertain as an even choice among {numbers['choices']:.1f} tokens."
        in captions(app)
    )


def test_text(numbers, open_page, ids):
    found = metrics(open_page("text", text=ids["text"]))
    assert (found["Characters"], found["Tokens"]) == (f"{numbers['characters']:,}", f"{numbers['tokens']:,}")
    assert found["Different tokens"] == f"{numbers['types']:,}"


def test_train(numbers, open_page, ids):
    found = metrics(open_page("train", run=ids["finished"]))
    assert found["Training loss"] == f"{numbers['training']:.3f}" and found["Validation loss"] == f"{numbers['validation']:.3f}"
    assert found["Perplexity"] == large(numbers["perplexity"])


def test_runs(numbers, open_page):
    assert f"{numbers['best']:.3f}" in [metric.value for metric in open_page("runs").metric]


def test_explore(numbers, open_page, ids):
    app = open_page("explore", run=ids["finished"], view="sentence")
    app.text_area(key="explore.sentence").set_value("the cat sat").run()
    found = metrics(app)
    assert found["Bits per byte"] == f"{numbers['bits_per_byte']:.3f}"
    assert found["Cross entropy (nats per token)"] == f"{numbers['cross_entropy']:.3f}"
    assert found["Probability of the whole"] == format_probability_from_log(numbers["sentence"].log_probs.sum())
    assert numbers["probability"] == pytest.approx(numbers["sentence"].perplexity ** -11)


def test_explore_beside_counting(numbers, open_page, ids):
    app = open_page("explore", run=ids["finished"], view="next")
    table = next(frame.value for frame in app.dataframe if "2-gram" in frame.value.columns)
    (shown,) = table.loc[table["Token"] == "t", "2-gram"]
    assert format_probability(shown) == format_probability(numbers["bigram"])


def test_inside(numbers, open_page, ids):
    app = open_page("inside", run=ids["finished"], view="reading")
    app.text_area(key="inside.sentence").set_value("the cat sat").run()
    table = next(frame.value for frame in app.dataframe if "15" in frame.value.columns)
    assert_allclose(table["15"], numbers["hidden"][:, 15], atol=1e-4)
    assert numbers["loss_of_sentence"] == pytest.approx(numbers["sentence"].cross_entropy, abs=1e-5)


def test_write(numbers, open_page, ids):
    app = open_page("write", run=ids["finished"])
    app.number_input(key="write.seed").set_value(1).run()
    for _ in range(12):
        app.button(key="write.one").click().run()
    text = app.session_state["write.texts"][ids["finished"]]
    assert text.prompt == "the ca" and numbers["written"] == numbers["model"].written(
        [*numbers["model"].encode("the ca"), *text.ids()[-12:]]
    )
    assert numbers["intervals"] == [(token.interval, token.random_number, token.probability) for token in text.tokens]


def test_compare(numbers, open_page, ids):
    said = open_page("compare", lang="en", runs=f"{ids['finished']},{ids['other']}").info[0].value
    assert " → ".join(f"{loss:.3f}" for loss in numbers["losses"]) in said
    assert "practically the same" in said if abs(numbers["change"]) < 0.0005 else f"{abs(100 * numbers['change']):.1f}%" in said


def test_applications(numbers):
    right = numbers["task"].held_out[0][1]
    assert numbers["reply"].text == right == numbers["ranked"][0].text == max(numbers["chances"], key=numbers["chances"].get)
    loudest = max(numbers["ballot"], key=lambda vote: abs(vote[1]))
    assert loudest[0] == numbers["prompt"].split()[-1] and (loudest[1] > 0) == (right == numbers["good"])
    assert numbers["mattered"][0].argmax() == len(numbers["prompt"].split()) - 1
    assert numbers["low"] < numbers["share"] == 1.0 <= numbers["high"] and numbers["wrong"] == []
    assert numbers["beside"]["logistic"] == 1.0 > numbers["beside"]["majority"]
    assert len(numbers["points"]) == 8


def test_scale(numbers, open_page, ids):
    found = metrics(open_page("scale", run=ids["finished"], lang="en"))
    assert found["Parameters"] == f"{numbers['parameters']:,}" and sum(numbers["of_parts"].values()) == numbers["parameters"]
    assert found["FLOPs in all"] == units.prefixed(numbers["operations"])
    assert numbers["speed"] == pytest.approx(numbers["operations"] / numbers["run"].row.seconds)
    app = open_page("scale", run=ids["finished"], lang="en", view="large")
    app.segmented_control(key="scale.model").set_value("gpt3").run()
    app.button(key="scale.look").click().run()
    (said,) = next(frame.value for frame in app.dataframe if "one H100" in frame.value.columns)["one H100"]
    assert f"{numbers['too_small']:.0f} times too small" in said and f"{numbers['years']:.0f} years" in said
    assert numbers["between"][0] <= numbers["exponent"] <= numbers["between"][1]


def test_class(numbers, open_page, ids):
    rooms = Rooms(Store(ids["data"]))
    room = rooms.open(situations.OWNER)
    rooms.join(room.code, situations.OWNER, "Anna")
    rooms.hand_in(room.code, situations.OWNER, ids["finished"])
    table = open_page("classroom", room=room.code).dataframe[0].value
    rooms.delete(room.code)
    assert table["Validation loss (nats per token)"].tolist() == [float(f"{numbers['on_the_board']:.5g}")]
