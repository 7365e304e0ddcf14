"""The last hour of every figure that is followed: bounded in memory, and kept in a file if one is given.

Rules: `_tracks` is guarded by `_lock`. A track that nobody added to for an hour is forgotten, and beyond `_MOST` no new one
is begun. The file is written by the thread that refreshes, once in ten seconds.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from threading import Lock

from ._track import COARSE, LONG, Track

_MOST = 12_000
_HOUR = LONG * COARSE
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS points (key TEXT, name TEXT, slot INTEGER, value REAL, PRIMARY KEY (slot, key, name))
    WITHOUT ROWID
"""
_EMPTY = Track(1.0)
_NONE: dict[str, Track] = {}


class History:
    """Tracks by the key of what they are of, and the name of the figure.

    Args:
        step: seconds of a fine point.
        file: an SQLite file that keeps the coarse lines over a restart, or `None`.

    Raises:
        ValueError: the file cannot be used as one.
    """

    def __init__(self, step: float, file: str | Path | None = None) -> None:
        self.step = step
        self._lock = Lock()
        self._tracks: dict[str, dict[str, Track]] = {}
        self._count = 0
        self._saved = 0
        self.error: str | None = None
        self._file = None if file is None else Path(file)
        if self._file is not None:
            self._load()

    def add(self, key: str, name: str, at: float, value: float, missing: float | None = None) -> None:
        """A value of a figure; `missing` is what a step without any is."""
        with self._lock:
            track = self._track_locked(key, name, missing)
            if track is not None:
                track.add(at, value)

    def _track_locked(self, key: str, name: str, missing: float | None = None) -> Track | None:
        tracks = self._tracks.get(key, _NONE)
        track = tracks.get(name)
        if track is None and self._count < _MOST:
            track = self._tracks.setdefault(key, {})[name] = Track(self.step, missing)
            self._count += 1
        return track

    def recent(self, key: str, name: str, at: float) -> tuple[float | None, ...]:
        """The fine line of a figure; empty if there is none."""
        with self._lock:
            return self._tracks.get(key, _NONE).get(name, _EMPTY).recent(at)

    def mean(self, key: str, name: str, at: float, seconds: float) -> float | None:
        """The mean of a figure's last seconds."""
        with self._lock:
            return self._tracks.get(key, _NONE).get(name, _EMPTY).mean(at, seconds)

    def hour(self, key: str, at: float) -> dict[str, list[float | None]]:
        """The coarse lines of everything that is followed of that key."""
        with self._lock:
            return {name: track.hour(at) for name, track in self._tracks.get(key, _NONE).items()}

    def tidy(self, at: float) -> None:
        """Forget what has not been seen for an hour, and write the file when a step of the coarse line is complete."""
        slot = int(at / COARSE) - 1
        if slot <= self._saved:
            return
        with self._lock:
            for key in list(self._tracks):
                kept = {name: track for name, track in self._tracks[key].items() if track.seen >= at - _HOUR}
                self._count -= len(self._tracks[key]) - len(kept)
                self._tracks[key] = kept
                if not kept:
                    del self._tracks[key]
            new = [] if self._file is None else self._unsaved_locked(slot)
        self._saved = slot
        if self._file is not None:
            self._save(new, slot - LONG)

    def _unsaved_locked(self, slot: int) -> list[tuple[str, str, int, float]]:
        """The points since the last time, up to that slot."""
        return [
            (key, name, at_slot, value)
            for key, tracks in self._tracks.items()
            for name, track in tracks.items()
            for at_slot, value in track.points(max(self._saved, slot - LONG))
            if at_slot <= slot
        ]

    def _save(self, new: list[tuple[str, str, int, float]], oldest: int) -> None:
        try:
            with contextlib.closing(sqlite3.connect(self._path(), timeout=1.0)) as database, database:
                database.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)", new)
                database.execute("DELETE FROM points WHERE slot <= ?", (oldest,))
            self.error = None
        except sqlite3.Error as error:  # a full disk must not stop the dashboard
            self.error = f"{self._file}: {error}"

    def _load(self) -> None:
        try:
            with contextlib.closing(sqlite3.connect(self._path(), timeout=1.0)) as database, database:
                database.execute(_SCHEMA)
                rows = database.execute("SELECT key, name, slot, value FROM points ORDER BY slot").fetchall()
        except sqlite3.Error as error:
            raise ValueError(
                f"history={str(self._file)!r}: must be a file for SQLite ({error}) (docs/dashboard.md)"
            ) from error
        for key, name, slot, value in rows[-_MOST * LONG :]:
            track = self._track_locked(key, name)
            if track is not None:
                track.restore(slot, value)
                track.seen = slot * COARSE
            self._saved = max(self._saved, slot)

    def _path(self) -> str:
        return str(self._file)
