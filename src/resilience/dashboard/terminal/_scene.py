"""What is drawn now: the board, the time, and what several parts of the screen need to know of it."""

from __future__ import annotations

from .._board import Board


class Scene:
    """A board at a moment, which is later than the board's own while nothing new comes, or the screen is paused.

    Attributes:
        board: the newest, or the one that was shown when the screen was paused.
        at: now, by this machine's clock.
        names: of sources, by key. largest: the most calls a second that a policy on the board has.
    """

    __slots__ = ("_seen", "at", "board", "largest", "names")

    def __init__(self, board: Board, at: float) -> None:
        self.board = board
        self.at = at
        self.names = {source.key: source.name for source in board.sources}
        self.largest = max((tile.rate or 0.0 for tile in (*board.policies, *board.summed)), default=0.0) or 1.0
        self._seen = {source.key: source.at for source in board.sources}

    def age(self, source: str) -> float | None:
        """Seconds since anything was heard of a source."""
        seen = self._seen.get(source)
        return None if seen is None else max(0.0, self.at - seen)
