"""Every error of lmcore: one tree, each with a stable code, its values and an English sentence.

Stores and workers keep `code` and `values`; `pages.parts.language` says the same sentence in the visitor's language.

    LmcoreError
    ├── TextError            a text that cannot be used
    │   ├── EmptyText · TextTooLarge · BinaryText · UndecodableText · TextTooShort
    ├── SettingError         a setting outside its range
    │   ├── SettingOutOfRange · SettingNotAChoice · SettingWrongType · TiedSizesDiffer
    ├── TrainingError        a run that cannot go on
    │   ├── LossNotFinite · OutOfMemory · WorkerFailed · DiskFull
    ├── CheckpointError      a checkpoint that cannot be read
    │   ├── CheckpointDamaged · CheckpointMissing · TokenizerDamaged
    └── StoreError           something asked for is not there, or may not be done
        ├── RunNotFound · TextNotFound · NotAllowed · StoreTooNew · StoreDamaged
"""


class LmcoreError(Exception):
    """`sentence` is a format string over `values`: what happened, with which value, what to do."""

    code = "error"
    sentence = "Something went wrong. Please try again."

    def __init__(self, **values):
        self.values = values
        super().__init__(self.sentence.format(**values))

    def __init_subclass__(cls):
        BY_CODE[cls.code] = cls


BY_CODE: dict[str, type[LmcoreError]] = {}


class TextError(LmcoreError):
    code = "text"


class EmptyText(TextError):
    code = "text.empty"
    sentence = "There is no text here yet. Paste or upload at least one sentence."


class TextTooLarge(TextError):
    code = "text.too_large"
    sentence = "This text is {megabytes:.1f} MB; the limit is {limit} MB. Use a part of it."


class BinaryText(TextError):
    code = "text.binary"
    sentence = "“{name}” is not a text: it looks like {looks_like}. Save it as plain text (.txt) and try again."


class UndecodableText(TextError):
    code = "text.undecodable"
    sentence = "“{name}” could not be read as {encoding}. Choose another encoding, or save it as UTF-8."


class TextTooShort(TextError):
    code = "text.too_short"
    sentence = "This text has only {tokens} tokens; a model needs at least {needed}. Add a few sentences."


class SettingError(LmcoreError):
    code = "setting"


class SettingOutOfRange(SettingError):
    code = "setting.out_of_range"
    sentence = "The setting “{field}” is {value}; it must lie between {low} and {high}."


class SettingNotAChoice(SettingError):
    code = "setting.not_a_choice"
    sentence = "The setting “{field}” is “{value}”; it must be one of: {choices}."


class SettingWrongType(SettingError):
    code = "setting.wrong_type"
    sentence = "The setting “{field}” is “{value}”; it must be of type {expected}."


class TiedSizesDiffer(SettingError):
    code = "setting.tied_sizes_differ"
    sentence = (
        "Tied weights share one matrix, so embedding size ({embedding_size}) and hidden size ({hidden_size}) must be equal."
    )


class TrainingError(LmcoreError):
    code = "training"


class LossNotFinite(TrainingError):
    code = "training.loss_not_finite"
    sentence = (
        "The loss became {loss} at step {step} (learning rate {learning_rate:.3g}, gradient norm {gradient_norm:.3g}). "
        "The steps before it are kept. Try a tenth of the learning rate."
    )


class OutOfMemory(TrainingError):
    code = "training.out_of_memory"
    sentence = "This run needs more memory than the machine has. Halve the batch size or the hidden size and try again."


class WorkerFailed(TrainingError):
    code = "training.worker_failed"
    sentence = "Training stopped because of an unexpected fault ({reason}). What was learned up to the last checkpoint is kept; you can resume."


class DiskFull(TrainingError):
    code = "training.disk_full"
    sentence = (
        "The disk is full, so training is paused. The last checkpoint is kept. Delete runs you no longer need, then resume."
    )


class CheckpointError(LmcoreError):
    code = "checkpoint"


class CheckpointDamaged(CheckpointError):
    code = "checkpoint.damaged"
    sentence = "The checkpoint of step {step} is damaged ({reason}); an older one is used where there is one."


class CheckpointMissing(CheckpointError):
    code = "checkpoint.missing"
    sentence = "This run has no checkpoint yet. Wait a moment, or start it again."


class TokenizerDamaged(CheckpointError):
    code = "checkpoint.tokenizer_damaged"
    sentence = "The tokenizer of this run cannot be read ({reason}). Start the run again with the same text."


class StoreError(LmcoreError):
    code = "store"


class RunNotFound(StoreError):
    code = "store.run_not_found"
    sentence = "There is no run with this address. It may have been deleted, or the link is incomplete."


class TextNotFound(StoreError):
    code = "store.text_not_found"
    sentence = "There is no text with this address, or it belongs to someone else."


class NotAllowed(StoreError):
    code = "store.not_allowed"
    sentence = "This run belongs to someone else: you can look at it, but not change it."


class StoreTooNew(StoreError):
    code = "store.too_new"
    sentence = "The data folder was written by a newer version of Next Word (version {version}). Update the app, or choose another folder."


class StoreDamaged(StoreError):
    code = "store.damaged"
    sentence = "The file {path} is not a store of Next Word, or it is damaged. Move it away, or choose another data folder."
