"""The characters of a foreign body: what the sender says, else what the body says, as browsers do (WHATWG Encoding)."""

from __future__ import annotations

import re
from email.message import Message
from functools import lru_cache

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PRESCAN = 1024  # bytes, HTML section 13.2.3.2
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]*?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:+-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([a-zA-Z0-9_.:+-]+)[\"']")
_SAME = {
    "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8",
    "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252",
    "l1": "cp1252", "windows-1252": "cp1252", "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254", "latin5": "cp1254", "tis-620": "cp874", "iso-8859-11": "cp874", "windows-874": "cp874",
    "cp1251": "cp1251", "x-cp1251": "cp1251", "win-1251": "cp1251", "koi8": "koi8-r", "koi": "koi8-r",
    "koi8-ru": "koi8-u", "ibm866": "cp866", "x-mac-cyrillic": "mac-cyrillic", "macintosh": "mac-roman",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "chinese": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "shift-jis": "cp932", "ms_kanji": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "korean": "cp949",
    "utf-16": "utf-16-le", "unicode": "utf-16-le",
}  # fmt: skip
_PLAIN = {
    "utf-8", "utf-16le", "utf-16be", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "cp866", "gb18030", "euc-jp",
    "iso-2022-jp", "big5-hkscs", *(f"iso-8859-{part}" for part in (*range(2, 9), 10, 13, 14, 15, 16)),
}  # fmt: skip


def decoded(body: bytes, content_type: str) -> tuple[str, str]:
    """The text, and the Python name of its encoding. Precedence: byte order mark, header, the body's own word, UTF-8
    where it fits, windows-1252. What cannot be decoded becomes U+FFFD. Never raises.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name
    said = codec_of(charset_in(content_type)) or _own_word(body)
    if said:
        return _text(body, said), said
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _text(body, "cp1252"), "cp1252"


@lru_cache(maxsize=256)
def charset_in(content_type: str) -> str:
    """The charset parameter of a Content-Type, "" if there is none."""
    if "charset" not in content_type.lower():
        return ""
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    value = message.get_param("charset")
    return value.strip(" \"'") if isinstance(value, str) else ""


def codec_of(label: str) -> str:
    """The codec that browsers take a label for; "" for one that they don't know: UTF-7 and the like are no charset."""
    label = label.strip().lower()
    if label in _SAME:
        return _SAME[label]
    windows = re.fullmatch(r"(?:windows-|x-cp|cp)(125[0-8]|874)", label)
    if windows:
        return f"cp{windows[1]}"
    return label if label in _PLAIN else ""


def _own_word(body: bytes) -> str:
    head = _COMMENT.sub(b"", body[:_PRESCAN])
    found = _XML.match(head) or _META.search(head)
    said = codec_of(found[1].decode("ascii")) if found else ""
    return "utf-8" if said.startswith("utf-16") else said  # a word readable as ASCII cannot stand in UTF-16


def _text(body: bytes, name: str) -> str:
    text = body.decode(name, "replace")
    if name == "cp1252" and "\ufffd" in text:  # browsers read the five holes of this code page as ISO 8859-1 does
        return "".join(map(_CP1252.__getitem__, body))
    return text


_CP1252 = [bytes([octet]).decode("cp1252", "replace").replace("\ufffd", chr(octet)) for octet in range(256)]
