"""What a person at a page does that a bare client does not: bring the form's token back."""

import re
from typing import Any

import httpx

_TOKEN = re.compile(r'name="token" value="([0-9a-f]*)"')


def token_in(html: str) -> str:
    """The token that the forms of a page bring back."""
    found = _TOKEN.search(html)
    assert found is not None, "no form of that page has a token"
    return found[1]


async def post(http: httpx.AsyncClient, page: str, to: str, **fields: Any) -> httpx.Response:
    """Open a page, then send a form to an address as from there."""
    token = token_in((await http.get(page)).text)
    return await http.post(to, data={"token": token, **fields})
