"""The transformer by its parts: what its window sees, what its switches change, what attention gives."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from lmcore.config import ModelConfig, RunConfig
from lmcore.errors import HeadsDoNotDivide
from lmcore.models import build_model
from lmcore.models.transformer import PERIOD, STRETCH
from lmcore.runs.worker import memory_limits

TYPES = 11


def a_network(**changes):
    """With weights that all matter: a new network's layers do nothing yet."""
    settings = {"embedding_size": 8, "hidden_size": 12, "layers": 2, "heads": 2, "window": 5, **changes}
    network = build_model(ModelConfig(family="transformer", **settings), TYPES).eval()
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn(weight.shape, generator=random) * 0.4)
    return network


def some_ids(count: int, lanes: int = 1) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(2).integers(0, TYPES, (lanes, count)))


@torch.no_grad()
def read(network, ids, lengths, state=None) -> np.ndarray:
    """Features of a text that is cut into parts of these lengths."""
    state, found = state or network.initial_state(len(ids)), []
    for part in ids.split(lengths, dim=1):
        features, state = network.features(part, state)
        found.append(features)
    return torch.cat(found, dim=1).numpy()


@pytest.mark.parametrize("lengths", [[1] * 23, [3, 7, 1, 12], [5, 5, 5, 5, 3], [22, 1], [6] * 3 + [5]], ids=str)
@pytest.mark.parametrize("changes", [{}, {"window": 1}, {"window": 64}, {"positions": False}, {"residual": False}], ids=str)
def test_however_a_text_is_cut_it_is_read_alike(lengths, changes):
    """T below, at and above the window."""
    network, ids = a_network(**changes), some_ids(23, lanes=2)
    assert_allclose(read(network, ids, lengths), read(network, ids, [23]), atol=2e-5)


def test_a_text_longer_than_a_part_is_read_alike():
    network, ids = a_network(), some_ids(STRETCH + 40)
    assert_allclose(read(network, ids, [1] * (STRETCH + 40)), read(network, ids, [STRETCH + 40]), atol=5e-5)


def test_a_stream_whose_positions_repeat_is_read_alike():
    """However it is cut: positions begin again behind the first part that ends beyond two periods, or behind none."""
    network, ids = a_network(), some_ids(30, lanes=2)
    keys, values, position = network.initial_state(2)
    far = keys, values, position + 2 * PERIOD - 14
    whole, cut = (read(network, ids, lengths, far) for lengths in ([30], [10, 3, 1, 9, 7]))
    assert_allclose(cut, whole, atol=2e-5)
    _, (*_, after) = network.features(ids, far)
    assert (after == PERIOD + 16).all()


def test_a_token_sees_itself_and_the_window_before_it_and_nothing_else():
    """One layer, so that nothing reaches it through another."""
    network, ids = a_network(layers=1), some_ids(9)
    features = read(network, ids, [9])[0, 7]
    for position in range(9):
        other = ids.clone()
        other[0, position] = (ids[0, position] + 1) % TYPES
        changed = not np.array_equal(read(network, other, [9])[0, 7], features)
        assert changed == (7 - 5 <= position <= 7)


@torch.no_grad()
def test_a_lane_that_is_reset_reads_on_as_a_new_one_bit_for_bit():
    network, ids = a_network(), some_ids(20, lanes=3)
    _, state = network.features(ids[:, :9], network.initial_state(3))
    state = network.reset(state, torch.tensor([False, True, False]))
    reset, new = (network.features(ids[:, 9:], one)[0] for one in (state, network.initial_state(3)))
    assert torch.equal(reset[1], new[1]) and not torch.equal(reset[0], new[0])


@torch.no_grad()
def test_empty_slots_take_no_part():
    """Whatever stands in them: keys of zeros would take their share of the attention."""
    network, ids = a_network(), some_ids(4)
    keys, values, seen = network.initial_state(1)
    features, _ = network.features(ids, (keys + 3.0, values - 2.0, seen))
    assert torch.equal(features, network.features(ids, (keys, values, seen))[0])


@pytest.mark.parametrize("before", [0, 3, 30])
def test_rows_of_attention_sum_to_one_and_the_future_has_none(before):
    network, ids = a_network(), some_ids(before + 12)[0].numpy()
    state = network.initial_state(1)
    if before:
        _, state = network.features(torch.from_numpy(ids[:before])[None], state)
    rows = network.attention(ids[before:], state)
    assert rows.shape == (12, 2, 2, 5 + 12)
    assert_allclose(rows.sum(axis=-1), 1.0, atol=1e-6)
    for token in range(12):
        assert not rows[token, :, :, 5 + token + 1 :].any() and not rows[token, :, :, :token].any()
        assert (rows[token, :, :, max(token, 5 - before) : 5 + token + 1] > 0).all()  # all that it sees
        assert not rows[token, :, :, : 5 - before].any() or before >= 5


def test_attention_of_a_long_text_stands_where_it_belongs():
    network, ids = a_network(), some_ids(STRETCH + 10)[0].numpy()
    rows = network.attention(ids, network.initial_state(1))
    _, state = network.features(torch.from_numpy(ids[:STRETCH])[None], network.initial_state(1))
    assert_allclose(rows[STRETCH:, :, :, STRETCH:], network.attention(ids[STRETCH:], state), atol=1e-5)
    assert_allclose(rows.sum(axis=-1), 1.0, atol=1e-6)


def test_without_positions_the_order_of_what_a_layer_sees_does_not_matter():
    ids, mixed = torch.tensor([[3, 1, 4, 1, 5]]), torch.tensor([[1, 4, 1, 3, 5]])
    for positions in (False, True):
        network = a_network(layers=1, positions=positions)
        same = np.allclose(read(network, ids, [5])[0, -1], read(network, mixed, [5])[0, -1], atol=1e-6)
        assert same != positions


def test_a_new_layer_does_nothing_and_without_residual_connections_it_replaces():
    ids = some_ids(6)
    for residual in (True, False):
        settings = {"embedding_size": 12, "hidden_size": 12, "heads": 3, "residual": residual}
        network = build_model(ModelConfig(family="transformer", **settings), TYPES).eval()
        x = network.embedding(ids)
        alike = np.allclose(read(network, ids, [6]), (x / x.square().mean(-1, keepdim=True).sqrt()).detach(), atol=1e-5)
        assert alike == residual


@pytest.mark.parametrize("changes", [{}, {"positions": False}, {"residual": False}, {"hidden_size": 8, "tied": True}], ids=str)
def test_every_gradient_agrees_with_central_differences(changes):
    network, ids = a_network(**changes).double(), some_ids(9)
    _, state = network.features(some_ids(3), network.initial_state(1))
    state = tuple(part.detach() for part in state)

    def loss():
        return nn.functional.cross_entropy(network.output(network.features(ids[:, :-1], state)[0][0]), ids[0, 1:])

    loss().backward()
    for name, weight in network.named_parameters():
        index = tuple(size // 2 for size in weight.shape)
        with torch.no_grad():
            weight[index] += 1e-5
            above = loss()
            weight[index] -= 2e-5
            below = loss()
            weight[index] += 1e-5
        assert_allclose(weight.grad[index], ((above - below) / 2e-5).item(), atol=1e-8, rtol=1e-6, err_msg=name)


def test_outputs_of_layers_end_with_the_features_and_a_unit_that_is_off_is_zero():
    network, ids = a_network(), some_ids(9)
    found = network.internals(ids[0].numpy(), network.initial_state(1))["h"]
    assert found.shape == (9, 2, 12)
    assert_allclose(found[:, -1], read(network, ids, [9])[0], atol=1e-6)
    off = network.without_units([(0, 3), (1, 7)])
    silent = off.internals(ids[0].numpy(), network.initial_state(1))["h"]
    assert not silent[:, 0, 3].any() and not silent[:, 1, 7].any() and silent[:, 1, 3].any()
    assert np.array_equal(read(network.without_units([]), ids, [9]), read(network, ids, [9]))
    everything = network.without_units([(1, unit) for unit in range(12)])
    assert not read(everything, ids, [9]).any()


@torch.no_grad()
def test_what_inference_keeps_can_be_trained_with():
    network = a_network(window=7)
    with torch.inference_mode():
        network.features(some_ids(13), network.initial_state(1))
    with torch.enable_grad():
        network.features(some_ids(13), network.initial_state(1))[0].sum().backward()
    assert network.layers[0].qkv.weight.grad.any()


@pytest.mark.parametrize(("hidden", "heads"), [(1, 1), (6, 2), (1024, 16)])
def test_sizes_from_the_smallest_to_the_largest(hidden, heads):
    """Heads of an odd size too: of 1 and of 3 dimensions."""
    network = a_network(hidden_size=hidden, heads=heads, embedding_size=hidden, layers=1)
    assert_allclose(read(network, some_ids(9), [4, 5]), read(network, some_ids(9), [9]), atol=1e-4)


def test_heads_divide_the_hidden_size():
    with pytest.raises(HeadsDoNotDivide):
        ModelConfig(family="transformer", hidden_size=10, heads=4)
    assert ModelConfig(family="lstm", hidden_size=10, heads=4).heads == 4  # without effect


def test_a_smaller_model_is_offered_with_heads_that_divide_its_size():
    config = RunConfig(model=ModelConfig(family="transformer", hidden_size=1000, heads=8, layers=4))
    fits = memory_limits.settings_that_fit(config, 65, 150_000_000)
    assert all(way.model.hidden_size % way.model.heads == 0 for way in fits) and fits[1].model.hidden_size < 1000
