"""Runs the Python blocks of README and docs as tests; blocks of one page share their names, top to bottom."""

import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_plugins = ["tests.covered_floors", "resilience.pytest_plugin"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
).pytest()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keeps the blocks of a page in one process and in order, whoever spreads or shuffles the tests."""
    blocks = sorted((item for item in items if isinstance(item, SybilItem)), key=lambda item: item.location[:2])
    for block in blocks:
        block.add_marker(pytest.mark.xdist_group(str(block.path)))
    result = yield
    items[:] = [item for item in items if not isinstance(item, SybilItem)] + [b for b in blocks if b in items]
    return result
