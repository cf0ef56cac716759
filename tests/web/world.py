"""The site of these tests: articles of every outcome, so that a page of the wrong region is never the right one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tests.geo.addresses import ADDRESSES
from tests.running import Running, gateway
from tests.sites import policy, write_article, write_content, write_policies
from tests.web.wire import SITE

READERS = {
    "RU": ADDRESSES["Moscow"],
    "NG": ADDRESSES["Lagos"],
    "DE": ADDRESSES["Berlin"],
    "AT": ADDRESSES["Vienna"],
    "": "198.51.100.7",  # in no database: unknown
}

ARTICLES = ("harbour-opens", "der-hafen-oeffnet", "market-day", "ferry", "court", "moved")
PLAIN = "market-day"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf"
    "c0f01f0005000201e2b5d6a40000000049454e44ae426082"
)
MIRROR = "mirror.example"


def write_world(root: Path) -> tuple[Path, Path]:
    """Content and policies under `root`."""
    content = write_content(root / "content")
    for slug in ("ferry", "court", "moved"):
        write_article(content, slug)
    media = content / "media"
    media.mkdir()
    (media / "pixel.png").write_bytes(PIXEL)
    (media / "plan.pdf").write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 32_768)
    policies = write_policies(
        root / "policies",
        [
            policy("warn", "notice: {id: warned}", "protect: all", readers="{in: [RU]}", articles="{slugs: [ferry]}"),
            policy("stop", "block: {notice: stopped}", readers="{in: [DE]}", articles="{slugs: [court]}", kind="order"),
            policy(
                "send",
                "redirect: {to: 'https://elsewhere.example/moved'}",
                readers="{in: [DE]}",
                articles="{slugs: [moved]}",
            ),
            policy(
                "part",
                "withhold: {parts: [p2], notice: held}",
                readers="{in: [AT]}",
                articles="{slugs: [harbour-opens], translations: false}",
            ),
            policy(
                "sibling",
                "block: {notice: stopped}",
                readers="{in: [AT]}",
                articles="{slugs: [der-hafen-oeffnet], translations: false}",
                kind="order",
            ),
            policy("here", "notice: {id: mirrored}", readers="{in: [mirrors]}", articles="{slugs: [ferry]}"),
        ],
        notices=("warned", "stopped", "held", "mirrored"),
        regions=f"""\
            regions:
              mirrors: {{hosts: [{MIRROR}]}}
        """,
    )
    return content, policies


def serve(
    directory: Path, world: tuple[Path, Path], *arguments: str, **settings: str
) -> AbstractContextManager[Running]:
    """A gateway with this content and these policies; its state is kept in `directory`."""
    content, policies = world
    told = {"base_url": f"http://{SITE},http://{MIRROR}", "redirect_hosts": "elsewhere.example", **settings}
    return gateway(directory, content=content, policies=policies, arguments=arguments, wait=True, **told)
