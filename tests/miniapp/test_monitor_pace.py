"""A monitor looks again and again: each service at its own pace, all of them evenly, until it ends."""

import threading
import time

import pytest
from tests.miniapp.monitors import enter, leave, wait
from tests.origins import Origin, hang_before_headers

from resilience.miniapp import Monitor
from resilience.testing import FakeClock


def test_it_goes_on_looking_each_at_its_own_pace(monitored, world):
    """A service that hangs is looked at less often; the others do not notice."""

    def story(monitor, *apps):
        yield enter(world, monitor)
        yield wait(world, 1.2)
        yield leave(world, monitor)
        hung, well = monitor.snapshot().services
        assert well.checks >= 6
        assert 1 <= hung.checks <= 4
        checks = well.checks
        yield wait(world, 0.3)
        assert monitor.snapshot().services[1].checks <= checks + 1

    with Origin(then=hang_before_headers) as hanging, Origin() as well:
        monitored(story, hanging.url, well.url, interval=0.1)


def test_looks_are_spread_over_the_interval(monitored, world):
    """All are looked at at once, and from then on one after the other: never all in one burst."""

    def story(monitor, *apps):
        yield enter(world, monitor)
        try:
            for _ in range(200):  # a busy machine may put off some looks, until they fall together with others
                yield wait(world, 0.02)
                spread = spreads(monitor)
                if max(spread[1:], default=0) > 0.4 / 3:
                    break
        finally:
            yield leave(world, monitor)
        assert max(spread[1:], default=0) > 0.4 / 3, "the looks after the first were a burst"

    with Origin() as origin:
        monitored(story, *(f"{origin.url}/{number}" for number in range(4)), interval=0.4)


def spreads(monitor):
    """Seconds from the first to the last of the services' first looks, of their second ones, and so on."""
    looks = [[sample.at.timestamp() for sample in service.history] for service in monitor.snapshot().services]
    return [max(line) - min(line) for line in zip(*looks, strict=False)]


def test_it_ends_at_once(monitored, world):
    """In the middle of a long interval, and before its first look."""

    def story(monitor, app):
        begun = time.monotonic()
        yield enter(world, monitor)
        yield leave(world, monitor)
        yield enter(world, monitor)
        yield wait(world, 0.1)
        yield leave(world, monitor)
        assert time.monotonic() - begun < 2

    before = threading.active_count()
    with Origin() as origin:
        monitored(story, origin.url, interval=3600)
    until = time.monotonic() + 5
    while threading.active_count() > before + 1 and time.monotonic() < until:
        time.sleep(0.01)  # an idle thread takes a moment to end
    assert threading.active_count() <= before + 1


@pytest.mark.worlds("sync", reason="a fake clock does not wait for a loop's real sockets")
def test_its_pace_is_its_clocks(world, watchers):
    """With a fake clock a thousand looks take no time, and nothing grows beyond its bounds."""
    import httpx

    app = watchers.make("http://shop", transport=httpx.MockTransport(lambda request: httpx.Response(200)), attempts=1)
    clock = FakeClock(autojump=False)
    with app, Monitor(app, interval=60, history=5, clock=clock) as monitor:
        for number in range(1, 30):
            until = time.monotonic() + 5
            while monitor.snapshot().services[0].checks < number and time.monotonic() < until:
                time.sleep(0.001)
                clock.advance(60)
        (service,) = monitor.snapshot().services
    assert service.checks >= 29
    assert len(service.history) == 5


@pytest.mark.worlds("sync", reason="a fake clock does not wait for a loop's real sockets")
def test_a_stall_brings_no_two_services_together(world, watchers):
    """After looks that took longer than the interval, each goes on at times of its own."""
    import httpx

    clock = FakeClock(autojump=False)
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    apps = [watchers.make(f"http://{name}", transport=transport, attempts=1) for name in ("one", "two")]
    with apps[0], apps[1], Monitor(*apps, interval=60, clock=clock) as monitor:

        def checks():
            return [service.checks for service in monitor.snapshot().services]

        for seconds, looks in [(0, [1, 1]), (3600, [2, 2]), (30, [3, 2]), (30, [3, 3]), (30, [4, 3]), (30, [4, 4])]:
            clock.advance(seconds)
            wait_until(lambda looks=looks: checks() == looks and len(clock._timers) == 2)
            assert checks() == looks


def wait_until(true):
    until = time.monotonic() + 5
    while not true() and time.monotonic() < until:
        time.sleep(0.001)
