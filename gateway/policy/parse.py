"""Read a policy directory's bytes into one PolicySet, or say everything that is wrong with it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from gateway.errors import PolicyError, Problem, Severity
from gateway.geo.region import UNKNOWN, Correction, Region
from gateway.policy.builtin import GROUPS, built_in
from gateway.policy.model import Notice, NoticeText, Policy, PolicySet
from gateway.policy.parse_notices import notice_ids, parse_notices
from gateway.policy.parse_policy import needs_self_conditional, parse_policy
from gateway.policy.parse_regions import parse_corrections, parse_regions
from gateway.policy.parse_selectors import Context
from gateway.policy.surroundings import Surroundings
from gateway.pyyaml import YamlError, read

REGIONS = "regions.yaml"
CORRECTIONS = "corrections.yaml"
MANIFEST = "manifest.sha256"
NO_POLICIES = ("notices/", "networks/", "tests/", "texts/")
"""Folders whose YAML files are no policies."""

T = TypeVar("T")
_MANIFEST_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})[ ][ *](?:\./)?(?P<path>\S.*)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A policy set, or None if there is any error; and every problem, in the order of file and line."""

    policies: PolicySet | None
    problems: tuple[Problem, ...]

    def required(self) -> PolicySet:
        """The set. Raises PolicyError with the problems if there is none."""
        if self.policies is None:
            raise PolicyError("\n".join(map(str, self.problems)), self.problems)
        return self.policies


def parse(files: Mapping[str, bytes], *, redirect_hosts: Collection[str] | None = None) -> Parsed:
    """Everything that a policy directory says. `files`: content by path relative to the directory, `/` between names.

    `redirect_hosts`: hosts to which policies may redirect; None: not known here, and not checked. Never raises.
    """
    problems: list[Problem] = _check_manifest(files)
    named: dict[str, Region] = {}
    corrections: tuple[Correction, ...] = ()
    if REGIONS in files:
        named = _guarded(lambda: parse_regions(files, REGIONS, problems), problems, named)
    if CORRECTIONS in files:
        corrections = _guarded(
            lambda: parse_corrections(files[CORRECTIONS], CORRECTIONS, problems), problems, corrections
        )
    notices = parse_notices(files, problems)
    context = Context(
        regions=named,
        broken=_written_regions(files) - set(named),
        around=Surroundings(files, notice_ids(files), redirect_hosts),
    )
    read_one = partial(_read_policy, files=files, context=context, problems=problems)
    policies = [policy for path in policy_paths(files) if (policy := read_one(path)) is not None]
    problems += _stray(files)
    problems += _same_name(policies)
    problems += _not_self_conditional(policies, notices)
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.column))
    if any(problem.severity is Severity.ERROR for problem in problems):
        return Parsed(None, tuple(problems))
    policies.sort(key=lambda policy: (-policy.priority, policy.name))
    return Parsed(
        PolicySet(
            revision=revision_of(files),
            policies=tuple(policies),
            regions=_regions_in_use(named, policies),
            notices=notices,
            corrections=corrections,
            files={path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)},
        ),
        tuple(problems),
    )


def revision_of(files: Mapping[str, bytes]) -> str:
    """A digest over every file and its name: twelve hex digits."""
    digest = hashlib.sha256()
    for path in sorted(files):
        for piece in (path.encode("utf-8", "surrogateescape"), files[path]):
            digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.hexdigest()[:12]


def policy_paths(files: Mapping[str, bytes]) -> list[str]:
    """The files that hold policies, sorted."""
    return sorted(
        path
        for path in files
        if path.endswith(".yaml") and path not in (REGIONS, CORRECTIONS) and not path.startswith(NO_POLICIES)
    )


def _guarded(read_it: Callable[[], T], problems: list[Problem], otherwise: T) -> T:
    """What `read_it` gives; `otherwise`, and a problem, where the file is no YAML."""
    try:
        return read_it()
    except YamlError as error:
        problems.extend(error.problems)
        return otherwise


def _read_policy(path: str, files: Mapping[str, bytes], context: Context, problems: list[Problem]) -> Policy | None:
    return _guarded(lambda: parse_policy(files[path], path, context, problems), problems, None)


def _written_regions(files: Mapping[str, bytes]) -> frozenset[str]:
    try:
        regions = read(files[REGIONS], REGIONS).entries.get("regions")
    except (KeyError, YamlError):
        return frozenset()
    return frozenset(regions[1].entries) if regions else frozenset()


def _regions_in_use(named: Mapping[str, Region], policies: Collection[Policy]) -> dict[str, Region]:
    """Named regions and every built-in that a policy names, so that a standing is known for each."""
    found = {**named, UNKNOWN.name: GROUPS[UNKNOWN.name]}
    for policy in policies:
        used = (
            *policy.readers.within,
            *policy.readers.not_in,
            *(name for window in policy.effective for name in window.within),
        )
        for name in used:
            if name not in found and (region := built_in(name)) is not None:
                found[name] = region
    return found


def _stray(files: Mapping[str, bytes]) -> list[Problem]:
    """Files that look like policies and are none: what is silently not read is a rule that silently doesn't act."""
    return [
        Problem(path, 0, 0, "not-read", "files that end in .yml are not read", f"rename it to {path[:-4]}.yaml")
        for path in sorted(files)
        if path.endswith(".yml")
    ]


def _same_name(policies: Collection[Policy]) -> list[Problem]:
    first: dict[str, Policy] = {}
    found: list[Problem] = []
    for policy in policies:
        other = first.setdefault(policy.name, policy)
        if other is not policy:
            what = f"policy '{policy.name}' is also in {other.path}:{other.line}"
            found.append(Problem(policy.path, policy.line, 1, "same-name", what, "give each policy its own name"))
    return found


def _not_self_conditional(
    policies: Collection[Policy], notices: Mapping[str, Mapping[str, NoticeText]]
) -> list[Problem]:
    """Whoever may be elsewhere must be told "if you are in …", not "you are in …"."""
    found: dict[str, Problem] = {}
    for policy in policies:
        for action in policy.actions:
            if not isinstance(action, Notice) or not needs_self_conditional(action.certainty):
                continue
            for language, text in notices.get(action.id, {}).items():
                if not text.self_conditional:
                    path = f"notices/{action.id}/{language}.md"
                    what = f"policy '{policy.name}' shows this also to readers who may be elsewhere"
                    remedy = "word it “if you are in …” and write `self_conditional: true`"
                    found.setdefault(path, Problem(path, 1, 1, "not-self-conditional", what, remedy))
    return list(found.values())


def _check_manifest(files: Mapping[str, bytes]) -> list[Problem]:
    """Where there is a manifest (as `sha256sum` writes it), the set is whole only if every file is as it says."""
    if MANIFEST not in files:
        return []
    problems: list[Problem] = []
    listed: dict[str, str] = {}
    for number, line in enumerate(files[MANIFEST].decode("utf-8", "replace").splitlines(), 1):
        entry = _MANIFEST_LINE.fullmatch(line)
        if entry:
            listed[entry["path"]] = entry["digest"]
        elif line.strip():
            problems.append(
                Problem(
                    MANIFEST, number, 1, "bad-manifest", "this is no line of `sha256sum`", "write the manifest anew"
                )
            )
    anew = "finish copying, or write the manifest anew"
    for path in sorted({*files, *listed} - {MANIFEST}):
        if path not in files:
            problems.append(
                Problem(path, 0, 0, "manifest-missing", "the manifest names this file, but it is not there", anew)
            )
        elif path not in listed:
            problems.append(Problem(path, 0, 0, "manifest-unlisted", "the manifest does not name this file", anew))
        elif hashlib.sha256(files[path]).hexdigest() != listed[path]:
            problems.append(
                Problem(path, 0, 0, "manifest-differs", "the file is not the one that the manifest names", anew)
            )
    return problems
