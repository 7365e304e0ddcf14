"""Plugins of the whole run."""

from hypothesis import settings

# A machine that runs other tests besides is slow now and then; that is no failure of what is tested.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
pytest_plugins = ["tests.covered_floors", "resilience.pytest_plugin"]
