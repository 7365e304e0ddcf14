"""What the terminal face looks like: SVG pictures, compared text by text and colour by colour."""

import pytest
from tests.dashboard.terminals import compare, in_utc, shown

PANELS = ("overview", "services", "policies", "system", "logs", "rankings", "alerts")


@pytest.mark.asyncio
@pytest.mark.parametrize("panel", PANELS)
async def test_panels_in_80_by_24(panel, monkeypatch):
    """Every panel in the smallest window that it is made for."""
    in_utc(monkeypatch)
    async with shown() as one:
        await one.press(str(PANELS.index(panel) + 1))
        compare(f"80x24-{panel}", one.app.export_screenshot())


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=str)
async def test_the_wall(size, monkeypatch):
    """The overview in wide windows."""
    in_utc(monkeypatch)
    async with shown(size=size) as one:
        compare(f"{size[0]}x{size[1]}-overview", one.app.export_screenshot())


@pytest.mark.asyncio
async def test_cards(monkeypatch):
    """Policies as cards: a breaker that is open, a cache, a bulkhead, a budget."""
    in_utc(monkeypatch)
    async with shown(size=(120, 40)) as one:
        await one.press("3")
        compare("120x40-policies", one.app.export_screenshot())


@pytest.mark.asyncio
async def test_help(monkeypatch):
    """The help, over the panel that it was asked from."""
    in_utc(monkeypatch)
    async with shown(size=(100, 40)) as one:
        await one.press("question_mark")
        compare("100x40-help", one.app.export_screenshot())


@pytest.mark.asyncio
async def test_states_are_told_without_colours(monkeypatch):
    """With NO_COLOR the signs and words alone tell what is well and what is not."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown() as one:
        assert "▲ offline" in one.screen
        assert "✓ online" in one.screen
        assert "● degraded" in one.screen
        await one.press("3")
        assert "▲ open" in one.screen
        svg = one.app.export_screenshot()
        assert "#d55e00" not in svg.lower()
