"""What the page says of the article's program: its comments, its switches, what each of its errors teaches."""

from pages.parts.language import _


def switches() -> dict[str, str]:
    """{fault: its switch}, in the order in which one meets them."""
    return {
        "names": _("1 · Give every name a value"),
        "axes": _("2 · Put the batch first"),
        "loss": _("3 · Flatten for the loss"),
        "detached": _("4 · Detach the hidden state"),
    }


def comments() -> dict[str, str]:
    """{key of a comment: it}"""
    return {
        "inputs": _("text (batch, length), hidden (1, batch, hidden)"),
        "embedded": _("(batch, length, embed)"),
        "output": _("(batch, length, vocab)"),
        "backward": _("gradients"),
        "step": _("the weights change"),
        "ids": _("mended: the text, its labels one token later"),
        "axes": _("mended: (batch, length, …)"),
        "loss": _("mended: a row a token"),
        "detached": _("mended: the value without its history"),
    }


def lessons() -> dict[str, str]:
    """{fault: what its error teaches, in two sentences}"""
    return {
        "names": _(
            "A printed program leaves to its reader what depends on the data and the machine: the sizes, the loader, the device, the "
            "number of epochs. It also reads `hidden` before anything stands in it; a recurrent network needs a state before the first "
            "token, and zeros will do."
        ),
        "axes": _(
            "`nn.RNN` reads (length, batch, embedding) unless it is made with `batch_first=True`, so it takes the {lanes} sequences of "
            "the batch for {lanes} moments in time. That the sizes do not fit is luck: with as many sequences as each has tokens there "
            "is no error, and the sequences are mixed in silence (try the last switch)."
        ),
        "loss": _(
            "`CrossEntropyLoss` wants the classes on axis 1, (batch, classes, length), and here takes the {length} positions for classes. "
            "Flattened, each token is a row of logits with one label, and the loss is the mean over all of them: nats per token."
        ),
        "detached": _(
            "The first step went through; the second goes back through `hidden` into the graph of the first, which is freed once its "
            "gradients are there. Detached, the state keeps its value and loses its history: truncated back-propagation through time."
        ),
    }


def mixed() -> str:
    return _(
        "No error, and wrong all the same: with as many sequences as each has tokens `nn.RNN` takes the batch for time, so its state "
        "goes on from one sequence to the next, not from one token to the next. Mend the axes too and compare the losses."
    )


def still_missing() -> str:
    return _(
        "No error says what is still missing: nothing is held out, so nobody knows whether it learns or remembers; no seed, so each "
        "new run is another; no clipping, so one odd batch can ruin it; the state is carried over the end of an epoch, where the text begins "
        "anew; and a last batch of another size would not fit `hidden`, so it is left out here."
    )
