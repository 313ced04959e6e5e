"""The guessing game: its lines are held out, and every player is measured alike."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lmcore.config import TokenizerConfig
from lmcore.inference import guessing, shannon
from lmcore.inference.trained import TrainedModel
from lmcore.models import LanguageModel, UniformModel
from lmcore.text import held_out
from lmcore.text.corpus import Corpus
from lmcore.tokenizers import ITEM_BREAK, WordTokenizer, build_tokenizer
from sample_corpora import SAMPLES

FABLES, VILLAGE = SAMPLES["fables-en"].text()[:60_000], SAMPLES["village"].text()[:20_000]
TEXTS = {"stream": FABLES, "blocks": FABLES, "lines": VILLAGE}


# lines


@pytest.mark.parametrize("tokenizer_kind", held_out.LENGTHS)
@pytest.mark.parametrize("kind", TEXTS)
def test_lines_stand_in_the_validation_split_and_nowhere_in_the_training_split(kind, tokenizer_kind):
    corpus = Corpus.from_text(TEXTS[kind], kind)
    tokenizer = build_tokenizer(TokenizerConfig(level=tokenizer_kind, vocabulary_size=400), corpus.train)
    lines = held_out.cut(corpus, tokenizer)
    assert len(lines) >= 5
    shortest, longest = held_out.LENGTHS[tokenizer_kind]
    for line in lines:
        assert line.text.strip() in corpus.validation
        assert line.text.strip() not in corpus.train
        assert f"{line.before}{line.text}" in corpus.validation
        assert shortest <= len(line.ids) == len(line.texts) <= longest
        assert "\n" not in line.text and ITEM_BREAK not in line.before + line.text
        assert tokenizer.unknown_id is None or tokenizer.unknown_id not in line.ids


def test_what_is_shown_is_what_models_read():
    corpus = Corpus.from_text(FABLES, "blocks")
    tokenizer = WordTokenizer.train(corpus.train)
    for line in held_out.cut(corpus, tokenizer):
        assert tokenizer.encode(line.text).tolist() == line.ids.tolist()
        assert len(line.context) <= held_out.CONTEXTS["word"]
        if len(line.context) < held_out.CONTEXTS["word"]:
            assert tokenizer.encode(line.before).tolist() == line.context.tolist()


def test_lines_of_a_text_without_a_validation_split():
    corpus = Corpus.from_text("A short text. It has two sentences.")
    assert held_out.cut(corpus, WordTokenizer.train(corpus.train)) == []


def test_lines_that_the_training_text_repeats_are_left_out():
    line = "the cat sat on the mat and the dog sat on the log"
    corpus = Corpus("", "stream", train=f"{line}\n" * 120, validation=f"{line}\n" * 12)
    assert held_out.cut(corpus, WordTokenizer.train(corpus.train)) == []


def test_of_lines_with_unknown_words_a_part_is_played_where_there_are_few_others():
    corpus = Corpus("", "stream", train="the cat saw a dog and a bird .", validation="the zebra saw a cat . the bird saw a cat .")
    tokenizer = WordTokenizer.train(corpus.train)
    whole, part = held_out.cut(corpus, tokenizer)
    assert (whole.text, part.text) == ("the bird saw a cat .", "saw a cat .")
    assert part.before.endswith("the zebra ") and tokenizer.encode(part.text).tolist() == part.ids.tolist()
    assert part.context.tolist()[-2:] == [*tokenizer.encode("the"), tokenizer.unknown_id]
    many = Corpus(
        "", "stream", corpus.train, "".join(f"{word} bird saw a cat . " for word in ["cat", "saw", "a", "dog", "and", "zebra"])
    )
    assert not any("zebra" in line.before + line.text for line in held_out.cut(many, WordTokenizer.train(many.train))[:5])


def test_short_items_are_lines_where_there_is_nothing_longer():
    corpus = Corpus(
        "", "lines", train=f"{ITEM_BREAK}Mia{ITEM_BREAK}Amina{ITEM_BREAK}", validation=f"{ITEM_BREAK}Nima{ITEM_BREAK}"
    )
    tokenizer = build_tokenizer(TokenizerConfig(level="character"), corpus.train + "N")
    assert [line.texts for line in held_out.cut(corpus, tokenizer)] == [("N", "i", "m", "a")]


# the game


class Fixed(LanguageModel):
    """Says the same whatever it has read."""

    def __init__(self, probabilities):
        self.log_probs, self.vocabulary_size = np.log(probabilities), len(probabilities)

    def start(self):
        return self.log_probs, None

    def step(self, state, token_id):
        return self.start()


TOKENIZER = WordTokenizer(["a", "b", "c", "d", "e", "f", "g"])  # ids 1 … 7; <unk> is 0
COUNTING = Fixed([0.02, 0.40, 0.20, 0.10, 0.10, 0.08, 0.06, 0.04])
MODEL = Fixed([0.30, 0.05, 0.30, 0.15, 0.10, 0.06, 0.02, 0.02])
TRAINED = TrainedModel.of(MODEL, TOKENIZER, kind="stream")
BIGRAM = TRAINED.with_model(COUNTING)


def a_line(*ids: int) -> held_out.Line:
    return held_out.Line(np.array([3]), np.array(ids), "c ", tuple(f"{TOKENIZER.vocabulary[token_id]} " for token_id in ids))


def a_game(*lines, level: str = "word") -> guessing.Game:
    return guessing.Game(list(lines), level, vocabulary_size=8)


def test_five_choices_by_the_mixture_in_alphabetical_order_for_every_player():
    game = a_game(a_line(2, 7))
    game.next_line(TRAINED, BIGRAM)
    assert game.round.choices == [[1, 2, 3, 4, 5]] * 2  # a … e: 0.45, 0.50, 0.25, 0.20, 0.14; never <unk>
    models = game.round.models
    assert models[guessing.BIGRAM].guesses[0].tolist() == [1, 2, 3, 4, 5]
    assert models[guessing.MODEL].guesses[0].tolist() == [2, 3, 4, 5, 1]
    assert models[guessing.BIGRAM].ranks.tolist() == [2, 6]  # g is not among the five: everyone misses
    assert models[guessing.MODEL].ranks.tolist() == [1, 6]


def test_models_that_type_guess_among_all_but_what_a_line_never_holds():
    characters = TrainedModel.of(MODEL, build_tokenizer(TokenizerConfig(), "abcdefg"), kind="stream")
    played = guessing.play_round(a_line(2, 7), characters, BIGRAM).models[guessing.MODEL]
    assert played.ranks.tolist() == [1, 7]
    assert_allclose(played.bits, shannon.play(MODEL, np.array([3]), np.array([2, 7])).bits)  # bits of the model as it is


def test_a_right_guess_a_second_guess_and_none_of_these():
    game = a_game(a_line(2, 3, 7))
    game.next_line(TRAINED, BIGRAM)
    game.guess([2])
    assert game.ranks == [1]
    game.guess([1])
    game.guess([1])  # the same wrong one costs nothing more
    assert (game.ranks, game.tried) == ([1], [1])
    game.guess([3])
    game.give_up()
    assert (game.ranks, game.tried, game.line_done) == ([1, 2, 6], [], True)


def test_five_wrong_guesses_are_a_miss():
    game = a_game(a_line(7))
    game.next_line(TRAINED, BIGRAM)
    for token_id in (1, 2, 3, 4, 5):
        game.guess([token_id])
    assert game.ranks == [6]


def test_a_series_stops_at_the_first_wrong_one_and_at_the_end_of_the_line():
    game = a_game(a_line(2, 3, 4), level="character")
    game.next_line(TRAINED, BIGRAM)
    game.guess([2, 5, 4])
    assert (game.ranks, game.tried) == ([1], [5])
    game.guess([3, 4, 4, 4])
    assert game.ranks == [1, 2, 1] and game.line_done


def test_every_player_is_scored_by_the_same_function_on_the_same_tokens():
    game = a_game(a_line(2, 3), a_line(1))
    game.next_line(TRAINED, BIGRAM)
    game.guess([2])
    game.guess([3])
    game.next_line(TRAINED, BIGRAM)
    game.guess([1])
    ranks = {guessing.YOU: [1, 1, 1], guessing.BIGRAM: [2, 3, 1], guessing.MODEL: [1, 2, 5]}
    hits = {guessing.YOU: 3, guessing.BIGRAM: 1, guessing.MODEL: 1}
    for player, found in ranks.items():
        assert game.score(player) == guessing.Score(3, hits[player], shannon.bounds(np.array(found), 8, 5))
        assert game.line_score(player) == guessing.Score(1, int(found[2] == 1), shannon.bounds(np.array(found[2:]), 8, 5))


def test_a_line_that_was_left_counts_for_nobody():
    game = a_game(a_line(2, 3), a_line(1))
    game.next_line(TRAINED, BIGRAM)
    game.guess([2])
    game.next_line(TRAINED, BIGRAM)
    assert {game.score(player).tokens for player in (guessing.YOU, guessing.BIGRAM, guessing.MODEL)} == {0}
    assert game.lines_left == 0


def test_a_vocabulary_of_fewer_than_five_types():
    trained = TrainedModel.of(UniformModel(3), WordTokenizer(["a", "b"]), kind="stream")
    game = guessing.Game([a_line(1, 2)], "word", 3)
    game.next_line(trained, trained)
    assert game.round.choices == [[1, 2]] * 2
