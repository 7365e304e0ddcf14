"""docs/events.md shows every event and every field, as the classes are."""

import importlib.util
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


def test_the_tables_of_events_are_fresh():
    """A new event or field needs its meaning in scripts/event_tables.py; then: python scripts/event_tables.py."""
    spec = importlib.util.spec_from_file_location("event_tables", REPOSITORY / "scripts" / "event_tables.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text("utf-8")
    assert script.renewed(page) == page
