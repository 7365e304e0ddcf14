"""`resilience lint`: chains found in a module, and what is said of them."""

import json
import subprocess
import sys

import pytest

MODULE = """
import resilience as r

fine = r.Pipeline(r.Timeout(10), r.Retry(), r.CircuitBreaker("fine"), r.Timeout(2))
odd = r.Pipeline(r.Retry(attempts=4), r.Cache(ttl=3))


@r.retry(attempts=2)
@r.retry(attempts=3)
def layered():
    return 1


class Client:
    @r.circuit_breaker("client")
    def fetch(self):
        return 1

    class Part:
        @staticmethod
        @r.circuit_breaker("part")
        def make():
            return 1


Client.Part.owner = Client
again = Client
number = 7
"""


@pytest.fixture
def lint(tmp_path):
    """The command in a folder with one module: exit code, output, complaint."""
    (tmp_path / "shop.py").write_text(MODULE)
    (tmp_path / "empty.py").write_text("number = 7\n")
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "script.py").write_text("raise SystemExit(0)\n")
    (tmp_path / "skipped.py").write_text("class Skipped(BaseException): ...\nraise Skipped('no browser')\n")

    def run(*words):
        command = [sys.executable, "-m", "resilience", "lint", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def test_a_whole_module(lint):
    """Everything guarded in it, the methods of its own classes too, however deep; each once."""
    code, out, _ = lint("shop")
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["shop:odd", "cache-under-retry"],
        ["shop:layered", "nested-retries"],
        ["shop:Client.fetch", "breaker-without-timeout"],
        ["shop:Client.Part.make", "breaker-without-timeout"],
    ]


def test_a_class(lint):
    """All that it guards; what it takes from elsewhere is looked at there."""
    code, out, _ = lint("shop:Client")
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["shop:Client.fetch", "breaker-without-timeout"],
        ["shop:Client.Part.make", "breaker-without-timeout"],
    ]


def test_one_chain(lint):
    """Nothing to say is 0."""
    assert lint("shop:fine") == (0, "1 chain, nothing to say\n", "")
    assert lint("shop:fine", "shop:fine.policies")[0] == 2


def test_a_method(lint):
    """Dotted names reach into classes."""
    code, out, _ = lint("shop:Client.fetch")
    assert code == 1
    assert "breaker-without-timeout" in out


def test_a_cached_method(lint, tmp_path):
    """Its cache is met once, as any policy of a method, and what is said of it is said once."""
    (tmp_path / "rates.py").write_text(
        "import resilience as r\n\n\nclass Rates:\n"
        "    @r.cache(ttl=3, key=lambda self: 1)\n    def fetch(self):\n        return 1\n"
    )
    code, out, _ = lint("--json", "rates")
    (chain,) = json.loads(out)["chains"]
    assert (code, len(chain["policies"]), len(chain["findings"])) == (1, 1, 1)


def test_json(lint):
    """The chain, its worst case, and the findings."""
    code, out, _ = lint("--json", "shop:layered", "shop:odd")
    layered, odd = json.loads(out)["chains"]
    assert code == 1
    assert layered["where"] == "shop:layered"
    assert layered["worst_case"] == {"calls": 6, "seconds": None}
    assert [len(chain["policies"]) for chain in (layered, odd)] == [2, 2]
    assert set(odd["findings"][0]) == {"rule", "policies", "message", "fix"}


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nowhere", "No module named 'nowhere'; it is looked for in "),
        ("broken", "cannot import 'broken': ZeroDivisionError"),
        ("empty", "empty holds no policy and no guarded function"),
        ("shop:number", "shop:number: no policy or guarded function of that name; shop holds fine, odd, layered"),
        ("empty:number", "empty holds none"),
        ("script", "SystemExit: 0; it ends the program when it is imported: put that under if __name__ =="),
        ("skipped", "cannot import 'skipped': Skipped: no browser"),
        ("shop.py", "; name the module, not its file, e.g. shop (docs/"),
        ("./shop.py:odd", "; name the module, not its file, e.g. shop (docs/"),
        ("parts/shop.py", "; name the module, not its file, e.g. parts.shop (docs/"),
        ("../shop.py", "; name the module, not its file (docs/"),
    ],
)
def test_a_mistake_is_one_line(lint, target, words):
    """What was wrong, and what there is."""
    code, out, complaint = lint(target)
    assert (code, out) == (2, "")
    assert words in complaint
    assert len(complaint.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a folder that is in use stays there")
def test_a_working_directory_that_is_gone_is_one_line(lint, tmp_path):
    """It is nothing that the program could look into."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); "
        "from resilience.cli import main; main(['lint', 'shop'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.startswith("resilience: cannot import 'shop': the working directory is gone; ")
    assert len(done.stderr.splitlines()) == 1
