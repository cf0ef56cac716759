"""`make screenshots` keeps two of these: a CMS's pages as their newsroom made them and as a reader in danger gets them, and what
`gateway try` shows of one, in Chromium.

python -m tests.foreign.screenshots DIRECTORY [NAME …]
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from gateway.cli.policy_sets import read_set
from gateway.cli.try_article import Source, tried
from gateway.cli.try_command import page_of
from gateway.policy.model import NoticePlace
from tests.foreign import shown as cms
from tests.running import POLICIES
from tests.screenshots import CHROMIUM, FLAGS

PAGES = {"wordpress": cms.WORDPRESS, "drupal": cms.DRUPAL, "next": cms.NEXT, "legacy": cms.LEGACY, "amp": cms.AMP}
NAMES = ("try", *(f"{name}-{when}" for name in PAGES for when in ("before", "after")))


def main(directory: Path, names: tuple[str, ...] = NAMES) -> None:
    """Take pictures by their names: `NAME-before`, `NAME-after`, `try`."""
    directory.mkdir(parents=True, exist_ok=True)
    with cms.serving() as site, sync_playwright() as playwright:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {cms.HOST} 127.0.0.1, MAP * ~NOTFOUND"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name in names:
            file = directory / f"cms-{name}.png"
            if name == "try":
                take_trial(browser, site, file)
            else:
                take_page(browser, site, name, file)
            print(file)  # noqa: T201  (a command that says what it made)
        browser.close()


def take_page(browser: Browser, site: cms.Serving, name: str, file: Path) -> None:
    """One page, whole."""
    page_name, _, when = name.partition("-")
    site.treatments = None if when == "before" else cms.endangered(NoticePlace.BEFORE_BODY)
    page = browser.new_page(viewport={"width": 1120, "height": 700}, device_scale_factor=1)
    page.goto(site.url(PAGES[page_name]), wait_until="load")
    page.screenshot(path=str(file), full_page=True)
    page.close()


def take_trial(browser: Browser, site: cms.Serving, file: Path) -> None:
    """The five readers of an article side by side."""
    site.treatments = None
    of = cms.response(cms.WORDPRESS)
    body = of.body.replace(f"https://{cms.HOST}".encode(), f"http://{cms.HOST}:{site.port}".encode())
    source = Source(type(of)(200, "OK", of.fields, body), site.url(cms.WORDPRESS))
    policies = read_set(POLICIES)[1]
    result = tried(source, policies, cms.DEFAULTS, datetime(2026, 11, 23, tzinfo=UTC), lambda _: None)
    page = browser.new_page(viewport={"width": 2000, "height": 2000}, device_scale_factor=0.7)
    page.set_content(page_of(result), wait_until="load")
    page.wait_for_function("[...document.querySelectorAll('iframe')].length === 5")
    for frame in page.frames[1:]:
        frame.wait_for_load_state("load")
    page.screenshot(path=str(file))
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or NAMES)
