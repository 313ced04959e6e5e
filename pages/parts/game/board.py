"""The guessing game on a page: the line with its gap, the guesses, what the machines thought, the score."""

import math

import streamlit as st

from lmcore.inference import guessing
from lmcore.inference.trained import TrainedModel
from lmcore.text.twins import with_twins
from lmcore.tokenizers.base import Tokenizer
from pages.parts import number_format
from pages.parts.components import plain_bars, token_names
from pages.parts.components.guessed_line import guessed_line
from pages.parts.language import _, literal
from pages.parts.run import charts


def escaped(token: str) -> str:
    """A token as the label of a button, whose labels are Markdown.

    >>> escaped("**a** [b](c)")
    '\\\\*\\\\*a\\\\*\\\\*␣\\\\[b\\\\]\\\\(c\\\\)'
    """
    return literal(token_names.visible(token))


def show_line(game: guessing.Game):
    line = game.round.line
    hows = ["first" if rank == 1 else "later" if rank <= game.guesses else "missed" for rank in game.ranks]
    tokens = [{"text": text, "how": how} for text, how in zip(line.texts, hows, strict=False)]
    labels = {
        "first": _("found at the first guess"),
        "later": _("found later"),
        "missed": _("not found"),
        "gap": _("the next token"),
        "line": _("the line so far"),
    }
    guessed_line(line.before, tokens, len(line.ids) - game.position, key="game.line", labels=labels)


def choices(game: guessing.Game, tokenizer: Tokenizer):
    """Five buttons and "other"; a wrong one goes out, and one guesses on."""
    st.caption(_("What comes next? Choose; a wrong choice goes out, and you choose again."))
    with st.container(horizontal=True, key="game.choices"):
        for position, token_id in enumerate(game.round.choices[game.position]):
            st.button(
                escaped(tokenizer.vocabulary[token_id]),
                key=f"game.choice.{position}",
                disabled=token_id in game.tried,
                on_click=game.guess,
                args=([token_id],),
            )
        st.button(_("none of these"), key="game.other", icon=":material/block:", type="tertiary", on_click=game.give_up)


def typing(game: guessing.Game, trained: TrainedModel):
    """What is typed is compared one character after another, to the first that is wrong."""
    tokenizer = trained.tokenizer

    def compare():
        line = game.round.line
        typed = with_twins(
            tokenizer, trained.marked(st.session_state["game.typed"]), line.before + "".join(line.texts[: game.position])
        )
        ids = [int(token_id) for token_id in tokenizer.encode(typed)]
        known = ids[: ids.index(tokenizer.unknown_id)] if tokenizer.unknown_id in ids else ids
        st.session_state["game.unknown"] = typed if not known and typed else ""
        game.guess(known)
        st.session_state["game.typed"] = ""

    box, show = st.columns([3, 1], vertical_alignment="bottom")
    box.text_input(
        _("What comes next? Type one character or several, then Enter; the first wrong one stops."),
        key="game.typed",
        on_change=compare,
        max_chars=60,
        autocomplete="off",
        help=_("Capitals, spaces and punctuation count too. Three guesses for each character."),
    )
    show.button(_("Show it"), key="game.other", on_click=game.give_up, width="stretch")
    if st.session_state.get("game.unknown"):
        st.caption(_("This character stands nowhere in the training text, so it costs no guess."))
    if game.tried:
        wrong = " ".join(token_names.visible(tokenizer.vocabulary[token_id]) for token_id in game.tried)
        left = game.guesses - len(game.tried)
        st.text(_("Not {wrong}. Guesses left: {left}").format(wrong=wrong, left=left))


def feedback(game: guessing.Game, tokenizer: Tokenizer):
    """The token that was found last: what each machine had expected."""
    position = game.position - 1
    if position < 0:
        st.caption(_("What the machines expected is shown as soon as you have guessed."))
        return
    truth = token_names.visible(tokenizer.vocabulary[int(game.round.line.ids[position])])
    rank = game.ranks[position]
    if rank == 1:
        st.success(_("Right at the first guess."), icon=":material/check:")
    elif rank <= game.guesses:
        st.warning(_("Found at guess {rank}.").format(rank=rank), icon=":material/more_horiz:")
    else:
        st.error(_("Not found."), icon=":material/close:")
    run, bigram = (game.round.models[name] for name in (guessing.MODEL, guessing.BIGRAM))
    st.text(
        _("It was “{token}”. The run gave it {run}, the bigram {bigram}.").format(
            token=truth, run=_probability(run, position), bigram=_probability(bigram, position)
        )
    )
    st.caption(_("What the run expected"))
    texts = [tokenizer.vocabulary[int(index)] for index in run.guesses[position]]
    plain_bars.show(zip(texts, run.probabilities[position], strict=True), key="game.bars")


def _probability(played: guessing.PlayedLine, position: int) -> str:
    return number_format.format_probability_from_log(-float(played.bits[position]) * math.log(2))


def score(game: guessing.Game):
    """Everyone on the same tokens: hits while one plays, bits too when a line is done."""
    names = {guessing.YOU: _("You"), guessing.MODEL: _("This run"), guessing.BIGRAM: _("Bigram")}
    row = st.container(horizontal=True, gap="medium", key="game.score")
    for player, name in names.items():
        now = game.score(player)
        hits = f"{now.hits} / {now.tokens}"
        row.metric(name, hits, help=_("found at the first guess, of all tokens so far"), width=charts.FIGURE)
    if not game.line_done:
        return
    st.dataframe(as_table(game, names), hide_index=True, key="game.table")
    with st.expander(_("How guesses become bits")):
        st.markdown(
            _(
                "Shannon (1951) asked people to guess the next letter of a text, and counted at which guess they were right. "
                "From the shares q₁, q₂, … of tokens found at the first, second, … guess follow two bounds for the bits a token "
                "holds for that player: whoever is often right at once needs few bits. A token that is not found costs the bits "
                "to name it among all that are left. All three players are scored by this one function, with the same number of "
                "guesses. A model also says its bits directly, −log₂ of the probability it gave the token; guesses alone do not "
                "show how sure it was."
            )
        )


def as_table(game: guessing.Game, names: dict[str, str]) -> dict[str, list]:
    of_line = {player: game.line_score(player) for player in names}
    of_game = {player: game.score(player) for player in names}
    return {
        _("Player"): list(names.values()),
        _("Hits in this line"): [f"{score.hits} / {score.tokens}" for score in of_line.values()],
        _("Bits a token, this line"): [_between(score) for score in of_line.values()],
        _("Bits a token, all lines"): [_between(score) for score in of_game.values()],
        _("−log₂ P a token, this line"): [
            f"{game.round.models[player].bits.mean():.2f}" if player in game.round.models else "—" for player in names
        ],
    }


def _between(score: guessing.Score) -> str:
    return f"{score.bounds.lower:.2f} – {score.bounds.upper:.2f}"


def verdict(game: guessing.Game):
    you, run = (game.line_score(player).hits for player in (guessing.YOU, guessing.MODEL))
    if you > run:
        st.success(_("You beat the machine in this line, {you} to {run}.").format(you=you, run=run), icon=":material/trophy:")
    elif you == run:
        st.info(_("A draw in this line, {you} to {run}.").format(you=you, run=run), icon=":material/handshake:")
    else:
        st.info(_("The machine was better in this line, {run} to {you}.").format(you=you, run=run), icon=":material/smart_toy:")
