"""Finds the rows of a journal in the bytes of its pages, wherever they lie, whole trees or ruins.

A row is a cell of SQLite: how long its record is, its rowid (which is `seq`), and the record: the
length of its header, the types of its columns, and the columns. Of an event, the first type is
NULL, for the rowid stands in its place, and the last is a blob of 32 bytes; what looks so is looked
at. What is found is a candidate and no more: the hash tells whether it is what was written
(`llmtb.audit.keeping.linking`). Ids of commands bear no hash; see `Command`.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from llmtb.audit.keeping.pages import Image, Pages
from llmtb.events.chain import Row
from llmtb.events.stores.store import Applied

NULL, HASH = 0, 12 + 2 * 32  # types of columns
LAST = bytes((HASH,))
INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}  # bytes, by type; 8 is 0, and 9 is 1
LONGEST = 64 * 1024 * 1024  # bytes of a record; a longer one is none of ours
TRIES = 64  # ways of putting a long record together from pages of which several versions are there

EVENT = re.compile(rb"[\x07-\x0f]\x00")  # how the header of one begins: its length, and NULL
# Three types: of a text, in one or two bytes, and of two numbers.
COMMAND = re.compile(rb"[\x04\x05](?=[\x0d-\xff].?[\x01-\x06\x08\x09]{2})", re.DOTALL)


class Candidate(NamedTuple):
    """What may be an event, and the page on which it begins. doubt: see `Image`."""

    row: Row
    page: int
    doubt: int


def events(pages: Pages) -> Iterator[Candidate]:
    """Whatever may be an event, in any order, the same one any number of times."""
    for image in pages:
        for match in EVENT.finditer(image.data):
            row = _event(pages, image, match.start())
            if row is not None:
                yield from (Candidate(each, image.number, image.doubt) for each in row)


def commands(pages: Pages) -> Iterator[Applied]:
    """Whatever may be the id of a command and the events it led to, also twice.

    The index of the streams is made of the same columns (stream, version, seq): who reads these has
    to take its entries out.
    """
    for image in pages:
        for match in COMMAND.finditer(image.data):
            found = _command(image.data, match.start())
            if found is not None:
                yield found


def _event(pages: Pages, image: Image, start: int) -> Iterator[Row] | None:
    """The rows that a header may begin; several where a part of it is there in several versions."""
    data = image.data
    if data[start + data[start] - 1 : start + data[start]] != LAST:
        return None
    types = _types(data, start)
    if len(types) != 6 or types[0] != NULL or types[5] != HASH:
        return None
    _, stream, version, topic, state, _ = types
    texts = stream >= 13 and topic >= 13 and stream & topic & 1
    if not texts or version not in INTEGERS or state < 12 or state & 1:
        return None
    widths = [(stream - 13) // 2, INTEGERS[version], (topic - 13) // 2, (state - 12) // 2, 32]
    length = data[start] + sum(widths)
    seq = _rowid(data, start, length) if length <= LONGEST else None
    if seq is None:
        return None
    return _rows(_records(pages, data, start, length), seq, data[start], widths, version)


def _rows(
    records: Iterator[bytes], seq: int, start: int, widths: list[int], version: int
) -> Iterator[Row]:
    for record in records:
        columns = []
        place = start
        for width in widths:
            columns.append(record[place : place + width])
            place += width
        stream, number, topic, state, mark = columns
        try:
            yield (seq, stream.decode(), _integer(version, number), topic.decode(), state, mark)
        except UnicodeDecodeError:
            continue


def _command(data: bytes, start: int) -> Applied | None:
    types = _types(data, start)
    if len(types) != 3 or types[0] < 13 or not types[0] & 1:
        return None
    if types[1] not in INTEGERS or types[2] not in INTEGERS:
        return None
    widths = [(types[0] - 13) // 2, INTEGERS[types[1]], INTEGERS[types[2]]]
    length = data[start] + sum(widths)
    size = _varint(length)
    if data[start - len(size) : start] != size or start + length > len(data):
        return None
    place = start + data[start]
    name = data[place : place + widths[0]]
    place += widths[0]
    first = _integer(types[1], data[place : place + widths[1]])
    place += widths[1]
    last = _integer(types[2], data[place : place + widths[2]])
    try:
        return Applied(name.decode(), first, last) if 1 <= first <= last else None
    except UnicodeDecodeError:
        return None


def _types(data: bytes, start: int) -> list[int]:
    """The types in the header that begins here; none where they do not fill it."""
    end = start + data[start]
    place, types = start + 1, []
    while place < end:
        value, place = _read(data, place)
        types.append(value)
    return types if place == end <= len(data) else []


def _rowid(data: bytes, start: int, length: int) -> int | None:
    """The rowid before a header, where the length of the record stands right before that."""
    size = _varint(length)
    for width in range(1, 10):
        place = start - width
        if place < len(size):
            return None
        if data[place - len(size) : place] == size:
            seq, end = _read(data, place)
            if end == start and 1 <= seq < 1 << 63:
                return seq
    return None


def _records(pages: Pages, data: bytes, start: int, length: int) -> Iterator[bytes]:
    """The bytes of a record, of which what does not fit its page lies in a chain of pages."""
    most = pages.size - 35
    if length <= most:
        if start + length <= len(data):
            yield data[start : start + length]
        return
    least = (pages.size - 12) * 32 // 255 - 23
    here = least + (length - least) % (pages.size - 4)
    end = start + (here if here <= most else least)
    if end + 4 <= len(data):
        rest = length - (end - start)
        first = int.from_bytes(data[end : end + 4], "big")
        for tail in islice(_chain(pages, first, rest), TRIES):
            yield data[start:end] + tail


def _chain(pages: Pages, first: int, length: int) -> Iterator[bytes]:
    """What a chain of pages holds, for each way of putting it together, the newest first."""
    room = pages.size - 4
    ways = [(first, length, b"")]  # the page to come, what is still missing, what there is
    for _ in range(TRIES + TRIES * -(-length // room)):
        if not ways:
            return
        number, left, held = ways.pop()
        if not left:
            yield held
            continue
        longer = []
        for page in pages.versions(number):
            piece = page[4 : 4 + min(left, room)]
            if len(piece) == min(left, room):
                following = int.from_bytes(page[:4], "big")
                longer.append((following, left - len(piece), held + piece))
        ways += reversed(longer)


def _integer(kind: int, data: bytes) -> int:
    return kind - 8 if kind >= 8 else int.from_bytes(data, "big", signed=True)


def _read(data: bytes, place: int) -> tuple[int, int]:
    """A number of SQLite's variable length, and where it ends; past the end if it is cut off."""
    value = 0
    for each in data[place : place + 8]:
        place += 1
        value = value << 7 | each & 0x7F
        if each < 0x80:
            return value, place
    if place < len(data):
        return value << 8 | data[place], place + 1
    return value, len(data) + 1


def _varint(value: int) -> bytes:
    """A number below 2**56 as SQLite writes it."""
    written = bytes((value & 0x7F,))
    while value := value >> 7:
        written = bytes((value & 0x7F | 0x80,)) + written
    return written
