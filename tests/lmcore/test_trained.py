"""What a trained model is asked in words agrees with what the bare model says of the ids."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

import lmcore
from lmcore import Corpus, NgramModel, RunConfig, Sampling, TrainedModel, train
from lmcore.config import TokenizerConfig
from lmcore.inference import attribution, probability, sampling
from lmcore.models import Counts
from lmcore.text.corpus import encode
from lmcore.text.text_index import TextIndex
from lmcore.tokenizers import WordTokenizer
from lmcore.tokenizers.base import ITEM_BREAK
from tests.lmcore.examples import small

TEXTS = {
    "stream": "The cat sat on the mat. The dog sat on the log.\n" * 40,
    "lines": "".join(f"the {name} sat on the {place}\n" for name in ("cat", "dog", "cow", "hen") for place in ("mat", "log", "hill")) * 4,
    "blocks": "".join(f"the {name} sat\non the {place}\n\n" for name in ("cat", "dog", "cow", "hen") for place in ("mat", "log", "hill")) * 4,
}  # fmt: skip


@pytest.fixture(
    scope="module", params=[(kind, tokenizer) for kind in TEXTS for tokenizer in ("character", "word", "subword")], ids="-".join
)
def trained(request):
    kind, tokenizer = request.param
    config = RunConfig(TokenizerConfig(level=tokenizer, vocabulary_size=300), model=small()).with_training(
        stop="steps", stop_after=20.0
    )
    return train(Corpus.from_text(TEXTS[kind], kind=kind), config)


@pytest.mark.parametrize("context", ["", "the cat", "the cat sat\n", "éa\u2028b"])
def test_the_next_token_is_a_distribution(trained, context):
    after = trained.next_token(context)
    assert np.exp(after.log_probs).sum() == pytest.approx(1)
    best, share = after.top(1)[0]
    assert after[best] == share == np.exp(after.log_probs.max())
    assert_allclose(after.log_probs, probability.next_token(trained.model, trained.encode(context)))
    assert 0 <= after.entropy <= np.log(trained.tokenizer.vocabulary_size) + 1e-9


def test_a_score_is_the_product_of_what_the_next_tokens_were_given(trained):
    score = trained.score("the cat sat")
    ids = trained.encode("the cat sat", whole=True)
    one_by_one = [probability.next_token(trained.model, ids[:position])[token_id] for position, token_id in enumerate(ids)]
    assert_allclose(score.log_probs, one_by_one, atol=1e-4)
    assert score.perplexity == pytest.approx(np.exp(score.cross_entropy))
    longer = trained.score("the cat sat", with_end=True)
    assert len(longer.ids) - len(score.ids) == (trained.kind != "stream")


def test_a_text_without_a_token_has_no_score(trained):
    with pytest.raises(ValueError, match="without a token"):
        trained.score(" \n ")


def test_it_writes_what_the_core_draws_and_the_same_again(trained):
    text = trained.write("the cat", tokens=12, settings=Sampling(temperature=0.8), seed=5)
    assert text == trained.write("the cat", tokens=12, settings=Sampling(temperature=0.8), seed=5)
    assert text.lower().lstrip().startswith("the cat") and ITEM_BREAK not in text
    ids = trained.encode("the cat")
    drawn = list(sampling.generate(trained.model, ids, 12, Sampling(temperature=0.8), 5, trained.never))
    assert text == trained.written([*ids, *drawn])


def test_encoding_and_writing_are_inverse(trained):
    text = {"stream": "The cat sat on the log.", "lines": "the cat sat\nthe dog", "blocks": "the cat sat\n\nthe dog"}[
        trained.kind
    ]
    assert trained.written(trained.encode(text)).strip() == text


def test_influence_is_occlusion_of_the_last_tokens(trained):
    token = trained.next_token("the cat").top(1)[0][0]
    found = trained.explain("the cat", token)
    ids = trained.encode("the cat")
    assert "".join(text for text, _value in found).strip() == "the cat"
    expected = attribution.occlusion(trained.model, ids, trained.tokenizer.vocabulary.index(token))
    assert_allclose([value for _text, value in found], expected)


def test_a_counting_model_is_asked_in_the_same_words():
    corpus = Corpus.from_text(TEXTS["lines"], kind="lines")
    tokenizer = WordTokenizer.train(corpus.train)
    data = encode(corpus, tokenizer)
    counts = Counts(TextIndex.of(data, tokenizer.vocabulary_size))
    bigram = TrainedModel.of(NgramModel(counts, order=2, smoothing="none"), tokenizer, "lines")
    assert bigram.next_token("the cat")["sat"] == 1.0  # nothing else ever followed "cat"
    assert bigram.score("the cat sat").perplexity < 4


def test_the_front_door_is_open_and_loads_no_torch_before_it_is_used():
    assert all(getattr(lmcore, name) is not None for name in lmcore.__all__)
    assert all(getattr(lmcore, name).__doc__ for name in lmcore.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        lmcore.no_such_name  # noqa: B018
    code = "import sys, lmcore; lmcore.Corpus; lmcore.RunConfig; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
