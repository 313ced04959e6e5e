"""What is changed of Streamlit's own drawing: less empty space, and its few fixed English words in the visitor's language."""

import json

import streamlit as st

from lmcore.errors import TextTooLarge
from lmcore.text.decoding import LIMIT
from pages.parts.error_sentences import sentence
from pages.parts.language import _

UPLOADER = "[data-testid=stFileUploaderDropzone]"
REFUSED = (
    "[data-testid=stFileUploader]:has([data-testid=stFileChipIconError])::after"  # by the browser: nothing reaches the server
)
HINT = "[data-testid=InputInstructions] > span:first-child"

STATION = ".st-key-pipeline > [data-testid=stLayoutWrapper]"
NARROW = "[data-testid=stLayoutWrapper]:has(> .st-key-pipeline-narrow)"
PIPELINE = (  # stations in a line, an arrow between two, the figures below each; where it is narrow the lit one's below the line
    f"[data-testid=stLayoutWrapper]:has(> .st-key-pipeline), {NARROW} {{ container-type: inline-size; }}",
    ".st-key-pipeline { gap: 0.2rem 1.5rem; border-bottom: 1px solid rgb(128 128 128 / 0.25);"
    " padding: 0 1.8rem 0.35rem 0; position: relative; }",
    ".st-key-pipeline p, .st-key-pipeline-narrow p { font-size: 0.8rem; line-height: 1.5; }",
    ".st-key-pipeline [data-testid=stCaptionContainer], .st-key-pipeline-narrow [data-testid=stCaptionContainer] { margin: 0; }",
    "[data-testid=stMain] .st-key-pipeline a { padding: 0; min-height: 0; background: none; text-decoration: none; }",
    "[data-testid=stMain] .st-key-pipeline a:hover p { text-decoration: underline; }",
    ".st-key-pipeline a p { font-weight: 400; }",
    f"{STATION} {{ position: relative; }}",
    f"{STATION}:not(:first-child):not(:has(.st-key-pipeline-leave))::before"
    " { content: '→'; position: absolute; left: -1.2rem; top: 0; font-size: 0.8rem; line-height: 1; opacity: 0.5; }",
    ".st-key-pipeline [class*=-lit] > :first-child p { font-weight: 700; box-shadow: 0 2px currentColor; }",
    f"{STATION}:has(.st-key-pipeline-leave) {{ position: absolute; right: 0; top: 0; }}",
    ".st-key-pipeline-leave p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }",
    f"@media (min-width: 641px) {{ .st-key-pipeline {{ flex-wrap: nowrap; gap: 0.2rem 1.4rem; }} {STATION} {{ flex: none; }}"  # names give way
    f" {STATION}:has([class*=st-key-pipeline-text], [class*=st-key-pipeline-probabilities]) {{ flex: 0 1 auto; min-width: 2rem; }}"
    " .st-key-pipeline :is([data-testid=stVerticalBlock], [data-testid=stElementContainer], [data-testid=stMarkdown],"
    " [data-testid=stMarkdown] > div) { min-width: 0; max-width: 100%; }"
    " .st-key-pipeline [data-testid=stCaptionContainer] p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } }",
    "@media (min-width: 641px) { [data-testid=stMainBlockContainer]:has(.st-key-pipeline) { padding-top: 1rem; }"
    " [data-testid=stMainBlockContainer]:has(.st-key-pipeline) h1 { padding-top: 0; } }",
    f"{NARROW} {{ margin-top: -1rem; }} .st-key-pipeline-narrow {{ display: none; }}",
    "@container (max-width: 760px) { .st-key-pipeline-narrow { display: flex; }"
    " .st-key-pipeline [data-testid=stElementContainer]:has([data-testid=stCaptionContainer]):last-child:not(:first-child)"
    " { display: none; } }",
    "@media (max-width: 640px) { .st-key-pipeline { gap: 0 1.05rem; flex-wrap: nowrap; margin-top: 2rem; }"
    " .st-key-pipeline p, .st-key-pipeline-narrow p { font-size: 0.72rem; white-space: nowrap; }"
    f" {STATION}::before {{ left: -0.95rem !important; }} {STATION} {{ min-width: 0; }} }}",
)

TERMS = (  # of components.term_tips, whose definition stands in the document itself
    "::highlight(next-word-term) { text-decoration: underline dotted 1px; text-underline-offset: 3px; }",
    ".next-word-tip { position: fixed; z-index: 1000000; max-width: min(22rem, calc(100vw - 1rem)); padding: 0.7rem 0.9rem;"
    " border-radius: 0.6rem; font-size: 0.875rem; line-height: 1.5; background: #31333f; color: #fff;"
    " box-shadow: 0 4px 16px rgb(0 0 0 / 0.3); }",
    ".next-word-tip span { margin-left: 0.5em; opacity: 0.75; } .next-word-tip p { margin: 0.2rem 0 0; }",
    ".next-word-tip button { all: unset; cursor: pointer; color: #8ecbff; text-decoration: underline; white-space: nowrap; }",
)


def css() -> str:
    """For st.html; the words are CSS strings, so no text of a visitor may come near."""
    said = {
        f"{UPLOADER} button p": _("Choose files"),
        f"[data-testid=stTextInput] {HINT}": _("Enter applies it"),
        f"[data-testid=stNumberInput] {HINT}": _("Enter applies it"),
        f"[data-testid=stTextArea] {HINT}": _("Ctrl+Enter applies it"),
    }
    refused = _("What is marked red was not taken: it is larger than {megabytes} MB, or not a file of this kind.").format(
        megabytes=st.get_option("server.maxUploadSize")
    )
    too_large = sentence(TextTooLarge.code, {"limit": LIMIT // 1_000_000})
    wide = _("Swipe the table sideways to see all of its columns.")
    rules = [
        "[data-testid=stMainBlockContainer] { padding-top: 2.5rem; padding-bottom: 3rem; }",
        "[data-testid=stProgress] * { transition: none !important; }",  # a run is never slowed down to move its own bar
        "@media (max-width: 640px) { .modebar-container { display: none; }"  # it would cover the chart; a tap shows the values
        " [data-testid=stTextInput] [data-testid=InputInstructions] { display: none; } [data-testid=stHorizontalBlock] { gap: 0.5rem; } [data-testid=stMain] h1 { font-size: 2rem; } [data-testid=stMain] h3 { font-size: 1.35rem; } }",
        f"@media (max-width: 640px) {{ [data-testid=stDataFrame][data-wide]::after {{ content: {css_string('↔ ' + wide)};"
        " display: block; font-size: 0.8rem; opacity: 0.7; } }",
        "[data-testid=stCaptionContainer] { opacity: 0.78; }",  # a contrast of 4.5 at least
        ":root { --next-word-on-primary: #fff; --next-word-keyword: #0b5cad; }",  # what stands on the theme's blue; of programs
        "@media (prefers-color-scheme: dark) { :root { --next-word-on-primary: #06121b; --next-word-keyword: #6cb6f5; } }",
        ":is([data-testid*='-primary'], [data-tag]) * { color: var(--next-word-on-primary); }",
        "[data-testid=stCode] .token:is(.keyword, .class-name, .function, .builtin) { color: var(--next-word-keyword) !important; }"
        " [data-testid=stCode] .comment { color: inherit !important; opacity: 0.78; }",
        "[data-testid=stMain] [data-testid=stPageLink] a { text-decoration: underline; text-underline-offset: 3px; }",
        "[data-testid^=stNumberInputStep], [data-testid=stNumberInputClearButton] { display: none; }",  # English; arrow keys step
        "[data-testid=stFileUploaderDropzoneInstructions] { display: none; }",
        "[data-testid=stFileChip] [role=alert], [data-testid=stTooltipErrorContent] { display: none; }",
        f"{REFUSED} {{ content: {css_string(refused)}; color: #c62828; font-size: 0.875rem; }}",
        ".st-key-inside-code-lines [data-testid=stCode] * { font-size: 0.75rem; }",  # a program, and beside it its values
        *PIPELINE,
        *TERMS,
        f".st-key-text-files {REFUSED} {{ content: {css_string(too_large)}; }}",  # any ending is taken
    ]
    for selector, words in said.items():
        rules += [
            f"{selector} {{ font-size: 0; }}",
            f"{selector}::after {{ content: {css_string(words)}; font-size: 0.875rem; }}",
        ]
    return f"<style>{' '.join(rules)}</style>"


def css_string(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)
