"""The README of an exported run, in Markdown. Every figure is the run's own. Needs no torch."""

from lmcore.runs.store import marks
from lmcore.runs.store.records import Run, Text

CARD = """# {name}

A language model trained from scratch with Next Word: given the beginning of a text, it gives every possible next token a
probability.

| | |
|---|---|
| network | {family}, {layers} layer(s) of {hidden_size}, embeddings of {embedding_size} |
| tokens | {tokens}, {vocabulary_size} types |
| text | {text}, {characters} characters, read as {kind} |
| training | {step} of {planned_steps} steps, {tokens_seen} tokens, {seconds:.1f} s, optimizer {optimizer}, learning rate {learning_rate:g} |
| best validation loss | {best} |
| status | {status} |

## Files

| file | what |
|---|---|
| `model.safetensors` | weights, optimizer and position at step {saved_step}; no code, no pickle |
| `config.json` | what was asked for and what was decided |
| `tokenizer.json` | how text becomes tokens |
| `steps.csv`, `evaluations.csv` | every step and every evaluation; losses in nats per token |
{text_file}
## Use

```python
from pathlib import Path
from lmcore import TrainedModel
from lmcore.tokenizers import read_tokenizer
from lmcore.training import checkpoint

saved = checkpoint.load(Path("model.safetensors"))
bare = saved.language_model()
model = TrainedModel.of(bare, read_tokenizer(Path("tokenizer.json")), saved.header["kind"], saved.step, bare.opening)
print(model.next_token("Once").top(5))
```

It knows only what its text taught it, and it repeats what that text said, right or wrong. The file of its weights holds the last
few tokens of that text, with which every context begins.
"""


def model_card(run: Run, text: Text, vocabulary_size: int, saved_step: int, with_text: bool) -> str:
    """Return what a run is and how well it does, as Markdown."""
    config = run.resolved or run.requested
    model, training = config.model, config.training
    best = "none: the text is too short to hold some back"
    if run.best_loss is not None:
        best = f"{run.best_loss:.4f} nats per token"
        if training.loss_on == "answer":
            best += " of the answers, given their prompts"
        if run.best_bits_per_byte is not None:
            best += f", {run.best_bits_per_byte:.4f} bits per byte"
        best += f", at step {run.best_step}"
        if parts := marks.beside_tokens(run):
            best += f" ({parts['spelling']:.4f} spell unknown words, {parts['spacing']:.4f} say where spaces stand)"
    return CARD.format(
        name=_plain(run.name), family=model.family.upper(), layers=model.layers, hidden_size=model.hidden_size,
        embedding_size=model.embedding_size, tokens=config.tokenizer.level, vocabulary_size=vocabulary_size, text=_plain(text.name),
        characters=text.characters, kind=text.kind, step=run.step, planned_steps=run.planned_steps, tokens_seen=run.tokens,
        seconds=run.seconds, optimizer=training.optimizer, learning_rate=training.learning_rate, best=best, status=run.status,
        saved_step=saved_step, text_file="| `text.txt` | the training text |\n" if with_text else "",
    )  # fmt: skip


def _plain(name: str) -> str:
    """Return a visitor's words for a cell of a table, with nothing that Markdown would interpret.

    >>> _plain("a|b <img> *c*")
    'a\\\\|b \\\\<img\\\\> \\\\*c\\\\*'
    """
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+-!|~&" else character for character in " ".join(name.split()))
