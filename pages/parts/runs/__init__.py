"""Parts of the page Runs: the card of a run, with all that can be done to it there."""
