"""The command line of the training says what it lacks."""

import pytest

from model.train import __main__ as command
from model.train import corpus


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("encoder", "the teacher is needed"),
        ("all", "the teacher is needed"),
        ("decoder --corpus nowhere", "there is no nowhere"),
        ("means --corpus nowhere", "there is no nowhere/tinystories_subset.txt"),
        ("wordnet --corpus nowhere", "there is no nowhere/tinystories_subset.txt"),
        ("forms", "LemmInflect is needed"),
        ("forms --package nowhere", "LemmInflect is needed"),
        ("encoder --corpus nowhere --package nowhere", "there is no nowhere/tinystories_subset.txt"),
        ("encoder --corpus texts --package nowhere", "the teacher is not in nowhere"),
        ("evaluate encoder --package nowhere", "the teacher is not in nowhere"),
        ("evaluate encoders", "there is no model “encoders”"),
        ("evaluate decoder-rope --corpus nowhere", "there is no nowhere"),
        ("evaluate --corpus nowhere", "there is no nowhere"),
        ("vision --digits nowhere", "there is no nowhere"),
        ("vision cnn vat", "there is no model of pictures “vat”"),
    ],
)
def test_what_a_command_lacks_is_said_in_a_sentence_before_it_begins(
    given, said, tmp_path, monkeypatch, capsys
):
    (tmp_path / "texts").mkdir()
    for name in corpus.LICENCES:
        (tmp_path / "texts" / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["train", *given.split()])
    with pytest.raises(SystemExit):
        command.main()
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts"]
