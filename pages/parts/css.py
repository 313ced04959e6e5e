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
        "[data-testid=stMain] [data-testid=stPageLink] a { text-decoration: underline; text-underline-offset: 3px; }",
        "[data-testid^=stNumberInputStep], [data-testid=stNumberInputClearButton] { display: none; }",  # English; arrow keys step
        "[data-testid=stFileUploaderDropzoneInstructions] { display: none; }",
        "[data-testid=stFileChip] [role=alert], [data-testid=stTooltipErrorContent] { display: none; }",
        f"{REFUSED} {{ content: {css_string(refused)}; color: #c62828; font-size: 0.875rem; }}",
        ".st-key-inside-code-lines [data-testid=stCode] * { font-size: 0.75rem; }",  # a program, and beside it its values
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
