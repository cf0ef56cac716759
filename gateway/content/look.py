"""Look at a content directory: at all of it, or only at what is said to have changed. What is unchanged is not read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from gateway.content.found import Found, put_together
from gateway.content.front_matter import digest, parse_article
from gateway.content.kept import Entry, Pool, decode_entry, encode_entry
from gateway.content.media import Media, content_type, parse_rights
from gateway.content.settling import Settling
from gateway.content.site import SITE_FILE, SiteText, parse_site
from gateway.content.tree import Skipped, Stamp, Tree
from gateway.errors import ContentError, Problem, Severity

UNTRUSTED_NS = 2_000_000_000
"""A file changed this shortly before it was looked at may change again within one tick of the file system's clock."""
READ_HERE = 2_000
"""More files than this are read by processes of their own: it takes memory and a processor that readers need."""
MOST_READERS = 4
TOPS = ("articles", "media")
_POLL_SECONDS = 0.02

_NEVER = Stamp(-1, -1)
_WHY_SKIPPED = {
    "symlink": ("it is a symbolic link", "put the file itself there"),
    "special": ("it is no plain file, or lies too deep", "put plain files there"),
    "name": ("its name has characters that cannot stand in an address", "rename it in letters, digits and hyphens"),
    "unreadable": ("it cannot be opened", "let the gateway's user read it"),
}


Stop = Callable[[], bool]
"""Asked now and then by what takes long; True ends it with a ContentError."""


def never() -> bool:
    """Go on to the end."""
    return False


def look(tree: Tree, known: Mapping[str, Entry], stop: Stop = never) -> Found:
    """Scan the tree; read what is not known to be unchanged. Raises ContentError if it is no content directory."""
    _assure(tree)
    return put_together(_everything(tree, known, stop), *_site(tree))


def look_again(
    tree: Tree, before: Found, paths: Iterable[str] | None, settling: Settling | None, stop: Stop = never
) -> Found:
    """Look at these paths alone (None: at everything), and at everything where one of them is, or was, a directory.
    What `settling` finds too new to count is as it was before. Raises ContentError.
    """
    _assure(tree)  # one article that is gone is taken away; with all the others it is only out of sight
    waiting = settling.waiting if settling else frozenset[str]()
    entries = None if paths is None else _some(tree, before.entries, {*paths, *waiting}, stop)
    if entries is None:
        entries = _everything(tree, before.entries, stop)
    site, wrong = _site(tree)
    if settling is not None:
        settling.hold(before.entries, entries)
        if not settling.settled(SITE_FILE, (before.site, before.problems), (site, wrong)):
            site, wrong = before.site, before.problems
    return put_together(entries, site, wrong)


def _assure(tree: Tree) -> None:
    if not (tree.root / "articles").is_dir():
        raise ContentError(f"{tree.root}: there is no directory `articles` in it; name a content directory")


def _everything(tree: Tree, known: Mapping[str, Entry], stop: Stop) -> dict[str, Entry]:
    now_ns = time.time_ns()
    entries: dict[str, Entry] = {}
    unread: list[tuple[str, Stamp]] = []
    for top in TOPS:
        for item in tree.scan(top):
            if isinstance(item, Skipped):
                entries[item.path] = _skipped(item)
                continue
            path, stamp = item
            before = known.get(path)
            if before is not None and before.stamp == stamp and now_ns - stamp.mtime_ns > UNTRUSTED_NS:
                entries[path] = before
            else:
                unread.append(item)
    _read_all(tree, unread, entries, stop)
    return entries


def _some(tree: Tree, before: Mapping[str, Entry], paths: Iterable[str], stop: Stop) -> dict[str, Entry] | None:
    """None where these paths do not tell it all."""
    entries = dict(before)
    unread: list[tuple[str, Stamp]] = []
    for path in sorted(paths):
        item = tree.look(path) if path.partition("/")[0] in TOPS else None
        if item == "directory" or (item is None and _was_directory(path, before)):
            return None
        entries.pop(path, None)
        if isinstance(item, Skipped):
            entries[path] = _skipped(item)
        elif isinstance(item, Stamp):
            unread.append((path, item))
    _read_all(tree, unread, entries, stop)
    return entries


def _was_directory(path: str, entries: Mapping[str, Entry]) -> bool:
    below = f"{path}/"
    return path not in entries and (path in TOPS or any(known.startswith(below) for known in entries))


def _site(tree: Tree) -> tuple[SiteText, tuple[Problem, ...]]:
    try:
        raw = tree.read(SITE_FILE)
    except ContentError:
        return SiteText(), ()
    site, problems = parse_site(raw)
    return site, tuple(problems)


def _skipped(item: Skipped) -> Entry:
    what, remedy = _WHY_SKIPPED[item.why]
    return Entry(_NEVER, problems=(Problem(item.path, 0, 0, "not-read", what, remedy, Severity.WARNING),))


def _read_all(tree: Tree, unread: Sequence[tuple[str, Stamp]], entries: dict[str, Entry], stop: Stop) -> None:
    if len(unread) > READ_HERE:
        _read_apart(tree, unread, entries, stop)
    for path, stamp in unread:
        if path not in entries:
            _go_on(stop)
            entries[path] = read_entry(tree, path, stamp)


def _go_on(stop: Stop) -> None:
    if stop():
        raise ContentError("the gateway is stopping")


def _read_apart(tree: Tree, unread: Sequence[tuple[str, Stamp]], entries: dict[str, Entry], stop: Stop) -> None:
    """Have them read by processes of their own; what these leave out, for whatever cause, is left to be read here."""
    pool = Pool()
    readers = min(MOST_READERS, os.cpu_count() or 1)
    with ExitStack() as stack:
        at_work = []
        for number in range(readers):
            told, said = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            told.writelines(json.dumps([path, stamp.mtime_ns, stamp.size]).encode() + b"\n"
                            for path, stamp in unread[number::readers])  # fmt: skip
            told.seek(0)
            command = [sys.executable, "-m", "gateway.content.look", str(tree.root)]
            process = stack.enter_context(subprocess.Popen(command, stdin=told, stdout=said))
            stack.callback(process.kill)
            at_work.append((process, said))
        for process, said in at_work:
            while process.poll() is None:
                _go_on(stop)
                time.sleep(_POLL_SECONDS)
            said.seek(0)
            for line in said:
                try:
                    path, entry = decode_entry(line, pool)
                except (ValueError, TypeError, KeyError, IndexError):
                    break  # it died in the middle of a line
                entries[path] = entry


def read_entry(tree: Tree, path: str, stamp: Stamp) -> Entry:
    """What a file holds."""
    in_media = path.startswith("media/")
    if in_media and path.endswith(".yaml"):
        return _sidecar(tree, path, stamp)
    kind = content_type(path) if in_media else None
    if in_media and not kind:
        what, remedy = "files of this kind are not served", "convert it, or take it away"
        return Entry(stamp, problems=(Problem(path, 0, 0, "unknown-medium", what, remedy, Severity.WARNING),))
    if not in_media and not path.endswith((".md", ".html")):
        what, remedy = "an article is a file ending in .md or .html", "rename it, or take it away"
        return Entry(stamp, problems=(Problem(path, 0, 0, "not-an-article", what, remedy, Severity.WARNING),))
    try:
        raw = tree.read(path)
    except ContentError as error:
        return _unreadable(path, stamp, error)
    if kind:
        return Entry(stamp, media=Media(path.removeprefix("media/"), kind, len(raw), digest(raw)))
    source, problems = parse_article(raw, path)
    return Entry(stamp, facts=source.facts if source else None, problems=tuple(problems))


def _sidecar(tree: Tree, path: str, stamp: Stamp) -> Entry:
    try:
        rights, problems = parse_rights(tree.read(path), path)
    except ContentError as error:
        return _unreadable(path, stamp, error)
    return Entry(stamp, rights=rights, problems=tuple(problems))


def _unreadable(path: str, stamp: Stamp, error: ContentError) -> Entry:
    return Entry(stamp, problems=(Problem(path, 0, 0, "unreadable", str(error), "let the gateway's user read it"),))


def _work(root: Path) -> None:
    """Read the files that standard input names; a line of the kept index for each. Ctrl-C is for whoever asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tree = Tree(root)
    for line in sys.stdin.buffer:
        path, mtime_ns, size = json.loads(line)
        sys.stdout.buffer.write(encode_entry(path, read_entry(tree, path, Stamp(mtime_ns, size))))


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
