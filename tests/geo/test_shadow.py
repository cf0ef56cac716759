"""A database in shadow is counted and nothing else: not heard, not felt, and no reader can be told from the counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.events import NoEvents
from gateway.geo.client_address import ClientAddress
from gateway.geo.evidence import Witnesses, load_witnesses
from gateway.geo.locate import locate
from gateway.geo.shadow import Shadow, load_shadow
from gateway.settings import load_settings
from tests.geo.worlds import REGIONS, geoip2, write_mmdb
from tests.running import gateway
from tests.sites import policy, write_content, write_policies

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
AS_RU = {"93.84.0.0/24": geoip2("RU"), "93.85.0.0/24": geoip2("BY")}
AS_BY = {"93.84.0.0/24": geoip2("BY"), "93.85.0.0/24": geoip2("BY")}


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return write_mmdb(tmp_path / "live.mmdb", AS_BY)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return write_mmdb(tmp_path / "other.mmdb", AS_RU)


def meet(shadow: Shadow, live: Witnesses, *addresses: str, now: datetime = NOW) -> None:
    for address in addresses:
        client = ClientAddress(ip_address(address), "peer", "")
        location = locate(client, "", live, REGIONS, (), now)
        shadow.compare(client, "", location, REGIONS, (), now)


def test_locations_that_would_stand_otherwise_are_counted_by_region(live: Path, other: Path) -> None:
    shadow, witnesses = Shadow(load_witnesses([other], NoEvents())), load_witnesses([live], NoEvents())
    meet(shadow, witnesses, *(f"93.84.0.{n}" for n in range(1, 13)), *(f"93.85.0.{n}" for n in range(1, 6)))
    assert shadow.results == {"same": 5, "differs": 12}
    assert shadow.flush(NOW) == []
    (told,) = shadow.flush(NOW + timedelta(hours=1))
    assert told["hour"] == "2026-11-23T10:00:00Z"
    cells = told["cells"]
    assert isinstance(cells, list)
    assert {"region": "RU", "live": "outside", "shadow": "confirmed", "count": 12} in cells
    assert {"region": "UA", "live": "outside", "shadow": "possible", "count": 12} in cells
    assert shadow.flush(NOW + timedelta(hours=2), closing=True) == []


def test_changes_that_fewer_than_ten_share_are_merged(live: Path, other: Path) -> None:
    shadow, witnesses = Shadow(load_witnesses([other], NoEvents())), load_witnesses([live], NoEvents())
    meet(shadow, witnesses, *(f"93.84.0.{n}" for n in range(1, 4)))
    (told,) = shadow.flush(NOW, closing=True)
    (cell,) = told["cells"]  # type: ignore[misc]
    assert set(cell) == {"region", "count"}
    assert cell["region"] == "*"


def test_a_shadow_that_raises_is_counted(live: Path) -> None:
    class Broken(Witnesses):
        def ask(self, address: object) -> object:  # type: ignore[override]
            raise RuntimeError(address)

    shadow = Shadow(Broken(()))
    meet(shadow, load_witnesses([live], NoEvents()), "93.84.0.1")
    assert shadow.results["failed"] == 1


def test_a_file_that_is_not_there_is_a_wrong_setting_and_a_damaged_one_no_shadow(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_GEOIP_SHADOW.*absent.mmdb"):
        load_settings({}, {"GATEWAY_GEOIP_SHADOW": str(tmp_path / "absent.mmdb")})
    (tmp_path / "damaged.mmdb").write_bytes(b"no database")
    assert load_shadow([str(tmp_path / "damaged.mmdb")], NoEvents()) is None
    assert load_shadow([], NoEvents()) is None


def test_a_gateway_with_a_shadow_answers_as_without_and_tells_no_address(
    tmp_path: Path, live: Path, other: Path
) -> None:
    warn = policy("warn", "notice: {id: first}", readers="{in: [RU]}")
    policies = write_policies(tmp_path / "policies", [warn], notices=("first",))
    content = write_content(tmp_path / "content")
    readers = [f"93.84.0.{n}" for n in range(100, 115)]
    pages = []
    for shadow in ("", str(other)):
        with gateway(tmp_path, content=content, policies=policies, geoip=str(live), geoip_shadow=shadow) as running:
            pages.append([running.get("/articles/harbour-opens", reader=reader).body for reader in readers * 2])
            metrics = running.admin("/metrics").text
    assert pages[0] == pages[1]
    assert b'data-notice="first"' not in pages[1][0]
    assert 'gateway_geo_shadow_total{result="differs"} 15' in metrics
    (event,) = running.events("geoip_shadow")
    assert {"region": "RU", "live": "outside", "shadow": "confirmed", "count": 15} in event["gateway.geoip.shadow"]  # type: ignore[operator]
    assert "93.84.0" not in running.log.read_text()
