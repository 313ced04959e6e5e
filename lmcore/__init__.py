"""Train a small language model on a text and ask it for probabilities.

    from lmcore import Corpus, train

    model = train(Corpus.from_text(open("story.txt", encoding="utf-8").read()))
    print(model.next_token("The river").top(5))

These names are the front door. Behind it lie `tokenizers` (characters, words, subwords), `text` (bytes to splits), `models` (counting
models and networks), `inference` (questions to a model), `training` and `runs` (the store and the processes of the app).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lmcore import errors as errors
    from lmcore.config import RunConfig as RunConfig
    from lmcore.inference.sampling import Sampling as Sampling
    from lmcore.inference.trained import TrainedModel as TrainedModel
    from lmcore.models import NgramModel as NgramModel
    from lmcore.models import UniformModel as UniformModel
    from lmcore.runs.opened_run import open_run as open_run
    from lmcore.text.corpus import Corpus as Corpus
    from lmcore.tokenizers import build_tokenizer as build_tokenizer
    from lmcore.training.loop import StepEvent as StepEvent
    from lmcore.training.loop import fit as fit
    from lmcore.training.train import train as train

HOME = {  # where each public name lives; loaded when it is first used, because torch takes two seconds
    "Corpus": "lmcore.text.corpus",
    "NgramModel": "lmcore.models",
    "RunConfig": "lmcore.config",
    "Sampling": "lmcore.inference.sampling",
    "StepEvent": "lmcore.training.loop",
    "TrainedModel": "lmcore.inference.trained",
    "UniformModel": "lmcore.models",
    "build_tokenizer": "lmcore.tokenizers",
    "fit": "lmcore.training.loop",
    "open_run": "lmcore.runs.opened_run",
    "train": "lmcore.training.train",
}
__all__ = ["Corpus", "NgramModel", "RunConfig", "Sampling", "StepEvent", "TrainedModel", "UniformModel", "build_tokenizer", "errors", "fit", "open_run", "train"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in HOME:
        return getattr(import_module(HOME[name]), name)
    if name == "errors":
        return import_module("lmcore.errors")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
