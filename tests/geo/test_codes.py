"""Which codes a file knows, found without asking for any address."""

from __future__ import annotations

from gateway.events import NoEvents
from gateway.geo.codes import _codes, codes_in
from gateway.geo.evidence import load_witnesses


def test_the_codes_spelled_out_in_our_own_file_are_those_that_its_addresses_lead_to() -> None:
    (database,) = load_witnesses((), NoEvents()).databases
    found = codes_in([database])
    assert found is not None
    assert found == _codes(database)
    assert {"DE", "RU", "UA", "UA-43"} <= found
    assert "DE-BY" not in found
