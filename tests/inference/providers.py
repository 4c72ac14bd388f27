"""For tests: the generators that the contract holds for, each opened and closed."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest

from llmtb.inference.generation.batched import BatchedGenerator, Settings
from llmtb.inference.generation.draft import Generator
from llmtb.inference.generation.endpoint import Endpoint, EndpointSettings
from llmtb.inference.generation.prompt import Prompt, Turn
from tests.inference.models import installed
from tests.inference.openai_server import OpenAIServer

PYTHON = "LLMTB_LLAMA_PYTHON"  # an interpreter that has llama-cpp-python with its server
WEIGHTS = "LLMTB_LLAMA_GGUF"  # the weights that it serves

Provider = Callable[[], AbstractAsyncContextManager[Generator]]


def asked(text: str, *, max_new: int = 16, stop: tuple[str, ...] = ()) -> Prompt:
    """A prompt of a system's word and a question."""
    system = Turn("system", "You are a helpful AI assistant.")
    return Prompt((system, Turn("user", text)), max_new, stop)


@asynccontextmanager
async def own(settings: Settings | None = None) -> AsyncIterator[BatchedGenerator]:
    """A model of our own."""
    generator = await BatchedGenerator.open(installed("smollm2-135m-instruct"), settings)
    try:
        yield generator
    finally:
        await generator.close(drain=False)


@asynccontextmanager
async def served(
    settings: EndpointSettings | None = None,
) -> AsyncIterator[tuple[Endpoint, OpenAIServer]]:
    """An endpoint at the tests' own server, over a socket, with a model of our own behind it."""
    async with own() as generator, OpenAIServer(generator) as server:
        endpoint = Endpoint(server.url, name="small", key="sk-of-tests", settings=settings)
        try:
            yield endpoint, server
        finally:
            await endpoint.close(drain=False)


@asynccontextmanager
async def over_socket() -> AsyncIterator[Generator]:
    async with served() as (endpoint, _):
        yield endpoint


@asynccontextmanager
async def at_llama() -> AsyncIterator[Generator]:
    """An endpoint at llama-cpp-python's server, where the environment names one."""
    python, weights = os.environ.get(PYTHON), os.environ.get(WEIGHTS)
    if not python or not weights:
        pytest.skip(f"no foreign server to try: set {PYTHON} and {WEIGHTS}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(python, "-m", "llama_cpp.server", "--model", weights, "--api_key", "sk-of-tests"),
        *("--host", "127.0.0.1", "--port", str(port), "--n_threads", "1", "--n_ctx", "2048"),
        *("--interrupt_requests", "false"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=None if "-s" in sys.argv else asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/v1"
    try:
        await _answers(url)
        endpoint = Endpoint(url, name="small", key="sk-of-tests")
        try:
            yield endpoint
        finally:
            await endpoint.close(drain=False)
    finally:
        process.kill()
        await process.wait()


async def _answers(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(60):
        while True:
            try:
                await client.get(f"{url}/models")
            except httpx.TransportError:
                await asyncio.sleep(0.2)
            else:
                return


PROVIDERS: dict[str, Provider] = {
    "own model": own,
    "endpoint over a socket": over_socket,
    "endpoint at llama-cpp-python": at_llama,
}
