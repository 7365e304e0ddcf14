"""scripts/audit.py: a finding fails, and silence of the service is never taken for an answer."""

import pytest
from scripts.audit import asked, brought, verdict

FINE = {"name": "httpx", "version": "0.28.1", "vulns": []}
BAD = {"name": "h11", "version": "0.14", "vulns": [{"id": "CVE-2025-43859", "fix_versions": ["0.16"]}]}
UNFIXED = {"name": "h12", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
UNKNOWN = {"name": "anyio", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("answer", "codes", "said"),
    [
        ([FINE], (0, 0), ["1 packages without known vulnerabilities"]),
        ([FINE, BAD], (1, 1), ["h11 0.14: CVE-2025-43859, fixed in 0.16"]),
        ([UNFIXED], (1, 1), ["h12 1: PYSEC-1, fixed in no version yet"]),
        (
            [UNKNOWN],
            (0, 1),
            ["WARNING: NOT AUDITED for known vulnerabilities: the service that answers knows no package"],
        ),
        ([], (0, 1), ["WARNING: NOT AUDITED for known vulnerabilities: the service that answers knows no package"]),
        ("no name", (0, 1), ["WARNING: NOT AUDITED for known vulnerabilities: no name"]),
        ([FINE, UNKNOWN], (0, 1), ["WARNING: not audited: anyio", "1 packages without known vulnerabilities"]),
        ([BAD, UNKNOWN], (1, 1), ["WARNING: not audited: anyio", "h11 0.14: CVE-2025-43859, fixed in 0.16"]),
    ],
)
def test_what_is_said_and_whether_it_fails(answer, codes, said):
    """By itself, and with `--strict`, as CI asks."""
    assert verdict(answer, strict=False) == (codes[0], said)
    assert verdict(answer, strict=True) == (codes[1], said)


def test_what_our_extras_bring_is_looked_up():
    """The core, what that needs, and the extras of extras; ourselves not."""
    found = brought("resilience-stack", ["all"])
    assert {"cachetools", "httpx", "httpcore", "pydantic", "psutil", "starlette"} <= set(found)
    assert "resilience-stack" not in found
    assert {"starlette", "psutil"}.isdisjoint(brought("resilience-stack"))
    assert brought("there-is-no-such-distribution") == {}


def test_a_service_that_does_not_answer_is_a_reason(monkeypatch, tmp_path):
    """The last line of what pip-audit complains of, or the time that was waited."""
    module = tmp_path / "pip_audit.py"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for program, answer in [
        ("import sys; sys.exit('Traceback\\nno name: osv')", "no name: osv"),
        ("print('<html>')", "pip-audit said nothing"),
        ("import time; time.sleep(60)", "no answer within 0.5 s"),
        ("print('{\"dependencies\": [7]}')", [7]),
    ]:
        module.write_text(program, "utf-8")
        assert asked({"httpx": "1"}, 0.5 if "sleep" in program else 30.0) == answer
