"""The page in a real Chromium: hostile names, other sites, an outage and its end, a phone, a keyboard, a token."""

import itertools
import logging
import os
from contextlib import suppress

import pytest
from tests.dashboard.browser import CHROMIUM, chromium, complaints, resize
from tests.dashboard.serving import TOKEN, eventually, served
from tests.dashboard.workers import workers
from tests.origins import Origin, answer, json_answer

import resilience
from resilience import telemetry
from resilience.config import Settings

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not CHROMIUM.exists() and "CI" not in os.environ, reason="needs Debian's chromium and chromium-driver"
    ),
]
NASTY = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)</script>"
QUICK = Settings(environment={"CIRCUIT_BREAKER_RESET_TIMEOUT_MS": "500", "RETRY_MAX_ATTEMPTS": "1"})


@pytest.fixture(scope="module")
def browser():
    """One browser for all of them."""
    with chromium() as driver:
        yield driver


def shown(driver, selector):
    """The text of every element that matches."""
    return driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector
    )


def opened(driver, page):
    """Open the page, and wait until it is live."""
    resize(driver, 1400, 1000)
    driver.get("about:blank")  # the page before asks its server, which is gone, until it is left
    driver.get_log("browser")
    driver.get(page.url)
    eventually(lambda: "live" in "".join(shown(driver, "#live")))


def test_row_66_hostile_names_are_text(browser):
    """Names, details, log lines and facts with markup in them are shown as they are; nothing runs, nothing is reported."""
    breaker = resilience.CircuitBreaker(NASTY, trip=resilience.Consecutive(1))
    chain = resilience.Pipeline(resilience.Bulkhead(2, name=f"'\"{SCRIPT}"), name=f"javascript:alert(3)//{NASTY}")
    guarded = chain(lambda: 1)
    health = {"status": "UP", "checks": {NASTY: {"status": "DOWN", "output": SCRIPT}}, "version": NASTY}
    with (
        telemetry.enable(),
        Origin(then=json_answer(health)) as origin,
        telemetry.section("system", lambda: {"process": {"name": NASTY, "pid": 1}, "top": [{"name": NASTY, "pid": 2}]}),
        served(urls=[f"{NASTY[:8]}evil={origin.url}"], control_token=TOKEN) as page,
    ):
        logging.getLogger(NASTY).error("%s %s \x1b[31m\u202e", NASTY, SCRIPT)
        breaker.open(60)
        guarded()
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCHER})
        opened(browser, page)
        eventually(lambda: NASTY in shown(browser, ".tile h3"))
        eventually(lambda: any(NASTY in text for text in shown(browser, "#logs-lines .text")))
        eventually(lambda: any(NASTY in text for text in shown(browser, ".services .pill")))
        browser.execute_script(
            "[...document.querySelectorAll('.tile')].find((one) => one.textContent.includes('onerror')).click()"
        )
        eventually(lambda: any(NASTY in text for text in shown(browser, "#detail-title")))
        assert shown(browser, "main img, main script, dialog img, [onerror]") == []
        assert browser.execute_script("return window.hits") == []
        assert complaints(browser) == []


_WATCHER = """
window.hits = [];
document.addEventListener('securitypolicyviolation', (event) => window.hits.push(event.violatedDirective));
for (const name of ['alert', 'confirm', 'prompt']) window[name] = (told) => window.hits.push(name + told);
"""


def test_row_66_an_inline_script_would_be_refused_and_seen(browser):
    """The watch of the test above works: what it looks for is caught and told."""
    from selenium.common.exceptions import WebDriverException

    with served() as page:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCHER})
        opened(browser, page)
        for attribute in ("style", "onerror"):
            script = "document.createElement('img').setAttribute(arguments[0], 'alert(1)')"
            with suppress(WebDriverException):
                browser.execute_script(script, attribute)
        hits = eventually(lambda: browser.execute_script("return window.hits.length > 1 && window.hits"))
        assert {hit.partition("-")[0] for hit in hits} == {"style", "require"}
        with pytest.raises(WebDriverException, match="TrustedHTML"):
            browser.execute_script("document.body.innerHTML = '<b>x</b>'")


def test_row_65_a_form_of_another_site_changes_nothing(browser):
    """A page of another origin posts a form, fetches and frames ours: nothing is done, nothing is read."""
    breaker = resilience.CircuitBreaker("wanted by another site")
    with served(control_token=TOKEN) as page, Origin() as evil:
        body = _EVIL.replace("TARGET", page.url).encode()
        evil.play(then=answer(200, body, {"content-type": "text/html"}))
        browser.get(evil.url)
        eventually(lambda: browser.execute_script("return window.done"))
        assert browser.execute_script("return window.done") == "refused"
        eventually(lambda: browser.execute_script("return window.framed"))
        browser.execute_script("document.forms[0].submit()")
        eventually(lambda: "another" in browser.page_source)
    assert breaker.state == "closed"


_EVIL = """<!doctype html><iframe name="frame"></iframe>
<form method="post" action="TARGETapi/control" enctype="text/plain">
<input name='{"action":"isolate","kind":"circuit-breaker","name":"wanted by another site","x":"' value='"}'></form>
<script>
fetch("TARGETapi/snapshot").then(() => { window.done = "read"; }, () => { window.done = "refused"; });
const frame = document.querySelector("iframe");
frame.onload = () => { window.framed = true; };
frame.src = "TARGET";
</script>"""


def test_an_outage_is_seen_and_so_is_its_end(browser):
    """Down is on the page within one refresh, then the breaker opens; the service comes back, and the page says so."""
    with (
        telemetry.enable(),
        Origin(then=json_answer({"status": "UP"})) as origin,
        served(urls=[f"shop={origin.url}"], collecting={"miniapp": {"settings": QUICK}, "interval": 0.2}) as page,
    ):
        opened(browser, page)
        eventually(lambda: shown(browser, ".services .pill")[:1] == ["✓ online"])
        origin.play(then=answer(503, b"down"))
        seen = eventually(lambda: next((one for one in page.collector.board().services if not one.online), None))
        number = page.collector.board().number
        eventually(lambda: shown(browser, ".services .pill")[:1] == ["▲ down"])
        assert seen.is_stale
        assert page.collector.board().number - number <= 3
        eventually(lambda: "open" in shown(browser, ".tile .pill"))
        eventually(lambda: any("shop is offline" in text for text in shown(browser, "#alerts-firing li")))
        assert any("last answer" in text for text in shown(browser, ".services .card"))
        origin.play(then=json_answer({"status": "UP"}))
        eventually(lambda: shown(browser, ".services .pill")[:1] == ["✓ online"])
        eventually(
            lambda: "Nothing fires" in "".join(shown(browser, "#alerts-firing")) or shown(browser, "#alerts-recent li")
        )
        assert complaints(browser) == []


def test_a_dashboard_that_goes_away_keeps_its_last_board(browser):
    """When the server is gone the page keeps what it knew and says how old it is; when it is back it goes on."""
    with served() as page:
        opened(browser, page)
        port = page.port
    eventually(lambda: "no answer; last known" in "".join(shown(browser, "#live")))
    assert shown(browser, "#figures dd")
    assert port


WIDEST = "return document.documentElement.scrollWidth"
SCREENS = [(360, 740), (768, 1024), (1400, 900), (2560, 1440)]


def test_it_fits_every_screen(browser):
    """Whatever names are long, nothing runs out of the screen's width, and the theme follows the system."""
    long = "a_very_long_name_" * 6
    names = [resilience.CircuitBreaker(f"{long}{number}") for number in range(3)]
    top = [{"pid": 12345, "name": long, "cpu_percent": 100.0, "memory": 5e9}]
    machine = telemetry.section("system", lambda: {"top": top, "disks": [{"path": f"/{long}", "percent": 91.0}]})
    with telemetry.enable(), machine, served(urls=[f"{long}=http://127.0.0.1:1/{long}"]) as page:
        for breaker in names:
            breaker.call(int, "7")
        opened(browser, page)
        eventually(
            lambda: shown(browser, "#system-grid td") and "offline" in "".join(shown(browser, "#services-grid p"))
        )
        for (width, height), dark in itertools.product(SCREENS, (True, False)):
            resize(browser, width, height, dark=dark, mobile=width < 500)
            theme = "dark" if dark else "light"
            eventually(
                lambda theme=theme: browser.execute_script("return document.documentElement.dataset.theme") == theme
            )
            # Not against `innerWidth`: on a phone that grows with what runs out. Charts follow a new width in a moment.
            eventually(lambda width=width: browser.execute_script(WIDEST) <= width, within=5)


def test_it_is_used_by_keyboard_and_named_for_screen_readers(browser):
    """Every control has a name; `/` goes to the filter, Enter opens a tile, Escape closes it and the focus comes back."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    breaker = resilience.CircuitBreaker("by keyboard")
    with telemetry.enable(), served() as page:
        breaker.call(int, "7")
        opened(browser, page)
        eventually(lambda: "by keyboard" in shown(browser, ".tile h3"))
        browser.find_element(By.TAG_NAME, "body").send_keys("/")
        field = browser.switch_to.active_element
        assert field.get_attribute("id") == "filter"
        field.send_keys("by keyboard")
        eventually(lambda: shown(browser, ".tile h3") == ["by keyboard"])
        tile = browser.find_element(By.CSS_SELECTOR, ".tile")
        tile.send_keys(Keys.ENTER)
        eventually(lambda: browser.execute_script("return document.getElementById('detail').open"))
        eventually(lambda: shown(browser, "#detail .hours figcaption"))
        browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        eventually(lambda: not browser.execute_script("return document.getElementById('detail').open"))
        assert "by keyboard" in browser.switch_to.active_element.text
        tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        nameless = [
            node for node in tree if node.get("role", {}).get("value") in _CONTROLS and not node["name"]["value"]
        ]
        assert nameless == []


_CONTROLS = {"button", "link", "combobox", "searchbox", "textbox", "dialog"}


def test_a_control_asks_for_its_token_and_acts(browser):
    """The first control asks for the token; a wrong one changes nothing, the right one does."""
    from selenium.webdriver.common.by import By

    breaker = resilience.CircuitBreaker("isolated by hand")
    with telemetry.enable(), served(control_token=TOKEN, collecting={"controls": True}) as page:
        breaker.call(int, "7")
        opened(browser, page)
        eventually(lambda: "isolated by hand" in shown(browser, ".tile h3"))
        _click(browser, ".tile", "isolated by hand")
        for token, state in (("wrong" * 5, "closed"), (TOKEN, "isolated")):
            eventually(lambda: shown(browser, ".controls button"))
            _click(browser, ".controls button", "isolate")
            eventually(lambda: browser.execute_script("return document.getElementById('ask').open"))
            browser.find_element(By.ID, "ask-token").send_keys(token)
            _click(browser, "#ask button", "Go on")
            words = (
                "isolated" if state == "isolated" else "the control token is needed, in the header X-Resilience-Token"
            )
            eventually(lambda words=words: words in shown(browser, ".controls [role=status]"))
            assert breaker.state == state
    breaker.close()


def _click(driver, selector, words):
    script = (
        "[...document.querySelectorAll(arguments[0])].find((one) => one.textContent.includes(arguments[1])).click()"
    )
    driver.execute_script(script, selector, words)


def test_a_page_asks_for_the_token_to_read(browser):
    """Where reading needs a token the page asks for it, and then goes on; the token stands in no address."""
    from selenium.webdriver.common.by import By

    with served(token=TOKEN) as page:
        browser.get(page.url)
        eventually(lambda: browser.execute_script("return document.getElementById('ask').open"))
        browser.find_element(By.ID, "ask-token").send_keys(TOKEN)
        _click(browser, "#ask button", "Go on")
        eventually(lambda: "live" in "".join(shown(browser, "#live")))
        addresses = browser.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
        assert not any(TOKEN in address for address in [*addresses, browser.current_url])
        assert all(address.startswith(page.url) for address in addresses)


def test_nothing_is_asked_of_anybody_else(browser):
    """Every request of the page goes to its own server."""
    with served() as page:
        opened(browser, page)
        script = "return performance.getEntriesByType('resource').map((one) => one.name)"
        addresses = browser.execute_script(script)
        assert addresses
        assert all(address.startswith(page.url) for address in addresses)


def test_the_processes_of_a_service_are_summed_and_shown_one_by_one_on_demand(browser):
    """A tile says in how many processes the breaker is open; it opens to each, and a box shows each as a tile."""
    with workers((10, "closed"), (20, "open")) as url, served(urls=[f"shop={url}"]) as page:
        opened(browser, page)
        name = "payments"
        eventually(lambda: "open in 1 of 2" in shown(browser, "#policies-grid .tile .pill"))
        assert shown(browser, "#policies-grid .tile h3").count(name) == 1
        tile = (
            "[...document.querySelectorAll('.tile')].find((one) => one.querySelector('h3').textContent === 'payments')"
        )
        browser.execute_script(f"{tile}.click()")
        rows = eventually(lambda: shown(browser, "#detail-body tbody tr"))
        assert sum("open" in row for row in rows) >= 1
        assert "30" in "".join(shown(browser, "#detail-body .pairs"))
        browser.execute_script("document.getElementById('detail').close()")
        browser.execute_script("document.getElementById('policies-each').click()")
        eventually(lambda: shown(browser, "#policies-grid .tile h3").count(name) == 2)
        assert complaints(browser) == []
