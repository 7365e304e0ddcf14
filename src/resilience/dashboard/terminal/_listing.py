"""The rows of a list as they are asked for: filtered, sorted by one column, one of them chosen.

Rules: only the thread of the screen touches a listing. A chosen row stays chosen as long as it is there, wherever it moves
to; but who chose the first place, or never chose, has whatever comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from ._columns import Column

Row = TypeVar("Row")


class Listing(Generic[Row]):
    """Rows in an order.

    Args:
        columns: what can be sorted by; the first is, to begin with.
        key: what tells a row from others.
        words: what a filter looks in.
    """

    def __init__(self, columns: Sequence[Column], key: Callable[[Row], object], words: Callable[[Row], str]) -> None:
        self.columns = tuple(columns)
        self.key = key
        self.rows: list[Row] = []
        self.total = 0
        self.sorted_by = 0
        self.descends = self.columns[0].descends
        self.filter = ""
        self._words = words
        self._given: tuple[Row, ...] = ()
        self._chosen: object = None
        self._place = 0

    def show(self, rows: Iterable[Row]) -> None:
        """Take new rows."""
        self._given = tuple(rows)
        self._arrange()

    def sort(self, column: int) -> None:
        """Sort by a column; by the same again, the other way."""
        same = column == self.sorted_by
        self.sorted_by = column
        self.descends = not self.descends if same else self.columns[column].descends
        self._arrange()

    def look_for(self, words: str) -> None:
        """Keep the rows only that have all of these words, in any case."""
        self.filter = words
        self._arrange()

    def move(self, by: int) -> None:
        """Choose another row, so many further down."""
        self.choose(self._place + by)

    def choose(self, place: int) -> None:
        """Choose the row there, or the nearest that is."""
        self._place = max(0, min(place, len(self.rows) - 1))
        self._chosen = None if self._place == 0 else self.key(self.rows[self._place])

    @property
    def place(self) -> int:
        """Where the chosen row is."""
        return self._place

    @property
    def chosen(self) -> Row | None:
        """The chosen row, or `None` while there is none at all."""
        return self.rows[self._place] if self.rows else None

    def _arrange(self) -> None:
        wanted = self.filter.casefold().split()
        found = [row for row in self._given if not wanted or self._has(row, wanted)]
        value = self.columns[self.sorted_by].value
        known = [(told, row) for row in found if (told := value(row)) is not None]
        known.sort(key=lambda pair: pair[0], reverse=self.descends)
        unknown = [row for row in found if value(row) is None]
        self.rows = [row for _, row in known] + unknown
        self.total = len(self._given)
        self._keep()

    def _has(self, row: Row, wanted: list[str]) -> bool:
        words = self._words(row).casefold()
        return all(one in words for one in wanted)

    def _keep(self) -> None:
        if self._chosen is None:
            self._place = 0
            return
        for place, row in enumerate(self.rows):
            if self.key(row) == self._chosen:
                self._place = place
                return
        self.choose(self._place)
