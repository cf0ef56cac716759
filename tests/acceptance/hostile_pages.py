"""A site in which every text that anybody writes is an attack, and page shapes on which a notice might not be seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from gateway.policy.parse import parse
from tests.payloads import PAYLOADS
from tests.sites import policy, write_article, write_policies

SHAPES: dict[str, str] = {
    "plain": "One paragraph.",
    "nothing but a break": "<br>",
    "a style sheet that hides it": "<style>.notice,.notices,aside,[data-notice]{display:none!important}</style>Text.",
    "a style sheet of its own host": "<link rel=stylesheet href=/media/hide.css><style>@import '/media/hide.css';</style>Text.",
    "styles on elements": '<div style="position:fixed;inset:0;background:#fff;z-index:9999">over</div>Text.',
    "white on white": '<p style="color:#fff">x</p><font color=white>x</font><center>x</center>',
    "borrowed classes": '<p class="visually-hidden notice" id="notices">x</p><aside class="notice" data-notice="due">x</aside>',
    "hidden all around": "<div hidden><div aria-hidden=true inert>x",
    "a template around": "<template><div>x",
    "details that stay shut": "<details><summary>x</summary>",
    "a dialog": "<dialog>x",
    "an open comment": "Text. <!-- and then",
    "an open script": "<script>var a = '",
    "an open style": "<style>body{",
    "an open textarea": "<textarea>",
    "plain text from here": "<plaintext>x",
    "no scripts": "<noscript><p title='</noscript>'>",
    "an open attribute": '<a href="x',
    "an open select": "<select><option>",
    "an open table": "<table><tr><td>x<table><tr>",
    "closing what it did not open": "</div></article></main></body></html><h1>x",
    "a frame set": "<frameset><frame src=/>",
    "SVG": "<svg width=9999 height=9999><foreignObject><body style='margin:-9999px'>",
    "a base": "<base href=https://evil.example/ target=_top><meta http-equiv=refresh content='0;url=/nothing'>",
    "a huge picture": '<img src="pixel.png" width=50000 height=20000 alt="">',
    "a wide table": "<table><tr>" + "<td>column</td>" * 120 + "</tr></table>",
    "one word without end": "w" * 5000,
    "one line without end": "<pre>" + "line " * 2000 + "</pre>",
    "lists in lists": "<ul><li>" * 80 + "deep",
    "quotes in quotes": "> " * 18 + "deep",
    "written from right to left": '<bdo dir="rtl">text</bdo> \u202e\u2067 and on',
    "combining marks": "a" + "\u0301\u0489" * 600,
    "letters as tall as they get": "<big>" * 60 + "x",
    "headings only": "# a\n\n# b\n\n###### c",
    "long": "Paragraph.\n\n" * 400,
    "an iframe": '<iframe src="https://evil.example/" srcdoc="<script>alert(1)</script>" width=100% height=9999></iframe>',
}
"""Bodies of articles; each stands under a notice, in one of its four places, and above another."""

PLACES = ("banner", "after-title", "before-body", "after-body")


def text(value: str) -> str:
    """A YAML scalar that says just this."""
    return json.dumps(value, ensure_ascii=False)


def said(payload: str) -> str:
    """What of a payload may stand in YAML at all: the reader refuses the rest, which is safe too."""
    return "".join(char for char in payload if char.isprintable() or char == " ").strip() or "x"


def write_attacks(root: Path) -> tuple[Path, Path, list[int]]:
    """Content and policies; which payloads made a notice (others leave nothing to say, and are refused)."""
    content, policies = root / "content", root / "policies"
    kept = [number for number, payload in enumerate(PAYLOADS) if _says_something(payload)]
    written: list[str] = []
    (content / "media").mkdir(parents=True)
    for number, payload in enumerate(PAYLOADS):
        one = text(said(payload))
        extra = (
            f"kicker: {one}\ndateline: {one}\nimage: {{src: pixel.png, caption: {one}, credit: {one}, alt: {one}}}\n"
        )
        body = payload.encode("utf-8", "replace").decode().replace("\x00", "")
        file = write_article(content, f"a{number}", title=one, extra=extra, body=body)
        file.write_text(
            file.read_text().replace(f"A short summary of a{number}.", one).replace("[Ada Quill]", f"[{one}]")
        )
        (content / "articles" / "en" / f"h{number}.html").write_text(file.read_text().replace("\n:::", "\n"))
        if number in kept:
            done = f"notice: {{id: n{number}}}", f"block: {{notice: n{number}}}\n    certainty: confirmed"
            named = f"{{slugs: [a{number}, h{number}]}}"
            for name, action, readers in (("p", done[0], "{in: [RU]}"), ("b", done[1], "{in: [DE]}")):
                made = policy(f"{name}{number}", action, readers=readers, articles=named, kind="order")
                made = made.replace(f"title: Policy {name}{number}", f"title: {one}")
                written.append(made.replace("authority: The desk, act: House rule 1", f"authority: {one}, act: {one}"))
    write_policies(policies, written)
    for number in kept:
        for path, raw in _notice(PAYLOADS[number], f"n{number}").items():
            (policies / path).parent.mkdir(parents=True, exist_ok=True)
            (policies / path).write_bytes(raw)
    return content, policies, kept


def _notice(payload: str, id: str) -> dict[str, bytes]:
    one, body = text(said(payload)), payload.encode("utf-8", "replace").decode().replace("\x00", "")
    short = f"---\ntitle: {one}\nlink_text: {one}\nself_conditional: true\n---\n{body}\n"
    return {f"notices/{id}/en.md": short.encode(), f"notices/{id}/en.long.md": f"Long. {body}\n".encode()}


def _says_something(payload: str) -> bool:
    """Whether the gateway takes a notice of this: the same question that it is asked of a policy directory."""
    made = policy("p", "notice: {id: n}", readers="{in: [RU]}")
    return parse({"p.yaml": made.encode(), **_notice(payload, "n")}).policies is not None


def write_shapes(root: Path) -> tuple[Path, Path, Sequence[str]]:
    """Content and policies; the articles' slugs, a Markdown and an HTML file of each shape."""
    content, policies, slugs = root / "content", root / "policies", list[str]()
    written = []
    for number, body in enumerate(SHAPES.values()):
        for kind in ("md", "html"):
            slug = f"{kind}-{number}"
            file = write_article(content, slug, title=f"Shape {number}", body=body)
            if kind == "html":
                file.rename(file.with_suffix(".html"))
            place = PLACES[number % len(PLACES)]
            written.append(policy(slug, f"notice: {{id: due, place: {place}}}", "notice: {id: other, place: banner}",
                                  readers="{in: [RU]}", articles=f"{{slugs: [{slug}]}}"))  # fmt: skip
            slugs.append(slug)
    (content / "media").mkdir()
    (content / "media" / "hide.css").write_text(".notice{display:none}")
    return content, write_policies(policies, written, notices=("due", "other")), slugs
