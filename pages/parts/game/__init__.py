"""The board of the page Beat the machine. The game itself is `lmcore.inference.guessing`."""
