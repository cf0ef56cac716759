from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.variant import MANY, collection_key, collection_tags, purge_tags, tags_of, variant_key
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.policy.decision import Decision, Treatments

FACTS = Facts("ferry", "v1", "en", "world", frozenset({"sea", "law"}), datetime(2026, 1, 1, tzinfo=UTC))
DECISION = Decision(Treatments(), (), depends_on_place=True, valid_until=None, fingerprint="f1")


def test_each_member_of_the_key_makes_another_key() -> None:
    keys = [
        variant_key(FACTS, DECISION, Door.HTML, "t1"),
        variant_key(replace(FACTS, slug="train"), DECISION, Door.HTML, "t1"),
        variant_key(replace(FACTS, version="v2"), DECISION, Door.HTML, "t1"),
        variant_key(FACTS, replace(DECISION, fingerprint="f2"), Door.HTML, "t1"),
        variant_key(FACTS, DECISION, Door.JSON, "t1"),
        variant_key(FACTS, DECISION, Door.HTML, "t2"),
        variant_key(FACTS, DECISION, Door.HTML, "t1", also=("ru:v1",)),
    ]
    assert len(set(keys)) == len(keys)


def test_what_does_not_shape_the_page_makes_no_other_key() -> None:
    later = replace(DECISION, valid_until=datetime(2027, 1, 1, tzinfo=UTC), depends_on_place=False)
    assert variant_key(FACTS, later, Door.HTML, "t1") == variant_key(FACTS, DECISION, Door.HTML, "t1")


def test_keys_of_one_article_share_a_hash_slot() -> None:
    assert variant_key(FACTS, DECISION, Door.HTML, "t").startswith("gw1:{ferry}:html:")


@given(st.text(), st.text())
def test_no_slug_can_pass_for_another_or_for_a_list(slug: str, other: str) -> None:
    key = variant_key(replace(FACTS, slug=slug), DECISION, Door.HTML, "t")
    assert key.count("{") == key.count("}") == 1
    if slug != other:
        assert key != variant_key(replace(FACTS, slug=other), DECISION, Door.HTML, "t")
    assert key != collection_key(other, "v1", ["f1"], Door.HTML, "t")


def test_members_of_a_list_cannot_trade_letters() -> None:
    assert collection_key("front", "i", ["ab", "c"], Door.LISTING, "t") != collection_key(
        "front", "i", ["a", "bc"], Door.LISTING, "t"
    )


def test_a_translation_goes_with_its_original() -> None:
    assert "article:ferry" in tags_of(replace(FACTS, slug="parom", translation_of="ferry"))
    assert tags_of(FACTS) == ("article:ferry", "section:world", "language:en", "tag:law", "tag:sea")


def test_purging_an_article_takes_the_lists_that_show_it() -> None:
    wanted = purge_tags(article="ferry")
    assert wanted is not None
    assert wanted & set(collection_tags("front", [FACTS]))
    crowd = [replace(FACTS, slug=f"a{n}") for n in range(300)]
    assert collection_tags("sitemap", crowd) == ("collection:sitemap", MANY)
    assert wanted & set(collection_tags("sitemap", crowd))
    assert purge_tags(tag="sea") == {"tag:sea"}
    assert purge_tags(tag="section:world") == {"section:world"}
    assert purge_tags() is None
