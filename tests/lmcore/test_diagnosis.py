"""What a curve says: synthetic curves of every situation, and runs whose outcome is known."""

from dataclasses import replace

import numpy as np
import pytest

from lmcore.config import ModelConfig, RunConfig, TokenizerConfig, TrainingConfig
from lmcore.models import build_model
from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import build_tokenizer
from lmcore.training.diagnosis import CODES, History, Point, diagnose
from lmcore.training.loop import TrainingState, fit
from sample_corpora import SAMPLES
from tests.lmcore.examples import quick, small

GUESSING = 4.0


def history(training: list[float], validation: list | None = None, noise: float = 0.0, **more) -> History:
    """An evaluation every 10 steps; the losses as they were there."""
    validation = validation or [None] * len(training)
    points = [
        Point(10 * (position + 1), loss, new, noise)
        for position, (loss, new) in enumerate(zip(training, validation, strict=True))
    ]
    return History(points, GUESSING, **more)


def of_settings(
    training: list[float], validation: list | None = None, *, model: dict | None = None, lines=(3.0, 2.5), norms=(), **more
):
    """A run that has ended, with its settings; lines: of counting tokens and pairs; norms: of the gradient at each step."""
    fields = {name: more.pop(name) for name in ("unknown", "broke_off") if name in more}
    settings = RunConfig(model=ModelConfig(**model or {}), training=TrainingConfig(**more))
    fields["lines"] = dict(zip(("unigram", "bigram"), lines, strict=True)) if validation else {}
    fields["norms"] = list(enumerate(norms, start=1))
    return history(training, validation, ended=True, rates=((0, settings.training.learning_rate),), settings=settings, **fields)


FALLING, LOW = [3.5, 3.0, 2.6, 2.3, 2.1, 1.9], [3.0, 2.0, 1.5, 1.48, 1.48, 1.475]
RAISED = ((0, 0.02), (35, 0.5))
TABLE = [
    ("too_short", history([])),
    ("too_short", history([3.5, 3.0], [3.6, 3.1])),
    ("learning", history(FALLING, [loss + 0.1 for loss in FALLING])),
    ("learning", history(FALLING)),
    ("learning", history(FALLING, [loss + 0.1 for loss in FALLING], rates=((0, 0.02),), dropout=True)),
    ("unfinished", history(FALLING, [loss + 0.1 for loss in FALLING], ended=True)),
    ("unfinished", history(FALLING, ended=True)),
    ("plateau", history(LOW, [loss + 0.1 for loss in LOW])),
    ("plateau", history(LOW)),
    ("plateau", history(LOW, [loss + 0.1 for loss in LOW], noise=0.05)),  # what falls within the noise does not fall
    ("overfitting_begins", history(FALLING, [3.4, 3.0, 2.8, 2.7, 2.7, 2.7])),
    ("overfitting", history(FALLING, [3.4, 3.0, 2.8, 2.9, 3.1, 3.4])),
    ("overfitting", history([3.0, 1.0, 0.1, 0.02, 0.02, 0.02], [3.1, 2.5, 2.6, 3.4, 4.5, 5.6])),  # worse than guessing
    ("overfitting", history([3.0, 1.0, 0.02, 0.02, 0.02, 0.02], [3.1, 2.5, 2.4, 3.4, 4.5, 5.6])),  # nothing is left to learn
    ("overfitting", history([2.0, 1.5, 1.2, 0.9, 0.7, 0.6], [3.4, 3.0, 2.8, 2.9, 3.1, 3.4], sampled=True)),
    ("both_rising", history([3.5, 3.0, 3.1, 3.2, 3.3, 3.4], [3.5, 3.0, 3.1, 3.2, 3.3, 3.5])),
    ("both_rising", history([3.5, 3.0, 2.5, 3.2, 2.9, 3.4], [3.5, 3.0, 2.6, 3.2, 3.0, 3.5], rates=((0, 10.0),))),
    ("unsteady", history([3.5, 3.0, 2.9, 2.9, 2.9, 2.9], [3.5, 3.0, 2.9, 3.0, 2.9, 3.0])),
    ("unsteady", history([3.5, 3.0, 2.9, 2.9, 2.9, 2.95], [3.5, 3.0, 2.9, 3.0, 2.9, 3.0], noise=0.1)),
    ("unsteady", history([3.9, 3.0, 2.4, 1.96], [3.8, 2.7, 2.0, 2.1])),  # the mean lags behind
    ("rising", history([3.5, 3.0, 2.5, 2.8, 3.1, 3.2])),
    ("diverged", history([3.5, 3.0, 5.5, 8.0, 9.0, 9.0], [3.5, 3.0, 5.5, 8.0, 9.0, 9.0])),
    ("diverged", history([85.0, 85.0], [85.0, 85.0])),
    ("diverged", history([85.0])),
    ("nothing_learned", history([4.0, 4.01, 4.0, 3.99], [4.0, 4.0, 4.01, 4.0])),
    ("nothing_learned", history([4.0, 4.2, 4.3, 4.4], [4.0, 4.2, 4.3, 4.4])),
    ("rate_changed", history([3.5, 3.0, 2.5], [3.5, 3.0, 2.6], rates=RAISED)),
    ("rate_changed", history([3.5, 3.0, 2.5, 2.4], [3.5, 3.0, 2.6, 2.5], rates=RAISED)),
    ("rate_raised", history([3.5, 3.0, 2.5, 3.4], [3.5, 3.0, 2.6, 3.5], rates=RAISED)),
    ("rate_raised", history([3.5, 3.0, 2.5, 3.4, 3.3, 3.3], [3.5, 3.0, 2.6, 3.5, 3.3, 3.3], rates=RAISED)),
    ("rate_raised", history([3.5, 3.0, 2.5, 9.4, 9.3, 9.3], rates=RAISED)),  # why it has diverged
    ("rate_raised", history([2.0, 1.0, 0.5, 1.4, 1.3, 1.2], [2.5, 2.2, 2.4, 2.9, 2.8, 2.8], rates=RAISED)),  # by heart, before
    ("learning", history([3.5, 3.0, 2.5, 2.3, 2.1, 1.9], [3.5, 3.0, 2.6, 2.4, 2.2, 2.0], rates=RAISED)),  # it did no harm
    ("overfitting", history(FALLING, [3.4, 3.0, 2.8, 2.9, 3.1, 3.4], rates=((0, 0.5), (35, 0.02)))),
    ("rate_changed", history([3.5, 3.0, 3.3, 2.5], [3.5, 3.0, 3.3, 2.6], rates=((0, 0.5), (35, 0.02)))),
    ("both_rising", history([3.5, 3.0, 2.5, 2.9, 3.1, 3.3], [3.5, 3.0, 2.6, 2.9, 3.1, 3.3], rates=((0, 10.0), (35, 5.0)))),
    ("rate_too_low", of_settings([4.0, 4.0, 3.99, 3.98], learning_rate=0.0001)),
    ("nothing_learned", of_settings([4.0, 4.0, 3.99, 3.98], learning_rate=0.01)),
    ("exploded", of_settings([3.5, 3.0, 9.0, 8.0], norms=[1.0, 1.0, 8.0, 2.0], optimizer="sgd")),
    ("diverged", of_settings([3.5, 3.0, 9.0, 8.0], norms=[1.0, 1.0, 8.0, 2.0], optimizer="sgd", clipping=1.0)),
    ("diverged", of_settings([3.5, 3.0, 9.0, 8.0], norms=[1.0, 1.0, 8.0, 2.0], optimizer="muon")),
    ("diverged", of_settings([3.5], broke_off=(15, float("inf")))),
    ("by_heart", of_settings([3.0, 1.0, 0.02, 0.01])),
    ("plateau", of_settings([3.0, 1.0, 0.3, 0.3, 0.3])),
    ("mostly_unknown", of_settings(FALLING, FALLING, unknown=0.4)),
    ("no_order", of_settings([3.5, 3.0, 3.0, 3.0], [3.5, 3.0, 3.0, 3.0], lines=(3.0, 3.1))),
    ("unfinished", of_settings(FALLING, FALLING, lines=(3.0, 3.1))),  # what pairs cannot tell, the network can
    ("prompt_ignored", of_settings(LOW, LOW, lines=(3.0, 1.475), loss_on="answer")),
    ("plateau", of_settings(LOW, LOW, lines=(3.0, 1.6), loss_on="answer")),
    ("too_small", of_settings(FALLING, FALLING, lines=(3.0, 1.5), model={"hidden_size": 2})),
    ("unfinished", of_settings(FALLING, FALLING, lines=(3.0, 1.5))),
    ("context_of_one", of_settings(FALLING, FALLING, lines=(3.0, 1.9), sequence_length=1)),
    ("unfinished", of_settings(FALLING, FALLING, lines=(3.0, 2.5), sequence_length=1)),
    ("context_of_one", of_settings(FALLING, FALLING, lines=(3.0, 1.9), model={"family": "transformer", "window": 1})),
]


@pytest.mark.parametrize(("code", "curve"), TABLE, ids=[f"{number}-{code}" for number, (code, _) in enumerate(TABLE)])
def test_each_situation_is_named(code, curve):
    assert diagnose(curve)[0].code == code


def test_the_table_knows_every_situation():
    assert {code for code, _ in TABLE} | {"validation_lower"} == set(CODES)


def test_a_change_and_a_rise_carry_their_numbers():
    found = diagnose(history([3.5, 3.0, 2.5, 3.4], [3.5, 3.0, 2.6, 3.5], rates=RAISED))[0]
    assert found.values == {"step": 35, "before": 0.02, "rate": 0.5, "training_before": 2.5, "training": 3.4}
    found = diagnose(history(FALLING, [3.4, 3.0, 2.8, 2.9, 3.1, 3.4], rates=((0, 0.02),)))[0]
    assert found.values == {"step": 30, "loss": 3.4, "rate": 0.02}


@pytest.mark.parametrize(
    ("explained", "more"), [(True, {"dropout": True}), (False, {}), (False, {"dropout": True, "sampled": True})]
)
def test_a_validation_loss_below_the_training_loss_is_explained(explained, more):
    curve = history(FALLING, [loss - 0.3 for loss in FALLING], **more)
    assert ("validation_lower" in [finding.code for finding in diagnose(curve)]) == explained


def curve_of(characters: int, changes: dict[int, float], steps: int = 120, hidden: int = 24, **settings) -> History:
    """A plain RNN on the beginning of a text, as a page would look at it; changes: {after this step: another learning rate}."""
    corpus = Corpus.from_text(SAMPLES["fables-en"].text()[:characters], "stream")
    tokenizer = build_tokenizer(TokenizerConfig("character"), corpus.train)
    config = quick(stop_after=steps, planned_steps=steps, evaluation_interval=20, schedule="constant", **settings)
    network = build_model(small("rnn", hidden_size=hidden), tokenizer.vocabulary_size, seed=1)
    data = encode(corpus, tokenizer)
    state = TrainingState(network, data, config)
    rates, points, losses = [(0, config.learning_rate)], [], []
    for event in fit(network, data, config, state):
        losses.append(event.loss)
        if event.evaluation:
            recent = np.array(losses[-20:])
            points.append(Point.of(event.step, recent, event.evaluation.loss))
        if event.step in changes:
            state.change_learning_rate(changes[event.step])
            rates.append((event.step, changes[event.step]))
    return History(points, np.log(tokenizer.vocabulary_size), rates, ended=True)


ARTICLE = {"optimizer": "sgd", "clipping": 1.0}  # SGD without momentum, as most first lessons have it


@pytest.mark.parametrize(
    ("code", "curve"),
    [
        ("unfinished", lambda: curve_of(12_000, {}, optimizer="adam", learning_rate=0.01)),
        ("diverged", lambda: curve_of(12_000, {}, **ARTICLE, learning_rate=10.0)),
        ("rate_raised", lambda: curve_of(12_000, {60: 10.0}, **ARTICLE, learning_rate=0.5)),
        ("nothing_learned", lambda: curve_of(12_000, {}, **ARTICLE, learning_rate=1e-6)),
        (
            "overfitting",
            lambda: curve_of(3_000, {}, 300, 64, batch_size=8, sequence_length=16, optimizer="adam", learning_rate=0.01),
        ),
    ],
)
def test_runs_whose_outcome_is_known(code, curve):
    assert diagnose(curve())[0].code == code


@pytest.mark.parametrize(
    ("span", "curve"),
    [
        ((30, 60), history(FALLING, [3.4, 3.0, 2.8, 2.9, 3.1, 3.4])),
        ((30, 60), history([3.5, 3.0, 5.5, 8.0, 9.0, 9.0], [3.5, 3.0, 5.5, 8.0, 9.0, 9.0])),
        ((3, 4), of_settings([3.5, 3.0, 9.0, 8.0], norms=[1.0, 1.0, 8.0, 2.0], optimizer="sgd")),
        ((40, 60), of_settings(FALLING, FALLING, lines=(3.0, 1.5), model={"hidden_size": 2})),
        (None, history(FALLING, FALLING)),
    ],
)
def test_a_fault_says_where_it_is_seen(span, curve):
    assert diagnose(curve)[0].span == span


def test_a_curve_with_holes_is_still_read():
    curve = history([3.5, float("nan"), 3.0, 2.6, 2.3], [3.5, 3.2, 3.1, 2.7, 2.4])
    assert diagnose(curve)[0].code == "learning"
    assert diagnose(replace(curve, points=[Point(1, float("nan"), None)]))[0].code == "too_short"
