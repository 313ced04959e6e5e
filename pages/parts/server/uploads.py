"""How many bytes of uploaded files one tab and the server hold in memory, and that those of a closed tab go.

Streamlit limits a single file; it keeps any number, also of a tab that is gone, until its session is forgotten.
"""

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from streamlit import config, runtime

from lmcore.runs.store.limits import machine_bytes

ADDRESSED = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
FILES_OF_A_TAB = 2  # of the largest size: a text and a run
SMALLEST_SERVER, SHARE_OF_MEMORY = 256_000_000, 1 / 8


class UploadLimit:
    """Pure ASGI. Room is taken for a file before its first byte is read, and given back when Streamlit has it or has refused it."""

    def __init__(self, app, of_a_tab: int | None = None, of_a_server: int | None = None):
        self.app, self.of_a_tab, self.of_a_server = app, of_a_tab, of_a_server
        self.coming: list[tuple[str, int]] = []  # (session, bytes)

    async def __call__(self, scope, receive, send):
        addressed = ADDRESSED.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if addressed is None or not runtime.exists() or not runtime.get_instance().is_active_session(addressed[1]):
            return await self.app(scope, receive, send)  # Streamlit refuses files of unknown sessions
        length = Request(scope).headers.get("content-length", "")
        if not length.isdecimal():
            return await PlainTextResponse("the length of the file is missing", status_code=411)(scope, receive, send)
        entry = (addressed[1], int(length))
        if not self._has_room(*entry):
            return await PlainTextResponse("too many files are held already", status_code=413)(scope, receive, send)
        self.coming.append(entry)
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming.remove(entry)

    def _has_room(self, session: str, size: int) -> bool:
        of_a_tab = self.of_a_tab or FILES_OF_A_TAB * config.get_option("server.maxUploadSize") * 2**20
        of_a_server = self.of_a_server or max(SMALLEST_SERVER, int(machine_bytes() * SHARE_OF_MEMORY))
        of_this_tab = held(session) + sum(coming for name, coming in self.coming if name == session)
        if of_this_tab + size > of_a_tab:
            return False
        everything = sum(coming for _name, coming in self.coming) + size
        if held() + everything > of_a_server:
            forget_closed_tabs()
        return held() + everything <= of_a_server


def held(session: str | None = None) -> int:
    """Bytes of the files of one session, or of all."""
    kept = _kept()
    names = [session] if session is not None else list(kept)
    return sum(len(file.data) for name in names for file in list(kept.get(name, {}).values()))


def forget_closed_tabs():
    """Drop the files of sessions whose browser is not connected: one that comes back chooses its files again."""
    for session in list(_kept()):
        if not runtime.get_instance().is_active_session(session):
            runtime.get_instance().uploaded_file_mgr.remove_session_files(session)


def _kept() -> dict[str, dict]:
    """Session -> {file id: file}, of Streamlit's manager; empty before the server runs."""
    return runtime.get_instance().uploaded_file_mgr.file_storage if runtime.exists() else {}
