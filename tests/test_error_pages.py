"""Every error that this library words ends with its page of the documentation, and the page is there."""

import ast
import builtins
import re
from pathlib import Path

import pytest

import resilience as r
from resilience import _pages
from resilience.config import Settings, SettingsError, get_config
from resilience.extending import Policy
from resilience.http import Client, Origins
from resilience.telemetry import section

REPOSITORY = Path(__file__).parent.parent
SOURCE = REPOSITORY / "src" / "resilience"
PAGE = re.compile(r"\((docs/[\w/-]+\.md)\)")
# These put the page to the text that they are given.
LINKING = {"linked", "refuse", "see"}
CLASSES_THAT_LINK = {"SettingsError", "ScenarioError"}
# What has no page, by file and the beginning of its text, and why.
WITHOUT = {
    ("__init__.py", "module 'resilience'"): "as Python words a name that a module lacks",
    ("http/__init__.py", "module"): "the same",
    ("http/httpx2.py", "module"): "the same",
    ("_record.py", ""): "as Python words arguments that do not fit, and what cannot be assigned",
    ("_history.py", "this error itself"): "stands for another error, and is never raised",
    ("_threaded.py", "no error"): "for the type checker",
    ("policies/_manual.py", "format="): "becomes a part of a text that has one",
    ("policies/_manual.py", "state="): "the same",
    ("dashboard/_controls.py", ""): "told by the page that shows the button",
    ("dashboard/_remote.py", ""): "shown by the dashboard in place of the service's figures",
    ("dashboard/_processes.py", ""): "caught within the package: a file that is no snapshot is left out",
    ("dashboard/_board.py", ""): "caught within the package",
    ("config/reference.py", ""): "for who builds the documentation",
    ("config/_logger.py", "the logger's level"): "goes on with a text that has one",
}
POLICIES = [
    (r.AdaptiveLimit, "adaptive-limit"),
    (r.Bulkhead, "bulkhead"),
    (r.Cache, "cache"),
    (r.Chaos, "chaos"),
    (r.CircuitBreaker, "circuit-breaker"),
    (r.Fallback, "fallback"),
    (r.FixedWindow, "which-limiter"),
    (r.Hedge, "hedge"),
    (r.Pipeline, "pipeline"),
    (r.RateLimiter, "rate-limiter"),
    (r.Retry, "retry"),
    (r.SlidingWindow, "which-limiter"),
    (r.Throttle, "throttle"),
    (r.Timeout, "timeout"),
]
MADE = {
    r.Bulkhead: {"max_concurrent": 1},
    r.Cache: {"ttl": 1},
    r.Chaos: {"error": OSError, "rate": 0},
    r.Fallback: {"factory": list},
    r.FixedWindow: {"limit": 1},
    r.Hedge: {"after": 1},
    r.RateLimiter: {"limit": 1},
    r.SlidingWindow: {"limit": 1},
    r.Timeout: {"seconds": 1},
}


def is_error(name):
    """Does a name stand for an error, as far as names tell?"""
    known = getattr(builtins, name, None)
    return name.endswith("Error") or (isinstance(known, type) and issubclass(known, BaseException))


def worded(file):
    """Where a file makes an error, or warns, with a text: the text's beginning, and its whole expression."""
    tree = ast.parse(file.read_text("utf-8"))
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = ast.unparse(node.func).split(".")[-1]
        if name in CLASSES_THAT_LINK or not (is_error(name) or ast.unparse(node.func) in {"warn", "warnings.warn"}):
            continue
        text = node.args[0]
        text = constants.get(text.id, text) if isinstance(text, ast.Name) else text
        begun = next((one.value for one in ast.walk(text) if isinstance(one, ast.Constant)), None)
        if isinstance(begun, str) and not isinstance(text, ast.Name):
            yield begun, text


def has_page(text):
    """Does it end with a page, or go through something that puts one there?"""
    called = {ast.unparse(inner.func).split(".")[-1] for inner in ast.walk(text) if isinstance(inner, ast.Call)}
    return bool(called & LINKING) or bool(PAGE.search(ast.unparse(text)))


def unlinked():
    """Every text of an error without a page, as its file and its beginning."""
    return {
        (file.relative_to(SOURCE).as_posix(), begun)
        for file in sorted(SOURCE.rglob("*.py"))
        for begun, text in worded(file)
        if not has_page(text)
    }


def test_every_text_of_an_error_names_its_page():
    """But for those that are left out, each with its reason; and of these each is there."""
    found = unlinked()
    assert {
        one for one in found if not any(one[0] == file and one[1].startswith(text) for file, text in WITHOUT)
    } == set()
    assert {
        one for one in WITHOUT if not any(file == one[0] and text.startswith(one[1]) for file, text in found)
    } == set()


def test_every_page_that_is_named_is_there():
    """In the tables, in the texts and with the commands."""
    from resilience.cli._commands import COMMANDS

    named = {f"docs/{page}.md" for page in (*_pages.PAGES.values(), *_pages.SHARED.values())}
    named |= {f"docs/{command.page}.md" for command in COMMANDS.values()}
    named |= {page for file in SOURCE.rglob("*.py") for page in PAGE.findall(file.read_text("utf-8"))}
    assert [page for page in sorted(named) if not (REPOSITORY / page).is_file()] == []
    assert len(named) > 20


def test_every_module_that_checks_options_has_a_page():
    """Or shares one with whoever calls it; and the tables name modules that are there."""
    modules = {
        ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): file
        for file in SOURCE.rglob("*.py")
    }
    checking = {
        name
        for name, file in modules.items()
        if re.search(r"import _options|_options import .*(?!INFINITY)\b[a-z]", file.read_text("utf-8"))
    }
    assert {one for one in checking if not _pages.page_of(f"resilience.{one}") and one not in _pages.SHARED} == set()
    assert {one for one in (*_pages.PAGES, *_pages.SHARED) if one not in modules} == set()
    assert _pages.page_of("json") is None


@pytest.mark.parametrize(("kind", "page"), POLICIES, ids=lambda value: getattr(value, "__name__", value))
def test_an_option_that_is_refused_names_the_page_of_its_policy(kind, page):
    """Whoever checks it: the policy, its base class, or a check that all share."""
    made = MADE.get(kind, {})
    positional = [r.Retry()] if kind is r.Pipeline else []
    with pytest.raises(ValueError, match=rf"\(docs/policies/{page}\.md\)$"):
        kind(*positional, **made, name="")
    policy = kind(*positional, **made)
    with pytest.raises(TypeError, match=rf"use \.acall\(\) for it \(docs/policies/{page}\.md\)$"):
        policy.call(coroutine)
    with pytest.raises(TypeError, match=rf"cannot be pickled .*\(docs/policies/{page}\.md\)$"):
        policy.__reduce_ex__(2)


async def coroutine():
    """Nothing."""


@pytest.mark.parametrize(
    ("ask", "page"),
    [
        (lambda: r.Retry(backoff=r.Fixed("1")), "policies/retry"),
        (lambda: r.Retry(on="x"), "policies/retry"),
        (lambda: r.Retry(budget="x"), "policies/retry"),
        (lambda: r.CircuitBreaker(trip=r.FailureRate(2)), "policies/circuit-breaker"),
        (lambda: r.CircuitBreaker().retune(failures="x"), "policies/circuit-breaker"),
        (lambda: r.Failure(open_for=0), "policies/circuit-breaker"),
        (lambda: r.RateLimiter(limit=1).retune(limit=0), "policies/rate-limiter"),
        (lambda: r.FixedWindow(limit=1).pause("x"), "policies/rate-limiter"),
        (lambda: r.Cache(ttl=1).retune(ttl="x"), "policies/cache"),
        (lambda: r.RetryBudget(-1), "policies/budget"),
        (lambda: r.deadline(-1), "policies/timeout"),
        (lambda: r.listen(5), "events"),
        (lambda: r.resilient(5), "configuration"),
        (lambda: r.explain(5), "tutorial"),
        (lambda: section("", int), "telemetry/snapshot"),
        (lambda: r.CircuitBreaker.named("pages", reset_timeout="x"), "policies/circuit-breaker"),
        (lambda: Client(attempts=0), "http"),
        (lambda: Client(origins=Origins(), attempts=2), "http"),
        (lambda: Origins.from_settings(5), "http"),
        (lambda: Origins.from_settings(Settings(environment={}).service("pages-of"), service="pages-of"), "http"),
        (lambda: Origins.from_settings(service=5), "configuration"),
        (lambda: Settings(environment=5), "configuration"),
        (lambda: Settings(environment={"RETRY_MAX_ATTEMPTS": 5}), "configuration"),
        (lambda: Settings(environment={5: "RETRY_MAX_ATTEMPTS"}), "configuration"),
        (lambda: Settings(environment={"RETRY_MAX_ATTEMPTS": "x"}).retry, "configuration"),
        (lambda: get_config(5), "configuration"),
        (lambda: Policy(name=""), "write-a-policy"),
    ],
)
def test_a_mistake_names_the_page_of_what_was_used(ask, page):
    """The nearest of our modules on the stack that has one."""
    with pytest.raises((TypeError, ValueError)) as caught:
        ask()
    assert str(caught.value).endswith(f" (docs/{page}.md)")
    assert str(caught.value).count("(docs/") == 1


def test_a_state_that_cannot_be_loaded_names_one_page():
    """Also where what is wrong with it was found by a check that names the same page."""
    breaker = r.CircuitBreaker()
    good = breaker.dump()
    for bad in ({"format": 7}, good | {"stamp": -1}, good | {"state": "half-open"}):
        with pytest.raises(ValueError, match=r"\(docs/policies/circuit-breaker\.md\)$") as caught:
            breaker.load(bad)
        assert str(caught.value).count("(docs/") == 1


def test_a_policy_of_the_users_own_names_the_first_page():
    """Its module has no page, and neither has its base class; one that comes from ours has that of ours."""

    class Mine(Policy):
        kind = "mine"

    class Slower(r.Retry):
        pass

    with pytest.raises(TypeError, match=r"\(docs/tutorial\.md\)$"):
        Mine().call(coroutine)
    with pytest.raises(TypeError, match=r"\(docs/policies/retry\.md\)$"):
        Slower().call(coroutine)


def test_a_text_of_the_users_own_is_left_alone():
    """What somebody raises with a text of theirs, and what passes through a policy, is theirs."""
    assert str(r.CircuitOpenError("no")) == "no"
    with pytest.raises(ValueError, match=r"^mine\b"):
        r.Retry(attempts=1).call(lambda: (_ for _ in ()).throw(ValueError("mine")))


def test_a_page_is_named_once():
    """By the check that found the mistake; whoever tells of it adds none."""
    assert _pages.linked("x (docs/alerts.md)", "health") == "x (docs/alerts.md)"
    assert _pages.linked("x", "health") == "x (docs/health.md)"
    assert _pages.linked("x") == "x (docs/tutorial.md)"
    assert str(SettingsError("a", "b")) == "a\nb (docs/configuration.md)"
