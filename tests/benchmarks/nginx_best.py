"""nginx at its best: each variant of each page as a file, plain and compressed, picked by GeoIP, one log line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.benchmarks.material import Material, Reader


class Page(Protocol):
    """What one reader gets."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields, names in lower case."""

    @property
    def body(self) -> bytes:
        """The bytes, in the coding that was asked for."""


Pages = Mapping[tuple[str, str, str], Page]
"""By variant ("warned", "plain"), slug and coding ("gzip", "identity")."""

# The sample policy warns where a reader may be in Russia or in a part of Ukraine that Russia holds, wholly or partly;
# a reader in Ukraine without a known region, or at an unknown place, may be there.
WARNED = ("UA:43", "UA:40", "UA:09", "UA:14", "UA:23", "UA:65", "UA:", ":")
OWN = {"etag", "last-modified", "content-encoding", "content-type", "accept-ranges"}

CONFIG = """
daemon off; worker_processes 1; pid {directory}/pid;
error_log stderr crit;
load_module {modules}/ngx_http_geoip2_module.so;
events {{ worker_connections 4096; }}
http {{
  client_body_temp_path {directory}/t1; proxy_temp_path {directory}/t2; fastcgi_temp_path {directory}/t3;
  uwsgi_temp_path {directory}/t4; scgi_temp_path {directory}/t5;
  geoip2 {geoip} {{
    $country source=$remote_addr country iso_code;
    $subdivision source=$remote_addr subdivisions 0 iso_code;
  }}
  set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For; real_ip_recursive on;
  map "$country:$subdivision" $variant {{ default plain; ~^RU: warned; {warned} }}
  map $variant $standings {{ default ""; warned '"RU:possible"'; }}
  map $variant $treatments {{ default ""; warned '"notice:undesirable-organization","protect:all"'; }}
  map $variant $policies {{ default ""; warned '"undesirable-organization"'; }}
  {maps}
  log_format ecs escape=none '{{"@timestamp":"$time_iso8601","log.level":"info","ecs.version":"8.17.0",'
    '"event.action":"request","event.duration":$request_time,"service.name":"gateway","service.version":"0.1.0",'
    '"trace.id":"$request_id","http.request.method":"$request_method","http.response.status_code":$status,'
    '"http.response.body.bytes":$body_bytes_sent,"url.path":"$uri","client.geo.country_iso_code":"$country",'
    '"gateway.standings":[$standings],"gateway.disputed":false,"gateway.article.id":"$uri",'
    '"gateway.article.version":"1","gateway.decision.policies":[$policies],'
    '"gateway.decision.treatments":[$treatments],"gateway.decision.shadow":[],'
    '"gateway.decision.fingerprint":"$variant","gateway.policy.revision":"1","gateway.cache.status":"hit",'
    '"gateway.cache.level":"file","gateway.door":"html","gateway.lane":"natural"}}';
  access_log {directory}/access.log ecs buffer=64k flush=1s;
  sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_timeout 75s; keepalive_requests 100000000;
  open_file_cache max=10000 inactive=10m; open_file_cache_valid 60s;
  server_tokens off; gzip off; gzip_static on; gzip_vary off; etag on;
  server {{
    listen 127.0.0.1:{port}; server_name _;
    location / {{ root {directory}/pages/$variant; default_type "text/html; charset=utf-8"; {fields} }}
  }}
}}
"""


def variant_of(reader: Reader) -> str:
    """What nginx's map says, for choosing the readers whose pages are kept."""
    place = f"{reader.country}:{reader.subdivision}"
    return "warned" if reader.country == "RU" or place in WARNED else "plain"


def one_of_each(readers: Sequence[Reader]) -> Mapping[str, Reader]:
    """A reader for each variant."""
    found: dict[str, Reader] = {}
    for reader in readers:
        found.setdefault(variant_of(reader), reader)
    return found


def write(material: Material, pages: Pages, directory: Path, port: int) -> Path:
    """The configuration and its pages under `directory`; header fields are those that the gateway sent."""
    for (variant, slug, coding), page in pages.items():
        file = directory / "pages" / variant / "articles" / (f"{slug}.gz" if coding == "gzip" else slug)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(page.body)
    directory.chmod(0o755)
    slug = material.warm[0]
    sent = {variant: dict(pages[variant, slug, "gzip"].headers) for variant in ("plain", "warned")}
    maps, fields = [], []
    for number, name in enumerate(sorted({*sent["plain"], *sent["warned"]} - OWN)):
        plain, warned = sent["plain"].get(name, ""), sent["warned"].get(name, "")
        if plain == warned:
            fields.append(f"add_header {name} '{plain}';" if "'" not in plain else f'add_header {name} "{plain}";')
        else:
            maps.append(f'map $variant $field{number} {{ default "{plain}"; warned "{warned}"; }}')
            fields.append(f"add_header {name} $field{number};")
    config = directory / "nginx.conf"
    config.write_text(
        CONFIG.format(
            directory=directory, modules="/usr/lib/nginx/modules", geoip=material.geoip, port=port,
            warned=" ".join(f'"{place}" warned;' for place in WARNED), maps="\n  ".join(maps), fields=" ".join(fields),
        )
    )  # fmt: skip
    return config
