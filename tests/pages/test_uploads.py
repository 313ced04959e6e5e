"""What uploaded files may hold of the server's memory, asked of Streamlit's own routes and file manager."""

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit import config, runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_routes import create_upload_routes

from pages.parts.server import uploads

FRAME = 200  # bytes around a file in its request, at most


@pytest.fixture
def server(monkeypatch):
    """A tab may hold 2,000 bytes here, all together 5,000; the tabs a to d are open."""
    manager, tabs = MemoryUploadedFileManager("/_stcore/upload_file"), set("abcd")
    here = SimpleNamespace(uploaded_file_mgr=manager, is_active_session=tabs.__contains__)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: here)
    monkeypatch.setattr("streamlit.web.server.starlette.starlette_routes.is_xsrf_enabled", lambda: False)
    limit = Middleware(uploads.UploadLimit, of_a_tab=2_000 + FRAME, of_a_server=5_000 + FRAME)
    client = TestClient(Starlette(routes=create_upload_routes(here, manager, ""), middleware=[limit]))

    def put(address: str, size: int, **more) -> int:
        return client.put(f"/_stcore/upload_file/{address}", files={"file": ("a.txt", b"x" * size)}, **more).status_code

    def delete(address: str):
        client.delete(f"/_stcore/upload_file/{address}")

    return SimpleNamespace(put=put, delete=delete, tabs=tabs, manager=manager, client=client)


def test_a_tab_holds_so_much_and_no_more_until_something_goes(server):
    assert [server.put(f"a/{number}", 900) for number in range(8)] == [204, 204] + [413] * 6
    assert uploads.held("a") == uploads.held() == 1_800
    server.delete("a/0")
    assert server.put("a/9", 900) == 204
    assert server.put("b/0", 1_900) == 204


def test_all_tabs_together_hold_so_much_and_closed_ones_make_room(server):
    assert [server.put(f"{tab}/0", 1_800) for tab in "abc"] == [204, 204, 413]
    server.tabs.remove("a")
    assert server.put("c/0", 1_800) == 204
    assert (uploads.held("a"), uploads.held()) == (0, 3_600)


def test_the_files_of_a_closed_tab_are_dropped(server):
    server.put("a/0", 900)
    server.put("b/0", 900)
    server.tabs.remove("a")
    uploads.forget_closed_tabs()
    assert (uploads.held("a"), uploads.held("b")) == (0, 900)


def test_a_file_without_a_length_or_for_no_tab_is_refused(server):
    def chunks():
        yield b"x" * 10

    assert server.client.put("/_stcore/upload_file/a/0", content=chunks()).status_code == 411
    assert server.put("nobody/0", 10) == 400
    assert uploads.held() == 0


def test_a_file_that_is_refused_by_streamlit_leaves_no_room_taken(server, monkeypatch):
    monkeypatch.setattr("streamlit.web.server.starlette.starlette_routes.is_xsrf_enabled", lambda: True)
    assert [server.put("a/0", 1_900) for _ in range(3)] == [403] * 3
    monkeypatch.setattr("streamlit.web.server.starlette.starlette_routes.is_xsrf_enabled", lambda: False)
    assert server.put("a/0", 1_900) == 204


def test_files_that_are_still_coming_count(server):
    limit = uploads.UploadLimit(None, of_a_tab=2_000, of_a_server=5_000)
    limit.coming = [("a", 1_500), ("b", 1_900)]
    assert not limit._has_room("a", 600) and limit._has_room("a", 500)
    assert not limit._has_room("c", 1_700) and limit._has_room("c", 1_600)


def test_the_limits_of_a_real_server_let_a_text_and_a_run_through(monkeypatch, server):
    monkeypatch.setattr(uploads, "machine_bytes", lambda: 4_000_000_000)
    limit, largest = uploads.UploadLimit(None), config.get_option("server.maxUploadSize") * 2**20
    assert limit._has_room("a", largest)
    limit.coming = [("a", largest)]
    assert limit._has_room("a", largest) and not limit._has_room("a", largest + 1)
