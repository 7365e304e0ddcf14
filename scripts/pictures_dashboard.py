"""Makes the dashboard's pictures in docs/pictures: the page in a real Chromium, on the demo's flaky services.

`python scripts/pictures_dashboard.py` needs Debian's chromium and chromium-driver, and a minute.
"""

import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY / "src"), str(REPOSITORY)]

from tests.dashboard.browser import chromium, picture, resize  # noqa: E402
from tests.dashboard.serving import served  # noqa: E402

from resilience.cli.dashboard._stage import Stage  # noqa: E402 - after the path is set

PICTURES = REPOSITORY / "docs" / "pictures"
SHOTS = (
    ("dashboard-dark", 1400, 1280, True, False),
    ("dashboard-light", 1400, 1280, False, False),
    ("dashboard-phone", 390, 1400, True, True),
    ("dashboard-wall", 2560, 1440, True, False),
)


def main():
    """Let a service fail and recover, fail it again, and take the pictures while it is down."""
    with Stage(scripted=False) as stage, served(urls=stage.urls, collecting={"refresh": 1.0}) as page:
        payments = stage.origins["payments"]
        time.sleep(20)
        payments.fail()
        time.sleep(6)
        payments.heal()
        time.sleep(34)
        with chromium() as driver:
            driver.get(page.url)
            payments.fail()
            time.sleep(7)
            for name, width, height, dark, mobile in SHOTS:
                resize(driver, width, height, dark=dark, mobile=mobile)
                time.sleep(2)
                picture(driver, PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
