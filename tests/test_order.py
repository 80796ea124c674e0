"""What a transformer knows about order: permutation equivariance and where it fails, distance, scores that
add up, longer texts.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from model import Change, load, masks
from model.analysis import heads, order
from model.network.attention import attend
from model.network.encodings import rope, sinusoidal

pytestmark = pytest.mark.usefixtures("doubles")

EXACT = {"rtol": 1e-10, "atol": 1e-10}
T, D = 11, 6
IDS = [3, 17, 40, 101, 5, 260, 90, 33, 61, 12, 200]  # all different, so that no shuffle is without effect
ENCODINGS = "none", "learned", "sinusoidal", "rope", "alibi", "t5"
shuffles = st.permutations(range(T)).filter(lambda order: list(order) != list(range(T)))


def matrix(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).numpy()


def causal_weights(tokens=T, seed=1):
    return (
        torch.tensor(matrix(tokens, tokens, seed=seed))
        .masked_fill(~masks.causal(tokens), -math.inf)
        .softmax(-1)
        .numpy()
    )


@pytest.fixture(scope="module")
def networks(make_network):
    return {name: make_network(name) for name in ENCODINGS}


# ---- the shuffle test ----


@settings(deadline=None, max_examples=30)
@given(order_of=shuffles)
def test_without_positions_and_with_a_full_mask_a_shuffle_changes_nothing_but_the_places(networks, order_of):
    assert order.disorder(networks["none"], IDS, order_of, masks.full(T)).max() < 1e-11


@pytest.mark.parametrize(
    ("name", "mask"),
    [*((name, "full") for name in ENCODINGS if name != "none"), *((name, "causal") for name in ENCODINGS)],
    ids=lambda value: value,
)
@settings(deadline=None, max_examples=8)
@given(order_of=shuffles)
def test_every_encoding_and_every_causal_mask_notices_a_shuffle(networks, name, mask, order_of):
    assert order.disorder(networks[name], IDS, order_of, getattr(masks, mask)(T)).max() > 1e-4


def test_the_disorder_is_that_of_two_passes_each_by_itself(networks):
    new = [4, 0, 3, 1, 2, 10, 9, 5, 6, 8, 7]
    ids = torch.tensor(IDS)
    with torch.inference_mode():
        plain, shuffled = (networks["rope"](row, masks.full(T)).final for row in (ids, ids[new]))
    expected = [((shuffled[i] - plain[j]).norm() / plain[j].norm()).item() for i, j in enumerate(new)]
    np.testing.assert_allclose(order.disorder(networks["rope"], IDS, new, masks.full(T)), expected, **EXACT)


def test_several_masks_give_what_each_gives_alone(networks):
    both, places = torch.stack((masks.full(T), masks.causal(T))), np.random.default_rng(3).permutation(T)
    for network in networks.values():
        found = order.disorder(network, IDS, places.tolist(), both)
        alone = [order.disorder(network, IDS, places.tolist(), one) for one in both]
        np.testing.assert_allclose(found, alone, rtol=1e-9, atol=1e-12)


def test_the_order_as_it_is_is_no_disorder(networks):
    assert (order.disorder(networks["rope"], IDS, list(range(T)), masks.causal(T)) < 1e-13).all()


@settings(deadline=None)
@given(count=st.integers(0, 40), seed=st.integers(1, 9_999))
def test_a_seed_shuffles_always_the_same_way_and_never_not_at_all(count, seed):
    new = order.shuffled(count, seed)
    assert sorted(new) == list(range(count))
    assert count < 2 or list(new) != list(range(count))
    assert (order.shuffled(count, seed) == new).all()


@settings(deadline=None)
@given(st.text(max_size=40))
def test_the_words_of_a_text_are_all_its_tokens(tokenizer, text):
    places, found = order.words(tokenizer, text)
    assert "".join(found) == text
    assert [place for word in places for place in word] == list(range(len(tokenizer.encode(text))))
    ids = tokenizer.encode(text)
    assert [tokenizer.decode([ids[place] for place in word]) for word in places] == [
        word.encode("utf-8", "replace").decode() for word in found
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी नदी", ["हिन्दी", "नदी"]),
        ("a cafe\u0301 again", ["a", "cafe\u0301", "again"]),
        ("I don't know", ["I", "don't", "know"]),
        ("a 🏞 b", ["a", "🏞", "b"]),
    ],
)
def test_a_word_keeps_its_marks(text, expected):
    found = order.words(load("decoder-none").tokenizer, text)[1]
    assert "".join(found) == text
    assert [word.strip() for word in found if word.strip()] == expected


# ---- by distance ----


def test_means_and_share_by_distance_equal_a_plain_count():
    weights = causal_weights()
    by_distance = [[weights[i, i - d] for i in range(d, T)] for d in range(T)]
    every = [w for some in by_distance for w in some]
    means = [sum(some) / len(some) for some in by_distance]
    whole = sum(every) / len(every)
    within = sum((w - mean) ** 2 for some, mean in zip(by_distance, means, strict=True) for w in some)
    mean, share = order.by_distance(weights)
    np.testing.assert_allclose(mean, means, **EXACT)
    assert share == pytest.approx(1 - within / sum((w - whole) ** 2 for w in every))


def test_distance_explains_all_of_a_convolution_and_nothing_else_does():
    kernel = np.array([0.5, 0.3, 0.1, 0.05, 0.02, 0.01, 0.01, 0.005, 0.003, 0.001, 0.001])
    mean, share = order.by_distance(order.by_distance_alone(kernel))
    np.testing.assert_allclose(mean, kernel, **EXACT)
    assert share == pytest.approx(1)
    assert order.by_distance(causal_weights())[1] < 0.9


def test_by_distance_alone_is_constant_along_diagonals():
    alone = order.by_distance_alone(np.array([5.0, 3.0, 2.0]))
    np.testing.assert_array_equal(alone, [[5, 0, 0], [3, 5, 0], [2, 3, 5]])


@pytest.mark.parametrize(("tokens", "percent"), [(2, 25.0), (11, 18.5), (128, 10.7)])
def test_a_uniform_head_has_a_share_too(tokens, percent):
    """Of the weights 1 / i, i times each in row i, by a plain count."""
    cells = [(i - j, 1 / (i + 1)) for i in range(tokens) for j in range(i + 1)]
    whole = sum(weight for _, weight in cells) / len(cells)
    diagonals = [[weight for distance, weight in cells if distance == d] for d in range(tokens)]
    between = sum(len(some) * (sum(some) / len(some) - whole) ** 2 for some in diagonals)
    expected = between / sum((weight - whole) ** 2 for _, weight in cells)
    assert 100 * expected == pytest.approx(percent, abs=0.05)
    flat = heads.uniform(masks.causal(tokens).numpy())
    assert order.by_distance(flat)[1] == pytest.approx(expected)


@pytest.mark.parametrize("weights", [np.ones((1, 1)), np.tril(np.full((4, 4), 0.25))])
def test_where_all_weights_are_equal_there_is_no_share(weights):
    assert math.isnan(order.by_distance(weights)[1])


# ---- content and position ----


def test_the_parts_of_a_layer_norm_add_up_to_it_and_each_is_linear():
    norm = torch.nn.LayerNorm(D)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(matrix(D, seed=5)))
        norm.bias.copy_(torch.tensor(matrix(D, seed=6)))
    content, position = torch.tensor(matrix(T, D, seed=2)), torch.tensor(matrix(T, D, seed=3))
    of_content, of_position = order.normalised(norm, content, position)
    torch.testing.assert_close(of_content + of_position, norm(content + position), **EXACT)
    less, more = order.normalised(
        norm, content + 0.25 * position, 0.75 * position
    )  # the same whole, divided elsewhere
    torch.testing.assert_close(more, 0.75 * of_position, **EXACT)
    torch.testing.assert_close(less - norm.bias, of_content - norm.bias + 0.25 * of_position, **EXACT)


@pytest.mark.parametrize("key_heads", [4, 2])
@pytest.mark.parametrize("name", ENCODINGS)
def test_the_parts_of_the_scores_add_up_to_them(make_bundle, name, key_heads):
    bundle = make_bundle(name, key_heads=key_heads)
    trace = bundle.explain("I swam across")
    for layer in range(1 if name in ("learned", "sinusoidal") else bundle.config.layers):
        for head in range(bundle.config.heads):
            parts = order.score_parts(bundle.network, trace, layer, head)
            np.testing.assert_allclose(
                sum(parts.values()), trace.layers[layer].attention.scaled(head), rtol=1e-5, atol=1e-5
            )
    names = {
        "rope": ["not turned", "what turning changes"],
        "none": ["content"],
        "alibi": ["content", "bias"],
        "t5": ["content", "bias"],
    }
    assert list(parts) == names.get(
        name, ["content–content", "content–position", "position–content", "position–position"]
    )


@pytest.mark.parametrize("name", ["learned", "sinusoidal"])
def test_the_four_parts_are_the_products_of_what_they_are_called(make_bundle, name):
    bundle = make_bundle(name)
    network, ids = bundle.network, bundle.read("I swam across")
    block, width, row = network.blocks[0], network.config.head_width, torch.tensor(ids)
    with torch.no_grad():
        stream = network.embed(row)
        content = network.embedding(row) * math.sqrt(network.config.width)
        std = stream.std(-1, correction=0, keepdim=True)
        std = (std**2 + block.attention_norm.eps).sqrt()
        centre = torch.eye(stream.shape[-1]) - 1 / stream.shape[-1]  # takes the mean away
        gamma, beta = block.attention_norm.weight, block.attention_norm.bias
        c, p = content @ centre / std * gamma + beta, (stream - content) @ centre / std * gamma
        for head in (0, 3):
            part = slice(head * width, (head + 1) * width)
            Wq, Wk = block.attention.query.weight[part], block.attention.key.weight[part]
            parts = order.four_parts(network, ids, head)
            for title, asks, answers in (
                ("content–content", c, c),
                ("content–position", c, p),
                ("position–content", p, c),
                ("position–position", p, p),
            ):
                np.testing.assert_allclose(
                    parts[title], (asks @ Wq.T) @ (answers @ Wk.T).T / math.sqrt(width), rtol=1e-7, atol=1e-7
                )


@pytest.mark.parametrize("name", ["learned", "sinusoidal"])
def test_behind_the_first_layer_there_is_no_split(make_bundle, name):
    bundle = make_bundle(name)
    with pytest.raises(ValueError, match="behind the first layer they are mixed"):
        order.score_parts(bundle.network, bundle.explain("I swam"), 1, 0)


def test_the_credit_of_the_parts_is_one_together_and_knows_differences_within_rows_only():
    allowed = masks.causal(T).numpy()
    parts = {"a": matrix(T, T, seed=1), "b": 3 * matrix(T, T, seed=2), "c": matrix(T, T, seed=3)}
    shares = order.credit(parts, allowed)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["b"] > shares["a"]
    lifted = parts | {"a": parts["a"] + 100 * matrix(T, 1, seed=4)}
    assert order.credit(lifted, allowed) == pytest.approx(shares)
    assert order.credit(
        {"a": parts["a"], "row": np.broadcast_to(matrix(T, 1), (T, T))}, allowed
    ) == pytest.approx({"a": 1, "row": 0})
    assert math.isnan(order.credit({"a": np.ones((1, 1))}, np.ones((1, 1), bool))["a"])


# ---- the encodings themselves ----


def test_alikeness_is_the_cosine():
    vectors = matrix(T, D)
    for i, j in ((0, 0), (3, 7), (10, 2)):
        a, b = vectors[i], vectors[j]
        assert order.alikeness(vectors)[i, j] == pytest.approx(a @ b / math.sqrt((a @ a) * (b @ b)))


def test_sinusoids_are_alike_by_their_distance_alone():
    alike = order.alikeness(sinusoidal.sinusoidal(T, D).numpy())
    expected = [np.mean([math.cos(d * 10_000 ** (-2 * i / D)) for i in range(D // 2)]) for d in range(T)]
    for d in range(T):
        np.testing.assert_allclose(np.diag(alike, d), expected[d], **EXACT)


# ---- past the training length ----


@pytest.mark.parametrize("method", ["as trained", "linear interpolation", "NTK-aware", "YaRN"])
def test_up_to_the_training_length_every_method_leaves_the_model_as_it_is(networks, method):
    network = networks["rope"]
    angle, temperature = order.rescaled(network.config, T, method, 0)
    torch.testing.assert_close(angle, network.angle(T, "cpu"), **EXACT)
    assert temperature == 1
    np.testing.assert_allclose(
        order.losses(network, [*IDS, 7], angle=angle), order.losses(network, [*IDS, 7]), **EXACT
    )


def test_methods_are_what_their_papers_say(networks):
    config = networks["rope"].config
    width, base, context = config.head_width, config.rope_base, config.context
    tokens = 3 * context
    own = [base ** (-2 * i / width) for i in range(width // 2)]
    place = torch.arange(tokens)[:, None]
    linear, _ = order.rescaled(config, tokens, "linear interpolation", 0)
    torch.testing.assert_close(
        linear[::3], sinusoidal.angles(torch.arange(context), width, base), **EXACT
    )  # three times as many places on the same way
    ntk, _ = order.rescaled(config, tokens, "NTK-aware", 0)
    torch.testing.assert_close(
        ntk, place * torch.tensor([own[i] * 3 ** (-2 * i / (width - 2)) for i in range(width // 2)]), **EXACT
    )
    torch.testing.assert_close(ntk[:, 0], linear[:, 0] * 3, **EXACT)
    torch.testing.assert_close(ntk[:, -1], linear[:, -1], **EXACT)
    other, _ = order.rescaled(config, tokens, "another base", 500.0)
    torch.testing.assert_close(other, sinusoidal.angles(torch.arange(tokens), width, 500.0), **EXACT)
    yarn, temperature = order.rescaled(config, tokens, "YaRN", 0)
    for i, frequency in enumerate(own):
        gamma = min(1, max(0, (context / (2 * math.pi / frequency) - 1) / (32 - 1)))
        torch.testing.assert_close(
            yarn[:, i], (place * ((1 - gamma) * frequency / 3 + gamma * frequency))[:, 0], **EXACT
        )
    assert math.sqrt(1 / temperature) == pytest.approx(0.1 * math.log(3) + 1)


def test_yarn_interpolates_what_seldom_turns_and_leaves_what_often_turns():
    own = sinusoidal.frequencies(64)
    scaled = rope.yarn(64, 10_000.0, 4.0, 4096)
    turns = 4096 * own / (2 * math.pi)
    assert (turns > 32).any() and (turns < 1).any()
    torch.testing.assert_close(scaled[turns > 32], own[turns > 32], **EXACT)
    torch.testing.assert_close(scaled[turns < 1], own[turns < 1] / 4, **EXACT)
    assert ((scaled <= own) & (scaled >= own / 4)).all()


def test_an_unknown_method_is_an_error(networks):
    with pytest.raises(
        ValueError, match="'magic'; known: as trained, another base, linear interpolation, NTK-aware, YaRN"
    ):
        order.rescaled(networks["rope"].config, T, "magic", 0)


def test_own_angles_and_a_temperature_reach_the_scores(networks):
    """A network that is told other angles computes what attend does with them."""
    network = networks["rope"]
    row = torch.tensor(IDS)
    angle = sinusoidal.angles(torch.arange(T), network.config.head_width, 77.0)
    with torch.inference_mode():
        record = network(row, changes=[Change(temperature=0.5)] * 3, angle=angle).layers[0].attention
        q, k = rope.rotate(record.q, angle), rope.rotate(record.k, angle)
        torch.testing.assert_close(
            record.heads, attend(q, k, record.v, masks.causal(T), scale=2 / math.sqrt(q.shape[-1])), **EXACT
        )


def test_losses_are_cross_entropy_and_do_not_look_ahead(networks):
    network, ids = networks["alibi"], [*IDS, 7]
    with torch.inference_mode():
        log = network(torch.tensor(ids[:-1])).logits.log_softmax(-1)
    expected = [-log[i, ids[i + 1]].item() for i in range(T)]
    np.testing.assert_allclose(order.losses(network, ids), expected, **EXACT)
    np.testing.assert_allclose(order.losses(network, ids[:6]), expected[:5], **EXACT)


def test_a_trace_has_the_loss_of_each_token_but_the_first(make_bundle):
    bundle = make_bundle("t5")
    trace = bundle.explain("I swam across the river")
    np.testing.assert_allclose(trace.losses, order.losses(bundle.network, trace.ids), **EXACT)
    assert bundle.explain("I").losses.shape == (0,)


def test_losses_are_binned_as_far_as_they_go():
    rows = order.binned(np.arange(10.0), (0, 4, 8, 16, 32))
    assert rows == [(0, 4, 1.5), (4, 8, 5.5), (8, 10, 8.5)]
    assert (
        F.mse_loss(torch.tensor([row[-1] for row in order.binned(np.ones(16), (0, 4, 16))]), torch.ones(2))
        == 0
    )
