"""Knock-outs: nothing knocked out changes nothing, bit for bit; what is knocked out does what a network
without it does; and the page's numbers.
"""

import copy
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import Change, load
from model.analysis import knockouts, leak, senses, sink
from model.analysis.senses import Axis
from model.network.attention import attend
from tests.session import (
    BRIEF,
    address,
    checked,
    click,
    control,
    escaped,
    move,
    numeric,
    opened,
    pictures,
    said,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
IDS = list(range(97, 104))  # T = 7
WAYS = knockouts.silence, knockouts.level, knockouts.unsink
MODELS = [
    *({"positions": positions} for positions in ("none", "learned", "rope", "alibi", "t5")),
    {"key_heads": 2},
    {"causal": False},
    {"causal": False, "predicts": False},
]
TEXT = "I swam across the river to get to the other bank"
FEW = "I swam to the river and back"  # seven tokens, for what takes a second with more
SECTIONS = "Neuron", "Across layers", "Knock-outs"
MOVES = {
    "Neuron": {
        "heads.dimensions": ["largest product first", "as counted"],
        "heads.query": [4],
        "heads.key": [3],
    },
    "Across layers": {"heads.depth": [2, 4], "heads.query": [4], "heads.key": [6]},
    "Knock-outs": {
        "heads.way": ["uniform", "without its sink", "silenced"],
        "heads.which": ["all but these", "these"],
        "heads.measure": ["on average over all tokens", "at the token that asks"],
        "heads.query": [4],
    },
}
NOW = 1_700_000_000_000


def random_groups(network, count, seed):
    """Some heads for each of `count` copies."""
    config, chance = network.config, np.random.default_rng(seed)
    return [
        tuple(head for (head,) in knockouts.singles(config) if chance.random() < 0.4) for _ in range(count)
    ]


def without(network, group):
    """The same network with the output matrix's columns of these heads at 0: what silencing comes to."""
    made, D = copy.deepcopy(network), network.config.head_width
    with torch.no_grad():
        for layer, head in group:
            made.blocks[layer].attention.output.weight[:, head * D : (head + 1) * D] = 0
    return made


def finals(network, ids, way, groups):
    """The final vectors of a pass that knocks nothing out, and of one of its shape without each group."""
    both = [()] * len(groups), groups
    return [knockouts.run(network, ids, way, knockouts.marked(network.config, some)).final for some in both]


def effects(network, way, groups, ids=IDS):
    """The effects of each group on the text."""
    return knockouts.effects(network, *finals(network, ids, way, groups))


# ---- nothing ----


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("choices", MODELS, ids=str)
def test_knocking_nothing_out_changes_nothing_bit_for_bit(make_network, way, choices):
    network = make_network(**choices)
    none = knockouts.marked(network.config, [()] * 5)
    plain = network(torch.tensor(IDS).repeat(5, 1), attend=attend, predict=False)
    record = knockouts.run(network, IDS, way, none)
    assert torch.equal(record.final, plain.final)
    assert all(
        torch.equal(one.resid_out, other.resid_out)
        for one, other in zip(record.layers, plain.layers, strict=True)
    )
    assert (effects(network, way, [()] * 5) == 0).all()


@pytest.mark.parametrize("way", WAYS)
def test_keeping_all_is_knocking_nothing_out(make_network, way):
    config = make_network().config
    every = tuple(head for (head,) in knockouts.singles(config))
    assert knockouts.others(config, every) == ()
    assert knockouts.others(config, ()) == every
    assert (effects(make_network(), way, [knockouts.others(config, every)]) == 0).all()


def test_what_comes_before_and_beside_a_head_stays_bit_for_bit(make_network):
    """A head of the last layer moves no stream before it; the copies beside it in the pass stay as they
    were.
    """
    network = make_network()
    groups = [(), ((2, 1),), ()]
    for way in WAYS:
        found, plain = (
            knockouts.run(network, IDS, way, knockouts.marked(network.config, some))
            for some in (groups, [()] * 3)
        )
        assert torch.equal(found.layers[1].resid_out, plain.layers[1].resid_out)
        assert torch.equal(found.final[[0, 2]], plain.final[[0, 2]])
        assert not torch.equal(found.final[1], plain.final[1])


# ---- silenced ----


@pytest.mark.parametrize("choices", MODELS, ids=str)
def test_a_layer_without_heads_adds_nothing(make_network, choices):
    network = make_network(**choices)
    group = tuple((1, head) for head in range(4))
    layers = knockouts.run(
        network, IDS, knockouts.silence, knockouts.marked(network.config, [group, ()])
    ).layers
    assert torch.equal(layers[1].resid_mid[0], layers[1].resid_in[0])
    assert not torch.equal(layers[1].resid_mid[1], layers[1].resid_in[1])
    assert not torch.equal(layers[0].resid_mid[0], layers[0].resid_in[0])


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 5), st.integers(0, 1000))
def test_silencing_is_what_a_network_without_those_columns_does(make_network, count, seed):
    network = make_network()
    groups = random_groups(network, count, seed)
    found = effects(network, knockouts.silence, groups)
    with torch.inference_mode():
        before = network(torch.tensor(IDS)).logits.double().log_softmax(-1)
        for row, group in zip(found, groups, strict=True):
            after = without(network, group)(torch.tensor(IDS)).logits.double().log_softmax(-1)
            expected = torch.nn.functional.kl_div(after, before, log_target=True, reduction="none").sum(
                -1
            ) / np.log(2)
            np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-6)


def test_keep_needs_no_batch_and_works_with_the_fused_attention(make_network):
    network, group = make_network(), ((0, 1), (2, 3))
    keep = ~knockouts.marked(network.config, [group])[0]
    expected = without(network, group)(torch.tensor(IDS)).logits
    for kept in (keep, keep[:, None]):
        np.testing.assert_allclose(
            network(torch.tensor([IDS]), keep=kept).logits[0].detach(),
            expected.detach(),
            rtol=1e-4,
            atol=1e-4,
        )
    np.testing.assert_allclose(
        network(torch.tensor(IDS), keep=keep).logits.detach(), expected.detach(), rtol=1e-4, atol=1e-4
    )


# ---- made to look at all alike ----


@pytest.mark.parametrize("positions", ["rope", "alibi", "t5"])
def test_levelling_the_only_head_is_a_plain_average(make_network, positions):
    network = make_network(positions, heads=1, key_heads=1)
    groups = [((1, 0),), tuple(head for (head,) in knockouts.singles(network.config))]
    found = knockouts.run(network, IDS, knockouts.level, knockouts.marked(network.config, groups)).final
    for row, layers in zip(found, ({1}, {0, 1, 2}), strict=True):
        changes = [Change(average=True) if i in layers else None for i in range(3)]
        np.testing.assert_allclose(
            row, network(torch.tensor(IDS), changes=changes).final.detach(), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("choices", MODELS, ids=str)
def test_a_levelled_head_puts_out_the_mean_of_what_it_may_see(make_network, choices):
    network = make_network(**choices)
    attention = (
        knockouts.run(network, IDS, knockouts.level, knockouts.marked(network.config, [(), ((1, 2),)]))
        .layers[1]
        .attention
    )
    v = attention.v[1, 2 * network.config.key_heads // 4]
    last = [i + 1 if network.config.causal else 7 for i in range(7)]
    np.testing.assert_allclose(
        attention.heads[1, 2], np.stack([v[:end].mean(0) for end in last]), rtol=1e-4, atol=1e-5
    )


# ---- kept from the first token ----


@pytest.mark.parametrize("choices", MODELS, ids=str)
def test_a_head_without_its_sink_puts_out_what_its_other_weights_do(make_bundle, choices):
    bundle = make_bundle(**choices)
    ids = bundle.read(TEXT)
    plain = bundle.explain(TEXT).layers[1].attention
    weights = sink.without(plain.weights(2))
    weights = np.where(
        np.isnan(weights), np.eye(len(ids)), weights
    )  # the first token of a decoder sees nothing else
    record = knockouts.run(
        bundle.network, ids, knockouts.unsink, knockouts.marked(bundle.config, [((1, 2),)])
    )
    np.testing.assert_allclose(
        record.layers[1].attention.heads[0, 2], weights @ plain.head(2).v, rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(record.layers[1].attention.heads[0, 1], plain.heads[1], rtol=1e-3, atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9), st.integers(0, 1000))
def test_no_row_is_left_without_anything_to_see(tokens, seed):
    chance = np.random.default_rng(seed)
    mask = torch.tensor(chance.random((tokens, tokens)) < 0.3)
    mask[:, 0] |= ~mask.any(-1)
    out = torch.tensor(chance.random((3, 2, 5)) < 0.5)
    allowed = knockouts.unsink(out, mask)["allowed"]
    assert allowed.shape == (2, 3, 5, tokens, tokens) and allowed.any(-1).all()
    for n, layer, head in np.ndindex(3, 2, 5):
        found = allowed[layer, n, head]
        if not out[n, layer, head]:
            assert torch.equal(found, mask)
        else:
            assert torch.equal(found[:, 1:], mask[:, 1:]) and (found[:, 0] <= mask[:, 0]).all()
            assert torch.equal(found[:, 0] & mask[:, 1:].any(-1), torch.zeros(tokens, dtype=torch.bool))


# ---- many at once ----


@pytest.mark.parametrize("way", WAYS)
def test_every_head_in_one_pass_says_what_each_says_alone(make_network, way):
    network = make_network()
    groups = knockouts.singles(network.config)
    together = effects(network, way, groups)
    assert together.shape == (12, 7)
    alone = [effects(network, way, [group])[0] for group in groups]
    np.testing.assert_allclose(together, alone, rtol=1e-2, atol=1e-6)


def test_some_tokens_move_as_they_do_among_all(make_network):
    network, places = make_network(), [5, 2]
    before, after = finals(network, IDS, knockouts.silence, [((0, 1),), ((1, 2),)])
    some = knockouts.effects(network, before[:, places], after[:, places])
    np.testing.assert_allclose(some, knockouts.effects(network, before, after)[:, places], rtol=1e-6)


def test_a_model_that_does_not_predict_moves_by_its_vectors(make_network):
    network, group = make_network(predicts=False, causal=False), ((0, 2),)
    found = effects(network, knockouts.silence, [group])
    with torch.inference_mode():
        before, after = network(torch.tensor(IDS)).final, without(network, group)(torch.tensor(IDS)).final
    np.testing.assert_allclose(found[0], (after - before).norm(dim=-1) / before.norm(dim=-1), rtol=1e-3)


def test_words_have_their_vectors(make_bundle):
    bundle = make_bundle(causal=False, predicts=False)
    word = senses.find(TEXT, "river")[0]
    ids = bundle.read(TEXT)
    places = word.tokens(bundle.tokenizer.spans(TEXT, ids))
    assert len(places) > 1
    found = knockouts.vectors(
        bundle.network, ids, knockouts.silence, knockouts.marked(bundle.config, [(), ((0, 1),)]), places
    )
    np.testing.assert_allclose(found[0], senses.vectors(bundle, [word])[0], rtol=1e-3, atol=1e-4)
    assert not np.allclose(found[1, -1], found[0, -1], rtol=1e-2)


def test_beliefs_are_the_next_tokens(make_bundle):
    bundle = make_bundle()
    ids = bundle.read(TEXT)
    found = knockouts.beliefs(
        bundle.network, ids, knockouts.silence, knockouts.marked(bundle.config, [(), ((1, 1),)]), 3
    )
    np.testing.assert_allclose(found[0], bundle.explain(TEXT).probabilities[3], rtol=1e-3)
    expected = without(bundle.network, ((1, 1),))(torch.tensor(ids)).logits[3].softmax(-1).detach()
    np.testing.assert_allclose(found[1], expected, rtol=1e-3)


@pytest.mark.parametrize("tokens", [1, 7, 300, 1024])
def test_a_pass_is_never_empty_and_never_large(make_network, tokens):
    copies = knockouts.fitting(make_network().config, tokens)
    assert copies >= 1 and (copies == 1 or copies * tokens <= knockouts.PASS)


# ---- the page ----


@pytest.fixture
def at():
    return opened("heads", text=TEXT, **{"heads.section": "Knock-outs"})


def picture(at):
    return pictures(at)["heads.effects"]


def expected(name, way, place, text=TEXT, groups=None):
    """Divergences or relative changes, one head at a time, each against its own pass."""
    bundle = load(name)
    ids = bundle.read(text)
    found = []
    for group in groups or knockouts.singles(bundle.config):
        row = effects(bundle.network, way, [group], ids)[0]
        found.append(row.mean() if place is None else row[place])
    return np.array(found)


@pytest.mark.parametrize(
    ("way", "function"),
    [("silenced", knockouts.silence), ("uniform", knockouts.level), ("without its sink", knockouts.unsink)],
)
@pytest.mark.parametrize("name", ["decoder-rope", "decoder-alibi", "toy-rope"])
def test_the_picture_has_what_each_head_does(at, name, way, function):
    move(at, {"model": name, "heads.way": way})
    _, values = picture(at)
    L, H = load(name).config.layers, load(name).config.heads
    assert values.shape == (L, H)
    query = control(at, "heads.query").value
    wish = expected(name, function, query)
    np.testing.assert_allclose(values.flatten(), wish, rtol=2e-2, atol=1e-6)
    best = int(values.argmax())
    assert f"**layer {best // H + 1}, head {best % H + 1}** matters most" in said(at)
    move(at, {"heads.measure": "on average over all tokens"})
    np.testing.assert_allclose(picture(at)[1].flatten(), expected(name, function, None), rtol=2e-2, atol=1e-6)


def test_the_encoder_moves_the_meter_of_the_word(at):
    move(at, {"model": "encoder"})
    bundle = load("encoder")
    examples = senses.bundled()["bank"]
    left, right = (
        senses.vectors(bundle, [senses.find(text, "bank")[0] for text in group])
        for group in examples.values()
    )
    axis = Axis.between(left.mean(0), right.mean(0))
    (word,) = senses.find(TEXT, "bank")
    stage = bundle.card["senses"]["usage"]["best_layer"]
    plain = axis.project(senses.vectors(bundle, [word])[0])[stage]
    ids = bundle.read(TEXT)
    places = word.tokens(bundle.tokenizer.spans(TEXT, ids))
    found = [
        axis.project(
            knockouts.vectors(
                without(bundle.network, group),
                ids,
                knockouts.silence,
                knockouts.marked(bundle.config, [()]),
                places,
            )[0]
        )[stage]
        for group in knockouts.singles(bundle.config)
    ]
    np.testing.assert_allclose(picture(at)[1].flatten(), np.array(found) - plain, atol=2e-4)
    assert picture(at)[0]["label"].endswith("move of the meter of “bank”")
    click(at, "heads.effects", {"cell": [0, 1, NOW]})
    shown = pictures(at)["heads.meter"]
    assert [lane["name"] for lane in shown["lanes"]] == ["as trained", "knocked out"]
    np.testing.assert_allclose([lane["values"][0] for lane in shown["lanes"]], [plain, found[1]], atol=2e-4)
    for measure, place in (
        ("at the token that asks", control(at, "heads.query").value),
        ("on average over all tokens", None),
    ):
        move(at, {"heads.measure": measure})
        np.testing.assert_allclose(
            picture(at)[1].flatten(), expected("encoder", knockouts.silence, place), rtol=2e-2, atol=1e-6
        )
        assert "heads.moved" in pictures(at)


def test_an_encoder_without_examples_moves_by_its_vectors(at):
    move(at, {"model": "encoder", "text": "The old man slept"})
    assert "the meter of the word" not in control(at, "heads.measure").options
    np.testing.assert_allclose(
        picture(at)[1].flatten(),
        expected("encoder", knockouts.silence, 3, "The old man slept"),
        rtol=2e-2,
        atol=1e-6,
    )


def test_examples_that_will_not_do_are_told_and_the_vector_is_measured():
    link = {"model": "encoder", "heads.section": "Knock-outs", "word_sense.bank.left": "no such word here"}
    at = opened("heads", text=TEXT, **link)
    assert "A sense needs two examples or more" in said(at)
    np.testing.assert_allclose(
        picture(at)[1].flatten(), expected("encoder", knockouts.silence, 10), rtol=2e-2, atol=1e-6
    )
    assert address(at)["word_sense.bank.left"] == "no such word here"


def test_clicks_make_a_set_whose_effect_is_not_the_sum(at):
    assert "heads.set" not in address(at) and "No head is switched off yet" in said(at)
    click(at, "heads.effects", {"cell": [2, 0, NOW]})
    click(at, "heads.effects", {"cell": [1, 4, NOW + 1]})
    assert address(at)["heads.set"] == "2.5 3.1" and (address(at)["layer"], address(at)["head"]) == ("2", "5")
    assert control(at, "heads.list").value == ["2.5", "3.1"]
    group = ((1, 4), (2, 0))
    (joint,) = expected("decoder-rope", knockouts.silence, 10, groups=[group])
    alone = expected("decoder-rope", knockouts.silence, 10, groups=[(head,) for head in group]).sum()
    told = re.search(
        r"\*\*2 heads\*\* together move .* by \*\*(\S+) bits\*\*.*add up to (\S+) bits; the difference, "
        r"(\S+) bits",
        said(at),
    )
    assert [numeric(text) for text in told.groups()] == pytest.approx(
        [joint, alone, joint - alone], rel=1e-2, abs=1e-4
    )
    click(at, "heads.effects", {"cell": [1, 4, NOW + 2]})
    assert address(at)["heads.set"] == "3.1" and "Head **3.1** alone moves" in said(at)


@pytest.mark.parametrize("which", ["these", "all but these"])
@pytest.mark.parametrize("way", ["silenced", "uniform"])
def test_the_bars_are_the_beliefs_before_and_after(at, which, way):
    move(at, {"heads.way": way, "heads.list": ["1.4", "4.2"], "heads.which": which})
    bundle, group = load("decoder-rope"), ((0, 3), (3, 1))
    out = group if which == "these" else knockouts.others(bundle.config, group)
    assert len(out) == (2 if which == "these" else 22)
    function = {"silenced": knockouts.silence, "uniform": knockouts.level}[way]
    before, after = knockouts.beliefs(
        bundle.network, bundle.read(TEXT), function, knockouts.marked(bundle.config, [(), out]), 10
    )
    shown = pictures(at)["heads.next"]
    first, second = shown["series"]
    top = np.argsort(-np.maximum(before, after), kind="stable")[:8]
    assert shown["tokens"] == [bundle.tokenizer.piece(int(i)) for i in top]
    np.testing.assert_allclose(first["values"], before[top], rtol=1e-2)
    np.testing.assert_allclose(second["values"], after[top], rtol=1e-2)


def test_keeping_all_heads_is_the_model_as_trained(at):
    every = [f"{layer}.{head}" for layer in range(1, 5) for head in range(1, 7)]
    move(at, {"heads.list": every, "heads.which": "all but these"})
    assert "All heads are kept" in said(at) and len(pictures(at)["heads.next"]["series"]) == 1
    again = opened("heads", **address(at))
    assert (
        control(again, "heads.list").value == every and control(again, "heads.which").value == "all but these"
    )


@pytest.mark.parametrize("link", ["9.9", "0.1", "<b>1.2</b>", "1.2 1.2 x", "1.2.3", "é 999999999.1", ""])
def test_a_broken_link_leaves_out_what_is_no_head(link):
    at = opened("heads", text=TEXT, **{"heads.section": "Knock-outs", "heads.set": link})
    assert control(at, "heads.list").value == (["1.2"] if "1.2" in link else [])
    assert ("this model has no such head" in said(at)) == (link in ("9.9", "0.1"))


def test_a_set_survives_a_model_that_lacks_its_heads(at):
    move(at, {"heads.list": ["1.2", "4.6"], "model": "toy-none"})
    assert control(at, "heads.list").value == ["1.2"] and "4.6: this model has no such head" in said(at)
    move(at, {"model": "decoder-t5"})
    assert control(at, "heads.list").value == ["1.2", "4.6"]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_control_can_be_moved_in_every_section(section):
    at = opened("heads", text=FEW, **{"heads.section": section})
    for key, options in MOVES[section].items():
        for option in options:
            move(at, {key: option})
            assert control(at, key).value == option
    for key, value in {"layer": 1, "head": 6, "model": "decoder-alibi", "text": "The cat sat"}.items():
        move(at, {key: value})
        assert control(at, key).value == value
    for name in ("encoder", "decoder-unmasked", "toy-learned", "decoder-learned"):
        move(at, {"model": name})


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("Neuron", "decoder-rope"),
        ("Across layers", "toy-none"),  # a gradient of many tokens takes a large model seconds
        ("Knock-outs", "decoder-rope"),
        ("Knock-outs", "encoder"),
    ],
)
def test_hostile_text_gives_a_sentence_or_the_picture_and_stays_text(section, model):
    at = opened("heads", text=TEXT, model=model, **{"heads.section": section})
    plain = {element.value for element in (*at.markdown, *at.caption)}
    for name, text in BRIEF.items():
        control(at, "text").set_value(text)
        checked(at.run())
        assert control(at, "text").value == text
        for element in (*at.markdown, *at.caption, *at.warning, *at.info):
            assert element.value in plain or not escaped(element.value), (name, element.value)


def test_two_sessions_do_not_share_their_sets(at):
    other = opened("heads", text=TEXT, **{"heads.section": "Knock-outs"})
    click(at, "heads.effects", {"cell": [0, 0, NOW]})
    checked(other.run())
    assert control(other, "heads.list").value == [] and control(at, "heads.list").value == ["1.1"]


def test_the_divergence_of_traces_is_that_of_their_logits(make_bundle):
    one, other = make_bundle().explain(TEXT), make_bundle().explain(TEXT, change=Change(average=True))
    np.testing.assert_array_equal(
        leak.divergence(one, other), leak.bits(torch.tensor(one.logits), torch.tensor(other.logits))
    )
