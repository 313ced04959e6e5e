"""Which tokens of a context a prediction rests on: occlusion (Zeiler and Fergus, 2014; Li, Monroe and Jurafsky, 2016).

It asks the model only for probabilities, so it means the same for every family. Looking inside a network is `inspection`.
"""

import numpy as np

from lmcore.inference.probability import read_long
from lmcore.models.base import LanguageModel

MOST = 50  # tokens: the model reads the context once for each


def occlusion(
    model: LanguageModel, context: np.ndarray, target: int, replacement: int | None = None, most: int = MOST
) -> np.ndarray:
    """Return log P(target | context) - log P(target | the context without a token) for each of its last tokens, (min(T, most),) nats.

    Above 0 the token made the target more likely; nan where the target is impossible with and without it. context: (T,) ids.
    replacement: the id a token is read as (say the most frequent one), so that positions stay as they are; None: it is left out, and
    everything before it moves one position nearer.
    """
    context = np.asarray(context, dtype=np.int64)
    row, state = model.start()
    head = len(context) - min(len(context), most)
    if head:
        rows, state = read_long(model, state, context[:head])
        row = rows[-1]
    without = []
    for position in range(head, len(context)):
        rest = context[position + 1 :] if replacement is None else np.append(replacement, context[position + 1 :])
        without.append(model.read(state, rest)[0][-1][target] if len(rest) else row[target])
        row, state = model.step(state, int(context[position]))
    with np.errstate(invalid="ignore"):  # -inf - -inf
        return row[target] - np.array(without, dtype=np.float64)
