"""Treated pages in Debian's Chromium: the notice is seen, no other host is asked, no widget is left. And hostile pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.policy.decision import Treatments
from gateway.policy.model import NoticePlace
from tests.foreign import shown as cms
from tests.foreign.shapes import SHAPES
from tests.screenshots import CHROMIUM, FLAGS

SEEN = """() => [...document.querySelectorAll("aside[data-notice]")].map(notice => {
  const box = notice.getBoundingClientRect();
  const parts = s => (s.match(/[\\d.]+/g) || []).slice(0, 3).map(Number);
  const light = s => { const [r, g, b] = parts(s).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
                       return .2126 * r + .7152 * g + .0722 * b; };
  const text = notice.querySelector("p"), style = getComputedStyle(notice);
  const [a, b] = [light(getComputedStyle(text).color), light(style.backgroundColor)].sort((x, y) => y - x);
  notice.scrollIntoView({block: "center"});
  const now = text.getBoundingClientRect();
  const at = document.elementFromPoint(now.left + 3, now.top + now.height / 2);
  return {width: box.width, height: box.height, seen: notice.checkVisibility({opacityProperty: true, visibilityProperty: true}),
          contrast: (a + .05) / (b + .05), size: parseFloat(getComputedStyle(text).fontSize), hit: !!at && notice.contains(at),
          left: now.left, right: now.right};
})"""
WIDGETS = (
    ".sharedaddy, .a2a_kit, .mc4wp-form, #comments, #respond, .donate-box, .donate-button, .sticky-share, amp-social-share, "
    ".better-social-sharing-buttons, .webform-submission-form, .flag-bookmark, [class*='ShareBar'], [data-testid=paywall], iframe, .ya-share2, #rebuilt"
)


pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--host-resolver-rules=MAP {cms.HOST} 127.0.0.1, MAP * ~NOTFOUND"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def site() -> Iterator[cms.Serving]:
    with cms.serving() as served:
        yield served


def opened(browser: Browser, url: str) -> tuple[Page, list[str]]:
    """The page as it is once it has loaded, and every other host that it asked."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    asked: list[str] = []
    page.on(
        "request",
        lambda request: None if urlsplit(request.url).hostname in (cms.HOST, None) else asked.append(request.url),
    )
    page.goto(url, wait_until="load", timeout=30_000)
    return page, asked


@pytest.mark.parametrize("path", cms.ARTICLES)
def test_a_reader_in_danger_sees_the_warning_and_asks_no_other_host(
    browser: Browser, site: cms.Serving, path: str
) -> None:
    site.treatments = cms.endangered()
    page, asked = opened(browser, site.url(path))
    [notice] = page.evaluate(SEEN)
    left = page.locator(WIDGETS).count()
    page.evaluate("for (const one of document.images) one.loading = 'eager'")  # a lazy one holds up no `load`
    page.wait_for_function("[...document.images].every(one => one.complete && one.naturalWidth)", timeout=20_000)
    page.close()
    assert (notice["seen"], notice["hit"]) == (True, True)
    assert notice["width"] > 200
    assert notice["height"] > 40
    assert notice["contrast"] >= 4.5
    assert notice["size"] >= 14
    assert asked == []
    assert left == 0


def test_the_same_pages_untreated_do_all_of_that(browser: Browser, site: cms.Serving) -> None:
    """Else the test above would prove nothing."""
    site.treatments = None
    for path in (cms.WORDPRESS, cms.DRUPAL, cms.NEXT, cms.LEGACY):
        page, asked = opened(browser, site.url(path))
        assert page.locator(WIDGETS).count() > 0, path
        assert asked, path
        page.close()


@pytest.mark.acceptance
@pytest.mark.parametrize("place", list(NoticePlace))
def test_a_notice_is_seen_at_every_place_of_every_platform(
    browser: Browser, site: cms.Serving, place: NoticePlace
) -> None:
    site.treatments = Treatments(notices=cms.due(place))
    for path in (cms.WORDPRESS, cms.DRUPAL, cms.NEXT, cms.LEGACY):
        page, _ = opened(browser, site.url(path))
        [notice] = page.evaluate(SEEN)
        page.close()
        assert (notice["seen"], notice["hit"], notice["width"] > 150) == (True, True, True), path


def test_no_page_hides_a_notice(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.route("**/*", lambda route: route.abort())
    hidden: dict[str, object] = {}
    for name, shape in SHAPES.items():
        treated = cms.shown(cms.page(shape), Treatments(notices=cms.due()))
        page.set_content(cms.text_of(treated), wait_until="domcontentloaded")
        found = page.evaluate(SEEN)
        one = found[0] if len(found) == 1 else {}
        if not (
            one
            and one["seen"]
            and one["width"] > 100
            and one["height"] > 20
            and one["left"] >= 0
            and one["contrast"] >= 4.5
        ):
            hidden[name] = found
    page.close()
    assert hidden == {}


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'self'",
        "style-src 'self' 'nonce-x'; script-src 'none'",
        "default-src 'none'; style-src-attr 'none'",
    ],
)
def test_a_pages_own_security_policy_does_not_undo_the_notices_styles(
    browser: Browser, site: cms.Serving, policy: str
) -> None:
    site.treatments = Treatments(notices=cms.due())
    for way in ("header", "page"):
        site.fields = (("Content-Security-Policy", policy),) if way == "header" else ()
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'.encode() if way == "page" else b""
        site.change = lambda body, meta=meta: body.replace(b'<meta charset="UTF-8">', b'<meta charset="UTF-8">' + meta)
        page, _ = opened(browser, site.url(cms.WORDPRESS))
        found = page.evaluate(SEEN)
        page.close()
        assert [(one["seen"], one["hit"]) for one in found] == [(True, True)], way
    site.fields, site.change = (), lambda body: body
