"""Where Plotly.js lies and under which address the server gives it. Imports no streamlit: `app.py` reads this first."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PLOTLY_JS = Path(find_spec("plotly").origin).parent / "package_data" / "plotly.min.js"
PLOTLY_ROUTE = f"/assets/plotly-{version('plotly')}.js"
