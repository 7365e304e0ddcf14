"""docs/events.md shows every event and every field, as the classes are."""

from scripts import event_tables


def test_the_tables_of_events_are_fresh():
    """A new event or field needs its meaning in scripts/event_tables.py; then: python -m scripts.event_tables --write."""
    assert event_tables.renewed(event_tables.PAGE) == event_tables.PAGE.read_text("utf-8")
