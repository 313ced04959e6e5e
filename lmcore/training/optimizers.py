"""The optimizers of a run, and how the learning rate moves over it. All but Muon per gate are torch's own."""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

from lmcore.config import TrainingConfig
from lmcore.models.network import Network, Shapes

WARM_UP = 0.1  # of the planned steps
ITERATIONS = 3  # of Newton and Schulz in each step of Muon
MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # of adam and adamw
MUON_RATE = 4.0  # times the learning rate: an orthogonal step has a size of its own


class GateMuon(torch.optim.Optimizer):
    """Muon (Jordan et al., 2024): momentum made orthogonal, each gate's block of a recurrent weight a matrix of its own.

        b ← μ b + (1 - μ) g,    w ← w - η √max(1, rows / columns) O((1 - μ) g + μ b)

    O(M) = U Vᵀ for M = U S Vᵀ: every direction of the update gets the same length, also the rare ones. It is approximated by
    iterations of X ← a X + (b A + c A²) X with A = X Xᵀ (Newton and Schulz; the coefficients are Jordan's). Three of them, where Jordan
    takes five: with more, `benchmarks/time_to_loss.py --iterations` finds the same validation loss after a longer time.

    weights: parameter groups of `gates`, the number G of matrices one below the other in a weight (G·H, K). precision: in which the
    steps are computed.
    """

    COEFFICIENTS = (3.4445, -4.7750, 2.0315)

    def __init__(self, weights: Iterable[dict], lr: float, precision: torch.dtype, momentum: float = 0.8) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum})
        self.precision, self.iterations = precision, ITERATIONS

    @torch.no_grad()
    def step(self) -> None:
        """Update the weights by their gradients. Matrices of one shape are made orthogonal together: small products take long each."""
        of_shape = defaultdict(list)
        for group in self.param_groups:
            for weight in group["params"]:
                average = self.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight))
                average.lerp_(weight.grad, 1 - group["momentum"])
                update = weight.grad.lerp(average, group["momentum"])
                gates = update.view(group["gates"], -1, update.shape[1])  # (G, H, K)
                of_shape[gates.shape[1:]].append((weight, gates, group["lr"]))
        for (rows, columns), updates in of_shape.items():
            weights, gates, rates = zip(*updates, strict=True)
            directions = orthogonal(torch.cat(gates).to(self.precision), self.COEFFICIENTS, self.iterations).to(weights[0].dtype)
            scale = math.sqrt(max(1.0, rows / columns))
            for weight, direction, rate in zip(weights, directions.split([len(part) for part in gates]), rates, strict=True):
                weight.add_(direction.reshape_as(weight), alpha=-rate * scale)


def orthogonal(matrices: Tensor, coefficients: tuple[float, float, float], iterations: int) -> Tensor:
    """Return the matrices (G, M, N) with the same singular vectors and their singular values moved towards 1.

    Each iteration makes a singular value s, first divided by the matrix's Frobenius norm, a s + b s³ + c s⁵. None becomes larger than
    1.21. Those above 0.018 of the norm lie between 0.68 and 1.21 after three iterations, smaller ones are multiplied by 3.44³ = 41
    at most: of a random matrix of 192 × 192, 85 % lie there, the smallest near 0. (After five: from 0.0015 on, and 98 %.)

    >>> result = orthogonal(torch.diag(torch.tensor([4.0, 1.0, 0.01]))[None], GateMuon.COEFFICIENTS, iterations=3)
    >>> [round(value, 2) for value in torch.linalg.svdvals(result)[0].tolist()]
    [0.69, 0.69, 0.1]
    """
    a, b, c = coefficients
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def build_optimizers(config: TrainingConfig, network: Network) -> list[torch.optim.Optimizer]:
    """Return the optimizers of a network. Each group of parameters has a `relative_rate`, by which `set_rate` multiplies the rate.

    sgd: w ← w - η g (Robbins and Monro, 1951). momentum: v ← 0.9 v + g, w ← w - η v (Polyak, 1964).
    adam: w ← w - η m̂ / (√v̂ + ε), m and v running means of g and g² (Kingma and Ba, 2015).
    adamw: the same with weight decay kept apart from the gradient (Loshchilov and Hutter, 2019).
    muon: `GateMuon` on the network's `matrices`, adamw on everything else.
    """
    if config.optimizer == "muon":
        gates = {name: network.matrices(name) for name, _ in network.named_parameters()}
        groups = [
            {"params": [weight], "gates": gates[name], "relative_rate": MUON_RATE}
            for name, weight in network.named_parameters()
            if gates[name]
        ]
        precision = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
        others = [weight for name, weight in network.named_parameters() if not gates[name]]
        return [GateMuon(groups, 0.0, precision), _adamw(others)]
    parameters = network.parameters()
    if config.optimizer == "sgd":
        return [torch.optim.SGD(parameters, lr=0.0)]
    if config.optimizer == "momentum":
        return [torch.optim.SGD(parameters, lr=0.0, momentum=0.9)]
    if config.optimizer == "adam":
        return [torch.optim.Adam(parameters, lr=0.0, fused=True)]
    return [_adamw(parameters)]


def kept_shapes(optimizer: str, weights: Shapes, matrices: list[str]) -> Shapes:
    """Return the shape of each tensor that the optimizers of `build_optimizers` keep after a step, by `number.index.name`.

    weights: the shapes of all weights, in order. matrices: the names of those that are made of matrices.

    >>> kept_shapes("momentum", {"linear.bias": (3,)}, []), kept_shapes("adam", {"linear.bias": (3,)}, [])["0.0.step"]
    ({'0.0.momentum_buffer': (3,)}, ())
    """
    others = [name for name in weights if name not in matrices]
    groups: dict[str, list[tuple[list[str], tuple[str, ...]]]] = {
        "muon": [(matrices, ("momentum_buffer",)), (others, MOMENTS)],
        "adamw": [(list(weights), MOMENTS)],
        "adam": [(list(weights), MOMENTS)],
        "momentum": [(list(weights), ("momentum_buffer",))],
        "sgd": [],
    }
    return {
        f"{number}.{index}.{kept}": () if kept == "step" else weights[name]
        for number, (names, all_kept) in enumerate(groups[optimizer])
        for index, name in enumerate(names)
        for kept in all_kept
    }


def _adamw(parameters: Iterable) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=0.0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)


def set_rate(optimizers: list[torch.optim.Optimizer], rate: float) -> None:
    """Set the learning rate of each group of weights, times its own factor where it has one."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate * group.get("relative_rate", 1.0)


def schedule_factor(config: TrainingConfig, step: int) -> float:
    """Return what the learning rate is multiplied by at a step (the first is 1). Plateau runs are lowered by `loop.evaluate` instead.

    It would be 0 one step after the last one: every planned step changes the weights.

    >>> config = TrainingConfig(schedule="linear", stop="steps", stop_after=99, planned_steps=99)
    >>> [round(schedule_factor(config, step), 3) for step in (1, 10, 55, 99, 100)]
    [0.1, 1.0, 0.5, 0.011, 0.0]
    """
    if config.schedule == "constant":
        return 1.0
    warm_up = max(1, round(config.planned_steps * WARM_UP)) if config.stop != "plateau" else 20
    if step < warm_up:
        return step / warm_up
    if config.stop == "plateau":
        return 1.0
    progress = (step - warm_up) / (config.planned_steps + 1 - warm_up)
    return 1 - progress if config.schedule == "linear" else (1 + math.cos(math.pi * progress)) / 2
