"""What the miniapp tests share: a miniapp in every world."""

from __future__ import annotations

import pytest
from tests.origins.skipping import SkippingClock

from resilience.config import Settings
from resilience.miniapp import AsyncMiniapp, Miniapp, Monitor


class Watchers:
    """Runs stories with miniapps in one world."""

    def __init__(self, world):
        self.world = world

    def make(self, url, **options):
        """A miniapp with settings that the environment of the tests does not touch, and quick retries."""
        options.setdefault("settings", Settings(environment=options.pop("environment", {})))
        return (AsyncMiniapp if self.world.is_async else Miniapp)(url, **options)

    def close(self, app):
        """Close a miniapp: `yield watchers.close(it)`."""
        return app.aclose() if self.world.is_async else app.close()

    def run(self, story, url, **options):
        """Run `story(app)`, and close the miniapp at the end."""

        def steps():
            app = self.make(url, **options)
            try:
                return (yield from story(app))
            finally:
                yield self.close(app)

        return self.world.session(steps)

    def ask(self, what, url, **options):
        """One report: `status`, `health` or `deployment`."""

        def story(app):
            return (yield getattr(app, what)())

        return self.run(story, url, **options)


@pytest.fixture
def watchers(world):
    """Miniapps of one world."""
    return Watchers(world)


# Retries at once: real servers, no waiting.
QUICK = {"RETRY_INITIAL_DELAY_MS": "0"}


@pytest.fixture
def quick():
    """An environment in which retries follow at once."""
    return dict(QUICK)


@pytest.fixture
def skipping():
    """A clock on which nobody waits."""
    return SkippingClock()


@pytest.fixture
def monitored(world, watchers, quick):
    """Run `story(monitor, *apps)` with miniapps for some URLs, which are closed at the end."""

    def run(story, *urls, environment=None, **options):
        def steps():
            settings = {**quick, "TIMEOUT_HTTP_REQUEST": "500", **(environment or {})}
            apps = [watchers.make(url, environment=settings) for url in urls]
            try:
                return (yield from story(Monitor(*apps, **options), *apps))
            finally:
                for app in apps:
                    yield watchers.close(app)

        return world.session(steps)

    return run
