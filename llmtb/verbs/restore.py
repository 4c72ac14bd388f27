"""`llmtb restore`: a new folder of data from a backup, as it is or as it was at a moment."""

from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from llmtb.audit.keeping.backups import JOURNAL
from llmtb.audit.keeping.journals import at_rest, storage
from llmtb.audit.keeping.restoring import Restored, Until
from llmtb.audit.keeping.restoring import restore as restored
from llmtb.control import INPUT, Unable
from llmtb.events.codec import CODEC
from llmtb.events.floor import PolicyChanged
from llmtb.events.published import instant
from llmtb.policy import Policy, merge
from llmtb.verbs.exits import DONE, Failed
from llmtb.verbs.place import failures
from llmtb.verbs.progress import say, shown

LAST_POLICY = "SELECT topic, state FROM stored_events WHERE topic = ? ORDER BY seq DESC LIMIT 1"


class Wish(NamedTuple):
    """What was typed: the backup, the new folder, up to when or which event, newer keys."""

    backup: Path
    target: Path
    at: str | None
    seq: int | None
    keys: Path | None


def restore(wish: Wish, as_json: bool) -> int:
    """Make the new folder. Raises Failed."""
    with failures():
        try:
            until = Until(wish.seq, None if wish.at is None else _moment(wish.at, wish.backup))
            with shown() as tell:
                outcome = restored(wish.backup, wish.target, until, wish.keys, tell)
        except Unable as unable:
            raise Failed(unable.status, str(unable)) from unable
    say(outcome, list(_lines(wish, outcome)), as_json)
    return DONE


def _lines(wish: Wish, outcome: Restored) -> list[str]:
    lines = [
        f"{outcome.events} events are in {wish.target}, and hold;"
        f" the last of them happened at {instant(outcome.ended)}.",
        f"{outcome.left_out} later events of the backup are left out.",
    ]
    if not outcome.keys:
        lines.append("No keys came with it: what is said of people cannot be read.")
    elif wish.keys is None:
        lines.append(
            f"Whoever was forgotten after {outcome.made_at} is not forgotten here: forget them"
            " again, or restore with --keys and the newer keys.db."
        )
    else:
        lines.append(f"{outcome.destroyed} keys that {wish.keys} has no more are destroyed here.")
    keys = wish.target / "keys"
    lines.append(f"The master key and the signing key are in no backup: put them into {keys}.")
    return lines


def _moment(text: str, backup: Path) -> datetime:
    """The instant that is meant; of a date its last. Raises Unable."""
    try:
        zone = _zone(backup / JOURNAL)
        try:
            following = date.fromisoformat(text) + timedelta(days=1)
        except ValueError:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        return datetime.combine(following, time(), zone).astimezone(UTC) - timedelta(microseconds=1)
    except (ValueError, OverflowError):
        line = f"--at {text[:40]}: write a time like 2026-11-21T13:42, or a date"
        raise Unable(INPUT, line) from None


def _zone(journal: Path) -> ZoneInfo:
    """The company's time zone, in which times are meant that name no other."""
    policy = Policy()
    if journal.is_file():
        with storage(journal), closing(at_rest(journal)) as database:
            for topic, state in database.execute(LAST_POLICY, (PolicyChanged.__name__,)):
                for event in CODEC.decode(topic, state):
                    policy = (
                        merge(policy, event.policy) if isinstance(event, PolicyChanged) else policy
                    )
    return policy.zone
