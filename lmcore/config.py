"""What a run is made of: which tokenizer, which model, how it is trained. Frozen, checked on creation, JSON both ways.

A *resolved* configuration has nothing left to decide: `planning.resolve` fills in planned steps, evaluation interval and the sizes
that fit the text, and from then on the same configuration, seed and text give the same losses.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, cast

from lmcore.errors import HeadsDoNotDivide, SettingNotAChoice, SettingOutOfRange, SettingWrongType, TiedSizesDiffer

FAMILIES = {  # of networks, and where each is: a name, so that settings need no torch
    "lstm": "lmcore.models.recurrent:LSTMModel",
    "gru": "lmcore.models.recurrent:GRUModel",
    "rnn": "lmcore.models.recurrent:RNNModel",
    "transformer": "lmcore.models.transformer:TransformerModel",
}
ONLY_OF = {  # settings of a model that have an effect in one family alone
    "heads": "transformer",
    "window": "transformer",
    "positions": "transformer",
    "residual": "transformer",
}
FEWEST_SUBWORDS = 260  # the bytes, and the tokens that are none

DECIDED = ("planned_steps", "evaluation_interval", "threads")  # follow from the other settings, or from the machine


def number(default: float, low: float, high: float) -> Any:
    """A field that must lie in [low, high]."""
    return field(default=default, metadata={"low": low, "high": high})


def choice(default: str | bool, *choices: str | bool) -> Any:
    """A field that must be one of `choices`."""
    return field(default=default, metadata={"choices": choices})


def bounds(config_class: Any, name: str) -> tuple:
    """Return (low, high) of a numeric field.

    >>> bounds(ModelConfig, "layers")
    (1, 4)
    """
    metadata = config_class.__dataclass_fields__[name].metadata
    return metadata["low"], metadata["high"]


def choices(config_class: Any, name: str) -> tuple[str, ...]:
    """Return the values a field may have.

    >>> choices(ModelConfig, "family")
    ('lstm', 'gru', 'rnn', 'transformer')
    """
    return tuple(config_class.__dataclass_fields__[name].metadata["choices"])


def has_setting(family: str, name: str) -> bool:
    """Whether a setting of `ModelConfig` has an effect in a family.

    >>> has_setting("lstm", "layers"), has_setting("lstm", "heads")
    (True, False)
    """
    return ONLY_OF.get(name, family) == family


class Validated:
    """Checks every field against its metadata when the object is made."""

    def __post_init__(self) -> None:
        for entry in fields(cast(Any, self)):
            value, metadata = getattr(self, entry.name), entry.metadata
            if "choices" in metadata and value not in choices(type(self), entry.name):
                raise SettingNotAChoice(field=entry.name, value=value, choices=", ".join(metadata["choices"]))
            if entry.type is bool and not isinstance(value, bool):
                raise SettingWrongType(field=entry.name, value=value, expected="bool")
            if "low" in metadata:
                self._check_number(entry.name, value, metadata, entry.type)

    def _check_number(self, name: str, value: Any, metadata: Mapping[str, float], expected: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (expected is int and not isinstance(value, int)):
            raise SettingWrongType(field=name, value=value, expected=expected.__name__)
        if not metadata["low"] <= value <= metadata["high"]:  # false for NaN too
            raise SettingOutOfRange(field=name, value=value, low=metadata["low"], high=metadata["high"])


@dataclass(frozen=True)
class TokenizerConfig(Validated):
    """Which tokenizer; `vocabulary_size` is for subwords and words."""

    level: str = choice("character", "character", "word", "subword")
    vocabulary_size: int = number(10_000, 2, 100_000)  # the most types; a small text has fewer

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.level == "subword" and self.vocabulary_size < FEWEST_SUBWORDS:
            values = {"low": FEWEST_SUBWORDS, "high": bounds(TokenizerConfig, "vocabulary_size")[1]}
            raise SettingOutOfRange(field="vocabulary_size", value=self.vocabulary_size, **values)


@dataclass(frozen=True)
class ModelConfig(Validated):
    """The family and the sizes of a network. Raises TiedSizesDiffer where tied weights have two sizes."""

    family: str = field(default="lstm", metadata={"choices": FAMILIES})
    embedding_size: int = number(64, 1, 1024)
    hidden_size: int = number(128, 1, 1024)
    layers: int = number(1, 1, 4)
    dropout: float = number(0.0, 0.0, 0.9)
    tied: bool = False  # output weights = embedding weights
    heads: int = number(4, 1, 16)  # of attention in each layer
    window: int = number(64, 1, 512)  # tokens before it that each token sees in each layer
    positions: bool = True  # whether attention knows how far apart two tokens are
    residual: bool = True  # whether a layer adds to its input, or replaces it

    def __post_init__(self) -> None:
        super().__post_init__()
        if has_setting(self.family, "heads") and self.hidden_size % self.heads:
            raise HeadsDoNotDivide(hidden_size=self.hidden_size, heads=self.heads)
        if self.tied and self.embedding_size != self.hidden_size:
            raise TiedSizesDiffer(embedding_size=self.embedding_size, hidden_size=self.hidden_size)


@dataclass(frozen=True)
class TrainingConfig(Validated):
    """How a network is trained, for how long, and with which seed."""

    optimizer: str = choice("muon", "muon", "adamw", "adam", "momentum", "sgd")
    learning_rate: float = number(0.02, 1e-6, 10.0)
    schedule: str = choice(
        "linear", "linear", "cosine", "constant"
    )  # the first two warm up for 10 % of the steps, then fall to 0
    clipping: float = number(0.0, 0.0, 100.0)  # largest gradient norm; 0: no clipping
    batch_size: int = number(64, 1, 512)
    sequence_length: int = number(32, 1, 1024)
    stop: str = choice("seconds", "steps", "epochs", "seconds", "plateau")
    stop_after: float = number(20.0, 1.0, 1_000_000.0)  # steps, epochs or seconds; for plateau: the most steps
    seed: int = number(1, 0, 2**31 - 1)
    planned_steps: int = number(0, 0, 100_000_000)  # 0: not resolved yet
    evaluation_interval: int = number(0, 0, 1_000_000)  # steps between evaluations; 0: not resolved yet
    threads: int = number(1, 1, 64)
    precision: str = choice("auto", "auto", "bfloat16", "float32")  # of the products of matrices; auto: what is faster here
    loss: str = choice("auto", "auto", "exact", "sampled")  # auto: sampled where the vocabulary is large
    regularisation: str = choice("auto", "auto", "as_set")  # auto: more dropout and resets where a small text is read often
    state_resets: float = number(0.0, 0.0, 0.9)  # share of a stream's lanes that forget what they have read, in each step
    loss_on: str = choice("all", "all", "answer")  # tokens, or those after the marker of each item: P(answer | prompt)


@dataclass(frozen=True)
class RunConfig:
    """All settings of a run, with the app's defaults. A value that is not possible raises a SettingError.

    >>> config = RunConfig(model=ModelConfig(family="gru", hidden_size=32)).with_training(stop="steps", stop_after=100.0)
    >>> config.model.family, config.training.stop_after, config.tokenizer.level
    ('gru', 100.0, 'character')
    >>> RunConfig.from_json(config.to_json()) == config
    True
    """

    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def to_json(self) -> dict:
        """Return the settings as dictionaries of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> "RunConfig":
        """Return what `to_json` was called on. Raises a SettingError, TypeError or KeyError."""
        tokenizer = {"level" if name == "kind" else name: value for name, value in values["tokenizer"].items()}  # its older name
        return cls(TokenizerConfig(**tokenizer), ModelConfig(**values["model"]), TrainingConfig(**values["training"]))

    def with_training(self, **changes: Any) -> "RunConfig":
        """Return a copy with other training settings."""
        return replace(self, training=replace(self.training, **changes))


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all configurations."""

    field: str
    values: tuple  # one a configuration
    decided: bool  # asked for alike, and decided when the runs began: by their text, their size or the machine


def differences(requested: list[RunConfig], resolved: list[RunConfig]) -> list[Difference]:
    """Return the settings that differ between runs. requested: what was asked for; resolved: what they trained with.

    >>> small, large = RunConfig(), RunConfig().with_training(batch_size=128)
    >>> differences([small, large], [small, large])
    [Difference(field='batch_size', values=(64, 128), decided=False)]
    """
    found = []
    asked, trained = [settings(config) for config in requested], [settings(config) for config in resolved]
    for name in asked[0]:
        for of_runs, decided in ((asked, False), (trained, True)):
            values = tuple(of_run[name] for of_run in of_runs)
            if None not in values and len(set(values)) > 1:
                found.append(Difference(name, values, decided))
                break
    return found


def settings(config: RunConfig) -> dict[str, Any]:
    """Return {field: value} of all that one may choose; None where a setting has no effect; "stop" is (rule, amount).

    >>> settings(RunConfig())["stop"], settings(RunConfig())["vocabulary_size"]  # every character is in the vocabulary
    (('seconds', 20.0), None)
    """
    values: dict[str, Any] = {}
    for part in (config.tokenizer, config.model, config.training):
        values |= {entry.name: getattr(part, entry.name) for entry in fields(part) if entry.name not in DECIDED}
    values["stop"] = values["stop"], values.pop("stop_after")
    values |= {name: None for name in ONLY_OF if not has_setting(config.model.family, name)}
    if config.tokenizer.level == "character":
        values["vocabulary_size"] = None
    return values
