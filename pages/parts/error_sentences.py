"""What an error of lmcore, or a note about a run, says in the visitor's language."""

from lmcore.errors import BY_CODE, LmcoreError
from pages.parts.language import _, current_language, literal, translate
from pages.parts.run import setting_labels

SAID = ("looks_like",)  # values of errors that are words themselves


def sentence(code: str, values: dict) -> str:
    """What an error of lmcore says to this visitor: what happened, with which value, what to do. Fit to be read as Markdown.

    Values that do not suit the sentence (a store keeps those of earlier versions) leave only that something went wrong.
    """
    language = current_language()
    words = {name: translate(value, language) if name in SAID else settings_in_words(value) for name, value in values.items()}
    try:
        return translate(BY_CODE.get(code, LmcoreError).sentence, language).format(**words)
    except (LookupError, ValueError, TypeError):
        return translate(LmcoreError.sentence, language)


def settings_in_words(value):
    """{"batch_size": 64, "layers": 2} is “batch size 64, layers 2”; everything else is `literal`."""
    if not isinstance(value, dict):
        return literal(value)
    named = {setting_labels.name(name): one for name, one in value.items()}
    return _(", ").join(f"{name[:1].lower()}{name[1:]} {literal(one)}" for name, one in named.items())
