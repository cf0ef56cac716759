"""Every action of the policy language, at every door, through a gateway that runs: what it does and what it leaves."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import brotli
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.geo.worlds import geoip2, write_mmdb
from tests.running import Answer, Running, exchange, gateway
from tests.sites import policy, write_article, write_content, write_policies

READERS = {
    "GB": "81.2.69.10", "DE": "141.20.1.34", "US": "8.8.8.8", "CA": "24.48.0.1", "NO": "84.208.0.1", "IR": "2.144.0.1",
    "KP": "175.45.176.1", "RU": "37.144.12.34", "NG": "102.88.20.34", "ID-JK": "36.66.0.1", "ID-BA": "36.67.0.1",
    "ID-PA": "36.68.0.1",
}  # fmt: skip
UNKNOWN = "93.84.20.34"
"""An address of which the database below knows nothing."""
LISTS = ("/", "/sections/world", "/feed.xml", "/sections/world/feed.xml", "/sitemap.xml")
BACK = timedelta(hours=2)

REGIONS = """
    regions:
      west: {wholly: [ID-JK]}
      centre: {wholly: [ID-BA]}
      east: {wholly: [ID-PA]}
"""
NOTICES = ("about-part", "gone", "held", "barred", "marked", "top", "above", "below", "end", "shadowed")


def pages(slug: str) -> tuple[str, ...]:
    """Every door at which an article might show itself."""
    return (f"/articles/{slug}", f"/articles/{slug}.json", *LISTS)


def in_seconds(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


def decoded(answer: Answer) -> bytes:
    used = answer.headers.get("content-encoding", "identity")
    return {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[used](answer.body)


def write_site(root: Path) -> Path:
    for slug in ("bought", "blocked", "marked", "gone", "shadowed", "held"):
        write_article(root, slug, title=f"Title of {slug}")
    for word in ("part", "title", "article"):
        write_article(
            root,
            f"with-{word}",
            title=f"ORIGINALTITLE {word}",
            extra=f"kicker: ORIGINALKICKER {word}\ndateline: ORIGINALPLACE {word}\n"
            f"image: {{src: {word}.svg, caption: ORIGINALCAPTION {word}, credit: C, alt: ORIGINALALT {word}}}\n",
            body=f"Before.\n\n::: part id=p1\nORIGINALPART {word}, ![ORIGINALINNER](inner-{word}.svg)\n:::\n\nORIGINALREST {word}.",
        )
        for name in (word, f"inner-{word}"):
            write_medium(root, f"{name}.svg")
    write_article(
        root,
        "only-inside",
        title="Only inside",
        body="Before.\n\n::: part id=p1\n![ORIGINALINSIDE](inside.svg) ![both](both.svg)\n:::\n\n![both](both.svg)",
    )
    write_medium(root, "inside.svg")
    write_medium(root, "both.svg")
    write_article(root, "pictured", body="Look: ![ORIGINALCAT](cat.svg)\n\nAnd: ![A dog](dog.svg)\n",
                  extra="image: {src: lion.svg, caption: ORIGINALLION, credit: Somebody, alt: ORIGINALLION}\n")  # fmt: skip
    write_article(root, "also-pictured", title="Also", body="![A bird](bird.svg)\n")
    write_medium(root, "cat.svg", "[US]")
    write_medium(root, "lion.svg", "[US, CA]")
    write_medium(root, "dog.svg", "[worldwide]")
    write_medium(root, "bird.svg")
    write_article(root, "protected", title="Protected", extra="image: {src: protected.svg}\n")
    write_medium(root, "protected.svg")
    write_article(root, "headed", title="Headed", extra="image: {src: headed.svg}\n")
    write_medium(root, "headed.svg")
    write_article(root, "noticed", title="Noticed")
    write_article(root, "bemerkt", title="Bemerkt", language="de", extra="translation_of: noticed\n")
    write_article(root, "remarque", title="Remarqué", language="fr", extra="translation_of: noticed\n")
    write_article(root, "zamecheno", title="Замечено", language="ru", extra="translation_of: noticed\n")
    return root


def write_medium(root: Path, name: str, rights: str = "") -> None:
    (root / "media").mkdir(exist_ok=True)
    (root / "media" / name).write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><title>{name}</title></svg>')
    if rights:
        (root / "media" / f"{name}.yaml").write_text(f"rights: {rights}\n")


def only(slug: str) -> str:
    return f"{{slugs: [{slug}]}}"


def write_set(root: Path) -> Path:
    made = write_policies(
        root,
        [
            policy("send", 'redirect: {to: "https://www.allowed.example/why?shop=1", status: 302}',
                   readers="{in: [IR]}", articles=only("bought"), kind="statute"),
            policy("send-on", "redirect: {to: /-/transparency, status: 307}", readers="{in: [KP]}",
                   articles=only("bought"), kind="statute"),
            policy("put-part", "substitute: {part: p1, with: texts/part.md}", readers="{in: [NO]}",
                   articles=only("with-part"), kind="statute"),
            policy("hold-part", "withhold: {parts: [p1], notice: about-part}", readers="{in: [DE]}",
                   articles="{slugs: [with-part, only-inside]}", kind="order"),
            policy("put-title", "substitute: {title: true, with: texts/title.md}", readers="{in: [NO]}",
                   articles=only("with-title"), kind="statute"),
            policy("put-article", "substitute: {article: true, with: texts/article.md}", readers="{in: [NO]}",
                   articles=only("with-article"), kind="statute"),
            policy("head", 'headers: {x-robots-tag: "noindex, noarchive", Referrer-Policy: origin, Content-Language: "en-GB"}',
                   readers="{in: [GB]}", articles=only("headed"), kind="contract"),
            policy("licensed", "withhold: {media: all, notice: held}\n    certainty: possible", readers="{not_in: [US]}",
                   articles="{media: {rights: [US]}}", kind="contract"),
            policy("withdrawn", "block: {notice: gone}\n    certainty: anyone", articles=only("gone")),
            policy("barred", "block: {notice: barred}", readers="{in: [GB]}", articles=only("blocked"), kind="order",
                   effective="effective: [{from: 2026-01-01T00:00:00Z, until: lifted}]\n"),
            policy("marked", "block: {notice: marked, listing: mark}", readers="{in: [GB]}", articles=only("marked"),
                   kind="order"),
            policy("rehearsed", "block: {notice: shadowed}", "notice: {id: shadowed}", "protect: all",
                   readers="{in: [GB]}", articles=only("shadowed"), kind="order", state="shadow"),
            policy("partly", "protect: {except: [sharing, embeds]}", "notice: {id: end}", readers="{in: [RU]}",
                   articles=only("protected")),
            policy("places", "notice: {id: top, place: banner, fallback: [ru, en]}",
                   "notice: {id: above, place: after-title}", "notice: {id: below, place: before-body}",
                   "notice: {id: end, place: after-body, show: [article, listing]}",
                   readers="{in: [RU]}", articles=only("noticed")),
        ],
        notices=NOTICES,
    )  # fmt: skip
    for language, said in (("ru", "Если вы там"), ("de", "Wenn Sie dort sind")):
        (made / "notices" / "top" / f"{language}.md").write_text(
            f"---\ntitle: top in {language}\nself_conditional: true\n---\n{said}, top.\n"
        )
    (made / "texts").mkdir()
    (made / "texts" / "part.md").write_text("REPLACEDPART, *without* a name.\n")
    (made / "texts" / "title.md").write_text("REPLACEDTITLE & nothing else\n")
    (made / "texts" / "article.md").write_text("## REPLACEDHEADING\n\nREPLACEDARTICLE.\n")
    return made


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = {f"{address}/32": geoip2(*place.split("-")) for place, address in READERS.items()}
    return write_mmdb(tmp_path_factory.mktemp("evidence") / "city.mmdb", records)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, evidence: Path) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("actions")
    with gateway(
        root,
        content=write_site(root / "content"),
        policies=write_set(root / "policies"),
        geoip=str(evidence),
        redirect_hosts="www.allowed.example",
    ) as running:
        yield running


def of(place: str) -> str:
    return READERS.get(place, UNKNOWN)


# redirect


@pytest.mark.parametrize("path", ["/articles/bought", "/articles/bought.json"])
@pytest.mark.parametrize(
    ("place", "status", "location"),
    [("IR", 302, "https://www.allowed.example/why?shop=1"), ("KP", 307, "/-/transparency")],
)
def test_a_redirect_leads_where_the_policy_says_and_carries_nothing_of_the_article(
    site: Running, path: str, place: str, status: int, location: str
) -> None:
    assert site.get(path, reader=of("NG")).status == 200, "warm for others"
    for method in ("GET", "HEAD", "GET"):
        answer = site.get(path, reader=of(place), method=method)
        assert (answer.status, answer.headers["location"]) == (status, location)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.body == b""
    for elsewhere in ("NG", "unknown"):
        answer = site.get(path, reader=of(elsewhere))
        assert answer.status == 200
        assert "location" not in answer.headers


def test_a_redirect_cannot_be_answered_from_a_copy_by_its_tag(site: Running) -> None:
    tag = site.get("/articles/bought", reader=of("NG")).headers["etag"]
    for place in ("IR", "KP"):
        own = site.get("/articles/bought", reader=of(place)).headers.get("etag", '"none"')
        for sent in (tag, own, "*"):
            assert site.get("/articles/bought", {"If-None-Match": sent}, reader=of(place)).status in (302, 307)


def test_a_redirect_to_a_host_that_is_not_allowed_keeps_the_set_out(tmp_path: Path, evidence: Path) -> None:
    made = write_policies(
        tmp_path / "policies",
        [policy("send", 'redirect: {to: "https://elsewhere.example/"}', readers="{in: [IR]}", kind="statute")],
    )
    with gateway(tmp_path, policies=made, geoip=str(evidence), redirect_hosts="www.allowed.example", wait=False) as one:
        assert one.process.wait(60) == 1
    said = (tmp_path / "console.txt").read_text()
    assert "redirects to 'elsewhere.example' are not allowed; add the host to GATEWAY_REDIRECT_HOSTS" in said


# substitute


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize(
    ("word", "gone", "stays"),
    [
        ("part", ("ORIGINALPART part", "ORIGINALINNER", "inner-part.svg"), "ORIGINALREST part"),
        ("title", ("ORIGINALTITLE title",), "ORIGINALREST title"),
        ("article", (*(f"ORIGINAL{what} article" for what in ("TITLE", "KICKER", "PLACE", "CAPTION", "ALT")),
                     "A short summary of with-article", "ORIGINALPART article", "ORIGINALREST article", "article.svg"), ""),
    ],
)  # fmt: skip
def test_what_is_replaced_is_in_no_byte_of_any_door(
    site: Running, word: str, gone: tuple[str, ...], stays: str, coding: str
) -> None:
    for path in pages(f"with-{word}"):
        free = decoded(site.get(path, reader=of("NG"))).decode()
        answer = site.get(path, {"Accept-Encoding": coding}, reader=of("NO"))
        text = decoded(answer).decode()
        assert answer.status == 200
        for lost in gone:
            assert lost not in text, (path, lost)
        if path.startswith("/articles/"):
            assert all(lost in free for lost in gone), path
            assert stays in text
            assert f"REPLACED{word.upper()}" in text
        if word != "part" and path.endswith(("/", "world", "feed.xml")):
            assert gone[0] in free
            assert "REPLACEDHEADING" in text if word == "article" else "REPLACEDTITLE &amp; nothing else" in text


@pytest.mark.parametrize("name", ["article.svg", "inner-article.svg", "inner-part.svg"])
def test_a_picture_of_what_was_replaced_is_not_to_be_had_by_its_address(site: Running, name: str) -> None:
    assert site.get(f"/media/{name}", reader=of("NG")).status == 200
    assert site.get(f"/media/{name}", reader=of("NO")).status == 451
    assert site.get(f"/media/{name}", reader=UNKNOWN).status == 200


def test_a_picture_inside_a_withheld_part_goes_with_it_at_every_door(site: Running) -> None:
    for path in pages("only-inside"):
        text = decoded(site.get(path, reader=of("DE"))).decode()
        assert "inside.svg" not in text, path
        assert "ORIGINALINSIDE" not in text, path
    assert "inside.svg" in site.get("/articles/only-inside", reader=of("NG")).text
    assert {name: site.get(f"/media/{name}", reader=of("DE")).status for name in ("inside.svg", "both.svg")} == {
        "inside.svg": 451, "both.svg": 200
    }  # fmt: skip


def test_a_replaced_article_keeps_its_tags_to_itself(site: Running) -> None:
    assert site.get("/articles/with-article.json", reader=of("NO")).json()["tags"] == []
    assert site.get("/articles/with-article.json", reader=of("NG")).json()["tags"] == ["harbour"]


def test_a_replaced_title_stands_wherever_the_title_stood(site: Running) -> None:
    text = site.get("/articles/with-title", reader=of("NO")).text
    page = LexborHTMLParser(text)
    assert page.css_first("h1").text().strip() == "REPLACEDTITLE & nothing else"
    for meta in ("og:title", "twitter:title"):
        named = page.css_first(f'meta[property="{meta}"], meta[name="{meta}"]')
        assert named.attributes["content"] == "REPLACEDTITLE & nothing else"
    assert site.get("/articles/with-title.json", reader=of("NO")).json()["title"] == "REPLACEDTITLE & nothing else"


# headers


@pytest.mark.parametrize("path", ["/articles/headed", "/articles/headed.json"])
def test_a_header_of_a_policy_is_there_once_and_takes_the_place_of_ours(site: Running, path: str) -> None:
    raw = raw_headers(site, path, of("GB"))
    for name, value in (
        ("x-robots-tag", "noindex, noarchive"),
        ("referrer-policy", "origin"),
        ("content-language", "en-GB"),
    ):
        assert [sent for key, sent in raw if key == name] == [value]
    elsewhere = dict(raw_headers(site, path, of("NG")))
    assert "x-robots-tag" not in elsewhere
    assert elsewhere["referrer-policy"] == "no-referrer"
    assert elsewhere["content-language"] == "en"


def test_a_header_of_a_policy_goes_with_the_pictures_of_the_article_too(site: Running) -> None:
    assert ("x-robots-tag", "noindex, noarchive") in raw_headers(site, "/media/headed.svg", of("GB"))
    assert "x-robots-tag" not in dict(raw_headers(site, "/media/headed.svg", of("NG")))


def raw_headers(site: Running, path: str, reader: str) -> list[tuple[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", path, headers={"X-Forwarded-For": reader})
    response = connection.getresponse()
    response.read()
    connection.close()
    return [(name.lower(), value) for name, value in response.getheaders()]


def test_a_header_that_is_not_on_the_list_keeps_the_set_out(tmp_path: Path, evidence: Path) -> None:
    made = write_policies(
        tmp_path / "policies", [policy("head", "headers: {Set-Cookie: a=b}", readers="{in: [GB]}", kind="contract")]
    )
    with gateway(tmp_path, policies=made, geoip=str(evidence), wait=False) as one:
        assert one.process.wait(60) == 1
    assert "a policy may not set 'Set-Cookie'; allowed:" in (tmp_path / "console.txt").read_text()


# media


@pytest.mark.parametrize(("place", "sees"), [("US", True), ("CA", False), ("GB", False), ("unknown", False)])
def test_a_licensed_picture_is_shown_only_where_the_reader_is_for_certain(
    site: Running, place: str, sees: bool
) -> None:
    for path in pages("pictured"):
        text = decoded(site.get(path, reader=of(place))).decode()
        for name in ("cat.svg", "lion.svg", "ORIGINALCAT", "ORIGINALLION"):
            assert sees or name not in text, (path, name)
        if path.startswith("/articles/"):
            assert ("lion.svg" in text and "cat.svg" in text) == sees
            assert ("held concerns you" in text) == (not sees)
        if path.startswith("/articles/"):
            assert "dog.svg" in text
    for name in ("cat.svg", "lion.svg"):
        answer = site.get(f"/media/{name}", reader=of(place))
        assert answer.status == (200 if sees else 451)
        assert (b"<title>" + name.encode() in answer.body) == sees
        links = [value for key, value in raw_headers(site, f"/media/{name}", of(place)) if key == "link"]
        assert len(links) == (not sees)
        assert all('rel="blocked-by"' in link for link in links)
        if sees:
            assert answer.headers["cache-control"] == "private, no-cache"
            again = site.get(f"/media/{name}", {"If-None-Match": answer.headers["etag"]}, reader=of("GB"))
            assert again.status == 451, "a copy's tag opens no door"
    for name in ("dog.svg", "bird.svg"):
        assert site.get(f"/media/{name}", reader=of(place)).status == 200


# block


@pytest.mark.parametrize("path", ["/articles/gone", "/articles/gone.json"])
@pytest.mark.parametrize("place", ["NG", "GB", "unknown"])
def test_what_is_withdrawn_for_everybody_is_gone_and_says_so_to_caches(site: Running, path: str, place: str) -> None:
    answer = site.get(path, reader=of(place))
    assert answer.status == 410
    assert re.fullmatch(r"public, max-age=\d+, must-revalidate", answer.headers["cache-control"])
    assert "link" not in answer.headers
    assert "gone concerns you" in answer.text
    assert "The desk" in answer.text
    assert "Title of gone" not in answer.text
    for listed in LISTS:
        assert "articles/gone" not in site.get(listed, reader=of(place)).text


def test_until_lifted_blocks_now_and_until_somebody_ends_it(site: Running) -> None:
    answer = site.get("/articles/blocked", reader=of("GB"))
    assert answer.status == 451
    assert answer.headers["link"].endswith('rel="blocked-by"')
    assert "The desk" in answer.text
    for listed in LISTS:
        assert "blocked" not in site.get(listed, reader=of("GB")).text
        assert "articles/blocked" in site.get(listed, reader=of("NG")).text
    for place in ("NG", "unknown"):
        assert site.get("/articles/blocked", reader=of(place)).status == 200


def test_a_marked_block_leaves_a_line_in_lists_and_feeds_that_tells_nothing(site: Running) -> None:
    assert site.get("/articles/marked", reader=of("GB")).status == 451
    for path in LISTS:
        text = site.get(path, reader=of("GB")).text
        assert "Title of marked" not in text
        assert "A short summary of marked" not in text
        assert "A passage of marked" not in text
        assert ("articles/marked" in text) == ("sitemap" not in path), path
        assert "Title of marked" in site.get(path, reader=of("NG")).text or "sitemap" in path
    stories = LexborHTMLParser(site.get("/", reader=of("GB")).text).css("article.unavailable")
    assert [story.css_first("a").attributes["href"] for story in stories] == ["/articles/marked"]
    feed = ET.fromstring(site.get("/feed.xml", reader=of("GB")).text)
    atom = "{http://www.w3.org/2005/Atom}"
    [entry] = [one for one in feed.findall(f"{atom}entry") if "articles/marked" in str(one.findtext(f"{atom}id"))]
    assert "marked concerns you" in str(entry.findtext(f"{atom}content"))


# shadow


def test_a_policy_in_shadow_is_logged_and_changes_no_byte(site: Running) -> None:
    for path in ("/", "/feed.xml"):
        assert "Title of shadowed" in site.get(path, reader=of("GB")).text
    shadowed, free = (site.get("/articles/shadowed", reader=of(place)) for place in ("GB", "NG"))
    assert (shadowed.status, shadowed.body) == (200, free.body)
    assert shadowed.headers["etag"] == free.headers["etag"]
    told = {place: logged(site, "/articles/shadowed", place) for place in ("GB", "NG")}
    assert "rehearsed=block:shadowed" in told["GB"]["gateway.decision.shadow"]  # type: ignore[operator]
    assert "rehearsed=protect:donating" in told["GB"]["gateway.decision.shadow"]  # type: ignore[operator]
    assert not told["GB"]["gateway.decision.treatments"]
    assert not told["NG"]["gateway.decision.shadow"]


def logged(site: Running, path: str, country: str) -> dict[str, object]:
    """What the log says of a request for a path from a country, once it is written."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for event in site.events("request"):
            if (event["url.path"], event.get("client.geo.country_iso_code")) == (path, country):
                return event
        time.sleep(0.02)
    raise AssertionError(f"no line about {path} from {country}")


# effective


def test_silence_falls_in_each_zone_in_its_own_second(tmp_path: Path, evidence: Path) -> None:
    content = write_content(tmp_path / "content")
    write_article(content, "polls", title="Title of polls")
    policies = write_policies(tmp_path / "policies", [policy("warn", "notice: {id: top}")], notices=("top", "silence"))
    with gateway(tmp_path, content=content, policies=policies, geoip=str(evidence)) as site:
        soon = in_seconds(6)
        windows = "".join(
            f'  - {{in: [{zone}], from: "{start.isoformat()}", until: "{(start + 2 * BACK).isoformat()}"}}\n'
            for zone, start in (("east", soon - BACK), ("centre", soon), ("west", soon + BACK))
        )
        silent = policy("silent", "block: {notice: silence}", readers="{in: [ID]}", articles=only("polls"),
                        kind="statute", effective=f"effective:\n{windows}")  # fmt: skip
        write_policies(policies, [silent], regions=REGIONS)
        assert site.admin("/reload", {}).status == 200
        assert site.get("/articles/polls", reader=of("ID-PA")).status == 451, "it has fallen in the east"
        seen = []
        while (asked := datetime.now(UTC)) < soon + timedelta(seconds=1):
            centre, west = (site.get("/articles/polls", reader=of(place)) for place in ("ID-BA", "ID-JK"))
            listed = "Title of polls" in site.get("/", reader=of("ID-BA")).text
            assert west.status == 200
            if datetime.now(UTC) < soon or asked >= soon:  # else silence fell while the answers were on their way
                seen.append((asked >= soon, centre.status, listed))
            time.sleep(0.05)
        assert set(seen) == {(False, 200, True), (True, 451, False)}
        for place in ("NG", "unknown"):
            assert site.get("/articles/polls", reader=of(place)).status == 200


# protect


def test_protection_with_exceptions_takes_away_all_else(site: Running) -> None:
    warned, free = (site.get("/articles/protected", reader=of(place)) for place in ("RU", "NG"))
    assert "t.me/share" in warned.text
    assert "/feed.xml" in free.text
    assert "/feed.xml" not in LexborHTMLParser(warned.text).css_first("footer").html  # type: ignore[operator]
    assert 'name="referrer" content="no-referrer"' in warned.text
    assert warned.headers["cache-control"] == "private, no-cache, no-store"
    assert free.headers["cache-control"] == "private, no-cache"
    kept = {
        place: site.get("/media/protected.svg", reader=of(place)).headers["cache-control"] for place in ("RU", "NG")
    }
    assert kept == {"RU": "private, no-cache, no-store", "NG": "private, no-cache"}
    treated = site.get("/articles/protected.json", reader=of("NG")).json()["treatments"]
    assert "protect:sharing" not in treated  # type: ignore[operator]
    assert "protect:storing" in treated  # type: ignore[operator]


# notice


def test_notices_stand_in_their_places_in_the_order_of_the_page(site: Running) -> None:
    text = site.get("/articles/noticed", reader=of("RU")).text
    page = LexborHTMLParser(text)
    assert [node.attributes["data-notice"] for node in page.css("aside.notice")] == ["top", "above", "below", "end"]
    order = [text.index(sign) for sign in (
        'data-notice="top"', 'class="masthead"', "<h1", 'data-notice="above"', 'class="byline"', 'data-notice="below"',
        'class="body"', "The last.", 'data-notice="end"', "<footer",
    )]  # fmt: skip
    assert order == sorted(order)
    assert "data-notice" not in site.get("/articles/noticed", reader=of("NG")).text


@pytest.mark.parametrize(
    ("slug", "language", "title"),
    [("noticed", "en", "About top"), ("bemerkt", "de", "top in de"), ("zamecheno", "ru", "top in ru"),
     ("remarque", "ru", "top in ru")],
)  # fmt: skip
def test_a_notice_speaks_the_articles_language_else_the_first_fallback_and_is_never_dropped(
    site: Running, slug: str, language: str, title: str
) -> None:
    page = LexborHTMLParser(site.get(f"/articles/{slug}", reader=of("RU")).text)
    notice = page.css_first('aside[data-notice="top"]')
    assert (notice.attributes["lang"], notice.css_first("strong").text()) == (language, title)
    other = page.css_first('aside[data-notice="end"]')
    assert other.attributes["lang"] == "en"


def test_a_notice_is_shown_in_lists_only_where_it_says_so(site: Running) -> None:
    for path in ("/", "/sections/world"):
        shown = LexborHTMLParser(site.get(path, reader=of("RU")).text).css("aside.notice")
        assert [node.attributes["data-notice"] for node in shown] == ["end"]
        assert "data-notice" not in site.get(path, reader=of("NG")).text


def test_no_answer_of_all_these_was_stored_for_another(site: Running) -> None:
    """Everything above is warm by now; asked again in another order, each reader gets what is theirs."""
    for path in ("/articles/bought", "/articles/with-part", "/articles/pictured", "/articles/marked", "/", "/feed.xml"):
        alone = {place: exchange(site.port, path, {"X-Forwarded-For": address}) for place, address in READERS.items()}
        for place in sorted(READERS, reverse=True):
            again = exchange(site.port, path, {"X-Forwarded-For": READERS[place]})
            assert (again.status, again.body) == (alone[place].status, alone[place].body)
