"""Views of the page Text: bringing a text, how it was read, its kind and splits, its tokens."""
