"""How long the page Explore takes on the server to answer: `python benchmarks/asking.py`.

The default models of the pages, one thread, on real runs of a few steps in a folder of their own: how well a network is trained
does not change how long it takes. "whole page" is a run of the script as Streamlit makes one, with everything the view shows.
"""

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # the package may not be installed

import numpy as np  # noqa: E402
import torch  # noqa: E402
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from lmcore import presets  # noqa: E402
from lmcore.runs import data_folder
from lmcore.runs.worker import snapshots, worker  # noqa: E402
from pages.parts import demos, visitor  # noqa: E402
from pages.parts.components import token_names
from pages.parts.explore import chain, film, model_lineup, model_table, scoring, why
from pages.parts.run import charts, model_cache, ngram_cache
from sample_corpora import SAMPLES  # noqa: E402

MENU = str(Path(__file__).parent.parent / "pages" / "menu.py")
SENTENCE = 200  # tokens
CASES = (("village", "word"), ("fables-en", "word"), ("fables-en", "character"), ("fables-zh", "character"))


def milliseconds(work, repeats: int) -> float:
    """The median; one more, not counted, goes before."""
    work()
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return 1e3 * statistics.median(found)


def trained_run(sample_id: str, kind: str, seconds: int, steps: int):
    sample, store = SAMPLES[sample_id], visitor.store()
    config = presets.preset(seconds, kind).with_training(stop="steps", stop_after=float(steps))
    text = demos.sample_text(store, sample)
    run = store.add_run(owner=None, text_id=text.id, name=sample_id, config=config, pinned_context=sample.context)
    while store.run(run.id).status != "finished":
        worker.work(visitor.data_folder(), run.id)
    return store.run(run.id)


def table(run, trained, ids):
    """What `model_table.show` computes: every column, the figure, both tables."""
    entries = model_lineup.of_run(run, trained)
    found = [(entry, row) for entry in entries if (row := entry.compared.next_log_probs(ids)) is not None]
    shown = np.argsort(-found[0][1], kind="stable")[: model_table.ROWS]
    names = [trained.tokenizer.vocabulary[token_id] for token_id in shown[: model_table.IN_CHART]]
    bars = {entry.name: np.exp(row[shown[: model_table.IN_CHART]]) for entry, row in found}
    colours = {entry.name: entry.colour for entry, _ in found}
    charts.next_token_by_model(names, bars, set(), colours, "").to_json()
    guesses = [int(row.argmax()) for _entry, row in found]
    names = token_names.next_names(trained.tokenizer, ids, [*shown.tolist(), *guesses])
    styled = model_table.styled(model_table.as_frame(names, found, shown))
    styled._compute()
    convert_pandas_df_to_arrow_bytes(styled.data)
    model_table.summary(trained, found, shown, ids, names)


def whole_chain(run, trained, text: str):
    """What `chain.show` and `chain.show_models` compute."""
    marked, found = scoring.score(trained, text)
    entries = model_lineup.of_run(run, trained)
    log_probs = {entry.name: entry.compared.token_log_probs(found.ids) for entry in entries[1:]}
    log_probs = {entries[0].name: found.log_probs, **log_probs}
    running = {name: np.cumsum(row) for name, row in log_probs.items()}
    tokens = chain.texts(trained, found.ids)
    colours = {entry.name: entry.colour for entry in entries}
    charts.chain_of_probabilities(tokens, np.exp(found.log_probs), running, set(), colours, chain.chart_labels()).to_json()
    chain.totals_table(trained, marked, found, log_probs)
    chain.as_table(trained, found, log_probs)


def page(run, view: str, context: str):
    app = AppTest.from_file(MENU, default_timeout=60)
    app.query_params.update({"run": run.id, "view": view, "lang": "en"})
    app.run().switch_page("explore.py").run()
    app.text_area(key="explore.sentence" if view == "sentence" else "explore.context").set_value(context).run()
    return app.run


def answers(run, trained, repeats: int) -> dict[str, float]:
    text = visitor.store().content(run.text_id)
    context = SAMPLES[visitor.store().text(run.text_id).sample].context
    ids = np.asarray(trained.encode(context), dtype=np.int64)
    sentence = trained.written(trained.encode(text[:5_000])[:SENTENCE])
    likely = int(trained.next_token(ids).log_probs.argmax())
    index = ngram_cache.counts(visitor.data_folder(), run).index
    pictures = film.pictures(run, trained)

    def shoot(picture):
        _step, path = picture
        return (snapshots.at_frame(path, trained) if path else trained).frame(ids)

    began = time.perf_counter()
    shoot(pictures[0])
    first = 1e3 * (time.perf_counter() - began)
    frames = [milliseconds(lambda p=p: shoot(p), 1) for p in pictures]
    return {
        "table, all models": milliseconds(lambda: table(run, trained, ids), repeats),
        f"chain, {SENTENCE} tokens": milliseconds(lambda: whole_chain(run, trained, sentence), repeats),
        "film, first frame": first,
        "film, a frame": statistics.median(frames),
        "evidence": milliseconds(lambda: why.look_up(trained, index, ids, likely), repeats),
        "occlusion, 50 tokens": milliseconds(lambda: trained.influence(trained.encode(sentence), likely), repeats),
        "page: next": milliseconds(page(run, "next", context), repeats),
        "page: sentence": milliseconds(page(run, "sentence", sentence), repeats),
        "page: why": milliseconds(page(run, "why", context), repeats),
        "page: film": milliseconds(page(run, "film", context), repeats),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured; the median is shown")
    parser.add_argument("--seconds", type=int, default=10, help="the preset of the page Train whose model is asked")
    parser.add_argument("--steps", type=int, default=60, help="steps to train")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # Streamlit misses its server
    columns = None
    with tempfile.TemporaryDirectory() as data:
        os.environ[data_folder.ENVIRONMENT] = data
        for sample_id, kind in CASES:
            run = trained_run(sample_id, kind, options.seconds, options.steps)
            trained = model_cache.load(visitor.data_folder(), run)
            torch.set_num_threads(1)
            found = answers(run, trained, options.repeats)
            if columns is None:
                columns = list(found)
                print(f"medians of {options.repeats} in milliseconds, one thread\n")
                print(f"| text | tokens | types | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 3)}")
            figures = " | ".join(f"{found[column]:.1f}" for column in columns)
            print(f"| {sample_id} | {kind} | {trained.tokenizer.vocabulary_size:,} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
