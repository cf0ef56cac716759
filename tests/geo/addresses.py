"""Real public addresses and what the embedded evidence says of them, for tests that ask it for real.

Chosen from the middle of large blocks on which as many sources agree as agree anywhere; of the occupied parts of
Donetsk and Luhansk there is nothing better than one city database against three bare RU.
"""

from __future__ import annotations

from typing import NamedTuple


class Seen(NamedTuple):
    """What the embedded evidence says: by DB-IP, IPFire, whois and ASN, country or subdivision, "" for silence."""

    address: str
    dbip: str
    ipfire: str
    whois: str
    asn: str


CITIES: dict[str, Seen] = {
    "Moscow": Seen("37.144.12.34", "RU-MOW", "RU", "RU", "RU"),
    "Simferopol": Seen("91.241.128.34", "UA-43", "RU", "RU", "RU"),
    "Sevastopol": Seen("109.110.64.34", "UA-40", "RU", "RU", "RU"),
    "Donetsk": Seen("195.184.213.34", "UA-14", "RU", "RU", "RU"),
    "Horlivka": Seen("176.102.0.34", "UA-14", "RU", "RU", "RU"),
    "Luhansk": Seen("185.52.155.34", "UA-09", "RU", "RU", "RU"),
    "Kherson": Seen("185.43.224.34", "UA-65", "UA", "UA", "UA"),
    "Kyiv": Seen("37.73.40.34", "UA-30", "UA", "UA", "UA"),
    "Minsk": Seen("93.84.20.34", "BY", "BY", "BY", "BY"),
    "Lagos": Seen("102.88.20.34", "NG", "NG", "NG", "NG"),
    "Berlin": Seen("141.20.1.34", "DE", "DE", "DE", "DE"),
    "Vienna": Seen("131.130.1.34", "AT", "AT", "AT", "AT"),
    "Moscow, IPv6": Seen("2a02:6b8::1", "RU-MOW", "RU", "RU", "RS"),
    "Simferopol, IPv6": Seen("2a09:9f00::1", "UA-43", "RU", "RU", "RU"),
    "Sevastopol, IPv6": Seen("2a02:2b18::1", "UA-40", "RU", "RU", "RU"),
    "Kherson, IPv6": Seen("2a13:61c0::1", "UA-65", "UA", "UA", "UA"),
}

ADDRESSES: dict[str, str] = {city: seen.address for city, seen in CITIES.items()}
