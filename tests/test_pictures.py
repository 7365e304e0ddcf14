"""The pictures of the docs show what the objects do now, not what they once did."""

import json

import pytest
from matplotlib.figure import Figure
from scripts import pictures, pictures_faults, pictures_policies, pictures_timelines

MODULES = pictures, pictures_faults, pictures_policies, pictures_timelines
# What `resilience demo` shows is measured, and never twice the same.
STEADY = [picture for module in MODULES for picture in module.ALL if picture is not pictures.demo]
NOTED = json.loads((pictures.PICTURES / "content.json").read_text("utf-8"))


@pytest.mark.parametrize("picture", STEADY, ids=lambda picture: picture.__name__)
def test_a_picture_shows_what_is_so(picture, monkeypatch, tmp_path):
    """Drawn again it has the same words and the same data; `python -m scripts.pictures` and its like draw it anew."""
    for module in MODULES:
        monkeypatch.setattr(module, "PICTURES", tmp_path)
    drawn = pictures.contents(picture)
    assert drawn, "nothing was drawn"
    assert drawn == {name: NOTED[name] for name in drawn}


def test_a_change_of_the_data_is_noticed(monkeypatch, tmp_path):
    """Another backoff is another picture."""
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    exponential = pictures.r.Exponential
    monkeypatch.setattr(pictures.r, "Exponential", lambda **options: exponential(0.2, **options))
    assert pictures.contents(pictures.backoff)["backoff"] != NOTED["backoff"]


def test_a_change_of_colours_and_names_is_noticed():
    """They carry what was found out: what a caller gets at which age, and whom a row is about."""
    digests = set()
    for colour, name in ((pictures.BLUE, "up"), (pictures.RED, "up"), (pictures.BLUE, "down")):
        figure = Figure()
        panel = figure.subplots()
        panel.broken_barh([(0, 1)], (0, 1), color=colour)
        panel.set_yticks([0], [name])
        digests.add(pictures.content(figure))
    assert len(digests) == 3


def test_every_noted_picture_is_there():
    """No note without its file."""
    assert all((pictures.PICTURES / f"{name}.svg").exists() for name in NOTED)
