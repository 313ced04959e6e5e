"""What the server adds to its answers: the visitor's cookie, and headers that keep a page to itself. Imports no streamlit.

Both are pure ASGI, so that streamed answers stay streamed. The cookie is signed and verified by `identity`; the PIN of a class is
asked by `class_door`.
"""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser

from pages.parts import identity

YEAR = 365 * 24 * 3600  # seconds


class VisitorCookie:
    """Gives a browser without a valid cookie one, with the first page it loads."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or _known(scope):
            return await self.app(scope, receive, send)

        async def with_cookie(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", cookie(scope, identity.cookie_name(), identity.issue()))
                    headers["cache-control"] = "no-store"  # a cache between must not hand one visitor's cookie to others
            await send(message)

        return await self.app(scope, receive, with_cookie)


class SafeHeaders:
    """No other site may frame the app, and a page may load from this server alone: nothing a text contains can call out."""

    def __init__(self, app):
        self.app = app
        self.headers = {
            "content-security-policy": content_security_policy(),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",  # the addresses of runs are secrets of a kind
            "x-frame-options": "SAMEORIGIN",
        }

    async def __call__(self, scope, receive, send):
        async def with_headers(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def content_security_policy() -> str:
    """Components arrive as blobs, Streamlit's styles inline; its page has one small inline script, allowed by its hash."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    hashes = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in inline)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


def cookies(scope) -> dict[str, str]:
    return cookie_parser(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))


def cookie(scope, name: str, value: str, seconds: int = YEAR) -> str:
    """A Set-Cookie header that no script can read, and that never leaves by an open line where the page came by a closed one."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"").split(b",")[0].strip()
    secure = "; Secure" if b"https" in (scope.get("scheme", "").encode(), forwarded) else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"


def _known(scope) -> bool:
    return identity.verify(cookies(scope).get(identity.cookie_name())) is not None
