"""Tokens that only this server can make, sites by their exact origin, and floods that end."""

import os
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmtb.channels.port import DESK, SITE, channel_of, chat_key, chat_number
from llmtb.channels.web.widget import origins
from llmtb.channels.web.widget.limits import Limits, Rate, Streams, neighbourhood
from llmtb.channels.web.widget.sessions import KEY_FILE, LASTS, Sessions, kept_key

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SESSIONS = Sessions(b"k" * 32)
CHANCES = st.binary(min_size=16, max_size=16)
SECOND = timedelta(seconds=1)


@given(CHANCES, CHANCES)
def test_a_token_opens_its_own_chat_and_no_other(one: bytes, other: bytes) -> None:
    session = SESSIONS.begin(one, NOW)
    assert SESSIONS.resume(session.token, NOW) == session
    assert SITE <= session.chat < DESK
    assert channel_of(chat_key(session.chat)) == "site"
    assert chat_number(chat_key(session.chat)) == session.chat
    assert (SESSIONS.begin(other, NOW).chat == session.chat) == (one == other)


@given(CHANCES, st.integers(0, 71), st.sampled_from("aA0-_=+/ é\n"))
def test_a_token_with_any_sign_changed_opens_nothing(chance: bytes, at: int, sign: str) -> None:
    token = SESSIONS.begin(chance, NOW).token
    assume(token[at] != sign)
    assert SESSIONS.resume(token[:at] + sign + token[at + 1 :], NOW) is None
    assert SESSIONS.resume(token[:at], NOW) is None
    assert SESSIONS.resume(token + sign, NOW) is None


@given(CHANCES, st.integers(0, 53), st.integers(1, 255))
def test_a_token_with_any_bits_turned_opens_nothing(chance: bytes, at: int, bits: int) -> None:
    whole = bytearray(urlsafe_b64decode(SESSIONS.begin(chance, NOW).token))
    whole[at] ^= bits
    assert SESSIONS.resume(urlsafe_b64encode(whole).decode(), NOW) is None


@given(st.text(max_size=100))
def test_what_anybody_makes_up_opens_nothing(token: str) -> None:
    assert SESSIONS.resume(token, NOW) is None


def test_a_token_of_another_server_opens_nothing() -> None:
    assert Sessions(b"o" * 32).resume(SESSIONS.begin(bytes(16), NOW).token, NOW) is None


def test_a_token_holds_for_thirty_days_and_not_before_it_was_made() -> None:
    session = SESSIONS.begin(bytes(16), NOW)
    assert session.until == NOW + LASTS == NOW + timedelta(days=30)
    assert SESSIONS.resume(session.token, NOW + LASTS - SECOND) == session
    assert SESSIONS.resume(session.token, NOW + LASTS) is None
    assert SESSIONS.resume(session.token, NOW - timedelta(hours=1)) is None


def test_the_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    numbers = count()

    def new_text(_: int) -> str:
        return f"secret {next(numbers)}"

    with ThreadPoolExecutor(8) as many:
        keys = set(many.map(lambda _: kept_key(tmp_path, new_text), range(16)))
    assert len(keys) == 1
    assert os.listdir(tmp_path) == [KEY_FILE]
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert kept_key(tmp_path, lambda _: "another") == keys.pop()
    (tmp_path / KEY_FILE).write_text("ab")
    with pytest.raises(ValueError, match="holds no key"):
        kept_key(tmp_path, new_text)


# --- sites -------------------------------------------------------------------------------------

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(\.[a-z]{2,5}){1,2}", fullmatch=True)
SITES = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}{f':{port}' if port else ''}",
    st.sampled_from(["https", "http"]),
    NAMES,
    st.sampled_from([0, 8080, 8443]),
)


@given(st.lists(SITES, max_size=4), SITES)
def test_the_listed_sites_may_show_the_chat_and_no_other(allowed: list[str], site: str) -> None:
    allowed = list(origins.listed(allowed))
    for one in (*allowed, site, site.upper(), f"{site}.evil.example", f"{site}/", "null", "*", ""):
        headers = {"sec-fetch-dest": "iframe", "referer": f"{one}/shop?x=1"}
        assert origins.may_show(one, allowed, headers) == (one in allowed)
        assert origins.may_show(one, allowed, {}) == (one in allowed)


@given(SITES, SITES)
def test_a_frame_that_was_asked_for_from_elsewhere_is_not_shown(site: str, other: str) -> None:
    assume(site != other)
    for liar in (other, f"{site}.evil.example", "https" + "://a@evil.example", "no address"):
        assert not origins.may_show(site, [site], {"referer": f"{liar}/"})
    for place in ("document", "object", "embed", "frame", "script"):
        assert not origins.may_show(site, [site], {"sec-fetch-dest": place})


@given(SITES, SITES)
def test_only_the_frame_itself_speaks_for_its_visitor(own: str, other: str) -> None:
    assume(own != other)
    assert origins.is_own(own, {"origin": own}, changes=True)
    assert origins.is_own(own, {}, changes=False)
    assert not origins.is_own(own, {}, changes=True)
    for changes in (True, False):
        assert not origins.is_own(own, {"origin": other}, changes=changes)
        assert not origins.is_own(own, {"origin": "null"}, changes=changes)
        for place in ("cross-site", "same-site", "none"):
            headers = {"origin": own, "sec-fetch-site": place}
            assert not origins.is_own(own, headers, changes=changes)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example:443/ ", "https://shop.example"),
        ("http://localhost:80", "http://localhost"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (f"http{'://'}[::1]:8000", f"http{'://'}[::1]:8000"),
    ],
)
def test_a_site_is_known_as_browsers_name_it(written: str, meant: str) -> None:
    assert origins.origin(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "*",
        "null",
        "shop.example",
        "https://*.shop.example",
        "https://shop.example/chat",
        "https://shop.example/?a",
        "https://a@shop.example",
        "ftp://shop.example",
        "https://shop.example ; script-src *",
        "https://shop.example:port",
        "https://shop.example shop.example",
    ],
)
def test_what_is_no_origin_is_not_taken_for_one(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        origins.origin(written)


# --- limits ------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 5), min_size=1, max_size=80), st.integers(1, 20))
def test_no_more_than_twice_the_rate_is_taken_in_any_minute(pauses: list[float], most: int) -> None:
    rate, now, taken = Rate(most), 0.0, []
    for pause in pauses:
        now += pause
        if rate.takes("one", now):
            taken.append(now)
    assert taken[0] == pauses[0]
    for start in taken:
        assert sum(start <= each < start + 60 for each in taken) <= 2 * most


def test_a_flood_from_everywhere_is_forgotten_again() -> None:
    rate = Rate(3)
    for number in range(30_000):
        rate.takes(f"address {number}", 0.0)
    assert len(rate) == 10_000


def test_so_many_streams_and_no_more() -> None:
    streams = Streams(Limits(streams=2, address_streams=3, all_streams=4))
    with streams.open(1, "a"), streams.open(1, "a"):
        assert not streams.has_room(1, "b")
        assert streams.has_room(2, "a")
        with streams.open(2, "a"):
            assert not streams.has_room(3, "a")
            assert streams.has_room(3, "")
            with streams.open(3, ""):
                assert not streams.has_room(4, "b")
    assert len(streams) == 0
    assert streams.has_room(1, "a")


def test_whose_address_counts_as_one() -> None:
    assert neighbourhood("203.0.113.7") == "203.0.113.7"
    assert neighbourhood("2001:db8:1:2:3::1") == neighbourhood("2001:db8:1:2::9")
    assert neighbourhood("2001:db8:1:3::1") != neighbourhood("2001:db8:1:2::1")
    assert neighbourhood("::ffff:203.0.113.7") == "203.0.113.7"
    assert neighbourhood("127.0.0.1") == neighbourhood("::1") == neighbourhood("::ffff:127.0.0.1")
    assert neighbourhood("127.0.0.1") == ""
