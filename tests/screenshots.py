"""`make screenshots`: pages of a running gateway in Debian's Chromium, on a phone and on a desktop.

python -m tests.screenshots DIRECTORY
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.running import Running, gateway

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]
ARTICLES = {
    "english": "the-ferry-that-still-runs",
    "russian": "parom-kotoryy-vsyo-eshchyo-khodit",
    "arabic": "al-abbara-allati-ma-zalat-tubhir",
}
SCREENS = {"phone": (390, 844), "desktop": (1120, 840)}
MOSCOW = "95.165.131.17"


def main(directory: Path) -> None:
    """Take every screenshot: each article at the top and at its notice, as read in Moscow."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, gateway(Path(state)) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            for language, slug in ARTICLES.items():
                for screen, (width, height) in SCREENS.items():
                    take(browser, running, slug, width, height, directory / f"{language}-{screen}.png")
        finally:
            browser.close()


def take(browser: Browser, running: Running, slug: str, width: int, height: int, file: Path) -> None:
    """One page, scrolled so that the notice is in sight."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        extra_http_headers={"X-Forwarded-For": MOSCOW},
        device_scale_factor=1,
    )
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{running.port}/articles/{slug}")
    notice = page.locator("aside.notice").first
    notice.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('aside.notice').scrollIntoView({block: 'center'})")
    page.screenshot(path=str(file))
    context.close()
    print(file)  # noqa: T201  (a command that says what it made)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/screenshots"))
