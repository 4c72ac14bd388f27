"""Which views a centre has, and the file that keeps them."""

from llmtb.projections.capacity import Capacity
from llmtb.projections.changes import Changes
from llmtb.projections.history import History
from llmtb.projections.people import People
from llmtb.projections.projection import Projection
from llmtb.projections.questions import Questions
from llmtb.projections.shift_report import ShiftReports

VIEWS_FILE = "views.db"


def projections() -> list[Projection]:
    """Every view, new: the engine takes each up where its rows are."""
    return [Capacity(), Changes(), History(), People(), Questions(), ShiftReports()]
