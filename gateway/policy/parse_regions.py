"""regions.yaml and corrections.yaml: named areas, and evidence set right for a block of addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from ipaddress import ip_network

from gateway.errors import Problem
from gateway.geo.region import Correction, Network, Region, is_subdivision
from gateway.geo.territory import is_country, is_subdivision_code
from gateway.policy.builtin import GROUPS, remedy_for
from gateway.pyyaml import Fields, Node, YamlError, decode, read

KINDS = ("anonymizer", "relay", "satellite", "hosting")
LONGEST = {4: 24, 6: 48}
"""The longest prefix that may be named in `in`: a rule for fewer addresses would be a rule for persons."""

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

_REMARKED_DAY = re.compile(r"^[^#\n]*#.*?\b(\d{4}-\d{2}-\d{2})\b", re.ASCII | re.MULTILINE)


def parse_regions(files: Mapping[str, bytes], path: str, problems: list[Problem]) -> dict[str, Region]:
    """The named regions; those with problems are left out, and the problems say so."""
    found: dict[str, Region] = {}
    with Fields(read(files[path], path), problems, "in the file") as root:
        node = root.get("regions", required=True)
        if node is None or (node.kind == "scalar" and not node.text):
            return found
        if node.kind != "mapping":
            root.refuse(node, "not-a-mapping", "'regions' is no mapping", "write `name: {wholly: [DE]}`, one a line")
            return found
        for name, (key, value) in node.entries.items():
            region = _region(name, key, value, files, problems)
            if region is not None:
                found[name] = region
    return found


def parse_corrections(raw: bytes, path: str, problems: list[Problem]) -> tuple[Correction, ...]:
    """The corrections, in the order of writing."""
    found: list[Correction] = []
    with Fields(read(raw, path), problems, "in the file") as root:
        for node in root.items("corrections", required=True) or ():
            before = len(problems)
            with Fields(node, problems, "in a correction") as fields:
                network = _network(fields.text("network", required=True), fields.get("network"), problems)
                country = fields.text("country", required=True)
                subdivision = fields.text("subdivision") or None
                reason = fields.text("reason", required=True)
                until = fields.moment("until", required=True)
                if country and not is_country(country):
                    fields.refuse(
                        fields.get("country") or node,
                        "unknown-country",
                        f"unknown country '{country}'",
                        remedy_for(country),
                    )
                if subdivision and not is_subdivision_code(subdivision):
                    what = f"unknown subdivision '{subdivision}'"
                    fields.refuse(
                        fields.get("subdivision") or node, "unknown-subdivision", what, remedy_for(subdivision)
                    )
            if len(problems) == before and network is not None and until is not None:
                found.append(Correction(network, country, subdivision, reason, until))
    return tuple(found)


def _region(name: str, key: Node, value: Node, files: Mapping[str, bytes], problems: list[Problem]) -> Region | None:
    before = len(problems)
    if name in GROUPS or is_country(name) or is_subdivision_code(name):
        problems.append(key.problem("reserved-name", f"region '{name}' is built in", "choose another name"))
    elif not NAME.fullmatch(name):
        remedy = "write small letters, digits and hyphens, as `my-region`"
        problems.append(key.problem("bad-name", f"'{name}' is no name for a region", remedy))
    with Fields(value, problems, f"in region '{name}'") as fields:
        wholly = _codes(fields, "wholly", name)
        countries = _codes(fields, "countries", name, countries_only=True)
        partly = _codes(fields, "partly", name)
        networks = _networks(fields, files, problems)
        hosts = _hosts(fields)
        kind = fields.one_of("kind", KINDS)
        region = Region(
            name=name,
            title=fields.text("title"),
            wholly=wholly | countries,
            partly=partly,
            networks=networks,
            hosts=hosts,
            kind=kind,
            as_of=_day(fields, "as_of") or _dated(files.get(fields.text("networks_file"), b"")),
            source=fields.text("source"),
            sovereign=fields.text("sovereign"),
            controlled_by=fields.text("controlled_by"),
            since=_day(fields, "from"),
            line=key.line,
        )
        for word in ("sovereign", "controlled_by"):
            code = fields.text(word)
            if code and not is_country(code):
                fields.refuse(
                    fields.get(word) or value,
                    "unknown-country",
                    f"unknown country '{code}' in region '{name}'",
                    remedy_for(code),
                )
        used = [
            word for word in ("wholly", "countries", "partly", "networks", "networks_file", "hosts") if fields.has(word)
        ]
        kinds = {"codes" if word in ("wholly", "countries", "partly") else word.partition("_")[0] for word in used}
        if value.kind == "mapping" and len(kinds) != 1:
            what = (
                f"region '{name}' has {'no members' if not kinds else 'members of several kinds: ' + ', '.join(used)}"
            )
            fields.refuse(
                key,
                "region-members",
                what,
                "name codes (wholly, partly), or networks, or hosts; a list in `in` combines regions",
            )
        if kind and kinds and kinds != {"networks"}:
            fields.refuse(
                fields.key("kind"),
                "kind-without-networks",
                f"region '{name}' has a kind but no networks",
                "remove `kind`, or name networks",
            )
        overlap = sorted(region.wholly & region.partly)
        if overlap:
            fields.refuse(
                fields.key("partly"),
                "both-wholly-and-partly",
                f"{overlap[0]} is in 'wholly' and in 'partly' of region '{name}'",
                "keep one",
            )
    return region if len(problems) == before else None


def _codes(fields: Fields, word: str, region: str, *, countries_only: bool = False) -> frozenset[str]:
    """ISO codes; a built-in group (EU, europe) stands for its members."""
    codes: set[str] = set()
    for node in fields.items(word) or ():
        code = fields.text_of(node, f"an item of '{word}'")
        group = GROUPS.get(code)
        if group is not None and group.wholly and not group.partly:
            codes |= group.wholly
        elif is_country(code) or (not countries_only and is_subdivision_code(code)):
            codes.add(code)
        elif is_subdivision_code(code):
            what = f"'{code}' in region '{region}' is a part of a country"
            fields.refuse(node, "subdivision-as-country", what, "write it under 'wholly' or 'partly'")
        elif code:
            kind = "country" if countries_only or not is_subdivision(code) else "subdivision"
            fields.refuse(node, f"unknown-{kind}", f"unknown {kind} '{code}' in region '{region}'", remedy_for(code))
    return frozenset(codes)


def _networks(fields: Fields, files: Mapping[str, bytes], problems: list[Problem]) -> tuple[Network, ...]:
    found = [
        _network(fields.text_of(node, "an item of 'networks'"), node, problems)
        for node in fields.items("networks") or ()
    ]
    listed = fields.get("networks_file")
    name = fields.text("networks_file")
    if listed is not None and name:
        if name not in files:
            fields.refuse(
                listed,
                "missing-file",
                f"there is no file '{name}'",
                "name a file below the policies directory, as networks/relays.txt",
            )
        else:
            found += _listed_networks(files[name], name, listed, problems)
    return tuple(dict.fromkeys(network for network in found if network is not None))


def _listed_networks(raw: bytes, path: str, named: Node, problems: list[Problem]) -> list[Network | None]:
    """Networks of a file, one a line; `#` begins a remark."""
    found: list[Network | None] = []
    try:
        text = decode(raw, path, tabs=True, limit=False)
    except YamlError as error:
        problems.extend(error.problems)
        return found
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if written:
            node = Node(path, number, line.index(written) + 1, "scalar", written)
            found.append(_network(written, node, problems))
    if not found:
        problems.append(named.problem("empty-list", f"the file '{path}' names no network", "name at least one"))
    return found


def _network(text: str, node: Node | None, problems: list[Problem]) -> Network | None:
    if not text or node is None:
        return None
    try:
        return ip_network(text)
    except ValueError as error:
        reason = str(error)
    remedy = "write a network as 198.51.100.0/24 or 2001:db8::/48"
    if "host bits" in reason:
        remedy = f"write {ip_network(text, strict=False)}"
    problems.append(node.problem("bad-network", f"'{text}' is no network", remedy))
    return None


def _hosts(fields: Fields) -> frozenset[str]:
    found: set[str] = set()
    for node in fields.items("hosts") or ():
        host = fields.text_of(node, "an item of 'hosts'").lower().rstrip(".")
        if host and not _HOST.fullmatch(host):
            fields.refuse(node, "bad-host", f"'{node.text}' is no host name", "write the name alone, as mirror.example")
        elif host:
            found.add(host)
    return frozenset(found)


def _day(fields: Fields, name: str) -> str:
    day = fields.day(name)
    return day.isoformat() if day else ""


def _dated(listed: bytes) -> str:
    """The first day that a remark in a list of networks names: `# as of 2026-11-01`; "" for none."""
    for written in _REMARKED_DAY.findall(listed.decode("utf-8", "replace")):
        with suppress(ValueError):
            return date.fromisoformat(written).isoformat()
    return ""
