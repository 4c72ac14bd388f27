"""The suite's own Telegram, proved with the real library on the real wire."""

import asyncio
from pathlib import Path

from tests.wire.library import connected
from tests.wire.server import MtprotoServer


def test_a_bot_signs_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            assert bot.me.id == server.bot.id
            assert bot.me.username == server.bot.username

    asyncio.run(main())
