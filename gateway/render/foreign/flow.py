"""The words of a page in the order in which they are read, and how to take some of them out. Changes the document."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import put
from gateway.render.foreign.traces import Traces, Word, plain_words, words_in

_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "nobr",
})  # fmt: skip
_UNREAD = frozenset(
    {"script", "style", "template", "noscript", "textarea", "iframe", "svg", "math", "select", "title", "head"}
)
_MEDIA = "img, picture, video, audio, svg, iframe, object, embed, canvas, input, button"


@dataclass(frozen=True, slots=True)
class Piece:
    """A text node: where its text begins in the flow, and the block that it stands in."""

    node: LexborNode
    start: int
    text: str
    block: LexborNode


class Flow:
    """What is read in the body, words of blocks apart."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.tree = tree
        self.pieces: list[Piece] = []
        self._texts: list[str] = []
        self._length = 0
        if tree.body is not None:
            self._walk(tree.body, tree.body)
        self._text = "".join(self._texts)
        self.plain = plain_words(self._text)

    @cached_property
    def words(self) -> list[Word]:
        """The same words with their places; many pages are only searched."""
        return words_in(self._text)

    def runs_of(self, traces: Traces) -> list[tuple[int, int]]:
        """Where any of the runs stands: ranges of words, those that touch made one."""
        found: list[tuple[int, int]] = []
        for length in traces.lengths:
            found += [
                (at, at + length)
                for at in range(len(self.plain) - length + 1)
                if tuple(self.plain[at : at + length]) in traces.runs
            ]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return merged

    def holds(self, wanted: list[str]) -> bool:
        """Whether exactly these words stand somewhere one after the other."""
        length = len(wanted)
        return bool(length) and any(
            self.plain[at] == wanted[0] and self.plain[at : at + length] == wanted
            for at in range(len(self.plain) - length + 1)
        )

    def blocks(self) -> list[tuple[LexborNode, list[str]]]:
        """Each block that has words of its own, and these."""
        by_block: dict[int, tuple[LexborNode, list[str]]] = {}
        starts = [piece.start for piece in self.pieces]
        for word in self.words:
            block = self.pieces[bisect_right(starts, word.start) - 1].block
            by_block.setdefault(block.mem_id, (block, []))[1].append(word.plain)
        return list(by_block.values())

    def cut(self, ranges: Iterable[tuple[int, int]], block_mark: str, inline_mark: str) -> None:
        """Take ranges of words out. Where a block had no other words, it goes whole, and `block_mark` stands there;
        else `inline_mark` stands among its words. Neither is written twice beside itself.
        """
        wanted = [index for start, end in ranges for index in range(start, end)]
        lost: dict[int, set[int]] = {}
        owner = self._block_of_words()
        for index in wanted:
            lost.setdefault(owner[index].mem_id, set()).add(index)
        counts: dict[int, int] = {}
        for block in owner:
            counts[block.mem_id] = counts.get(block.mem_id, 0) + 1
        for start, end in ranges:
            marked = False
            for index in range(start, end):
                block = owner[index]
                if block.mem_id not in lost:
                    continue
                if len(lost[block.mem_id]) == counts[block.mem_id] and block.tag not in (
                    "body",
                    "td",
                    "th",
                    "main",
                    "article",
                ):
                    if block.parent is not None:
                        put(self.tree, "" if marked else _fitting(block, block_mark, inline_mark), block, "instead")
                    marked = True
                    del lost[block.mem_id]
        self._cut_inside([index for indexes in lost.values() for index in sorted(indexes)], inline_mark)

    def _cut_inside(self, indexes: list[int], inline_mark: str) -> None:
        """Take single words out of text nodes, and everything between two that go."""
        spans: list[list[int]] = []
        previous = -2
        for index in sorted(indexes):
            word = self.words[index]
            if index == previous + 1 and spans:
                spans[-1][1] = word.end
            else:
                spans.append([word.start, word.end])
            previous = index
        by_piece: dict[int, list[tuple[int, int, bool]]] = {}
        starts = [piece.start for piece in self.pieces]
        for start, end in spans:
            opened = True
            for number in range(bisect_right(starts, start) - 1, bisect_left(starts, end)):
                piece = self.pieces[number]
                low, high = max(start, piece.start), min(end, piece.start + len(piece.text))
                if low < high:
                    by_piece.setdefault(number, []).append((low - piece.start, high - piece.start, opened))
                    opened = False
        for number, cuts in by_piece.items():
            piece = self.pieces[number]
            if piece.node.parent is not None:
                self._rewrite(piece, sorted(cuts), inline_mark)

    def _rewrite(self, piece: Piece, cuts: list[tuple[int, int, bool]], inline_mark: str) -> None:
        at = 0
        parent = piece.node.parent
        for low, high, opened in cuts:
            if piece.text[at:low]:
                piece.node.insert_before(piece.text[at:low])
            if opened:
                put(self.tree, inline_mark, piece.node, "before")
            at = high
        if piece.text[at:]:
            piece.node.insert_before(piece.text[at:])
        piece.node.decompose()
        while parent is not None and parent.tag in _INLINE and parent.parent is not None:
            if (parent.text(deep=True) or "").strip() or parent.css_first(_MEDIA) is not None:
                break
            gone, parent = parent, parent.parent
            gone.decompose()

    def _block_of_words(self) -> list[LexborNode]:
        starts = [piece.start for piece in self.pieces]
        return [self.pieces[bisect_right(starts, word.start) - 1].block for word in self.words]

    def _walk(self, node: LexborNode, block: LexborNode) -> None:
        """Without recursion: pages nest as deeply as they like."""
        stack: list[tuple[LexborNode | None, LexborNode]] = [(node.first_child, block)]
        while stack:
            at, around = stack.pop()
            if at is None:
                self._add("\n")
                continue
            if at.next is not None:
                stack.append((at.next, around))
            if at.tag == "-text":
                text = at.text_content or ""
                self.pieces.append(Piece(at, self._length, text, around))
                self._add(text)
            elif at.tag in _UNREAD or at.is_comment_node:
                continue
            elif at.tag in _INLINE:
                if at.first_child is not None:
                    stack.append((at.first_child, around))
            else:
                self._add("\n")
                stack += [(None, at), (at.first_child, at)]

    def _add(self, text: str) -> None:
        self._texts.append(text)
        self._length += len(text)


def _fitting(block: LexborNode, block_mark: str, inline_mark: str) -> str:
    """A mark that may stand where the block stood."""
    if block.tag in ("li", "dt", "dd", "figcaption", "caption", "summary", "legend"):
        return f"<{block.tag}>{inline_mark}</{block.tag}>"
    parent = block.parent
    return inline_mark if parent is not None and parent.tag in ("button", "label", "a", "span") else block_mark
