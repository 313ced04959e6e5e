"""Cuts token ids into the batches of training: which T tokens each of B lanes reads in a step, and where its state is reset.

Every batch is a function of the step number alone, so that a resumed run goes on exactly where it stopped.
"""

from dataclasses import dataclass

import numpy as np

IGNORED = -100  # a target that does not count: padding (torch's own default)


@dataclass(frozen=True)
class Batch:
    """What one step of training reads: B lanes of T tokens."""

    inputs: np.ndarray  # (B, T) int64
    targets: np.ndarray  # (B, T) int64, IGNORED where there is nothing to predict
    reset: np.ndarray  # (B,) bool: these lanes begin a new item, from the initial state
    tokens: int  # how many targets count, one at least


class StreamBatches:
    """Running text as a ring read by B lanes, each beginning N/B tokens after the one before.

    The state is always carried on: a lane that reaches the beginning of the next one reads on.

    >>> batches = StreamBatches(np.arange(10), batch_size=2, sequence_length=3)
    >>> batches.at(0).inputs.tolist(), batches.at(0).targets.tolist()
    ([[0, 1, 2], [5, 6, 7]], [[1, 2, 3], [6, 7, 8]])
    >>> batches.at(1).inputs.tolist()
    [[3, 4, 5], [8, 9, 0]]
    """

    def __init__(self, ids: np.ndarray, batch_size: int, sequence_length: int) -> None:
        self.ids = ids
        self.lanes = batch_size
        self.starts = np.arange(batch_size) * (len(ids) // batch_size)
        self.length = sequence_length
        self.reset = np.zeros(batch_size, dtype=bool)
        self.tokens_per_epoch = len(ids)
        self.steps_per_epoch = len(ids) / (batch_size * sequence_length)

    def at(self, step: int) -> Batch:
        """Return the batch of a step, the first of which is 0."""
        positions = self.starts[:, None] + step * self.length + np.arange(self.length)  # (B, T)
        inputs = self.ids.take(positions, mode="wrap").astype(np.int64)
        targets = self.ids.take(positions + 1, mode="wrap").astype(np.int64)
        return Batch(inputs, targets, self.reset, inputs.size)


class ItemBatches:
    """Items one after another in B lanes, shuffled in each epoch; a lane's state is reset where an item begins.

    ids is `<begin> item <begin> item … <begin>`: each item is read from its begin token, and the next one is its last target.
    An item longer than T is read in several steps, the state carried. Seed None keeps the order (validation). counted: (N,) bool, the
    ids that count as targets; None: all do.

    >>> batches = ItemBatches(np.array([0, 5, 6, 0, 7, 0]), begin_id=0, batch_size=1, sequence_length=4, seed=None)
    >>> batches.at(0).inputs.tolist(), batches.at(0).targets.tolist()
    ([[0, 5, 6, 0]], [[5, 6, 0, -100]])
    >>> batches.at(1).targets.tolist()
    [[7, 0, -100, -100]]
    """

    def __init__(
        self,
        ids: np.ndarray,
        begin_id: int,
        batch_size: int,
        sequence_length: int,
        seed: int | None,
        counted: np.ndarray | None = None,
    ) -> None:
        self.ids, self.length, self.seed, self.counted = ids, sequence_length, seed, counted
        begins = np.flatnonzero(ids == begin_id)
        self.starts, self.lengths = begins[:-1], np.diff(begins)
        self.lanes = min(batch_size, len(self.starts))
        self.tokens_per_epoch = int(self.lengths.sum() if counted is None else counted[1:].sum())
        self._epoch, self._first_step, self._table = -1, 0, np.empty((0, 0, 3), dtype=np.int64)

    @property
    def rows(self) -> int:
        """Steps of the current epoch."""
        return len(self._table)

    @property
    def steps_per_epoch(self) -> int:
        """How many steps read every token once."""
        return len(self._lay_out(0))

    def at(self, step: int) -> Batch:
        """Return the batch of a step, the first of which is 0."""
        if self._epoch < 0 or step < self._first_step:
            self._epoch, self._first_step, self._table = 0, 0, self._lay_out(0)
        while step >= self._first_step + self.rows:
            self._first_step += self.rows
            self._epoch += 1
            self._table = self._lay_out(self._epoch)
        starts, lengths, reset = self._table[step - self._first_step].T  # (B,) each
        within = np.arange(
            self.length if self.counted is None else lengths.max()
        )  # items are read whole, and few are the longest
        positions = starts[:, None] + within
        padding = within >= lengths[:, None]
        inputs = self.ids.take(positions, mode="clip").astype(np.int64)
        if self.counted is not None:
            padding |= ~self.counted.take(positions + 1, mode="clip")
        targets = np.where(padding, IGNORED, self.ids.take(positions + 1, mode="clip").astype(np.int64))
        return Batch(inputs, targets, reset.astype(bool), int(np.count_nonzero(~padding)))

    def _lay_out(self, epoch: int) -> np.ndarray:
        """Return (rows, B, 3): start and length of the sequence that each lane reads at each step, and 1 where its state is reset.

        Length 0 is padding.
        """
        order = np.arange(len(self.starts))
        if self.seed is not None:
            order = np.random.default_rng([self.seed, epoch]).permutation(order)
        pieces = -(-self.lengths[order] // self.length)  # sequences per item
        items = np.repeat(order, pieces)
        ordinal = np.arange(len(items)) - np.repeat(np.cumsum(pieces) - pieces, pieces)  # 0, 1, … within the item
        lengths = np.minimum(self.length, self.lengths[items] - ordinal * self.length)
        sequences = np.stack([self.starts[items] + ordinal * self.length, lengths, ordinal == 0], axis=1)
        lane_of_item = np.arange(len(order)) * self.lanes // len(order)
        lane = np.repeat(lane_of_item, pieces)
        row = np.arange(len(items)) - np.searchsorted(lane, lane)
        table = np.zeros((row.max() + 1, self.lanes, 3), dtype=np.int64)
        table[..., 2] = 1
        table[row, lane] = sequences
        return table
