"""The search tree of a MaxMind DB: read as ranges, checked whole, and written small. Knows nothing of places.

Layout after the MaxMind DB File Format Specification 2.0: `node_count` nodes of two records each; a record below
`node_count` is the next node, equal to it means "nothing known", above it points into the data section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from mmap import mmap
from struct import pack

from mmdb_writer import Encoder

SEPARATOR = bytes(16)
METADATA_MAGIC = b"\xab\xcd\xefMaxMind.com"
NOTHING = -1
"""The class of an address of which nothing is known."""

MAX_PATHS = 100_000
MAX_PATHS_A_NODE = 64
"""How many ways lead to a node of a sound tree, on average, when branches are shared; in circles there is no end."""

Cut = tuple[int, int]
"""From this address (as a number) on, this class."""


class DamagedTreeError(ValueError):
    """The tree points outside its file, or into itself."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of one database. `buffer` holds the whole file; `record_size` is in bits: 24, 28 or 32."""

    buffer: bytes | mmap
    node_count: int
    record_size: int
    ip_version: int

    @property
    def size(self) -> int:
        """Bytes that the nodes take."""
        return self.node_count * self.record_size // 4

    def children(self, node: int) -> tuple[int, int]:
        """The left and the right record of a node."""
        width = self.record_size // 4
        pair = int.from_bytes(self.buffer[node * width : (node + 1) * width], "big")
        if self.record_size == 28:
            return pair >> 32 | (pair >> 4 & 0xF000000), pair & 0xFFFFFFF
        return pair >> self.record_size, pair & ((1 << self.record_size) - 1)

    def root(self, version: int) -> tuple[int, int]:
        """The record under which addresses of a family begin, and how many bits are still to come."""
        if version == 6 or self.ip_version == 4:
            return 0, 32 if self.ip_version == 4 else 128
        return self.descend(0, 96), 32

    def descend(self, prefix: int, bits: int) -> int:
        """Follow the first `bits` bits of an address, `prefix` right-aligned; stops early at a leaf."""
        node = 0
        for place in range(bits - 1, -1, -1):
            if node >= self.node_count:
                break
            node = self.children(node)[prefix >> place & 1]
        return node

    def cuts(self, node: int, height: int, classify: Callable[[int, int], int], skip: int = -1) -> Iterator[Cut]:
        """Ranges under a record in order of address; equal neighbours are one.

        `classify(record, first address)` is asked once for each data record and says its class. `skip`: a node that
        counts as empty (the alias of the IPv4 tree). Addresses count from the record's own first one.
        """
        count, children, known = self.node_count, self.children, {self.node_count: NOTHING}
        last: int | None = None
        stack = [(node, 0, height)]
        left = MAX_PATHS_A_NODE * count + MAX_PATHS
        while stack:
            node, start, height = stack.pop()
            left -= 1
            if left < 0:
                raise DamagedTreeError("the tree runs in circles")
            while node < count and node != skip:
                height -= 1
                if height < 0:
                    raise DamagedTreeError("the tree is deeper than an address is long")
                node, right = children(node)
                stack.append((right, start | 1 << height, height))
            if node == skip:
                found = NOTHING
            elif node in known:
                found = known[node]
            else:
                found = known[node] = classify(node, start)
            if found != last:
                yield start, found
                last = found

    def data_records(self) -> set[int]:
        """Every data record that the tree points to, each node looked at once. Raises DamagedTreeError."""
        count, width, size, buffer = self.node_count, self.record_size // 4, self.record_size, self.buffer
        last = len(buffer) - self.size + count
        found: set[int] = set()
        mask = (1 << size) - 1
        for node in range(count):
            pair = int.from_bytes(buffer[node * width : node * width + width], "big")
            left, right = (
                (pair >> 32 | (pair >> 4 & 0xF000000), pair & 0xFFFFFFF) if size == 28 else (pair >> size, pair & mask)
            )
            if left > count:
                found.add(left)
            if right > count:
                found.add(right)
        if found and (max(found) >= last or min(found) < count + len(SEPARATOR)):
            raise DamagedTreeError("a record points outside the data section")
        return found


class Weaver:
    """Makes a tree out of ranges, sharing equal branches wherever they stand: what makes the file small."""

    def __init__(self) -> None:
        self.nodes: list[tuple[int, int]] = []
        self._known: dict[tuple[int, int], int] = {}

    def branch(self, left: int, right: int) -> int:
        """The reference of a node: a class is itself (from NOTHING up), a node is below NOTHING."""
        if left == right and left >= NOTHING:
            return left
        pair = (left, right)
        if pair not in self._known:
            self.nodes.append(pair)
            self._known[pair] = NOTHING - len(self.nodes)
        return self._known[pair]

    def weave(self, cuts: Iterable[Cut], bits: int) -> int:
        """A tree over all addresses of so many bits; the first cut is at 0. Returns the reference of its root."""
        stack: list[tuple[int, int]] = []  # (height, reference), complete up to where the next range starts

        def cover(start: int, end: int, reference: int) -> None:
            while start < end:
                height = min((start & -start).bit_length() - 1 if start else bits, (end - start).bit_length() - 1)
                start += 1 << height
                found = reference
                while stack and stack[-1][0] == height:
                    found = self.branch(stack.pop()[1], found)
                    height += 1
                stack.append((height, found))

        start, reference = 0, NOTHING
        for cut, following in cuts:
            cover(start, cut, reference)
            start, reference = cut, following
        cover(start, 1 << bits, reference)
        return stack[0][1]


def write(weaver: Weaver, root: int, records: Iterable[object], metadata: Mapping[str, object]) -> bytes:
    """The whole file: `records` in the order of their classes; the root must be a node. Same input, same bytes."""
    encoder = Encoder(cache=True)
    offsets = [encoder.encode(record, return_offset=True) for record in records]
    data = b"".join(encoder.data_list)
    order = _in_order(weaver, root)
    count = len(order)
    size = 24 if count + len(SEPARATOR) + len(data) < 1 << 24 else 28 if count + 16 + len(data) < 1 << 28 else 32

    def record(reference: int) -> int:
        if reference < NOTHING:
            return order[reference]
        return count if reference == NOTHING else count + len(SEPARATOR) + offsets[reference]

    tree = bytearray()
    for reference in order:
        left, right = map(record, weaver.nodes[NOTHING - reference - 1])
        tree += _pair(left, right, size)
    facts: dict[str, object] = {"node_count": count, "record_size": size, "ip_version": 6, "languages": ["en"]}
    facts |= {"binary_format_major_version": 2, "binary_format_minor_version": 0, **metadata}
    return bytes(tree) + SEPARATOR + data + METADATA_MAGIC + Encoder(cache=False).encode_meta(facts)


def _in_order(weaver: Weaver, root: int) -> dict[int, int]:
    """Numbers for the nodes that can be reached, the root first."""
    order: dict[int, int] = {}
    stack = [root]
    while stack:
        reference = stack.pop()
        if reference >= NOTHING or reference in order:
            continue
        order[reference] = len(order)
        left, right = weaver.nodes[NOTHING - reference - 1]
        stack += (right, left)
    return order


def _pair(left: int, right: int, size: int) -> bytes:
    if size == 28:
        middle = left >> 24 << 4 | right >> 24
        return pack(">I", left & 0xFFFFFF)[1:] + bytes((middle,)) + pack(">I", right & 0xFFFFFF)[1:]
    return (left << size | right).to_bytes(size // 4, "big")
