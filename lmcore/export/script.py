"""A run as a program of its own: plain PyTorch, which trains the same model on the same text with the same losses.

The template `train.py.jinja` has all parts of all settings; what is written holds only those of one run. As a notebook: `notebook`.
"""

import inspect
import json
from importlib import metadata, resources
from typing import Any

import jinja2
import numpy as np
import regex

from lmcore.config import RunConfig
from lmcore.models import family_of, operations, transformer
from lmcore.runs.opened_run import OpenedRun
from lmcore.text.corpus import Corpus, TokenData
from lmcore.text.markers import marker_of
from lmcore.tokenizers import word
from lmcore.tokenizers.base import ITEM_BREAK
from lmcore.training import losses, optimizers

OPTIMIZERS = {
    "sgd": "SGD(model.parameters(), lr=0.0)",
    "momentum": "SGD(model.parameters(), lr=0.0, momentum=0.9)",
    "adam": "Adam(model.parameters(), lr=0.0, fused=True)",
    "adamw": "AdamW(model.parameters(), lr=0.0, betas=(0.9, 0.99), weight_decay=0.01, fused=True)",
    "muon": "",
}
PACKAGES = {"character": "torch, numpy", "word": "torch, numpy, regex", "subword": "torch, numpy, tokenizers"}
PRINTED = 20  # lines of the curve
TEMPLATES = jinja2.Environment(
    loader=jinja2.FunctionLoader(lambda name: resources.files("lmcore.export").joinpath(name).read_text(encoding="utf-8")),
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,
)
TEMPLATES.filters["pyrepr"] = repr


def script(run: OpenedRun, language: str = "en", *, notebook: bool = False) -> str:
    """Return the program of a run; its cells begin with `# %%`. language: of its comments.

    notebook: the cells are those of a notebook: it installs what it needs and draws the curve. Raises TextMissing or TextChanged, as it
    needs to know where the text is cut; CheckpointMissing before the first checkpoint; TokenizerDamaged; CheckpointDamaged.
    """
    saved = run.newest()
    corpus, data, config = run.corpus, run.data, saved.config
    chinese = config.tokenizer.level == "word" and bool(regex.search(r"\p{Han}", corpus.text))
    row = run.row
    text = run.store.text(row.text_id)
    return TEMPLATES.get_template("train.py.jinja").render(
        language=language,
        notebook=notebook,
        name=one_line(row.name),
        packages=PACKAGES[config.tokenizer.level] + (", rjieba" if chinese else ""),
        torch_version=metadata.version("torch"),
        kind=corpus.kind,
        tokenizer=config.tokenizer.level,
        vocabulary_limit=config.tokenizer.vocabulary_size,
        chinese=chinese,
        chinese_span=word.CHINESE.pattern,
        text_name=one_line(text.name),
        text_bytes=f"{len(corpus.text.encode()):,}",
        sha256=text.sha256,
        cut=len(corpus.train),
        held_items=held_items(corpus),
        marker=marker_of(corpus.text, corpus.kind),
        validated=data.has_validation,
        opening=opening(data),
        model=config.model,
        training=config.training,
        negatives=losses.NEGATIVES,
        optimizer=OPTIMIZERS[config.training.optimizer],
        **transformer_parts(),
        iterations=optimizers.ITERATIONS,
        muon=optimizers.GateMuon.COEFFICIENTS,
        muon_rate=optimizers.MUON_RATE,
        gates=family_of(config.model).matrices("rnn.weight_hh_l0") if config.model.family != "transformer" else 0,
        warm_up=warm_up(config),
        rates=[tuple(entry) for entry in saved.header["training"]["learning_rates"]],
        steps=saved.step,
        every=max(1, saved.step // PRINTED),
        sentence=run.trained().marked(row.pinned_context),
    )


def transformer_parts() -> dict[str, Any]:
    """Return what the program of a Transformer takes over word by word from `models.transformer`."""
    parts = (
        *(operations.Norm, operations.norm, operations.SquaredReLU, operations.squared_relu),
        *(transformer.band, transformer.turns, transformer.rotate, transformer.Layer),
    )
    return {
        "source": "\n\n".join(inspect.getsource(part) for part in parts) + "\n",
        "shortest": operations.SHORTEST,
        "base": transformer.BASE,
        "period": transformer.PERIOD,
        "widening": transformer.WIDENING,
        "stretch": transformer.STRETCH,
        "small": transformer.SMALL,
    }


def files(run: OpenedRun, language: str = "en", *, with_text: bool) -> dict[str, bytes]:
    """Return {name: content} of all that the program of a run needs. with_text: for those who may read the text.

    Raises what `script` raises.
    """
    found = {"train.py": script(run, language).encode()}
    return found | needed(run, with_text=with_text)


def needed(run: OpenedRun, *, with_text: bool) -> dict[str, bytes]:
    """Return {name: content} of what the program reads: its text, and where it does not count it from the text, its vocabulary."""
    found = {}
    if (level := run.config.tokenizer.level) != "character":
        patterns = {"span": word.SPAN.pattern, "piece": word.PIECE.pattern} if level == "word" else {}
        found["vocabulary.json"] = json.dumps(patterns | run.tokenizer.to_json(), ensure_ascii=False).encode()
    if with_text:
        found["text.txt"] = run.corpus.text.encode()
    return found


def one_line(name: str) -> str:
    """Return a name as it can stand in a comment, where a line break would end the comment."""
    return " ".join(name.split())


def held_items(corpus: Corpus) -> int:
    """Return how many items are held out; 0 of running text."""
    return max(0, corpus.validation.count(ITEM_BREAK) - 1)


def opening(data: TokenData) -> tuple[int, int]:
    """Return where in the training ids the opening of a context stands; where it stands nowhere, as many ids at their end."""
    train, size = data.train, len(data.opening)
    ends = range(len(train), max(size, len(train) - 1_000) - 1, -1)
    end = next((end for end in ends if np.array_equal(train[end - size : end], data.opening)), len(train))
    return end - size, end


def warm_up(config: RunConfig) -> int:
    """Return the steps in which the learning rate rises, as `optimizers.schedule_factor` has it."""
    return 20 if config.training.stop == "plateau" else max(1, round(config.training.planned_steps * optimizers.WARM_UP))
