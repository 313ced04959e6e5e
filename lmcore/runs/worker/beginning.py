"""A run that begins with the weights of another (fine-tuning): it takes them over, and is evaluated on the other's held-out text too.

What it takes over was copied into its folder when it was queued (`RunFolder.begin_with`): the other run may change or go.
"""

from dataclasses import replace

import torch

from lmcore.errors import CheckpointDamaged, LmcoreError
from lmcore.models import Network
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.runs.worker import restoring
from lmcore.text.corpus import Corpus, TokenData, encode
from lmcore.tokenizers import ITEM_BREAK, Tokenizer
from lmcore.training import checkpoint

TRAINED_ON = 20_000  # characters of the other's training text: all that an evaluation needs of it


def begin(run_folder: RunFolder, network: Network) -> None:
    """Give a new network the weights that its run begins with, where it begins with any. Raises CheckpointDamaged."""
    if not run_folder.beginning_path.exists():
        return
    saved = checkpoint.load(run_folder.beginning_path)
    begun = dict(restoring.network_of(saved, network.output.out_features).named_parameters())
    own = dict(network.named_parameters())
    if {name: weight.shape for name, weight in own.items()} != {name: weight.shape for name, weight in begun.items()}:
        raise CheckpointDamaged(step=saved.step, reason="another model")
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(begun[name])


def old_data(store: Store, run: Run, tokenizer: Tokenizer) -> TokenData | None:
    """Return what is needed to evaluate a run on the held-out text of the one it began with; None where there is none, or no longer."""
    begun = marks.values_of(run, marks.BEGUN)
    other = store.run(begun["run"]) if begun else None
    if other is None:
        return None
    try:
        corpus = Corpus.from_text(*restoring.text_of(store, other))
        data = encode(_short(corpus), tokenizer, loss_on=run.requested.training.loss_on)
    except LmcoreError:
        return None
    return data if data.has_validation else None


def _short(corpus: Corpus) -> Corpus:
    """Return a corpus with a part of its training text: the end of a stream, which opens a context; the first of the items."""
    if corpus.kind == "stream":
        return replace(corpus, train=corpus.train[-TRAINED_ON:])
    end = corpus.train.find(ITEM_BREAK, TRAINED_ON)
    return corpus if end < 0 else replace(corpus, train=corpus.train[: end + 1])
