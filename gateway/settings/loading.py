"""Settings from the command line, the environment and the file of `--config`; every mistake said at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from gateway.errors import Problem, SettingsError
from gateway.pyyaml import read
from gateway.settings.model import PREFIX, SECRETS, Settings


def load_settings(
    given: Mapping[str, object], environment: Mapping[str, str] = os.environ, config: Path | None = None
) -> Settings:
    """Settings from three places, the nearer first: `given` (command line; None means not given), environment, file.

    Raises SettingsError with every problem found, each with name, value and remedy.
    """
    problems: list[Problem] = []
    values: dict[str, object] = {}
    if config is not None:
        values |= _from_file(config, problems)
    values |= _from_environment(environment, problems)
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_problem(tuple(map(str, detail["loc"])), detail["msg"], values) for detail in error.errors()]
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
            problems.append(_unknown(name, field))
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
    near = get_close_matches(field, Settings.model_fields, n=1)
    remedy = f"did you mean {PREFIX}{near[0].upper()}?" if near else "remove it, or see the settings in the README"
    return Problem(name, 0, 0, "unknown-setting", f"there is no setting {name}", remedy)


def _problem(where: Sequence[str], message: str, values: Mapping[str, object]) -> Problem:
    field = where[0] if where else ""
    shown = "(hidden)" if field in SECRETS else repr(str(values.get(field, "")))
    what, _, remedy = message.removeprefix("Value error, ").partition("; ")
    about = Settings.model_fields[field].description if field in Settings.model_fields else ""
    return Problem(f"{PREFIX}{field.upper()}", 0, 0, "bad-setting", f"{shown}: {what}", remedy or f"it is {about}")
