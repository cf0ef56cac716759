"""The renderer: one object that turns articles, lists and the gateway's own pages into bytes. Pure.

It holds the site and nothing that changes; a new site is a new renderer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import Index
from gateway.policy.decision import Decision, Treatments
from gateway.policy.model import PolicySet
from gateway.render import environment
from gateway.render.article import article_json, article_page
from gateway.render.lists import Entries, feed, listing_page, sitemap, sitemap_index
from gateway.render.own import error_page, notice_page, transparency_page
from gateway.render.refusal import refusal_page
from gateway.render.rendered import HTML, Rendered
from gateway.render.site import Attribution, Site

__all__ = ["Attribution", "Rendered", "Renderer", "Site"]


class Renderer:
    """Renders for one site. `version` names everything that shapes a page beside the decision: part of each key."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.version = blake2b(f"{environment.templates_version()}\0{site!r}".encode(), digest_size=16).hexdigest()
        environment.environment()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which the gateway itself speaks, the default first."""
        return self.site.languages

    @property
    def assets(self) -> Mapping[str, tuple[str, bytes]]:
        """Static files by their name under `/-/assets/`: content type and bytes."""
        return environment.assets()

    def article(
        self, index: Index, facts: Facts, decision: Decision, door: Door, translations: Sequence[Facts] = ()
    ) -> Rendered:
        """An article at the HTML or the JSON door, or what stands in its place. A refused article is not even read.

        `translations`: the published members of its family. Raises StaleIndexError where its text is gone.
        """
        treatments = decision.treatments
        if treatments.refusal:
            return refusal_page(self.site, treatments.refusal, decision, facts.language, door)
        if treatments.forwarding:
            return Rendered(treatments.forwarding.status, HTML, facts.language, b"")
        render = article_json if door is Door.JSON else article_page
        return render(self.site, index.read(facts.slug), decision, translations)

    def collection(
        self,
        door: Door,
        entries: Sequence[tuple[Facts, Decision]],
        section: str,
        decision: Decision,
        language: str,
        beside: Entries = (),
    ) -> Rendered:
        """A listing, a feed or a file of the sitemap. `section` "" means all; `decision` is the page's as a whole;
        `beside`: translations of the entries that a sitemap links to.
        """
        if door is Door.SITEMAP:
            return sitemap(self.site, entries, beside)
        make = feed if door is Door.FEED else listing_page
        return make(self.site, entries, section, decision, language)

    def sitemap_index(self, pages: int) -> Rendered:
        """The list of the sitemap's files, `/sitemap-1.xml` and so on."""
        return sitemap_index(self.site, pages)

    def error(self, status: int, language: str, treatments: Treatments | None = None) -> Rendered:
        """A fixed page for a status; notices and protection that are due everywhere are due here."""
        return error_page(self.site, status, language, treatments or Treatments())

    def notice(self, policies: PolicySet, id: str, language: str) -> Rendered:
        """The explanation of a notice, in the language or the nearest there is. Raises KeyError for an unknown id."""
        return notice_page(self.site, policies, id, language)

    def transparency(self, policies: PolicySet, language: str) -> Rendered:
        """Which policies are in force, and why."""
        return transparency_page(self.site, policies, language)
