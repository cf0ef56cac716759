"""`python -m tests.acceptance`: put the table of what was reached last into the guide for operators."""

from __future__ import annotations

from tests.acceptance.recorder import kept_rows, table
from tests.running import REPOSITORY

GUIDE = REPOSITORY / "deploy" / "README.md"
BEGIN, END = "<!-- acceptance -->", "<!-- /acceptance -->"


def main() -> None:
    before, _, rest = GUIDE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    dates = sorted({row["at"][:10] for row in kept_rows().values()})
    when = f"Measured {' to '.join(dict.fromkeys((dates[0], dates[-1])))}." if dates else "Not measured yet."
    GUIDE.write_text(f"{before}{BEGIN}\n{when}\n\n{table(kept_rows())}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
