"""The words of runs that go wrong on purpose: their names, what is wrong, what can be guessed, and what would mend them."""

from lmcore.training.breaking import Broken
from pages.parts.language import _


def name(code: str) -> str:
    return {
        "rate_too_high": _("The learning rate far too high"),
        "rate_too_low": _("The learning rate far too low"),
        "no_clipping": _("A plain RNN without clipping"),
        "twelve_lines": _("Twelve lines of text, a large net"),
        "hidden_two": _("A hidden state of two numbers"),
        "context_of_one": _("One token of context"),
        "shuffled": _("Shuffled text"),
        "swapped": _("Answers swapped"),
        "few_words": _("A vocabulary of 30 words"),
    }[code]


def what_is_wrong(preset: Broken) -> str:
    training = preset.config.training
    return {
        "rate_too_high": _("The learning rate is {rate:g}; {usual:g} would do. All else is as it should be."),
        "rate_too_low": _("The learning rate is {rate:f}; {usual:g} would do. All else is as it should be."),
        "no_clipping": _(
            "A plain RNN learns by plain SGD with a learning rate of {rate:g}. Usually the gradient is clipped to {clipping:g} then; here "
            "nothing limits it."
        ),
        "twelve_lines": _("The text has twelve lines, the hidden state {hidden} numbers. Each line is read hundreds of times."),
        "hidden_two": _("All that the network can keep of what it has read are {hidden} numbers."),
        "context_of_one": _(
            "The network learns from sequences of length {length}, and nearly always with a hidden state that was reset: it sees one "
            "token, and shall say the next."
        ),
        "shuffled": _("All words of the fables stand in random order. The words are the same, each as often as before."),
        "swapped": _(
            "Reviews and whether they are positive or negative, `the cake was good => positive`; but each answer was dealt to another "
            "review at random."
        ),
        "few_words": _("The vocabulary has 30 entries. Every other word is read as the one token “unknown”."),
    }[preset.code].format(
        rate=training.learning_rate,
        usual=preset.mended.training.learning_rate,
        clipping=preset.mended.training.clipping,
        hidden=preset.config.model.hidden_size,
        length=training.sequence_length,
    )


def outcome(code: str) -> str:
    return {
        "explodes": _("It climbs far above guessing."),
        "flat": _("It stays where it began, at guessing among all tokens."),
        "learns": _("It falls, as in any other run."),
        "by_heart": _("The training loss falls to nearly nothing."),
        "frequencies": _("It falls to the line of counting tokens, and no further."),
        "pairs": _("It comes near the line of counting pairs, and not clearly below it."),
        "above_pairs": _("It falls, but stays far above the line of counting pairs."),
        "answers": _("It falls to that of guessing between the two answers, and no further."),
        "unknown": _("It falls far, but what the model writes is full of unknown words."),
    }[code]


def change(preset: Broken) -> str:
    """The label of the button that begins the mended run."""
    training = preset.mended.training
    return {
        "rate_too_high": _("Try a learning rate of {rate:g}"),
        "rate_too_low": _("Try a learning rate of {rate:g}"),
        "no_clipping": _("Try it with the gradient clipped to {clipping:g}"),
        "twelve_lines": _("Try it with all of the fables"),
        "hidden_two": _("Try a hidden state of {hidden} numbers"),
        "context_of_one": _("Try sequences of {length} tokens, the state carried on"),
        "shuffled": _("Try it with the words in their order"),
        "swapped": _("Try it with the right answers"),
        "few_words": _("Try it with all words"),
    }[preset.code].format(
        rate=training.learning_rate,
        clipping=training.clipping,
        hidden=preset.mended.model.hidden_size,
        length=training.sequence_length,
    )


def spoiled(how: str, text: str) -> str:
    """The name of a text with what was done to it."""
    return {
        "shuffled": _("{text}, words shuffled"),
        "first_lines": _("{text}, the first twelve lines"),
        "swapped": _("{text}, answers swapped"),
    }[how].format(text=text)
