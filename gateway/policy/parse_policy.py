"""One policy file: who, which articles, when, why, and what to do."""

from __future__ import annotations

from gateway.errors import Problem
from gateway.policy.model import Basis, Certainty, Policy, State
from gateway.policy.parse_actions import parse_action
from gateway.policy.parse_regions import NAME
from gateway.policy.parse_selectors import Context, Reading, place_of
from gateway.pyyaml import Fields, Node, read

STATES = tuple(state.value for state in State)
DISCLOSURES = ("full", "authority", "sealed")
BASES = ("order", "statute", "contract", "editorial")


def parse_policy(raw: bytes, path: str, context: Context, problems: list[Problem]) -> Policy | None:
    """The policy in one file; None if anything is wrong with it. Raises YamlError where the file is no YAML."""
    before = len(problems)
    with Fields(read(raw, path), problems, "in the policy") as fields:
        name = fields.text("policy", required=True)
        if name and not NAME.fullmatch(name):
            fields.refuse(
                fields.get("policy") or fields.node,
                "bad-name",
                f"'{name}' is no name for a policy",
                "write small letters, digits and hyphens",
            )
        reading = Reading(fields, context, f"policy '{name}'", problems)
        marks = reading.marks
        marks |= {word: place_of(fields.key(word)) for word in ("basis", "review_by", "readers", "articles")}
        title = fields.text("title", required=True)
        state = State(fields.one_of("state", STATES, State.ACTIVE))
        basis = tuple(_basis(node, reading.about, problems) for node in fields.items("basis") or ())
        owner = fields.text("owner")
        review_by = fields.day("review_by")
        disclose = fields.one_of("disclose", DISCLOSURES, "full")
        readers = reading.readers()
        articles = reading.articles(fields.get("articles", required=True), "articles")
        effective = tuple(reading.window(node, number) for number, node in enumerate(fields.items("effective") or ()))
        items = fields.items("do", required=True) or ()
        actions = [parse_action(node, f"policy '{name}'", context.around, problems) for node in items]
        for number, node in enumerate(items):
            marks[f"do.{number}"] = place_of(node)
        policy = Policy(
            name=name,
            title=title,
            readers=readers,
            articles=articles,
            actions=tuple(action for action in actions if action is not None),
            state=state,
            basis=basis,
            owner=owner,
            review_by=review_by,
            disclose=disclose,
            effective=effective,
            priority=fields.integer("priority"),
            path=path,
            line=fields.key("policy").line,
            marks=marks,
        )
        reading.check_networks(policy, items)
        if any(window.lifted for window in effective) and review_by is None:
            fields.refuse(
                fields.key("effective"),
                "review-needed",
                f"`until: lifted` of {reading.about} has no date of review",
                "add `review_by: 2027-02-20`, the day on which somebody looks whether it was lifted",
            )
    return policy if len(problems) == before else None


def _basis(node: Node, about: str, problems: list[Problem]) -> Basis:
    with Fields(node, problems, f"in 'basis' of {about}") as fields:
        reference = fields.text("reference")
        if reference and not reference.startswith(("https://", "http://")):
            fields.refuse(
                fields.get("reference") or node,
                "bad-reference",
                f"'{reference}' is no web address",
                "write https://…",
            )
        return Basis(
            kind=fields.one_of("kind", BASES, required=True),
            authority=fields.text("authority"),
            act=fields.text("act"),
            reference=reference,
            since=fields.day("since"),
            text=fields.text("text"),
        )


def needs_self_conditional(certainty: Certainty) -> bool:
    """Whether a notice of this certainty reaches readers whom it may not concern."""
    return certainty <= Certainty.POSSIBLE
