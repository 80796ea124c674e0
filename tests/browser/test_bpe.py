"""The page about byte pairs in a real browser: it plays, steps and jumps without the server; every number
read from the DOM and compared with the model.
"""

import os
import random
import re
import signal
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from playwright.sync_api import expect

from model import load
from model import tokenizer as bpe

STORY = Path(bpe.__file__).with_name("story.txt").read_text(encoding="utf-8")
ROUNDS = list(bpe.rounds(STORY))
LAST = len(ROUNDS) - 1
ROOM = ".st-key-bpe-player [data-testid=stBidiComponentIsolated]"
READY = f"""wishes => {{
    const found = {{ ...document.querySelector("{ROOM}")?.shadowRoot?.querySelector(".riverbank-merges")?.dataset }};
    return found.painted && Object.entries(wishes).every(([name, wish]) => found[name] === wish) ? found : null;
}}"""
PASSED = f"""merge => Number(document.querySelector("{ROOM}").shadowRoot.querySelector(".riverbank-merges").dataset.merge) >= merge"""
CHIPS = f"""() => [...document.querySelector("{ROOM}").shadowRoot.querySelectorAll(".cell")].reduce((tokens, cell) => {{
    if (cell.classList.contains("start")) tokens.push({{ text: "", fresh: cell.classList.contains("new"), next: cell.classList.contains("next") }});
    tokens.at(-1).text += cell.textContent;
    return tokens;
}}, [])"""
RANKING = f"""() => [...document.querySelector("{ROOM}").shadowRoot.querySelectorAll(".ranking li")].map((row) => [
    ...[...row.querySelectorAll(".chip")].map((chip) => chip.textContent), Number(row.querySelector(".count").textContent.replace(",", "")),
])"""


def marked(text):
    return text.replace(" ", "·").replace("\n", "⏎")


def shown(page, **wishes):
    """The player's dataset once it is as wished."""
    return page.page.wait_for_function(
        READY, arg={name: str(wish) for name, wish in wishes.items()}
    ).json_value()


def part(page, inside):
    return page.part("bpe.player", inside)


def press(page, name):
    part(page, f"button[aria-label='{name}']").click()


def jump(page, written):
    part(page, ".jump").fill(str(written))
    part(page, ".jump").press("Enter")


def agrees(page, merge):
    """What the player draws is the tokenizer of that many merges, its next ranking, its tokens per word, its
    vocabulary.
    """
    found = shown(page, merge=merge)
    tokenizer, now = bpe.Tokenizer([one.leaders[0][0] for one in ROUNDS[:merge]]), ROUNDS[merge]
    chips = page.page.evaluate(CHIPS)
    pieces = [marked(tokenizer.piece(id)) for id in tokenizer.encode(STORY)]
    assert [chip["text"] for chip in chips] == pieces[: len(chips)]
    assert len(chips) > 100
    if merge:
        ids = tokenizer.encode(STORY)[: len(chips)]
        assert [chip["fresh"] for chip in chips] == [id == tokenizer.end - 1 for id in ids]
        expect(part(page, ".sentence")).to_contain_text(f"Merge {merge}:")
        expect(part(page, ".sentence")).to_contain_text(
            f"side by side {ROUNDS[merge - 1].leaders[0][1]} times"
        )
    assert page.page.evaluate(RANKING) == [
        [marked(tokenizer.piece(left)), marked(tokenizer.piece(right)), often]
        for (left, right), often in now.leaders
    ]
    assert found["tokens"] == str(now.tokens)
    words = bpe.COUNTED.findall(STORY)
    assert part(page, ".reading").all_text_contents() == [
        f"{now.tokens / len(words):.2f}",
        str(len(tokenizer)),
    ]
    counts = bpe.whole_words(STORY, bpe.MARKED).items()
    whole = sum(often for word, often in counts if len(tokenizer.encode_word(word)) == 1)
    expect(part(page, ".recent")).to_contain_text(
        f"{100 * whole / len(words):.1f} % of all words are one token"
    )


def test_a_link_shows_a_merge_and_it_steps_jumps_and_comes_back_and_the_address_follows(page):
    page.open("bpe", **{"bpe.merge": 30})
    agrees(page, 30)
    press(page, "One merge on")
    press(page, "One merge on")
    press(page, "One merge back")
    agrees(page, 31)
    page.linked(**{"bpe.merge": "31"})
    jump(page, 100)
    agrees(page, 100)
    page.linked(**{"bpe.merge": "100"})
    part(page, ".slide").press("ArrowRight")
    agrees(page, 101)
    press(page, "To the last merge")
    shown(page, merge=LAST)
    expect(part(page, ".ranking")).to_contain_text("nothing left to merge")
    press(page, "One merge back")
    agrees(page, LAST - 1)
    press(page, "Back to letters")
    agrees(page, 0)
    page.linked(**{"bpe.merge": None})
    page.page.reload()
    shown(page, merge=0)
    for inside in (".text", ".ranking", "svg"):  # all above the fold
        box = part(page, inside).first.bounding_box()
        assert box["y"] + box["height"] <= 900


def test_a_jump_to_nowhere_lands_on_a_merge_and_nothing_moves_when_letters_become_tokens(page):
    page.open("bpe")
    shown(page, merge=0)
    page.rests()
    place = (
        '() => [...document.querySelector("'
        + ROOM
        + '").shadowRoot.querySelectorAll(".cell")].map((cell) => [cell.offsetLeft, cell.offsetTop])'
    )
    before = page.page.evaluate(place)
    jump(page, 200)
    shown(page, merge=200)
    assert page.page.evaluate(place) == before
    for written, merge in (("", 200), ("99999", LAST), ("-5", 0), ("2.4", 2)):
        jump(page, written)
        shown(page, merge=merge)


def test_it_plays_without_the_server_and_stops_when_told_and_at_the_end(page):
    sent = []

    def send(frame):
        sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", send))
    page.open("bpe")
    shown(page, merge=0)
    page.page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
    part(page, ".speed").select_option("30 a second")
    before = len(sent)
    assert before > 0
    press(page, "Play")
    page.page.wait_for_function(PASSED, arg=25)  # a busy browser may leave some merges out
    assert len(sent) == before
    press(page, "Pause")
    merge = int(shown(page, playing="false")["merge"])
    assert merge >= 25
    agrees(page, merge)
    page.linked(**{"bpe.merge": str(merge)})
    assert len(sent) > before
    jump(page, LAST - 3)
    shown(page, merge=LAST - 3)
    press(page, "Play")
    assert shown(page, merge=LAST, playing="false")
    page.linked(**{"bpe.merge": str(LAST)})


def test_another_text_is_learned_and_bytes_of_characters_are_shown(page):
    text = "née 🏞 née 🏞 <b>née</b> <img src=x onerror=alert(1)>"
    page.open("bpe", **{"bpe.own": "True"})
    shown(page, merge=0)
    learn(page, text)
    assert "".join(chip["text"] for chip in page.page.evaluate(CHIPS)).startswith("nC3A9e·F09F8F9E·nC3A9e")
    press(page, "To the last merge")
    shown(page, merge=len(bpe.train(text, 500).merges))
    assert "".join(chip["text"] for chip in page.page.evaluate(CHIPS)) == marked(text)
    assert page.page.locator("img[src=x]").count() == 0
    on_a_row_of_one_letter_the_page_says_why_four_pairs_make_two_merges(page)


def learn(page, text):
    """Train on this text, and wait until that is drawn."""
    box = page.part("bpe.text", "textarea")
    box.fill(text)
    box.press("Control+Enter")
    shown(page, merges=len(bpe.train(text, 500).merges), merge=0, tokens=len(text.encode()))


def on_a_row_of_one_letter_the_page_says_why_four_pairs_make_two_merges(page):
    sentence = part(page, ".sentence")
    learn(page, "aaaaa")
    jump(page, 1)
    assert shown(page, merge=1)["tokens"] == "3"
    expect(sentence).to_contain_text("stand side by side 4 times")
    expect(sentence).to_contain_text("Only 2 of these pairs are merged")
    learn(page, "abab")
    jump(page, 1)
    shown(page, merge=1)
    expect(sentence).to_contain_text("stand side by side 2 times")
    expect(sentence).not_to_contain_text("Only")


@contextmanager
def stopped(processes):
    """Stop these processes while the block runs, so that a slow browser does not find their work done."""
    try:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_a_long_training_shows_progress_and_can_be_stopped(page, server):
    text = "".join(
        random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=450_000)
    )  # as slow as a text can be
    page.open("bpe", **{"bpe.merges": 2000})
    shown(page, merge=0)
    box = page.part("bpe.text", "textarea")
    box.fill(text[:100_100])  # just long enough for a worker, which it starts
    box.press("Control+Enter")
    shown(page, merges=2000)
    workers = server.workers()
    assert workers
    box.fill(text)
    page.press_at_once(".st-key-bpe-stop button", "[data-testid=stProgress]", "[1-9][0-9,]* of")
    with stopped(workers):
        box.press("Control+Enter")
        expect(page.page.get_by_text("Counting pairs")).to_be_visible()
    said = re.compile(r"Stopped after ([\d,]+) of 2,000 merges")
    expect(page.page.get_by_text(said)).to_be_visible()
    expect(page.page.get_by_test_id("stProgress")).to_have_count(0)
    done = int(said.search(page.page.get_by_text(said).inner_text())[1].replace(",", ""))
    assert 0 < done < 2000
    shown(page, merges=done)
    press(page, "To the last merge")
    assert shown(page, merge=done)["tokens"] == str(next(islice(bpe.rounds(text), done, None)).tokens)


def test_a_click_on_a_token_shows_how_its_word_came_to_be_and_a_slider_runs_the_model_on_other_tokens(page):
    text = "The phosphorescent river"
    tokenizer = load("decoder-rope").tokenizer
    page.open("bpe", text=text, **{"bpe.first": 1})
    page.shown("bpe.few", revision=f"1 {text}")
    few = len(tokenizer.first(1).encode(text))
    expect(page.page.get_by_role("cell", name=str(few), exact=True).first).to_be_visible()
    page.part("bpe.first", "input[type=range]").press("ArrowLeft")
    page.linked(**{"bpe.first": "0"})
    page.shown("bpe.few", revision=f"0 {text}")
    expect(page.page.get_by_role("cell", name=str(len(text)), exact=True).first).to_be_visible()
    word = " river"
    page.part("bpe.tokens", "button").last.click()
    page.linked(**{"bpe.token": str(len(tokenizer.encode(text)))})
    rungs = page.part("bpe.ladder", ".rung")
    steps = list(tokenizer.word_steps(word))
    expect(rungs).to_have_count(len(steps))
    assert rungs.locator(".name").all_text_contents()[1:] == [
        f"merge {tokenizer.merges.index(step.pair) + 1:,}" for step in steps[1:]
    ]
    assert rungs.last.locator("small").all_text_contents() == [str(id) for id in tokenizer.encode_word(word)]
