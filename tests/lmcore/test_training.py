"""The loop: it learns, it is reproducible bit for bit, it stops when told, and a context begins as training left it."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from lmcore import Corpus, processor, train
from lmcore.config import RunConfig, TrainingConfig, choices
from lmcore.errors import LossNotFinite
from lmcore.inference import probability
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.text.corpus import TokenData, encode
from lmcore.training.evaluation import SOLVED, text_size, validation_nats
from lmcore.training.loop import StopTraining, TrainingState, fit, forward_backward, is_evaluation_step, take_step, update
from tests.lmcore.examples import FAMILIES, KINDS, pattern, quick, small


def run(family="lstm", kind="stream", **changes):
    network = build_model(small(family), 6)
    return network, list(fit(network, pattern(kind), quick(**changes)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_a_pattern(family, kind):
    _, events = run(family, kind)
    assert events[0].loss == pytest.approx(math.log(6), abs=0.5)
    assert events[-1].loss < 0.2
    assert events[-1].evaluation.loss < 0.2


@pytest.mark.parametrize("optimizer", choices(TrainingConfig, "optimizer"))
def test_every_optimizer_learns(optimizer):
    rate = {"sgd": 1.0, "momentum": 0.3}.get(optimizer, 0.02)
    _, events = run(optimizer=optimizer, learning_rate=rate)
    assert events[-1].loss < events[0].loss / 2


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_the_rate_follows_its_schedule(schedule):
    _, events = run(schedule=schedule)
    rates = [event.learning_rate for event in events]
    if schedule == "constant":
        assert set(rates) == {0.02}
    else:
        assert rates[0] == pytest.approx(0.02 / 6) and max(rates) == 0.02 and 0 < rates[-1] < 1e-3


@pytest.mark.parametrize("planned", [1, 2, 3, 9, 10, 60])
@pytest.mark.parametrize("schedule", choices(TrainingConfig, "schedule"))
@pytest.mark.parametrize("optimizer", choices(TrainingConfig, "optimizer"))
def test_every_planned_step_changes_the_weights(optimizer, schedule, planned):
    config = quick(optimizer=optimizer, schedule=schedule, planned_steps=planned, evaluation_interval=1_000_000)
    network = build_model(small("rnn"), 6)
    weights = [torch.nn.utils.parameters_to_vector(network.parameters())]
    weights.extend(torch.nn.utils.parameters_to_vector(network.parameters()) for _ in fit(network, pattern("stream"), config))
    assert len(weights) == planned + 1
    assert not any(torch.equal(before, after) for before, after in pairwise(weights))


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_losses(family, precision):
    losses = [[event.loss for event in run(family, precision=precision)[1]] for _ in range(2)]
    assert losses[0] == losses[1]
    again = [event.loss for event in run(family, precision=precision, seed=2)[1]]
    assert again == losses[0]  # the seed of a stream without dropout decides the weights alone


@pytest.mark.skipif(not processor.has_bfloat16(), reason="this processor has no kernel for bfloat16")
@pytest.mark.parametrize("family", FAMILIES)
def test_bfloat16_ends_where_float32_does(family):
    _, narrow = run(family, precision="bfloat16")
    _, plain = run(family, precision="float32")
    assert [event.loss for event in narrow] != [event.loss for event in plain]
    assert narrow[0].loss == pytest.approx(plain[0].loss, abs=0.01)
    assert narrow[-1].evaluation.loss == pytest.approx(plain[-1].evaluation.loss, abs=0.01)


def test_a_sampled_loss_trains_and_is_measured_exactly():
    network, events = run(loss="sampled")
    assert events[-1].loss < 0.2
    nats, tokens = validation_nats(network, pattern("stream"))
    assert events[-1].evaluation.loss == nats / tokens


def test_the_curve_does_not_depend_on_the_caller_s_threads():
    before = torch.get_num_threads()
    try:
        curves = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            network = build_model(small(hidden_size=64), 6)
            config = quick(planned_steps=8, batch_size=64, sequence_length=64)
            seen = [(event.loss, torch.get_num_threads()) for event in fit(network, pattern("stream"), config)]
            assert {number for _, number in seen} == {threads}
            curves.append([loss for loss, _ in seen])
        assert curves[0] == curves[1]
    finally:
        torch.set_num_threads(before)


def test_forgotten_states_are_drawn_for_a_share_of_the_lanes():
    """A lane that keeps its state of 1000 is at tanh(1000) = 1 after the next token; one that forgets is not."""
    network, data = build_model(small("rnn"), 6), pattern("stream")
    with torch.no_grad():
        network.rnn.weight_hh_l0.copy_(torch.eye(16))
    state = TrainingState(network, data, quick(state_resets=0.5, batch_size=64, sequence_length=1))
    state.hidden = (torch.full((1, 64, 16), 1e3),)
    (hidden,) = forward_backward(network, state).hidden
    kept = [bool((lane == 1).all()) for lane in hidden[0]]
    assert 20 < sum(kept) < 44
    take_step(network, state)
    state.hidden = (torch.full((1, 64, 16), 1e3),)
    (hidden,) = forward_backward(network, state).hidden
    assert [bool((lane == 1).all()) for lane in hidden[0]] != kept


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_that_is_only_looked_at_changes_nothing(family, kind):
    """Two traces before the update are equal, and the run goes on as if they had not been asked for."""
    network, data = build_model(small(family, dropout=0.3), 6), pattern(kind)
    config = quick(planned_steps=6, state_resets=0.3, clipping=0.1)
    state, losses = TrainingState(network, data, config), []
    while not state.finished:
        weights = [weight.clone() for weight in network.parameters()]
        with processor.threads(config.threads):  # sums are taken in another order on two threads
            first, again = forward_backward(network, state), forward_backward(network, state)
        gradients = torch.cat([weight.grad.flatten() for weight in network.parameters()])
        assert (first.loss, first.norm) == (again.loss, again.norm)
        assert first.norm == pytest.approx(gradients.norm().item())
        assert all(map(torch.equal, weights, network.parameters()))
        update(network, state, again)
        losses.append(first.loss)
    assert losses == [event.loss for event in fit(build_model(small(family, dropout=0.3), 6), data, config)]


@pytest.mark.parametrize("optimizer", ["muon", "adam", "momentum"])
def test_a_rate_that_explodes_ends_the_run_though_every_number_is_finite(optimizer):
    ids = np.random.default_rng(1).integers(0, 50, 3000).astype(np.uint8)
    data = TokenData("stream", ids, ids[:0], validation_bytes=0, unknown_bytes=0, opening=ids[-8:])
    config = quick(optimizer=optimizer, learning_rate=10.0, schedule="constant", planned_steps=1000)
    with pytest.raises(LossNotFinite) as error:
        list(fit(build_model(small("rnn", hidden_size=64), 50), data, config))
    assert 2 * math.log(50) + 5 < error.value.values["loss"] < math.inf
    assert error.value.values["learning_rate"] == 10.0


def test_the_error_names_the_rate_that_was_set_not_what_the_schedule_makes_of_it():
    network = build_model(small(), 6)
    config = quick(schedule="cosine")
    data = pattern("stream")
    state = TrainingState(network, data, config)
    steps = fit(network, data, config, state)
    for _ in range(30):
        next(steps)
    state.change_learning_rate(5.0)
    with torch.no_grad():
        network.output.weight.fill_(torch.nan)
    with pytest.raises(LossNotFinite) as error:
        next(steps)
    assert error.value.values["learning_rate"] == 5.0


def test_a_vocabulary_of_one_trains():
    ids = np.zeros(300, dtype=np.uint8)
    data = TokenData("stream", ids, ids, validation_bytes=300, unknown_bytes=0, opening=ids[:8])
    events = list(fit(build_model(small(), 1), data, quick()))
    assert {event.loss for event in events} == {0.0}
    assert events[-1].evaluation.loss == 0.0


def test_dropout_is_seeded_and_leaves_the_caller_s_random_numbers_alone():
    def losses(seed):
        return [event.loss for event in fit(build_model(small(dropout=0.5), 6), pattern("stream"), quick(seed=seed))]

    before = torch.get_rng_state()
    first = losses(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert first == losses(1)
    assert first != losses(2)


def test_an_event_says_where_training_is():
    _, events = run()
    assert [event.step for event in events] == list(range(1, 61))
    assert events[-1].tokens == 60 * 4 * 8
    assert events[-1].epoch == pytest.approx(60 * 32 / 240)
    assert [event.step for event in events if event.evaluation] == [2, 5, 10, 20, 40, 60]
    assert all(event.gradient_norm > 0 for event in events)


def test_evaluation_steps_end_with_the_last():
    config = quick(planned_steps=50, evaluation_interval=20)
    assert [step for step in range(1, 51) if is_evaluation_step(config, step)] == [2, 5, 10, 20, 40, 50]


@pytest.mark.parametrize(("interval", "expected"), [(200, [2, 50, 100, 200]), (400, [2, 200])])
def test_dear_evaluations_are_few(interval, expected):
    config = quick(planned_steps=200, evaluation_interval=interval)
    assert [step for step in range(1, 201) if is_evaluation_step(config, step)] == expected


def test_callbacks_see_each_event_and_may_stop():
    seen = []

    def stop_at_five(event):
        seen.append(event.step)
        if event.step == 5:
            raise StopTraining

    config = RunConfig(model=small()).with_training(stop="steps", stop_after=20.0)
    model = train(Corpus.from_text("the cat sat on the mat\n" * 30), config, [stop_at_five])
    assert seen == [1, 2, 3, 4, 5]
    assert model.step == 5


def test_a_trained_network_is_that_of_the_lowest_validation_loss():
    numbers = random.Random(1)
    lines = "".join(f"{numbers.choice('abcdef')} {numbers.choice('ghijkl')} {numbers.randrange(100)}\n" for _ in range(400))
    losses = {}

    def look(event):
        if event.evaluation:
            losses[event.step] = event.evaluation.loss

    config = RunConfig(model=small()).with_training(
        stop="steps",
        stop_after=400.0,
        learning_rate=0.05,
        regularisation="as_set",
        precision="float32",
        schedule="constant",
        evaluation_interval=20,
    )
    corpus = Corpus.from_text(lines, "lines")
    model = train(corpus, config, [look])
    assert model.step == min(losses, key=losses.get) < 400
    network, data = model.model.network, encode(corpus, model.tokenizer)
    nats, tokens = validation_nats(network, data)
    assert math.isclose(nats / tokens, losses[model.step], rel_tol=1e-5)


def test_an_exploding_loss_is_named_before_the_weights_are_spoilt():
    network = build_model(small("rnn"), 6)
    data, config = pattern("stream"), quick(optimizer="sgd", learning_rate=10.0, clipping=0.0, schedule="constant")
    with torch.no_grad():
        network.output.weight.mul_(1e25)
    with pytest.raises(LossNotFinite) as error:
        for _ in fit(network, data, config):
            pass
    assert error.value.values["step"] >= 1
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_clipping_bounds_the_update():
    network = build_model(small(), 6)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    config = quick(optimizer="sgd", learning_rate=1.0, clipping=0.01, schedule="constant")
    next(fit(network, pattern("stream"), config))
    moved = math.sqrt(sum(((new - old) ** 2).sum().item() for new, old in zip(network.parameters(), before, strict=True)))
    assert moved == pytest.approx(0.01, rel=1e-3)


def test_the_learning_rate_can_change_between_two_steps():
    network, data, config = build_model(small(), 6), pattern("stream"), quick(schedule="constant")
    state = TrainingState(network, data, config)
    steps = fit(network, data, config, state)
    assert next(steps).learning_rate == 0.02
    state.change_learning_rate(0.002)
    assert next(steps).learning_rate == 0.002


def test_a_plateau_lowers_the_rate_and_ends_the_run():
    config = quick(stop="plateau", planned_steps=100_000, stop_after=100_000, evaluation_interval=5)
    events = list(fit(build_model(small(), 6), pattern("stream"), config))
    rates = [event.learning_rate for event in events]
    assert max(rates) == 0.02
    assert min(rates[20:]) == pytest.approx(0.02 * 0.3**3)
    assert len(events) < 100_000


def test_of_steps_that_have_learned_all_the_last_is_the_best():
    network, data, config = build_model(small(), 6), pattern("lines"), quick(planned_steps=400, evaluation_interval=20)
    state = TrainingState(network, data, config)
    losses = {event.step: event.evaluation for event in fit(network, data, config, state) if event.evaluation}
    solved = [step for step, found in losses.items() if found.loss < SOLVED]
    assert len(solved) > 3 and all(losses[step].improved for step in solved)
    assert state.best_step == solved[-1] and state.best_loss == losses[solved[-1]].loss


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_validation_equals_asking_the_language_model(family, kind):
    """The same beginning in training, validation and exploring: one number by two ways."""
    network, _ = run(family, kind)
    data = pattern(kind)
    nats, tokens = validation_nats(network, data)
    model = NeuralLanguageModel(network, data.opening)
    if kind == "stream":
        expected = -probability.score(model, data.validation).log_probs.sum()
        assert tokens == len(data.validation)
    else:  # every item from a fresh beginning: 50 times `1 2 3 4 <begin>`
        expected = -50 * probability.score(model, np.array([1, 2, 3, 4, 0])).log_probs.sum()
        assert tokens == 250
    assert_allclose(nats, expected, rtol=1e-4)
    assert text_size(data).bits_per_byte(nats) == pytest.approx(nats / math.log(2) / data.validation_bytes)


def test_a_long_validation_stream_is_scored_in_primed_lanes():
    """Lanes begin with as much context as a fresh one has: the sum is that of one pass, up to what lies further back."""
    network, _ = run()
    data = pattern("stream")
    ids = np.random.default_rng(1).integers(1, 5, 9000).astype(np.uint8)
    data = type(data)("stream", data.train, ids, 9000, 0, data.opening)
    nats, tokens = validation_nats(network, data)
    expected = -probability.score(NeuralLanguageModel(network, data.opening), ids).log_probs.sum()
    assert tokens == 9000
    assert_allclose(nats, expected, rtol=1e-4)


def test_a_context_knows_where_the_stream_left_off():
    """The pattern goes on after the training text's last token, not from a zero state."""
    network, _ = run("lstm", "stream")
    model = NeuralLanguageModel(network, pattern("stream").opening)  # ends with … 3 4
    assert np.exp(model.start()[0])[1] > 0.8
