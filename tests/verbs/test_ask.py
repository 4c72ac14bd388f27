"""What `llmtb ask` shows can be read by people, and by programs."""

import json
from typing import get_args

import pytest

from llmtb.inference.answering.reply import (
    Answered,
    Offered,
    Outcome,
    Reason,
    Reply,
    Withheld,
    source_of,
)
from llmtb.inference.knowledge.index import Hit
from llmtb.inference.knowledge.passage import Passage
from llmtb.verbs.ask import as_json, render

PASSAGE = Passage(
    id="help@2#7",
    document="help",
    version=2,
    number=7,
    kind="faq",
    title="Help",
    section="Modem",
    page=3,
    text="Wait 30 seconds.",
    language="en",
    question="How do I restart the modem?",
)
HIT = Hit(passage=PASSAGE, score=0.51, cosine=0.5, words=0.1)
PROSE = HIT._replace(
    passage=Passage(
        id="terms@1#1",
        document="terms",
        version=1,
        number=1,
        kind="text",
        title="Terms",
        text="…",
        language="en",
        section="Payment",
    )
)


def reply(outcome: Outcome) -> Reply:
    return Reply(
        outcome=outcome,
        hits=(HIT,),
        rung="faq",
        why={"confidence": 0.9, "strange": [], "parts": ["a", "b"]},
        language="fa",
        milliseconds=12,
    )


ANSWERED = Answered(
    text="۳۰ ثانیه صبر کنید.",
    sources=(source_of(PASSAGE),),
    origin="faq",
    language="fa",
    confidence=0.9,
    original="Wait 30 seconds.",
)


def test_an_answer_is_shown_with_its_source_and_the_original() -> None:
    assert render(reply(ANSWERED)) == (
        "۳۰ ثانیه صبر کنید.\n\noriginal:\nWait 30 seconds.\n\n"
        "from: Help › Modem › page 3 [help@2#7, en]\n"
    )


def test_why_tells_the_rung_the_numbers_and_the_passages() -> None:
    told = render(reply(ANSWERED), why=True)
    assert "rung: faq, 12 ms, language fa" in told
    assert "  confidence: 0.9\n  strange: -\n  parts: a, b\n" in told
    assert "  0.510   0.500  0.100  help@2#7  How do I restart the modem?" in told


def test_a_choice_ends_with_a_person() -> None:
    assert render(reply(Offered((HIT, PROSE)))) == (
        "Did you mean:\n  1. How do I restart the modem?\n  2. Payment\n  3. a person\n"
    )


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_is_told(reason: Reason) -> None:
    told = render(reply(Withheld(reason)))
    assert told.endswith(f"({reason}). A person gets the question.\n")


@pytest.mark.parametrize("outcome", [ANSWERED, Offered((HIT,)), Withheld("unsure")])
def test_programs_read_all_of_it(outcome: Outcome) -> None:
    told = json.loads(as_json(reply(outcome)))
    assert told["hits"][0]["passage"] == "help@2#7"
    assert told["outcome"]["type"] in ("answered", "offered", "withheld")
    assert told["why"]["confidence"] == 0.9
