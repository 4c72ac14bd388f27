"""Auditors get what was signed, and everybody a calm word where nothing can be changed."""

import pytest

from llmtb.actors.audit import AcceptMismatch, RecordBreak, RecordCheckpoint
from llmtb.events.audit import Occasion
from llmtb.events.journal import Journal
from llmtb.events.note import Checkpoint, opened, read_vkey, signed, text_of
from llmtb.events.stores.memory import MemoryStore
from tests.audit.signing import SIGNER
from tests.conversation.company import Company, play

AUDITOR, SECOND, MARYAM, JAVAD, STRANGER = 1001, 1002, 1003, 1004, 1005
KEY = read_vkey(SIGNER.key)
CALM = "Nothing can be changed at the moment"


def note_of(size: int) -> str:
    text = text_of(Checkpoint("llmtb", size, bytes(32)))
    return signed(text, KEY.name, KEY.hash, SIGNER.sign(text.encode()))


def recorded(size: int, occasion: Occasion, note: str = "") -> RecordCheckpoint:
    return RecordCheckpoint(
        by="clock", size=size, root="00" * 32, note=note or note_of(size), occasion=occasion
    )


async def gathered(company: Company) -> None:
    await company.hire("omid", AUDITOR, "auditor", "Omid")
    await company.hire("lian", SECOND, "auditor", "Lian")
    await company.hire("maryam", MARYAM, "supervisor", "Maryam")
    await company.hire("javad", JAVAD, name="Javad")


def news(company: Company, since: dict[int, int]) -> dict[int, list[str]]:
    return {user: company.heard(user)[count:] for user, count in since.items()}


def heard_so_far(company: Company) -> dict[int, int]:
    return {user: len(company.heard(user)) for user in (AUDITOR, SECOND, MARYAM, JAVAD)}


@pytest.mark.parametrize("occasion", ["daily", "asked", "export", "backup"])
def test_every_auditor_gets_each_checkpoint_as_it_was_signed(occasion: Occasion) -> None:
    async def story(company: Company) -> None:
        await gathered(company)
        await company.say(SECOND, "Language")
        await company.press(SECOND, "فارسی")
        since = heard_so_far(company)
        await company.house.audit(recorded(1234, occasion))
        await company.crash()
        told = news(company, since)
        assert told[MARYAM] == told[JAVAD] == []
        for user, number in ((AUDITOR, "1234"), (SECOND, "۱۲۳۴")):
            [message] = told[user]
            line, _, note = message.partition("\n\n")
            assert number in line
            assert opened(note, SIGNER.key) == ("llmtb", 1234, bytes(32))

    play(story)


def test_a_note_that_is_no_note_of_ours_fills_no_chat() -> None:
    async def story(company: Company) -> None:
        await gathered(company)
        await company.house.audit(recorded(5, "daily", "x" * 10_000))
        assert len(company.heard(AUDITOR)[-1]) < 2500

    play(story)


def test_what_does_not_hold_is_told_to_auditors_and_supervisors() -> None:
    async def story(company: Company) -> None:
        await gathered(company)
        since = heard_so_far(company)
        await company.house.audit(RecordBreak(by="clock", broken=77, why="its hash does not match"))
        await company.house.audit(
            AcceptMismatch(
                by="owner", size=80, why="event 77 is bad", note=note_of(9), reason="we know why"
            )
        )
        await company.settle()
        told = news(company, since)
        assert told[JAVAD] == []
        assert told[AUDITOR] == told[SECOND] == told[MARYAM]
        broken, accepted = told[AUDITOR]
        assert broken.startswith("Event 77 is not the one that was recorded")
        assert accepted.startswith("The records do not match what was signed")
        assert "we know why" in accepted
        assert "event 77 is bad" in accepted
        assert accepted.endswith(note_of(9))

    play(story)


def test_where_nothing_can_be_changed_everybody_is_told_so_and_nothing_happens() -> None:
    async def story(company: Company) -> None:
        await gathered(company)
        await company.roster("morning", "javad")
        await company.until("08:00")
        await company.say(JAVAD, "Rest(dnd)")
        await company.pause()
        company.journal.refuse("event 7 is not what it was")
        company.house.crash()
        head = company.journal.head
        await company.open()
        since = heard_so_far(company)
        text, alert = await company.press(JAVAD, "Normal")
        assert text.startswith(CALM)
        assert alert
        for user in (JAVAD, MARYAM, STRANGER):
            for words in ("Rest(dnd)", "/start", "again"):
                await company.say(user, words)
        for user in (JAVAD, MARYAM, STRANGER):  # one answer, however much one writes at once
            [answer] = company.heard(user)[since.get(user, 0) :]
            assert answer.startswith(CALM)
        await company.until("18:00")
        await company.say(JAVAD, "Rest(dnd)")
        assert len(company.heard(JAVAD)) == since[JAVAD] + 2
        assert company.heard(AUDITOR)[since[AUDITOR] :] == []
        assert company.journal.head == head

    play(story)


def test_what_was_recorded_while_nobody_was_told_is_told_once_it_can_be() -> None:
    async def story(company: Company) -> None:
        await gathered(company)
        await company.pause()
        await company.house.audit(recorded(3, "daily"))
        company.journal.refuse("event 7 is not what it was")
        since = heard_so_far(company)
        await company.open()
        await company.pause()
        assert news(company, since)[AUDITOR] == []
        company.journal.refuse(None)
        await company.open()
        assert len(news(company, since)[AUDITOR]) == 1

    play(story)


def test_a_journal_that_takes_nothing_keeps_no_snapshot_either() -> None:
    async def story(company: Company) -> None:
        journal = await Journal.open(MemoryStore())
        journal.refuse("for a reason")
        journal.save_snapshot("key", "1", 0, b"state")
        await journal.close()
        assert journal.load_snapshot("key", "1") is None
        assert journal.refusal == "for a reason"

    play(story)
