"""The settings of the process: read once, replaced as a whole, everybody told."""

import logging
import os
import threading

import pytest

from resilience.config import Change, SettingsError, configure, get_config, reload, settings, subscribe


def test_read_once(monkeypatch):
    """The first call reads; later ones give the same object until a reload."""
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "4")
    first = settings()
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "5")
    assert settings() is first
    assert get_config("retry.max_attempts") == 4
    reload()
    assert settings() is not first
    assert get_config("retry.max_attempts") == 5


def test_read_once_by_many_threads():
    """Threads that ask at once get one object."""
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(settings())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 1


def test_first_reading_is_not_repeated():
    """Who waited while another thread read takes what that one read."""
    from resilience.config import _process

    seen = []
    with _process._state.lock:
        waiting = threading.Thread(target=lambda: seen.append(_process._first()))
        waiting.start()
        first = settings()
    waiting.join()
    assert seen == [first]
    assert seen[0] is first


def test_reload_before_first_use(monkeypatch):
    """A reload before anything was read is the first reading: nothing changed."""
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "4")
    assert reload() == ()
    assert get_config("retry.max_attempts") == 4


def test_reload_without_change():
    """Nothing changed: nobody is told."""
    settings()
    heard = []
    with subscribe(heard.append):
        assert reload() == ()
    assert heard == []


def test_reload_reports_the_difference(monkeypatch):
    """Each value that differs is one change, with service, old, new and source; the settings stand when told."""
    monkeypatch.setenv("RESILIENCE__ORDERS__CACHE__MAX_SIZE", "1")
    monkeypatch.setenv("TIMEOUT_TOTAL", "7000")
    settings().service("pay")
    heard = []
    monkeypatch.delenv("TIMEOUT_TOTAL")
    monkeypatch.setenv("RESILIENCE__ORDERS__CACHE__MAX_SIZE", "2")
    monkeypatch.setenv("RESILIENCE__NEW__RETRY__MAX_ATTEMPTS", "9")
    with subscribe(lambda changes: heard.append((changes, get_config("timeout.total")))):
        changes = reload()
    assert heard == [(changes, 0)]
    assert [str(change) for change in changes] == [
        "timeout.total: 7000 -> 0 (default)",
        "pay: timeout.total: 7000 -> 0 (default)",
        "orders: timeout.total: 7000 -> 0 (default)",
        "orders: cache.max_size: 1 -> 2 (RESILIENCE__ORDERS__CACHE__MAX_SIZE)",
        "new: retry.max_attempts: 3 -> 9 (RESILIENCE__NEW__RETRY__MAX_ATTEMPTS)",
        "new: timeout.total: 7000 -> 0 (default)",
    ]
    assert isinstance(changes[1], Change)
    assert (changes[1].name, changes[1].service, changes[1].old, changes[1].new) == ("timeout.total", "pay", 7000, 0)


def test_services_come_and_go(monkeypatch):
    """A service that nothing names any more falls back to what holds for all."""
    monkeypatch.setenv("RESILIENCE__PAY__RETRY__MAX_ATTEMPTS", "9")
    settings()
    monkeypatch.delenv("RESILIENCE__PAY__RETRY__MAX_ATTEMPTS")
    assert [str(change) for change in reload()] == ["pay: retry.max_attempts: 9 -> 3 (default)"]
    assert reload() == ()


@pytest.mark.parametrize("section", ["RETRY", "CACHE", "LOG"])
def test_failed_reload_keeps_all(monkeypatch, section):
    """A mistake anywhere, used or not, is raised; the old settings stay, nobody is told."""
    monkeypatch.setenv("TIMEOUT_TOTAL", "7")
    assert get_config("timeout.total") == 7
    old = settings()
    heard = []
    wrong = {"RETRY": "RETRY_JITTER", "CACHE": "RESILIENCE__PAY__CACHE__TTL_MS", "LOG": "LOG_LEVEL"}[section]
    monkeypatch.setenv("TIMEOUT_TOTAL", "8")
    monkeypatch.setenv(wrong, "wild")
    with subscribe(heard.append), pytest.raises(SettingsError, match=f"{wrong}='wild'"):
        reload()
    assert settings() is old
    assert get_config("timeout.total") == 7
    assert heard == []


def test_reload_mends_a_mistake(monkeypatch):
    """A value that was wrong before and stands now is a change from nothing."""
    monkeypatch.setenv("RETRY_JITTER", "wild")
    with pytest.raises(SettingsError):
        get_config("retry.jitter")
    monkeypatch.setenv("RETRY_JITTER", "none")
    changes = {change.name: change for change in reload()}
    assert (changes["retry.jitter"].old, changes["retry.jitter"].new) == (None, "none")
    assert get_config("retry.jitter") == "none"


def test_configure_stays_over_reloads(monkeypatch, tmp_path):
    """What code says holds for later reloads, until code says something else."""
    (tmp_path / "a.toml").write_text("[cache]\nmax_size = 5\n")
    settings()
    changes = configure(file=tmp_path / "a.toml", timeout={"total": 50})
    assert [str(change) for change in changes] == [
        "timeout.total: 0 -> 50 (code)",
        f"cache.max_size: 1000 -> 5 ({tmp_path / 'a.toml'}: cache.max_size)",
    ]
    monkeypatch.setenv("TIMEOUT_TOTAL", "60")
    (tmp_path / "a.toml").write_text("[cache]\nmax_size = 6\n")
    assert [(change.name, change.new) for change in reload()] == [("cache.max_size", 6)]
    assert get_config("timeout.total") == 50
    configure()
    assert get_config("timeout.total") == 60


def test_failed_configure_keeps_all():
    """Arguments that cannot stand are raised, and forgotten."""
    configure(timeout={"total": 50})
    with pytest.raises(SettingsError):
        configure(timeout={"total": -1})
    assert reload() == ()
    assert get_config("timeout.total") == 50


def test_names_in_use_outlive_a_reload():
    """Two names that fold alike are refused even when a reload lies between their uses."""
    settings().service("pay-api")
    reload()
    with pytest.raises(ValueError, match="cannot be told apart"):
        settings().service("pay.api")


def test_subscribers(monkeypatch, caplog):
    """Every subscriber is told once, in order; one that fails is logged; one that left is not told."""
    heard = []

    def fail(changes):
        raise RuntimeError("broken")

    settings()
    gone = subscribe(lambda changes: heard.append("gone"))
    subscribe(fail)
    twice = heard.append
    subscribe(twice)
    again = subscribe(twice)
    gone.close()
    gone.close()
    monkeypatch.setenv("TIMEOUT_TOTAL", "8")
    with caplog.at_level(logging.ERROR, "resilience.config"):
        changes = reload()
    assert heard == [changes, changes]
    assert "a subscriber to the settings failed" in caplog.text
    again.close()
    monkeypatch.delenv("TIMEOUT_TOTAL")
    assert len(reload()) == 1
    assert len(heard) == 3


@pytest.mark.parametrize("wrong", [None, 5, "x"])
def test_subscriber_must_be_a_function(wrong):
    """What cannot be called is refused."""
    with pytest.raises(TypeError, match="subscriber="):
        subscribe(wrong)


def test_get_config_default(monkeypatch):
    """The second argument wins over the built-in default only."""
    assert get_config("timeout.http_request") == 10_000
    assert get_config("timeout.http_request", 5_000) == 5_000
    assert get_config("timeout.http_request", None) is None
    monkeypatch.setenv("TIMEOUT_HTTP_REQUEST", "10000")
    reload()
    assert get_config("timeout.http_request", 5_000) == 10_000
    configure(timeout={"total": 0})
    assert get_config("timeout.total", 5_000) == 0


def test_get_config_spellings(monkeypatch):
    """The section `logging` may be called by what its variables begin with."""
    monkeypatch.setenv("LOG_LEVEL", "error")
    assert get_config("log.level") == get_config("logging.level") == "error"


def test_get_config_of_a_service(monkeypatch):
    """A service's own value, or what holds for all."""
    monkeypatch.setenv("RESILIENCE__PAY__RETRY__MAX_ATTEMPTS", "9")
    assert get_config("retry.max_attempts", 4, service="pay") == 9
    assert get_config("retry.max_attempts", 4, service="orders") == 4
    assert get_config("retry.max_attempts", 4) == 4


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("retry.max_atempts", "retry.max_attempts"),
        ("timeout.http", "timeout.http_request"),
        ("RETRY_MAX_ATTEMPTS", "retry.max_attempts"),
        ("RESILIENCE_LOG_LEVEL", "logging.level"),
        ("circuitbreaker.failure_threshold", "circuit_breaker.failure_threshold"),
        ("retry.", "retry.max_attempts"),
        ("", "retry.max_attempts"),
    ],
)
def test_get_config_unknown(name, near):
    """An unknown name is a KeyError with the nearest, with a second argument too."""
    for arguments in ((), (5,)):
        with pytest.raises(KeyError) as caught:
            get_config(name, *arguments)
        assert f"no such setting; did you mean {near}" in str(caught.value)


def test_get_config_of_what_is_like_none():
    """A guess would lead astray."""
    with pytest.raises(KeyError, match="nosuch: no such setting; `resilience config` lists them all"):
        get_config("nosuch")


def test_cheap_to_read():
    """Reading judges nothing again: a thousand reads are far below one reading of the environment."""
    get_config("retry.max_attempts")
    before = os.times().user
    for _ in range(10_000):
        get_config("retry.max_attempts")
    assert os.times().user - before < 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_reloading():
    """A child that is forked while another thread holds the lock can still reload."""
    from resilience.config import _process

    held, done = threading.Event(), threading.Event()

    def hold():
        with _process._state.lock:
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    before = _process._state.lock
    _process._new_lock()  # what runs in every child
    assert _process._state.lock is not before
    _process._state.lock = before
    child = os.fork()
    if child == 0:
        threading.Thread(target=reload).run()
        os._exit(0)
    done.set()
    holder.join()
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("name", [None, 3])
def test_a_name_that_is_no_text_is_told_what_to_pass(name):
    """`get_config` takes the dotted name of a setting."""
    with pytest.raises(TypeError, match="must be the dotted name of a setting"):
        get_config(name)
