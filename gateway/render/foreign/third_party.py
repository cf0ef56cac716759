"""Let a page ask no other host: foreign resources go, and a content security policy holds what scripts might still try.

Changes the document.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import attribute
from gateway.render.foreign.hosts import Hosts

_SOURCES = (
    "src", "data", "poster", "background", "srcset", "imagesrcset", "data-src", "data-srcset", "data-lazy-src",
    "archive", "data-original", "data-bg", "data-background", "data-poster", "lowsrc", "longdesc", "manifest",
    "codebase",
)  # fmt: skip
_FETCHING_LINKS = frozenset({
    "stylesheet", "preconnect", "dns-prefetch", "preload", "prefetch", "modulepreload", "prerender", "icon",
    "shortcut", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon",
    "manifest", "import", "pingback", "fluid-icon", "expect",
})  # fmt: skip
_CSS_ADDRESS = re.compile(
    r"((?:url\(|[\"'])\s*)((?:(?:https?|wss?|ftp):)?[/\\]{2}[^\s/\\?#\"')]{0,255})", re.IGNORECASE
)
"""Where an address of another host begins in a style sheet: as `url(…)` or as a text, as `@import` has it."""
_NAMED_HOST = re.compile(r"(?:https?:|wss?:)?(?:\\?/){2}((?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,})")
_PHOTON = re.compile(r"^(?:https?:)?//i[0-3]\.wp\.com/([a-zA-Z0-9.-]+)(/[^?#]*)")
_DATA_BLOCKS = (
    "application/ld+json",
    "application/json",
    "text/template",
    "text/html",
    "text/plain",
    "importmap",
    "speculationrules",
)


def only_own(tree: LexborHTMLParser, hosts: Hosts) -> None:
    """Take out whatever makes a browser ask a host that is not the newsroom's."""
    for node in tree.css("*"):
        _clean(node, hosts)
    for node in tree.css("noscript, iframe[srcdoc]"):
        if asks_others(attribute(node, "srcdoc") or node.inner_html or "", hosts):
            node.decompose()


def asks_others(html: str, hosts: Hosts) -> bool:
    """Whether a piece of HTML names any host that is not the newsroom's."""
    return any(not hosts.is_own_host(name.lower()) for name in _NAMED_HOST.findall(html))


def without_storing(tree: LexborHTMLParser) -> None:
    """Nothing by which a page keeps itself on the reader's disk."""
    for node in tree.css("link[rel~='manifest'], amp-install-serviceworker, script"):
        if node.tag != "script" or "serviceWorker" in (node.text(deep=True) or ""):
            node.decompose()
    for root in tree.css("html[manifest]"):
        del root.attrs["manifest"]


def without_referrer(tree: LexborHTMLParser) -> None:
    """No page that is linked, and no resource, learns where the reader comes from."""
    for node in tree.css("meta[name='referrer' i]"):
        node.decompose()
    for node in tree.css("[referrerpolicy]"):
        del node.attrs["referrerpolicy"]
    if tree.head is not None:
        meta = tree.create_node("meta")
        meta.attrs["name"] = "referrer"
        meta.attrs["content"] = "no-referrer"
        first = tree.head.first_child
        if first is None:
            tree.head.insert_child(meta)
        else:
            first.insert_before(meta)


def amp_to_html(tree: LexborHTMLParser) -> None:
    """An AMP page lives by scripts of another host; without them it is an ordinary page, once nothing hides it."""
    root = tree.css_first("html")
    if root is None or not ({"amp", "⚡", "amp4email"} & set(root.attributes)):
        return
    for name in ("amp", "⚡"):
        if name in root.attributes:
            del root.attrs[name]
    for node in tree.css(
        "style[amp-boilerplate], noscript:has(style), script[custom-element], script[src*='ampproject.org']"
    ):
        node.decompose()
    for node in tree.css("noscript"):
        if "amp-boilerplate" in (node.inner_html or ""):
            node.decompose()
    for node in tree.css("amp-img, amp-anim"):
        image = tree.create_node("img")
        for name in ("src", "srcset", "alt", "width", "height"):
            if name in node.attributes:
                image.attrs[name] = attribute(node, name)
        image.attrs["style"] = "max-width:100%;height:auto"
        node.replace_with(image)


def _clean(node: LexborNode, hosts: Hosts) -> None:
    attributes = dict(node.attributes)
    tag = node.tag
    if tag == "link":
        relations = (attributes.get("rel") or "").lower().split()
        if not _FETCHING_LINKS.isdisjoint(relations) and not hosts.is_own(attributes.get("href") or ""):
            node.decompose()
            return
    if tag == "script":
        kind = (attributes.get("type") or "").partition(";")[0].strip().lower()
        foreign = not hosts.is_own(attributes.get("src") or "")
        text = "" if kind in _DATA_BLOCKS or "src" in attributes else node.text(deep=True) or ""
        if foreign or asks_others(text, hosts):
            node.decompose()
        return
    if tag == "style":
        text = node.text(deep=True) or ""
        cleaned = _own_css(text, hosts)
        if cleaned != text:
            node.inner_html = cleaned
        return
    if tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
        if not hosts.is_own((attributes.get("content") or "").partition("=")[2].strip(" '\"")):
            node.decompose()
        return
    if tag == "form" and not hosts.is_own(attributes.get("action") or ""):
        node.decompose()
        return
    _sources(node, attributes, hosts)


def _sources(node: LexborNode, attributes: dict[str, str | None], hosts: Hosts) -> None:
    for name in ("ping", "attributionsrc"):
        if name in attributes:
            del node.attrs[name]
    for name in ("action", "formaction"):
        if name in attributes and not hosts.is_own(attributes[name] or ""):
            del node.attrs[name]
    style = attributes.get("style") or ""
    if ("(" in style or "\\" in style) and _own_css(style, hosts) != style:
        node.attrs["style"] = _own_css(style, hosts)
    names = [*_SOURCES, *(("href", "xlink:href") if node.tag in ("use", "image", "feimage", "base") else ())]
    for name in names:
        if not attributes.get(name):
            continue
        value = attributes[name] or ""
        kept = _own_sources(value, hosts) if "srcset" in name else _own_source(value, hosts)
        if kept == value:
            continue
        if kept:
            node.attrs[name] = kept
        elif name in ("src", "data") and node.tag not in ("video", "audio", "picture", "amp-video", "amp-audio"):
            node.decompose()
            return
        else:
            del node.attrs[name]


def _own_source(url: str, hosts: Hosts) -> str:
    """The address if it is the newsroom's own, or that of an own picture behind WordPress's image service; else ""."""
    photon = _PHOTON.match(url.strip())
    if photon and hosts.is_own_host(photon[1].lower()):
        own = photon[1].lower()
        return photon[2] if own.removeprefix("www.") == hosts.host.removeprefix("www.") else f"//{own}{photon[2]}"
    return url if hosts.is_own(url) else ""


def _own_sources(srcset: str, hosts: Hosts) -> str:
    kept = [
        " ".join([own, *rest])
        for candidate in re.split(r",\s+|,(?=https?:|//|/)", srcset)
        if (words := candidate.split()) and (own := _own_source(words[0], hosts)) is not None
        for rest in [words[1:]]
        if own
    ]
    return (
        ", ".join(kept)
        if len(kept) != len(re.split(r",\s+|,(?=https?:|//|/)", srcset)) or "wp.com" in srcset
        else srcset
    )


def _own_css(text: str, hosts: Hosts) -> str:
    """A style sheet in which addresses of other hosts lead nowhere."""
    if _URL_ESCAPED.search(text):  # an escaped address is hidden from any pattern
        text = _ESCAPED.sub(_unescaped, text)
    return _CSS_ADDRESS.sub(lambda match: match[0] if hosts.is_own(match[2]) else f"{match[1]}about:invalid", text)


_ESCAPED = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_URL_ESCAPED = re.compile(r"\\0*(?:7[25]|5[25]|6[cC]|4[cC]|68|48|74|54|70|50|2[fF]|3[aA]|40)", re.IGNORECASE)


def _unescaped(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if 0x20 <= number < 0x7F and chr(number) not in "<>&\"'\\{};" else match[0]
