"""Train a language model on a text, from the text to a model that can be asked: the six steps in one function.

Each step of training is `loop.fit`, an iterator; the app's workers iterate it themselves, with checkpoints between the steps.
"""

from collections.abc import Callable, Iterable

import torch

from lmcore.config import RunConfig
from lmcore.inference.trained import TrainedModel
from lmcore.models import NeuralLanguageModel, build_model
from lmcore.text.corpus import Corpus, encode
from lmcore.tokenizers import build_and_encode
from lmcore.training.loop import StepEvent, StopTraining, TrainingState, fit
from lmcore.training.planning import resolve


def train(corpus: Corpus, config: RunConfig | None = None, callbacks: Iterable[Callable[[StepEvent], None]] = ()) -> TrainedModel:
    """Return a network that was trained on a text, as it was at its lowest validation loss; at the end where nothing is held back.

    config: None for the app's own settings, 20 seconds of training. callbacks: each is given each event, and may raise `StopTraining`.
    Raises EmptyText, TextTooShort, LossNotFinite.

    >>> config = RunConfig().with_training(stop="steps", stop_after=20.0)
    >>> losses = []
    >>> model = train(Corpus.from_text("the cat sat on the mat\\n" * 30), config, [lambda event: losses.append(event.loss)])
    >>> len(losses), losses[-1] < losses[0], model.step
    (20, True, 20)
    """
    config = config or RunConfig()
    tokenizer, ids = build_and_encode(config.tokenizer, corpus.train)
    data = encode(corpus, tokenizer, train=ids, loss_on=config.training.loss_on)
    config, _notes = resolve(config, data, tokenizer.vocabulary_size)
    network = build_model(config.model, tokenizer.vocabulary_size, config.training.seed)
    state, best = TrainingState(network, data, config.training), None
    try:
        for event in fit(network, data, config.training, state):
            if event.evaluation and event.evaluation.improved:
                best = [weight.detach().clone() for weight in network.parameters()]
            for callback in callbacks:
                callback(event)
    except StopTraining:
        pass
    if best:
        with torch.no_grad():
            for weight, kept in zip(network.parameters(), best, strict=True):
                weight.copy_(kept)
    model = NeuralLanguageModel(network.eval(), data.opening, None if corpus.kind == "stream" else tokenizer.begin_id)
    return TrainedModel.of(model, tokenizer, corpus.kind, state.best_step or state.step, data.opening)
