"""Pages that make it hard to put a notice in, or that hide it once it is there."""

from __future__ import annotations

from tests.foreign.shown import article

_LONG = "<p>" + "Every evening at ten minutes past eight a boat leaves the old pier. " * 4 + "</p>"


def _styled(css: str) -> str:
    return article(_LONG, head=f"<style>{css}</style>")


SHAPES: dict[str, str | bytes] = {
    "plain": article(_LONG),
    "no body": f"<!doctype html><html><head><title>x</title></head>{_LONG}",
    "no html": f"<!doctype html><title>x</title><h1>T</h1>{_LONG}",
    "nothing closed": f"<!doctype html><html><body><div><div><article><h1>T{_LONG}",
    "body in a comment": f"<!doctype html><!-- <body> --><html><head><title>x</title></head><body>{_LONG}<!-- </body> --></body></html>",
    "body in a script": article(_LONG, head="<script>var t='<body class=x><p>';</script>"),
    "body in a textarea": article("<textarea><body><div class='entry-content'></textarea>" + _LONG),
    "body in a title": article(_LONG).replace("Boats</title>", "<body></title>"),
    "open textarea": article(_LONG, after="<textarea>"),
    "open comment": article(_LONG, after="<!-- "),
    "open script": article(_LONG, after="<script>"),
    "open style": article(_LONG, after="<style>"),
    "plaintext": article(_LONG, after="<plaintext>"),
    "open select": article(_LONG, after="<select><option>"),
    "open table": article(_LONG, after="<table><tr><td>"),
    "frameset": "<!doctype html><html><head><title>x</title></head><frameset cols='50%,50%'><frame src='/a'><frame src='/b'></frameset></html>",
    "only noscript": f"<!doctype html><html><head><title>x</title></head><body><noscript>{_LONG}</noscript></body></html>",
    "noscript in the head": article(_LONG, head="<noscript><img src='/p.gif'><p></noscript>"),
    "template": f"<!doctype html><html><body><template><article>{_LONG}</article></template></body></html>",
    "quirks": article(_LONG).replace("<!doctype html>", ""),
    "utf-16": article(_LONG).encode("utf-16"),
    "utf-8 mark": b"\xef\xbb\xbf" + article(_LONG).encode(),
    "xhtml": '<?xml version="1.0" encoding="UTF-8"?>'
    + article(_LONG).replace("<html", '<html xmlns="http://www.w3.org/1999/xhtml"'),
    "table layout": f"<html><body><table><tr><td>menu</td><td><h1>T</h1>{_LONG}</td></tr></table></body></html>",
    "article in a button": f"<!doctype html><html><body><button><div>{_LONG}</div></button></body></html>",
    "article hidden": article(_LONG).replace("<article>", "<article hidden>"),
    "article inert": article(_LONG).replace("<article>", "<article inert>"),
    "article aria-hidden": article(_LONG).replace("<main>", "<main aria-hidden='true'>"),
    "closed details": article(_LONG).replace("<article>", "<details><article>"),
    "closed dialog": article(_LONG).replace("<article>", "<dialog><article>"),
    "inline none": article(_LONG).replace("<main>", "<main style='display:none'>"),
    "inline opacity": article(_LONG).replace("<main>", "<main style='opacity:0'>"),
    "notice none": _styled(".notice{display:none!important}"),
    "every aside away": _styled(
        "aside{position:absolute!important;left:-9999px!important;clip:rect(0 0 0 0)!important;opacity:0!important}"
    ),
    "attribute none": _styled(
        "[data-notice],[role=note]{display:none!important;visibility:hidden!important;max-height:0!important}"
    ),
    "layers": _styled("@layer a{aside{display:none!important}} @layer b{*{visibility:hidden!important}}"),
    "specific": _styled(
        "html body main article aside.notice.notice.notice[role=note][data-notice]{display:none!important}"
    ),
    "tiny": _styled(
        "aside,aside *{font-size:0!important;line-height:0!important;color:#fff!important;background:#fff!important}"
    ),
    "moved": _styled(
        "aside{transform:scale(0)!important;translate:-9999px!important;scale:0!important;rotate:90deg!important;filter:opacity(0)!important}"
    ),
    "animated": _styled(
        "@keyframes k{to{opacity:0;visibility:hidden}} aside{animation:k .01s forwards!important;transition:all 0s!important}"
    ),
    "contained": _styled(
        "aside{content-visibility:hidden!important;contain:strict!important;width:0!important;height:0!important;overflow:hidden!important}"
    ),
    "variables": _styled(":root{--x:none}aside{display:var(--x)!important}"),
    "nested": _styled("article{& aside{display:none!important}}"),
    "main none": _styled("main{display:none}"),
    "article opacity": _styled("article{opacity:0}"),
    "article clipped": _styled("main>article{height:0;overflow:hidden}"),
    "main moved": _styled("main{position:absolute;left:-5000px}"),
    "main none on screens": _styled("@media screen and (min-width:100px){main{display:none}}"),
    "body none": _styled("body{display:none}"),
    "html opacity": _styled("html{opacity:0}"),
    "everything hidden": _styled("*{visibility:hidden}"),
    "body hidden": _styled("body{visibility:hidden}"),
    "cut off": _styled(".entry-content{max-height:60px;overflow:hidden}"),
    "row": _styled("article{display:flex;flex-direction:row}article>*{flex:1}"),
    "grid": _styled("article{display:grid;grid-template-columns:repeat(6,1fr)}"),
    "columns": _styled("article{columns:3}"),
    "forged": article(
        _LONG
        + "<aside class='notice' role='note' data-notice='undesirable-organization' lang='en' style='display:none'>x</aside>"
    ),
    "forged twice": article(
        _LONG, before="<div data-notice='undesirable-organization'></div><p data-withheld='x'></p>"
    ),
    "deep": article("<div>" * 400 + _LONG),
    "one line of 2 MB": article("<p>" + "boat " * 400_000 + "</p>"),
}
