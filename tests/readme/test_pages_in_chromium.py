"""Pages with notices, as a browser shows them: seen, legible, reachable by keyboard, and between two parties only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.running import Running, gateway
from tests.screenshots import ARTICLES, CHROMIUM, FLAGS, MOSCOW, SCREENS

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")
LAGOS = "102.88.20.34"
NOTICE = "aside.notice"
AA = 4.5
"""The least contrast of text under WCAG 2.2, success criterion 1.4.3 (AA)."""

CONTRASTS = """root => {
  const rgb = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {c: [r, g, b], a}; };
  const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const paper = e => { for (; e; e = e.parentElement) { const p = rgb(getComputedStyle(e).backgroundColor);
    if (p.a === 1) return p.c; if (p.a) throw Error("a paper that is half there"); } throw Error("no paper"); };
  const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement, style = getComputedStyle(e);
    if (!walker.currentNode.data.trim() || !e.checkVisibility()) continue;
    const ink = rgb(style.color), [low, high] = [light(ink.c), light(paper(e))].sort((a, b) => a - b);
    found.push([(high + .05) / (low + .05) * ink.a * style.opacity, walker.currentNode.data.trim().slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("gateway")) as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield one
        one.close()


@contextmanager
def opened(
    browser: Browser,
    running: Running,
    language: str,
    *,
    reader: str = MOSCOW,
    screen: str = "desktop",
    scheme: Literal["light", "dark"] = "light",
    scripts: bool = True,
    style: bool = True,
) -> Iterator[tuple[Page, list[Request]]]:
    """The article in this language, as read from this address; with every request that its page made."""
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        java_script_enabled=scripts,
        extra_http_headers={"X-Forwarded-For": reader},
    )
    try:
        page, requests = context.new_page(), list[Request]()
        page.on("request", lambda request: requests.append(request))  # noqa: PLW0108  (playwright marks the handler)
        if not style:
            page.route("**/*.css", lambda route: route.abort())
        page.goto(f"http://127.0.0.1:{running.port}/articles/{ARTICLES[language]}", wait_until="load")
        yield page, requests
    finally:
        context.close()


def wait_until(page: Page, expression: str, seconds: float = 5.0) -> None:
    """Ask again and again: the page's own policy forbids what playwright would do to be told."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.02)


@pytest.mark.parametrize("language", ARTICLES)
def test_a_page_with_a_notice_asks_nobody_else_and_tells_nobody(
    browser: Browser, running: Running, language: str
) -> None:
    with opened(browser, running, language) as (page, requests):
        assert page.locator(NOTICE).count() == 1
        assert len(requests) >= 3, "page, style sheet and picture"
        assert {urlsplit(request.url).netloc for request in requests} == {f"127.0.0.1:{running.port}"}
        assert not [request.url for request in requests if "referer" in request.all_headers()]
        assert page.context.cookies() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ARTICLES)
def test_the_notice_is_seen_and_legible(
    browser: Browser, running: Running, language: str, screen: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, running, language, screen=screen, scheme=scheme) as (page, _):
        notice = page.locator(NOTICE)
        notice.scroll_into_view_if_needed()
        assert notice.is_visible()
        box = notice.bounding_box()
        assert box is not None
        assert box["width"] > 250
        assert box["height"] > 100
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SCREENS[screen][0]
        on_top = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y)?.closest('aside.notice') !== null",
            [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
        )
        assert on_top, "nothing lies over it"
        inks = notice.evaluate(CONTRASTS) + page.locator("body").evaluate(CONTRASTS)
        assert len(inks) > 20
        assert [(round(ratio, 2), text) for ratio, text in inks if ratio < AA] == []


@pytest.mark.parametrize("language", ARTICLES)
def test_without_scripts_and_style_sheet_the_article_and_its_notice_can_be_read(
    browser: Browser, running: Running, language: str
) -> None:
    with opened(browser, running, language, scripts=False, style=False) as (page, requests):
        assert any(request.failure for request in requests), "the style sheet was asked for and refused"
        assert page.locator(NOTICE).is_visible()
        assert page.locator("h1").is_visible()
        text = page.locator("body").inner_text()
        order = [page.locator(each).first.inner_text() for each in ("h1", "main h2", NOTICE)]
        positions = [text.index(part.splitlines()[0]) for part in order]
        assert positions == sorted(positions)
        box = page.locator(NOTICE).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SCREENS["desktop"][0], "only the picture may be wider than the window"


@pytest.mark.parametrize("language", ARTICLES)
def test_the_keyboard_gets_to_the_notice_by_the_second_skip_link(
    browser: Browser, running: Running, language: str
) -> None:
    with opened(browser, running, language, screen="phone") as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        page.keyboard.press("Tab")
        link = page.locator("a:focus")
        assert link.get_attribute("href") == "#notices"
        assert link.is_visible()
        wait_until(page, "document.activeElement.getBoundingClientRect().top >= 0")  # it slides in
        page.keyboard.press("Enter")
        wait_until(page, "document.querySelector('aside.notice').getBoundingClientRect().top < innerHeight")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('aside.notice') !== null"), "reading goes on in the notice"


def test_arabic_runs_from_right_to_left_and_its_notice_too(browser: Browser, running: Running) -> None:
    with opened(browser, running, "arabic") as (page, _):
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.locator("html").get_attribute("lang") == "ar"
        style = "e => [getComputedStyle(e).direction, getComputedStyle(e).borderRightWidth, getComputedStyle(e).borderLeftWidth]"
        direction, right, left = page.locator(NOTICE).evaluate(style)
        assert direction == "rtl"
        assert float(right.removesuffix("px")) > float(left.removesuffix("px")), "the bar stands where reading begins"
        sources = page.locator("footer .small a")
        places = [box["x"] for link in sources.all() if (box := link.bounding_box())]
        assert places == sorted(places, reverse=True), "the sources stand in the order of the text"


def test_a_reader_whom_it_does_not_concern_sees_an_ordinary_page(browser: Browser, running: Running) -> None:
    with opened(browser, running, "english", reader=LAGOS) as (page, _):
        assert page.locator(NOTICE).count() == 0
        assert page.locator("a[href='#notices']").count() == 0
        assert page.locator("h1").is_visible()
