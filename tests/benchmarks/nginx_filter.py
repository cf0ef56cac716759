"""nginx as many run it: one page for all, the notice put in by sub_filter where geoip2 says so, gzip while sending.

It does less than the others: the notice goes in at one place, nothing is protected, and gzip is at its fastest.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import nginx_best
from tests.benchmarks.material import Material

MARK = b"</main>"
NOTICE = (
    '<aside class="notice" role="note" data-notice="undesirable-organization">If you are in Russia, read this.</aside>'
)


def write(material: Material, pages: nginx_best.Pages, directory: Path, port: int) -> Path:
    """The best one's configuration, but for where pages come from and what is done to them."""
    config = nginx_best.write(material, pages, directory, port)
    said = config.read_text()
    for old, new in (
        (
            "gzip off; gzip_static on;",
            f"gzip on; sub_filter_once on; sub_filter '{MARK.decode()}' '$notice{MARK.decode()}';",
        ),
        ("/pages/$variant;", "/pages/plain;"),
        ('default_type "text/html; charset=utf-8";', "default_type text/html; charset utf-8;"),
        ("log_format", f"map $variant $notice {{ default ''; warned '{NOTICE}'; }}\n  log_format"),
    ):
        assert old in said, old
        said = said.replace(old, new, 1)
    config.write_text(said)
    for slug in material.warm:
        assert MARK in pages["plain", slug, "identity"].body, f"sub_filter would look for {MARK!r} in vain"
    return config
