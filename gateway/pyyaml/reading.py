"""Read YAML as people mean it: every scalar is text, every node knows its line, and nothing clever is understood.

`NO` stays Norway, `1.10` stays `1.10`. Anchors, aliases, tags, merge keys, duplicate keys, tabs and a second document
are refused: they are how a file comes to say something other than what its reader sees. The only module that touches
PyYAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import yaml

from gateway.errors import GatewayError, Problem

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 20
MAX_NODES: Final = 50_000
MAX_PROBLEMS: Final = 20
"""After so many findings in one file the rest is noise."""

Kind = Literal["scalar", "sequence", "mapping"]

_REFUSED_CHARACTER = re.compile(
    "[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LINE_BREAK = re.compile("\r\n|\r|\n")
_FENCE = re.compile(r"---[ \t]*(?:\r\n|\r|\n|\Z)")
_CLOSING_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)
_REMEDIES = {
    "mapping values are not allowed in this context": "put text that contains `: ` in quotes, or mend the indentation",
    "could not find expected ':'": "write `name: value`",
    "did not find expected key": "mend the indentation, or the quotes, of this line or the one before",
    "did not find expected ',' or ']'": "close the list with ]",
    "did not find expected ',' or '}'": "close the braces with }",
    "did not find expected '-' indicator": "indent all items of the list alike",
    "found unexpected end of stream": "close the quotes",
    "found character that cannot start any token": "put text that begins with this character in quotes",
}


class YamlError(GatewayError):
    """A text that is no YAML, or more than we read; `problems` says where and what to write instead."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)), problems)


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a document and where it stands. `line` and `column` count from 1, in the file's own lines.

    Only the field of its own `kind` is filled: `text` of a scalar, `items` of a sequence, `entries` of a mapping
    (key's text -> key node, value node; in the order of writing). `quoted` tells `""` from an omitted value.
    """

    path: str
    line: int
    column: int
    kind: Kind
    text: str = ""
    items: tuple[Node, ...] = ()
    entries: Mapping[str, tuple[Node, Node]] = field(default_factory=dict)
    quoted: bool = False

    def problem(self, code: str, what: str, remedy: str) -> Problem:
        """An error at this place."""
        return Problem(self.path, self.line, self.column, code, what, remedy)


def read(text: str | bytes, path: str, *, first_line: int = 1) -> Node:
    """The document's root. `first_line`: the line of the file on which `text` begins.

    Raises YamlError with every problem found; a text that is not YAML at all yields one.
    """
    return _Builder(decode(text, path, first_line), path, first_line).build()


def split_front_matter(text: str | bytes, path: str) -> tuple[Node, str, int]:
    """The front matter between `---` lines, the body after it, and the line on which the body begins.

    Raises YamlError, also where there is no front matter.
    """
    whole = decode(text, path, 1, tabs=True)
    opening = _FENCE.match(whole)
    if opening is None:
        what, remedy = "the file does not begin with front matter", "begin it with a line `---`"
        raise YamlError([Problem(path, 1, 1, "no-front-matter", what, remedy)])
    closing = _CLOSING_FENCE.search(whole, opening.end())
    if closing is None:
        what, remedy = "the front matter is not closed", "end it with a line `---`"
        raise YamlError([Problem(path, 1, 1, "open-front-matter", what, remedy)])
    node = read(whole[opening.end() : closing.start()], path, first_line=2)
    return node, whole[closing.end() :], 1 + _lines(whole[: closing.end()])


def decode(text: str | bytes, path: str, first_line: int = 1, *, tabs: bool = False, limit: bool = True) -> str:
    """The text of a file, as UTF-8 without its byte order mark; characters that editors don't show are refused.

    `tabs`: let tabs pass, as a Markdown text may hold some. `limit`: refuse what is larger than YAML may be.
    Raises YamlError.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if limit and len(raw) > MAX_BYTES:
        what = f"the file has {len(raw):,} bytes, more than {MAX_BYTES:,}"
        raise YamlError([Problem(path, 0, 0, "too-large", what, "split it into several files")])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise YamlError([Problem(path, 1, 1, "not-utf-8", "the file is UTF-16", "save it as UTF-8")])
    try:
        whole = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        line, column = _where(before, first_line)
        what = f"byte 0x{raw[error.start]:02X} is not UTF-8"
        raise YamlError([Problem(path, line, column, "not-utf-8", what, "save the file as UTF-8")]) from error
    for found in _REFUSED_CHARACTER.finditer(whole):
        if found[0] == "\t" and tabs:
            continue
        line, column = _where(whole[: found.start()], first_line)
        if found[0] == "\t":
            raise YamlError([Problem(path, line, column, "tab", "a tab stands here", "write spaces")])
        what, remedy = f"the invisible character U+{ord(found[0]):04X} stands here", "remove it"
        raise YamlError([Problem(path, line, column, "bad-character", what, remedy)])
    return whole


@dataclass(slots=True)
class _Open:
    """A sequence or mapping that is still being read."""

    line: int
    column: int
    mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    key: Node | None = None


class _Builder:
    """Builds nodes from libyaml's events, without recursion, and stops at the first bound that is passed."""

    def __init__(self, text: str, path: str, first_line: int) -> None:
        self._loader = yaml.CBaseLoader(text)
        self._path = path
        self._first = first_line
        self._problems: list[Problem] = []
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._count = 0

    def build(self) -> Node:
        """Read to the end. Raises YamlError."""
        documents = 0
        try:
            while (event := self._loader.get_event()) is not None and not isinstance(event, yaml.StreamEndEvent):
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._refuse(event, "two-documents", "a second document begins here", "write one file each")
                        break
                elif not self._take(event):
                    break
        except yaml.MarkedYAMLError as error:
            self._problems.append(self._syntax(error))
        except yaml.YAMLError as error:
            self._problems.append(Problem(self._path, 0, 0, "not-yaml", f"not YAML: {error}", "mend the file"))
        if not self._problems and self._root is None:
            self._problems.append(
                Problem(self._path, 0, 0, "empty-file", "the file is empty", "write it, or remove it")
            )
        if self._problems or self._root is None:
            raise YamlError(self._problems)
        return self._root

    def _take(self, event: yaml.Event) -> bool:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "alias", f"an alias (*{event.anchor}) stands here", "write out what it stands for")
            self._put(self._scalar(event, "", quoted=True))
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            return self._take_node(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            done = self._open.pop()
            kind: Kind = "mapping" if done.mapping else "sequence"
            self._put(Node(self._path, done.line, done.column, kind, items=tuple(done.items), entries=done.entries))
        return len(self._problems) < MAX_PROBLEMS

    def _take_node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> bool:
        self._count += 1
        if self._count > MAX_NODES:
            self._refuse(event, "too-many", f"more than {MAX_NODES:,} values", "split the file")
            return False
        if event.anchor is not None:
            self._refuse(event, "anchor", f"an anchor (&{event.anchor}) stands here", "remove it, and write values out")
        if event.tag is not None:
            self._refuse(event, "tag", f"a tag ({event.tag}) stands here", "remove it: every value is text")
        if isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event, event.value, quoted=bool(event.style)))
        else:
            if len(self._open) >= MAX_DEPTH:
                self._refuse(event, "too-deep", f"more than {MAX_DEPTH} levels deep", "write it flatter")
                return False
            mapping = isinstance(event, yaml.MappingStartEvent)
            self._open.append(_Open(*self._at(event), mapping))
        return len(self._problems) < MAX_PROBLEMS

    def _put(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        top = self._open[-1]
        if not top.mapping:
            top.items.append(node)
        elif top.key is None:
            top.key = node
            self._check_key(node, top)
        else:
            top.entries.setdefault(top.key.text, (top.key, node))
            top.key = None

    def _check_key(self, key: Node, within: _Open) -> None:
        if key.kind != "scalar":
            self._problems.append(key.problem("bad-key", f"a {key.kind} cannot be a name", "write `name: value`"))
        elif key.text == "<<" and not key.quoted:
            self._problems.append(key.problem("merge-key", "a merge key (<<) stands here", "write the values out"))
        elif key.text in within.entries:
            first = within.entries[key.text][0]
            what = f"'{key.text}' is written twice, first in line {first.line}"
            self._problems.append(key.problem("duplicate-key", what, "keep one"))

    def _scalar(self, event: yaml.Event, text: str, *, quoted: bool) -> Node:
        return Node(self._path, *self._at(event), "scalar", text, quoted=quoted)

    def _at(self, event: yaml.Event) -> tuple[int, int]:
        mark = event.start_mark
        return (mark.line + self._first, mark.column + 1) if mark else (0, 0)

    def _refuse(self, event: yaml.Event, code: str, what: str, remedy: str) -> None:
        self._problems.append(Problem(self._path, *self._at(event), code, what, remedy))

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + self._first, mark.column + 1) if mark else (0, 0)
        what = str(error.problem or error.context or "not YAML")
        remedy = _REMEDIES.get(what, "mend the syntax; an editor with a YAML extension marks the place")
        begun = error.context_mark
        if begun is not None and begun.line + self._first != line:
            what += f" (of what begins in line {begun.line + self._first})"
        return Problem(self._path, line, column, "not-yaml", f"not YAML: {what}", remedy)


def _where(before: str, first_line: int) -> tuple[int, int]:
    """Line and column of what follows `before`."""
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    return first_line + _lines(before), len(before) - start + 1


def _lines(text: str) -> int:
    return sum(1 for _ in _LINE_BREAK.finditer(text))
