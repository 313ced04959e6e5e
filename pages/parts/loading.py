"""A server that has just started: its first page is drawn, then torch is loaded, which takes two seconds in which little else runs."""

import threading

_over = threading.Event()
_over.set()  # where nobody loads anything beforehand, the first import does
_drawn = threading.Event()


def begin():
    _over.clear()
    _drawn.clear()


def end():
    _over.set()


def over() -> bool:
    """Whether a page may ask models without a wait."""
    return _over.is_set()


def page_drawn():
    _drawn.set()


def wait_for_a_page(seconds: float) -> bool:
    """Until a visitor's first page is drawn, so many seconds at most; whether one is."""
    return _drawn.wait(seconds)
