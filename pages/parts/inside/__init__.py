"""Views of the page Inside, a module each: `show(run, trained)`. What they show is computed by `lmcore.inspection`."""
