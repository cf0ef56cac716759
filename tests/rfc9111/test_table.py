"""The page on HTTP caching says what the tests hold, no more and no less."""

from __future__ import annotations

from gateway.cache.http.profile import NEWSROOM, PROFILES, RFC9111
from tests.rfc9111.requirements import REQUIREMENTS
from tests.rfc9111.table import PAGE, kept, rendered, replaced


def test_every_requirement_is_kept_by_a_test() -> None:
    tests = kept()
    assert [row.id for row in REQUIREMENTS if not tests[row.id]] == []
    assert len({row.id for row in REQUIREMENTS}) == len(REQUIREMENTS)


def test_the_page_has_the_table_as_the_tests_make_it() -> None:
    page = PAGE.read_text()
    assert replaced(page, "requirements", rendered()) == page, "python -m tests.rfc9111.table"


def test_the_page_tells_every_difference_between_the_profiles() -> None:
    page = PAGE.read_text()
    assert PROFILES == {"newsroom": NEWSROOM, "rfc9111": RFC9111}
    for name in RFC9111.__slots__:
        if name != "name" and getattr(NEWSROOM, name) != getattr(RFC9111, name):
            assert f"`{name}`" in page, name
