"""State per origin stays bounded, and what is open is never forgotten."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from resilience.http._origin_map import OTHER, OriginMap


class State:
    """What an origin's state is to the map: idle or not."""

    def __init__(self, key):
        self.key = key
        self.idle = True


def map_of(size):
    """A map of states that say themselves whether they are idle."""
    return OriginMap(State, lambda state: state.idle, size)


def test_one_state_a_key():
    """The same key gives the same state; another key another."""
    origins = map_of(2)
    first = origins.get("a")
    assert origins.get("a") is first
    assert origins.get("b") is not first
    assert [state.key for state in origins.values()] == ["a", "b"]


def test_row_56_the_least_recently_used_idle_one_makes_room():
    """Used ones stay; one that is open stays though it is older than all."""
    origins = map_of(3)
    opened = origins.get("open")
    opened.idle = False
    for key in ("a", "b", "a", "c", "d"):
        origins.get(key)
    assert [state.key for state in origins.values()] == ["open", "c", "d"]
    assert origins.get("open") is opened
    assert (origins.evicted, origins.shared) == (2, 0)


def test_row_56_with_all_open_new_keys_share_one_counted_state():
    """`_other` is one state for all who come too late; when one of the others is idle again, it makes room."""
    origins = map_of(2)
    first, second = origins.get("a"), origins.get("b")
    first.idle = second.idle = False
    other = origins.get("c")
    assert other is origins.get("d")
    assert (other.key, origins.shared, len(origins)) == (OTHER, 2, 2)
    assert [state.key for state in origins.values()] == ["a", "b", OTHER]
    first.idle = True
    assert origins.get("c") is not other
    assert origins.get("b") is second


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=60), st.integers(1, 5))
def test_row_56_never_more_than_its_size_and_never_an_open_one_lost(steps, size):
    """Against a plain dict of what was open when: it is still there, and it is the same."""
    origins, opened = map_of(size), {}
    for key, idle in steps:
        state = origins.get(key)
        if state.key == OTHER:
            continue
        state.idle = idle
        opened.pop(key, None)
        if not idle:
            opened[key] = state
        assert len(origins) <= size
        assert all(origins.get(known) is value for known, value in opened.items())


def test_threads_that_come_at_once_get_one_state():
    """No key is made twice."""
    origins, found, start = map_of(100), [], threading.Barrier(8)

    def look():
        start.wait()
        found.append([origins.get(str(number)) for number in range(50)])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one == found[0] for one in found)
