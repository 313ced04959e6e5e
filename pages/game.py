"""Game: guess the next token of lines the model has never seen, and beat it."""

import streamlit as st

from lmcore.errors import TextError
from lmcore.inference import guessing
from pages.parts import kept, links, visitor
from pages.parts.error_sentences import sentence
from pages.parts.game import board
from pages.parts.language import _
from pages.parts.run import guard, held_out, model_cache, ngram_cache

st.title(_("Beat the machine"))
st.markdown(
    _(
        "Claude Shannon's guessing game: a line that **no model was trained on**, one token hidden after another. "
        "You guess, this run guesses, and so does a bigram, which only counts pairs of tokens. Who is right more often at the first guess?"
    )
)
run = guard.a_run(example="game")
if not visitor.may_read(visitor.store().text(run.text_id)):
    st.info(_("The lines of this game come from the owner's text, which only they may read. Play with a run of your own."))
    guard.example_link("game")
    links.page_link("train", _("Train a model"), run=None)
    st.stop()
trained = guard.a_model(run)
bigram = ngram_cache.ngram(visitor.data_folder(), run, 2)
if bigram is None:
    ngram_cache.explain_missing(run, "game.count")
    st.button(_("Try again"), key="game.again", icon=":material/refresh:")
    st.stop()
try:
    lines = held_out.lines(visitor.store(), run, trained)
except TextError as error:  # its file is missing or damaged
    st.error(sentence(error.code, error.values))
    st.stop()
if not lines:
    st.info(
        _(
            "There is no line to play with: the text is too short to hold a part of it back from training, or every line that was "
            "held back also stands in the training text word for word. Train on a longer text, or play with the example."
        )
    )
    links.page_link("text", _("Bring a longer text"), run=None, text=None)
    guard.example_link("game")
    st.stop()
guard.about(run, trained)


mine = kept.of(f"game.{run.id}")


def next_line():
    with model_cache.asking():
        mine["game"].next_line(trained, trained.with_model(bigram))


def begin():
    mine["game"] = guessing.Game(lines, trained.tokenizer.level, trained.tokenizer.vocabulary_size)
    next_line()


if "game" not in mine:
    begin()
game = mine["game"]
left, right = st.columns([3, 2], gap="large")
with left:
    st.caption(_("Line {number} of {count}").format(number=game.number, count=len(game.lines)))
    board.show_line(game)
    if game.line_done:
        board.verdict(game)
    elif game.round.choices:
        board.choices(game, trained.tokenizer)
    else:
        board.typing(game, trained)
    with st.container(horizontal=True):
        if game.lines_left:
            style = "primary" if game.line_done else "tertiary"
            label = _("Next line") if game.line_done else _("Another line")
            st.button(label, type=style, icon=":material/skip_next:", key="game.next", on_click=next_line)
        else:
            st.caption(_("That was the last line."))
        st.button(_("Start again"), icon=":material/replay:", key="game.restart", type="tertiary", on_click=begin)
with right:
    board.feedback(game, trained.tokenizer)
board.score(game)
