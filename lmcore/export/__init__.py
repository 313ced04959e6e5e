"""A run to take home: as a program, a notebook, a report. Each module writes one of them; the pages only offer them."""
