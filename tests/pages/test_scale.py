"""Scale: every view in both languages and in each situation; what stands there is what `lmcore.scale` says."""

import math

import pytest

from lmcore.scale import reference
from lmcore.scale.measured import Measured
from lmcore.scale.reference import Machine, Size
from pages.parts import visitor
from pages.parts.language import LANGUAGES, translate
from pages.parts.scale import large, units

VIEWS = ("run", "large")
WITH_A_MODEL = ("finished", "running", "interrupted", "failed", "other")
SECRET = ("years", "年", "GFLOP", "GB", "TB")  # what would give an answer away


def words(app) -> str:
    found = [
        element.value for kind in ("caption", "info", "markdown", "warning", "error", "subheader") for element in app.get(kind)
    ]
    return "\n".join(found)


def tables(app) -> str:
    return "\n".join(frame.value.to_string() for frame in app.dataframe)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", WITH_A_MODEL)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_in_every_situation(open_page, ids, view, situation, language):
    app = open_page("scale", run=ids[situation], view=view, lang=language)
    assert not app.exception and not app.error
    assert app.session_state["scale.view"] == view


def test_the_address_names_the_view(open_page, ids):
    assert open_page("scale", run=ids["finished"], view="nonsense").session_state["scale.view"] == "run"


def test_a_run_in_numbers(open_page, ids):
    app = open_page("scale", run=ids["finished"], lang="en")
    run = visitor.store().run(ids["finished"])
    found = Measured.of(run.resolved, 15, run.tokens, run.seconds)
    table = app.dataframe[0].value
    assert table["Parameters"].tolist() == [*(part.parameters for part in found.parts), found.parameters]
    assert table["FLOPs a token"].tolist()[-1] == found.operations_per_token
    assert f"**{units.speed(found.speed)}**" in words(app) and f"**{units.energy(found.watt_hours(15))}**" in words(app)


@pytest.mark.parametrize(("watts", "said"), [(0.0, "**0 Wh**"), (1e6, "Wh**"), (1e9, "must lie between"), (None, "is empty")])
def test_any_number_of_watts(open_page, ids, watts, said):
    app = open_page("scale", run=ids["finished"], lang="en")
    app.number_input(key="scale.watts").set_value(watts).run()
    assert not app.exception and said in words(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_shown_before_a_guess(open_page, ids, language):
    app = open_page("scale", run=ids["finished"], view="large", lang=language)
    assert not app.dataframe and not app.info and not any(secret in words(app) for secret in SECRET)


@pytest.mark.parametrize("model", reference.MODELS)
def test_a_guess_is_compared_with_the_answer(open_page, ids, model):
    run = visitor.store().run(ids["finished"])
    here = Measured.of(run.resolved, 15, run.tokens, run.seconds).machine(large.processor.cores(), large.machine_bytes())
    right = next(index for index, bound in enumerate(large.BOUNDS) if here.seconds(reference.size(model)) < bound)
    for guess, said in ((0, "was too short"), (right, "was right"), (len(large.BOUNDS) - 1, "was too long")):
        if guess == right and said != "was right":
            continue
        app = open_page("scale", run=ids["finished"], view="large", lang="en")
        app.segmented_control(key="scale.model").set_value(model).run()
        app.select_slider(key=f"scale.guess.{model}").set_value(guess).run()
        app.button(key="scale.guessed").click().run()
        assert not app.exception and said in app.info[0].value
        assert units.time(here.seconds(reference.size(model))) in app.info[0].value


def test_only_what_was_guessed_is_shown(open_page, ids):
    app = open_page("scale", run=ids["finished"], view="large", lang="en")
    app.button(key="scale.look").click().run()
    assert "guess was" not in app.info[0].value and "GPT-3" not in tables(app).split("Quantity")[0]
    app.segmented_control(key="scale.model").set_value("gpt3").run()
    assert not app.dataframe
    app.button(key="scale.look").click().run()
    beside = next(frame.value for frame in app.dataframe if "times" in frame.value.columns)
    assert beside["GPT-3 (2020)"].tolist()[:4] == ["3.1×10²³ FLOP", "175 billion", "300 billion", "2.8 TB"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("quantity", ["operations", "parameters", "tokens", "memory", *(f"time {n}" for n in large.MACHINES)])  # fmt: skip
def test_the_ruler_in_every_measure(open_page, ids, quantity, language):
    app = open_page("scale", run=ids["finished"], view="large", lang=language)
    app.button(key="scale.look").click().run()
    app.selectbox(key="scale.quantity").set_value(quantity).run()
    assert not app.exception


@pytest.mark.parametrize(("price", "said"), [(0.0, "costs about 0 "), (1e9, "costs about 24 billion"), (2.0, "costs about 49 "), (-1.0, "must lie between"), (1e300, "must lie between")])  # fmt: skip
def test_any_price(open_page, ids, price, said):
    app = open_page("scale", run=ids["finished"], view="large", lang="en")
    app.button(key="scale.look").click().run()
    app.number_input(key="scale.price").set_value(price).run()
    assert not app.exception and said in words(app)


@pytest.mark.parametrize(
    ("seconds", "memory", "said"),
    [
        (3 * 3600, 1.0, "Yes: in 3 hours."),
        (41 * units.YEAR, 0.5, "In principle: it fits into the memory, and would be done in 41 years."),
        (41 * units.YEAR, 32.0, "No: its memory is 32 times too small. With enough of it, it would take 41 years."),
    ],
)
def test_can_i_train_it(seconds, memory, said, monkeypatch):
    monkeypatch.setattr(large, "_", lambda text: text)
    monkeypatch.setattr(units, "_", lambda text: text)
    monkeypatch.setattr(units, "current_language", lambda: "en")
    assert large.verdict(Size(1, 1, 1e6, memory * 1e9), Machine(1e6 / seconds, 1e9)) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_in_the_unit_a_person_would_use(language, monkeypatch):
    monkeypatch.setattr(units, "_", lambda text: translate(text, language))
    monkeypatch.setattr(units, "current_language", lambda: language)
    said = [units.time(seconds) for seconds in (0.0, 2e-9, 0.2, 90, 150, 7_200, 3 * 86_400, 70 * 86_400, 41 * units.YEAR, 4e6 * units.YEAR, math.inf)]  # fmt: skip
    assert said == {
        "en": ["0 s", "2.0×10⁻⁹ s", "0.2 s", "90 s", "2.5 minutes", "2 hours", "3 days", "2.3 months", "41 years", "4 million years", "∞"],
        "zh": ["0 s", "2.0×10⁻⁹ s", "0.2 s", "90 秒", "2.5 分钟", "2 小时", "3 天", "2.3 个月", "41年", "400 万年", "∞"],
    }[language]  # fmt: skip
