"""Templates of policies: what each asks, and the files that it makes of the answers. Package data, read once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, StrictUndefined

from gateway.errors import PolicyError, Problem
from gateway.pyyaml import Fields, Node, read

DEFINITION = "template.yaml"
COMMON = "common.yaml"
_PLAIN = re.compile(r"[A-Za-z0-9/](?:[\w./()+@'-]| (?=[\w(]))*", re.ASCII)
_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
"""What YAML takes for the end of a line and JSON does not."""

Answer = str | tuple[str, ...]
"""What was answered: one text, or a list."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `default` is a Jinja expression's text; `placeholder`: the default only holds the place. `asked`:
    a person is asked it; of the rest the default is taken and said, unless it was answered unasked.
    """

    name: str
    ask: str
    help: str
    default: str
    many: bool = False
    placeholder: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """One template. `sources`: its files by name, as Jinja. `per_translation`: a policy for each translation."""

    name: str
    title: str
    questions: tuple[Question, ...]
    sources: Mapping[str, str]
    per_translation: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which it has texts."""
        named = (source.split(".")[1] for source in self.sources if source.endswith(".md"))
        return tuple(sorted(set(named), key=lambda language: (language != "en", language)))


@cache
def templates() -> Mapping[str, Template]:
    """Every template by name."""
    root = files("gateway.policy").joinpath("templates")
    common = _questions(_read(root.joinpath(COMMON)))
    found = sorted((item for item in root.iterdir() if item.is_dir()), key=lambda item: item.name)
    return {item.name: _template(item, common) for item in found if item.joinpath(DEFINITION).is_file()}


def render(source: str, values: Mapping[str, object]) -> str:
    """A source with its values. A name that it does not know raises UndefinedError, never an empty gap."""
    return _environment().from_string(source).render(values)


def parse_answers(raw: bytes, path: str, template: Template) -> dict[str, Answer]:
    """The answers in a YAML file: `question: answer`, lists as lists or with commas. Raises PolicyError."""
    problems: list[Problem] = []
    answers: dict[str, Answer] = {}
    with Fields(read(raw, path), problems, f"for the template '{template.name}'") as fields:
        for question in template.questions:
            node = fields.get(question.name)
            if node is None:
                continue
            if node.kind == "sequence" and question.many:
                answers[question.name] = fields.texts(question.name) or ()
            else:
                answers[question.name] = split(fields.text_of(node, f"'{question.name}'"), question)
    if problems:
        raise PolicyError("\n".join(map(str, problems)), problems)
    return answers


def split(text: str, question: Question) -> Answer:
    """An answer as it was typed: for a list, with commas between."""
    if not question.many:
        return text.strip()
    return tuple(item.strip() for item in text.split(",") if item.strip())


def joined(answer: Answer) -> str:
    """An answer as one types it."""
    return answer if isinstance(answer, str) else ", ".join(answer)


def quoted(value: object) -> str:
    """A text as a YAML scalar: plain where that cannot be misread."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False).translate(_BREAKS)


def flow(values: Sequence[object]) -> str:
    """A list in YAML's flow style."""
    return f"[{', '.join(map(quoted, values))}]"


def _template(directory: Traversable, common: tuple[Question, ...]) -> Template:
    root = _read(directory.joinpath(DEFINITION))
    problems: list[Problem] = []
    with Fields(root, problems) as fields:
        title = fields.text("title", required=True)
        per_translation = fields.flag("per_translation")
        fields.get("questions", required=True)
    if problems:
        raise PolicyError("\n".join(map(str, problems)), problems)
    sources = {item.name: item.read_text("utf-8") for item in directory.iterdir() if item.name != DEFINITION}
    return Template(directory.name, title, (*_questions(root), *common), sources, per_translation)


def _read(item: Traversable) -> Node:
    return read(item.read_bytes(), item.name)


def _questions(root: Node) -> tuple[Question, ...]:
    found: list[Question] = []
    problems: list[Problem] = []
    for node in root.entries["questions"][1].items:
        with Fields(node, problems) as fields:
            found.append(
                Question(
                    fields.text("name", required=True),
                    fields.text("ask", required=True),
                    fields.text("help", required=True),
                    fields.text("default"),
                    fields.flag("list"),
                    fields.flag("placeholder"),
                    fields.flag("asked", default=True),
                )
            )
    if problems:
        raise PolicyError("\n".join(map(str, problems)), problems)
    return tuple(found)


@cache
def _environment() -> Environment:
    # what comes out is YAML and Markdown, which the parser checks and sanitises; HTML's escapes would garble them
    made = Environment(
        autoescape=False,  # noqa: S701  # nosec B701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"q": quoted, "flow": flow}
    return made
