"""A preview of a network in training: a sample it writes, and the likely tokens after the pinned context."""

import numpy as np

from lmcore.inference.probability import next_token
from lmcore.inference.sampling import Sampling, generate
from lmcore.models import Network, NeuralLanguageModel
from lmcore.text.corpus import TokenData, typed, unmark
from lmcore.tokenizers import Tokenizer
from lmcore.training.planning import SAMPLE_TOKENS

SAMPLING = Sampling(temperature=0.8)
BARS = 20


def preview(network: Network, data: TokenData, tokenizer: Tokenizer, pinned_context: str, seed: int) -> tuple[str, list]:
    """Return (sample text, [[token, probability], …] after the pinned context). The network and its training stay as they are."""
    begin_id = tokenizer.begin_id if data.kind != "stream" else None
    model = NeuralLanguageModel(network, data.opening, begin_id)
    never = () if tokenizer.unknown_id is None else (tokenizer.unknown_id,)
    ids = list(generate(model, np.empty(0, dtype=np.int64), SAMPLE_TOKENS[tokenizer.level], SAMPLING, seed, never))
    log_probs = next_token(model, tokenizer.encode(typed(pinned_context, data.kind, tokenizer, data.opening)))
    best = np.argsort(-log_probs, kind="stable")[:BARS]
    text = unmark(tokenizer.decode(ids), data.kind)
    return text, [[tokenizer.vocabulary[token_id], float(np.exp(log_probs[token_id]))] for token_id in best]
