"""The records of the positional encodings, and what a network asks of them."""

import pytest

from model.network.encodings import ENCODINGS, PLACES, Encoding
from model.network.encodings.rope import rotate


def test_the_records_are_found_in_the_order_of_where_they_enter():
    places = {name: record.enters for name, record in ENCODINGS.items()}
    assert places == {
        "none": "nowhere",
        "learned": "embedding",
        "sinusoidal": "embedding",
        "rope": "queries and keys",
        "alibi": "scores",
        "t5": "scores",
    }
    assert list(places) == sorted(places, key=lambda name: (PLACES.index(places[name]), name))


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_network_has_the_parameters_that_the_record_names(make_network, name):
    network = make_network(name)
    plain, own = dict(make_network("none").named_parameters()), dict(network.named_parameters())
    shapes = {key: tuple(own[key].shape) for key in own.keys() - plain.keys()}
    assert shapes == ENCODINGS[name].parameters(network.config)
    assert sum(own[key].numel() for key in shapes) == ENCODINGS[name].size(network.config)
    known = {"learned": {"position_table": (61, 24)}, "t5": {"t5_table": (32, 4)}}
    assert shapes == known.get(name, {})  # the names in the checkpoints


def test_an_encoding_enters_in_one_place():
    def nowhere(*_):
        raise AssertionError

    with pytest.raises(ValueError, match="both enters in more than one place"):
        Encoding("both", "Both", "", table=nowhere, bias=nowhere)
    with pytest.raises(ValueError, match="half has one of angle and turn"):
        Encoding("half", "Half", "", turn=lambda config, q, k, angle: (rotate(q, angle), rotate(k, angle)))
