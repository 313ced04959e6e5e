"""Every error of lmcore: one tree, each with a stable code, its values and an English sentence.

Stores and workers keep `code` and `values`; `pages.parts.error_sentences` says this sentence in the visitor's language.

    >>> try:
    ...     raise SettingOutOfRange(field="order", value=9, low=1, high=5)
    ... except LmcoreError as error:
    ...     print(type(error).__name__, error.code, error.values["value"])
    SettingOutOfRange setting.out_of_range 9

    LmcoreError
    ├── TextError            a text that cannot be used
    │   ├── EmptyText · EmptyFile · TextTooLarge · BinaryText · EncodingUnknown · UndecodableText · TextTooShort · WordsNotCut
    │   ├── TextMissing · TextChanged · MarkerMissing
    ├── TaskError            prompts and answers that make no task
    │   ├── TargetsMissing · ColumnsMissing · OneLabelOnly · TooManyLabels · TooFewPairs · TooManyPairs · TooFewCandidates
    ├── SettingError         a setting outside its range
    │   ├── SettingOutOfRange · SettingNotAChoice · SettingWrongType · TiedSizesDiffer ·
    │   │   HeadsDoNotDivide · ItemsTooLong
    ├── TrainingError        a run that cannot go on
    │   ├── LossNotFinite · OutOfMemory · WorkerFailed · DiskFull · CountFailed
    ├── LimitError           more than this server allows
    │   ├── TooManyWaiting · QueueFull · TooManyRuns · TooManyBytes · TooMuchMemory · TextTakesTooMuchMemory ·
    │   │   TimeLimit
    │   ├── TooManyTexts · TooManyTextBytes · TextsFull
    ├── CheckpointError      a checkpoint that cannot be read
    │   ├── CheckpointDamaged · CheckpointMissing · CheckpointsDamaged · TokenizerDamaged
    ├── TransferError        a file that is not an exported run, or not a safe one
    │   ├── ArchiveUnreadable · ArchiveTooLarge · ArchiveUnsafe · ArchiveIncomplete · ArchiveContradicts
    │   ├── ArchiveMemberTooLarge · ArchiveWrongValue · ArchiveTooLong · ArchiveTooCostly
    ├── LawError             measured losses that no law can be read from
    │   ├── TooFewPoints · LossDoesNotFall · LawUndetermined
    ├── RoomError            a room of a class that cannot do what it was asked
    │   ├── RoomNotFound · RoomClosed · RoomFull · TooManyRooms · NicknameMissing · NicknameTaken
    └── StoreError           something asked for is not there, or may not be done
        ├── RunNotFound · TextNotFound · NotAllowed
        └── StoreTooNew · StoreDamaged · StoreMissing · StoreReadOnly · StoreBusy · StoreFull · NoRoomForBackup
"""

from typing import Any


class LmcoreError(Exception):
    """Base of all errors. `sentence` is a format string over `values`: what happened, with which value, what to do.

    >>> print(LmcoreError())
    Something went wrong. Please try again.
    """

    code = "error"
    sentence = "Something went wrong. Please try again."

    def __init__(self, **values: Any) -> None:
        self.values = values
        super().__init__(self.sentence.format(**{name: _in_words(value) for name, value in values.items()}))

    def __init_subclass__(cls) -> None:
        BY_CODE[cls.code] = cls


BY_CODE: dict[str, type[LmcoreError]] = {}


def _in_words(value: Any) -> Any:
    """Return a dictionary in words, any other value as it is.

    >>> _in_words({"batch_size": 64, "layers": 2})
    'batch size 64, layers 2'
    """
    return ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in value.items()) if isinstance(value, dict) else value


class TextError(LmcoreError):
    code = "text"


class EmptyText(TextError):
    code = "text.empty"
    sentence = "There is no text here yet. Paste or upload at least one sentence."


class EmptyFile(TextError):
    code = "text.empty_file"
    sentence = "“{name}” is empty. Leave it out, or choose a file with text in it."


class TextTooLarge(TextError):
    code = "text.too_large"
    sentence = "This text is larger than {limit} MB, which is the limit. Use a part of it."


class BinaryText(TextError):
    code = "text.binary"
    sentence = "“{name}” is not a text: it looks like {looks_like}. Save it as plain text (.txt) and try again."


class EncodingUnknown(TextError):
    code = "text.encoding_unknown"
    sentence = (
        "“{name}” makes no readable text in any encoding that was tried. If it is a text, choose its encoding from the list "
        "and try again."
    )


class UndecodableText(TextError):
    code = "text.undecodable"
    sentence = "“{name}” could not be read as {encoding}. Choose another encoding, or save it as UTF-8."


class TextTooShort(TextError):
    code = "text.too_short"
    sentence = "This text is too short: {needed} tokens are needed, and it has {tokens}. Add a few sentences."


class WordsNotCut(TextError):
    code = "text.words_not_cut"
    sentence = (
        "This text cannot be cut into words: its script sets no spaces between them (it has “{beginning}” in one piece). "
        "Choose characters or subwords."
    )


class TextMissing(TextError):
    code = "text.missing"
    sentence = (
        "The file of this text is missing on this server, so nothing can be trained on it. "
        "Add the same text again: its runs can then be trained further."
    )


class TextChanged(TextError):
    code = "text.changed"
    sentence = (
        "The file of this text has been changed or damaged since it was added, so nothing is trained on it. "
        "Add the same text again: its runs can then be trained further."
    )


class MarkerMissing(TextError):
    code = "text.marker_missing"
    sentence = (
        "A loss on answers alone needs a text of one item a line, each with the same marker, such as “=>”, exactly once between prompt "
        "and answer. This text has no such marker. Train on all tokens, or mark the answers."
    )


class TaskError(LmcoreError):
    code = "task"


class TargetsMissing(TaskError):
    code = "task.targets_missing"
    sentence = "None of the {count} rows has a target beside its source. Choose another column for the targets, or add them."


class ColumnsMissing(TaskError):
    code = "task.columns_missing"
    sentence = (
        "Two columns are needed, one for the sources and one for the targets, and {count} was found. Separate them with commas, "
        "semicolons or tabs."
    )


class OneLabelOnly(TaskError):
    code = "task.one_label_only"
    sentence = "All {count} rows have the same target, “{label}”, so there is nothing to tell apart. Add rows with another one."


class TooManyLabels(TaskError):
    code = "task.too_many_labels"
    sentence = (
        "There are {count:,} different targets, and a classifier here takes at most {limit}, each several times. Merge rare ones, or let the "
        "model write its answers."
    )


class TooFewPairs(TaskError):
    code = "task.too_few_pairs"
    sentence = (
        "There are only {count} different sources with a target; {needed} are needed, so that some can be held out. Add rows."
    )


class TooManyPairs(TaskError):
    code = "task.too_many_pairs"
    sentence = "This table has {count:,} rows; at most {limit:,} are taken. Use a part of it."


class TooFewCandidates(TaskError):
    code = "task.too_few_candidates"
    sentence = "To rank answers, at least two different ones are needed; there is {count}. Write one a line."


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


class HeadsDoNotDivide(SettingError):
    code = "setting.heads_do_not_divide"
    sentence = (
        "Attention heads share the hidden size evenly, and {hidden_size} cannot be divided by {heads}. Choose another hidden size "
        "or another number of heads."
    )


class ItemsTooLong(SettingError):
    code = "setting.items_too_long"
    sentence = (
        "With a loss on answers alone each prompt is read at once, and the longest has {longest:,} tokens with its answer; {limit:,} are the "
        "most. Cut the text into words instead of characters, shorten its items, or train on all tokens."
    )


class TrainingError(LmcoreError):
    code = "training"


class LossNotFinite(TrainingError):
    code = "training.loss_not_finite"
    sentence = (
        "The loss became {loss:.4g} at step {step} (learning rate {learning_rate:.3g}, gradient norm {gradient_norm:.3g}). "
        "Try a smaller learning rate."
    )


class OutOfMemory(TrainingError):
    code = "training.out_of_memory"
    sentence = (
        "Training needed more than the {limit} MB of memory one run may take here, so it stopped. "
        "Start a new run with {fits}, or with {other}."
    )


class WorkerFailed(TrainingError):
    code = "training.worker_failed"
    sentence = "Training stopped because of an unexpected fault ({reason})."


class DiskFull(TrainingError):
    code = "training.disk_full"
    sentence = "The disk is full, so training is paused. Delete runs you no longer need, then resume."


class CountFailed(TrainingError):
    code = "training.count_failed"
    sentence = (
        "The tokens of the training text could not be counted ({reason}), so counting models and what is compared with them are "
        "missing. Training itself was not disturbed. Count again when there is more memory or disk space."
    )


class LimitError(LmcoreError):
    code = "limit"


class TooManyWaiting(LimitError):
    code = "limit.too_many_waiting"
    sentence = (
        "You have {active} runs training or waiting; {limit} is the most while others wait too. "
        "Stop one, or start this one when one has finished."
    )


class QueueFull(LimitError):
    code = "limit.queue_full"
    sentence = "{waiting} runs are waiting on this server, which is as many as it takes. Please try again in a few minutes."


class TooManyRuns(LimitError):
    code = "limit.too_many_runs"
    sentence = "You keep {count} runs; {limit} is the most. Delete some you no longer need, then start again."


class TooManyBytes(LimitError):
    code = "limit.too_many_bytes"
    sentence = "Your runs take {megabytes} MB of the {limit} MB you have here. Delete some you no longer need, then start again."


class TooManyTexts(LimitError):
    code = "limit.too_many_texts"
    sentence = "You keep {count} texts; {limit} is the most. Delete some you no longer need, then add this one again."


class TooManyTextBytes(LimitError):
    code = "limit.too_many_text_bytes"
    sentence = (
        "Your texts take {megabytes:.1f} MB of the {limit:g} MB you have here, and this one has {size:.1f} MB. "
        "Delete some you no longer need, then add this one again."
    )


class TextsFull(LimitError):
    code = "limit.texts_full"
    sentence = (
        "This text has {size:.1f} MB, and the texts on this server take {megabytes:,.0f} of {limit:,.0f} MB. "
        "Use a part of it; whoever runs this server can allow more."
    )


class TooMuchMemory(LimitError):
    code = "limit.too_much_memory"
    sentence = (
        "This run would need about {needed} MB of memory; one run may take {limit} MB here. "
        "It would fit with {fits}, or with {other}."
    )


class TextTakesTooMuchMemory(LimitError):
    code = "limit.text_memory"
    sentence = (
        "Even with the smallest model, a text of this length would need about {needed} MB of memory; one run may take {limit} MB "
        "here. Train on a part of it."
    )


class TimeLimit(LimitError):
    code = "limit.time"
    sentence = (
        "A run may train for {minutes:g} minutes on this server, and this one has: it was stopped. What it has learned is kept."
    )


class CheckpointError(LmcoreError):
    code = "checkpoint"


class CheckpointDamaged(CheckpointError):
    code = "checkpoint.damaged"
    sentence = "The checkpoint of step {step} is damaged ({reason}); an older one is used where there is one."


class CheckpointMissing(CheckpointError):
    code = "checkpoint.missing"
    sentence = "This run has no checkpoint yet. Wait a moment, or start it again."


class CheckpointsDamaged(CheckpointError):
    code = "checkpoint.all_damaged"
    sentence = (
        "No checkpoint of this run can be read: all {count} are damaged. Its curve and its samples are kept; "
        "to ask its model again, train a new run with these settings."
    )


class TokenizerDamaged(CheckpointError):
    code = "checkpoint.tokenizer_damaged"
    sentence = "The tokenizer of this run cannot be read ({reason}). Start the run again with the same text."


class TransferError(LmcoreError):
    code = "transfer"


class ArchiveUnreadable(TransferError):
    code = "transfer.unreadable"
    sentence = "This file cannot be read as an exported run. Choose a .zip that was exported from Next Word."


class ArchiveTooLarge(TransferError):
    code = "transfer.too_large"
    sentence = "This archive is too large: at most {members} files of {megabytes} MB together are read, none squeezed more than {ratio} times."


class ArchiveUnsafe(TransferError):
    code = "transfer.unsafe"
    sentence = "This archive holds “{name}”, which does not belong in an exported run and may be harmful. Nothing of it was read."


class ArchiveIncomplete(TransferError):
    code = "transfer.incomplete"
    sentence = "“{name}” is missing in this archive, or cannot be read. Export the run again."


class ArchiveContradicts(TransferError):
    code = "transfer.contradicts"
    sentence = (
        "The weights, the settings, the tokenizer and the text in this archive do not belong together, or one of them is damaged. "
        "Export the run again."
    )


class ArchiveMemberTooLarge(TransferError):
    code = "transfer.member_too_large"
    sentence = "“{name}” in this archive holds more than {megabytes:g} MB, which is more than is read of it."


class ArchiveWrongValue(TransferError):
    code = "transfer.wrong_value"
    sentence = "“{name}” in this archive gives “{field}” the value “{value}”, which no exported run has. Export the run again."


class ArchiveTooLong(TransferError):
    code = "transfer.too_long"
    sentence = (
        "The run in this archive has more than {steps:,} steps or {evaluations:,} evaluations, "
        "which is as many as can be opened from a file."
    )


class ArchiveTooCostly(TransferError):
    code = "transfer.too_costly"
    sentence = (
        "Reading this archive took more than {megabytes} MB of memory or {seconds} seconds, so it was given up. "
        "Nothing of it was kept."
    )


class LawError(LmcoreError):
    code = "law"


class TooFewPoints(LawError):
    code = "law.too_few_points"
    sentence = "A law with three unknowns needs at least {needed} different sizes, and there are {count}. Train the missing ones."


class LossDoesNotFall(LawError):
    code = "law.loss_does_not_fall"
    sentence = (
        "The loss does not fall from the smallest to the largest here, so there is no law to fit. The runs may be too short for the large "
        "ones, or the text too small: give them more time."
    )


class LawUndetermined(LawError):
    code = "law.undetermined"
    sentence = (
        "These points do not say what the law is: exponents from {low:.2g} to {high:.2g} fit them about as well. Their losses scatter too "
        "much, or most have already come down to the floor. Take a larger text, or another training time."
    )


class RoomError(LmcoreError):
    code = "room"


class RoomNotFound(RoomError):
    code = "room.not_found"
    sentence = "There is no room with this code. Look at it again: a code has {length} letters and digits."


class RoomClosed(RoomError):
    code = "room.closed"
    sentence = "This room is closed: its board can be looked at, but nothing can be handed in any more."


class RoomFull(RoomError):
    code = "room.full"
    sentence = "{limit} runs are handed in here, which is as many as a room takes. Take one back, or open another room."


class TooManyRooms(RoomError):
    code = "room.too_many"
    sentence = "You keep {limit} rooms, which is the most. Delete one you no longer need."


class NicknameMissing(RoomError):
    code = "room.nickname_missing"
    sentence = "Choose a nickname of 1 to {limit} characters."


class NicknameTaken(RoomError):
    code = "room.nickname_taken"
    sentence = "Somebody else in this room has that nickname already. Choose another."


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
    sentence = (
        "The store, where texts and runs are kept, is damaged. Whoever runs this server should start it again: "
        "it then puts the newest backup in its place and deletes nothing."
    )


class StoreMissing(StoreError):
    code = "store.missing"
    sentence = (
        "The store, where texts and runs are listed, is missing from the data folder. Whoever runs this server should start it again: "
        "it then puts the newest backup in its place and lists the runs made since then again."
    )


class NoRoomForBackup(StoreError):
    code = "store.no_room_for_backup"
    sentence = (
        "The disk has {free} MB left, and {needed} are needed, so no backup of the lists of texts and runs is made. "
        "Whoever runs this server should make room."
    )


class StoreReadOnly(StoreError):
    code = "store.read_only"
    sentence = "The data folder cannot be written to, so nothing new can be kept. Whoever runs this server must allow it."


class StoreBusy(StoreError):
    code = "store.busy"
    sentence = (
        "The store has been busy for longer than ten seconds, so this was not kept. Training goes on; try again in a moment."
    )


class StoreFull(StoreError):
    code = "store.full"
    sentence = (
        "The disk is full, so this could not be kept; what was there stays. Delete runs you no longer need, then try again."
    )
