"""Every environment variable a server reads, as a table of Markdown: `python -m pages.parts.server.settings_table`, with `zh` in Chinese.

What they do is `lmcore.runs.store.limits`, `lmcore.runs.data_folder`, `class_pin` and `hosts`; both pages for teachers have this table.
"""

import sys
from functools import partial

from lmcore.runs import data_folder
from lmcore.runs.store import limits
from pages.parts.language import translate
from pages.parts.server import class_pin, hosts


def table(language: str) -> str:
    """
    >>> print(table("en").partition("NEXT_WORD_WORKERS")[0])
    | variable | default | meaning |
    |---|---|---|
    | `
    """
    _ = partial(translate, language=language)
    others = [
        (data_folder.ENVIRONMENT, _("the user's data directory"), _("The folder in which everything is kept.")),
        (class_pin.ENVIRONMENT["student"], _("none"), _("The PIN of the class: without it nobody sees anything of this server.")),
        (
            class_pin.ENVIRONMENT["teacher"],
            _("none"),
            _("The PIN of teachers: with it one opens rooms and changes their boards."),
        ),
        (
            hosts.ENVIRONMENT,
            _("none"),
            _(
                "Further names under which this server answers, with spaces between them. Its own and all private addresses are known."
            ),
        ),
        (
            class_pin.PROXY,
            _("none"),
            _("Addresses of a proxy before this server, or *. What it says about who is asking is believed only then."),
        ),
    ]
    rows = [(name, f"{default:g}", translate(meaning, language)) for name, default, meaning in limits.documented()]
    lines = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows + others]
    return "\n".join([f"| {_('variable')} | {_('default')} | {_('meaning')} |", "|---|---|---|", *lines])


if __name__ == "__main__":
    print(table(*sys.argv[1:2] or ["en"]))
