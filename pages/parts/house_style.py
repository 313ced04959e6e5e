"""What is changed of Streamlit's own drawing: less empty space, and its few fixed English words in the visitor's language."""

import json

from pages.parts.language import _

UPLOADER = "[data-testid=stFileUploaderDropzone]"
HINT = "[data-testid=InputInstructions] > span:first-child"


def css() -> str:
    """For st.html; the words are CSS strings, so no text of a visitor may come near."""
    said = {
        f"{UPLOADER} button p": _("Choose files"),
        f"[data-testid=stTextInput] {HINT}": _("Enter applies it"),
        f"[data-testid=stNumberInput] {HINT}": _("Enter applies it"),
        f"[data-testid=stTextArea] {HINT}": _("Ctrl+Enter applies it"),
    }
    rules = [
        "[data-testid=stMainBlockContainer] { padding-top: 2.5rem; padding-bottom: 3rem; }",
        "[data-testid=stFileUploaderDropzoneInstructions] { display: none; }",
    ]
    for place, words in said.items():
        rules += [
            f"{place} {{ font-size: 0; }}",
            f"{place}::after {{ content: {json.dumps(words, ensure_ascii=False)}; font-size: 0.875rem; }}",
        ]
    return f"<style>{' '.join(rules)}</style>"
