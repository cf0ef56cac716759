"""Every mistake in a policy directory is found at once, with file, line, column, and what to write instead."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.doors import Door
from gateway.geo.region import Standing
from gateway.policy.builtin import GROUPS
from gateway.policy.decide import decide
from gateway.policy.model import Certainty, Notice
from gateway.policy.parse import Parsed, parse
from tests.policy.world import NOW, article, files, notice, policies, policy, reader

SAMPLE = Path(__file__).parents[2] / "policies"

GOOD = """policy: p
title: A policy
state: active
basis:
  - kind: order
    authority: A court
    act: An order
    since: 2026-01-01
review_by: 2027-01-01
readers:
  in: [RU]
articles:
  slugs: [a]
effective:
  - {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}
do:
  - notice: {id: warn, place: banner, show: [article], fallback: [en]}
    certainty: possible
  - block: {notice: gone}
"""


def sample() -> dict[str, bytes]:
    return {path.relative_to(SAMPLE).as_posix(): path.read_bytes() for path in SAMPLE.rglob("*") if path.is_file()}


def messages(parsed: Parsed) -> list[str]:
    return [str(problem) for problem in parsed.problems]


def test_the_sample_policies_are_without_fault() -> None:
    assert messages(parse(sample())) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("in: [RU]", "in: [UK]", "11:8: unknown country 'UK' in 'in' of policy 'p'; ISO 3166-1 says 'GB'"),
        ("in: [RU]", "in: [Germany]", "11:8: unknown region 'Germany' in 'in' of policy 'p'; ISO 3166-1 says 'DE'"),
        ("in: [RU]", "in: [ua-43]", "11:8: unknown region 'ua-43' in 'in' of policy 'p'; ISO 3166-2 says 'UA-43'"),
        ("in: [RU]", "in: [hled]", "11:8: unknown region 'hled' in 'in' of policy 'p'; did you mean 'held'?"),
        (
            "in: [RU]",
            "in: []",
            "11:7: the list 'in' in 'readers' of policy 'p' is empty; "
            "name at least one, or remove it; an empty list never means all",
        ),
        ("in: [RU]", "in: RU", "11:7: 'in' in 'readers' of policy 'p' is 'RU'; write a list: `in: [RU]`"),
        ("in: [RU]", "in: [RU, RU]", "11:12: 'RU' is named twice in 'in' of policy 'p'; keep one"),
        ("in: [RU]", "inn: [RU]", "11:3: unknown key 'inn' in 'readers' of policy 'p'; did you mean 'in'?"),
        ("title: A policy\n", "", "1:1: 'title' is missing in the policy; add `title:`"),
        ("state: active", "state: on", "3:8: 'state' is 'on' in the policy; write one of: active, shadow, off"),
        ("kind: order", "kind: oder", "5:11: 'kind' is 'oder' in 'basis' of policy 'p'; did you mean 'order'?"),
        ("since: 2026-01-01", "since: 2026-02-30", "8:12: 'since' is '2026-02-30', no day of the calendar; write 2026-11-01"),
        (
            "from: 2026-01-01T00:00:00Z",
            "from: 2026-01-01",
            "15:12: 'from' is '2026-01-01', no moment with a zone; "
            "write day, time and zone as 2026-11-01T00:00:00+02:00 or 2026-10-31T22:00:00Z",
        ),
        (
            "until: 2027-01-01T00:00:00Z",
            "until: 2025-01-01T00:00:00Z",
            "15:41: 'until' is not after 'from' of policy 'p'; "
            "mend the times; `until` is the first moment at which it no longer acts",
        ),
        (
            "review_by: 2027-01-01\n",
            "",
            None,
        ),
        ("slugs: [a]", "slug: [a]", "13:3: unknown key 'slug' in 'articles' of policy 'p'; did you mean 'slugs'?"),
        ("id: warn", "id: warm", "17:18: there is no notice 'warm' in 'notice' of policy 'p'; write notices/warm/en.md"),
        ("place: banner", "place: footer", "17:31: 'place' is 'footer' in 'notice' of policy 'p'; write one of: banner, before-body, after-title, after-body"),
        ("certainty: possible", "certainty: maybe", "18:16: 'certainty' is 'maybe' in policy 'p'; write one of: anyone, possible, inside, confirmed"),
        ("  - block: {notice: gone}", "  - blok: {notice: gone}", "19:5: unknown key 'blok' in policy 'p'; did you mean 'block'?"),
        ("  - block: {notice: gone}", "  - {block: {notice: gone}, protect: all}", "19:5: an item of 'do' of policy 'p' holds 2 actions: protect, block; write one action an item"),
        ("  - block: {notice: gone}", "  - block: {notice: gone, listing: hide}", "19:36: 'listing' is 'hide' in 'block' of policy 'p'; write one of: omit, mark"),
        ("  - block: {notice: gone}", "  - redirect: {to: https://x.example/}", "19:20: redirects to 'x.example' are not allowed; add the host to GATEWAY_REDIRECT_HOSTS, or redirect elsewhere"),
        ("  - block: {notice: gone}", "  - redirect: {to: //x.example/}", "19:20: '//x.example/' is no address to redirect to; write https://host/path or /path"),
        ("  - block: {notice: gone}", "  - redirect: {to: /a, status: 301}", "19:32: 'status' is '301' in 'redirect' of policy 'p'; write one of: 302, 307"),
        ("  - block: {notice: gone}", "  - protect: [shraing]", "19:15: a protection is 'shraing' in 'protect' of policy 'p'; did you mean 'sharing'?"),
        ("  - block: {notice: gone}", "  - withhold: {notice: gone}", "19:15: nothing is named in 'withhold' of policy 'p'; name `parts` or `media`"),
        ("  - block: {notice: gone}", "  - substitute: {part: p3, with: nowhere.md}", "19:34: there is no file 'nowhere.md'; name a file below the policies directory"),
        ("  - block: {notice: gone}", "  - headers: {Set-Cookie: a}", "19:15: a policy may not set 'Set-Cookie'; allowed: Content-Language, Content-Usage, Onion-Location, Permissions-Policy, Referrer-Policy, TDM-Policy, TDM-Reservation, X-Robots-Tag"),
        ("policy: p", "policy: P p", "1:9: 'P p' is no name for a policy; write small letters, digits and hyphens"),
        ("do:\n", "dont:\n", "1:1: 'do' is missing in the policy; add `do:`"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_policy_is_told_with_its_place_and_remedy(before: str, after: str, message: str | None) -> None:
    assert before in GOOD
    parsed = parse(files(GOOD.replace(before, after)), redirect_hosts=frozenset({"allowed.example"}))
    if message is None:
        assert parsed.policies is not None
        return
    assert f"p0.yaml:{message}" in messages(parsed)
    assert parsed.policies is None


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("{wholly: [UK]}", "2:22: unknown country 'UK' in region 'britain'; ISO 3166-1 says 'GB'"),
        ("{countries: [GBR]}", "2:25: unknown country 'GBR' in region 'britain'; ISO 3166-1 says 'GB'"),
        ("{countries: [GB-SCT]}", "2:25: 'GB-SCT' in region 'britain' is a part of a country; write it under 'wholly' or 'partly'"),
        ("{wholly: [GB-SC]}", "2:22: unknown subdivision 'GB-SC' in region 'britain'; write an ISO 3166 code (DE, UA-43), or a region of regions.yaml"),
        ("{wholly: []}", "2:21: the list 'wholly' in region 'britain' is empty; name at least one, or remove it; an empty list never means all"),
        ("{title: Britain}", "2:3: region 'britain' has no members; name codes (wholly, partly), or networks, or hosts; a list in `in` combines regions"),
        ("{wholly: [GB], hosts: [a.example]}", "2:3: region 'britain' has members of several kinds: wholly, hosts; name codes (wholly, partly), or networks, or hosts; a list in `in` combines regions"),
        ("{networks: [198.51.100.1/24]}", "2:24: '198.51.100.1/24' is no network; write 198.51.100.0/24"),
        ("{networks: [office]}", "2:24: 'office' is no network; write a network as 198.51.100.0/24 or 2001:db8::/48"),
        ("{networks_file: nets.txt}", "2:28: there is no file 'nets.txt'; name a file below the policies directory, as networks/relays.txt"),
        ("{hosts: ['http://a.example/']}", "2:21: 'http://a.example/' is no host name; write the name alone, as mirror.example"),
        ("{wholly: [GB], kind: relay}", "2:27: region 'britain' has a kind but no networks; remove `kind`, or name networks"),
        ("{wholly: [GB], partly: [GB]}", "2:27: GB is in 'wholly' and in 'partly' of region 'britain'; keep one"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_region_is_told_with_its_place_and_remedy(region: str, message: str) -> None:
    parsed = parse({"regions.yaml": f"regions:\n  britain: {region}\n".encode()})
    assert messages(parsed) == [f"regions.yaml:{message}"]


@pytest.mark.parametrize("name", ["DE", "UA-43", "EU", "europe", "unknown", "controlled_by(RU)"])
def test_what_is_built_in_cannot_be_redefined(name: str) -> None:
    parsed = parse({"regions.yaml": f"regions:\n  {name}: {{wholly: [FR]}}\n".encode()})
    assert messages(parsed) == [f"regions.yaml:2:3: region '{name}' is built in; choose another name"]


def test_a_broken_region_is_one_problem_and_not_one_for_each_policy_that_names_it() -> None:
    broken = files(
        policy("notice: warn", readers="{in: [held]}"), **{"regions.yaml": "regions:\n  held: {wholly: [UK]}\n"}
    )
    assert [problem.code for problem in parse(broken).problems] == ["unknown-country"]


def test_problems_of_all_files_are_found_at_once() -> None:
    broken = files(
        policy("notice: warn", readers="{in: [UK]}"),
        policy("notice: warn", name="q").replace("title", "titel"),
        **{"regions.yaml": "regions: [\n", "notices/warn/ru.md": "no front matter", "corrections.yaml": "a: 1"},
    )
    assert {(problem.path, problem.code) for problem in parse(broken).problems} >= {
        ("p0.yaml", "unknown-country"),
        ("p1.yaml", "unknown-key"),
        ("p1.yaml", "missing-key"),
        ("regions.yaml", "not-yaml"),
        ("notices/warn/ru.md", "no-front-matter"),
        ("corrections.yaml", "missing-key"),
    }


def test_a_warning_for_readers_who_may_be_elsewhere_has_to_say_if() -> None:
    blunt = files(policy("notice: gone"))
    assert messages(parse(blunt)) == [
        "notices/gone/en.md:1:1: policy 'p' shows this also to readers who may be elsewhere; "
        "word it “if you are in …” and write `self_conditional: true`"
    ]
    sure = policy("x").replace("  - x", "  - notice: gone\n    certainty: confirmed")
    assert parse(files(sure)).policies is not None


def test_networks_may_lift_or_warn_but_never_restrict() -> None:
    assert policies(policy("notice: warn", readers="{in: [office]}"))
    assert policies(policy("block: {notice: gone}", readers="{in: [RU], not_in: [office]}"))
    parsed = parse(files(policy("block: {notice: gone}", readers="{in: [office]}")))
    assert [problem.code for problem in parsed.problems] == ["network-restricts"]
    window = "effective: [{in: [office], until: 2027-01-01T00:00:00Z}]"
    parsed = parse(files(policy("block: {notice: gone}", more=window)))
    assert [problem.code for problem in parsed.problems] == ["network-restricts"]


@pytest.mark.parametrize("network", ["198.51.100.0/25", "198.51.100.7/32", "2001:db8::/49"])
def test_a_rule_for_a_few_addresses_may_only_leave_them_out(network: str) -> None:
    narrow = {"regions.yaml": f"regions:\n  few: {{networks: ['{network}']}}\n"}
    assert policies(policy("notice: warn", readers="{not_in: [few]}"), **narrow)
    parsed = parse(files(policy("notice: warn", readers="{in: [few]}"), **narrow))
    assert [problem.code for problem in parsed.problems] == ["narrow-network"]


def test_until_lifted_needs_a_date_of_review() -> None:
    open_end = "effective: [{from: 2026-01-01T00:00:00Z, until: lifted}]"
    assert policies(policy("block: {notice: gone}", more=f"{open_end}\nreview_by: 2027-01-01"))
    parsed = parse(files(policy("block: {notice: gone}", more=open_end)))
    assert [problem.code for problem in parsed.problems] == ["review-needed"]


def test_two_policies_cannot_have_one_name() -> None:
    parsed = parse(files(policy("notice: warn"), policy("protect: all")))
    assert messages(parsed) == ["p1.yaml:1:1: policy 'p' is also in p0.yaml:1; give each policy its own name"]


def test_a_file_that_looks_like_a_policy_is_never_passed_over() -> None:
    parsed = parse(files(**{"other.yml": policy("notice: warn")}))
    assert messages(parsed) == ["other.yml: files that end in .yml are not read; rename it to other.yaml"]


def test_every_action_is_read_with_the_certainty_it_is_given() -> None:
    made = policies(
        policy("notice: {id: warn, place: banner, show: [article, listing], fallback: [ru, en]}"),
    )
    assert made.policies[0].actions[0] == Notice(
        "warn",
        made.policies[0].actions[0].place,
        ("article", "listing"),
        ("ru", "en"),
        Certainty.POSSIBLE,  # type: ignore[union-attr]
    )


def test_any_iso_code_and_every_built_in_region_can_be_named_without_an_entry() -> None:
    made = policies(policy("notice: warn", readers="{in: [NO, RU-MOW, EU, africa, 'controlled_by(RU)', unknown]}"))
    assert made.regions["NO"].wholly == {"NO"}
    assert made.regions["RU-MOW"].wholly == {"RU-MOW"}
    assert made.regions["controlled_by(RU)"].wholly == {"UA-43", "UA-40"}
    assert {"DE", "FR"} <= made.regions["EU"].wholly
    assert "NO" in GROUPS["EEA"].wholly - GROUPS["EU"].wholly


def test_norway_is_a_country_wherever_it_stands() -> None:
    made = policies(policy("notice: warn", readers="{in: [NO], not_in: [on-land]}"),
                    **{"regions.yaml": "regions:\n  on-land: {countries: [NO, SE]}\n"})  # fmt: skip
    assert made.policies[0].readers.within == ("NO",)
    assert made.regions["on-land"].wholly == {"NO", "SE"}


def test_a_list_that_covers_a_country_and_all_that_it_controls_is_known_as_its_realm() -> None:
    for readers, realm in {
        "{in: [RU, held]}": {"RU"},
        "{in: [RU, 'controlled_by(RU)']}": {"RU"},
        "{in: [RU, UA]}": {"RU"},
        "{in: [RU]}": set(),
        "{in: [held]}": set(),
    }.items():
        assert policies(policy("notice: warn", readers=readers)).policies[0].readers.realms == realm


def test_notices_are_harmless_and_known_by_their_content() -> None:
    text = "<script>alert(1)</script>\n\nIf <b onclick=x>you</b> [are](javascript:x) there, [see](https://a.example)."
    made = policies(policy("notice: warn"), **{"notices/warn/en.md": notice(text=text)})
    told = made.notices["warn"]["en"]
    assert "<script" not in told.html
    assert 'href="javascript' not in told.html
    assert "onclick" not in told.html
    assert "https://a.example" in told.html
    assert told.text == "If you [are](javascript:x) there, see."
    assert told.digest != policies(policy("notice: warn")).notices["warn"]["en"].digest


def test_a_notice_has_its_long_text_beside_it() -> None:
    made = policies(policy("notice: warn"), **{"notices/warn/en.long.md": "## Why\n\nBecause."})
    assert made.notices["warn"]["en"].long_html == "<h2>Why</h2>\n<p>Because.</p>"
    alone = parse(files(**{"notices/warn/fr.long.md": "Why"}))
    assert messages(alone) == ["notices/warn/fr.long.md: a long text without its notice; write notices/warn/fr.md"]


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("notices/warn/en.md", "---\ntitle: A\n---\n\n", "empty-notice"),
        ("notices/warn/en.md", "---\ntitel: A\n---\nIf\n", "unknown-key"),
        ("notices/warn/english.md", "---\ntitle: A\n---\nIf\n", "bad-notice-file"),
        ("notices/stray.md", "---\ntitle: A\n---\nIf\n", "bad-notice-file"),
        ("notices/warn/en.md", "---\ntitle: A\nself_conditional: yes\n---\nIf\n", "unknown-value"),
    ],
)
def test_a_notice_that_is_wrong_is_told(path: str, text: str, code: str) -> None:
    assert code in {problem.code for problem in parse(files(**{path: text})).problems}


def test_corrections_name_a_place_a_reason_and_an_end() -> None:
    good = "corrections:\n  - {network: 203.0.113.0/24, country: UA, subdivision: UA-43, reason: Why, until: 2027-01-01T00:00:00Z}\n"
    made = policies(**{"corrections.yaml": good})
    assert made.corrections[0].subdivision == "UA-43"
    bad = good.replace("country: UA,", "country: UK,").replace("reason: Why, ", "")
    assert messages(parse(files(**{"corrections.yaml": bad}))) == [
        "corrections.yaml:2:5: 'reason' is missing in a correction; add `reason:`",
        "corrections.yaml:2:40: unknown country 'UK'; ISO 3166-1 says 'GB'",
    ]


def test_a_manifest_makes_a_set_whole_or_nothing() -> None:
    whole = files(policy("notice: warn"))
    listed = "".join(f"{hashlib.sha256(raw).hexdigest()}  {path}\n" for path, raw in whole.items())
    assert parse(whole | {"manifest.sha256": listed.encode()}).policies is not None
    cut = whole | {"manifest.sha256": listed.encode(), "p0.yaml": whole["p0.yaml"][:-1]}
    assert [problem.code for problem in parse(cut).problems] == ["manifest-differs"]
    missing = {path: raw for path, raw in cut.items() if path != "p0.yaml"}
    assert [problem.code for problem in parse(missing).problems] == ["manifest-missing"]
    more = whole | {"manifest.sha256": listed.encode(), "new.yaml": policy("notice: warn", name="q").encode()}
    assert [problem.code for problem in parse(more).problems] == ["manifest-unlisted"]


def test_the_revision_changes_with_any_byte_and_any_name() -> None:
    one = files(policy("notice: warn"))
    renamed = {("q0.yaml" if path == "p0.yaml" else path): raw for path, raw in one.items()}
    revisions = {parse(made).required().revision for made in (one, renamed, one | {"README.md": b"x"})}
    assert len(revisions) == 3
    assert all(len(revision) == 12 for revision in revisions)


def test_a_set_survives_the_way_from_the_process_that_read_it() -> None:
    made = parse(sample()).required()
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301  (our own bytes)


def test_truncation_anywhere_gives_problems_or_a_set_and_never_an_exception() -> None:
    correction = "corrections:\n  - {network: 203.0.113.0/24, country: UA, reason: Why, until: 2027-01-01T00:00:00Z}\n"
    whole = files(GOOD, **{"corrections.yaml": correction, "networks/some.txt": "192.0.2.0/24\n"})
    assert parse(whole).policies is not None
    for path, raw in whole.items():
        for length in range(len(raw)):
            parsed = parse(whole | {path: raw[:length]})
            assert parsed.policies is not None or parsed.problems
            assert all(problem.path and problem.remedy for problem in parsed.problems)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_thousandfold_mangled_set_is_refused_or_decides_without_failing(data: st.DataObject) -> None:
    whole = sample()
    path = data.draw(st.sampled_from(sorted(path for path in whole if path.endswith((".yaml", "ru.md")))))
    raw = bytearray(whole[path])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 12))] = data.draw(
            st.sampled_from(
                [b"", b"[", b"]", b"{", b"\n", b": ", b"- ", b"&a ", b"*a", b"!!x ", b"\t", b"\xff", b"NO", b"''"]
            )
        )
    made = parse(whole | {path: bytes(raw)}).policies
    if made is not None:
        decision = decide(made, article(), reader(dict.fromkeys(made.regions, Standing.CONFIRMED)), Door.HTML, NOW)
        assert not any(reason.failed for reason in decision.trace)
