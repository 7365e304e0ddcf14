"""docs/events.md shows every event and every field, as the classes are."""

import inspect

from scripts import event_tables


def test_the_tables_of_events_are_fresh():
    """A new event or field needs its meaning in scripts/event_tables.py; then: python -m scripts.event_tables --write."""
    assert event_tables.renewed(event_tables.PAGE) == event_tables.PAGE.read_text("utf-8")


def test_meanings_tell_of_none_where_it_may_be():
    """A meaning that is shared by fields of one name is wrong where the type says something else."""
    wrong = [
        f"{kind.__name__}.{field}"
        for kind in event_tables.all_told()
        for field in kind._fields
        if ("None" in str(types_of(kind)[field])) != ("`None`" in event_tables.meaning_of(kind, field))
    ]
    assert wrong == []


def types_of(kind):
    """The types of the fields, as the source has them."""
    return {name: text for base in reversed(kind.__mro__) for name, text in inspect.get_annotations(base).items()}
