"""What type checkers must see of health checks and alerts: decorators keep the function as it is."""

from typing import assert_type

from resilience.alerts import Alert, Alerts, Rule
from resilience.health import HealthRegistry, HealthReport, Level

registry = HealthRegistry("typed")


@registry.check
def database() -> bool:
    """Bare."""
    return True


@registry.check("mail", critical=False)
async def mail() -> Level:
    """With options."""
    return Level.HEALTHY


async def checks() -> None:
    """Calls keep their types."""
    assert_type(database(), bool)
    assert_type(await mail(), Level)
    assert_type(registry.report("ready"), HealthReport)
    assert_type(await registry.areport(), HealthReport)


def told(alert: Alert) -> str:
    """A sink may return what it likes."""
    return alert.rule


alerts = Alerts(Rule("failures", "totals.failures", above=10), sinks=[told])
assert_type(alerts.check(), tuple[Alert, ...])
assert_type(alerts.start(), Alerts)
