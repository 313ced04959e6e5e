"""A family of networks that only the tests know, written as CONTRIBUTING says: a decaying average of the embeddings read so far."""

import copy

import numpy as np
import torch
from torch import Tensor, nn

from lmcore.config import ModelConfig
from lmcore.models.network import Shapes, State


class DecayModel(nn.Module):
    """h_t = d h_{t-1} + (1 - d) x_t with a learned decay d, features tanh(W h_t). A `Network`; its state is one vector a lane."""

    def __init__(self, vocabulary_size: int, embedding_size: int, hidden_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.decay = nn.Parameter(torch.zeros(embedding_size))
        self.mix = nn.Linear(embedding_size, hidden_size)
        self.unembedding = nn.Linear(hidden_size, vocabulary_size)

    @property
    def output(self) -> nn.Linear:
        return self.unembedding

    def features(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        decay, h, seen = torch.sigmoid(self.decay), state[0][0], []
        for x in self.embedding(ids).unbind(1):  # (B, E)
            h = decay * h + (1 - decay) * x
            seen.append(h)
        return torch.tanh(self.mix(torch.stack(seen, 1))), (h[None],)

    def initial_state(self, lanes: int) -> State:
        return (self.decay.new_zeros(1, lanes, self.embedding.embedding_dim),)

    def reset(self, state: State, lanes: Tensor) -> State:
        return (state[0] * ~lanes[None, :, None],)

    def stepper(self):
        def step(state: State, token_id: int) -> tuple[Tensor, State]:
            features, after = self.features(torch.tensor([[token_id]]), state)
            return features[0, 0], after

        return step

    def internals(self, ids, state: State) -> dict[str, np.ndarray]:
        with torch.no_grad():
            return {"h": self.features(torch.as_tensor(np.asarray(ids))[None], state)[0][0, :, None].numpy()}

    def without_units(self, units):
        copied = copy.deepcopy(self)
        with torch.no_grad():
            copied.unembedding.weight[:, [unit for _, unit in units]] = 0
        return copied

    @classmethod
    def from_config(cls, config: ModelConfig, vocabulary_size: int) -> "DecayModel":
        return cls(vocabulary_size, config.embedding_size, config.hidden_size)

    @classmethod
    def weight_shapes(cls, config: ModelConfig, vocabulary_size: int) -> Shapes:
        embedding, hidden = config.embedding_size, config.hidden_size
        return {
            "decay": (embedding,),
            "embedding.weight": (vocabulary_size, embedding),
            "mix.weight": (hidden, embedding),
            "mix.bias": (hidden,),
            "unembedding.weight": (vocabulary_size, hidden),
            "unembedding.bias": (vocabulary_size,),
        }

    @classmethod
    def state_shapes(cls, config: ModelConfig, lanes: int) -> tuple[tuple[int, ...], ...]:
        return ((1, lanes, config.embedding_size),)

    @classmethod
    def matrices(cls, name: str) -> int:
        return 1 if name == "mix.weight" else 0

    @classmethod
    def activations(cls, config: ModelConfig, sequence_length: int) -> int:
        return 4 * config.embedding_size + 2 * config.hidden_size
