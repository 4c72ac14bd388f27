"""A document that is taken out, or changed, answers nobody any more, nor does what it offered."""

import asyncio
from collections.abc import Callable

import pytest

from llmtb.actors.access import ListCustomers, Unlink
from llmtb.actors.asking import Found, OfferChoices
from llmtb.actors.command import Command
from llmtb.actors.knowledge import AddDocument, RemoveDocument
from llmtb.events.chat import AnswerGiven, AnswerWithheld, Choice
from llmtb.inference.answering.asked import Asked
from tests.conversation.company import Company, play
from tests.conversation.ladder import Ladder, answer
from tests.conversation.test_handing import CUSTOMER, JAVAD, SARA, morning


def added(document: str, content: str = "0") -> AddDocument:
    """A document for customers, as an operator adds it."""
    return AddDocument(
        by="operator",
        document=document,
        title=document,
        file=f"{document}.md",
        kind="md",
        language="en",
        department="",
        audience="customer",
        level=0,
        sha256=content * 64,
        size=1,
        passages=1,
        reviewed=False,
    )


def two(asked: Asked) -> Found:
    """A choice from each of two documents."""
    choices = tuple(
        Choice(label=name, text=f"All about {name}.", source=f"{name} [{name}@1#1]")
        for name in ("modems", "plans")
    )
    return OfferChoices(chat=asked.chat, question=asked.question, choices=choices)


def removed(document: str) -> RemoveDocument:
    return RemoveDocument(by="operator", document=document, reason="not for customers")


@pytest.mark.parametrize("change", [removed("plans"), added("plans", "1")])
def test_what_was_offered_from_a_changed_document_cannot_be_chosen(change: Command) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        for document in ("modems", "plans", "others"):
            await company.house.knowledge(added(document))
        await company.say(CUSTOMER, "what?")
        await company.house.knowledge(removed("others"))
        await company.settle()
        assert not company.events(AnswerWithheld)
        await company.house.knowledge(change)
        await company.settle()
        for label in ("B. plans", "A. modems"):
            toast = await company.press(CUSTOMER, label)
            assert toast == ("That question is over. Please ask again.", False)
        assert company.events(AnswerGiven) == []
        assert len(company.heard(CUSTOMER)) == 1

    play(story, answer=Ladder({"what?": two}))


@pytest.mark.parametrize("found", [two, answer("All.", sources=("plans [plans@1#1]",))])
def test_a_document_taken_out_meanwhile_answers_nobody(found: Callable[[Asked], Found]) -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.house.knowledge(added("plans"))
        await company.say(CUSTOMER, "what?")
        await company.house.knowledge(removed("plans"))
        await asyncio.sleep(10)
        assert "All about" not in " ".join(company.heard(CUSTOMER) + company.heard(JAVAD))
        assert "I could not look it up just now." in company.heard(CUSTOMER)
        assert company.last(JAVAD).text.startswith("You talk with customer 5001 now.")
        await company.house.knowledge(added("plans", "1"))
        await company.press(JAVAD, "Done")
        await company.say(CUSTOMER, "what?")
        await asyncio.sleep(10)
        assert company.last(CUSTOMER).text != "I could not look it up just now."
        assert len(company.events(AnswerWithheld)) == 1

    play(story, answer=Ladder({"what?": found}, lambda _: 5.0))


def test_who_leaves_the_house_or_the_list_gets_nothing_of_what_they_asked_before() -> None:
    async def story(company: Company) -> None:
        await morning(company)
        await company.policy(questions__customers="list")
        listed = ListCustomers(by="crm", customers={str(CUSTOMER): 5})
        await company.house.access(listed)
        for chat in (SARA, CUSTOMER):
            await company.say(chat, "Ask me!")
            await company.say(chat, "what?")
            await company.say(chat, "slow?")
        await company.house.access(Unlink(by="maryam", agent="sara", reason="left"))
        await company.house.access(ListCustomers(by="crm", customers={}, gone=(str(CUSTOMER),)))
        await company.policy(questions__customers="anyone")
        await asyncio.sleep(10)
        for chat in (SARA, CUSTOMER):
            toast = await company.press(chat, "A. modems")
            assert toast == ("That question is over. Please ask again.", False)
            assert "All about" not in " ".join(company.heard(chat))
            assert "At last" not in " ".join(company.heard(chat))
        assert company.events(AnswerGiven) == []

    ladder = Ladder({"what?": two, "slow?": answer("At last.")}, seconds=_slowly)
    play(story, answer=ladder)


def _slowly(asked: Asked) -> float:
    return 5.0 if asked.text == "slow?" else 0.0
