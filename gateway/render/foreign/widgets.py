"""What endangers a reader on a page, by the word of `protect`: selectors and addresses, from the files in `lists/`.

A line there is a CSS selector; or `-> ` and a pattern of addresses whose links go; `=> ` the same, but inside an
article's text such a link is a source, and stays; `~> ` addresses whose links lose their address and keep their words;
`:: ` all the words of a link or a button that goes: many frameworks give these no name but what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from gateway.render.foreign.traces import plain_words

REMOVED = ("sharing", "liking", "commenting", "saving", "contacting", "donating", "subscribing", "embeds")
"""The protections that take elements away by what they are."""

QUOTED_EMBEDS = ", ".join(
    f"blockquote.{name}"
    for name in (
        "twitter-tweet", "twitter-video", "instagram-media", "tiktok-embed", "reddit-embed-bq", "reddit-card",
        "bluesky-embed", "mastodon-embed", "text-post-media", "imgur-embed-pub", "wp-embedded-content", "telegram-post",
    )
)  # fmt: skip
"""Embeds that hold their text: it stays, and only what would make a script load them is taken away."""

HYDRATING = (
    "script#__NEXT_DATA__, script[src*='/_next/static/'], #__nuxt, script[src*='/_nuxt/'], #___gatsby, astro-island, "
    "[data-sveltekit-hydrate], [data-sveltekit-preload-data], script[src*='/_app/immutable/'], #fusion-app, "
    "script#fusion-metadata, script[src*='/pf/dist/'], [data-reactroot], [data-server-rendered], [ng-version], "
    "script#ng-state, [q\\:container]"
)
"""Frameworks that build the page anew in the browser, and would undo what was done to it."""

HYDRATING_SCRIPTS = re.compile(
    r"__next_f|__NUXT__|__sveltekit_|__remixContext|__reactRouterContext|___gatsby|__INITIAL_STATE__|_\$HY"
    r"|__PRELOADED_STATE__|__APOLLO_STATE__|Fusion\.(?:globalContent|contextPath)|__staticRouterHydrationData"
)
_PLAIN = re.compile(r"([.#])([A-Za-z_][\w-]*)")
_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Widgets:
    """What to look for. `classes` and `ids` are looked up, the other selectors tried one by one on the page. `labels`:
    the plain words of links and buttons.
    """

    classes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    selectors: tuple[str, ...] = ()
    links: re.Pattern[str] = field(default=re.compile(_NEVER))
    links_outside_text: re.Pattern[str] = field(default=re.compile(_NEVER))
    unlinked: re.Pattern[str] = field(default=re.compile(_NEVER))
    labels: frozenset[tuple[str, ...]] = frozenset()

    @property
    def css(self) -> str:
        """One selector for all of them, for a style sheet."""
        plain = [*(f".{name}" for name in sorted(self.classes)), *(f"#{name}" for name in sorted(self.ids))]
        return ", ".join([*plain, *self.selectors])


@cache
def lines_of(kind: str) -> tuple[str, ...]:
    """The lines of a list of ours, comments left out."""
    text = files("gateway.render.foreign").joinpath("lists", f"{kind}.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("# "))


@lru_cache(maxsize=256)
def widgets_of(kinds: frozenset[str], more: tuple[str, ...], defaults: bool = True) -> Widgets:
    """What is removed for these protections. `more`: selectors of the newsroom's own for them."""
    lines = [*more, *(line for kind in REMOVED if kind in kinds and defaults for line in lines_of(kind))]
    plain = [match for line in lines if (match := _PLAIN.fullmatch(line))]
    return Widgets(
        classes=frozenset(match[2] for match in plain if match[1] == "."),
        ids=frozenset(match[2] for match in plain if match[1] == "#"),
        selectors=tuple(
            dict.fromkeys(
                line for line in lines if not _PLAIN.fullmatch(line) and line[:3] not in ("-> ", "=> ", "~> ", ":: ")
            )
        ),
        links=_patterns(lines, "-> "),
        links_outside_text=_patterns(lines, "=> "),
        unlinked=_patterns(lines, "~> "),
        labels=frozenset(tuple(plain_words(line)) for line in lines if line.startswith(":: ")),
    )


def chosen(protect: frozenset[str], mapping: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The newsroom's own selectors for what is protected."""
    return tuple(selector for kind in sorted(protect) for selector in mapping.get(kind, ()))


def _patterns(lines: Iterable[str], mark: str) -> re.Pattern[str]:
    found = [line.removeprefix(mark) for line in lines if line.startswith(mark)]
    return re.compile("|".join(found) or _NEVER, re.IGNORECASE)
