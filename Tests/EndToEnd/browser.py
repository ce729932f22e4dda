"""A real browser for the pages: Debian's Chromium, without a window. Whatever a page complains of, a violation of its
policy included, fails the test that has it open."""

import contextlib
import os
import pathlib
import shutil

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

SCREENSHOTS = pathlib.Path(os.environ.get("SCREENSHOT_DIR") or
                           pathlib.Path(__file__).resolve().parents[2] / ".build" / "screenshots")
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


@contextlib.contextmanager
def chromium():
    """The browser. It starts without its sandbox only where it must: a sandbox refuses root."""
    program = shutil.which("chromium")
    assert program, "Debian's package chromium is needed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser, size=DESKTOP, expected=(), **options):
    """A page in a profile of its own. `expected` are parts of complaints that belong to the test."""
    context = browser.new_context(viewport=size, accept_downloads=True, locale="en-GB", timezone_id="UTC", **options)
    context.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"{error}"))
    yield page
    context.close()
    unexpected = [text for text in complaints if not any(part in text for part in expected)]
    assert not unexpected, unexpected


def shoot(page, name):
    """Keeps a picture of the whole page for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=str(path), full_page=True, animations="disabled")
    return path


def check_accessibility(page):
    """No violation of WCAG 2.1 A and AA that axe-core finds. Its code runs beside the page, whose policy stays on."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    assert not found, [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]


def too_wide(page):
    """What makes the page scroll sideways; empty when it fits."""
    return page.evaluate("""() => {
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= room) return [];
      return [...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > room)
        .map((node) => node.outerHTML.slice(0, 120));
    }""")
