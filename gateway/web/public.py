"""The public port: which resource a path names, and who answers for it. Knows nothing of sockets."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex
from gateway.delivery import Delivery, Wanted
from gateway.errors import StaleIndexError
from gateway.snapshot import Snapshot
from gateway.web import articles, lists, own
from gateway.web.context import Context
from gateway.web.exchange import Incoming, Outgoing, Reader
from gateway.web.headers import plain_headers
from gateway.web.paths import canonical
from gateway.web.reader import Readers

METHODS = ("GET", "HEAD", "OPTIONS")
ALLOW = ("Allow", ", ".join(METHODS))
TRIES = 4
"""How often an answer is begun: articles that change between two tries are edited many times a second."""
RETRY_AFTER = ("Retry-After", "2")

Handler = Callable[[Context, Mapping[str, str]], Awaitable[Outgoing]]

ARTICLE = re.compile(r"/articles/(?P<slug>[a-z0-9-]+)(?P<json>\.json)?")

ROUTES: Sequence[tuple[re.Pattern[str], Handler]] = [
    (re.compile(pattern), handler)
    for pattern, handler in (
        (ARTICLE.pattern, articles.article),
        (r"/", lists.listing),
        (r"/sections/(?P<section>[a-z0-9-]+)", lists.listing),
        (r"/feed\.xml", lists.feed),
        (r"/sections/(?P<section>[a-z0-9-]+)/feed\.xml", lists.feed),
        (r"/sitemap(?:-(?P<page>[1-9][0-9]{0,5}))?\.xml", lists.sitemap),
        (r"/robots\.txt", own.robots),
        (r"/media/(?P<path>.+)", own.media),
        (r"/-/notices/(?P<id>[a-z0-9-]+)", own.notice),
        (r"/-/transparency", own.transparency),
        (r"/-/assets/(?P<name>[a-z0-9.-]+)", own.asset),
    )
]


@dataclass(frozen=True, slots=True)
class Public:
    """Answers requests as values; both lanes call it. `renew`: asks for another index where a file is no longer what
    this one says, and says whether there is one.
    """

    current: Callable[[], Snapshot]
    delivery: Delivery
    readers: Readers
    base_url: Callable[[], str]
    hosts: frozenset[str]
    renew: Callable[[DirectoryIndex, str], Awaitable[bool]]

    async def respond(self, incoming: Incoming) -> tuple[Context, Outgoing]:
        """The response, and the context that it was made in (the log line wants the location). Where an editor has
        just changed a file that the answer needs, the whole answer is made anew by the next state of everything.
        """
        for _ in range(TRIES):
            snapshot = self.current()
            try:
                return await self._respond(incoming, snapshot)
            except StaleIndexError as changed:
                if not await self.renew(snapshot.index, changed.path):
                    break
        path, query = canonical(incoming.target) or ("", "")
        context = replace(self.context(incoming, self.current()), path=path, query=query)
        refused = await own.error(context, 503)
        return context, replace(refused, headers=[*refused.headers, RETRY_AFTER])

    async def _respond(self, incoming: Incoming, snapshot: Snapshot) -> tuple[Context, Outgoing]:
        if not self.knows(incoming.host, snapshot):
            context = self.context(replace(incoming, host=""), snapshot)  # or strangers' names would fill the memos
            return context, await own.error(context, 421)
        context = self.context(incoming, snapshot)
        if incoming.method not in METHODS:
            refused = await own.error(context, 405)
            return context, replace(refused, headers=[*refused.headers, ALLOW], close=True)
        if incoming.body:
            return context, replace(await own.error(context, 413), close=True)
        if incoming.method == "OPTIONS":
            return context, Outgoing(204, plain_headers("text/plain", "private, no-cache", ALLOW), b"")
        found = canonical(incoming.target)
        if found is None:
            return context, await own.error(context, 400)
        context = replace(context, path=found[0], query=found[1])
        for pattern, handler in ROUTES:
            match = pattern.fullmatch(context.path)
            if match:
                return context, await handler(context, match.groupdict(""))
        return context, await own.error(context, 404)

    def article(self, context: Context) -> tuple[Context, Wanted, Door] | None:
        """The article that a plain target names, for the express lane; None where anything else is asked for."""
        found = canonical(context.incoming.target)
        match = ARTICLE.fullmatch(found[0]) if found and not found[1] else None
        if found is None or match is None or not self.knows(context.incoming.host, context.snapshot):
            return None
        context = replace(context, path=found[0])
        door = articles.door_of(context, match.groupdict(""))
        wanted = self.delivery.article(context.reading, match["slug"], door)
        return None if wanted is None else (context, wanted, door)

    def context(self, incoming: Incoming, snapshot: Snapshot, reader: Reader | None = None) -> Context:
        """Where the reader is, found once for the whole request."""
        reader = reader or self.readers.of(incoming, snapshot)
        return Context(incoming, snapshot, self.delivery, self.readers, reader, self.base_url())

    def knows(self, host: str, snapshot: Snapshot) -> bool:
        """Whether the site answers to this name: its own, or a mirror that a region names."""
        return bool(host) and (host in self.hosts or any(host in region.hosts for region in snapshot.regions.values()))
