"""One plain sentence for each knob, and its name."""

from pages.parts.language import _


def name(field: str) -> str:
    return {
        "level": _("Cut the text into"),
        "vocabulary_size": _("Largest vocabulary"),
        "family": _("Model"),
        "layers": _("Layers"),
        "embedding_size": _("Embedding size"),
        "hidden_size": _("Hidden size"),
        "dropout": _("Dropout"),
        "tied": _("Tied weights"),
        "heads": _("Attention heads"),
        "window": _("Window"),
        "positions": _("Positions"),
        "residual": _("Residual connections"),
        "optimizer": _("Optimizer"),
        "learning_rate": _("Learning rate"),
        "schedule": _("Schedule of the learning rate"),
        "clipping": _("Gradient clipping"),
        "batch_size": _("Batch size"),
        "sequence_length": _("Sequence length"),
        "stop": _("Stop condition"),
        "seed": _("Seed"),
        "precision": _("Precision"),
        "loss": _("Loss over the vocabulary"),
        "regularisation": _("Against learning by heart"),
        "state_resets": _("State resets"),
        "loss_on": _("Loss on"),
    }[field]


def stop_after(stop: str) -> str:
    """The name of the number that belongs to a stop condition."""
    return {
        "seconds": _("Training time (seconds)"),
        "steps": _("Number of steps"),
        "epochs": _("Number of epochs"),
        "plateau": _("Steps at most"),
    }[stop]


def help(field: str) -> str:
    return {
        "level": _(
            "Characters need no vocabulary list and suit any script; words read fastest but cannot spell new ones; subwords lie between."
        ),
        "vocabulary_size": _(
            "Rarer tokens beyond this many types become “unknown” (words) or are spelled with smaller pieces (subwords)."
        ),
        "family": _(
            "The plain RNN forgets soonest; GRU and LSTM have gates that decide what to keep; the Transformer looks back at a window "
            "of earlier tokens instead."
        ),
        "layers": _("Layers stacked on each other: more can be learned, more slowly."),
        "embedding_size": _("How many numbers stand for one token on its way in."),
        "hidden_size": _("How many numbers the model has to remember what it has read."),
        "dropout": _("Switches off this share of numbers at random in each step, so that a small text is not learned by heart."),
        "tied": _("The same matrix reads tokens and predicts them: fewer parameters, so embedding and hidden size are equal."),
        "heads": _("How many places each layer can look at for one token at once; the heads share the hidden size evenly."),
        "window": _(
            "How many earlier tokens each token sees in each layer. What lies further back reaches it only through other layers."
        ),
        "positions": _(
            "Tells attention how far apart two tokens are. Without it, a layer sees a bag of tokens without an order."
        ),
        "residual": _("Each layer adds to what it was given. Without it, layers are harder to train: try it with three or four."),
        "optimizer": _(
            "How a gradient becomes a change of the weights. Muon, the fastest here, turns the whole matrix at once; "
            "AdamW adapts each number by itself; SGD is the plain rule w ← w − ηg."
        ),
        "learning_rate": _("How far each step goes: too small learns slowly, too large makes the loss jump or become NaN."),
        "schedule": _("Whether the rate warms up and then falls to zero, or stays the same."),
        "clipping": _("A gradient longer than this is shortened, so that one odd batch cannot ruin the model. 0: no clipping."),
        "batch_size": _("How many sequences of tokens are read side by side in each step."),
        "sequence_length": _("How many tokens back an error is traced in each step; the memory itself goes further."),
        "stop": _("When training ends by itself. You can always stop it earlier."),
        "stop_after": _("How many steps, epochs or seconds; for “until it stops improving”, the most steps."),
        "seed": _("The same seed, settings, text and number of steps give exactly the same curve."),
        "precision": _("bfloat16 keeps 8 of 24 binary digits in products of matrices: faster where the processor has it."),
        "loss": _("With very many types, comparing with a sample of them at each step is faster; validation is always exact."),
        "regularisation": _(
            "Where a small text is read many times over, more dropout and state resets are chosen by themselves."
        ),
        "state_resets": _("This share of the lanes forgets at each step what it has read, so that beginnings are practised too."),
        "loss_on": _(
            "With “answers alone”, only what stands after the marker of each line is predicted, in training and in validation: the model "
            "is then P(answer | prompt), cannot write prompts, and has no bits per byte."
        ),
        "temperature": _("Below 1 sharpens the distribution, above 1 flattens it; 0 always takes the most likely token."),
        "top_k": _("Only the k most likely tokens may be drawn."),
        "top_p": _("Only the most likely tokens that together reach this probability may be drawn."),
    }[field]


def option(field: str, value: str) -> str:
    return {
        "level": {"character": _("characters"), "word": _("words"), "subword": _("subwords")},
        "family": {"lstm": "LSTM", "gru": "GRU", "rnn": _("plain RNN"), "transformer": "Transformer"},
        "optimizer": {"muon": "Muon", "adamw": "AdamW", "adam": "Adam", "momentum": _("SGD with momentum"), "sgd": "SGD"},
        "schedule": {
            "linear": _("warm up, then a straight line to 0"),
            "cosine": _("warm up, then a cosine to 0"),
            "constant": _("constant"),
        },
        "precision": {"auto": _("what is faster here"), "bfloat16": "bfloat16", "float32": "float32"},
        "loss": {"auto": _("chosen by size"), "exact": _("exact"), "sampled": _("sampled")},
        "regularisation": {"auto": _("chosen by size"), "as_set": _("as set here")},
        "loss_on": {"all": _("all tokens"), "answer": _("answers alone")},
        "stop": {
            "seconds": _("after seconds"),
            "steps": _("after steps"),
            "epochs": _("after epochs"),
            "plateau": _("when it stops improving"),
        },
    }[field][value]
