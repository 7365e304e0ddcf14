"""The pages of the policies: one template, true defaults, and diagrams and tables that are what is run now."""

import inspect
import json
import re
from pathlib import Path

import pytest
from scripts import telemetry_tables
from scripts.api import shown_value
from scripts.sequences import __main__ as sequences
from scripts.sequences.stories import STORIES

import resilience as r

POLICIES = Path(__file__).parent.parent / "docs" / "policies"
HEADINGS = ["Usage", "Defaults", "What happens", "Telemetry", "Do and don't", "Source"]

# Whose options the tables under "Defaults" hold, in this order.
TABLES = {
    "adaptive-limit": [r.AdaptiveLimit],
    "budget": [r.RetryBudget, r.RetryQuota, r.RetryThrottle],
    "bulkhead": [r.Bulkhead],
    "cache": [r.Cache],
    "chaos": [r.Chaos],
    "circuit-breaker": [r.CircuitBreaker],
    "fallback": [r.Fallback],
    "hedge": [r.Hedge, r.Quantile],
    "pipeline": [r.Pipeline],
    "rate-limiter": [r.RateLimiter],
    "retry": [r.Retry],
    "throttle": [r.Throttle],
    "timeout": [r.Timeout],
    "which-limiter": [r.SlidingWindow, r.FixedWindow],
}
# Parts that a page shows as they are called.
PARTS = {
    "adaptive-limit": [r.Gradient2, r.Vegas, r.AIMD],
    "circuit-breaker": [r.Consecutive, r.FailureRate, r.SlowCalls],
    "retry": [r.Exponential, r.Fixed, r.Linear, r.Decorrelated],
}
# Options whose table says in words what no value says.
IN_WORDS = {
    ("Fallback", "value"): "one of three",
    ("Fallback", "factory"): "one of three",
    ("Fallback", "call"): "one of three",
    ("Pipeline", "policies"): "at least one",
}
each_page = pytest.mark.parametrize("page", sorted(TABLES))


def text_of(page):
    """The page without its code, whose comments would pass for headings."""
    return re.sub(r"```.*?```", "", (POLICIES / f"{page}.md").read_text("utf-8"), flags=re.DOTALL)


def section(page, heading):
    """What stands under a heading."""
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text_of(page), re.DOTALL | re.MULTILINE)[1]


def defaults_of(kind):
    """Each option with its default as the page is to show it."""
    for name, parameter in inspect.signature(kind).parameters.items():
        shown = "required" if parameter.default is parameter.empty else f"`{shown_value(parameter.default)}`"
        yield name, IN_WORDS.get((kind.__name__, name), shown)


def test_every_page_of_a_policy_is_known_here():
    """A new page takes part in all that follows, and every public policy has one."""
    assert sorted(page.stem for page in POLICIES.glob("*.md")) == sorted(TABLES) == sorted(STORIES)
    public = {getattr(r, name) for name in r.__all__ if not name.islower()}
    policies = {kind for kind in public if isinstance(kind, type) and hasattr(kind, "acall")}
    assert policies <= {kind for kinds in TABLES.values() for kind in kinds}


@each_page
def test_a_page_follows_the_template(page):
    """About, usage, defaults, what happens with two stories, telemetry, do and don't, source."""
    text = text_of(page)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    about = re.match(r"# .+\n\n(.+?)(?=^## )", text, re.DOTALL | re.MULTILINE)
    assert about is not None, "nothing says what it is"
    within = re.findall(r"^### (.+)$", section(page, "What happens"), re.MULTILINE)
    assert within.index("When all is well") < within.index("When it is not")
    assert "- Do " in section(page, "Do and don't")
    assert "- Don't " in section(page, "Do and don't")
    assert section(page, "Source").strip()


@each_page
def test_a_page_has_a_picture_made_of_the_objects(page):
    """One that test_pictures.py draws anew; the breaker has the diagram of its table, which test_docs_site.py holds."""
    drawn = json.loads((POLICIES.parent / "pictures" / "content.json").read_text("utf-8"))
    shown = re.findall(r"^!\[[^\]]+\]\(\.\./pictures/(\w+)\.svg\)$", text_of(page), re.MULTILINE)
    assert shown or page == "circuit-breaker"
    assert set(shown) <= set(drawn)


@each_page
def test_the_defaults_are_those_of_the_code(page):
    """Every option of every constructor, in its order, with the default of its signature."""
    tables = re.findall(
        r"^\| option \| default \| meaning \|\n\| --- .*\n((?:\|.*\n)+)", section(page, "Defaults"), re.MULTILINE
    )
    shown = [re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", table, re.MULTILINE) for table in tables]
    assert shown == [list(defaults_of(kind)) for kind in TABLES[page]]


@each_page
def test_the_parts_are_shown_as_they_are_called(page):
    """Backoffs, trips, algorithms: with the defaults of their signatures."""
    for kind in PARTS.get(page, []):
        options = [
            name if parameter.default is parameter.empty else f"{name}={shown_value(parameter.default)}"
            for name, parameter in inspect.signature(kind).parameters.items()
        ]
        assert f"`{kind.__name__}({', '.join(options)})`" in section(page, "Defaults")


@each_page
def test_the_diagrams_are_of_what_is_run_now(page):
    """A policy that behaves otherwise shows here; then: python -m scripts.sequences --write."""
    file = POLICIES / f"{page}.md"
    assert sequences.renewed(file) == file.read_text("utf-8")


@each_page
def test_the_telemetry_is_that_of_the_code(page):
    """Events, levels, metrics, snapshots, lines of log; a change: python -m scripts.telemetry_tables --write."""
    file = POLICIES / f"{page}.md"
    assert telemetry_tables.renewed(file) == file.read_text("utf-8")


@each_page
def test_each_page_has_a_happy_and_an_unhappy_story(page):
    """And they differ: a story that shows nothing would pass for one."""
    names = list(STORIES[page])
    assert [name.split()[-1] for name in names] == ["happy", "unhappy"] * (len(names) // 2)
    happy, unhappy = (STORIES[page][name] for name in names[:2])
    assert happy != unhappy
