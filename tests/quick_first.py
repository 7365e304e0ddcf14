"""A pytest plugin for `make mutants`: the quick tests first, since one that fails ends the run of a mutant."""


def pytest_collection_modifyitems(items):
    """In the order of what each took when mutmut looked which tests run which functions."""
    from mutmut.state import state

    took = state().duration_by_test
    items.sort(key=lambda item: took.get(item.nodeid, 0.0))
