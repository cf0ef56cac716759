"""Decide what a reader may see of an article. Pure: no clock, no disk, no network.

Every policy that means the article is judged by itself (who, when, how surely); what applies is merged by fixed
precedence: a block before a redirect before the treatments of the page. Protect and notices apply to a refusal too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.decision import Decision, Reason, Treatments
from gateway.policy.match import candidates, why_not
from gateway.policy.merge import Due, fingerprint, merge, names_of
from gateway.policy.model import Action, Certainty, Notice, Policy, PolicySet, Protect, State, Window
from gateway.policy.readers import asks_for_place, boundaries, describe, open_windows, standing_now

NOTICES_AT = {
    Door.HTML: {"article"},
    Door.JSON: {"article"},
    Door.FEED: {"article", "listing"},
    Door.LISTING: {"listing"},
}
"""At which doors a notice is shown, by its `show`; at the others there is no text that it could stand by."""

_NOTHING = Treatments()
_NOTHING_PRINT = fingerprint(_NOTHING)

OTHER_ARTICLES = "the policy means other articles"
"""How a reason begins that says so; what follows says why."""


@dataclass(frozen=True, slots=True)
class _Judgement:
    """One policy on one reader. `due`: what applies; `social`: what goes into metadata, whoever fetches it."""

    reason: Reason
    due: tuple[Due, ...] = ()
    social: tuple[Due, ...] = ()
    depends_on_place: bool = False


def decide(
    policies: PolicySet,
    facts: Facts,
    location: Location,
    door: Door,
    now: datetime,
    *,
    original: Facts | None = None,
    whole_trace: bool = False,
) -> Decision:
    """What this reader gets at this door at this moment. Never raises.

    `original`: the facts of the article that this one translates, where there is one: its policies come along.
    `whole_trace`: also say of policies that mean other articles, or are off, why they don't apply.
    """
    meant = candidates(policies, facts, original)
    if not meant and not whole_trace:
        return Decision(_NOTHING, (), False, _until(meant, location, now), _NOTHING_PRINT)
    judgements = [_judge_safely(policies, policy, facts, location, (door, now)) for policy in meant]
    treatments = merge(
        policies,
        facts,
        [due for judged in judgements for due in judged.due if not judged.reason.shadow],
        [due for judged in judgements for due in judged.social if not judged.reason.shadow],
    )
    final = frozenset(treatments.names())
    reasons = [_settle(judged.reason, final) for judged in judgements]
    if whole_trace:
        reasons = _with_the_rest(policies, reasons, facts, original)
    return Decision(
        treatments=treatments,
        trace=tuple(reasons),
        depends_on_place=any(judged.depends_on_place for judged in judgements),
        valid_until=_until(meant, location, now),
        fingerprint=fingerprint(treatments),
    )


def _until(meant: Sequence[Policy], location: Location, now: datetime) -> datetime | None:
    """The first moment at which a policy that means the article begins or ends, or what is known of the place does."""
    ends = [moment for policy in meant for moment in boundaries(policy, now)]
    if location.valid_until is not None and location.valid_until > now:
        ends.append(location.valid_until)
    return min(ends, default=None)


def next_boundary(policies: PolicySet, now: datetime) -> datetime | None:
    """The next moment at which any policy begins or ceases to act, for whatever article."""
    active = (policy for policy in policies.policies if policy.state is not State.OFF)
    return min((moment for policy in active for moment in boundaries(policy, now)), default=None)


def _judge_safely(
    policies: PolicySet, policy: Policy, facts: Facts, location: Location, at: tuple[Door, datetime]
) -> _Judgement:
    """One broken policy must not take the others with it; and nobody may keep a page that it might have changed."""
    try:
        return _judge(policies, policy, facts, location, at)
    except Exception as error:  # noqa: BLE001  (whatever it is, the other policies still have to be decided)
        reason = f"it could not be decided ({type(error).__name__}: {error})"
        return _Judgement(Reason(policy.name, False, None, reason, failed=True), depends_on_place=True)


def _judge(
    policies: PolicySet, policy: Policy, facts: Facts, location: Location, at: tuple[Door, datetime]
) -> _Judgement:
    door, now = at
    shadow = policy.state is State.SHADOW
    windows = open_windows(policy, now)
    if not windows:
        return _Judgement(Reason(policy.name, False, None, _when(policy, now), shadow=shadow))
    standing = standing_now(policy, location, windows)
    due: list[Due] = []
    social: list[Due] = []
    depends = False
    for action in policy.actions:
        one = Due(policy, action)
        if not _concerns(action, facts, policy, door):
            continue
        if door is Door.HTML and isinstance(action, Notice):
            social.append(one)
        regardless = action.certainty is Certainty.ANYONE or (_protective(action) and not door.reader_is_there)
        depends = depends or (not regardless and not shadow and asks_for_place(policy, windows))
        if regardless or standing >= action.certainty:
            due.append(one)
    names = tuple(name for one in due for name in names_of(policies, facts, one))
    where = describe(policy, location) + _while(windows)
    return _Judgement(
        Reason(policy.name, bool(due), standing, f"{where}; {_why(policy, due, standing, door)}", names, shadow),
        tuple(due),
        tuple(social),
        depends,
    )


def _concerns(action: Action, facts: Facts, policy: Policy, door: Door) -> bool:
    """Whether an action can change anything about this article at this door."""
    if isinstance(action, Notice):
        return bool(NOTICES_AT.get(door, set()).intersection(action.show))
    return bool(Due(policy, action).scope(facts))


def _protective(action: Action) -> bool:
    return isinstance(action, (Notice, Protect))


def _settle(reason: Reason, final: frozenset[str]) -> Reason:
    """Keep, as applied, what stands after merging; a shadow keeps all that it would have done."""
    if reason.shadow or not reason.applied:
        return reason
    kept = tuple(name for name in reason.applied if name in final)
    if kept == reason.applied:
        return reason
    lost = ", ".join(name for name in reason.applied if name not in final)
    return Reason(reason.policy, reason.matched, reason.standing, f"{reason.reason}; outranked: {lost}", kept)


def _with_the_rest(
    policies: PolicySet, reasons: Sequence[Reason], facts: Facts, original: Facts | None
) -> list[Reason]:
    judged = {reason.policy: reason for reason in reasons}
    whole = []
    for policy in policies.policies:
        if policy.name in judged:
            whole.append(judged[policy.name])
        elif policy.state is State.OFF:
            whole.append(Reason(policy.name, False, None, "the policy is off"))
        else:
            reason = why_not(policy.articles, facts, original)
            whole.append(Reason(policy.name, False, None, f"{OTHER_ARTICLES}: {reason}"))
    return whole


def _when(policy: Policy, now: datetime) -> str:
    """Why no window is open."""
    coming = [window.start for window in policy.effective if window.start is not None and window.start > now]
    if coming:
        return f"the policy is not in effect before {min(coming).isoformat()}"
    ended = [window.end for window in policy.effective if window.end is not None and window.end <= now]
    return f"the policy ended {max(ended).isoformat()}" if ended else "the policy is not in effect"


def _while(windows: Sequence[Window]) -> str:
    """For whom alone the policy acts now."""
    if not all(window.within for window in windows):
        return ""
    named = ", ".join(dict.fromkeys(name for window in windows for name in window.within))
    return f"; now it acts only for readers in {named}"


def _why(policy: Policy, due: Sequence[Due], standing: Standing, door: Door) -> str:
    """Which certainty decided."""
    if due and all(_protective(one.action) for one in due) and not door.reader_is_there:
        return f"whoever fetches the {door} is not its reader, so protection goes with it wherever it goes"
    needed = sorted({action.certainty for action in policy.actions if Due(policy, action) not in due})
    met = sorted({one.action.certainty for one in due})
    parts = []
    if met:
        parts.append(f"enough for what needs {_or([str(level) for level in met])}")
    if needed and standing < needed[0]:
        parts.append(f"not enough for what needs {_or([str(level) for level in needed])}")
    return ", ".join(parts) or "nothing of it concerns this page"


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
