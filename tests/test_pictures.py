"""The pictures of the docs show what the objects do now, not what they once did."""

import json

import pytest
from scripts import pictures, pictures_policies

# What `resilience demo` shows is measured, and never twice the same.
STEADY = [picture for picture in (*pictures.ALL, *pictures_policies.ALL) if picture is not pictures.demo]
NOTED = json.loads((pictures.PICTURES / "content.json").read_text("utf-8"))


@pytest.mark.parametrize("picture", STEADY, ids=lambda picture: picture.__name__)
def test_a_picture_shows_what_is_so(picture, monkeypatch, tmp_path):
    """Drawn again it has the same words and the same data; `python -m scripts.pictures` and its like draw it anew."""
    for module in (pictures, pictures_policies):
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


def test_every_noted_picture_is_there():
    """No note without its file."""
    assert all((pictures.PICTURES / f"{name}.svg").exists() for name in NOTED)
