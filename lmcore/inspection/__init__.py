"""What a network computes while it reads and while it learns. What a model answers is `lmcore.inference`."""
