"""The table says what its tests reached, and no more."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.__main__ import GUIDE
from tests.acceptance.checks import CHECKS
from tests.acceptance.recorder import Row, keep, kept_rows, table

HERE = "tests/acceptance/test_recorder.py"


def line(rows: Path, number: int) -> str:
    (found,) = [one for one in table(kept_rows(rows)).splitlines() if one.startswith(f"| check_{number:02} |")]
    return found


def test_a_check_is_met_only_where_every_test_of_it_that_ran_has_passed(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    row = Row(5, "the breaker", outcome="passed")
    row.figure("0 of 30,000 failed")
    row.time("p99", 0.012, limit=0.05, control=0.0101)
    keep({f"{HERE}::one": row, f"{HERE}::other": Row(5, outcome="failed")}, kept, load=0.5)
    assert line(kept, 5).endswith(
        "| the breaker: 0 of 30,000 failed | the breaker: p99 12 ms of 50 ms, without 10.1 ms | **not met** |"
    )
    keep({f"{HERE}::other": Row(5, outcome="skipped")}, kept, load=0.5)
    assert line(kept, 5).endswith("| in part |")
    keep({f"{HERE}::other": Row(5, outcome="passed")}, kept, load=0.5)
    assert line(kept, 5).endswith("| met |")
    row.time("longest", 0.26, limit=0.25)
    keep({f"{HERE}::one": row}, kept, load=0.5)
    assert line(kept, 5).endswith("| met but for a time |")
    assert line(kept, 6).endswith("|  |  | not run |")
    keep({f"{HERE}::one": row}, kept, load=12.0)
    assert line(kept, 5).endswith("| met but for a time (machine busy: 12 at work a core) |")
    row.of(30_000, 30_000)
    keep({f"{HERE}::one": row}, kept, load=0.5)
    assert line(kept, 5).endswith("| met but for a time |")
    row.of(20_000, 30_000)
    keep({f"{HERE}::one": row}, kept, load=0.5)
    assert line(kept, 5).endswith("| met at a smaller size |")


def test_a_row_goes_with_its_test(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    keep({"tests/acceptance/test_check_99_gone.py::one": Row(5, outcome="passed")}, kept, load=0.5)
    assert line(kept, 5).endswith("| not run |")


def test_each_of_the_27_has_its_tests_and_its_line_in_the_guide() -> None:
    assert list(CHECKS) == list(range(1, 28))
    for number in CHECKS:
        assert list(Path(__file__).parent.glob(f"test_check_{number:02}_*.py")), number
        assert f"| check_{number:02} |" in GUIDE.read_text("utf-8")
