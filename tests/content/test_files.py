"""A directory of articles: what is read, what is reported, what is never opened."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.content.files import DirectoryIndex, load_directory
from gateway.errors import ContentError, Severity
from tests.content.writing import FRONT, SVG, newspaper, write

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RAW = """<p onclick=x>One</p>
::: part id=q
<p>Two<script>x</script></p></section>
:::
<p>```</p>
```
::: part id=r
Three
:::
"""
SITE = """title: The Gazette
motto: {en: One, ru: Один}
sections: {culture: {en: Arts}}
controls: {like: 'javascript:alert(1)', donate: https://a.example/}
moto: x
"""


def codes(index: DirectoryIndex) -> list[str]:
    return [problem.code for problem in index.problems]


def test_an_article_comes_with_every_fact_that_its_front_matter_states(tmp_path: Path) -> None:
    index = load_directory(newspaper(tmp_path))
    facts = index.facts["the-ledger"]
    assert index.problems == ()
    assert (facts.title, facts.kicker, facts.section, facts.language) == (
        "The lock-keeper's ledger",
        "Canals",
        "culture",
        "en",
    )
    assert facts.tags == {"boats", "ledgers"}
    assert facts.authors == ("Mina Olsen",)
    assert facts.published.isoformat() == "2026-03-01T06:00:00+01:00"
    assert facts.parts == {"p1"}
    assert facts.media == ("ledger.svg",)


def test_a_text_is_rendered_with_its_parts_apart(tmp_path: Path) -> None:
    article = load_directory(newspaper(tmp_path)).read("the-ledger")
    assert article.parts["p1"] == "<p>The name of the debtor was <em>Halvard Ness</em>.</p>"
    assert f'<section class="part" id="part-p1">{article.parts["p1"]}</section>' in article.html
    assert article.html.count("Halvard") == 1
    assert "<h2>The second hand</h2>" in article.html
    assert article.dateline == "OSTERBY"
    assert article.image is not None
    assert article.image.alt == "A ledger"


def test_an_html_article_is_sanitised_and_may_have_parts_too(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {"articles/en/raw.html": FRONT + RAW},
    )
    article = load_directory(root).read("raw")
    assert dict(article.parts) == {"q": "<p>Two</p>", "r": "Three"}
    assert article.html.startswith('<p>One</p>\n<section class="part" id="part-q"><p>Two</p></section>')


def test_an_article_of_the_future_is_known_but_not_listed(tmp_path: Path) -> None:
    index = load_directory(newspaper(tmp_path))
    later = index.facts["tomorrow"].published
    assert "tomorrow" not in [facts.slug for facts in index.newest(NOW)]
    assert index.next_publication(NOW) == later
    assert index.newest(later)[0].slug == "tomorrow"
    assert index.next_publication(later) is None


def test_a_family_is_the_original_first_then_its_translations(tmp_path: Path) -> None:
    index = load_directory(newspaper(tmp_path))
    assert [facts.slug for facts in index.translations("das-hauptbuch")] == ["the-ledger", "das-hauptbuch"]
    assert index.translations("no-such-article") == ()


def test_lists_are_newest_first_by_section_and_by_limit(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            f"articles/en/a{n}.md": FRONT.replace("2026-03-01", f"2026-03-0{n}").replace(
                "culture", "world" if n % 2 else "culture"
            )
            for n in range(1, 8)
        },
    )
    index = load_directory(root)
    assert [facts.slug for facts in index.newest(NOW, limit=2)] == ["a7", "a6"]
    assert [facts.slug for facts in index.newest(NOW, section="culture")] == ["a6", "a4", "a2"]
    assert index.newest(NOW, section="nowhere") == ()
    assert index.sections == ("culture", "world")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"\xff\xfe\x00", "not-utf-8", 1),
        (b"no front matter", "no-front-matter", 1),
        (b"---\ntitle: x\n", "open-front-matter", 1),
        (b"---\ntitle: x\n---\n", "missing-key", 2),
        (FRONT.replace("title:", "titel:").encode(), "missing-key", 2),
        (FRONT.replace("+01:00", "").encode(), "bad-time", 6),
        (FRONT.replace("[boats, ledgers]", "[]").encode(), "empty-list", 9),
        (FRONT.replace("section: culture", "section: Arts & Co").encode(), "bad-word", 8),
        (FRONT.replace("ledger.svg", "https://evil.example/x.png").encode(), "foreign-image", 10),
        (FRONT.replace("ledger.svg", "../../etc/passwd").encode(), "foreign-image", 10),
        (FRONT.replace("section:", "language: ru\nsection:").encode(), "wrong-language", 8),
        ((FRONT + "::: part id=p1\nopen").encode(), "open-part", 12),
        ((FRONT + "x\n\n:::\n").encode(), "stray-part-end", 14),
        ((FRONT + "::: part id=a\n::: part id=b\n:::\n").encode(), "nested-part", 13),
        ((FRONT + "::: part id=a\n:::\n::: part id=a\n:::\n").encode(), "duplicate-part", 14),
        ((FRONT + "::: Part p1\n:::\n").encode(), "bad-part", 12),
    ],
)
def test_what_cannot_be_read_is_left_out_and_reported_with_its_line(
    tmp_path: Path, content: bytes, code: str, line: int
) -> None:
    root = write(newspaper(tmp_path), {"articles/en/broken.md": content})
    index = load_directory(root)
    assert "broken" not in index.facts
    assert "the-ledger" in index.facts
    assert (code, line) in [(problem.code, problem.line) for problem in index.problems]
    assert all(problem.remedy for problem in index.problems)


@pytest.mark.parametrize("name", ["Broken.md", "a b.md", "-a.md", "a_b.md", "é.md", f"{'a' * 201}.md"])
def test_a_file_whose_name_cannot_be_an_address_is_reported(tmp_path: Path, name: str) -> None:
    index = load_directory(write(tmp_path, {f"articles/en/{name}": FRONT}))
    assert codes(index) == ["bad-slug"]
    assert not index.facts


def test_the_same_slug_in_two_languages_is_reported_and_the_first_stays(tmp_path: Path) -> None:
    index = load_directory(write(tmp_path, {"articles/de/x.md": FRONT, "articles/en/x.md": FRONT}))
    assert codes(index) == ["duplicate-slug"]
    assert index.facts["x"].language == "de"


def test_translations_of_nothing_and_of_translations_are_warned_of(tmp_path: Path) -> None:
    root = newspaper(tmp_path)
    write(
        root,
        {
            "articles/ru/a.md": FRONT.replace("section:", "translation_of: nothing\nsection:"),
            "articles/ru/b.md": FRONT.replace("section:", "translation_of: das-hauptbuch\nsection:"),
        },
    )
    index = load_directory(root)
    assert codes(index) == ["bad-translation", "bad-translation"]
    assert {problem.severity for problem in index.problems} == {Severity.WARNING}
    assert {"a", "b"} <= set(index.facts)


def test_nothing_is_read_through_a_link_a_pipe_or_a_hidden_name(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(FRONT.replace("ledger", "SECRET"))
    root = newspaper(tmp_path / "site")
    (root / "articles/en/link.md").symlink_to(secret)
    (root / "articles/ru").symlink_to(tmp_path, target_is_directory=True)
    (root / "media/link.svg").symlink_to(secret)
    os.mkfifo(root / "articles/en/pipe.md")
    write(root, {"articles/en/.hidden.md": FRONT, "articles/.git/x.md": FRONT})
    index = load_directory(root)
    assert set(index.facts) == {"the-ledger", "das-hauptbuch", "tomorrow"}
    assert codes(index) == ["not-read"] * 4
    assert index.media("link.svg") is None


def test_a_file_swapped_for_a_link_after_indexing_is_not_followed(tmp_path: Path) -> None:
    root = newspaper(tmp_path / "site")
    index = load_directory(root)
    outside = tmp_path / "outside.md"
    outside.write_bytes((root / "articles/en/the-ledger.md").read_bytes())
    (root / "articles/en/the-ledger.md").unlink()
    (root / "articles/en/the-ledger.md").symlink_to(outside)
    with pytest.raises(ContentError):
        index.read("the-ledger")


@pytest.mark.parametrize(
    "path", ["../secret", "ledger.svg/..", "/etc/passwd", "", ".", "media/ledger.svg", "ledger.svg.yaml"]
)
def test_a_medium_is_found_by_its_exact_path_only(tmp_path: Path, path: str) -> None:
    assert load_directory(newspaper(tmp_path)).media(path) is None


def test_a_medium_comes_with_its_rights_and_bytes(tmp_path: Path) -> None:
    index = load_directory(newspaper(tmp_path))
    media = index.media("ledger.svg")
    assert media is not None
    assert (media.content_type, media.size, media.rights, media.licence) == (
        "image/svg+xml",
        len(SVG),
        {"worldwide"},
        "CC0-1.0",
    )
    assert index.read_media(media) == SVG


def test_an_article_states_the_rights_of_its_media_as_the_sidecars_have_them_now(tmp_path: Path) -> None:
    index = load_directory(newspaper(tmp_path), cache=tmp_path / "index")
    assert index.facts["the-ledger"].media_rights == (("ledger.svg", frozenset({"worldwide"})),)
    write(tmp_path, {"media/ledger.svg.yaml": "rights: [US]\n"})
    changed = index.refresh()
    assert changed.facts["the-ledger"].media_rights == (("ledger.svg", frozenset({"US"})),)
    (tmp_path / "media/ledger.svg.yaml").unlink()
    assert changed.refresh().facts["the-ledger"].media_rights == ()


def test_a_medium_whose_rights_cannot_be_read_is_not_published(tmp_path: Path) -> None:
    root = write(newspaper(tmp_path), {"media/ledger.svg.yaml": "rights: []\n"})
    index = load_directory(root)
    assert codes(index) == ["empty-list"]
    assert index.media("ledger.svg") is None


def test_media_in_a_text_belong_to_the_article_as_its_picture_does(tmp_path: Path) -> None:
    text = '![a](one.png)\n\n<img src="/media/two.webp">\n\n[r]: media/three.jpg\n![x][r] <https://e.example/four.png>'
    index = load_directory(write(tmp_path, {"articles/en/a.md": FRONT + text}))
    assert set(index.facts["a"].media) == {"ledger.svg", "one.png", "two.webp", "three.jpg"}


def test_media_that_only_parts_show_are_known_with_those_parts_after_a_restart_too(tmp_path: Path) -> None:
    text = "::: part id=p1\n![a](one.png) ![b](two.png) ![l](ledger.svg)\n:::\n\n::: part id=p2\n![a](one.png)\n:::\n\n![b](two.png)\n"
    write(tmp_path, {"articles/en/a.md": FRONT + text})
    for _ in range(2):
        index = load_directory(tmp_path, cache=tmp_path / "index")
        assert index.facts["a"].media_parts == (("one.png", frozenset({"p1", "p2"})),)


def test_a_directory_without_articles_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no directory `articles`"):
        load_directory(tmp_path / "nowhere")


def test_the_site_file_is_read_and_what_is_wrong_in_it_reported(tmp_path: Path) -> None:
    root = write(
        newspaper(tmp_path),
        {"site.yaml": SITE},
    )
    index = load_directory(root)
    assert (index.site.title, index.site.motto["ru"], index.site.sections["culture"]["en"]) == (
        "The Gazette",
        "Один",
        "Arts",
    )
    assert dict(index.site.controls) == {"donate": "https://a.example/"}
    assert codes(index) == ["bad-address", "unknown-key"]


def test_the_sample_has_no_problem() -> None:
    index = load_directory(Path(__file__).parents[2] / "gateway" / "sample")
    assert index.problems == ()
    assert all(index.read(slug).html for slug in index.facts)
