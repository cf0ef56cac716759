"""`make cms-screenshots`: a CMS's pages as their newsroom made them and as a reader in danger gets them, in Chromium.

python -m tests.foreign.screenshots DIRECTORY
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from gateway.policy.model import NoticePlace
from tests.foreign import shown as cms
from tests.screenshots import CHROMIUM, FLAGS

PAGES = {"wordpress": cms.WORDPRESS, "drupal": cms.DRUPAL, "next": cms.NEXT, "legacy": cms.LEGACY, "amp": cms.AMP}


def main(directory: Path) -> None:
    """Take two pictures of each platform's page: `NAME-before.png` and `NAME-after.png`."""
    directory.mkdir(parents=True, exist_ok=True)
    with cms.serving() as site, sync_playwright() as playwright:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {cms.HOST} 127.0.0.1, MAP * ~NOTFOUND"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for name, path in PAGES.items():
            for when, treatments in (("before", None), ("after", cms.endangered(NoticePlace.BEFORE_BODY))):
                site.treatments = treatments
                page = browser.new_page(viewport={"width": 1120, "height": 900}, device_scale_factor=1)
                page.goto(site.url(path), wait_until="load")
                file = directory / f"{name}-{when}.png"
                page.screenshot(path=str(file), full_page=True)
                page.close()
                print(file)  # noqa: T201  (a command that says what it made)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/screenshots/cms"))
