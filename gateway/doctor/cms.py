"""Whether the CMS behind the gateway answers, as readers need it and as its probe asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.content.origin.care import FAILED
from gateway.doctor.check import Check, failed, ok, warning


@dataclass(frozen=True, slots=True)
class CmsAnswer:
    """What was asked (`GET https://cms.internal/`) and what came of it: a status, or why there is none (`error`)."""

    asked: str
    status: int
    seconds: float
    error: str = ""

    @property
    def ill(self) -> bool:
        """Whether the gateway takes it for a failure."""
        return bool(self.error) or self.status >= 500 or self.status in FAILED

    @property
    def told(self) -> str:
        """All of it in a line."""
        return f"{self.asked}: {self.error or self.status} after {1000 * self.seconds:.0f} ms"


def cms(page: CmsAnswer, probe: CmsAnswer) -> Iterator[Check]:
    """`page`: its front page; `probe`: the path by which the gateway finds out whether it is well again."""
    if page.ill:
        yield failed(
            "CMS",
            page.told,
            "Readers get kept pages, and an error for all others.",
            "see that GATEWAY_CONTENT names it, that this machine may ask it, and that it answers within "
            "GATEWAY_ORIGIN_CONNECT_SECONDS and GATEWAY_ORIGIN_FIRST_BYTE_SECONDS",
        )
    elif page.status >= 400:
        yield warning(
            "CMS",
            page.told,
            "It answers, but shows no front page to who comes under this name.",
            "where it goes by the Host field, set GATEWAY_ORIGIN_HOST to the site's name",
        )
    else:
        yield ok("CMS", page.told)
    if probe.ill:
        yield failed(
            "CMS probe",
            probe.told,
            "Once it has failed, the gateway will not find out that it is well again.",
            "name a path that answers HEAD below 500 in GATEWAY_ORIGIN_PROBE_PATH",
        )
    else:
        yield ok("CMS probe", probe.told)
