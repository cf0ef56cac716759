"""Every event that the gateway logs: its name, when it happens, its fields. `gateway schema log` prints this.

Names follow the Elastic Common Schema where it has one; the gateway's own stand under `gateway.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ECS_VERSION = "8.17.0"


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it is emitted, the name that it has in the log, its JSON type, and what it says."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True)
class Kind:
    """An event: when it happens, and the fields that it may have, by their emitted names."""

    about: str
    fields: tuple[str, ...] = ()


ALWAYS = ("error",)
"""Fields that every event may have: an exception becomes error.type, error.message and error.stack_trace."""

FIELDS: Mapping[str, Field] = {
    "accepted": Field("gateway.policy.accepted", "boolean", "whether the new set is in force"),
    "action": Field("gateway.policy.action", "string", "activate or rollback"),
    "actor": Field(
        "user.name", "string", "who did it: as they said, git's author, or the files' owner; absent: unknown"
    ),
    "added": Field("gateway.policy.added", "array", "names of policies that are new"),
    "address": Field("server.address", "string", "where a port listens"),
    "age_days": Field("gateway.age_days", "number", "age in days"),
    "articles": Field("gateway.content.articles", "integer", "number of articles"),
    "article": Field("gateway.article.id", "string", "an article's slug"),
    "bytes": Field("gateway.memory.bytes", "integer", "memory that a process holds"),
    "built": Field("gateway.geoip.built", "string", "when the database was built"),
    "geoip_shadow.cells": Field("gateway.geoip.shadow", "array", "counts by region, standing now and standing then"),
    "cells": Field("gateway.facts.cells", "array", "counts by evidence, article and treatments"),
    "changed": Field("gateway.policy.changed", "array", "names of policies that differ"),
    "code": Field("process.exit_code", "integer", "exit code"),
    "count": Field("gateway.count", "integer", "how many"),
    "database": Field("gateway.geoip.database", "string", "name of a GeoIP database"),
    "databases": Field("gateway.geoip.databases", "array", "names of GeoIP databases"),
    "directory": Field("file.directory", "string", "a directory"),
    "error": Field("error.type", "string", "class of the exception"),
    "evidence": Field("gateway.geoip.databases", "array", "names of GeoIP databases"),
    "how": Field("gateway.policy.how", "string", "start, watch (saved files were noticed), reload or rollback"),
    "hour": Field("gateway.facts.hour", "string", "the hour that was counted"),
    "languages": Field("gateway.content.languages", "array", "languages"),
    "level": Field("gateway.cache.level", "string", "memory, redis or render"),
    "logger": Field("log.logger", "string", "which library spoke"),
    "message": Field("message", "string", "a sentence for people"),
    "mode": Field("gateway.mode", "string", "enforce or observe"),
    "notices": Field("gateway.notices", "array", "notice ids"),
    "path": Field("file.path", "string", "a file"),
    "origin_fault.path": Field("url.path", "string", "path without query, as the origin was asked for it"),
    "pid": Field("process.pid", "integer", "process id"),
    "policies": Field("gateway.policy.count", "integer", "number of policies"),
    "policy": Field("gateway.policy.name", "string", "a policy's name"),
    "port": Field("server.port", "integer", "a port"),
    "problems": Field("gateway.problems", "array", "what is wrong: file:line:column: what; remedy"),
    "reason": Field("event.reason", "string", "why, as one constant word"),
    "policy_reloaded.removed": Field("gateway.policy.removed", "array", "names of policies that are gone"),
    "remaining": Field("gateway.purge.remaining", "integer", "pages that a read-back still found"),
    "removed": Field("gateway.purge.removed", "integer", "pages removed"),
    "revision": Field("gateway.policy.revision", "string", "digest of the policy set in force"),
    "seconds": Field("gateway.seconds", "number", "how long, in seconds"),
    "share": Field("gateway.share", "number", "a share between 0 and 1"),
    "slug": Field("gateway.article.id", "string", "an article's slug"),
    "source": Field("gateway.geoip.database", "string", "name of a GeoIP source"),
    "stack": Field("error.stack_trace", "array", "frames, innermost last; never values"),
    "state": Field("gateway.alarm", "string", "begin or end"),
    "status": Field("http.response.status_code", "integer", "HTTP status"),
    "tags": Field("gateway.purge.tags", "array", "what was purged; absent: everything"),
    "template": Field("message", "string", "a library's message without its arguments"),
    "url": Field("url.full", "string", "an address of the site"),
    "version": Field("gateway.content.version", "string", "digest of the content index"),
    "warnings": Field("gateway.warnings", "array", "findings that do not stop a set"),
    "worker": Field("gateway.worker", "integer", "number of a worker"),
    "workers": Field("gateway.workers", "integer", "number of workers"),
}

EVENTS: Mapping[str, Kind] = {
    "request": Kind("A request was answered. Its fields are REQUEST_FIELDS."),
    "gateway_started": Kind(
        "The gateway answers.",
        ("url", "port", "revision", "policies", "articles", "databases", "evidence", "mode", "workers", "version"),
    ),
    "gateway_stopped": Kind("The gateway has stopped in order.", ("seconds", "reason", "workers")),
    "policy_reloaded": Kind(
        "Another policy set is in force.",
        ("revision", "policies", "changed", "added", "removed", "actor", "how", "action", "warnings"),
    ),
    "policy_rejected": Kind(
        "A policy set cannot be used; the last good one stays in force.",
        ("problems", "revision", "actor", "how", "reason"),
    ),
    "policy_stale": Kind("The set in force is not the one on disk.", ("revision", "reason", "seconds", "problems")),
    "state_not_written": Kind("The state directory takes no more; the next start has no fallback."),
    "refresh_failed": Kind("A look at policies, content or evidence failed; what is in force stays."),
    "policy_failed": Kind(
        "A policy could not be decided; the others were, and nothing is kept; once a policy and revision.",
        ("policy", "revision", "message"),
    ),
    "policy_review_due": Kind("A policy has passed its `review_by`; it stays in force.", ("policy", "age_days")),
    "content_loaded": Kind(
        "The content index is in force; articles with problems are left out.", ("articles", "version", "problems")
    ),
    "content_reloaded": Kind("The content was read again.", ("articles", "version", "changed", "seconds")),
    "content_rejected": Kind("Articles could not be read and are left out.", ("problems", "count", "path", "reason")),
    "geoip_reloaded": Kind("A GeoIP database was swapped in.", ("database", "databases", "built", "path", "source")),
    "geoip_rejected": Kind(
        "A GeoIP file cannot be used; the one in service stays.", ("database", "path", "reason", "problems", "source")
    ),
    "geoip_stale": Kind("A GeoIP database is old.", ("database", "built", "age_days", "source", "path")),
    "clock_turned_back": Kind("The wall clock was set back; what was decided since is decided anew.", ("seconds",)),
    "redis_lost": Kind("Redis is not asked any more; pages come from memory and rendering.", ("reason",)),
    "redis_restored": Kind("Redis is asked again.", ("seconds",)),
    "origin_lost": Kind("The origin is not asked any more; what is kept is served, stale if need be.", ("reason",)),
    "origin_restored": Kind("The origin is asked again, gently at first.", ("seconds",)),
    "origin_fault": Kind("The origin gave no whole answer; once a second for each reason.", ("reason", "path")),
    "cache_value_rejected": Kind("A stored page failed its check and was not used; once a second.", ("reason",)),
    "cache_write_refused": Kind("Redis takes no pages; reading goes on; once a minute.", ("reason",)),
    "cache_shared": Kind("The embedded Valkey of another gateway is shared.", ("directory",)),
    "cache_dump_rejected": Kind("The embedded Valkey could not read its dump; it was put aside.", ("path",)),
    "embedded_cache_died": Kind("The embedded Valkey ended by itself and is started again.", ("code",)),
    "embedded_cache_restored": Kind("The embedded Valkey answers again after it ended by itself.", ("seconds",)),
    "embedded_cache_failed": Kind("The embedded Valkey cannot be started.", ("reason", "message", "error")),
    "notice_guard_failed": Kind(
        "A due notice was not in the rendered page; the page was wrapped so that it is.",
        ("notices", "article", "slug", "message"),
    ),
    "treatment_failed": Kind(
        "An origin's page could not be treated; a plain page with the notices took its place.", ("message",)
    ),
    "withhold_unmatched": Kind(
        "A part that a policy withholds was not found on an origin's page. By selector, or resembling something: the "
        "whole text is withheld until the policy is mended. By words that stand there no more: the page is as it is.",
        ("message",),
    ),
    "withhold_inexact": Kind(
        "The words that a policy withholds stand on an origin's page in an edited form, and were withheld so.",
        ("message",),
    ),
    "withheld_whole_page": Kind(
        "What a policy withholds could not be told from the rest of an origin's page; nothing of it was shown.",
        ("message",),
    ),
    "feed_unreadable": Kind(
        "A feed of the origin's is so broken that nobody can tell whose the words in it are; links with the notices "
        "took its place. Mend what writes it.",
        ("message",),
    ),
    "locating_own_proxy": Kind(
        "Most readers seem to be where the own proxy is: in one network, private, hosting or unknown; or no longer.",
        ("state", "share", "reason"),
    ),
    "purged": Kind("Pages were removed.", ("tags", "removed", "remaining", "actor", "reason")),
    "worker_died": Kind("A worker ended by itself.", ("worker", "pid", "code")),
    "worker_recycled": Kind(
        "A worker takes more memory than it may; another takes its place, then it ends.", ("worker", "bytes")
    ),
    "memory_shrunk": Kind("A process nears its memory limit and gave up pages; once a minute.", ("bytes", "count")),
    "connections_refused": Kind("No place for connections, in all or from one peer; once a minute.", ("count",)),
    "past_the_front": Kind(
        "Requests were refused since they came past the proxies that must be in front: direct; unlisted (they name a "
        "reader as a proxy does: one may be missing in the settings); secret (without the one that is asked for). At "
        "once, then once a minute.",
        ("count", "reason"),
    ),
    "request_failed": Kind("A request met an error of ours.", ("error", "stack", "status", "reason")),
    "decision_facts": Kind("An hour's decisions, counted; cells under ten are merged.", ("hour", "cells")),
    "geoip_shadow": Kind(
        "An hour's locations that would stand otherwise by GATEWAY_GEOIP_SHADOW; cells under ten are merged.",
        ("hour", "cells"),
    ),
    "log_dropped": Kind("Log lines were lost because they could not be written in time.", ("count",)),
    "library_message": Kind("A library warned.", ("logger", "template", "error", "stack")),
}

REQUEST_FIELDS: Mapping[str, tuple[str, str]] = {
    "@timestamp": ("string", "when it was answered; cut to the minute where protect applies"),
    "log.level": ("string", "info"),
    "ecs.version": ("string", "version of the Elastic Common Schema"),
    "event.action": ("string", "request"),
    "event.duration": ("integer", "nanoseconds"),
    "service.name": ("string", "gateway"),
    "service.version": ("string", "version of the gateway"),
    "trace.id": ("string", "32 hex digits, inherited from `traceparent` except where protect applies"),
    "http.request.method": ("string", "method, or _OTHER"),
    "http.response.status_code": ("integer", "status"),
    "http.response.body.bytes": ("integer", "bytes of the body sent; absent where protect applies"),
    "url.path": ("string", "canonical path without query"),
    "client.geo.country_iso_code": ("string", "country on which most sources agree; absent if unknown"),
    "gateway.standings": ("array", "REGION:standing, of the regions that policies name, those not outside"),
    "gateway.disputed": ("boolean", "whether sources name different countries"),
    "gateway.unknown": ("string", "why the place is unknown; absent if it is known"),
    "gateway.article.id": ("string", "slug"),
    "gateway.article.version": ("string", "digest of the article's file"),
    "gateway.decision.policies": ("array", "policies that did something"),
    "gateway.decision.treatments": ("array", "notice:ID, protect:WHAT, block:ID, …"),
    "gateway.decision.shadow": ("array", "policy=treatment of policies in shadow"),
    "gateway.decision.fingerprint": ("string", "digest of the outcome"),
    "gateway.policy.revision": ("string", "digest of the policy set"),
    "gateway.cache.status": ("string", "hit, miss, bypass or none"),
    "gateway.cache.level": ("string", "memory, redis, render or none"),
    "gateway.door": ("string", "html, json, feed, listing, sitemap, media or own"),
    "gateway.lane": ("string", "express or natural"),
    "gateway.preview": ("boolean", "true for a signed preview; absent otherwise"),
}


def field_of(event: str, emitted: str) -> Field | None:
    """What a field of an event is called in the log; None if the catalogue does not know it."""
    return FIELDS.get(f"{event}.{emitted}") or FIELDS.get(emitted)


def schema() -> dict[str, object]:
    """The JSON Schema of a log line."""
    common = {
        "@timestamp": {"type": "string", "format": "date-time"},
        "log.level": {"enum": ["debug", "info", "warning", "error"]},
        "event.action": {"enum": sorted(EVENTS)},
        "ecs.version": {"const": ECS_VERSION},
        "service.name": {"type": "string"},
        "service.version": {"type": "string"},
    }
    variants = [_variant(name, kind) for name, kind in EVENTS.items()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of the gateway's log",
        "type": "object",
        "properties": common,
        "required": list(common),
        "oneOf": variants,
    }


def _variant(name: str, kind: Kind) -> dict[str, object]:
    if name == "request":
        properties = {field: {"type": json, "description": about} for field, (json, about) in REQUEST_FIELDS.items()}
    else:
        properties = {
            field.name: {"type": field.type, "description": field.about}
            for field in filter(None, (field_of(name, emitted) for emitted in (*ALWAYS, *kind.fields)))
        }
    return {"title": name, "description": kind.about, "properties": properties | {"event.action": {"const": name}}}
