"""Keys and tags, letter by letter: a store is shared by releases, so what they mean changes only with the prefix."""

from __future__ import annotations

from dataclasses import replace

from gateway.cache.variant import collection_key, collection_tags, purge_tags, variant_key
from gateway.content.doors import Door
from tests.cache.test_variant import DECISION, FACTS


def test_the_key_of_an_article_is_spelled_the_same_in_every_release() -> None:
    facts = replace(FACTS, slug="a/b:{c}~\ud800")  # a file's name may be no text at all
    key = variant_key(facts, DECISION, Door.HTML, "t1", also=("ru:v\ud800",))
    assert key == "gw1:{a%2Fb%3A%7Bc%7D~%ED%A0%80}:html:a7bb7ee1304e9d5d3f82553a6f0bbcfa"


def test_the_key_of_a_list_is_spelled_the_same_in_every_release() -> None:
    key = collection_key("listing:a/b:en", "i1", ["f1", "f2"], Door.LISTING, "t1")
    assert key == "gw1:{/listing%3Aa%2Fb%3Aen}:listing:7705d96d80b3f5bd7c770a74157fe936"


def test_a_list_names_up_to_256_members_and_else_goes_with_any() -> None:
    crowd = [replace(FACTS, slug=f"a{n}") for n in range(257)]
    assert collection_tags("front", crowd[:256])[1:] == tuple(f"article:a{n}" for n in range(256))
    assert collection_tags("front", crowd) == ("collection:front", "articles:many")
    assert purge_tags(article="a1") == {"article:a1", "articles:many"}


def test_of_an_address_path_and_query_name_what_is_purged() -> None:
    assert purge_tags(url="https://news.example/a/b?page=2#top") == {"url:/a/b?page=2"}
    assert purge_tags(url="/a/b") == {"url:/a/b"}
    assert purge_tags(url="https://news.example") == {"url:/"}
