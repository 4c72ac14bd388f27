"""A link to the console, asked for in one's own chat: a secret, and recorded nowhere."""

import msgspec
import pytest

from llmtb.actors.access import digest_of
from llmtb.actors.centre import SetPolicy
from llmtb.channels.conversation.step import Settings
from llmtb.events.access import SignInOffered
from llmtb.runtime.errors import Refused
from tests.conversation.company import Company, play

ADDRESS = "https://desk.example"
MANNERS = Settings(console=ADDRESS)


def test_a_link_is_told_to_whoever_is_known_and_the_journal_has_its_digest_alone() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 7, "supervisor")
        await company.say(7, "/console")
        link = company.last(7).text.splitlines()[-1]
        code = link.removeprefix(f"{ADDRESS}/sign-in#")
        [offered] = company.events(SignInOffered)
        assert isinstance(offered, SignInOffered)
        assert (offered.offer, offered.agent, offered.way) == (digest_of(code), "maryam", "link")
        told = b"".join(msgspec.json.encode(event) for event in company.events())
        assert code.encode() not in told

    play(story, settings=MANNERS)


def test_it_is_told_to_nobody_else_and_not_where_there_is_none() -> None:
    async def story(company: Company) -> None:
        await company.say(9, "/console")
        await company.hire("reza", 8, "customer")
        await company.say(8, "/console")
        assert not company.events(SignInOffered)
        assert not any("#" in text for user in (8, 9) for text in company.heard(user))

    async def nowhere(company: Company) -> None:
        await company.hire("maryam", 7, "supervisor")
        await company.say(7, "/console")
        assert "no address" in company.last(7).text
        assert not company.events(SignInOffered)

    play(story, settings=MANNERS)
    play(nowhere)


def test_an_admin_is_a_supervisor_here_and_is_invited_by_admins_alone() -> None:
    async def story(company: Company) -> None:
        await company.hire("maryam", 7, "supervisor")
        await company.hire("sara", 8, "admin", "Sara")
        await company.say(8, "/set breaks.every 4")
        assert "Changed" in company.last(8).text
        await company.say(7, "/set breaks.every 5")
        assert "Only an admin" in company.last(7).text
        with pytest.raises(Refused, match="no admin"):
            await company.house.floor(SetPolicy(policy={"breaks.every": 5}, by="maryam"))
        await company.say(7, "People")
        await company.press(7, "Sara")
        answer, alert = await company.press(7, "New invitation link")
        assert alert
        assert "Only an admin" in answer
        await company.press(7, "Take off the list")
        answer, alert = await company.press(7, "Yes, take off")
        assert alert
        assert "no admin" in answer

    play(story)
