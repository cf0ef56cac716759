"""Whose a disputed area is, who holds it, since when and by which source: kept, and said to whoever asks why."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from gateway.cli import application
from gateway.geo.region import CONTROLLED_BY
from gateway.policy.builtin import built_in
from gateway.policy.disputed import disputed_among
from tests.policy.world import policies, policy
from tests.running import POLICIES, SAMPLE

AREA = (
    "regions:\n  north: {title: The north, wholly: [CY], sovereign: CY, controlled_by: TR, from: 1974-07-20, "
    "source: Resolution 541, as_of: 2026-11-01}\n"
)


def test_every_held_territory_is_built_in_with_sovereign_holder_day_and_source() -> None:
    for holder, control in CONTROLLED_BY.items():
        for code in control.territories:
            region = built_in(code)
            assert region is not None
            assert (region.sovereign, region.controlled_by, region.source) == (
                control.sovereign,
                holder,
                control.source,
            )
            assert region.since == {**control.wholly, **control.partly}[code]
        whole = built_in(f"controlled_by({holder})")
        assert whole is not None
        assert (whole.sovereign, whole.controlled_by) == (control.sovereign, holder)
    kyiv = built_in("UA-30")
    assert kyiv is not None
    assert (kyiv.sovereign, kyiv.controlled_by, kyiv.since) == ("", "", "")


def test_a_regions_own_words_on_it_are_kept_and_said() -> None:
    made = policies(policy("notice: warn", readers="{in: [north]}"), **{"regions.yaml": AREA})
    (said,) = disputed_among(["north"], made.regions)
    assert str(said) == "The north (north) belongs to Cyprus; it is held by Türkiye, since 1974-07-20 (Resolution 541)"


def test_the_territories_of_a_region_are_said_each_once_and_whether_they_are_held_in_part() -> None:
    made = policies(policy("notice: warn", readers="{in: [held]}"))
    said = disputed_among(["held", "UA-43", "UA-30", "office"], made.regions)
    assert [area.name for area in said] == ["UA-09", "UA-14", "UA-23", "UA-40", "UA-43", "UA-65"]
    assert [area.name for area in said if not area.partly] == ["UA-40", "UA-43"]
    assert str(said[0]).startswith(
        "Luhansk region (UA-09) belongs to Ukraine; a part of it is held by Russia, since 2014"
    )


def test_explain_says_whose_the_readers_place_is() -> None:
    asked = ["explain", "the-ferry-that-still-runs", "--policies", str(POLICIES), "--content", str(SAMPLE)]
    there = CliRunner().invoke(application, [*asked, "--in", "UA-43"]).stdout
    assert "Crimea (UA-43) belongs to Ukraine; it is held by Russia, since 2014-03-18 (UN General Assembly" in there
    assert "belongs to" not in CliRunner().invoke(application, [*asked, "--in", "UA-30"]).stdout


def test_the_page_for_counsel_says_it_too_and_what_readers_are_told(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert CliRunner().invoke(application, ["check", str(POLICIES), "--html", str(page)]).exit_code == 0
    text = page.read_text()
    assert '<th scope="row">Crimea <code class="quiet">UA-43</code></th><td>Ukraine</td><td>Russia</td>' in text
    for title in ("Если вы в России", "If you are in Russia", "This article may not be shown"):
        assert title in text
