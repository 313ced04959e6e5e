"""The server: Streamlit's app with the visitor's cookie, the door of a class, a few routes, and training processes beside it."""

import asyncio
import contextlib
import os

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Route

from pages.parts import error_notice, visitor
from pages.parts.components.plotly_js import PLOTLY_JS, PLOTLY_ROUTE
from pages.parts.server import class_pin, cookie_header, maintenance, uploads
from pages.parts.server.class_door import ClassDoor
from pages.parts.server.cookie_header import CookieLimit
from pages.parts.server.hosts import KnownHosts
from pages.parts.server.middleware import SafeHeaders, VisitorCookie
from pages.parts.server.routes import ROUTES


async def plotly_js(request):
    return FileResponse(PLOTLY_JS, media_type="text/javascript", headers={"cache-control": "public, max-age=31536000, immutable"})


@contextlib.asynccontextmanager
async def lifespan(app):
    """What is done before the port opens, and after the last answer."""
    os.umask(0o077)  # other accounts of this machine read nothing of what is written
    cookie_header.take_long_headers()
    class_pin.check_environment()
    ended = maintenance.start()
    yield
    ended.set()
    await asyncio.to_thread(visitor.pool().stop)


app = st.App(
    "pages/menu.py",
    routes=[Route(PLOTLY_ROUTE, plotly_js), *ROUTES],
    middleware=[
        Middleware(SafeHeaders),
        Middleware(KnownHosts),
        Middleware(CookieLimit),
        Middleware(ClassDoor),
        Middleware(VisitorCookie),
        Middleware(uploads.UploadLimit),
    ],
    lifespan=lifespan,
    on_script_error=error_notice.say_what_happened,
)
