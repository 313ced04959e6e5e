"""Which tokens of a context a prediction rests on: occlusion (Zeiler and Fergus, 2014; Li, Monroe and Jurafsky, 2016).

It asks the model only for probabilities, so it means the same for every family. Looking inside a network is `inspection`.
"""

import numpy as np

from lmcore.inference.probability import read_long
from lmcore.models.base import LanguageModel

MOST = 50  # tokens: each one is read around once


def occlusion(
    model: LanguageModel, context: np.ndarray, target: int, replacement: int | None = None, most: int = MOST
) -> np.ndarray:
    """(min(T, most),) for each of the last tokens of a context: log P(target | context) - log P(target | the context without it).

    Nats; above 0: the token made the target more likely. context: (T,) ids. Left out, everything before the token moves one place
    nearer; with a `replacement` (say the most frequent type) places stay as they are, and the token is read as that type.
    nan where the target is impossible with and without the token.
    """
    context = np.asarray(context, dtype=np.int64)
    row, state = model.start()
    head = len(context) - min(len(context), most)
    if head:
        rows, state = read_long(model, state, context[:head])
        row = rows[-1]
    without = []
    for place in range(head, len(context)):
        rest = context[place + 1 :] if replacement is None else np.append(replacement, context[place + 1 :])
        without.append(model.read(state, rest)[0][-1][target] if len(rest) else row[target])
        row, state = model.step(state, int(context[place]))
    with np.errstate(invalid="ignore"):  # -inf - -inf
        return row[target] - np.array(without, dtype=np.float64)
