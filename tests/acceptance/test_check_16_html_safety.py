"""Whatever authors and operators write: in a real browser no script of it runs, nobody else is asked for anything, and
the notice is seen, with the Content-Security-Policy and without its help.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.acceptance.hostile_pages import PLACES, SHAPES, write_attacks, write_shapes
from tests.acceptance.recorder import Recording
from tests.geo.addresses import ADDRESSES
from tests.payloads import PAYLOADS
from tests.readme.test_pages_in_chromium import AA, CONTRASTS
from tests.running import Running, gateway
from tests.screenshots import CHROMIUM, FLAGS, SCREENS
from tests.web.wire import Wire
from tests.web.world import PIXEL

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed"),
]
MOSCOW, BERLIN = ADDRESSES["Moscow"], ADDRESSES["Berlin"]
RUNS = """() => [...document.scripts].filter(s => s.type !== 'application/ld+json').length
  + [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length"""
"""What in a page could run, counted by the browser that would run it."""
SEEN = """() => [...document.querySelectorAll('aside.notice')].map(e => {
  const b = e.getBoundingClientRect(), s = getComputedStyle(e);
  return e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && b.width > 100 && b.height > 20
    && b.left >= -1 && b.left < innerWidth && s.clipPath === 'none' && s.transform === 'none' ? e.dataset.notice : ''; })"""
COVERED = """() => [...document.querySelectorAll('aside.notice')].filter(e => {
  e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();
  return !document.elementFromPoint(b.left + Math.min(b.width, innerWidth) / 2, b.top + b.height / 2)?.closest('aside.notice');
}).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield one
        one.close()


class Watched:
    """A tab, with all that happened in it that must not."""

    def __init__(self, context: BrowserContext, running: Running) -> None:
        self.page: Page = context.new_page()
        self.base = f"http://127.0.0.1:{running.port}"
        self.ran: list[str] = []
        self.foreign: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _dialog(self, dialog: object) -> None:
        self.ran.append(self.page.url)
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if urlsplit(url).netloc != urlsplit(self.base).netloc and not url.startswith(("about:", "data:")):
            self.foreign.append(url)

    def read(self, path: str) -> Page:
        """The page, with everything that it loads."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page


def reader(
    browser: Browser, address: str, *, policed: bool, screen: str = "desktop", scheme: str = "light"
) -> BrowserContext:
    """`policed`: with the Content-Security-Policy; without it, whatever was let through would run."""
    width, height = SCREENS[screen]
    return browser.new_context(
        bypass_csp=not policed, extra_http_headers={"X-Forwarded-For": address},
        viewport={"width": width, "height": height}, color_scheme=scheme,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("policed", [False, True], ids=["without the policy", "with it"])
def test_check_16_no_text_of_anybodys_runs_or_asks_anybody_else(
    browser: Browser, tmp_path: Path, check: Recording, policed: bool
) -> None:
    row = check(16, "with the CSP" if policed else "without the CSP")
    content, policies, kept = write_attacks(tmp_path)
    (content / "media" / "pixel.png").write_bytes(PIXEL)
    pages = could = unseen = 0
    with gateway(tmp_path, content=content, policies=policies) as running:
        moscow = Watched(reader(browser, MOSCOW, policed=policed), running)
        berlin = Watched(reader(browser, BERLIN, policed=policed), running)
        for number in range(0, len(PAYLOADS), 10 if policed else 1):
            paths = [(moscow, f"/articles/a{number}"), (moscow, f"/articles/h{number}")]
            if number in kept:
                paths += [(berlin, f"/articles/a{number}"), (moscow, f"/-/notices/n{number}")]
            for tab, path in paths:
                page = tab.read(path)
                pages += 1
                could += page.evaluate(RUNS)
                if number in kept and path.startswith("/articles/") and f"n{number}" not in page.evaluate(SEEN):
                    unseen += 1
                    print(path, PAYLOADS[number], page.evaluate(SEEN))  # noqa: T201
        for path in ("/", "/sections/world", "/-/transparency", "/nothing"):
            for tab in (moscow, berlin):
                could += tab.read(path).evaluate(RUNS)
                pages += 1
        ran, foreign = moscow.ran + berlin.ran, moscow.foreign + berlin.foreign
        moscow.page.context.close()
        berlin.page.context.close()
    row.figure(
        f"{len(PAYLOADS)} payloads in titles, front matter, bodies, notices, bases: {pages} pages, {len(ran)} scripts ran, "
        f"{could} could, {len(foreign)} foreign requests, {unseen} notices unseen"
    )
    assert (ran, could, foreign, unseen) == ([], 0, [], 0)
    assert len(kept) > 200


@pytest.mark.parametrize(("screen", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_check_16_the_notice_is_seen_on_every_shape_of_page(
    browser: Browser, tmp_path: Path, check: Recording, screen: str, scheme: str
) -> None:
    row = check(16, f"shapes, {screen}, {scheme}")
    content, policies, slugs = write_shapes(tmp_path)
    (content / "media" / "pixel.png").write_bytes(PIXEL)
    unseen, covered, faint, lowest = 0, 0, 0, 99.0
    with gateway(tmp_path, content=content, policies=policies) as running:
        tab = Watched(reader(browser, MOSCOW, policed=False, screen=screen, scheme=scheme), running)
        for slug in slugs:
            page = tab.read(f"/articles/{slug}")
            if sorted(page.evaluate(SEEN)) != ["due", "other"]:
                unseen += 1
                print(slug, list(SHAPES)[int(slug.rpartition("-")[2])], page.evaluate(SEEN))  # noqa: T201
            covered += page.evaluate(COVERED)
            for notice in page.locator("aside.notice").all():
                inks = [ratio for ratio, _ in notice.evaluate(CONTRASTS)]
                lowest = min([lowest, *inks])
                faint += sum(ratio < AA for ratio in inks)
        tab.page.context.close()
    row.figure(
        f"{len(SHAPES)} shapes as Markdown and as HTML, notices in {len(PLACES)} places: {unseen} unseen, {covered} covered, "
        f"least contrast {lowest:.1f}, {len(tab.ran)} scripts, {len(tab.foreign)} foreign requests"
    )
    assert (unseen, covered, faint, tab.ran, tab.foreign) == (0, 0, 0, [], [])


def test_check_16_the_policy_leaves_nothing_to_run_and_nobody_to_ask(tmp_path: Path, check: Recording) -> None:
    """Stricter than Google's csp_evaluator, whose version 1.1.8, run by hand (`npm install csp_evaluator`), finds nothing
    in it, and finds something in each of the weaker ones below but for the pictures from anywhere.
    """
    row = check(16, "CSP")
    with gateway(tmp_path) as running, Wire(running.port) as wire:
        said = wire.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").response()["content-security-policy"]
    assert findings(said) == []
    for weaker in (
        said.replace("default-src 'none'; ", ""),
        said.replace("base-uri 'none'", "base-uri 'self' https:"),
        f"{said}; script-src 'unsafe-inline'",
        f"{said}; script-src https:",
        f"{said}; script-src 'self' data:",
        f"{said}; object-src *",
        f"{said}; script-src cdnjs.cloudflare.com",
        f"{said}; scrpt-src 'none'",
        said.replace("img-src 'self'", "img-src *"),
    ):
        assert findings(weaker), weaker
    row.figure("0 findings, by rules stricter than csp_evaluator's")


DIRECTIVES = {
    "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr",
    "img-src", "media-src", "font-src", "connect-src", "frame-src", "child-src", "worker-src", "object-src",
    "manifest-src", "base-uri", "form-action", "frame-ancestors", "sandbox", "upgrade-insecure-requests",
}  # fmt: skip


def findings(policy: str) -> list[str]:
    """What is missing, unknown, or lets in a script, a plugin, another base, or anything from anywhere."""
    rules = {words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
    found = [f"unknown directive {name}" for name in rules if name not in DIRECTIVES]
    for name in ("script-src", "object-src"):
        sources = rules.get(name, rules.get("default-src"))
        if sources is None:
            found.append(f"missing {name}")
        elif sources != ["'none'"]:
            found.append(f"{name} lets in {' '.join(sources)}")
    if rules.get("base-uri") not in (["'none'"], ["'self'"]):
        found.append("base-uri can be changed")
    found += [f"{name} by plain http or from anywhere" for name, sources in rules.items()
              if {"*", "http:", "https:", "data:"} & set(sources) or any(s.startswith("http://") for s in sources)]  # fmt: skip
    return found
