"""The models beside a run, the true grammar, the film and two sentences: their numbers, on a real run of the village."""

import gc
import math
import weakref
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.errors import CheckpointDamaged
from lmcore.inference import alignment, probability
from lmcore.inference.trained import TrainedModel
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.store import Store
from lmcore.runs.worker import snapshots, worker
from pages.parts import demos, language, visitor
from pages.parts.components import token_names
from pages.parts.explore import film, model_lineup, model_table, true_grammar, why
from pages.parts.run import model_cache, ngram_cache, same_tokens
from sample_corpora import SAMPLES
from tests.pages.conftest import MENU

CONTEXT = "the dog near the cows"


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """A folder with two runs over the same words, and a third over characters."""
    data = tmp_path_factory.mktemp("village")
    store = Store(data)
    text = demos.sample_text(store, SAMPLES["village"])
    training = TrainingConfig(stop="steps", stop_after=30.0, batch_size=16, sequence_length=16, evaluation_interval=15)
    ids = {"data": data}
    for name, kind in (("first", "word"), ("second", "word"), ("letters", "character")):
        config = RunConfig(TokenizerConfig(kind), ModelConfig(family="gru", embedding_size=16, hidden_size=24), training)
        ids[name] = store.add_run(owner=None, text_id=text.id, name=name, config=config, pinned_context=CONTEXT).id
        worker.work(data, ids[name])
    return ids


@pytest.fixture
def run(village, pool, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(village["data"]))
    monkeypatch.setattr(visitor, "current", lambda: None)
    return visitor.store().run(village["first"])


@pytest.fixture
def trained(run):
    return model_cache.load(visitor.data_folder(), run)


@pytest.fixture
def entries(run, trained):
    return model_lineup.of_run(run, trained, others=[("second", next(iter(same_tokens.others(run).values())))])


def test_who_stands_beside_a_run(entries):
    counting = [f"{order}-gram" for order in (1, 2, 3, 4, 5)]
    assert [entry.name for entry in entries] == ["this run", "second", "uniform", *counting, "the true grammar"]


def test_what_a_page_holds_keeps_no_model_alive(run, trained):
    ids = trained.encode("the cat")
    asked, model = probability.next_token(trained.model, ids), weakref.ref(trained.model)
    model_cache._loaded.cache_clear()  # others were asked meanwhile
    gc.collect()
    assert model() is None
    assert probability.next_token(trained.model, ids).tolist() == asked.tolist()
    older = TrainedModel(partial(model_cache._fetch, trained.fetch.args[0], 1), trained.tokenizer, 1, trained.kind)
    assert older.model is trained.model  # its own checkpoint has been replaced by the newest
    gone = TrainedModel(partial(model_cache._fetch, RunFolder(Path("gone")), 1), trained.tokenizer, 1, trained.kind)
    with pytest.raises(CheckpointDamaged):
        _ = gone.model


def test_runs_over_one_text_share_what_was_learned_and_counted_of_it(run, trained, village):
    second = visitor.store().run(village["second"])
    assert model_cache.load(visitor.data_folder(), second).tokenizer is trained.tokenizer
    assert ngram_cache.counts(visitor.data_folder(), second) is ngram_cache.counts(visitor.data_folder(), run)


def test_only_runs_over_the_same_tokens_can_stand_beside(run, village):
    assert list(same_tokens.others(run)) == [village["second"]]
    assert same_tokens.others(visitor.store().run(village["letters"])) == {}


def test_names_of_columns_are_different(run, village):
    runs = {village["first"]: run, village["second"]: visitor.store().run(village["second"])}
    assert sorted(model_lineup.labels(runs).values()) == ["The village", "The village (2)"]


@pytest.mark.parametrize("smoothing", ["kneser-ney", "add-k", "none"])
@pytest.mark.parametrize("context", ["", "the", CONTEXT, "it rains\nthe", "it rains every winter"])
def test_every_column_is_a_distribution_and_uses_all_it_can(run, trained, smoothing, context):
    ids = trained.encode(context)
    for entry in model_lineup.of_run(run, trained, smoothing):
        log_probs = entry.compared.next_log_probs(ids)
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-6)
        if not entry.compared.is_truth:
            assert_allclose(log_probs, probability.next_token(entry.compared.asked.model, ids), atol=1e-6)


def test_the_chain_is_made_of_the_same_numbers(trained, entries):
    ids = trained.encode("the dog near the cows sleeps\nit rains in the village")
    for entry in entries:
        one_by_one = [entry.compared.next_log_probs(ids[:position])[token_id] for position, token_id in enumerate(ids)]
        assert_allclose(entry.compared.token_log_probs(ids), one_by_one, atol=1e-5)


def test_the_true_probabilities(run, trained):
    grammar = true_grammar.of_run(run, trained)
    row = np.exp(grammar.next_log_probs(trained.encode("it")))
    ids = {word: trained.tokenizer.vocabulary.index(word) for word in ("rains", "snows")}
    assert row[ids["rains"]] == pytest.approx(0.65) and row[ids["snows"]] == pytest.approx(0.35)
    ended = np.exp(grammar.next_log_probs(trained.encode("it rains every winter")))
    assert ended[trained.tokenizer.begin_id] == pytest.approx(1)  # nothing but the end
    assert grammar.next_log_probs(trained.encode("winter the")) is None


def test_nothing_is_true_after_what_the_grammar_does_not_know(run, trained):
    log_probs = true_grammar.of_run(run, trained).token_log_probs(trained.encode("it the dog\nit rains"))
    assert_allclose(log_probs, [math.log(0.09), -np.inf, np.nan, np.nan, math.log(0.09), math.log(0.65)])


def test_there_is_no_truth_about_letters(village, run):
    letters = visitor.store().run(village["letters"])
    assert true_grammar.of_run(letters, model_cache.load(visitor.data_folder(), letters)) is None


def test_the_table_and_its_summary(trained, entries):
    ids = trained.encode(CONTEXT)
    found = [(entry, entry.compared.next_log_probs(ids)) for entry in entries]
    shown = np.argsort(-found[0][1])[:5]
    names = token_names.next_names(trained.tokenizer, ids, range(trained.tokenizer.vocabulary_size))
    frame = model_table.as_frame(names, found, shown)
    assert frame["uniform"].tolist() == pytest.approx([1 / trained.model.vocabulary_size] * 5)
    for entry, log_probs in found:
        assert frame[entry.name].sum() + model_table.rest(log_probs, shown) == pytest.approx(1, abs=1e-6)
    summary = model_table.summary(trained, found, shown, ids, names)
    assert summary["Reads of the context"] == [
        "all 5 tokens", "all 5 tokens", "nothing", "nothing", "1/5: cows", "2/5: the cows", "3/5: near the cows",
        "4/5: dog near the cows", "all 5 tokens",
    ]  # fmt: skip
    assert summary["KL from the truth (bits)"][-1] == "0.000"


def test_the_beginning_of_an_item_has_its_name(trained):
    assert model_table.readable(trained, trained.encode("it rains\nthe dog")) == "it rains ⟨begin⟩ the dog"


def test_tokens_that_no_text_has_are_named_in_the_visitor_s_language(trained, monkeypatch):
    monkeypatch.setattr(language, "current_language", lambda: "zh")
    assert model_table.readable(trained, trained.encode("it rains\nthe dog")) == "it rains ⟨开始⟩ the dog"
    assert token_names.in_text(trained.tokenizer, [0, 1]) == ["⟨未知⟩", "⟨开始⟩"]


# the film


def test_a_film_goes_from_nearly_uniform_to_the_final_model(run, trained):
    ids = np.asarray(trained.encode(CONTEXT), dtype=np.int64)
    frames = film.shoot(run, trained, ids).frames
    assert frames[0].step == 0 and frames[-1].step == 30 == trained.step
    uniform = math.log(trained.model.vocabulary_size)
    assert probability.entropy(frames[0].log_probs) > 0.97 * uniform
    assert frames[0].loss == pytest.approx(uniform, rel=0.1)
    assert_allclose(frames[-1].log_probs, probability.next_token(trained.model, ids), atol=1e-5)
    assert frames[-1].loss == pytest.approx(probability.score(trained.model, ids).cross_entropy, abs=1e-5)


def test_a_frame_is_asked_once(run, trained, monkeypatch):
    ids = np.asarray(trained.encode("the old farmer"), dtype=np.int64)
    first = film.shoot(run, trained, ids)
    monkeypatch.setattr(snapshots, "load_frame", lambda *_: pytest.fail("asked again"))
    assert film.shoot(run, trained, ids).ids == first.ids


def test_a_film_of_an_empty_context_has_no_loss_but_bars(run, trained):
    frames = film.shoot(run, trained, np.array([], dtype=np.int64)).frames
    assert [frame.loss for frame in frames] == [None] * len(frames)
    assert_allclose(frames[-1].log_probs, trained.model.start()[0], atol=1e-5)


def test_what_a_film_shows_is_all_of_the_probability(run, trained):
    ids = np.asarray(trained.encode(CONTEXT), dtype=np.int64)
    shown = film.shoot(run, trained, ids)
    data = film.as_data(run, trained, shown, ids)
    assert len(data["tokens"]) == len(set(shown.ids)) >= 10
    for one in data["frames"]:
        assert sum(one["p"]) + one["rest"] == pytest.approx(1, abs=1e-4)
        named = data["tokens"][one["best"]]  # the token that the sentence under the film names is one of its bars
        assert f"“{named}”" in one["said"] and one["p"][one["best"]] == max(one["p"])
        earlier = [sample["step"] for sample in data["samples"] if sample["step"] <= one["step"]]
        assert one["sample"] is None if not earlier else data["samples"][one["sample"]]["step"] == max(earlier)
    assert data["frames"][0]["step"] == 0 and data["frames"][0]["sample"] is None  # nothing was written before the first step
    assert [step for step, _loss in data["curve"]] == sorted({step for step, _loss in data["curve"]})


def test_the_newest_checkpoint_ends_a_film_of_a_run_that_goes_on(run, trained, monkeypatch):
    paths = RunFolder.of(visitor.data_folder(), run.id).frames()
    monkeypatch.setattr(RunFolder, "frames", lambda _: paths[:-1])
    assert film.pictures(run, trained)[-1] == (trained.step, None)


# why


def test_evidence_begins_with_the_item(run, trained):
    index = ngram_cache.counts(visitor.data_folder(), run).index
    rains = trained.tokenizer.vocabulary.index("rains")
    found = why.look_up(trained, index, np.asarray(trained.encode("it")), rains)
    assert [one.length for one in found] == [1, 2]  # "it", and "it" at the beginning
    lines = visitor.store().content(run.text_id).splitlines()
    assert 0 < found[1].count <= sum(line.startswith("it rains") for line in lines)
    assert found[1].share == pytest.approx(0.65, abs=0.05)


def test_what_replaces_a_token_is_a_real_word(run, trained):
    assert trained.tokenizer.vocabulary[why.most_frequent(run, trained)] == "the"


# two sentences


@pytest.mark.parametrize("second", ["the cows near the dog", "it rains", "the dog near the cows sleeps in the barn", "the"])
def test_the_pairs_pay_for_the_whole_difference(trained, second):
    scores = [probability.score(trained.model, trained.encode(text)) for text in (CONTEXT, second)]
    pairs = alignment.align(*(score.ids.tolist() for score in scores))
    for side, score in enumerate(scores):
        assert sorted(pair[side] for pair in pairs if pair[side] is not None) == list(range(len(score.ids)))
    paid = alignment.differences(pairs, *(score.surprise for score in scores))
    assert paid.sum() == pytest.approx(scores[1].surprise.sum() - scores[0].surprise.sum())


def test_a_model_is_asked_from_its_best_checkpoint_or_from_its_last(run, village):
    saved = [step_of(path) for path in RunFolder.of(village["data"], run.id).checkpoints()]
    assert len(saved) > 1 and saved[0] == 30
    for best in saved:
        chosen = replace(run, best_step=best)
        assert model_cache.load(village["data"], chosen).step == best
        assert model_cache.load(village["data"], chosen, last=True).step == 30
    for unknown in (None, 29):  # no validation, or its best step was never saved
        assert model_cache.load(village["data"], replace(run, best_step=unknown)).step == 30


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_which_step_is_asked_and_offers_the_last(run, village, lang):
    saved = [step_of(path) for path in RunFolder.of(village["data"], run.id).checkpoints()]
    before = run.best_step, run.best_loss
    with visitor.store().database.writing() as connection:
        connection.execute("UPDATE runs SET best_step = ?, best_loss = 1.25 WHERE id = ?", (saved[1], run.id))
    try:
        app = AppTest.from_file(MENU, default_timeout=60)
        app.query_params["lang"], app.query_params["run"] = lang, run.id
        app.run().switch_page("explore.py").run()
        best = {"en": f"You are asking step {saved[1]}, the best on new text", "zh": f"这里用的是第 {saved[1]} 步的模型"}[lang]
        last = {"en": "This is its last step", "zh": "这是它的最后一步"}[lang]
        assert any(best in caption.value and "1.25" in caption.value for caption in app.caption)
        app.toggle(key=f"guard.last.{run.id}").set_value(True).run()
        assert any(last in caption.value and "1.25" in caption.value for caption in app.caption)
    finally:
        with visitor.store().database.writing() as connection:
            connection.execute("UPDATE runs SET best_step = ?, best_loss = ? WHERE id = ?", (*before, run.id))


@pytest.mark.parametrize(
    ("text", "verdict"), [("the cat sat", "It can be remembered."), ("the cat ran", "as one continuation of several")]
)
def test_a_rare_continuation_is_remembered_as_one_of_several(text, verdict):
    """After "the cat", "sat" came four times and "ran" once."""

    def page(text, training):
        import numpy as np

        from lmcore.inference.evidence import evidence
        from lmcore.text.text_index import TextIndex
        from lmcore.tokenizers import WordTokenizer
        from pages.parts.explore import why

        tokenizer = WordTokenizer.train(training)
        ids, context = tokenizer.encode(training), tokenizer.encode(text)
        index = TextIndex(np.asarray(ids), tokenizer.vocabulary_size)
        why.say_verdict(evidence(context[:-1], int(context[-1]), index), context[:-1], expected=True)

    training = "the cat sat the cat sat the cat ran the cat sat the cat sat"
    app = AppTest.from_function(page, kwargs={"text": text, "training": training}).run()
    assert not app.exception and verdict in app.info[0].value
