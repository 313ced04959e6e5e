"""What several pages say of a run: labels, settings, curve in words, reference lines, models in memory, comparison."""
