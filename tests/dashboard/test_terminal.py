"""The dashboard on a terminal: keys, order, filter, pause, help, details."""

import pytest
from tests.dashboard import boards
from tests.dashboard.terminals import shown

from resilience.dashboard.terminal._help import Over
from resilience.dashboard.terminal._table import Table

PANELS = {
    "1": ("Services", "Policies", "Alerts"),
    "2": ("payments", "https://payments.example", "last known", "40 s"),
    "3": ("payments breaker", "open: refuses calls for 12 s more", "circuit-breaker"),
    "4": ("CPU", "42%", "postgres", "silent"),
    "5": ("the database is gone", "shop.orders", "warning"),
    "6": ("Tool usage by calls", "12.3k", "Largest files in logs", "4.77 MiB"),
    "7": ("payments is offline", "search is degraded", "1 min ago"),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_every_panel_says_what_it_is_for(size):
    """Each of the number keys opens its panel, and what matters is on it at every size."""
    async with shown(size=size) as one:
        for key, told in PANELS.items():
            await one.press(key)
            for words in told:
                assert words in one.screen, f"{words!r} is not on panel {key}:\n{one.screen}"
            assert isinstance(one.app.focused, Table)


@pytest.mark.asyncio
async def test_brackets_go_through_the_panels():
    """`]` opens the next panel and `[` the one before, around the ends."""
    async with shown() as one:
        await one.press("right_square_bracket")
        assert one.app.panel.NAME == "Services"
        await one.press("left_square_bracket", "left_square_bracket")
        assert one.app.panel.NAME == "Alerts"
        await one.pilot.click("#tabs", offset=(3, 0))
        assert one.app.panel.NAME == "Overview"


@pytest.mark.asyncio
async def test_every_list_is_sorted_by_each_of_its_columns():
    """`s` goes through all columns and back to the first, `r` turns the order; what is not known comes last both times."""
    async with shown(size=(200, 24)) as one:
        seen = 0
        for panel in "234567":
            await one.press(panel)
            for table in [table for table in one.app.panel.query(Table) if table.display]:
                table.focus()
                await one.until(lambda table=table: one.app.focused is table)
                await sorted_through(one, table.listing)
                seen += 1
        assert seen >= 8, "there are lists that nobody sorted"


async def sorted_through(one, listing):
    """Each column, both ways."""
    for place, column in enumerate(listing.columns):
        descends = column.descends
        for key in ("r", "s"):
            order = (place, descends)
            await one.until(lambda order=order: (listing.sorted_by, listing.descends) == order)
            values = [column.value(row) for row in listing.rows]
            known = [told for told in values if told is not None]
            assert values[: len(known)] == known
            assert known == sorted(known, reverse=descends)
            descends = not descends
            await one.pilot.press(key)
    await one.until(lambda: listing.sorted_by == 0)


@pytest.mark.asyncio
async def test_a_title_sorts_when_it_is_hit():
    """A click on a title sorts by it, another turns the order; a click on a row chooses it, a double one opens it."""
    async with shown() as one:
        await one.press("2")
        await one.pilot.click(one.table, offset=(16, 1))
        assert (one.table.listing.sorted_by, one.table.listing.descends) == (1, False)
        await one.pilot.click(one.table, offset=(16, 1))
        assert one.table.listing.descends
        assert [row.name for row in one.table.listing.rows] == ["shop", "search", "payments"]
        await one.pilot.click(one.table, offset=(16, 4))
        assert one.table.listing.chosen.name == "payments"
        await one.pilot.click(one.table, offset=(16, 4), times=2)
        assert isinstance(one.app.screen, Over)


@pytest.mark.asyncio
async def test_a_filter_keeps_rows_with_all_of_its_words_in_every_panel():
    """`/` asks for words, Enter keeps them, they hold in all panels and for new boards; Esc shows all."""
    async with shown() as one:
        await one.press("3", "slash", *"PAY open", "enter")
        assert [row.name for row in one.table.listing.rows] == ["payments breaker"]
        assert "1 of 5 with “PAY open”" in one.screen
        await one.show(boards.board(number=2))
        assert len(one.table.listing.rows) == 1
        await one.press("2")
        assert [row.name for row in one.table.listing.rows] == ["payments"]
        await one.press("escape")
        assert len(one.table.listing.rows) == 3
        await one.press("slash", *"xyz")
        assert "Esc shows all" in one.screen
        await one.press("escape")
        assert "xyz" not in one.screen


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["p", "space"])
async def test_a_paused_screen_stands_still(key):
    """What comes meanwhile is not drawn, the age of what is shown is told; the same key goes on with the newest."""
    now = [boards.AT]
    async with shown(clock=lambda: now[0]) as one:
        await one.press("2", key)
        now[0] += 30
        await one.show(boards.board(number=2, at=boards.AT + 30, services=(boards.service("new"),)))
        assert "paused 30 s ago" in one.screen
        assert "payments" in one.screen
        await one.press(key)
        assert "paused" not in one.screen
        assert [row.name for row in one.table.listing.rows] == ["new"]


@pytest.mark.asyncio
async def test_help_tells_of_every_key_and_closes():
    """`?` shows what the keys and signs mean; Esc, `?` or `q` closes it, and a second `q` leaves with code 0."""
    async with shown(size=(100, 50)) as one:
        await one.press("question_mark")
        for words in ("filter", "pause", "sort", "half-open", "traffic against the", "critical"):
            assert words in one.screen
        await one.press("q")
        assert not isinstance(one.app.screen, Over)
        await one.press("q")
    assert one.app.return_value == 0


@pytest.mark.asyncio
async def test_a_chosen_row_stays_chosen_and_opens_in_full():
    """The choice follows a row to its new place; Enter tells all of it, and goes on telling as boards come."""
    async with shown(size=(120, 50)) as one:
        await one.press("2", "down", "down")
        assert one.table.listing.chosen.name == "shop"
        await one.show(boards.board(number=2, services=(boards.down("shop", 50), boards.service("aaa"))))
        assert (one.table.listing.chosen.name, one.table.listing.place) == ("shop", 0)
        await one.press("enter")
        assert "connection refused" in one.screen
        await one.show(boards.board(number=3, services=(boards.service("shop", deployment={"version": "9.9.9"}),)))
        assert "9.9.9" in one.screen
        await one.show(boards.board(number=4, services=()))
        assert "9.9.9" in one.screen  # the last that is known of it
        await one.press("escape")
        assert not isinstance(one.app.screen, Over)


@pytest.mark.asyncio
async def test_cards_and_list_show_the_same_rows():
    """`t` turns cards into a list and back, with the row that was chosen; `a` also shows quiet policies."""
    async with shown(size=(200, 60)) as one:
        await one.press("3", "right", "down")
        chosen = one.table.listing.chosen
        await one.until(lambda: type(one.table).__name__ == "Tiles")
        assert "by state" in one.screen
        await one.press("t")
        await one.until(lambda: type(one.table).__name__ == "Table")
        assert one.table.listing.chosen is chosen
        assert "idle timeout" not in one.screen
        await one.press("a")
        await one.until(lambda: "idle timeout" in one.screen)
        await one.press("t", "enter")
        await one.until(lambda: isinstance(one.app.screen, Over))


@pytest.mark.asyncio
async def test_the_least_level_can_be_left_out():
    """`l` leaves debug out, then info, then warnings, then shows all again."""
    async with shown() as one:
        await one.press("5")
        counts = []
        for _ in range(5):
            counts.append(len(one.table.listing.rows))
            await one.press("l")
        assert counts == [4, 4, 2, 1, 4]


@pytest.mark.asyncio
async def test_five_thousand_policies_are_scrolled_through():
    """Only what is seen is drawn, so a long list answers at once; End and Home go to its ends."""
    tiles = tuple(boards.tile(f"policy {number:04}") for number in range(5000))
    async with shown(boards.board(policies=tiles)) as one:
        await one.press("3", "end")
        assert "policy 4999" in one.screen
        await one.press("pageup", "home")
        assert "policy 0000" in one.screen
        await one.press("t", "end", "pageup", "pagedown")
        assert "policy 4999" in one.screen
