"""Views of the page Write: the editor, continuations beside it, the copy meter."""
