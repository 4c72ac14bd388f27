"""The base of every command, and the shapes their fields share."""

from typing import Annotated

import msgspec
from msgspec import Meta

AgentId = Annotated[str, Meta(pattern=r"^[^/\s]{1,64}\Z")]
PersonName = Annotated[str, Meta(pattern=r"\S", max_length=100)]
Reason = Annotated[str, Meta(pattern=r"\S", max_length=500)]
ShiftId = Annotated[str, Meta(min_length=1, max_length=60)]


class Command(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"
):
    """Something a person or a system wants done; named in the imperative, `do` in a scenario."""
