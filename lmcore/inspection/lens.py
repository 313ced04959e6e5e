"""The lens: what each layer would predict if the output layer read it (nostalgebraist, 2020, calls it the logit lens).

Only the last layer is trained to be read so; what it says is the network's prediction. What can be found in a layer otherwise is
`probes`.
"""

import numpy as np
import torch

from lmcore.inspection import states
from lmcore.models.neural import NeuralLanguageModel

TOGETHER = 2_000_000  # logits at once
EMBEDDING = 0  # the number of this row; layers count from 1


def rows(model: NeuralLanguageModel, ids: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Return (numbers, vectors (T, rows, H)) of all that the output layer can read: EMBEDDING, where its size is that of the layers,
    then each layer, the last of them the real output."""
    layers = states.read(model, ids)["h"]
    vectors = model.network.embedding.weight.detach()[torch.as_tensor(np.asarray(ids, dtype=np.int64))].numpy()[:, None]
    numbers = list(range(1, layers.shape[1] + 1))
    if vectors.shape[-1] != layers.shape[-1]:
        return numbers, layers
    return [EMBEDDING, *numbers], np.concatenate([vectors, layers], axis=1)


@torch.inference_mode()
def read(model: NeuralLanguageModel, vectors: np.ndarray) -> np.ndarray:
    """Return the log-probabilities (…, V), nats, that the output layer gives for vectors (…, H)."""
    return torch.log_softmax(model.network.output(torch.from_numpy(vectors)).double(), dim=-1).numpy()


def favourites(model: NeuralLanguageModel, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (ids, probabilities) of the most likely token of each row after each token, (T, rows) each. vectors: (T, rows, H)."""
    found = []
    for part in np.array_split(vectors, -(-vectors.shape[0] * vectors.shape[1] * model.vocabulary_size // TOGETHER)):
        log_probs = read(model, part)
        found.append((log_probs.argmax(axis=-1), np.exp(log_probs.max(axis=-1))))
    ids, probabilities = zip(*found, strict=True)
    return np.concatenate(ids), np.concatenate(probabilities)
