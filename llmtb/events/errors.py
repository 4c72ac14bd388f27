"""What can go wrong in the journal, each with one line that says what, where and what to do."""

from pathlib import Path

ADVICE = "`llmtb rescue` saves what can be read, `llmtb restore` brings a backup back"
"""What to do about a file that is damaged."""


class JournalError(Exception):
    """The base of everything the journal and its stores raise."""


class Conflict(JournalError):
    """An append did not continue its streams: nothing of it was written.

    Somebody else took the version, or the append leaves a gap. Read the stream again and decide
    again.
    """

    def __init__(self, stream: str, version: int, latest: int) -> None:
        super().__init__(
            f"version {version} of stream {stream} does not follow its latest version {latest};"
            " read the stream again"
        )
        self.stream = stream
        self.version = version
        self.latest = latest


class AlreadyApplied(JournalError):
    """A command id is in the journal already: nothing of the append was written.

    seqs: the positions of the events of its first application; `Journal.applied` reads them.
    Empty when the id comes twice in one append, and therefore was not applied at all.
    """

    def __init__(self, command: str, seqs: range) -> None:
        super().__init__(
            f"command {command} was applied already, as events {seqs.start} to {seqs.stop - 1}"
            if seqs
            else f"command {command} comes twice in one append; nothing was written"
        )
        self.command = command
        self.seqs = seqs


class JournalClosed(JournalError):
    """The journal is closed or closing; nothing was written."""

    def __init__(self) -> None:
        super().__init__("the journal is closed; nothing was written")


class JournalReadOnly(JournalError):
    """The journal is not to be trusted as it is, so nothing is added to it; nothing was written.

    why: what is wrong with it, in a line.
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            f"nothing can be recorded now: {why}; docs/checkpoints.md tells the ways out"
        )
        self.why = why


class JournalFull(JournalError):
    """More appends wait for the store than the journal lets wait; nothing was written."""

    def __init__(self, backlog: int) -> None:
        super().__init__(f"{backlog} appends wait for the journal already; try again later")


class JournalInUse(JournalError):
    """Another process owns the database; a journal has one writer."""

    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(f"{path} is in use by process {owner or 'unknown'}; stop that one first")
        self.path = path


class StorageFailed(JournalError):
    """The store could not do it: the disk is full, cannot be written, or does not answer.

    unknown: True when it could not be found out whether the events were written. Then read the
    journal again before deciding anything; a repeated command id tells the two cases apart.
    The journal itself goes on, and works again as soon as its store does.
    """

    def __init__(self, reason: str, *, unknown: bool = False) -> None:
        doubt = "; whether the events were written is not known" if unknown else ""
        super().__init__(f"the journal's storage failed: {reason}{doubt}")
        self.reason = reason
        self.unknown = unknown


class UnwritableEvent(JournalError):
    """An event whose fields could not be read back: it is refused before it is written."""

    def __init__(self, topic: str, why: str) -> None:
        super().__init__(f"an event {topic} cannot be recorded: {why}")
        self.topic = topic


class UnreadableEvent(JournalError):
    """A stored event cannot be decoded: of an unknown type, or its bytes are damaged."""

    advice = f"verify the journal; if it is damaged, {ADVICE}"

    def __init__(self, seq: int, topic: str, why: str) -> None:
        at = f"event {seq}" if seq else "an event"
        super().__init__(f"{at} ({topic}) cannot be read: {why}; {self.advice}")
        self.seq = seq
        self.topic = topic
        self.why = why


class NewerEvent(UnreadableEvent):
    """A stored event was written by a newer version of the program."""

    advice = "use the program version that wrote it, or a later one"


class BrokenChain(JournalError):
    """An event is not the one that was written in its place, or one before it is missing."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"event {seq} does not hold: {why}; {ADVICE}")
        self.seq = seq
        self.why = why


class BadDatabase(JournalError):
    """The file cannot be used as a journal; it was not touched."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class ForeignDatabase(BadDatabase):
    """The file is something else than a journal of this program."""


class DamagedDatabase(BadDatabase):
    """The file is a journal, but its contents are not what was written."""


class NewerDatabase(BadDatabase):
    """The file is a journal in a format that this version of the program does not know."""
