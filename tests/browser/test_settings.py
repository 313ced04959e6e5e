"""A click that comes before the browser has drawn what the click before it changed."""

import re
from urllib.parse import parse_qs

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from lmcore import presets
from lmcore.runs.store.store import Store
from pages.parts import identity
from tests.browser.raw_replay import Tab
from tests.pages.situations import TEXT


@pytest.fixture
def tab(server, monkeypatch):
    monkeypatch.setenv("NEXT_WORD_DATA", str(server.data))
    with Tab(server.url, f"{identity.cookie_name()}={identity.issue('nora')}") as tab:
        yield tab


def ask(query: str, states: dict) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string, message.rerun_script.page_name = query, "train"
    message.rerun_script.widget_states.widgets.extend(WidgetState(id=name, **value) for name, value in states.items())
    return message.SerializeToString()


def test_start_right_after_a_preset_trains_that_preset(server, tab):
    """The second message carries the values that the preset has changed, as the browser still shows them."""
    store = Store(server.data)
    text = store.add_text(owner="nora", name="cats", content=TEXT, kind="stream", encoding="utf-8")
    query = f"lang=en&text={text.id}"
    tab.open("train", query)
    before = presets.preset(30)
    shown = {tab.id_of("settings.stop_after"): {"double_value": before.training.stop_after}}
    for field in ("hidden_size", "embedding_size"):
        shown[tab.id_of(f"settings.{field}.typed")] = {"double_value": float(getattr(before.model, field))}
    chosen = {**shown, tab.id_of("settings.preset"): {"string_array_value": {"data": ["10 seconds"]}}}
    tab.socket.send(ask(query, chosen))
    while ForwardMsg.FromString(tab.socket.recv(timeout=90)).WhichOneof("type") != "new_session":
        pass  # the script that applies the preset has begun
    said = tab.send(ask(query, {**chosen, tab.id_of("train.start"): {"trigger_value": True}}))
    (run,) = store.runs("nora")
    assert parse_qs(re.search(r"run=\w+", said)[0])["run"] == [run.id]
    wanted = presets.preset(10, "character")
    assert (run.requested.model, run.requested.training.stop_after) == (wanted.model, 10)
