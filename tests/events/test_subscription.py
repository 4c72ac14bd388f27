"""The newest events in memory and the older ones in the store make one unbroken whole."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from llmtb.events.floor import WaitJoined
from llmtb.events.record import Recorded
from llmtb.events.subscription import Feed, Subscription

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def recorded(seq: int) -> Recorded:
    event = WaitJoined(at=NOON, by="a", agent="a", shift="d")
    return Recorded(seq, "agent/a", seq, event, bytes(32))


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), max_size=12))
def test_events_that_only_the_store_knows_of_are_handed_out_in_their_place(
    steps: list[tuple[int, bool, bool]],
) -> None:
    """As after a commit whose outcome was not known, or when another node writes as well."""
    store: list[Recorded] = []

    async def past(after: int, limit: int) -> tuple[list[Recorded], int]:
        found = store[after : after + limit]
        return found, after + len(found)

    async def scene() -> None:
        feed = Feed(0, past)
        quick, slow = Subscription(feed, 0), Subscription(feed, 0)
        seen: list[Recorded] = []
        for count, published, noticed in steps:
            fresh = [recorded(len(store) + number) for number in range(1, count + 1)]
            store.extend(fresh)
            if published:
                feed.publish(fresh)
            elif noticed:
                feed.advance(len(store))
            while quick.position < feed.head:
                seen += await anext(quick)
            assert seen == store[: feed.head]
        feed.close()
        assert [each async for batch in slow for each in batch] == store[: feed.head]

    asyncio.run(scene())
