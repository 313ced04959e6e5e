"""Inside, how far back: where a transformer looks, in every language; a network without attention says so."""

import json

import pytest

from lmcore.config import ModelConfig, RunConfig, TrainingConfig
from lmcore.runs.store.store import Store
from lmcore.runs.worker import worker
from pages.parts.language import LANGUAGES, translate
from tests.pages import situations

NOT_YET = "**Attention is not yet a reason** (Jain and Wallace, 2019): where a head looks need not be what the answer rests on."
NONE = "This network has no attention: it looks at nothing but its hidden state. Train a Transformer to see where one looks."


@pytest.fixture(scope="module")
def transformer(ids) -> str:
    store = Store(ids["data"])
    model = ModelConfig(family="transformer", embedding_size=8, hidden_size=8, heads=2, layers=2, window=8)
    training = TrainingConfig(stop="steps", stop_after=20.0, batch_size=4, sequence_length=8, evaluation_interval=20)
    run = store.add_run(
        owner=situations.OWNER,
        text_id=ids["text"],
        name="t",
        config=RunConfig(model=model, training=training),
        pinned_context="the",
    )
    worker.work(ids["data"], run.id)
    return run.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_transformer_shows_where_it_looks(open_page, transformer, language):
    app = open_page("inside", lang=language, view="past", run=transformer)
    app.text_area(key="inside.sentence").set_value("the cat sat").run()
    assert not app.exception and len(app.get("plotly_chart")) == 4
    lines = json.loads(app.get("plotly_chart")[-2].proto.spec)
    assert [trace["y"] for trace in lines["data"] if trace["type"] == "heatmap"] == [[0], [1]]  # categories are not drawn
    assert translate(NOT_YET, language) in [block.value for block in app.markdown]
    app.button_group(key="inside.past.attention.layer").set_value(1).run()
    app.button_group(key="inside.past.attention.head").set_value(2).run()
    app.select_slider(key="inside.past.position").set_value(5).run()
    assert not app.exception
    tables = [table.value for table in app.dataframe if translate("occlusion (nats)", language) in table.value]
    assert len(tables) == 1 and list(tables[0].iloc[:, 0]) == ["t", "h", "e", "␣"] and (tables[0].iloc[:, 1] <= 1).all()


@pytest.mark.parametrize("text", ["th", "the cat sat on the mat " * 40], ids=["two tokens", "long"])
def test_short_and_long_sentences(open_page, transformer, text):
    app = open_page("inside", view="past", run=transformer)
    app.text_area(key="inside.sentence").set_value(text).run()
    assert not app.exception and len(app.get("plotly_chart")) == 4


def test_a_network_without_attention_says_so(open_page, here):
    app = open_page("inside", view="past", run=here["finished"])
    assert NONE in [caption.value for caption in app.caption]
