"""The training loop and all it is made of: batches, losses, optimizers, evaluation, checkpoints, planning."""
