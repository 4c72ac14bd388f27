"""What other systems send again, sign, or replay: applied once, and by nobody else."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.web.api.once import Once
from llmtb.channels.web.api.problems import Problem
from llmtb.channels.web.api.signature import Forged, check, signature_of
from llmtb.events.floor import LoadReported, PhoneStateChanged
from llmtb.settings import Console as Settings
from tests.web.serving import BEFORE, Served, play
from tests.web.systems import SECRET, Library, bearing, fault, key_for, signed

LOAD = b'{"calls": 7, "aht_seconds": 90}'
OTHER_LOAD = b'{"calls": 8, "aht_seconds": 90}'
KEY = "Idempotency-Key"
TAKES_SIGNED = Settings(port=0, sign_in=False, webhook_secret=SECRET)


def json(**headers: str) -> dict[str, str]:
    """The headers of a body of JSON."""
    return {"content-type": "application/json", **headers}


# --- again -------------------------------------------------------------------------------------


@pytest.mark.parametrize("crash", [False, True])
def test_the_same_request_again_is_done_once(tmp_path: Path, crash: bool) -> None:
    async def story(served: Served) -> None:
        await served.hire("a1")
        headers = bearing(await key_for(served), **json(**{KEY: "7"}))
        other = bearing(await key_for(served), **json(**{KEY: "7"}))
        phones = b'[{"agent": "a1", "state": "in_call"}, {"agent": "x", "state": "free"}]'

        async def send(path: str, body: bytes, sender: dict[str, str]) -> Any:
            return await served.http.post(f"/api/v1/{path}", content=body, headers=sender)

        first = [await send("load", LOAD, headers), await send("phones", phones, headers)]
        if crash:
            await served.restart()
        again = [await send("load", LOAD, headers), await send("phones", phones, headers)]
        assert [each.json() for each in again] == [each.json() for each in first]
        assert [each.status_code for each in first] == [200, 200]
        assert len(served.events(LoadReported)) == 1
        assert len(served.events(PhoneStateChanged)) == 1
        told = fault(await send("load", OTHER_LOAD, headers), 422)
        assert told["field"] == KEY
        fault(await send("phones", phones.replace(b"in_call", b"wrap"), headers), 422)
        # Another system's keys are its own.
        assert (await send("load", OTHER_LOAD, other)).status_code == 200
        assert len(served.events(LoadReported)) == 2
        assert len(served.events(PhoneStateChanged)) == 1

    play(tmp_path, story)


def test_without_a_key_of_its_own_each_request_is_another(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        headers = bearing(await key_for(served), **json())
        for _ in range(2):
            await served.http.post("/api/v1/load", content=LOAD, headers=headers)
        assert len(served.events(LoadReported)) == 2
        for bad in ("", "x" * 129, "a b", "a\tb"):
            response = await served.http.post(
                "/api/v1/load", content=LOAD, headers=headers | {KEY: bad}
            )
            assert fault(response, 422)["field"] == KEY

    play(tmp_path, story)


def test_a_question_again_is_not_asked_again(tmp_path: Path) -> None:
    library = Library()

    async def story(served: Served) -> None:
        headers = bearing(await key_for(served), **{KEY: "q1"})

        async def ask(text: str) -> Any:
            return await served.http.post("/api/v1/questions", json={"text": text}, headers=headers)

        answers = await asyncio.gather(*(ask("answered") for _ in range(5)))
        assert len({each.text for each in answers}) == 1
        assert len(library.asked) == 1
        fault(await ask("withheld"), 422)
        assert len(library.asked) == 1

    play(tmp_path, story, serve=library)


def test_what_failed_may_be_sent_again_under_the_same_key() -> None:
    async def story() -> None:
        once, outcomes = Once(), iter([False, True])

        async def work() -> str:
            if not next(outcomes):
                raise Problem(503, "not now", wait=1)
            return "done"

        with pytest.raises(Problem):
            await once.answer("k", b"body", work)
        assert await once.answer("k", b"body", work) == "done"
        assert await once.answer("k", b"body", work) == "done"

    asyncio.run(story())


def test_only_the_last_answers_are_kept() -> None:
    async def story() -> None:
        once, worked = Once(kept=2), list[str]()

        async def ask(id_: str) -> None:
            async def work() -> None:
                worked.append(id_)

            await once.answer(id_, b"", work)

        for id_ in ("a", "b", "c", "c", "a"):
            await ask(id_)
        assert worked == ["a", "b", "c", "a"]

    asyncio.run(story())


# --- signed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "whsec_"])
def test_a_signed_report_is_taken_once(tmp_path: Path, prefix: str) -> None:
    secret = base64.b64encode(SECRET.encode()).decode() if prefix else SECRET
    settings = Settings(port=0, sign_in=False, webhook_secret=prefix + secret)

    async def story(served: Served) -> None:
        now = served.clock.now().timestamp()
        headers = signed(LOAD, now)
        first = await served.http.post("/api/v1/load", content=LOAD, headers=headers)
        assert first.status_code == 200, first.text
        again = await served.http.post("/api/v1/load", content=LOAD, headers=headers)
        assert again.json() == first.json()
        await served.restart()
        again = await served.http.post("/api/v1/load", content=LOAD, headers=headers)
        assert again.json() == first.json()
        assert len(served.events(LoadReported)) == 1
        await served.http.post("/api/v1/load", content=LOAD, headers=signed(LOAD, now, "msg_2"))
        assert len(served.events(LoadReported)) == 2
        changing = signed(LOAD, now, "msg_3")
        changing["webhook-signature"] = f"v1,AAAA v2,x {changing['webhook-signature']}"
        changed = await served.http.post("/api/v1/load", content=LOAD, headers=changing)
        assert changed.status_code == 200

    play(tmp_path, story, settings=settings)


def test_an_old_or_forged_report_changes_nothing(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        now = served.clock.now().timestamp()
        forged = [
            signed(LOAD, now - 301),
            signed(LOAD, now + 310),
            signed(LOAD, now, secret=b"guessed"),
            signed(OTHER_LOAD, now),
            signed(LOAD, now) | {"webhook-id": "msg_2"},
            signed(LOAD, now) | {"webhook-timestamp": str(int(now) - 1)},
            signed(LOAD, now) | {"webhook-timestamp": "now"},
            signed(LOAD, now) | {"webhook-signature": ""},
            signed(LOAD, now) | {"webhook-signature": "v1," + "é" * 3},
            signed(LOAD, now, id_="a.b"),
            signed(LOAD, now, id_="x" * 129),
        ]
        for headers in forged:
            encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
            response = await served.http.post("/api/v1/load", content=LOAD, headers=encoded)
            fault(response, 401)
        # A signature opens what the phone system needs, and no more.
        body = b'{"text": "answered"}'
        asked = await served.http.post("/api/v1/questions", content=body, headers=signed(body, now))
        fault(asked, 401)
        assert served.events(LoadReported) == []

    play(tmp_path, story, settings=TAKES_SIGNED)


def test_without_a_secret_nothing_signed_is_taken(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        headers = signed(LOAD, served.clock.now().timestamp(), secret=b"")
        told = fault(await served.http.post("/api/v1/load", content=LOAD, headers=headers), 401)
        assert "secret" in told["detail"]

    play(tmp_path, story)


@given(
    body=st.binary(min_size=1, max_size=60),
    id_=st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True),
    where=st.sampled_from(["body", "id", "timestamp", "signature", "secret"]),
    data=st.data(),
)
def test_any_changed_byte_is_refused(
    body: bytes, id_: str, where: str, data: st.DataObject
) -> None:
    now = BEFORE
    timestamp = str(int(now.timestamp()))
    parts = {"body": body, "id": id_.encode(), "timestamp": timestamp.encode()}
    parts["signature"] = signature_of(SECRET.encode(), id_, timestamp, body).encode()
    parts["secret"] = SECRET.encode()
    _check(parts)
    part = bytearray(parts[where])
    place = data.draw(st.integers(0, len(part) - 1), "place")
    part[place] ^= data.draw(st.integers(1, 255), "flip")
    if where == "signature" and bytes(part).split() == parts["signature"].split():
        return
    with pytest.raises(Forged):
        _check(parts | {where: bytes(part)})


def _check(parts: dict[str, bytes]) -> None:
    check(
        parts["secret"].decode("latin-1"),
        id_=parts["id"].decode("latin-1"),
        timestamp=parts["timestamp"].decode("latin-1"),
        signatures=parts["signature"].decode("latin-1"),
        body=parts["body"],
        now=BEFORE,
    )
