"""The table of common words: cosines as computed by hand, one form of a word, and what a damaged file
says.
"""

import shutil
import time

import numpy as np
import pytest

from model import load
from model.analysis import nearest, senses, words
from model.train import means

MODEL = load("encoder")
RIVER, CASH = (
    "I swam across the river to get to the other bank",
    "I walked across the road to get cash from the other bank",
)
LINES = [
    "the river is near the bank",
    "a bank has cash",
    "we get to the other bank",
    "cash and the river bank",
    "no river",
]


@pytest.fixture(scope="module")
def table():
    return nearest.table("encoder")


def vectors(*pairs):
    """The words in their texts, (K, R, C)."""
    found = [words.find(text, word)[0] for text, word in pairs]
    return senses.vectors(MODEL, found)[:, nearest.stages(MODEL.config)]


def test_the_means_are_those_of_the_sentences_read():
    """Against one explain a sentence, and a mean by hand."""
    tokenizer, stages = MODEL.tokenizer, nearest.stages(MODEL.config)[1:]
    wanted = [tokenizer.encode(word)[0] for word in ("river", "bank", "cash")]
    found = means.means(MODEL, wanted, means.contexts(LINES, tokenizer, wanted, seed=1))
    for row, word in enumerate(("river", "bank", "cash")):
        every = []
        for line in LINES:
            if word in line.split() and len(tokenizer.encode(line)) in means.LENGTHS:
                trace = MODEL.explain(line)
                place = list(trace.ids).index(wanted[row])
                stream = [trace.embedded, *(layer.resid_out for layer in trace.layers), trace.final]
                every.append([stream[stage][place] for stage in stages])
        np.testing.assert_allclose(found[:, row], np.mean(every, axis=0), rtol=1e-3, atol=1e-4)


def test_a_word_is_read_in_no_more_sentences_than_asked():
    wanted = [MODEL.tokenizer.encode("bank")[0]]
    chosen = means.contexts(LINES * 9, MODEL.tokenizer, wanted, seed=1, count=5)
    assert len(chosen) == 5 and all(ids[places[wanted[0]]] == wanted[0] for ids, places in chosen)


def test_common_words_are_no_names_no_small_words_and_one_token():
    lines = ["Tom saw the river", "the river of Tom", "a river, Tom", "cash for Tom", "the cash"]
    found = [MODEL.tokenizer.piece(id).strip() for id in means.common(lines, MODEL.tokenizer)]
    assert found[:2] == ["river", "cash"] and not {"tom", "the"} & set(found)


def test_cosines_are_by_hand_what_they_say(table):
    (river,) = found = vectors((RIVER, "bank"))
    cosines = table.cosines(found)
    place = table.words.index("swimming")
    for row in range(len(river)):
        away = river[row] - table.middle[row]
        expected = away @ table.units[row, place] / np.linalg.norm(away)
        assert cosines[0, row, place] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(table.units, axis=-1), 1, atol=1e-3)
    assert cosines.max() <= 1.001 and cosines.min() >= -1.001


def test_the_embeddings_are_the_checkpoints_own(table):
    ids = [MODEL.tokenizer.encode(word)[0] for word in table.words]
    embedded = np.stack([MODEL.explain(word).embedded[0] for word in table.words[:5]])
    assert [len(MODEL.tokenizer.encode(word)) for word in table.words[:50]] == [1] * 50 and len(ids) == len(
        set(ids)
    )
    np.testing.assert_allclose(nearest.unit(embedded - table.middle[0]), table.units[0, :5], atol=1e-4)


@pytest.mark.parametrize(
    ("text", "word", "some"),
    [
        (RIVER, "bank", {"river", "swam"}),
        (CASH, "bank", {"cash"}),
        ("She ate a dried date with some nuts", "date", {"tasty", "nuts"}),
        ("She turned on the light in the dark room", "light", {"darkness", "dark"}),
        ("The bag was light and easy to carry", "light", {"bag", "packed"}),
        ("The workers at the steel plant went on strike", "plant", {"workers", "strike", "labor"}),
        ("Mercury is the planet nearest to the sun", "mercury", {"planet", "celestial"}),
        ("He swung the bat and hit the ball", "bat", {"swing", "hit", "ball"}),
        ("The flowers bloom in spring", "spring", {"bloom", "flower"}),
    ],
)
def test_a_word_is_near_to_what_its_sentence_is_about(table, text, word, some):
    cosines = table.cosines(vectors((text, word)))[0, -1]
    names = [name for name, _ in nearest.listing(table.words, cosines, 7, words.bases(word))]
    assert some <= set(names)


def test_a_list_has_one_form_of_each_word_and_none_that_are_left_out():
    names, cosines = ("swim", "swam", "bank", "river", "rivers"), np.array([0.5, 0.9, 0.8, 0.1, 0.2])
    assert nearest.listing(names, cosines, 9, {"bank"}) == [("swam", 0.9), ("rivers", 0.2)]
    assert nearest.listing(names, cosines, 1) == [("swam", 0.9)]


def test_likeness_is_one_to_itself_and_the_same_both_ways(table):
    one, other = senses.vectors(MODEL, [words.find(RIVER, "bank")[0], words.find(CASH, "bank")[0]])
    stages = np.array(nearest.stages(MODEL.config))
    there = nearest.Likeness(other, stages, table).project(one)
    np.testing.assert_allclose(there, nearest.Likeness(one, stages, table).project(other), atol=1e-6)
    np.testing.assert_allclose(nearest.Likeness(one, stages, table).project(one)[stages], 1, atol=1e-5)
    assert np.isnan(there[MODEL.config.layers]) and there[-1] < there[1]


def test_a_damaged_or_missing_table_is_said_in_a_sentence(tmp_path):
    for file in nearest.FOLDER.glob("encoder.*"):
        shutil.copy(file, tmp_path / file.name)
    assert len(nearest.table("encoder", tmp_path).words) > 3000
    (tmp_path / "encoder.safetensors").write_bytes(b"no table")
    nearest.table.cache_clear()
    with pytest.raises(ValueError, match="checksum"):
        nearest.table("encoder", tmp_path)
    (tmp_path / "encoder.json").unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        nearest.table("encoder", tmp_path)


def test_the_table_is_read_in_a_tenth_of_a_second_of_work():
    nearest.table.cache_clear()
    took = []
    for _ in range(5):
        nearest.table.cache_clear()
        began = time.process_time()
        nearest.table("encoder")
        took.append(time.process_time() - began)
    assert min(took) < 0.1


def test_a_direction_in_whole_numbers_is_nearly_the_same(table):
    random = np.random.default_rng(1)
    vectors = random.normal(size=(3, 5, 240)) * 10.0 ** random.integers(-8, 8, (3, 5, 1))
    vectors[1, 2] = 0
    whole = nearest.whole(vectors)
    assert whole.dtype == np.int8
    assert np.abs(whole).max(axis=-1).ravel().tolist() == [127] * 7 + [0] + [127] * 7
    cosines = (nearest.unit(whole.astype(np.float32)) * nearest.unit(vectors)).sum(-1)
    np.testing.assert_allclose(np.delete(cosines.ravel(), 7), 1, atol=4e-4)
    assert not nearest.unit(whole.astype(np.float32))[1, 2].any()


def test_the_file_holds_a_byte_a_number(table):
    size = (nearest.FOLDER / "encoder.safetensors").stat().st_size
    assert size < 1.1 * table.units[1:].size
