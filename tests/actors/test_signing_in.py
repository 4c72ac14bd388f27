"""What lets a person in to the console, how often, and what ends it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.actors.access import (
    AGAIN,
    AcceptInvitation,
    Access,
    AccessBehaviour,
    Invite,
    NoteViewing,
    Unlink,
    digest_of,
)
from llmtb.actors.centre import AddAgent, Centre, RemoveAgent, add_agent, remove_agent
from llmtb.actors.centre import evolve as fold_centre
from llmtb.actors.command import Command
from llmtb.actors.keys import IssueKey, RevokeKey
from llmtb.actors.signing_in import (
    LOCKED_FOR,
    MOST_OFFERS,
    MOST_SESSIONS,
    OFFER_FOR,
    REMEMBERED,
    TRIES,
    WITHIN,
    EndSessions,
    FailSignIn,
    Guess,
    NoteRefusals,
    OfferSignIn,
    RemoveSecondFactor,
    SetSecondFactor,
    SignIn,
    guess_of,
)
from llmtb.events.access import LockedOut, SignedIn, SignedOut, Way
from llmtb.events.event import Event
from llmtb.runtime.errors import Refused

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURS = timedelta(hours=12)
LINK, CODE = digest_of("link"), digest_of("code")


class Door:
    """Access on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON
        self.behaviour = AccessBehaviour()
        self.state = Access()

    def do(self, *commands: Command) -> list[Event]:
        """The events of commands, each taken in as soon as it is decided, as the actor does."""
        told: list[Event] = []
        for command in commands:
            for event in self.behaviour.decide(self.state, command, self.now):
                self.state = self.behaviour.evolve(self.state, event)
                told.append(event)
        kept = self.behaviour.decode(self.behaviour.encode(self.state))
        assert kept == self.state
        return told

    def refuses(self, command: Command) -> str:
        """Why a command is refused."""
        with pytest.raises(Refused) as refusal:
            self.do(command)
        return str(refusal.value)

    def sign_in(self, agent: str = "maryam", name: str = "s", **given: bool) -> list[Event]:
        """A session by a link of its own."""
        code = digest_of(f"link {name}")
        return self.do(offer(agent, code), come(code, name, self.now, **given))


def offer(agent: str = "maryam", code: str = LINK, way: Way = "link") -> OfferSignIn:
    return OfferSignIn(agent=agent, offer=code, way=way, by=agent)


def come(
    code: str = LINK, name: str = "s", now: datetime = NOON, *, second_factor: bool = False
) -> SignIn:
    return SignIn(
        offer=code,
        session=digest_of(name),
        until=now + HOURS,
        second_factor=second_factor,
        device="Firefox on Linux",
    )


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_code_opens_once() -> None:
    door = Door()
    [_, signed_in] = door.do(offer(), come())
    assert isinstance(signed_in, SignedIn)
    assert door.state.session(digest_of("s"), NOON) is not None
    assert door.refuses(come()) == Door().refuses(come()), "a used code is as one that never was"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_a_code_that_is_too_old_opens_nothing(late: timedelta) -> None:
    door = Door()
    door.do(offer())
    door.now = NOON + OFFER_FOR + late
    assert door.refuses(come(now=door.now)) == Door().refuses(come())


def test_a_new_link_voids_the_last_and_codes_of_several_browsers_stand_side_by_side() -> None:
    door = Door()
    door.do(offer(), offer(code=digest_of("newer")))
    assert door.refuses(come())
    door.do(come(digest_of("newer")))
    browsers = [digest_of(str(number)) for number in range(MOST_OFFERS)]
    door.do(*(offer(code=each, way="code") for each in browsers))
    assert "enough" in door.refuses(offer(code=CODE, way="code"))
    door.do(*(come(each, each) for each in browsers))
    assert len(door.state.sessions) == 1 + MOST_OFFERS


def test_too_many_failures_lock_what_can_be_guessed_and_nothing_else() -> None:
    door = Door()
    door.do(offer(code=CODE, way="code"), offer())
    told = door.do(*(FailSignIn(agent="maryam", reason="code") for _ in range(TRIES)))
    assert kinds(told) == ["SignInFailed"] * TRIES + ["LockedOut"]
    assert door.refuses(come(CODE))
    assert door.refuses(offer(code=digest_of("more"), way="code"))
    assert kinds(door.do(come())) == ["SignedIn"], "a link cannot be guessed"
    door.now = NOON + LOCKED_FOR
    assert kinds(door.do(offer(code=CODE, way="code"), come(CODE, "t"))) == [
        "SignInOffered",
        "SignedIn",
    ]


def test_failures_long_ago_or_before_a_success_count_no_more() -> None:
    door = Door()
    failure = FailSignIn(agent="maryam", reason="code")
    door.do(*[failure] * (TRIES - 1))
    door.now += WITHIN
    assert not any(isinstance(each, LockedOut) for each in door.do(*[failure] * (TRIES - 1)))
    door.sign_in()
    assert not any(isinstance(each, LockedOut) for each in door.do(*[failure] * (TRIES - 1)))


def test_whoever_has_a_second_factor_needs_it() -> None:
    door = Door()
    door.do(SetSecondFactor(agent="maryam"), offer())
    assert "second factor" in door.refuses(come())
    assert kinds(door.do(come(second_factor=True))) == ["SignedIn"]
    door.do(RemoveSecondFactor(by="maryam", agent="maryam"))
    assert kinds(door.sign_in(name="t")) == ["SignInOffered", "SignedIn"]


def test_a_session_ends_at_its_instant_or_by_hand() -> None:
    door = Door()
    door.sign_in()
    digest = digest_of("s")
    assert door.state.session(digest, NOON + HOURS - timedelta(microseconds=1))
    assert door.state.session(digest, NOON + HOURS) is None
    end = EndSessions(by="sara", sessions=(digest, digest_of("none")), reason="revoked")
    assert kinds(door.do(end, end)) == ["SignedOut"]


def test_sessions_that_are_over_or_too_many_go() -> None:
    door = Door()
    for number in range(MOST_SESSIONS + 1):
        told = door.sign_in(name=str(number))
    [replaced] = [each for each in told if isinstance(each, SignedOut)]
    assert (replaced.session, replaced.reason) == (digest_of("0"), "replaced")
    door.now = NOON + HOURS
    told = door.sign_in(name="next")
    assert {e.reason for e in told if isinstance(e, SignedOut)} == {"expired"}
    assert list(door.state.sessions) == [digest_of("next")]


def test_whoever_leaves_or_gets_another_account_loses_all_that_let_them_in() -> None:
    door = Door()
    invite = Invite(by="x", agent="maryam", role="agent", code_digest=CODE, until=NOON + HOURS)
    door.do(invite, AcceptInvitation(code_digest=CODE, account="7"))
    door.sign_in()
    told = door.do(invite, offer(), AcceptInvitation(code_digest=CODE, account="8"))
    assert [each.reason for each in told if isinstance(each, SignedOut)] == ["replaced"]
    assert door.refuses(come()), "a link that the old account got"
    door.sign_in()
    door.do(SetSecondFactor(agent="maryam"), offer())
    told = door.do(Unlink(by="x", agent="maryam", reason="removed"))
    assert [each.reason for each in told if isinstance(each, SignedOut)] == ["removed"]
    assert not door.state.lets_in("maryam")


def test_a_key_is_issued_once_under_a_name_and_opens_until_its_end() -> None:
    door = Door()
    until = NOON + timedelta(days=1)
    issue = IssueKey(by="x", key=CODE, name="crm", scopes=("ask", "ask"), until=until)
    door.do(issue)
    assert door.state.key(CODE, NOON) is not None
    assert door.state.key(CODE, until) is None
    assert "already" in door.refuses(issue)
    door.do(RevokeKey(by="x", key=CODE, reason="lost"))
    assert door.state.key(CODE, NOON) is None
    assert door.refuses(RevokeKey(by="x", key=CODE, reason="lost"))


def test_a_second_look_soon_after_is_the_same_look() -> None:
    door = Door()
    look = NoteViewing(by="maryam", what="history", of="sara", session=CODE)
    assert kinds(door.do(look, look)) == ["RecordViewed"]
    other = NoteViewing(by="maryam", what="history", of="sara", session=LINK)
    assert kinds(door.do(other)) == ["RecordViewed"]
    door.now += AGAIN
    assert kinds(door.do(look)) == ["RecordViewed"]


acts = st.sampled_from(["maryam", "sara"]).flatmap(
    lambda agent: st.one_of(
        st.builds(offer, st.just(agent), st.sampled_from([LINK, CODE]), st.just("code")),
        st.just(FailSignIn(agent=agent, reason="code")),
        st.just(FailSignIn(agent=agent, reason="second_factor")),
        st.builds(come, st.sampled_from([LINK, CODE]), st.sampled_from("stu")),
        st.just(NoteRefusals(reason="host", count=3, since=NOON)),
    )
)


@given(st.lists(st.tuples(acts, st.integers(0, 400)), max_size=60))
def test_whatever_is_tried_nobody_guesses_more_than_a_few_times_and_little_is_kept(
    tried: list[tuple[Command, int]],
) -> None:
    door = Door()
    failures: dict[tuple[str, Guess], list[datetime]] = {}
    for command, seconds in tried:
        door.now += timedelta(seconds=seconds)
        try:
            events = door.do(command)
        except Refused:
            continue
        if isinstance(command, FailSignIn) and command.agent is not None:
            guess = guess_of(command.reason)
            key = command.agent, guess
            if not door.state.is_locked(*key, door.now):
                lately = [at for at in failures.get(key, []) if door.now - at < WITHIN]
                failures[key] = [*lately, door.now]
                assert len(failures[key]) < TRIES
            elif any(isinstance(event, LockedOut) for event in events):
                failures.pop(key, None)
        for event in events:
            if isinstance(event, SignedIn):
                assert not door.state.is_locked(event.agent, "code", door.now)
                failures = {key: each for key, each in failures.items() if key[0] != event.agent}
    assert len(door.state.troubles) <= REMEMBERED
    assert all(len(each) <= TRIES for tries in door.state.tries.values() for each in tries.values())


def test_only_an_admin_makes_or_removes_one_once_there_is_one() -> None:
    centre = Centre()

    def do(command: AddAgent | RemoveAgent) -> None:
        if isinstance(command, AddAgent):
            events = list(add_agent(centre, command, NOON))
        else:
            events = list(remove_agent(centre, command, NOON))
        for event in events:
            fold_centre(centre, event)

    do(AddAgent(agent="maryam", role="supervisor"))
    do(AddAgent(agent="sara", role="admin", by="maryam"))
    for command in (
        AddAgent(agent="maryam", role="admin", by="maryam"),
        AddAgent(agent="sara", role="agent", by="maryam"),
        RemoveAgent(agent="sara", by="maryam"),
    ):
        with pytest.raises(Refused, match="no admin"):
            do(command)
    do(AddAgent(agent="maryam", role="admin", by="sara"))
    do(RemoveAgent(agent="sara", by="maryam"))
    assert centre.has_admin()
