"""Noting who looked at what: every look at a person's data is an event."""

from llmtb.actors.access import NoteViewing
from llmtb.channels.web.console import Console
from llmtb.channels.web.viewer import Viewer

_LONGEST = 200


async def note_viewing(console: Console, viewer: Viewer, what: str, of: str) -> None:
    """Have it recorded that a viewer looked at something of somebody.

    what: such as `history`, `report`, `conversation`, `questions`, `export`. of: whose or which,
    by id. A second look within ten minutes of the same session is not recorded again.
    Raises what asking an actor raises: what cannot be recorded is not shown.
    """
    look = NoteViewing(
        by=viewer.agent, what=what[:_LONGEST], of=of[:_LONGEST], session=viewer.session
    )
    await console.house.access(look)
