"""What the door decides without a server: names, origins, limits, languages, digits, starts."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmtb.channels.web.door import cookies
from llmtb.channels.web.door.cookies import Jar
from llmtb.channels.web.door.device import device_of
from llmtb.channels.web.door.hosts import address_of, answers_to, is_own, is_plain, is_public
from llmtb.channels.web.door.languages import asked_for, choose, wishes
from llmtb.channels.web.door.limits import REMEMBERED, Buckets, Open, Rate, caller_of
from llmtb.channels.web.door.proof import proves
from llmtb.channels.web.door.seal import FILE, Seal
from llmtb.channels.web.door.second_factor import (
    Factor,
    new_secret,
    picture_of,
    step_of,
)
from llmtb.channels.web.door.second_factor import (
    address_of as address_of_secret,
)
from llmtb.channels.web.door.sign_in import local
from llmtb.channels.web.door.starting import check
from llmtb.settings import Console as Settings
from llmtb.settings import SettingsError
from tests.web.serving import WORDS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HERE = Settings()
AWAY = Settings(host="0.0.0.0", public_url="https://desk.example", proxies=("10.0.0.1",))  # noqa: S104


@pytest.mark.parametrize(
    "name", ["localhost", "localhost:8321", "127.0.0.1:9", "[::1]:8321", "127.8.8.8"]
)
def test_the_console_goes_by_the_names_of_this_machine(name: str) -> None:
    assert answers_to(name, HERE)
    assert answers_to(name, AWAY)


@pytest.mark.parametrize(
    "name",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[", "[::1", "0x7f.1"],
)
def test_it_goes_by_no_other(name: str) -> None:
    assert not answers_to(name, HERE)
    assert not answers_to(name, AWAY)


def test_it_goes_by_its_public_address_and_where_it_listens_to_others_by_any_in_numbers() -> None:
    assert answers_to("DESK.example", AWAY)
    assert not answers_to("desk.example:81", AWAY)
    assert answers_to("192.0.2.7:8321", AWAY)
    assert not answers_to("192.0.2.7:8321", HERE)


@pytest.mark.parametrize("name", ["127.0.0.1/; script-src *", "evil@127.0.0.1", "127.0.0.1?x"])
def test_it_goes_by_nothing_that_says_more_than_a_host(name: str) -> None:
    assert not answers_to(name, HERE)


@given(st.text(max_size=30))
def test_whatever_a_name_is_it_is_answered(name: str) -> None:
    assert answers_to(name, HERE) in (True, False)


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"host": "localhost:1", "origin": "http://localhost:1"}, True),
        ({"host": "localhost:1", "origin": "http://localhost:2"}, False),
        ({"host": "localhost:1", "origin": "https://localhost:1"}, False),
        ({"host": "localhost:1", "origin": "null"}, False),
        ({"host": "localhost:1", "origin": ""}, False),
        ({"host": "localhost:1", "origin": "https://desk.example"}, True),
        ({"host": "localhost:1", "sec-fetch-site": "same-origin"}, True),
        ({"host": "localhost:1", "sec-fetch-site": "same-site"}, False),
        ({"host": "localhost:1", "sec-fetch-site": "cross-site"}, False),
        ({"host": "localhost:1"}, True),
    ],
)
def test_a_page_is_our_own_if_the_browser_says_so(headers: dict[str, str], own: bool) -> None:
    assert is_own(headers, "http", AWAY) is own


def test_https_is_known_by_the_scheme_or_by_the_public_name() -> None:
    assert is_public({"host": "desk.example"}, "http", AWAY)
    assert is_public({"host": "localhost"}, "https", AWAY)
    assert not is_public({"host": "localhost"}, "http", AWAY)
    assert is_plain({"x-forwarded-proto": "http"}, "http", AWAY)
    assert not is_plain({"x-forwarded-proto": "https"}, "https", AWAY)
    assert not is_plain({}, "http", AWAY), "from this machine itself"
    assert address_of(AWAY) == "https://desk.example"
    assert address_of(HERE) == "http://127.0.0.1:8321"
    assert address_of(Settings(port=0)) == ""


@pytest.mark.parametrize(
    ("settings", "bot", "told"),
    [
        (Settings(host="0.0.0.0"), False, "no bot is set up"),  # noqa: S104
        (Settings(public_url="https://desk.example"), False, "no bot is set up"),
        (Settings(host="192.0.2.7", sign_in=False), True, "sign_in"),
        (Settings(public_url="https://desk.example", sign_in=False), True, "sign_in"),
        (Settings(public_url="http://desk.example"), True, "https"),
        (Settings(public_url="desk.example"), True, "https"),
        (Settings(public_url="https://desk.example/console"), True, "a scheme and a host"),
        (Settings(public_url="https://desk.example:port"), True, "public_url"),
        (Settings(public_url="https://desk.example", proxies=("*",)), True, "no address"),
        (Settings(public_url="https://desk.example", proxies=("0.0.0.0/0",)), True, "trusts"),
        (Settings(chat_origins=("https://shop.example/a",)), True, "chat_origins"),
        (Settings(chat_origins=("*",)), False, "chat_origins"),
        (Settings(chat_origins=("https://shop.example:x",)), True, "chat_origins"),
    ],
)
def test_it_does_not_start_where_strangers_could_come_in(
    settings: Settings, bot: bool, told: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)) as error:
        check(settings, bot=bot)
    assert "\n" not in str(error.value)


def test_it_starts_and_says_what_is_unwise() -> None:
    for sound in (HERE, Settings(sign_in=False), Settings(public_url="http://localhost:9")):
        assert check(sound, bot=True) == check(sound, bot=False) == []
    assert check(AWAY, bot=True) == []
    [alone] = check(msgspec.structs.replace(AWAY, proxies=()), bot=True)
    [clear] = check(msgspec.structs.replace(AWAY, public_url=""), bot=True)
    assert "proxies" in alone
    assert "in clear" in clear


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 3)), max_size=80))
def test_no_caller_gets_more_than_their_rate(asked: list[tuple[str, float]]) -> None:
    now, taken = 0.0, {"a": 0, "b": 0}
    buckets = Buckets(Rate(burst=3, per_second=0.5), lambda: now)
    for caller, wait in asked:
        now += wait
        taken[caller] += buckets.takes(caller)
    assert all(each <= 3 + 0.5 * now for each in taken.values())


def test_only_so_many_callers_are_remembered_and_streams_are_let_go() -> None:
    buckets = Buckets(Rate(burst=1, per_second=0), lambda: 0.0)
    for caller in range(REMEMBERED + 5):
        assert buckets.takes(str(caller))
    assert len(buckets._buckets) == REMEMBERED
    streams = Open(2)
    assert [streams.enter("a") for _ in range(3)] == [True, True, False]
    streams.leave("a")
    assert streams.enter("a")
    streams.leave("a")
    streams.leave("a")
    assert not streams._open


def test_a_network_of_one_customer_is_one_caller() -> None:
    assert caller_of("2001:db8::1") == caller_of("2001:db8::ffff") != caller_of("2001:db8:0:1::1")
    assert caller_of("192.0.2.1") != caller_of("192.0.2.2")
    assert caller_of("testclient") == "testclient"


def test_languages_are_chosen_as_wished() -> None:
    assert wishes("de, fa-IR;q=0.8, en;q=0.9, zh;q=0, ;q=1, x;q=y") == ["de", "en", "fa-IR"]
    assert choose(WORDS, wishes("de, fa-IR;q=0.8, en;q=0.2"), "pt") == "fa"
    assert choose(WORDS, ["", None, "xx"], "pt") == "pt"
    assert asked_for(b"a=b&lang=fa") == "fa"
    assert asked_for(b"slang=") == ""


@given(st.text(max_size=60))
def test_any_header_is_read(header: str) -> None:
    assert choose(WORDS, wishes(header), "en") in WORDS.languages
    cookies.read(header)
    assert len(device_of(header)) <= 80


def test_a_browser_is_known_by_few_words() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 (KHTML) Chrome/130 Safari/537"
    assert device_of(chrome) == "Chrome on Windows"
    assert (
        device_of("Mozilla/5.0 (X11; Linux x86_64; rv:1) Gecko Firefox/130") == "Firefox on Linux"
    )
    assert device_of("") == "another browser"


def test_cookies_are_bound_to_the_host_over_https() -> None:
    line = Jar(secure=True).make(cookies.SESSION, "x").to_header(header="")
    assert line.strip().startswith("__Host-session=x")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(line.strip().split("; "))
    assert "Domain" not in line
    assert "Secure" not in Jar(secure=False).make(cookies.SESSION, "x").to_header(header="")
    assert cookies.read('a=1; session="x"; session=y; b') == {"a": "1", "session": "x"}


@given(st.text(max_size=40), st.text(max_size=40))
def test_only_what_was_sealed_here_for_this_opens(text: str, other: str) -> None:
    seal = Seal("key")
    assert seal.opened("form", seal.sealed("form", text)) == text
    assert seal.opened("session", seal.sealed("form", text)) is None
    assert Seal("other").opened("form", seal.sealed("form", text)) is None
    assert seal.opened("form", other) is None


def test_the_key_is_kept_for_the_owner_alone(tmp_path: Path) -> None:
    first = Seal.kept(tmp_path, lambda _: "secret")
    again = Seal.kept(tmp_path, lambda _: "another")
    assert first.of("a", "b") == again.of("a", "b")
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_of_nothing_is_made_again(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert Seal.kept(tmp_path, lambda _: "secret").of("a", "b") == Seal("secret").of("a", "b")


def test_a_form_proves_itself_by_its_token() -> None:
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nabc\r\n--x--'
    assert proves(b"a=b&token=abc", form, "abc")
    assert proves(part, parts, "abc")
    for body, kind in ((b"", form), (b"token=", form), (b"token=abd", form), (part, form)):
        assert not proves(body, kind, "abc")
    assert not proves(part, parts, "abd")
    assert not proves(b"&" * 5000 + b"token=abc", form, "abc")


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", ""])
def test_nobody_is_sent_on_to_another_site(back: str) -> None:
    assert local(back) == "/"
    assert local("/desk?shift=x") == "/desk?shift=x"
    assert local("/x\r\nset-cookie: a") == "/"


def test_the_digits_of_an_authenticator_are_good_for_one_time_and_a_little_while() -> None:
    secret = new_secret("nobody can guess this")
    totp = pyotp.TOTP(secret)
    digits = totp.at(NOON)
    step = step_of(Factor(secret), f" {digits[:3]} {digits[3:]} ", NOON)
    assert step is not None
    assert step_of(Factor(secret, used=step), digits, NOON) is None
    assert step_of(Factor(secret, used=step), totp.at(NOON - timedelta(seconds=30)), NOON) is None
    assert step_of(Factor(secret), digits, NOON + timedelta(seconds=30)) == step
    assert step_of(Factor(secret), digits, NOON + timedelta(seconds=60)) is None
    assert step_of(
        Factor(secret), digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")), NOON
    )


@given(st.text(max_size=12))
def test_other_digits_are_wrong(code: str) -> None:
    secret = new_secret("nobody can guess this")
    around = {pyotp.TOTP(secret).at(NOON + timedelta(seconds=off)) for off in (-30, 0, 30)}
    assert code in around or step_of(Factor(secret), code, NOON) is None


def test_the_picture_of_a_secret_is_a_drawing_without_style_or_script() -> None:
    drawn = picture_of(address_of_secret(new_secret("x"), "Maryam (m)"))
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert "script" not in drawn
