"""Every setting, its default, what it may be, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from gateway.errors import Problem, SettingsError
from gateway.geo import presets
from gateway.geo.cdn import CdnGeo
from gateway.geo.client_address import PROXY_PROTOCOL, X_FORWARDED_FOR, TrustedProxies
from gateway.settings import judge
from gateway.settings.kinds import (
    Content,
    Files,
    HardToGuess,
    Headers,
    Hosts,
    Listed,
    RulesFile,
    Sites,
    Target,
    Zone,
    listed,
)
from gateway.web.familiar import CUT_OUT
from gateway.web.front_secret import FrontSecret

PREFIX = "GATEWAY_"
SECRETS = ("redis_url", "proxy_secret", "admin_token", "signing_key")

_FIELD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

PROXY_LISTS = "proxies"
"""In the state directory: the operator's own lists of ranges, NAME.txt for a preset's name."""


SESSIONS = ("wordpress_logged_in_*", "wp-postpass_*", "comment_author_*", "SESS*", "SSESS*")
"""Of WordPress and Drupal."""


class Settings(BaseModel):
    """Every `GATEWAY_…` setting under its own name, in lower case and without the prefix."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: Content = Field(
        default=Path(__file__).parents[1] / "sample", description="the content directory, or the URL of a CMS"
    )
    policies: Path = Field(default=Path("policies"), description="the policies directory")
    geoip: Listed = Field(default=(), description="MMDB files, comma separated; empty: the embedded evidence")
    geoip_shadow: Files = Field(default=(), description="MMDB files to try beside those in service; only counted")
    state: Path = Field(
        default=Path(".gateway"), description="tokens, keys, last good policies, history, embedded cache"
    )
    redis_url: SecretStr = Field(default=SecretStr(""), description="empty: the embedded Valkey")
    base_url: Sites = Field(default=(), description="public addresses of the site; also the allowed hosts")
    trusted_proxies: Listed = Field(default=(), description="CIDRs, or names as `loopback`, `cloudflare`")
    client_address_header: str = Field(
        default="", description="where a trusted proxy names the reader; empty: as that proxy does"
    )
    cdn_geo: str = Field(default="", description="`cloudflare` or `cloudfront`: heed its headers of place")
    require_trusted_peer: Literal["on", "off"] = Field(
        default="off", description="refuse whoever comes past the trusted proxies"
    )
    proxy_secret: HardToGuess = Field(
        default=SecretStr(""),
        description="what your CDN adds to each request, others are refused; two, while it changes",
    )
    proxy_secret_header: str = Field(default="x-origin-verify", description="the header in which it is")
    admin_token: SecretStr = Field(default=SecretStr(""), description="empty: made and kept in the state directory")
    signing_key: SecretStr = Field(default=SecretStr(""), description="the same on every node; empty: made and kept")
    redirect_hosts: Hosts = Field(default=(), description="hosts to which a policy may redirect")
    mode: Literal["enforce", "observe"] = Field(
        default="enforce", description="observe: pages untouched, decisions logged"
    )
    origin_profile: Literal["newsroom", "rfc9111"] = Field(
        default="newsroom", description="rfc9111: before a CMS, a cache that does what the RFCs ask and no more"
    )
    origin_host: str = Field(default="", description="the Host that the CMS is told; empty: the one in its URL")
    origin_pages: RulesFile = Field(
        default=None, description="YAML: which pages of the CMS are articles, and what stands where on them"
    )
    origin_passes: Headers = Field(
        default=(), description="what the CMS is told of readers it is not told else: header names; `address`"
    )
    origin_sessions: Listed = Field(
        default=SESSIONS, description="cookies of people who are logged in: their requests pass by the cache"
    )
    origin_connect_seconds: float = Field(default=0.25, gt=0, description="how long a CMS may take to accept")
    origin_first_byte_seconds: float = Field(default=2.0, gt=0, description="how long it may take to begin an answer")
    origin_total_seconds: float = Field(default=5.0, gt=0, description="how long it may take to end one")
    origin_unsafe_first_byte_seconds: float = Field(
        default=60.0, gt=0, description="how long it may take to begin an answer to POST and its like"
    )
    origin_concurrency: int = Field(default=64, ge=1, description="requests that it is sent at once")
    origin_probe_path: Target = Field(
        default="/", description="what it is asked, with HEAD, to find out whether it is well again"
    )
    express: Literal["on", "off"] = Field(default="on", description="answer warm plain GETs ahead of aiohttp")
    memory_cache_bytes: int = Field(default=64 * 2**20, ge=0, description="bytes of pages that each process keeps")
    worker_memory_bytes: int = Field(
        default=2**30,
        ge=0,
        description="memory at which a worker is replaced, at four fifths it gives up pages; 0: none",
    )
    timezone: Zone = Field(default="", description="IANA zone in which pages write dates; empty: as each article does")
    log_format: Literal["", "json", "console"] = Field(default="", description="json when not on a terminal")
    log_file: Path | None = Field(default=None, description="instead of standard output; reopened on SIGHUP")
    host: str = Field(default="127.0.0.1", description="where the public port listens")
    port: int = Field(default=8080, ge=0, le=65535, description="the public port")
    admin_host: str = Field(default="127.0.0.1", description="where the admin port listens")
    admin_port: int = Field(default=8081, ge=0, le=65535, description="the admin port")
    workers: int = Field(default=1, ge=1, le=256, description="processes")

    @field_validator("geoip")
    @classmethod
    def _evidence(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return judge.each(value, judge.no_evidence) if judge.starting(info) else value

    @field_validator("log_file", "state")
    @classmethod
    def _places(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and judge.starting(info) and (wrong := judge.no_place(value)):
            raise ValueError(wrong)
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        url = value.get_secret_value()
        if url and judge.starting(info) and (wrong := judge.no_redis(url)):
            raise ValueError(wrong)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _ranges(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return judge.each(value, lambda name: judge.no_proxy(name, _lists(info.data)))

    @field_validator("client_address_header")
    @classmethod
    def _header(cls, value: str, info: ValidationInfo) -> str:
        if value and not _FIELD_NAME.fullmatch(value):
            raise ValueError("no header has such a name; write one as x-forwarded-for, or proxy-protocol")
        if value.lower() == PROXY_PROTOCOL and not info.data.get("trusted_proxies", ("?",)):
            raise ValueError("nobody is trusted to speak it; name the balancer's range in GATEWAY_TRUSTED_PROXIES")
        return value.lower()

    @field_validator("cdn_geo")
    @classmethod
    def _cdn(cls, value: str, info: ValidationInfo) -> str:
        able = [name for name in presets.names() if presets.preset(name).geo]
        if value and value not in able:
            raise ValueError(f"no CDN of that name tells the place in headers; {judge.meant(value, able)}")
        if value and value not in info.data.get("trusted_proxies", (value,)):
            raise ValueError(f"it is not trusted; add {value} to GATEWAY_TRUSTED_PROXIES")
        return value

    @field_validator("require_trusted_peer")
    @classmethod
    def _somebody_is_trusted(cls, value: str, info: ValidationInfo) -> str:
        if value == "on" and not info.data.get("trusted_proxies", ("?",)):
            raise ValueError("nobody is trusted, so nobody could read; name your proxies in GATEWAY_TRUSTED_PROXIES")
        return value

    @field_validator("proxy_secret_header")
    @classmethod
    def _is_nobody_elses(cls, value: str, info: ValidationInfo) -> str:
        own = _FIELD_NAME.fullmatch(value) and value.lower().startswith("x-") and value.lower() not in CUT_OUT
        if not own or value.lower() == info.data.get("client_address_header"):
            raise ValueError("a header of another meaning, or none; write one of your own, as x-origin-verify")
        return value.lower()

    @property
    def origin(self) -> str:
        """The CMS before which the gateway stands; "" where articles come from a directory."""
        return self.content if isinstance(self.content, str) else ""

    @property
    def directory(self) -> Path:
        """The content directory. Raises SettingsError where articles come from a CMS instead."""
        if isinstance(self.content, str):
            what, remedy = f"{self.content!r} is a CMS", "this needs a content directory; name one with --content"
            raise SettingsError(f"{what}; {remedy}", [Problem(f"{PREFIX}CONTENT", 0, 0, "bad-setting", what, remedy)])
        return self.content

    @property
    def presets(self) -> tuple[presets.Preset, ...]:
        """The proxies that are named, with the ranges in force."""
        known = presets.names()
        lists = self.state / PROXY_LISTS
        return tuple(presets.preset(name, lists) for name in self.trusted_proxies if name in known)

    @property
    def proxies(self) -> TrustedProxies:
        """The trusted proxies, presets spelled out, and where they name the reader."""
        named = self.presets
        networks: list[IPv4Network | IPv6Network] = [network for preset in named for network in preset.networks]
        networks += [ip_network(cidr) for cidr in self.trusted_proxies if cidr not in presets.names()]
        header = self.client_address_header or (named[0].header if len(named) == 1 else X_FORWARDED_FOR)
        return TrustedProxies(tuple(dict.fromkeys(networks)), header)

    @property
    def cdn(self) -> CdnGeo | None:
        """The CDN whose word on the reader's place is one more source; None: nobody's is."""
        return next((CdnGeo.of(preset) for preset in self.presets if preset.name == self.cdn_geo), None)

    @property
    def claims(self) -> tuple[str, ...]:
        """Every header that may say where a reader is."""
        return self.proxies.header, *(self.cdn.headers.names if self.cdn else ())

    @property
    def front_secret(self) -> FrontSecret | None:
        """What every request must bear; None: nothing."""
        secrets = listed(self.proxy_secret.get_secret_value())
        return FrontSecret.of(self.proxy_secret_header, secrets) if secrets else None

    @property
    def site_url(self) -> str:
        """The address under which the site calls itself."""
        if self.base_url:
            return self.base_url[0]
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104  (compared, not bound)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _lists(values: Mapping[str, object]) -> Path | None:
    state = values.get("state")
    return state / PROXY_LISTS if isinstance(state, Path) else None
