"""Names to torch's own optimizers, and how the learning rate moves over a run."""

import math

import torch

from lmcore.config import TrainingConfig

WARM_UP = 0.1  # of the planned steps


def build_optimizer(config: TrainingConfig, parameters) -> torch.optim.Optimizer:
    """
    sgd: w ← w - η g (Robbins and Monro, 1951). momentum: v ← 0.9 v + g, w ← w - η v (Polyak, 1964).
    adam: w ← w - η m̂ / (√v̂ + ε), m and v running means of g and g² (Kingma and Ba, 2015).
    adamw: the same with weight decay kept apart from the gradient (Loshchilov and Hutter, 2019).
    """
    rate = config.learning_rate
    if config.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=rate)
    if config.optimizer == "momentum":
        return torch.optim.SGD(parameters, lr=rate, momentum=0.9)
    if config.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, fused=True)
    return torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True)


def schedule_factor(config: TrainingConfig, step: int) -> float:
    """What the learning rate is multiplied by at a step (the first is 1). Plateau runs do not fall by the clock.

    >>> config = TrainingConfig(schedule="linear", stop="steps", stop_after=100, planned_steps=100)
    >>> [round(schedule_factor(config, step), 3) for step in (1, 10, 55, 100)]
    [0.1, 1.0, 0.5, 0.0]
    """
    if config.schedule == "constant":
        return 1.0
    warm_up = max(1, round(config.planned_steps * WARM_UP)) if config.stop != "plateau" else 20
    if step < warm_up:
        return step / warm_up
    if config.stop == "plateau":
        return 1.0
    progress = (step - warm_up) / max(1, config.planned_steps - warm_up)
    return 1 - progress if config.schedule == "linear" else (1 + math.cos(math.pi * progress)) / 2
