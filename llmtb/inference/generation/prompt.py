"""What is asked of a model: turns of a conversation, how much to write, who waits for it."""

from enum import IntEnum
from typing import Literal, NamedTuple

import msgspec

Role = Literal["system", "user", "assistant"]


class Priority(IntEnum):
    """Who waits for the text; the lower the number, the sooner it is begun."""

    CALL = 0  # an agent with a customer on the line
    AGENT = 1
    CUSTOMER = 2
    BACKGROUND = 3  # nobody


class Turn(NamedTuple):
    """What one side said."""

    role: Role
    text: str


class Prompt(msgspec.Struct, frozen=True):
    """What a model is to answer.

    turns: oldest first, the last a user's. max_new: tokens to write at most. stop: texts at
    which the writing ends; they are not part of the answer.
    """

    turns: tuple[Turn, ...]
    max_new: int = 64
    stop: tuple[str, ...] = ()
