"""How many cookies a browser may send: those of all programs at one name of a machine come together, whatever their ports.

The server beneath takes 8 kB for a websocket and leaves a longer header unanswered, so that pages load for ever. Here it takes
more, and beyond that a page says what is wrong.
"""

from functools import partial
from html import escape
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection
from uvicorn.protocols.http import h11_impl
from websockets import http11

from pages.parts.language import translate
from pages.parts.server import html_page

MOST = 60_000  # bytes of one header; browsers send a few times as much


def take_long_headers():
    """For all connections that come after it."""
    h11_impl.DEFAULT_MAX_INCOMPLETE_EVENT_SIZE = 8 * MOST
    http11.MAX_LINE_LENGTH = MOST + 4_096


class CookieLimit:
    """ASGI middleware: answer a request whose cookies are too long for a websocket with a page that says so."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        size = sum(len(value) for name, value in scope.get("headers", ()) if name == b"cookie")
        if scope["type"] == "http" and size > MOST:
            return await _refusal(HTTPConnection(scope), size)(scope, receive, send)
        return await self.app(scope, receive, send)


def _refusal(asking: HTTPConnection, size: int):
    words = html_page.language(parse_qs(asking.url.query).get("lang", [None])[0], asking.headers.get("accept-language", ""))
    _ = partial(translate, language=words)
    sentence = _(
        "Your browser sends {kilobytes} kB of cookies to this address, from everything that runs at it; at most {limit} can be read. "
        "Delete cookies of this address that you do not need (those of Next Word begin with {name}), then load the page again."
    ).format(kilobytes=round(size / 1000), limit=MOST // 1000, name="next_word_")
    return html_page.page(words, _("Too many cookies"), f"<p>{escape(sentence)}</p>", back="/", status=431)
