"""The article's program: its four errors in their order, as the installed torch gives them, and what its lines hold."""

import json

import numpy as np
import pytest

from lmcore.inspection import article_code
from lmcore.inspection.article_code import FAULTS, HIDDEN, Outcome, Value

VOCABULARY = 11
ERRORS = {  # fault: (class, what its message says, the line it stands in)
    "names": ("NameError", "'vocab_size' is not defined", "model = RNNModel(vocab_size"),
    "axes": ("RuntimeError", f"Expected hidden size (1, 12, {HIDDEN}), got [1, 8, {HIDDEN}]", "states, hidden = self.rnn("),
    "loss": ("RuntimeError", "Expected target size [8, 11], got [8, 12]", "loss = criterion("),
    "detached": ("RuntimeError", "backward through the graph a second time", "loss.backward()"),
}


@pytest.fixture(scope="module")
def ids_path(tmp_path_factory):
    """A text that can be learned: 1 2 3 4 1 2 3 4 …"""
    path = tmp_path_factory.mktemp("program") / article_code.IDS
    size = article_code.tokens_read(VOCABULARY, square=True)
    path.write_text(json.dumps(np.resize([1, 2, 3, 4], size).tolist()))
    return str(path)


def run(ids_path: str, mended, *, square: bool = False) -> tuple[list[str], Outcome]:
    lines = article_code.program(VOCABULARY, set(mended), square=square)
    return [line.code for line in lines], article_code.run(lines, ids_path)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_gives_its_error_once_those_before_it_are_mended(ids_path, fault):
    mended = FAULTS[: FAULTS.index(fault)]
    lines, outcome = run(ids_path, mended)
    name, message, line = ERRORS[fault]
    assert article_code.next_fault(set(mended)) == fault
    assert outcome.error[0] == name and message in outcome.error[1] and line in lines[outcome.error[2] - 1]
    assert len(outcome.losses) == (2 if fault == "detached" else 0)  # its second step is the first to fail


def test_mended_it_trains(ids_path):
    lines, outcome = run(ids_path, FAULTS)
    assert outcome.error is None and outcome.losses[-1] < 0.2 * outcome.losses[0]
    held = {lines[number - 1].strip(): values for number, values in outcome.values.items()}
    output = next(values for line, values in held.items() if line.startswith("output, hidden"))
    assert [(value.name, value.shape) for value in output] == [("output", [8, 12, VOCABULARY]), ("hidden", [1, 8, HIDDEN])]
    batch = held["for text, labels in loader:"]
    assert [value.numbers for value in batch] == [[1, 2, 3, 4], [2, 3, 4, 1]]
    assert held["self.embedding = nn.Embedding(vocab_size, embed_size)"][0].shape == [VOCABULARY, 32]
    assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_with_a_batch_as_large_as_its_sequences_are_long_wrong_axes_go_unnoticed(ids_path):
    _, outcome = run(ids_path, {"names", "loss", "detached"}, square=True)
    assert outcome.error is None
    assert run(ids_path, {"names"}, square=True)[1].error[1].startswith("Expected target size")


def test_what_a_line_held_is_kept_of_its_first_time_and_not_where_it_failed(ids_path):
    lines, outcome = run(ids_path, ["names"])
    failed = outcome.error[2]
    assert failed not in outcome.values and outcome.values[failed - 1][0].name == "embedded"
    assert outcome.values[lines.index("for epoch in range(epochs):") + 1] == [Value("epoch", numbers=[0])]


@pytest.mark.parametrize("vocabulary_size", [1, 8, 12, 50_000])
def test_no_size_hides_a_fault(vocabulary_size):
    """Where lanes, tokens of a step and vocabulary were alike, a wrong axis would have the right size."""
    lanes, steps = article_code.sizes(vocabulary_size)
    assert lanes != steps != vocabulary_size


def test_as_printed_no_line_mends_anything():
    printed, mended = article_code.program(VOCABULARY), article_code.program(VOCABULARY, set(FAULTS))
    assert not any(line.mends for line in printed) and {line.mends for line in mended} == {"", *FAULTS}
    assert 25 <= len(printed) <= 32
