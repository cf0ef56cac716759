"""What one reader sees of a CMS's answer; and of one that no policy can look into, whether it is shown at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.cache.codings import encode_bodies, etag_for
from gateway.cache.page import StoredPage
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.delivery import Reading
from gateway.policy.decision import Decision, Treatments
from gateway.policy.match import path_matches
from gateway.policy.model import PolicySet, State
from gateway.render.foreign.facts import UNKNOWN, spellings
from gateway.render.foreign.hosts import canonical_path
from gateway.render.refusal import refusal_page
from gateway.render.rendered import HTML, Rendered


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reader sees of a response. `page`: the treated one; None: the response, as it came. `decision`: None
    where nothing was decided, since no policy could ever treat it.
    """

    decision: Decision | None = None
    facts: Facts | None = None
    door: Door | None = None
    page: StoredPage | None = None
    level: str = ""


NOTHING = Sight()


class ByPath:
    """A picture, a film, a document: policies that name its path may refuse it, and can do no more."""

    def __init__(self) -> None:
        self._of: PolicySet | None = None
        self._patterns: tuple[str, ...] = ()

    def sight(self, reading: Reading, target: str) -> Sight:
        """What this reader sees of it."""
        path = canonical_path(target)
        if not any(path_matches(pattern, spelt) for pattern in self._named(reading) for spelt in spellings(path)):
            return NOTHING
        facts = Facts(path, "", "en", "", frozenset(), UNKNOWN, paths=spellings(path))
        decided = reading.snapshot.decide(facts, reading.location, Door.MEDIA, reading.now)
        treatments = Treatments(refusal=decided.treatments.refusal, forwarding=decided.treatments.forwarding)
        decision = replace(decided, treatments=treatments)
        if treatments.refusal:
            site, language = reading.snapshot.renderer.site, reading.snapshot.renderer.languages[0]
            page = kept_page("", refusal_page(site, treatments.refusal, decision, language, Door.HTML))
        elif treatments.forwarding:
            page = kept_page("", Rendered(treatments.forwarding.status, HTML, "en", b""))
        else:
            return Sight(decision, None, Door.MEDIA)
        return Sight(decision, facts, Door.MEDIA, page, "render")

    def _named(self, reading: Reading) -> tuple[str, ...]:
        """The patterns of paths that any policy in force names."""
        policies = reading.snapshot.policies
        if policies is not self._of:
            active = [policy.articles.paths for policy in policies.policies if policy.state is not State.OFF]
            self._of, self._patterns = policies, tuple({pattern for paths in active for pattern in paths or ()})
        return self._patterns


def kept_page(
    key: str, rendered: Rendered, tags: tuple[str, ...] = (), fields: tuple[tuple[str, str], ...] = ()
) -> StoredPage:
    """A rendered page ready to be kept and sent."""
    bodies = encode_bodies(rendered.body)
    return StoredPage(
        key=key,
        status=rendered.status,
        content_type=rendered.content_type,
        language=rendered.language,
        bodies=bodies,
        etags={coding: etag_for(key, body, coding) for coding, body in bodies.items()},
        tags=tags,
        notices=rendered.notices,
        fields=fields,
    )
