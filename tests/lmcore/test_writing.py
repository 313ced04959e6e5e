"""A text being written, without a page: what is never drawn, and how its tokens stand in it. More of it is in `pages.test_write`."""

from types import SimpleNamespace

import pytest

from lmcore.inference import writing
from lmcore.inference.sampling import Sampling
from lmcore.inference.trained import TrainedModel
from lmcore.inference.writing import Writing
from lmcore.models import UniformModel
from lmcore.tokenizers import ITEM_BREAK, CharacterTokenizer, SubwordTokenizer, WordTokenizer


def test_unknown_is_never_drawn():
    tokenizer = WordTokenizer.train("a b")
    trained = TrainedModel(lambda: UniformModel(3), tokenizer, step=1, kind="stream")
    text = Writing("a", trained.encode("a"), remaining=60)
    text.write(trained, Sampling(), seed=3, count=60)
    assert set(text.ids().tolist()) == {1, 2}
    rows, rest = text.next_token(trained, Sampling()).rows(tokenizer.vocabulary, count=2)
    assert [(row["text"], round(row["p"], 6), row["q"], row["cut"]) for row in rows] == [
        ("⟨unk⟩", 0.333333, 0.0, True),
        ("a", 0.333333, 0.5, False),
    ]
    assert rest == {"count": 1, "p": pytest.approx(1 / 3), "q": pytest.approx(1 / 2)}


TOKENIZERS = (
    CharacterTokenizer.train(f"{ITEM_BREAK}The cat: 语言 模型。{ITEM_BREAK}"),
    WordTokenizer.train(f"{ITEM_BREAK}The cat: 语言 模型。{ITEM_BREAK}"),
    SubwordTokenizer.train(f"{ITEM_BREAK}The cat: cat. 语言 模型。{ITEM_BREAK}", 300),
)


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda tokenizer: tokenizer.level)
def test_pieces_together_are_the_text(tokenizer):
    trained = SimpleNamespace(tokenizer=tokenizer, kind="lines")
    ids = tokenizer.encode(f"The cat: The cat{ITEM_BREAK}cat")
    assert "".join(writing.pieces(trained, "", [], ids)) == "The cat: The cat\ncat"
