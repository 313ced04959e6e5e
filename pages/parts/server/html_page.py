"""Pages outside Streamlit: one card, one sentence, one form, in the visitor's language. They load nothing and run no script."""

from html import escape
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from pages.parts.language import LANGUAGES, first_known, translate, wishes

STYLE = """
:root { color-scheme: light dark; --text: #262730; --paper: #fff; --line: #8888884d; --main: #0072b2; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #fafafa; --paper: #0e1117; --main: #2b95d6; --wrong: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper); color: var(--text);
  font: 1rem/1.5 'Source Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif; }
main { width: min(26rem, 100%); overflow-wrap: anywhere; min-width: 0; border: 1px solid var(--line); border-radius: 0.8rem; padding: 1.5rem 1.75rem 1.75rem; }
header { display: flex; justify-content: space-between; gap: 1rem; opacity: 0.8; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1rem 0 0.5rem; }
p { margin: 0.5rem 0; }
p.wrong { color: var(--wrong); font-weight: 600; }
a { color: var(--main); }
label { display: block; margin-top: 1rem; font-weight: 600; }
input[type=text] { width: 100%; font: inherit; font-size: 1.4rem; letter-spacing: 0.12em; padding: 0.5rem 0.75rem; margin: 0.25rem 0 1rem;
  border: 1px solid var(--line); border-radius: 0.6rem; background: transparent; color: inherit; }
button { width: 100%; font: inherit; font-weight: 600; padding: 0.6rem; border: 0; border-radius: 0.6rem; background: var(--main); color: #fff;
  cursor: pointer; }
:is(input, button, a):focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
"""


def language(asked: str | None, accept_language: str) -> str:
    return asked if asked in LANGUAGES else first_known(wishes(accept_language))


def page(
    words: str, title: str, body: str, *, back: str, status: int, wrong: str = "", headers: dict[str, str] | None = None
) -> HTMLResponse:
    """words: the language; body: HTML, whose values its caller has escaped; back: the address of the same page in the other
    language, whose `lang` is added here."""
    other = list(LANGUAGES)[list(LANGUAGES).index(words) - 1]
    mark = "&" if "?" in back else "?"
    link = escape(f"{back}{mark}{urlencode({'lang': other})}")
    complaint = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return HTMLResponse(
        f'<!doctype html><html lang="{words}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main><header>"
        f'<span>💬 {escape(translate("Next Word", words))}</span><a href="{link}" lang="{other}">{LANGUAGES[other]}</a></header>'
        f"<h1>{escape(title)}</h1>{complaint}{body}</main></body></html>",
        status_code=status,
        headers={"cache-control": "no-store", **(headers or {})},
    )
