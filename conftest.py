"""Plugins of the whole run."""

pytest_plugins = ["tests.covered_floors", "resilience.pytest_plugin"]
