"""Under which names this server answers: a page of another name, or of another port, could otherwise read it with its visitor's cookies.

Known are the machine's own names and addresses, those of private networks, at which no foreign name can be made to point,
and the names in $NEXT_WORD_HOSTS. Imports no streamlit.
"""

import ipaddress
import os
import re
import socket
from functools import lru_cache, partial
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection

from pages.parts.language import translate
from pages.parts.server import html_page

ENVIRONMENT = "NEXT_WORD_HOSTS"
HEALTH = "/_stcore/health"  # a watchdog knows no name
PORTS = {"http": 80, "https": 443}
PRIVATE = [
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    )
]


class KnownHosts:
    """ASGI middleware: refuse requests under an unknown host name, and those sent by pages of another server."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket") or scope["path"] == HEALTH:
            return await self.app(scope, receive, send)
        asking = HTTPConnection(scope)
        host, origin = asking.headers.get("host", ""), asking.headers.get("origin")
        known = is_known(host, scope.get("server"))
        if known and (origin is None or is_same(origin, host)):
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()  # the client's wish to connect
            return await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
        return await _refusal(asking, host, known)(scope, receive, send)


def is_known(host: str, server: tuple[str, int | None] | None = None) -> bool:
    """host: as a request names it, with its port or without; server: the address of this machine at which it came in.

    >>> is_known("localhost:8501"), is_known("192.168.1.20"), is_known("elsewhere.example"), is_known("localhost.elsewhere.example")
    (True, True, False, False)
    """
    name = _hostname(host)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name != "" and name in names(os.environ.get(ENVIRONMENT, ""))
    return any(address in network for network in PRIVATE) or (server is not None and name == server[0])


@lru_cache(maxsize=4)
def names(given: str) -> frozenset[str]:
    """given: the names of the setting, with spaces or commas between them."""
    own = socket.gethostname().lower()
    return frozenset(
        {"localhost", own, f"{own}.local", *(name.lower().rstrip(".") for name in re.split(r"[\s,]+", given))} - {""}
    )


def is_same(origin: str, host: str) -> bool:
    """Whether a page's origin is this server: name and port, where the port that goes without saying may be left out.

    >>> is_same("https://school.example", "school.example:443"), is_same("http://localhost:3000", "localhost:8501"), is_same("null", "")
    (True, False, False)
    """
    try:
        page, here = urlsplit(origin), urlsplit(f"//{host}")
        port = PORTS[page.scheme]
        return _hostname(page.netloc) == _hostname(host) != "" and (page.port or port) == (here.port or port)
    except (ValueError, KeyError):
        return False


def _hostname(host: str) -> str:
    """Without its port; empty where it is none."""
    if re.search(r"[@/?#\\\s]", host):
        return ""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _refusal(asking: HTTPConnection, host: str, known: bool):
    words = html_page.language(parse_qs(asking.url.query).get("lang", [None])[0], asking.headers.get("accept-language", ""))
    _ = partial(translate, language=words)
    if known:
        sentence = _("Only a page of this server itself can do this. Open the app and try again there.")
        return html_page.page(words, _("That did not work"), "", back="/", status=403, wrong=sentence)
    shown = escape(_hostname(host)[:100] or "…")
    port = (asking.scope.get("server") or ("", None))[1]
    own = f"http://localhost:{port}" if port else "http://localhost"
    body = (
        f"<p>{_('This server does not answer under the name “{name}”.').format(name=f'<strong>{shown}</strong>')}</p>"
        f"<p>{_('On the machine itself it is at {address}. Whoever runs it adds further names with the setting {setting}.').format(address=own, setting=f'<code>{ENVIRONMENT}={shown}</code>')}</p>"
    )
    return html_page.page(words, _("Another name"), body, back="/", status=403)
