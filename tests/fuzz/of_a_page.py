"""Somebody else's page, as an origin may send it. Targets as in `targets`."""

from __future__ import annotations

from itertools import cycle

from gateway.policy.model import NoticePlace
from gateway.render.foreign.recognise import recognise
from gateway.render.guard import missing
from gateway.render.rendered import HTML
from tests.foreign import shown as cms
from tests.foreign.test_withhold import assert_gone

SECRET = "Odran Veil told this newspaper that three passengers had been turned back"
_PLACES = cycle(NoticePlace)


def foreign(data: bytes) -> None:
    """Somebody else's page shows the notice that is due on it, once, and nothing in it hides that."""
    for body in (data, cms.article(data.decode("utf-8", "replace")).encode()):
        if recognise(cms.page(body), "/news/boats", cms.DEFAULTS, cms.HOST) is None:
            assert body is data, "a whole article is one"
            continue
        treated = cms.shown(cms.page(body), cms.endangered(next(_PLACES)))
        assert missing(treated.page.body, HTML, [cms.WARNING.id]) == set(), treated.page.body


def withheld(data: bytes) -> None:
    """Words that are withheld are in no byte, whatever stands before, behind and between them."""
    said = data.decode("utf-8", "replace")
    words = SECRET.split()
    pieces = said.split("|")
    if any(word.casefold() in said.casefold() for word in words if len(word) > 4):
        return
    between = "".join(f"{word} {piece}" for word, piece in zip(words, [*pieces[2:], *[""] * len(words)], strict=False))
    inside = f"{pieces[0]}<p>{between}</p>{pieces[1] if len(pieces) > 1 else ''}<p>{SECRET}</p>"
    treated = cms.shown(cms.page(cms.article(inside)), cms.withheld(f"quote:{SECRET}"))
    assert_gone(treated.page.body, SECRET)


TARGETS = (foreign, withheld)
