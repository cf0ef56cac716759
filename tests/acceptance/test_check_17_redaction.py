"""What is taken away from a country is in no byte that goes there: in both lanes, with every level of cache and without."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.end_to_end.redaction import PATHS, SECRETS, answers, found_in, take_away, write_site
from tests.running import gateway
from tests.web.wire import SITE

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]
SETTINGS: dict[str, dict[str, str]] = {
    "both lanes": {},
    "natural lane": {"express": "off"},
    "two workers": {"workers": "2"},
    "nothing kept in memory": {"memory_cache_bytes": "0"},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_check_17_no_spelling_of_a_secret_leaves(name: str, tmp_path: Path, check: Recording) -> None:
    row = check(17, name)
    content, policies = write_site(tmp_path)
    told = {"base_url": f"http://{SITE}", **SETTINGS[name]}
    with gateway(tmp_path, content=content, policies=policies, **told) as running:
        before = Counter(name for _, answer in answers(running) for name in found_in(answer))
        take_away(policies)
        assert running.admin("/reload", {}).status == 200
        asked = leaks = size = 0
        for request, answer in answers(running):
            found = found_in(answer)
            asked, leaks, size = asked + 1, leaks + len(found), size + len(answer.raw)
            if found:
                print(found, request)  # noqa: T201
    row.figure(
        f"{leaks} occurrences in {asked} answers ({size / 1e6:.1f} MB, {len(PATHS)} addresses); {sum(before.values())} before the "
        "policies came"
    )
    assert set(before) == set(SECRETS)
    assert leaks == 0
