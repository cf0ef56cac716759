"""Settings from the command line, the environment and the file of `--config`; every mistake said at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import Problem, SettingsError
from gateway.pyyaml import nearest, read
from gateway.settings.judge import WrongItemsError, meant
from gateway.settings.model import PREFIX, SECRETS, Settings

BOUNDS = {"greater_than": ("not more than", "gt"), "greater_than_equal": ("less than", "ge"),
          "less_than_equal": ("more than", "le")}  # fmt: skip
"""pydantic's names of broken bounds: what to say, and where the bound is."""


def load_settings(
    given: Mapping[str, object],
    environment: Mapping[str, str] = os.environ,
    config: Path | None = None,
    *,
    starting: bool = False,
) -> Settings:
    """Settings from three places, the nearer first: `given` (command line; None means not given), environment, file.
    `starting`: for a gateway that is about to start, so that what they name must be fit for use.

    Raises SettingsError with every problem found, each with name, value and remedy.
    """
    problems: list[Problem] = []
    values: dict[str, object] = {}
    if config is not None:
        values |= _from_file(config, problems)
    values |= _from_environment(environment, problems)
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings.model_validate(values, context={"starting": starting})
    except ValidationError as error:
        for detail in error.errors():
            problems += _problems(detail, values)
    if problems:
        raise SettingsError("\n".join(map(str, problems)), problems)
    return settings


def _from_environment(environment: Mapping[str, str], problems: list[Problem]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX):
            continue
        field = name[len(PREFIX) :].lower()
        if field.endswith("_file") and field[:-5] in SECRETS:
            try:
                values[field[:-5]] = Path(value).read_text("utf-8").strip()
            except OSError as error:
                problems.append(Problem(name, 0, 0, "unreadable", f"cannot read {value}: {error.strerror}", "mend it"))
        elif field in Settings.model_fields:
            values[field] = value
        else:
            problems.append(replace(_unknown(name, field), what="there is no such setting"))
    return values


def _from_file(config: Path, problems: list[Problem]) -> dict[str, object]:
    try:
        root = read(config.read_bytes(), str(config))
    except OSError as error:
        raise SettingsError(f"{config}: {error.strerror}; name a file that can be read") from error
    values: dict[str, object] = {}
    for key, (key_node, node) in root.entries.items():
        field = key.removeprefix(PREFIX).lower()
        if field not in Settings.model_fields:
            unknown = _unknown(key, field)
            problems.append(
                Problem(key_node.path, key_node.line, key_node.column, unknown.code, unknown.what, unknown.remedy)
            )
        else:
            values[field] = tuple(item.text for item in node.items) if node.kind == "sequence" else node.text
    return values


def _unknown(name: str, field: str) -> Problem:
    near = nearest(field, Settings.model_fields)
    remedy = f"did you mean {PREFIX}{near.upper()}?" if near else "remove it, or see the settings in the README"
    return Problem(name, 0, 0, "unknown-setting", f"there is no setting {name}", remedy)


def _problems(detail: ErrorDetails, values: Mapping[str, object]) -> Iterator[Problem]:
    """What pydantic found wrong with a setting, in our words: one problem for each thing that is wrong in it."""
    field = str(detail["loc"][0]) if detail["loc"] else ""
    raised = detail.get("ctx", {}).get("error")
    known = Settings.model_fields.get(field)
    whole = str(values.get(field, ""))
    for value, said in raised.wrong if isinstance(raised, WrongItemsError) else [(whole, detail["msg"])]:
        what, _, remedy = said.removeprefix("Value error, ").partition("; ")
        remedy = remedy or (f"it is {known.description}" if known else "")
        if detail["type"] == "literal_error" and known:
            what, remedy = (
                "there is no such choice",
                meant(value, [word for word in get_args(known.annotation) if word]),
            )
        elif detail["type"] in ("int_parsing", "float_parsing"):
            what = "no whole number" if detail["type"] == "int_parsing" else "no number"
        elif detail["type"] in BOUNDS:
            word, limit = BOUNDS[detail["type"]]
            what = f"{word} {detail.get('ctx', {}).get(limit)}"
        shown = "(hidden)" if field in SECRETS else repr(value)
        yield Problem(f"{PREFIX}{field.upper()}", 0, 0, "bad-setting", f"{shown}: {what}", remedy)
