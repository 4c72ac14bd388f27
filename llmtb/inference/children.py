"""The processes that are started to read, fetch and convert: they get none of our secrets."""

import os


def environment() -> dict[str, str]:
    """The environment of a child: ours, without keys and tokens that are not its business."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LLMTB_")}
