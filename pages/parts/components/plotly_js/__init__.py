"""Plotly.js: where it lies, under which address the server gives it, and how a component's script gets it.

Imports no streamlit: `app.py` reads this first.
"""

from importlib.metadata import version
from pathlib import Path

import plotly

PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PLOTLY_ROUTE = f"/assets/plotly-{version('plotly')}.js"
_LOADER = (Path(__file__).parent / "load_plotly.js").read_text(encoding="utf-8").replace("PLOTLY_ROUTE", PLOTLY_ROUTE)


def with_plotly(script: str) -> str:
    """The script of a component that may call `loadPlotly()`: a promise of Plotly, loaded once a page."""
    return _LOADER + script
