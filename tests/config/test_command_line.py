"""The frame of the command line, and its commands for settings."""

import json
import os
import signal
import subprocess
import sys

import pytest

import resilience
from resilience import cli
from resilience.cli import _table, main
from resilience.config import Settings


def command(*words, **options):
    """Runs the command line in a process of its own."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], **options.pop("env", {})}
    words = [sys.executable, "-m", "resilience", *words]
    return subprocess.run(words, check=False, capture_output=True, text=True, env=environment, timeout=60, **options)


def test_version(capsys):
    """--version prints the version."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"resilience {resilience.__version__}\n"


def test_help(capsys):
    """--help lists each command with what it is for; without a word it does too, as a mistake."""
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert main([]) == 2
    assert capsys.readouterr().out == text
    for name, each in cli.COMMANDS.items():
        assert f"  {name}" in text
        assert each.summary in text


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_of_a_command(name, capsys):
    """Each command has its own help."""
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: resilience {name} ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["confg"], "no command 'confg': say config, doctor, "),
        (["\x1b[31m"], "no command '\\x1b[31m': say "),
        (["config", "--x\x1b[2J"], "unrecognized arguments: --x\\x1b[2J; see "),
        (["config", "--jsn"], "unrecognized arguments: --jsn; see resilience config --help"),
        (["config", "--json", "--schema"], "argument --schema: not allowed with argument --json; see "),
        (["config", "--file"], "argument --file: expected one argument; see "),
        (["config", "--file", "no.toml"], "file='no.toml': no such file; correct the path, or take the name away"),
        (["doctor", "--env-file", "no.env"], "env_file='no.env': no such file; "),
        (["config", "--service=---"], "'---': a service's name needs a letter or a digit"),
    ],
)
def test_mistake_is_one_line(words, message, capsys):
    """A user's mistake is one line on standard error that says what to do, and code 2."""
    assert main(words) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("resilience: ")
    assert message in error
    assert error.count("\n") == 1


def test_config(monkeypatch, capsys):
    """`resilience config` prints every value with its source, and services' own below."""
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("RESILIENCE__PAY__RETRY__JITTER", "none")
    assert main(["config"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["setting", "value", "source"]
    assert lines[1] == ["retry.max_attempts", "5", "RETRY_MAX_ATTEMPTS"]
    assert ["timeout.total", "0", "default"] in lines
    assert ["retry.status_codes", "408,429,500,502,503,504", "default"] in lines
    assert lines[-1] == ["pay:", "retry.jitter", "none", "RESILIENCE__PAY__RETRY__JITTER"]
    assert len(lines) == 1 + 28 + 1


def test_config_of_a_service(monkeypatch, capsys, tmp_path):
    """With --service, all that holds for it, resolved."""
    (tmp_path / "a.toml").write_text("[services.pay.timeout]\ntotal = 5\n")
    monkeypatch.setenv("RESILIENCE__PAY__RETRY__JITTER", "none")
    assert main(["config", "--service", "pay", "--file", str(tmp_path / "a.toml")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["pay:", "retry.jitter", "none", "RESILIENCE__PAY__RETRY__JITTER"] in lines
    assert ["pay:", "timeout.total", "5", f"{tmp_path}/a.toml:", "services.pay.timeout.total"] in lines
    assert ["pay:", "bulkhead.max_concurrent", "10", "default"] in lines


def test_config_json(monkeypatch, capsys, tmp_path):
    """--json prints one object: values in their own types, names, sources, problems."""
    (tmp_path / ".env").write_text("RETRY_STATUS_CODES=503\n")
    monkeypatch.setenv("RESILIENCE__PAY__FALLBACK__VALUE", '{"rows": ["a"], "n": 1}')
    monkeypatch.setenv("CACHE_TTL_MS", "1s")
    assert main(["config", "--json", "--env-file", str(tmp_path / ".env")]) == 2
    out, error = capsys.readouterr()
    told = json.loads(out)
    assert told["settings"]["retry.status_codes"] == {
        "value": [503],
        "variable": "RETRY_STATUS_CODES",
        "source": {"kind": "file", "name": "RETRY_STATUS_CODES", "file": str(tmp_path / ".env")},
    }
    assert told["services"]["pay"]["fallback.value"]["value"] == {"rows": ["a"], "n": 1}
    assert "cache.max_size" not in told["settings"]
    assert error == f"resilience: {told['problems'][0]}\n"


def test_config_schema(capsys):
    """--schema prints the JSON schema."""
    assert main(["config", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == Settings.model_json_schema()


def test_wrong_values_are_told_with_the_rest(monkeypatch, capsys):
    """A section with a mistake is left out of the table and told on standard error, one line each."""
    monkeypatch.setenv("RETRY_JITTER", "wild")
    monkeypatch.setenv("CACHE_TTL_MS", "1s")
    assert main(["config"]) == 2
    out, error = capsys.readouterr()
    assert "timeout.total" in out
    assert "retry." not in out
    assert [line.split("=")[0] for line in error.splitlines()] == [
        "resilience: RETRY_JITTER",
        "resilience: CACHE_TTL_MS",
    ]
    assert all(line.endswith(" (docs/configuration.md)") for line in error.splitlines())


def test_doctor(monkeypatch, capsys):
    """`resilience doctor` lists findings, the worst first, and fails if one is a problem."""
    monkeypatch.setenv("CACHE_TTL_MS", "1s")
    assert main(["doctor", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert findings[0]["gravity"] == "problem"
    assert findings[0]["message"].startswith("CACHE_TTL_MS='1s': ")


def test_doctor_without_problems(capsys):
    """Warnings alone are no failure."""
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.split()[:4] == ["about", "finding", "warning", "openai"]


def test_doctor_of_a_file(capsys, tmp_path):
    """With --file the doctor looks at the settings that it would make."""
    (tmp_path / "a.toml").write_text("[timeout]\ntotal = 5\n")
    assert main(["doctor", "--file", str(tmp_path / "a.toml")]) == 0
    assert "TIMEOUT_HTTP_REQUEST=10000 is above TIMEOUT_TOTAL=5" in capsys.readouterr().out


def test_row_59_tables_escape(capsys):
    """Cells cannot move the cursor of a terminal."""
    _table.print_table(("a", "b"), [("x\x1b[2J", "y\r\nz")])
    out = capsys.readouterr().out
    assert out.splitlines()[1] == "x\\x1b[2J  y\\r\\nz"


def test_rich_table(monkeypatch, capsys):
    """On a terminal with rich there is a drawn table, and markup in cells is only text."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _table.print_table(("name", "value"), [("[red]x[/red]", 5)])
    assert "[red]x[/red]" in capsys.readouterr().out
    monkeypatch.setattr(_table, "find_spec", lambda name: None)
    _table.print_table(("name", "value"), [("x", 5)])
    assert capsys.readouterr().out == "name  value\nx     5\n"


def test_ctrl_c(monkeypatch, capsys):
    """Ctrl-C ends without a traceback, with the code of shells."""

    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("resilience.cli.config.run_config", interrupted)
    assert main(["config"]) == 130
    assert capsys.readouterr() == ("", "")


def test_our_own_faults_are_not_hidden(monkeypatch):
    """What is no mistake of the user goes on as it is."""

    def broken(arguments):
        raise resilience.CircuitOpenError("open")

    monkeypatch.setattr("resilience.cli.config.run_config", broken)
    with pytest.raises(resilience.CircuitOpenError):
        main(["config"])


def test_module_runs():
    """`python -m resilience` is the command line, with its exit codes."""
    ran = command("config", "--json", env={"RETRY_MAX_ATTEMPTS": "7"})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["settings"]["retry.max_attempts"]["value"] == 7
    ran = command("config", env={"RETRY_MAX_ATTEMPTS": "7s"})
    assert ran.returncode == 2
    assert ran.stderr.startswith("resilience: RETRY_MAX_ATTEMPTS='7s': ")
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes of this kind there")
def test_reader_that_leaves():
    """A reader that goes away, as `head` does, is no error worth a word."""
    script = f"{sys.executable} -m resilience config --schema | true; exit ${{PIPESTATUS[0]}}"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
    ran = subprocess.run(
        ["bash", "-c", script], check=False, capture_output=True, text=True, env=environment, timeout=60
    )
    assert ran.stderr == ""
    assert ran.returncode in {0, 128 + signal.SIGPIPE}


def test_ascii_terminal():
    """A terminal that knows ASCII only gets escapes, not a traceback."""
    ran = command(
        "config", "--file", "n\u00f6.toml", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("resilience: file='n\\xf6.toml': ") or "\\udc" in ran.stderr


def test_commands_load_late():
    """A command loads its own module only: the frame loads no settings."""
    code = (
        "import sys; from resilience.cli import main; main(['--help']); assert 'pydantic' not in sys.modules, 'loaded'"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment)
