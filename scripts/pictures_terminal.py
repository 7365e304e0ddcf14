"""Makes the terminal's picture in docs/pictures: the app itself, on the demo's flaky services, through an outage.

`python scripts/pictures_terminal.py` needs nothing but the extras `tui` and `system`, and a minute.
"""

import asyncio
import re
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY / "src")]

from resilience.cli.dashboard._stage import Stage  # noqa: E402 - after the path is set
from resilience.dashboard import Collector  # noqa: E402
from resilience.dashboard.terminal._app import DashboardApp  # noqa: E402
from resilience.telemetry.system import enable_system  # noqa: E402

PICTURE = REPOSITORY / "docs" / "pictures" / "dashboard-terminal.svg"
SIZE = (150, 50)


def story(payments):
    """A short outage and its end, time to recover, then the one that the picture is of."""
    time.sleep(20)
    payments.fail()
    time.sleep(5)
    payments.heal()
    time.sleep(30)
    payments.fail()
    time.sleep(7)


async def drawn(collector):
    """The overview as SVG."""
    app = DashboardApp(collector)
    async with app.run_test(size=SIZE) as pilot:
        while app.scene is None:
            await pilot.pause(0.1)
        await pilot.pause(1.0)
        return app.export_screenshot(title="resilience dashboard", simplify=True)


def main():
    """Live through it, and write the picture; fonts are left to who looks at it."""
    with Stage(scripted=False) as stage, enable_system(), Collector(*stage.urls, refresh=1.0) as collector:
        story(stage.origins["payments"])
        svg = asyncio.run(drawn(collector))
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, monospace", "monospace")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
