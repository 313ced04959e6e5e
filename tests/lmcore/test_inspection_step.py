"""One training step opened: its numbers are those of a fresh evaluation, of the formulas, and of differences of the loss."""

import numpy as np
import pytest
import torch

from lmcore.config import RunConfig, TrainingConfig, choices
from lmcore.errors import LossNotFinite
from lmcore.inference import probability
from lmcore.inspection import step
from lmcore.inspection.step import Nudged, OpenedStep, WeightEntry
from lmcore.models import NeuralLanguageModel, build_model
from tests.lmcore.examples import FAMILIES, quick, small

IDS = np.array([3, 1, 4, 1, 5])
OPTIMIZERS = choices(TrainingConfig, "optimizer")


def a_model(family: str = "lstm", vocabulary_size: int = 7, opening=(1, 2, 3), begin_id=None, **changes) -> NeuralLanguageModel:
    network = build_model(small(family, **{"dropout": 0.5, **changes}), vocabulary_size)
    return NeuralLanguageModel(network, np.minimum(opening, vocabulary_size - 1), begin_id)


def opened(family: str = "lstm", ids=IDS, config=None, **model) -> OpenedStep:
    return OpenedStep(a_model(family, **model), ids, config or quick())


def replay(one: OpenedStep, moves):
    for optimizer, rate, count in moves:
        for _ in range(count):
            one.take(optimizer, rate)


def weights_of(one: OpenedStep) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in one.network.named_parameters()}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_learning_rate_of_0_changes_nothing_bit_for_bit(family, optimizer):
    one = opened(family, config=quick(optimizer=optimizer, clipping=0.01))
    before = weights_of(one)
    shown = one.open(optimizer, 0.0, position=2, entries=one.telling())
    assert np.array_equal(shown.logits_after, shown.logits)
    assert np.array_equal(shown.losses_after, shown.losses)
    assert all(followed.after == followed.value for followed in shown.followed)
    one.take(optimizer, 0.0)
    assert all(torch.equal(weight, before[name]) for name, weight in one.network.named_parameters())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_shown_after_the_update_is_what_the_changed_network_says(family, optimizer):
    one = opened(family, config=quick(optimizer=optimizer))
    for _ in range(2):  # the optimizer has a memory at the second
        entries = one.telling()
        shown = one.open(optimizer, 0.05, position=3, entries=entries)
        one.take(optimizer, 0.05)
        with torch.no_grad():
            features, _ = one.network.features(one.inputs[None], one.state)
            fresh = torch.log_softmax(one.network.output(features)[0], dim=-1).numpy()
        assert np.array_equal(np.log(shown.probabilities_after).round(9), fresh[3].round(9))
        np.testing.assert_allclose(shown.losses_after, -fresh[np.arange(5), IDS], rtol=1e-12)
        after = one.open(optimizer, 0.05, position=3, entries=entries)
        assert [followed.value for followed in after.followed] == [followed.after for followed in shown.followed]
        assert after.loss == shown.loss_after


@pytest.mark.parametrize("family", FAMILIES)
def test_the_losses_are_those_the_model_is_asked_for_everywhere(family):
    model = a_model(family)
    shown = OpenedStep(model, IDS, quick()).open("sgd", 0.1, position=0)
    np.testing.assert_allclose(shown.losses, -probability.score(model, IDS).log_probs, atol=1e-5)
    first, _ = model.start()
    np.testing.assert_allclose(np.log(shown.probabilities), first, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_item_within_the_sentence_begins_from_nothing(family):
    model, ids = a_model(family, opening=(0,), begin_id=0), np.array([2, 3, 0, 0, 2, 3])
    shown = OpenedStep(model, ids, quick()).open("sgd", 0.1, position=5)
    np.testing.assert_allclose(shown.losses, -probability.score(model, ids).log_probs, atol=1e-5)
    assert shown.losses[4:].tolist() == shown.losses[:2].tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_of_the_logits_is_p_less_the_one_hot(family):
    one = opened(family)
    for position, target in enumerate(IDS):
        shown = one.open("sgd", 0.1, position)
        assert shown.target == target
        one_hot = np.eye(7)[target]
        np.testing.assert_allclose(shown.to_logits, (shown.probabilities - one_hot) / len(IDS), rtol=1e-12, atol=1e-16)
        assert abs(shown.to_logits.sum()) < 1e-15


@pytest.mark.parametrize("changes", [{}, {"tied": True, "embedding_size": 16}, {"layers": 2}], ids=["", "tied", "two layers"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_gradient_agrees_with_a_difference_of_losses(family, changes):
    one = opened(family, **changes)
    random = np.random.default_rng(1)
    entries = list(one.telling())
    for name, weight in one.network.named_parameters():
        entries += [WeightEntry(name, tuple(int(random.integers(size)) for size in weight.shape)) for _ in range(3)]
    for followed in one.open("muon", 0.1, 0, tuple(entries), epsilon=1e-5).followed:
        assert followed.nudged.slope == pytest.approx(followed.gradient, rel=1e-6, abs=1e-10), followed.entry
    for entry in one.telling():
        (followed,) = one.open("muon", 0.1, 0, (entry,), epsilon=1e-4).followed
        assert followed.gradient and followed.nudged.slope == pytest.approx(followed.gradient, rel=1e-6)


def test_an_epsilon_that_is_too_small_is_seen():
    one = opened()
    entry = one.telling()[2]
    (good,), (bad,) = (one.open("sgd", 0.1, 0, (entry,), epsilon).followed for epsilon in (1e-4, 1e-15))
    assert good.nudged.rounding < 1e-6 * abs(good.gradient)
    assert bad.nudged.rounding > 1e-3 * abs(bad.gradient)
    assert Nudged(0.5, higher=3.0, lower=1.0).slope == 2.0


def test_looking_leaves_no_trace():
    one, other = opened(), opened()
    weights = weights_of(one)
    one.open("muon", 0.5, 1, one.telling(), 0.1)
    one.open("sgd", 0.5, 1)
    assert all(torch.equal(weight, weights[name]) for name, weight in one.network.named_parameters())
    for each in (one, other):
        replay(each, (("muon", 0.03, 2), ("adam", 0.01, 1)))
    one.open("adam", 0.5, 1, one.telling())
    for each in (one, other):
        replay(each, (("adam", 0.01, 2),))
    assert one.losses == other.losses and len(one.losses) == 5


def test_the_model_it_comes_from_stays_as_it_is():
    model = a_model()
    before = [weight.detach().clone() for weight in model.network.parameters()]
    OpenedStep(model, IDS, quick()).take("sgd", 1.0)
    assert all(torch.equal(*pair) and pair[1].grad is None for pair in zip(before, model.network.parameters(), strict=True))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_is_the_optimizers_and_its_memory_is_shown(optimizer):
    """Written out for one weight of the output, which no Muon touches."""
    one = opened(config=quick(optimizer=optimizer))
    entry = WeightEntry("linear.weight", (1, 2))
    (first,) = one.open(optimizer, 0.1, 0, (entry,)).followed
    g, w = first.gradient, first.value
    moments = {"exp_avg": 0.1 * g, "exp_avg_sq": (0.001 if optimizer == "adam" else 0.01) * g * g, "step": 1.0}
    kept = {"sgd": {}, "momentum": {"momentum_buffer": g}}.get(optimizer, moments)
    assert first.memory == pytest.approx(kept, rel=1e-6)
    decayed = w * (1 - 0.1 * 0.01) if optimizer in ("adamw", "muon") else w
    moved = g if optimizer in ("sgd", "momentum") else g / (abs(g) + 1e-8)
    assert first.after == pytest.approx(decayed - 0.1 * moved, rel=1e-9)


def test_a_run_that_clips_is_clipped_and_plain_descent_is_not():
    one = opened(config=quick(optimizer="adam", clipping=0.01))
    (clipped,) = one.open("adam", 0.1, 0, (WeightEntry("linear.weight", (1, 2)),)).followed
    shown = one.open("adam", 0.1, 0)
    assert shown.clipped == pytest.approx(0.01 / shown.norm, rel=1e-3)
    assert clipped.memory["exp_avg"] == pytest.approx(0.1 * shown.clipped * clipped.gradient)
    assert one.open("sgd", 0.1, 0).clipped == 1


def test_the_norm_is_that_of_all_gradients_together():
    shown = opened().open("sgd", 0.1, 0)
    assert shown.norm == pytest.approx(np.sqrt(sum(norm**2 for norm in shown.norms.values())))
    assert list(shown.norms)[0] == "embedding.weight"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_numbers(family):
    config = RunConfig(model=small(family), training=quick())
    model = a_model(family)
    found = []
    for _ in range(2):
        one = OpenedStep(step.random_model(config, model), IDS, config.training)
        replay(one, (("muon", 0.03, 5),))
        found.append((one.losses, one.open("muon", 0.03, 1).logits_after.tolist()))
    assert found[0] == found[1]
    assert found[0][0][-1] < found[0][0][0]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_smallest_networks_and_texts(family):
    one = opened(family, ids=np.array([0]), vocabulary_size=1, hidden_size=1, embedding_size=1, heads=1)
    shown = one.open("muon", 0.1, 0, one.telling())
    assert shown.probabilities.tolist() == [1.0] and shown.to_logits.tolist() == [0.0]
    assert shown.loss == shown.loss_after == 0 and shown.norm == 0
    one = opened(family, ids=np.array([2]), hidden_size=1, embedding_size=1, heads=1, opening=(1,))
    replay(one, (("sgd", 0.1, 20),))
    assert one.open("sgd", 0.1, 0, one.telling()).loss < one.losses[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rate_that_is_too_high_is_an_error_and_not_a_number(family):
    """Three steps of 1e308 times a gradient leave the numbers of float64, whatever the last digits on this processor."""
    one = opened(family)
    with pytest.raises(LossNotFinite):
        replay(one, (("sgd", 1e308, 3),))


def test_what_it_holds_is_counted():
    one = opened()
    weights = sum(weight.numel() for weight in one.network.parameters())
    assert one.nbytes == 8 * weights
    one.take("adam", 0.1)
    assert 3 * 8 * weights <= one.nbytes < step.BYTES_PER_WEIGHT * weights
    one.network.zero_grad(set_to_none=True)
    assert all(weight.grad is None for weight in one.network.parameters())
