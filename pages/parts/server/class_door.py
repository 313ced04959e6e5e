"""The door of a class: a browser without the cookie that a PIN gives is refused, by HTTP and by websocket.

What the PIN is and how a cookie is verified is `class_pin`; the forms that set cookies are `routes`.
"""

import contextlib
import re
from functools import partial
from html import escape
from math import ceil
from urllib.parse import parse_qs, parse_qsl, urlencode

from google.protobuf.message import DecodeError
from starlette.requests import HTTPConnection
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.parts import identity
from pages.parts.language import translate
from pages.parts.server import class_pin, html_page
from pages.parts.server.guess_limit import Asking
from pages.parts.server.hosts import HEALTH
from pages.parts.server.middleware import cookie, cookies

ENTER = "/browser/enter"
PAGE = re.compile(r"/[a-z]*")  # addresses of pages, not of their scripts and pictures


class ClassDoor:
    """ASGI middleware. Websockets that were open before a class began, or before a new PIN, are closed at their next message: their
    pages load their own address again, which asks for the PIN.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket") or _may_pass(scope):
            return await self.app(scope, self._watched(scope, receive, send), send)
        if scope["type"] == "websocket":
            await receive()  # the client's wish to connect
            return await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
        return await pin_page(HTTPConnection(scope), status=403)(scope, receive, send)

    def _watched(self, scope, receive, send):
        if scope["type"] != "websocket":
            return receive

        async def receive_while_allowed():
            message = await receive()
            if message["type"] == "websocket.receive" and not _may_pass(scope):
                await send({"type": "websocket.send", "bytes": _same_address(message.get("bytes") or b"")})
                await send({"type": "websocket.close", "code": 1008})
                return {"type": "websocket.disconnect", "code": 1008}
            return message

        return receive_while_allowed


def _same_address(asked: bytes) -> bytes:
    """The message of Streamlit that makes a page load an address, here the one from which it has just asked for something."""
    request, answer = BackMsg(), ForwardMsg()
    with contextlib.suppress(DecodeError):
        request.ParseFromString(asked)
    answer.auth_redirect.url = f"?{request.rerun_script.query_string}"
    return answer.SerializeToString()


def _may_pass(scope) -> bool:
    free = {HEALTH: ("GET", "HEAD"), ENTER: ("POST",)}
    return (
        not class_pin.is_closed()
        or class_pin.role(cookies(scope).get(class_pin.cookie_name())) is not None
        or scope.get("method") in free.get(scope["path"], ())
    )


def asking_at(asking: HTTPConnection) -> Asking:
    """Who sends a PIN. A browser that was let in before has a visitor's cookie, any other one that the door gave it."""
    given = cookies(asking.scope)
    visitor = identity.verify(given.get(identity.cookie_name()))
    at_door = identity.verify(given.get(_cookie_name()), "door")
    return Asking(
        class_pin.address(asking.client and asking.client.host, asking.headers), visitor or at_door, visitor is not None
    )


def pin_page(
    asking: HTTPConnection,
    *,
    status: int,
    wanted: str | None = None,
    wrong: str = "",
    words: str | None = None,
    wait: float | None = None,
):
    """wanted: the address to go on to; that of the request where nothing else is said. wait: seconds until one may try again."""
    wanted = wanted if wanted is not None else f"{asking.url.path}?{asking.url.query}"
    words = words or html_page.language(
        parse_qs(wanted.partition("?")[2]).get("lang", [None])[0], asking.headers.get("accept-language", "")
    )
    wanted = inside(wanted, lang=words)
    _ = partial(translate, language=words)
    body = (
        f"<p>{escape(_('This server is for one class. Its PIN is asked once in each browser.'))}</p>"
        f'<form method="post" action="{ENTER}"><input type="hidden" name="wanted" value="{escape(wanted)}">'
        f'<input type="hidden" name="lang" value="{words}"><label for="pin">{escape(_("PIN"))}</label>'
        f'<input type="text" id="pin" name="pin" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="100" required autofocus>'
        f"<button>{escape(_('Enter'))}</button></form>"
    )
    headers = {"retry-after": str(ceil(wait))} if wait else {}
    if asking_at(asking).browser is None:
        headers["set-cookie"] = cookie(asking.scope, _cookie_name(), identity.issue(salt="door"))
    return html_page.page(
        words, _("Enter the PIN of this class"), body, back=inside(wanted, lang=None), status=status, wrong=wrong, headers=headers
    )


def _cookie_name() -> str:
    return identity.cookie_name("door_")


def inside(address: str, lang: str | None) -> str:
    """An address within this server, with a language or none; what is not one of its pages is its home page.

    >>> inside("/classroom?room=7KQM2X&lang=en", lang="zh"), inside("//elsewhere.example/", lang=None)
    ('/classroom?room=7KQM2X&lang=zh', '/')
    """
    path, _, query = address.partition("?")
    if not PAGE.fullmatch(path):
        path, query = "/", ""
    kept = [(name, value) for name, value in parse_qsl(query) if name != "lang"] + ([("lang", lang)] if lang else [])
    return f"{path}?{urlencode(kept)}" if kept else path
