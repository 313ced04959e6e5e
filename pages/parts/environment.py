"""Every environment variable a server reads, as a table of Markdown: `python -m pages.parts.environment`, with `zh` in Chinese.

What they do is `lmcore.runs.limits`, `lmcore.runs.folder`, `access` and `hosts`; both pages for teachers have this table.
"""

import sys
from functools import partial

from lmcore.runs import folder, limits
from pages.parts import access, hosts
from pages.parts.language import translate


def table(language: str) -> str:
    """
    >>> print(table("en").partition("NEXT_WORD_WORKERS")[0])
    | variable | default | meaning |
    |---|---|---|
    | `
    """
    _ = partial(translate, language=language)
    others = [
        (folder.ENVIRONMENT, _("the user's data directory"), _("The folder in which everything is kept.")),
        (access.ENVIRONMENT["student"], _("none"), _("The PIN of the class: without it nobody sees anything of this server.")),
        (access.ENVIRONMENT["teacher"], _("none"), _("The PIN of teachers: with it one opens rooms and changes their boards.")),
        (
            hosts.ENVIRONMENT,
            _("none"),
            _(
                "Further names under which this server answers, with spaces between them. Its own and all private addresses are known."
            ),
        ),
        (
            access.PROXY,
            _("none"),
            _("Addresses of a proxy before this server, or *. What it says about who is asking is believed only then."),
        ),
    ]
    rows = [(name, f"{default:g}", translate(meaning, language)) for name, default, meaning in limits.documented()]
    lines = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows + others]
    return "\n".join([f"| {_('variable')} | {_('default')} | {_('meaning')} |", "|---|---|---|", *lines])


if __name__ == "__main__":
    print(table(*sys.argv[1:2] or ["en"]))
