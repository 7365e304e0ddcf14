"""Boards made by hand, which are the same on every machine: an outage of one of three services."""

from resilience.dashboard import (
    Alert,
    Board,
    LogLine,
    Logs,
    Ranked,
    Ranking,
    Service,
    Source,
    System,
    Tile,
    Totals,
)

AT = 1_700_000_000.0
STEPS = 60


def wave(height, *, base=0.0):
    """A line that goes up and down."""
    return tuple(base + height * (step * 7 % 11) / 10 for step in range(STEPS))


def service(name="shop", **changes):
    """A service that is well."""
    fields = {
        "key": f"service/https://{name}.example",
        "name": name,
        "url": f"https://{name}.example",
        "health": "good",
        "state": "online",
        "online": True,
        "http_status": 200,
        "response_time": 0.021,
        "at": AT - 1,
        "age": 1.0,
        "is_stale": False,
        "error": None,
        "level": "healthy",
        "parts": ({"name": "database", "level": "healthy", "detail": None},),
        "deployment": {"version": "2.4.1", "environment": "test"},
        "deployments": (),
        "p50": 0.02,
        "p95": 0.05,
        "p99": 0.09,
        "uptime": 1.0,
        "checks": 400,
        "response_times": wave(0.05, base=0.02),
        "ticks": (1.0,) * STEPS,
    }
    return Service(**(fields | changes))


def down(name="payments", seconds=40, **changes):
    """A service that has not answered for so long."""
    fields = {
        "health": "bad",
        "state": "offline (circuit open, retry in 12 s)",
        "online": False,
        "http_status": None,
        "response_time": None,
        "at": AT - seconds,
        "age": float(seconds),
        "is_stale": True,
        "error": "connection refused",
        "level": None,
        "uptime": 0.9,
        "ticks": (1.0,) * (STEPS - 20) + (0.0,) * 20,
    }
    return service(**({"name": name} | fields | changes))


def tile(name="shop calls", kind="pipeline", **changes):
    """A policy that is well."""
    fields = {
        "key": f"here/{kind}/{name}",
        "source": "host:1:0",
        "is_stale": False,
        "watches": None,
        "name": name,
        "kind": kind,
        "pipelines": (),
        "policies": (),
        "health": "good",
        "state": None,
        "explain": None,
        "rate": 12.5,
        "error_rate": 0.0,
        "p50": 0.02,
        "p95": 0.05,
        "p99": 0.09,
        "is_shared": False,
        "is_recorded": True,
        "total": 1000,
        "retries": 0,
        "refused": 0,
        "fallbacks": 0,
        "timed_out": 0,
        "retry_rate": 0.0,
        "refusal_rate": 0.0,
        "hit_rate": None,
        "used": None,
        "capacity": None,
        "waiting": None,
        "balance": None,
        "rates": wave(5.0, base=8.0),
        "errors": (0.0,) * STEPS,
        "times": wave(0.05),
        "timeline": (),
        "recent": (),
        "figures": {},
        "controls": (),
    }
    return Tile(**(fields | changes))


def opened(name="payments breaker", seconds=90, **changes):
    """A breaker that opened so long ago."""
    change = {"at": AT - seconds, "event": "BreakerStateChanged", "old": "closed", "new": "open", "reason": "failures"}
    fields = {
        "health": "bad",
        "state": "open",
        "explain": "open: refuses calls for 12 s more; then 1 probe",
        "rate": 4.0,
        "error_rate": 0.62,
        "refused": 300,
        "refusal_rate": 4.0,
        "timeline": (change,),
        "recent": (change, {"at": AT - 2, "event": "CallRejected", "reason": "open"}),
        "figures": {"state": "open", "failures": 5, "open_for": 12.00001},
    }
    return tile(**({"name": name, "kind": "circuit-breaker"} | fields | changes))


def line(number, text="an order was paid", level="info", **changes):
    """A line of a log."""
    fields = {"number": number, "at": AT - 100 + number, "level": level, "logger": "shop.orders", "text": text}
    return LogLine(**(fields | {"source": "host:1:0"} | changes))


def machine(**changes):
    """What a machine tells."""
    facts = {
        "cpu": {"percent": 42.0, "cores": [90.0, 10.0, 55.0, 13.0], "count": 4, "load": [1.5, 1.0, 0.5]},
        "memory": {"total": 16 * 2**30, "used": 14 * 2**30, "percent": 87.5},
        "disks": [{"path": "/", "free": 50 * 2**30, "percent": 27.0}],
        "top": [
            {"pid": 7, "name": "postgres", "cpu_percent": 80.5, "memory": 512 * 2**20, "threads": 9},
            {"pid": 8, "name": "python", "cpu_percent": 12.0, "memory": 2**30, "threads": 4},
            {"pid": 9, "name": "idle", "cpu_percent": None, "memory": 1000, "threads": None},
        ],
        "thresholds": {"cpu_percent": 80, "memory_percent": 85, "disk_percent": 90},
    }
    lines = {"cpu.percent": wave(60.0), "memory.percent": wave(5.0, base=80.0)}
    return System(source="host:1:0", host="host", facts=facts | changes, lines=lines)


def board(**changes):
    """A moment of an outage."""
    services = (service("shop"), down("payments"), service("search", health="middling", level="degraded"))
    tiles = (
        tile("shop calls", policies=("shop cache",)),
        tile("shop cache", "cache", hit_rate=0.75, used=30, capacity=1000, rate=12.5, pipelines=("shop calls",)),
        opened(),
        tile("payments slots", "bulkhead", used=5, capacity=6, waiting=2, rate=4.0, health="middling", refused=12),
        tile("search retry", "retry", retries=41, retry_rate=0.7, balance=120.0, rate=2.0, error_rate=0.08),
        tile(
            "idle timeout",
            "timeout",
            health="quiet",
            rate=None,
            error_rate=None,
            total=0,
            rates=(),
            errors=(),
            times=(),
        ),
    )
    sources = (
        Source(key="host:1:0", kind="process", name="host:1", at=AT, age=0.0, is_stale=False, error=None,
               facts={"host": "host", "pid": 1, "python": "3.11.7", "resilience": "0.1.0"}),
        *(Source(key=one.key, kind="service", name=one.name, at=one.at, age=one.age, is_stale=one.is_stale, error=None,
                 facts={}) for one in services),
    )  # fmt: skip
    lines = (line(1), line(2, "a slow answer", "warning"), line(3, "the database is gone", "error"), line(4, "cached"))
    fields = {
        "number": 1,
        "at": AT,
        "step": 1.0,
        "totals": Totals(score=0.5, services=3, online=2, policies=6, breakers=1, breakers_open=1, rate=47.5,
                         error_rate=0.07, retries=41, refused=312, rates=wave(20.0, base=30.0), errors=wave(0.1)),
        "sources": sources,
        "services": services,
        "policies": tiles,
        "systems": (machine(),),
        "logs": Logs(lines=lines, errors=lines[2:3], counts={"info": 2, "warning": 1, "error": 1},
                     over_time={"info": wave(3.0), "error": (0.0,) * 50 + (1.0,) * 10}, dropped=0),
        "rankings": (
            Ranking(name="slowest", title="Slowest (p95)", unit="seconds",
                    places=(Ranked(name="payments", value=1.2, of="a"), Ranked(name="shop", value=0.05, of="b"))),
            Ranking(name="called", title="Tool usage by calls", unit="calls",
                    places=(Ranked(name="shop", value=12345.0, of="b"),)),
            Ranking(name="files", title="Largest files in logs", unit="bytes",
                    places=(Ranked(name="app.log", value=5e6, of="app.log"),)),
        ),
        "firing": (
            Alert(key="a", severity="critical", title="payments is offline", detail="refused", since=AT - 40, until=None),
            Alert(key="b", severity="warning", title="payments breaker is open", detail="open", since=AT - 90, until=None),
        ),
        "recent": (Alert(key="c", severity="warning", title="search is degraded", detail="slow", since=AT - 300,
                         until=AT - 100),),
        "sections": {},
    }  # fmt: skip
    return Board(**(fields | changes))
