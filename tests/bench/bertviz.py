"""`python -m tests.bench bertviz`: the views of BertViz 1.4.1 and ours that show the same, from a new text of
32 tokens to the painted picture, in the same Chromium.

BertViz: the call in Python, which is the forward pass of a random BERT of our encoder's size and
`html_action="return"`, then the time from this HTML, put into an open page as in a notebook, to the frame in
which all lines are painted. d3, jQuery and require.js are loaded before, from local copies: neither that nor
the way from Python to the browser is counted, in BertViz's favour. Ours: from Ctrl + Enter to the
frame in which the main picture changed last; see views. All take turns, five texts each, as a machine's speed
changes.
"""

import argparse
import importlib
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from itertools import count
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import torch

import model
from model.hub.library import library
from tests.bench import texts
from tests.bench.grids import LIBRARIES
from tests.bench.views import TOKENS, answers, high, pages, typing

MISSING = (
    "BertViz is missing: .venv/bin/pip install -c .constraints.txt ipython && .venv/bin/pip install "
    "--no-deps bertviz==1.4.1 boto3 botocore jmespath s3transfer six"
)
PACKAGES = ["requirejs@2.3.6", "d3@5.7.0", "jquery@2.1.4"]  # npm has no jQuery 2.0.0, which BertViz asks for
ROUND = 5  # texts
ALL_HEADS = "Lines&heads.lines=2000&heads.more=3.1+3.2+3.3+3.5+3.6"  # besides 3.4, which is chosen at first
# A view of BertViz: the selector of its lines, of how many heads they are, our sections that show the same.
VIEWS = {
    "head_view": ("#attention line", 6, {"Lines": "Lines", "Lines, 6 heads": ALL_HEADS}),
    "model_view": ("svg line", 24, {"Grid": "Grid"}),
    "neuron_view": ("#collapsed line", 1, {"Neuron": "Neuron"}),
}
# Puts HTML into the page, and gives the milliseconds until all its lines are painted.
PAINTED = """async ([html, selector, lines]) => {
    const start = performance.now();
    document.body.replaceChildren(document.createRange().createContextualFragment(html)); // its scripts run
    const drawn = () => document.querySelectorAll(selector).length === lines;
    while (!drawn()) {
        if (performance.now() - start > 60000) throw new Error("not all lines were drawn");
        await new Promise(requestAnimationFrame);
    }
    await new Promise((resolve) => setTimeout(resolve)); // once the frame is painted
    return performance.now() - start;
}"""


def copies(folder):
    """{file that BertViz's page asks for: a local copy}, which npm loads into a folder."""
    try:
        subprocess.run(["npm", "install", "--prefix", folder, *PACKAGES], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"npm cannot load {', '.join(PACKAGES)}, which BertViz's page needs: {error}")
    return {name: Path(folder, "node_modules", path) for name, path in LIBRARIES.items()}


def sizes(config):
    """What configures a BERT of the same size, whose weights differ enough for lines to be seen."""
    same = {"hidden_size": config.width, "intermediate_size": config.hidden, "output_attentions": True}
    heads = {"num_hidden_layers": config.layers, "num_attention_heads": config.heads}
    return same | heads | {"initializer_range": 0.1}


def pieces(encoder, text):
    """The tokens of a text as they are written."""
    return [encoder.tokenizer.piece(token) for token in encoder.tokenizer.encode(text)]


def weights_drawn(view, encoder):
    """The function from a text to the HTML of head_view or model_view."""
    show = getattr(importlib.import_module("bertviz"), view)
    config = library().BertConfig(vocab_size=encoder.config.vocabulary, **sizes(encoder.config))
    bert = library().BertModel._from_config(config, attn_implementation="eager").eval()

    def html(text):
        ids = torch.tensor([encoder.tokenizer.encode(text)])
        with torch.inference_mode():
            attentions = bert(input_ids=ids).attentions
        return show(attentions, pieces(encoder, text), html_action="return").data

    return html


def neurons_drawn(encoder):
    """The function from a text to the HTML of neuron_view, which runs a BERT of BertViz's own."""
    own = importlib.import_module("bertviz.transformers_neuron_view")
    show = importlib.import_module("bertviz.neuron_view").show
    bert = own.BertModel(own.BertConfig(encoder.config.vocabulary, **sizes(encoder.config)))
    ids = {encoder.tokenizer.piece(token): token for token in range(len(encoder.tokenizer))}
    tokenizer = SimpleNamespace(cls_token="[CLS]", sep_token="[SEP]")
    tokenizer.tokenize = lambda text: pieces(encoder, text)
    tokenizer.convert_tokens_to_ids = lambda tokens: [ids.get(token, 0) for token in tokens]

    def html(text):
        with torch.inference_mode():
            return show(bert, "bert", tokenizer, text, html_action="return").data

    return html


def theirs(browser, files, view, encoder, seed):
    """Seconds from the call to the painted picture of a view of BertViz, one for each text of a round."""
    draw = neurons_drawn(encoder) if view == "neuron_view" else weights_drawn(view, encoder)
    some = texts(TOKENS - 2 * (view == "neuron_view"), seed, encoder)  # it adds [CLS] and [SEP]
    selector, heads, _ = VIEWS[view]
    page, taken = browser.new_page(viewport={"width": 1440, "height": 900}), []
    page.route("**/*.js", lambda route: route.fulfill(path=files[route.request.url.rpartition("/")[2]]))
    page.set_content(f"<!doctype html>{draw(next(some))}")
    for _ in range(ROUND + 2):  # two for warming up
        page.wait_for_timeout(200)
        start = time.perf_counter()
        html = draw(next(some))
        computed = time.perf_counter() - start
        taken.append(computed + page.evaluate(PAINTED, [html, selector, heads * TOKENS**2]) / 1000)
    page.close()
    return taken[2:]


def measured(browser, server, files, encoder, rounds):
    """{a view of BertViz, or one of ours: seconds of all texts}; they take turns."""
    taken, seeds = defaultdict(list), count()
    for _ in range(rounds):
        for view, (*_, sections) in VIEWS.items():
            taken[view] += theirs(browser, files, view, encoder, next(seeds))
            for name, section in sections.items():
                some = typing(texts(TOKENS, next(seeds), encoder))
                address = f"heads?model=encoder&heads.section={section}"
                taken[name] += answers(browser, server, address, some, ROUND)[0]
    return taken


def line(name, taken, ratio=""):
    return f"{name:<24} {1000 * median(taken):>7.0f} {1000 * high(taken):>7.0f} {ratio:>14}"


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench bertviz", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help=f"of {ROUND} texts each")
    rounds = parser.parse_args(arguments).rounds
    try:
        importlib.import_module("bertviz.transformers_neuron_view")
    except ImportError:
        sys.exit(MISSING)
    torch.set_num_threads(1)  # as our server does; two wait for each other on a busy machine
    with tempfile.TemporaryDirectory() as folder, pages() as (servers, browser):
        files = copies(folder)
        taken = measured(browser, servers["ours"], files, model.load("encoder"), rounds)
    print(f"{'':<24} {'p50 ms':>7} {'p95 ms':>7} {'ours / theirs':>14}")
    for view, (*_, sections) in VIEWS.items():
        print(line(f"BertViz: {view}", taken[view]))
        for name in sections:
            ratio = f"{median(taken[name]) / median(taken[view]):.2f}x"
            print(line(f"heads: {name}", taken[name], ratio))
