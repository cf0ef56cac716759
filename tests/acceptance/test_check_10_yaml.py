"""YAML that means harm or means something else: codes are read as they are written, the rest is refused at once."""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pycountry
import pytest

from gateway.pyyaml import YamlError, read
from tests.acceptance.recorder import Recording
from tests.sites import policy, write_policies

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

LIMIT_BYTES = 50 << 20
DEPTHS = (25, 100, 1000, 10_000)


def merge_bomb(levels: int) -> str:
    """Cheap to write; ten times dearer to read with each level."""
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, levels):
        names = ", ".join(f"*a{level - 1}" for _ in range(10))
        lines.append(f"a{level}: &a{level} {{<<: [{names}]}}")
    return "\n".join(lines)


def laughs(levels: int) -> str:
    return "\n".join(
        [
            "a: &a [lol, lol]",
            *(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(levels)),
        ]
    )


def hostile() -> dict[str, str]:
    """Nobody's honest file; the wildest by name, then those that chance makes of an honest one."""
    found = {
        "10 MB": "a: " + "x" * (10 << 20),
        "10 MB of lines": "- a\n" * (10 << 18),
        "100,000 nodes": "[" + "a," * 100_000 + "]",
        "laughs": laughs(9),
        "recursion": "a: &a [*a]",
        "recursive merge": "a: &a {<<: *a}",
        "a tag that runs": "a: !!python/object/apply:os.system [true]",
        "two documents": "a: 1\n---\nb: 2",
        "a directive": "%TAG ! tag:evil,2000:\n--- !x\na: 1",
        "nothing": "",
        "nulls": "a: \x00",
        **{f"merges {n}": merge_bomb(n) for n in range(2, 12)},
        **{f"depth {n} of [": "[" * n for n in DEPTHS},
        **{f"depth {n} of [ closed": "[" * n + "]" * n for n in DEPTHS},
        **{f"depth {n} of {{": "{a: " * n + "1" + "}" * n for n in DEPTHS},
        **{f"depth {n} of -": "- " * n + "x" for n in DEPTHS},
        **{f"depth {n} of lines": "".join(" " * k + "a:\n" for k in range(n)) for n in (25, 100, 1000)},
    }
    r = random.Random(10)
    honest = policy("p", "notice: {id: first}")
    breaks = ("&a ", "*a", "<<: *a\n", "!!int ", "\t", "{", "[", '"', "\x07", "\u202e", "- - ", "? ", "title: again\n")
    for number in range(1000):
        place = r.choice([0, *(match.end() for match in re.finditer("\n|: ", honest))])
        text = honest[:place] + r.choice(breaks) + honest[place:]
        found[f"honest, broken {number}"] = text
    return found


def tried(texts: dict[str, str]) -> tuple[dict[str, str], float, int]:
    """What each refusal says ("": read), the longest time that one took, how much memory all of them took at most."""
    said, longest, base = {}, 0.0, peak_bytes()
    for name, text in texts.items():
        began = time.process_time()
        try:
            read(text, "f.yaml")
            said[name] = ""
        except YamlError as error:
            said[name] = str(error.problems[0])
        longest = max(longest, time.process_time() - began)
    return said, longest, peak_bytes() - base


def peak_bytes() -> int:
    """The most that this process ever took."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) << 10


def test_hostile_files_are_refused_at_once_and_take_nothing(check: Recording) -> None:
    row, texts = check(10, "hostile files"), hostile()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        said, longest, grown = process.submit(tried, texts).result()
    wild = [name for name, problem in said.items() if not problem and not name.startswith("honest")]
    placed = [
        name for name, problem in said.items() if problem and not re.match(r"f\.yaml(:\d+:\d+)?: .+; .+", problem)
    ]
    refused = sum(bool(problem) for problem in said.values())
    row.figure(
        f"{refused:,} of {len(said):,} refused (the rest is still YAML), {len(wild)} wild ones read, RSS +{grown >> 20} MB"
    )
    row.time("the longest refusal, of processor time", longest, limit=0.2)
    assert wild == placed == []
    assert refused > 700
    assert grown < LIMIT_BYTES


def test_every_code_is_the_country_that_it_names_wherever_it_stands(tmp_path: Path, check: Recording) -> None:
    row = check(10, "codes")
    codes = sorted(country.alpha_2 for country in pycountry.countries)
    regions = "".join(f"  region-{code.lower()}: {{countries: [{code}]}}\n" for code in codes)
    policies = [
        policy("every", "notice: {id: first}", readers=f"{{in: [{', '.join(codes)}]}}"),
        policy("each", "notice: {id: first}", readers=f"{{in: [{', '.join(f'region-{code.lower()}' for code in codes)}]}}"),
    ]  # fmt: skip
    directory = write_policies(tmp_path / "policies", policies, notices=("first",), regions=f"regions:\n{regions}")
    said = checked(directory)
    wrong = {}
    for code in ("UK", "XX", "ZZ", "NOR", "No way", "no", "off", "true", "null", "~", "0", "1e3"):
        write_policies(directory, [policy("one", "notice: {id: first}", readers=f"{{in: [{code}]}}")])
        wrong[code] = checked(directory)
    refused = [code for code, found in wrong.items() if found]
    row.figure(
        f"{len(codes)} codes as item, {len(codes)} as a region's country: {len(said)} errors; not codes: {len(refused)} of {len(wrong)} refused"
    )
    assert said == []
    assert len(codes) == 249
    assert len(refused) == len(wrong), wrong


def checked(directory: Path) -> list[object]:
    """The errors that `gateway check` finds."""
    command = [sys.executable, "-m", "gateway", "check", str(directory), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [one for one in json.loads(done.stdout)["findings"] if one["severity"] == "error"]
