"""Words are kept for as many days as the company says, and not a day longer."""

import asyncio
import tempfile
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llmtb.actors.centre import SetPolicy
from llmtb.audit.privacy.retention import expire, policy_of, until_due
from llmtb.events.audit import WordsExpired
from llmtb.events.chat import MessageQueued, QuestionAsked
from llmtb.events.personal import REDACTED
from llmtb.live import Live
from llmtb.policy import Policy, Privacy
from llmtb.settings import Console, Settings
from tests.audit import company
from tests.audit.company import StillClock, secret

WEEK = timedelta(days=7)
days = st.integers(0, 5)


async def life(folder: Path, kept: dict[str, int], gaps: list[int]) -> None:
    """Have a customer ask on some days; then let go of what is too old."""
    clock = StillClock()
    said: dict[int, Any] = {}
    for number, gap in enumerate(gaps):
        clock.later(days=gap)
        async with company.records(folder, clock) as archive:
            await company.say(archive.house, "7001", number)
            said[number] = clock.now().date()
    async with company.records(folder, clock) as archive:
        await archive.house.floor(SetPolicy(policy={"privacy": kept}))
        assert policy_of(archive.journal).privacy.messages_days == kept["messages_days"]
        recorded = await expire(archive)
    today = clock.now().date()
    async with company.records(folder, clock) as archive:
        assert await expire(archive) == 0  # once is enough
        events = [each.event for each in archive.journal.read()]
    assert recorded == sum(isinstance(event, WordsExpired) for event in events)
    texts = {
        "messages_days": [e.text for e in events if isinstance(e, MessageQueued)],
        "questions_days": [e.text for e in events if isinstance(e, QuestionAsked)],
    }
    for sort, told in texts.items():
        for number, text in enumerate(told):
            gone = bool(kept[sort]) and said[number] < today - timedelta(days=kept[sort])
            assert (text == REDACTED) is gone, (sort, number)
            assert gone or secret("7001", number) in text


@settings(max_examples=10, deadline=None)
@given(
    st.fixed_dictionaries({"messages_days": days, "questions_days": days}),
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
)
def test_words_go_when_they_are_older_than_the_rules_let_them_be(
    kept: dict[str, int], gaps: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(life(Path(folder), kept, gaps))


def test_nothing_goes_unless_the_company_says_so(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.say(archive.house, "7001", 1)
        clock.later(days=10_000)
        async with company.records(tmp_path, clock) as archive:
            assert await expire(archive) == 0
            assert secret("7001", 1) in company.words_in(list(archive.journal.read()))

    asyncio.run(story())


class QuickClock(StillClock):
    """A clock that is looked at again and again, since somebody sets it on."""

    def wait(self, at: datetime) -> float:
        """A moment."""
        return 0.0 if at <= self.at else 0.01


def test_the_night_comes_and_the_words_go(tmp_path: Path) -> None:
    clock = QuickClock()
    rules = Policy(privacy=Privacy(messages_days=3))

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.say(archive.house, "7001", 1)
            waiting = asyncio.ensure_future(until_due(archive, lambda: rules, time(4)))
            clock.later(days=2)  # a night in which nothing is old enough
            await asyncio.sleep(0.1)
            assert not waiting.done()
            clock.later(days=3)
            async with asyncio.timeout(20):
                await waiting

    asyncio.run(story())


def test_a_start_lets_go_of_what_is_too_old_before_anything_is_shown(tmp_path: Path) -> None:
    clock = StillClock()

    async def story() -> None:
        async with company.records(tmp_path, clock) as archive:
            await company.say(archive.house, "7001", 1)
            await company.views_of(tmp_path, archive)
        clock.later(days=30)
        shown = asyncio.Event()
        live = Live(
            Settings(policy={"privacy": {"questions_days": 7}}, console=Console(port=0)),
            None,
            tmp_path / "llmtb.toml",
            tmp_path,
            clock=clock,
            show=lambda _: shown.set(),
        )
        serving = asyncio.create_task(live.serve())
        async with asyncio.timeout(30):
            await shown.wait()
        events = [each.event for each in live.house.journal.read()]
        live.stop()
        await serving
        assert [e.text for e in events if isinstance(e, QuestionAsked)] == [REDACTED]
        [expired] = [e for e in events if isinstance(e, WordsExpired)]
        assert (expired.kind, expired.before) == ("questions", clock.now().date() - WEEK)
        texts = [e.text for e in events if isinstance(e, MessageQueued)]
        assert texts == [f"you said {secret('7001', 1)}"]  # that sort is kept

    asyncio.run(story())
