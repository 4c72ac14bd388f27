"""Who gets in, as what, and what everybody else hears: nothing."""

import hashlib
from datetime import timedelta

import msgspec
import pytest

from llmtb.actors.access import (
    AcceptInvitation,
    Access,
    AccessBehaviour,
    Invite,
    Unlink,
    digest_of,
    new_code,
)
from llmtb.actors.centre import AddAgent
from llmtb.actors.command import Command
from llmtb.channels.port import DESK, SITE, Said
from llmtb.events.access import ACCESS_EVENTS, AccountUnlinked, InvitationAccepted, InvitationIssued
from llmtb.events.chat import CHAT_EVENTS, LanguageChosen
from llmtb.events.event import Event
from llmtb.events.floor import FLOOR_EVENTS, AgentAdded
from llmtb.runtime.errors import Refused
from tests.conversation.company import BEFORE, BOT, Company, play

CODE, OTHER = "a" * 22, "b" * 22
HOUR = timedelta(hours=1)


def after(*commands: Command) -> Access:
    """Access as it is once these commands were decided, an instant after another."""
    behaviour, state = AccessBehaviour(), Access()
    for number, command in enumerate(commands):
        for event in behaviour.decide(state, command, BEFORE + number * timedelta(seconds=1)):
            state = behaviour.evolve(state, event)
    return state


def decided(state: Access, command: Command, later: timedelta = HOUR / 2) -> list[Event]:
    return list(AccessBehaviour().decide(state, command, BEFORE + later))


def invite(agent: str = "javad", code: str = CODE) -> Invite:
    return Invite(
        by="maryam", agent=agent, role="agent", code_digest=digest_of(code), until=BEFORE + HOUR
    )


def accept(account: str = "7", code: str = CODE) -> AcceptInvitation:
    return AcceptInvitation(code_digest=digest_of(code), account=account)


def test_an_invitation_opens_once_and_links_the_account() -> None:
    [accepted] = decided(after(invite()), accept())
    assert isinstance(accepted, InvitationAccepted)
    assert (accepted.agent, accepted.account, accepted.role) == ("javad", "7", "agent")
    for account in ("7", "8"):
        with pytest.raises(Refused):
            decided(after(invite(), accept()), accept(account))


@pytest.mark.parametrize("later", [HOUR, 2 * HOUR])
def test_an_invitation_expires_at_its_instant(later: timedelta) -> None:
    assert decided(after(invite()), accept(), HOUR - timedelta(microseconds=1))
    with pytest.raises(Refused):
        decided(after(invite()), accept(), later)


def test_every_code_that_opens_nothing_is_refused_in_the_same_words() -> None:
    states = [after(), after(invite(code=OTHER)), after(invite(), accept())]
    words = set()
    for state in states:
        with pytest.raises(Refused) as refusal:
            decided(state, accept())
        words.add(str(refusal.value))
    assert len(words) == 1


def test_a_new_invitation_voids_the_last() -> None:
    state = after(invite(), invite(code=OTHER))
    with pytest.raises(Refused):
        decided(state, accept())
    assert decided(state, accept(code=OTHER))


def test_a_second_account_takes_the_place_of_the_first() -> None:
    state = after(invite(), accept(), invite(code=OTHER))
    unlinked, accepted = decided(state, accept("8", OTHER))
    assert isinstance(unlinked, AccountUnlinked)
    assert (unlinked.account, unlinked.reason) == ("7", "replaced")
    assert isinstance(accepted, InvitationAccepted)
    assert after(invite(), accept(), invite(code=OTHER), accept("8", OTHER)).accounts == {
        "8": "javad"
    }


def test_an_account_is_one_person_s() -> None:
    state = after(invite(), accept(), invite("sara", OTHER))
    with pytest.raises(Refused):
        decided(state, accept("7", OTHER))


def test_unlinking_takes_account_and_invitation() -> None:
    unlink = Unlink(by="maryam", agent="javad", reason="left")
    assert after(invite(), accept(), invite(code=OTHER), unlink) == Access()
    assert decided(after(), unlink) == []


def test_a_snapshot_is_the_state() -> None:
    state = after(invite(), accept(), invite("sara", OTHER))
    behaviour = AccessBehaviour()
    assert behaviour.decode(behaviour.encode(state)) == state


def test_codes_are_kept_as_digests_alone() -> None:
    assert digest_of(CODE) == hashlib.sha256(CODE.encode()).hexdigest()
    with pytest.raises(ValueError, match="link"):
        new_code(lambda _: "not for a link!")


def test_strangers_get_a_polite_refusal_and_no_data() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 9, "supervisor", "Maryam")
        await company.until("08:01")
        before = company.events(*CHAT_EVENTS, *ACCESS_EVENTS)
        for text in ("hello", "/start", "Rest(dnd)", "/set", "Live board", "/id", "People"):
            await company.say(666, text, name="Maryam")
            await company.until_strangers_forget()
        assert set(company.heard(666)) == {
            "Hello. This bot is for the people of one company, and you are not on its list. "
            "Please ask your supervisor for an invitation link."
        }
        assert await company.press_token(666, 1, "1:r:0:normal") == (company.heard(666)[0], True)
        assert company.events(*CHAT_EVENTS, *ACCESS_EVENTS) == before

    play(story)


@pytest.mark.parametrize("customers", ["invited", "list", "anyone"])
def test_who_writes_on_the_companys_own_site_is_its_customer(customers: str) -> None:
    async def story(company: Company) -> None:
        await company.policy(questions__customers=customers)
        await company.say(SITE + 5, "/start")
        assert "I am a bot." in company.heard(SITE + 5)[0]
        assert "A person" in str(company.last(SITE + 5).keyboard)
        await company.say(DESK + 5, "/start")
        assert ("I am a bot." in company.heard(DESK + 5)[0]) == (customers == "anyone")

    play(story)


def test_a_wrong_code_says_nothing_about_why() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 9, "supervisor")
        code = await company.invite("maryam", "supervisor")
        for wrong in ("x" * 22, code[:-1], code + "a", "…"):
            await company.join(wrong, 666)
            await company.until_strangers_forget()
        assert len(set(company.heard(666))) == 1
        assert "not valid" in company.heard(666)[0]
        await company.join(wrong, 666, language="fa")
        assert "معتبر نیست" in company.heard(666)[-1]

    play(story)


def test_whoever_was_removed_hears_nothing_more() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 9, "supervisor", "Maryam")
        await company.hire("javad", 1, name="Javad")
        await company.say(9, "People")
        await company.press(9, "Javad")
        await company.press(9, "Take off")
        await company.press(9, "Yes")
        heard = company.heard(1)
        await company.say(1, "Rest(dnd)")
        assert company.heard(1)[len(heard) :] == [company.last(1).text]
        assert company.last(1).text.startswith("Hello. This bot is for")
        [unlinked] = company.events(AccountUnlinked)
        assert isinstance(unlinked, AccountUnlinked)
        assert (unlinked.agent, unlinked.reason) == ("javad", "removed")

    play(story)


def test_an_invitation_holds_for_its_role_alone() -> None:
    async def story(company: Company) -> None:
        await company.house.floor(AddAgent(agent="javad", role="supervisor"))
        code = await company.invite("javad", "supervisor")
        await company.house.floor(AddAgent(agent="javad", role="agent"))
        await company.settle()
        await company.join(code, 1)
        assert "not valid" in company.last(1).text
        assert company.events(InvitationAccepted) == []

    play(story)


def test_a_supervisor_invites_a_person_by_a_link_that_is_recorded_nowhere() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 9, "supervisor", "Maryam")
        await company.say(9, "People")
        await company.press(9, "Invite a new person")
        await company.say(9, "Sara Karimi")
        assert await company.press(9, "agent") == ("Invited.", False)
        link = company.last(9).text.splitlines()[-1]
        start, _, code = link.partition("?start=")
        assert start == f"https://t.me/{BOT}"
        [added] = company.events(AgentAdded)[1:]
        assert isinstance(added, AgentAdded)
        assert (added.name, added.role, added.by) == ("Sara Karimi", "agent", "maryam")
        await company.join(code, 2, language="fa")
        assert "سلام" in company.last(2).text
        assert isinstance(company.events(LanguageChosen)[-1], LanguageChosen)
        for recorded in company.journal.read():
            assert code.encode() not in msgspec.msgpack.encode(recorded.event)
        await company.join(code, 3)
        assert "not valid" in company.last(3).text

    play(story)


def test_an_empty_house_has_a_first_invitation_until_a_supervisor_has_joined() -> None:
    async def story(company: Company) -> None:
        void = await company.conversation.first_invitation(BOT)
        link = await company.conversation.first_invitation(BOT)
        assert void is not None
        assert link is not None
        await company.settle()
        await company.join(void.partition("=")[2], 9)
        assert "not valid" in company.last(9).text
        await company.join(link.partition("=")[2], 9)
        assert company.last(9).text.startswith("Hello supervisor. You are here as supervisor.")
        assert await company.conversation.first_invitation(BOT) is None

    play(story)


def test_one_who_is_known_by_an_id_alone_is_called_as_they_call_themselves() -> None:
    async def story(company: Company) -> None:
        link = await company.conversation.first_invitation(BOT)
        assert link is not None
        await company.settle()
        await company.say(9, f"/start {link.partition('=')[2]}", name="Maryam\u202e\n")
        assert company.last(9).text.startswith("Hello Maryam. You are here as supervisor.")

    play(story)


def test_start_again_loses_nothing() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 9, "supervisor", "Maryam")
        await company.say(9, "People")
        await company.press(9, "Invite a new person")
        await company.say(9, "Sara")
        before = company.events(*FLOOR_EVENTS, InvitationIssued)
        await company.say(9, "/start")
        assert company.last(9).text == "What will Sara be?"
        assert company.events(*FLOOR_EVENTS, InvitationIssued) == before
        await company.say(9, "auditor")
        assert "Send this link to Sara." in company.last(9).text

    play(story)


def test_what_is_said_in_a_group_is_not_heard() -> None:
    async def story(company: Company) -> None:
        await company.hire("javad", 1)
        before = company.events(*CHAT_EVENTS)
        said = Said(chat=-5, user=1, message_id=1, text="/help", at=company.clock.now())
        await company.conversation.handle(said)
        assert company.events(*CHAT_EVENTS) == before
        assert company.heard(-5) == []

    play(story)
