"""Reviews in English: `reviews` with these words. Each noun has only adjectives that are said of it."""

from functools import lru_cache

from sample_corpora.tasks.reviews import Reviews
from sample_corpora.tasks.task_corpus import Lines, TaskCorpus

RESTAURANT = {
    "soup": "good tasty fresh warm | bad salty cold watery bland",
    "bread": "good tasty fresh crisp warm | bad stale dry bland salty",
    "coffee": "good strong hot tasty | bad cold weak watery bitter",
    "cake": "good tasty fresh moist | bad dry stale bland heavy",
    "fish": "good tasty fresh tender | bad dry cold salty bland",
    "salad": "good tasty fresh crisp | bad limp watery bland bitter",
    "pizza": "good tasty crisp hot | bad cold soggy salty bland dry",
    "waiter": "friendly polite quick helpful patient | rude slow careless unfriendly grumpy",
    "service": "good quick friendly polite | bad slow rude careless unfriendly",
    "terrace": "nice sunny quiet clean pretty | dirty noisy crowded shabby",
}
HOTEL = {
    "room": "nice clean quiet bright cosy spacious comfortable | dirty noisy dark cramped cold shabby",
    "bed": "good soft clean comfortable | bad lumpy dirty uncomfortable",
    "bathroom": "nice clean bright modern spacious | dirty dark cramped shabby smelly",
    "breakfast": "good tasty fresh | bad cold bland stale",
    "receptionist": "friendly polite quick helpful patient | rude slow careless unfriendly grumpy",
    "lobby": "nice clean bright cosy modern | dirty dark noisy shabby crowded smelly",
    "garden": "nice pretty quiet sunny clean | dirty noisy crowded shabby",
    "pool": "nice clean warm quiet spacious | dirty cold crowded cramped smelly",
    "sofa": "nice soft clean comfortable cosy | lumpy dirty uncomfortable shabby smelly",
}
CINEMA = {
    "film": "good gripping funny clever exciting lively | bad dull boring silly predictable confusing",
    "story": "good gripping funny clever exciting touching original | bad dull boring silly predictable confusing",
    "ending": "good clever touching funny exciting original | bad dull silly predictable confusing",
    "music": "good lively pretty original touching | bad dull boring loud",
    "acting": "good lively convincing touching | bad dull wooden careless",
    "dialogue": "good witty funny clever lively convincing | bad dull boring silly wooden confusing",
    "hall": "nice clean modern quiet comfortable | dirty cold noisy cramped shabby uncomfortable",
    "seat": "nice soft clean comfortable | dirty cramped uncomfortable lumpy",
    "usher": "friendly polite helpful patient | rude unfriendly grumpy careless",
}

ENGLISH = Reviews(
    settings=(RESTAURANT, HOTEL, CINEMA),
    degrees=("was", "was very", "was really", "was so"),
    negations=("was not", "wasn't", "was not at all", "was hardly", "was far from"),
    known_negations=("was not", "was far from"),
    clause="the {noun} {head} {adjective}",
    openers=(
        "we came on a monday .",
        "it was our first visit .",
        "i went with a friend .",
        "i do not go out much .",
        "i had not been there before .",
        "it was not far from home .",
    ),
    think="i think ",
    do_not_think="i do not think ",
    both="{0} and {1}",
    contrasts=(("{0} , but {1}", 1), ("although {0} , {1}", 1), ("{0} , although {1}", 0)),
    answers=("negative", "positive"),
    held_out_pairs=frozenset(
        pair
        for noun, adjectives in {
            "soup": "tasty cold",
            "bread": "fresh bland",
            "coffee": "good watery",
            "cake": "dry fresh",
            "pizza": "crisp salty",
            "waiter": "polite slow",
            "service": "friendly careless",
            "terrace": "sunny crowded",
            "room": "cosy dark",
            "bed": "comfortable dirty",
            "bathroom": "modern shabby",
            "receptionist": "helpful rude",
            "lobby": "bright noisy",
            "garden": "quiet shabby",
            "pool": "clean cramped",
            "sofa": "soft smelly",
            "film": "funny boring",
            "story": "clever predictable",
            "ending": "touching silly",
            "dialogue": "lively confusing",
            "acting": "good dull",
            "hall": "comfortable cold",
            "seat": "nice uncomfortable",
            "usher": "patient grumpy",
        }.items()
        for pair in ((noun, adjective) for adjective in adjectives.split())
    ),
    never_negated=frozenset(["moist", "quick", "pretty", "exciting", "witty", "bitter", "stale", "rude", "cramped", "loud"]),
)


@lru_cache(maxsize=1)
def lines() -> Lines:
    """Return reviews with negated clauses."""
    return ENGLISH.lines()


@lru_cache(maxsize=1)
def without_negation() -> Lines:
    """Return reviews in which "not" stands only where it negates no praise and no complaint."""
    return ENGLISH.lines(negation=False)


TASKS = (
    TaskCorpus(
        id="reviews-en",
        task="sentiment",
        language="en",
        titles={"en": "Reviews, English", "zh": "评论（英文）"},
        descriptions={
            "en": "4,000 reviews of restaurants, hotels and cinemas, of one or two clauses, written for this project (MIT). “Not”, "
            "“hardly” and “far from” turn a word round; after “but”, and beside “although”, one clause decides.",
            "zh": "4,000 条餐馆、旅馆和电影院的英文短评，每条一两个分句，为本项目编写（MIT 许可证）。not、hardly、far from 会把意思反过来；"
            "有 but 或 although 时，由其中一个分句决定褒贬。",
        },
        held_out_rule={
            "en": "Held out: 48 pairs of a thing and an adjective (“the soup was tasty”) and of each adjective one of the "
            "five negations (“hardly cold”), though each word is known from other lines. Ten adjectives are never negated at all.",
            "zh": "留出的是：48 对“事物＋形容词”的搭配（如 the soup was tasty），以及每个形容词五种否定说法中的一种（如 hardly cold）；"
            "其中每个词都在别的训练行里出现过。另有十个形容词从不被否定。",
        },
        lines=lines,
        true_answer=ENGLISH.true_answer,
        loss_on="answer",
    ),
    TaskCorpus(
        id="reviews-en-no-negation",
        task="sentiment",
        language="en",
        titles={"en": "Reviews without negation, English", "zh": "没有否定句的评论（英文）"},
        descriptions={
            "en": "The same reviews, but no adjective is ever negated: “not” stands only in sentences such as “I do not go out much”. "
            "Written for this project (MIT). What does a model make of “not good” afterwards?",
            "zh": "同样的短评，但没有一个形容词被否定：not 只出现在 I do not go out much 这样的句子里。为本项目编写（MIT 许可证）。"
            "这样训练出来的模型会怎样看 not good？",
        },
        held_out_rule={
            "en": "Held out: the same 48 pairs of a thing and an adjective; the experiment asks for negated adjectives.",
            "zh": "留出的是同样的 48 对“事物＋形容词”的搭配；实验则考被否定的形容词。",
        },
        lines=without_negation,
        true_answer=ENGLISH.true_answer,
        loss_on="answer",
        variant_of="reviews-en",
    ),
)
