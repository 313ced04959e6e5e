"""What several pages do with a run: labels, settings, curve in words, models in memory, starting, run files, comparison."""
