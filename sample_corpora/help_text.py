"""The language reference that Python's `help()` shows, read from the running interpreter: nothing of it is shipped with this project."""

from functools import lru_cache


@lru_cache(maxsize=1)
def text() -> str:
    """All topics of `pydoc_data.topics`, one after another; another version of Python has another text."""
    from pydoc_data.topics import topics

    return "\n\n".join(topic.strip() for topic in topics.values()) + "\n"
