"""A run is taken away: downloaded in one browser, opened in another one, and asked there. In Chinese on the other side."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile

import pytest

from lmcore.runs.exchange import transfer
from pages.parts.language import translate
from tests.browser.test_main_path import STORY_EN, paste, settled, start, wait_for_points


@pytest.fixture(scope="module")
def files(server, chromium, tmp_path_factory):
    """{with its text: path} of one run, trained and downloaded as a visitor would."""
    folder = tmp_path_factory.mktemp("downloads")
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    paste(page, server, STORY_EN)
    start(page, "10 seconds")
    wait_for_points(page, 5)
    page.locator(".st-key-live-stop button").click()
    page.locator(".st-key-live-resume button").wait_for()
    found = {}
    page.locator(".st-key-train-download button").click()
    for with_text in (True, False):
        with page.expect_download() as waiting:
            page.locator(f".st-key-file-{'with' if with_text else 'without'} button").click()
        found[with_text] = folder / f"{with_text} {waiting.value.suggested_filename}"
        waiting.value.save_as(found[with_text])
    page.get_by_text("Program in PyTorch").click()
    page.locator(".st-key-home-text label").click()
    page.get_by_text("is not in it").wait_for(state="hidden")
    settled(page)  # the sentence changes before the button has the other file
    with page.expect_download() as waiting:
        page.locator(".st-key-home-program button").click()
    found["program"] = folder / "program.zip"
    waiting.value.save_as(found["program"])
    context.close()
    return found


def bring(page, server, path, language: str):
    page.goto(f"{server.url}/runs?lang={language}")
    page.locator(".st-key-runs-file input[type=file]").set_input_files(path)


def test_the_text_goes_along_only_where_it_was_chosen(files):
    held = {with_text: zipfile.ZipFile(files[with_text]).namelist() for with_text in (True, False)}
    assert transfer.TEXT in held[True] and transfer.TEXT not in held[False]
    assert set(held[True]) - {transfer.TEXT} == set(held[False])
    assert files[True].name.endswith("run-1.zip")


def test_its_program_has_the_losses_of_the_curve(files, tmp_path):
    zipfile.ZipFile(files["program"]).extractall(tmp_path)
    kept = zipfile.ZipFile(files[True])
    curve = [float(row["loss"]) for row in csv.DictReader(io.StringIO(kept.read(transfer.STEPS).decode()))]
    narrow = json.loads(kept.read(transfer.CONFIG))["resolved"]["training"]["precision"] == "bfloat16"
    command = [sys.executable, "-I", str(tmp_path / "train.py"), str(tmp_path / "losses.csv")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={"PYTHONUTF8": "1"})
    assert done.returncode == 0, done.stderr
    losses = [float(line) for line in (tmp_path / "losses.csv").read_text().split()]
    assert losses[:20] == pytest.approx(curve[:20], abs=0.02) if narrow else losses == curve


def test_a_run_is_opened_and_asked_in_another_browser(server, new_browser, files):
    page = new_browser("zh-CN")
    bring(page, server, files[False], "zh")
    page.wait_for_url(re.compile(r"/train\?.*run="))
    wait_for_points(page, 5)
    page.get_by_text(
        translate("This run came without its text: it can be looked at and asked, but not trained further.", "zh")
    ).wait_for()
    assert page.locator(".st-key-live-resume").count() == 0
    page.locator(".st-key-train-explore button").click()
    page.wait_for_url(re.compile("/explore"))
    page.locator(".st-key-explore-bars button.row").first.wait_for()
    settled(page)
    assert not page.faults


def test_with_its_text_it_goes_on_elsewhere(server, new_browser, files):
    page = new_browser()
    bring(page, server, files[True], "en")
    page.wait_for_url(re.compile(r"/train\?.*run="))
    wait_for_points(page, 5)
    page.locator(".st-key-live-resume button").click()
    page.locator(".st-key-live-stop button").wait_for()
    assert not page.faults


@pytest.mark.parametrize("language", ["en", "zh"])
def test_another_file_is_refused_in_one_sentence(server, new_browser, tmp_path, language):
    path = tmp_path / "holiday.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("../../beach.png", b"\x89PNG")
    page = new_browser()
    bring(page, server, path, language)
    page.get_by_text("beach.png").wait_for()
    sentence = "This archive holds “{name}”, which does not belong in an exported run and may be harmful. Nothing of it was read."
    page.get_by_text(translate(sentence, language).format(name="../../beach.png")).wait_for()
    assert "run=" not in page.url and not page.faults
