"""The gateway's own words in the languages that it speaks, directions of script, and dates as readers write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

import orjson
from babel import Locale, UnknownLocaleError
from babel.dates import format_date

DEFAULT = "en"
LANGUAGES = ("en", "ar", "de", "ru", "uk")
"""Languages in which the gateway has words of its own, `in_order`. Articles and notices may be in any."""

_LOCALES = {"en": "en_GB"}  # "14 October 2026" reads alike on both sides of every ocean
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo", "adlm", "rohg"})


def _load(language: str) -> Mapping[str, str]:
    raw = files("gateway.render").joinpath("messages", f"{language}.json").read_bytes()
    return dict(orjson.loads(raw))


_MESSAGES = {language: _load(language) for language in LANGUAGES}


@dataclass(frozen=True, slots=True)
class Words:
    """The gateway's words in one language. Looking up a word that does not exist raises KeyError: a test finds it."""

    language: str
    messages: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.messages[name]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return direction(self.language)

    def date(self, moment: datetime | date) -> str:
        """The day, as "14 October 2026"."""
        return _date(moment.date() if isinstance(moment, datetime) else moment, self.language)

    def moment(self, moment: datetime) -> str:
        """Day and time in the zone in which the newsroom wrote it."""
        return _moment(moment, self.language)

    def territory(self, code: str) -> str:
        """A country's name; the code itself where there is none."""
        return str(Locale.parse(self.language).territories.get(code, code))


def in_order(languages: Iterable[str]) -> list[str]:
    """Languages as they are listed wherever several are: the default first, the others by their codes."""
    return sorted(languages, key=lambda language: (language != DEFAULT, language))


def words(language: str) -> Words:
    """The words for a page in this language: its own, those of its base language, or English."""
    for candidate in (language, language.partition("-")[0]):
        if candidate in _MESSAGES:
            return Words(candidate, _MESSAGES[candidate])
    return Words(DEFAULT, _MESSAGES[DEFAULT])


@lru_cache(maxsize=256)
def direction(language: str) -> str:
    """`rtl` for languages written from right to left, by language or by script subtag (`az-Arab`)."""
    base, *rest = language.lower().split("-")
    scripts = {part for part in rest if len(part) == 4}
    if scripts:
        return "rtl" if scripts & _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if base in _RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=256)
def own_name(language: str) -> str:
    """A language's name in itself; the tag where babel knows none."""
    try:
        name = Locale.parse(language, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return language
    return name[:1].upper() + name[1:] if name else language


@lru_cache(maxsize=4096)
def _date(day: date, language: str) -> str:
    return format_date(day, "long", locale=_LOCALES.get(language, language))


@lru_cache(maxsize=4096)
def _moment(moment: datetime, language: str) -> str:
    hours, minutes = divmod(int((moment.utcoffset() or timedelta()).total_seconds()) // 60, 60)
    zone = f"UTC{hours:+03d}:{minutes:02d}" if hours or minutes else "UTC"
    return f"{_date(moment.date(), language)}, {moment:%H:%M} ({zone})"
