"""One run in its own process: restoring, training, writing progress, film frames, counting."""
