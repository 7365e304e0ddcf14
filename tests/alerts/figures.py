"""A figure that goes bad and good again, and the sinks that are told."""

from resilience.alerts import Alerts, Rule


class Figure:
    """A number that a test sets; bad above 5."""

    def __init__(self, *sinks, name="queue"):
        self.value = 9
        self.alerts = Alerts(
            Rule(name, lambda known: self.value, above=5, severity="critical"), sinks=sinks, source=dict
        )

    def flip(self):
        """Bad becomes good, good bad; wait until the sinks have been told."""
        news = self.alerts.check()
        assert self.alerts.flush(20)
        self.value = 14 - self.value
        return news

    def sink(self, index=0):
        return self.alerts.told()["sinks"][index]
