"""The server: Streamlit's app with the visitor's cookie, the door of a class, a few routes, and training processes beside it."""

import asyncio
import contextlib
import gc
import importlib
import pkgutil
import threading

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Route

from pages import parts
from pages.parts import access, demos, visitor
from pages.parts.browser_routes import ROUTES
from pages.parts.door import ClassDoor
from pages.parts.live_chart.assets import PLOTLY_JS, PLOTLY_ROUTE
from pages.parts.middleware import SafeHeaders, VisitorCookie
from pages.parts.trouble import say_what_happened


async def plotly_js(request):
    return FileResponse(PLOTLY_JS, media_type="text/javascript", headers={"cache-control": "public, max-age=31536000, immutable"})


def load_everything():
    """Import what pages use, then freeze the garbage collector: Streamlit collects after every script run, and what was
    loaded once never needs to be looked at again."""
    import torch  # first: the home page waits for nothing else

    torch.set_num_threads(1)
    for module in pkgutil.walk_packages(parts.__path__, "pages.parts."):
        importlib.import_module(module.name)
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401

    gc.collect()
    gc.freeze()


@contextlib.asynccontextmanager
async def lifespan(app):
    """The port opens while torch is still being loaded. Two processes need it: both at once only when the examples have to be
    trained, otherwise the one that answers first."""
    access.check_environment()
    store, pool = visitor.store(), visitor.pool()
    if not_trained_yet(store):
        pool.start()
        demos.ensure(store)
        pool.wake()

    def load():
        load_everything()
        pool.wake()

    threading.Thread(target=load, name="load_everything", daemon=True).start()
    yield
    await asyncio.to_thread(pool.stop)


def not_trained_yet(store) -> bool:
    examples = store.demos()
    return len(examples) < len(demos.SAMPLE) or any(run.shown_status != "finished" for run in examples)


app = st.App(
    "pages/menu.py",
    routes=[Route(PLOTLY_ROUTE, plotly_js), *ROUTES],
    middleware=[Middleware(SafeHeaders), Middleware(ClassDoor), Middleware(VisitorCookie)],
    lifespan=lifespan,
    on_script_error=say_what_happened,
)
