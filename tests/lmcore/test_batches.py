"""Every token is read, in order, by exactly one lane; the state starts anew where an item begins and nowhere else."""

import numpy as np
import pytest

from lmcore.training.batches import IGNORED, ItemBatches, StreamBatches


def test_a_lane_goes_on_where_its_neighbour_began():
    batches = StreamBatches(np.arange(12), batch_size=3, sequence_length=2)
    first_lane = np.concatenate([batches.at(step).inputs[0] for step in range(6)])
    assert first_lane.tolist() == list(range(12))
    assert batches.at(2).inputs[0].tolist() == batches.at(0).inputs[1].tolist()


def test_a_text_shorter_than_the_batch_goes_round():
    batches = StreamBatches(np.arange(5), batch_size=8, sequence_length=7)
    assert batches.at(3).inputs.shape == (8, 7)


ITEMS = [[5, 6], [7], [8, 9, 10, 11, 12], [13], [5], [6, 7, 8]]
IDS = np.array([token for item in ITEMS for token in (0, *item)] + [0])


@pytest.mark.parametrize("lanes", [1, 2, 3, 50])
@pytest.mark.parametrize("length", [1, 2, 3, 10])
@pytest.mark.parametrize("seed", [None, 4])
def test_each_epoch_reads_each_item_once_from_its_beginning(lanes, length, seed):
    batches = ItemBatches(IDS, 0, lanes, length, seed)
    batches.at(0)
    step = 0
    for _ in range(3):
        batches.at(step)
        read = {}
        for row in range(batches.rows):
            batch = batches.at(step + row)
            assert batch.tokens == (batch.targets != IGNORED).sum()
            for lane in range(len(batch.inputs)):
                counted = batch.targets[lane] != IGNORED
                if not counted.any():
                    continue
                assert batch.reset[lane] == (batch.inputs[lane, 0] == 0)
                read.setdefault(lane, []).extend(batch.targets[lane][counted])
        text = [token for lane in sorted(read) for token in read[lane]]
        items, item = [], []
        for token in text:
            if token == 0:
                items.append(item)
                item = []
            else:
                item.append(int(token))
        assert sorted(items) == sorted(ITEMS)
        step += batches.rows


def test_any_step_can_be_asked_for_in_any_order():
    forward = ItemBatches(IDS, 0, 2, 3, seed=1)
    seen = [forward.at(step).inputs.tolist() for step in range(12)]
    fresh = ItemBatches(IDS, 0, 2, 3, seed=1)
    assert [fresh.at(step).inputs.tolist() for step in (11, 2, 7)] == [seen[11], seen[2], seen[7]]
