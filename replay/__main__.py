"""Check, read and ask an export or a journal; nothing of the running system is needed."""

import argparse
import sys
from collections.abc import Collection, Sequence
from importlib import import_module

from replay.exits import DONE, FAULT, INTERRUPTED, Failed, unread

VERBS = {
    "verify": "is every event what was written, in its place and order?",
    "diff": "what two exports or journals do not have in common",
    "stats": "how much of what happened, and when",
    "timeline": "what happened to a person, in a shift or in a chat, in order",
    "state": "everything that held at an instant",
    "why": "the causes of an event, in words",
    "report": "a shift's report, drawn again",
    "whatif": "what would another policy have done with the same presses, calls and returns?",
}
"""By name: what it is for. Each is a module of this folder, with `add` and `run`."""


def parser(verbs: Collection[str] = VERBS.keys()) -> argparse.ArgumentParser:
    """The verbs, and the arguments of those that are asked for; the others stay unloaded."""
    whole = argparse.ArgumentParser(prog="python -m replay", description=__doc__)
    choices = whole.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, purpose in VERBS.items():
        part = choices.add_parser(verb, help=purpose, description=purpose)
        if verb in verbs:
            module = import_module(f"replay.{verb}")
            module.add(part)
            part.set_defaults(run=module.run)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a verb says; returns the exit status, see `replay.exits`."""
    words = sys.argv[1:] if arguments is None else arguments
    options = parser(words[:1]).parse_args(words)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except Failed as failure:
        sys.stderr.write(f"replay: {failure}\n")
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        unread()
        return DONE
    except Exception as fault:  # noqa: BLE001 - the last door: no stack trace reaches a person
        said = " ".join(str(fault).split())
        sys.stderr.write(f"replay: a fault of the program: {type(fault).__name__}: {said}\n")
        return FAULT
    return status


if __name__ == "__main__":
    sys.exit(main())
