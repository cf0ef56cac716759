"""What an action may refer to: notices, texts and hosts, and what to say where they are not there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from gateway.errors import Problem
from gateway.policy.model import Action, Certainty
from gateway.pyyaml import Node, YamlError, decode


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an action may refer to: the set's files, the ids of notices, the hosts to which it may redirect (None:
    not known here, and not checked).
    """

    files: Mapping[str, bytes]
    notices: Collection[str]
    redirect_hosts: Collection[str] | None


Parser = Callable[[Node, str, Surroundings, "list[Problem]", Certainty], "Action | None"]
"""Reads what stands behind an action's name, of a policy (for messages), with the certainty that it needs."""


def notice_id(node: Node, about: str, around: Surroundings, problems: list[Problem]) -> str:
    """The notice that a node names; a problem if it is not there."""
    named = node.text
    if named not in around.notices:
        what = f"there is no notice '{named}' {about}" if named else f"no notice is named {about}"
        problems.append(node.problem("unknown-notice", what, f"write notices/{named or 'ID'}/en.md"))
    return named


def file_text(node: Node, name: str, around: Surroundings, problems: list[Problem]) -> str:
    """The text of a file of the set, without blanks around; "" and a problem if there is none."""
    if not name:
        return ""
    if name not in around.files:
        problems.append(
            node.problem("missing-file", f"there is no file '{name}'", "name a file below the policies directory")
        )
        return ""
    try:
        text = decode(around.files[name], name, tabs=True).strip()
    except YamlError as error:
        problems.extend(error.problems)
        return ""
    if not text:
        problems.append(
            node.problem("empty-file", f"the file '{name}' is empty", "write the text, or withhold the part instead")
        )
    return text
