"""The README's table of settings is the settings'."""

from __future__ import annotations

from pathlib import Path

from pydantic.fields import FieldInfo

from gateway.settings import PREFIX, SECRETS, Settings
from tests.readme.tour import README


def row(name: str, field: FieldInfo) -> str:
    """One setting as the README's table says it."""
    default = field.default
    if isinstance(default, Path) and default.is_absolute():
        shown = "the sample"
    elif name.endswith("_bytes"):
        shown = f"{default >> 20} MiB"
    elif isinstance(default, tuple):
        shown = ", ".join(f"`{item}`" for item in default)
    else:
        shown = "" if name in SECRETS or default in (None, ()) else str(default)
    code = f"`{shown}`" if shown and " " not in shown else shown
    return f"| `{PREFIX}{name.upper()}`{' *' if name in SECRETS else ''} | {code} | {field.description} |"


def test_the_readme_names_every_setting_with_its_default_and_meaning() -> None:
    table = [row(name, field) for name, field in Settings.model_fields.items()]
    said = [line for line in README.read_text().splitlines() if line.startswith(f"| `{PREFIX}")]
    assert said == table, "the README's table should be:\n" + "\n".join(table)
