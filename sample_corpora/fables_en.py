"""Fables in English, one sentence a line: first the handwritten ones of `fables_en.txt`, then 1,720 put together from the plots below.

The plots keep to a small vocabulary, and whatever a story has said holds to its end: name, pronoun, animals, things.
"""

import random
import re
from functools import lru_cache

from sample_corpora.storyteller import Plot, collection, fill, handwritten

CONTEXT = "A little fox named Nell"  # what comes next decides which story this is
STORIES = 1_720
SEED = 1

SHE = {"he": "she", "him": "her", "his": "her"}
HE = {"he": "he", "him": "him", "his": "his"}
NAMES = {"Nell": SHE, "Ruby": SHE, "Tom": HE, "Otto": HE}  # few: a small model can learn to remember which it was
HOMES = {
    "fox": "[in the forest|under the hill|near the bridge]",
    "hare": "[in the field|under the hill|by the lake]",
    "mouse": "[in the field|under a tree|near the bridge]",
    "bear": "[in the forest|under the hill|by the river]",
    "goat": "[on the hill|by the lake|near the bridge]",
    "squirrel": "[in the forest|in a tree|near the lake]",
    "frog": "[by the lake|by the river|under the bridge]",
}
OPENINGS = {
    "hero": "a [little|young] {animal} named {name}",
    "start": "[once there was {hero}|{hero} lived {home}|{name} was a [little|young] {animal} who lived {home}].",
}

GREED = Plot(
    cast={"animal": "fox hare mouse bear goat squirrel", "other": "mouse duck crow"},
    facts=[
        {"things": "apples", "full": "tree full of [red|sweet] apples"},
        {"things": "pears", "full": "tree full of [sweet|] pears"},
        {"things": "nuts", "full": "tree full of nuts"},
        {"things": "berries", "full": "bush full of [red|sweet] berries"},
    ],
    text="""[{start}
one [day|morning] {name} found|{hero} found|one [day|morning], {hero} found] a {full}.
[“[Can|May] I have one?” asked|“Please give me one,” said] a [hungry|little] {other}.
“No,” said {name}, “[they are all mine|I found them, not you].”
on the bridge {his} bag broke, and the {things} fell into the river.
[that [evening|night] the {other} came with two {things}, one for {name}.|\
{name} came home with nothing.|\
“I could have a friend now,” thought {name}.]""",
)

HELP = Plot(
    cast={"animal": "fox hare bear goat squirrel"},
    facts=[
        {
            "other": "crow",
            "trouble": "was stuck in a bush",
            "rescue": "held the bush open",
            "loss": "[that winter|that night] {name} lost {his} way",
            "back": "flew ahead and showed {him} the way home",
        },
        {
            "other": "turtle",
            "trouble": "lay on its back",
            "rescue": "turned it over",
            "loss": "[that evening|that summer] {name} dropped {his} key into the [lake|river]",
            "back": "swam down and brought it up",
        },
        {
            "other": "duck",
            "trouble": "was stuck in the ice",
            "rescue": "broke the ice with a stone",
            "loss": "[that spring|that summer] {name} dropped {his} key into the [lake|river]",
            "back": "swam down and brought it up",
        },
        {
            "other": "mouse",
            "trouble": "had fallen into a [deep|] hole",
            "rescue": "let down a branch",
            "loss": "[that evening|that winter] {name} dropped {his} key into a hole",
            "back": "brought it up",
        },
    ],
    text="""[{start}
one [day|morning] {name} [saw|met|found]|{hero} [saw|met|found]|one [day|morning], {hero} [saw|met|found]] a {other} that {trouble}.
[{name} {rescue}[| and went home].|“Please help me,” said the {other}, and {name} {rescue}.]
{loss}.
the {other} {back}.
[“Why did you come?” asked {name}.
“You came when I called,” said the {other}.|\
“Now we are even,” said the {other}.
“No,” said {name}, “now we are friends.”|\
{name} had forgotten that day, but the {other} had not.]""",
)

PATIENCE = Plot(
    cast={"animal": "fox hare mouse bear goat squirrel", "other": "duck goat crow"},
    facts=[{"things": "apples", "thing": "apple"}, {"things": "pears", "thing": "pear"}, {"things": "nuts", "thing": "nut"}],
    text="""[{start}
one [day|spring] {name} planted|one [day|spring], {hero} planted|{hero} planted] a [little|] seed beside {his} house.
[“It does not grow,” said|“There is nothing there,” said|“Why do you wait?” asked] a {other}.
“It is [still|only] sleeping,” said {name}, and gave it water.
[three|two] years later it was a tree full of {things}.
[“What did you do?” asked the {other}.
“I waited,” said {name}.|\
{name} gave the first {thing} to the {other}.|\
the {other} sat under it all day and said nothing.]""",
)

HASTE = Plot(
    cast={"animal": "fox hare mouse bear goat squirrel", "other": "duck goat turtle"},
    text="""[{start}
one [day|spring] {name} planted|one [day|spring], {hero} planted|{hero} planted] a [little|] seed beside {his} house.
every [day|morning] {name} dug it up to look at it.
“Let it sleep,” said a {other}, but [soon|at last] it was dry.
then {name} planted another and only gave it water.
[after the rain|one morning] a green leaf stood there.
[“It did not need my eyes,” said {name}.|\
“I did nothing,” said {name}.
“You waited,” said the {other}.|\
{name} sat beside it all day[ and only looked|].]""",
)

PRIDE = Plot(
    cast={"other": "turtle mouse crow"},
    facts=[
        {"animal": "hare", "run": "run", "ran": "ran", "fast": "fast", "fell": "ran, looked back, and fell into a [deep|] hole"},
        {"animal": "goat", "run": "jump", "ran": "jumped", "fast": "high", "fell": "jumped, looked back, and fell into a bush"},
        {
            "animal": "frog",
            "run": "jump",
            "ran": "jumped",
            "fast": "far",
            "fell": "jumped, looked back, and fell into a [deep|] hole",
        },
        {
            "animal": "squirrel",
            "run": "jump",
            "ran": "jumped",
            "fast": "far",
            "fell": "jumped, looked back, and fell into the river",
        },
    ],
    text="""[{start}
every day {name} said|{hero} said every day|every day, {hero} said], “No one can {run} as {fast} as I can.”
[a {other} [heard it and|heard it, but] said nothing.|“We will see,” said a {other}.]
one [morning|day] {name} {fell}.
the {other} [came and|] held out a branch.
[“You can {run} very {fast},” said the {other}. “Now look ahead.”|\
“Did you see me?” asked {name}.
“I saw you fall,” said the {other}.|\
{name} still {ran} as {fast} as before, but {he} looked ahead.]""",
)

SHARE = Plot(
    cast={"animal": "fox hare mouse bear goat squirrel", "other": "mouse crow duck"},
    facts=[{"thing": "apple", "things": "apples"}, {"thing": "pear", "things": "pears"}, {"thing": "nut", "things": "nuts"}],
    text="""[{start}
one winter was very [cold|long], and {name} had only one {thing}.|\
one [cold|long|] winter, {hero} had only one {thing}.]
one [evening|night] a [hungry|cold] {other} stood at {his} door.
[“[Please give me a little|I am so cold],” said|“[Can|May] I come in?” asked] the {other}.
[“Come in,” said {name}, and|{name} thought for a long time, and then {he}] cut the {thing} in two.
[“It is not much,” said {name}, “but [the night is not so long now|it is not so cold with two].”|\
they ate beside the fire while the snow fell.|\
in spring the {other} came back with a bag full of {things}.]""",
)

RACE = Plot(
    cast={"animal": "fox hare goat squirrel", "other": "hare goat bear"},
    facts=[
        {"third": "mouse", "trouble": "had fallen into a [deep|] hole", "rescue": "let down a branch"},
        {"third": "frog", "trouble": "had fallen into a [deep|] hole", "rescue": "let down a branch"},
        {"third": "crow", "trouble": "was stuck in a bush", "rescue": "held the bush open"},
        {"third": "turtle", "trouble": "lay on its back", "rescue": "turned it over"},
    ],
    text="""[{start}
one [morning|day] {name} ran a race with|{hero} ran a race with|one [morning|day], {hero} ran a race with] a {other}.
near the [lake|river|bridge] a {third} {trouble}.
the {other} ran on, but {name} stopped and {rescue}.
the {other} won the race, but no one was there to see it.
[{name} came [home|] much later, with a new friend beside {him}.|\
“Who won?” asked the {third}.
“I [forgot to look|do not know],” said {name}.]""",
)

FLOOD = Plot(
    cast={
        "animal": "fox hare mouse bear goat squirrel frog",
        "other": "duck goat crow",
        "third": "bear turtle",
    },
    text="""[{start}
[one spring|after a long rain] the river took the bridge away.
{name} put|[one spring|after a long rain] the river took the bridge away.
{hero} put] a heavy stone into the water.
“[One stone|That] is not a bridge,” said a {other}.
“[I know|It is the first one],” said {name}, and found another[ one|].
[the next day|soon] the {other} [put one beside it|came with a stone, and then came a {third} with two].
[“Now it is a bridge,” said the {other}.|\
that summer they all walked over the river.|\
“Which one is mine?” asked the {other}.
“All of them,” said {name}.]""",
)

STORE = Plot(
    cast={"animal": "hare mouse bear squirrel", "other": "mouse crow duck"},
    facts=[{"things": "nuts"}, {"things": "apples"}],
    text="""[{start}
all autumn {name} hid {things}|all autumn, {hero} hid {things}|{hero} hid {things} all autumn] in the [field|forest].
[one day|once] {name} met a hungry {other} and gave it two.
then the snow came, and every place looked the same.
“I know the place,” said the {other}. “You gave me two there.”
[“I will tell you every place now,” said {name}.|\
that [night|evening] they ate {things} beside the fire.|\
the snow can hide {things} from one, but not from two.]""",
)

FEAR = Plot(
    cast={"animal": "fox hare bear goat squirrel", "other": "mouse duck frog"},
    text="""[{start}
one [dark|cold|] night {name} heard|one [dark|cold|] night, {hero} heard|{hero} heard] a noise behind {his} house.
“It is a wolf,” thought {name}, and hid under the bed.
[at last|then] {he} opened the door, and it was only a [cold|little] {other}.
“I thought you were a wolf,” said {name}.
“I thought you were a wolf,” said the {other}.
[they sat beside the [fire|lamp] all night.|the wolf never came back.|“It is not so dark with two,” said {name}.]""",
)

HONESTY = Plot(
    cast={"animal": "fox hare mouse bear goat squirrel", "other": "bear duck goat"},
    facts=[{"thing": "lamp"}, {"thing": "cup"}, {"thing": "clock"}],
    text="""[{start}
one [morning|day] {name} borrowed|{hero} borrowed|one [morning|day], {hero} borrowed] a [new|] {thing} from a {other}, but it [fell and|] broke.
{name} [hid it in a bush, but {he}|said nothing, but {he}] could not sleep.
in the morning {he} said to the {other}, “I broke your {thing}.”
“I know,” said the {other}. “I was waiting for you, not for the {thing}.”
[they sat down and mended it.|\
they mended it, and that night {name} could sleep.]""",
)

PLOTS = [GREED, HELP, PATIENCE, HASTE, PRIDE, SHARE, RACE, FLOOD, STORE, FEAR, HONESTY]


def tell(numbers: random.Random) -> str:
    """One story: a plot, its cast, a name; then sentences begin with capitals."""
    plot = numbers.choice(PLOTS)
    roles = plot.roles(numbers)
    name, pronouns = numbers.choice(list(NAMES.items()))
    story = fill(plot.text, {**roles, **OPENINGS, **pronouns, "name": name, "home": HOMES[roles["animal"]]}, numbers)
    return re.sub(r"^“?[a-z]", lambda beginning: beginning.group().upper(), story, flags=re.MULTILINE)


@lru_cache(maxsize=1)
def text() -> str:
    """About 500 kB, the same every time."""
    return collection(handwritten("fables_en.txt"), tell, STORIES, SEED)
