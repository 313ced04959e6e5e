"""A visitor without a browser: speaks Streamlit's websocket protocol itself, with whatever cookie it likes."""

from functools import partial

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PATIENCE = 60.0  # seconds: a server that shares two cores with a browser and trainings may take longer than httpx's five
http = partial(httpx.request, timeout=PATIENCE)


def texts(url: str, page: str, query: str = "", cookie: str | None = None) -> str:
    """All that one run of a page's script sends, as text: what this client can get to know."""
    headers = {"Cookie": cookie} if cookie else {}
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    with connect(
        address, subprotocols=["streamlit"], additional_headers=headers, origin=url, max_size=None, open_timeout=PATIENCE
    ) as socket:
        ask = BackMsg()
        ask.rerun_script.query_string = query
        ask.rerun_script.page_name = page
        socket.send(ask.SerializeToString())
        said = []
        while True:
            message = ForwardMsg()
            message.ParseFromString(socket.recv(timeout=PATIENCE))
            said.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                return "\n".join(said)
