"""A server that has just started: its first page is drawn, then torch is loaded, which takes two seconds in which little else runs."""

import threading

_over = threading.Event()
_over.set()  # where nothing is loaded beforehand, the first import does it
_may_begin = threading.Event()


def begin():
    """The server has started; loading waits."""
    _over.clear()
    _may_begin.clear()


def end():
    _over.set()


def over() -> bool:
    """Whether a page may ask models without a wait."""
    return _over.is_set()


def let_it_begin():
    """A browser has the first page, or a page needs a model."""
    _may_begin.set()


def wait_until_it_may(seconds: float) -> bool:
    """Wait `seconds` at most; return whether loading may begin."""
    return _may_begin.wait(seconds)
