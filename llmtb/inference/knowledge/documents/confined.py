"""The process that reads one document: bounded in memory and time, it may fail alone.

Is started as `python -m …confined NAME LIMITS` with the document as its input; says on its
output, in MessagePack, either the document or what is wrong with it.
"""

import os
import resource
import sys

import msgspec

from llmtb.inference.errors import DocumentError
from llmtb.inference.knowledge.documents.document import Document
from llmtb.inference.knowledge.documents.limits import MIB, Limits

OUT_OF_MEMORY = 3  # exit status


class Outcome(msgspec.Struct, frozen=True):
    """What became of a document: itself, or what is wrong and what to do."""

    document: Document | None = None
    wrong: str = ""


def confine(limits: Limits) -> None:
    """Takes from this process what reading does not need."""
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(kind)
        bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
        resource.setrlimit(kind, (bound, bound))


def outcome(name: str, content: bytes, limits: Limits) -> Outcome:
    """Reads a document, whatever it holds."""
    from llmtb.inference.knowledge.documents.kinds import parse
    from llmtb.inference.knowledge.documents.plain import cleaned

    if len(content) > limits.size:
        return Outcome(wrong=f"is larger than {limits.size / MIB:,.0f} MiB; split it into parts")
    try:
        return Outcome(parse(name, content, limits))
    except DocumentError as error:
        return Outcome(wrong=cleaned(str(error)))
    except MemoryError:
        return Outcome(wrong=too_much_memory(limits))
    except RecursionError:
        return Outcome(wrong="is nested too deeply; save it again in a simpler form")
    except Exception as error:  # noqa: BLE001 - a broken file makes its parser raise anything
        reason = " ".join(cleaned(f"{type(error).__name__}: {error}").split())[:120]
        return Outcome(wrong=f"is damaged ({reason}); save or send it again")


def too_much_memory(limits: Limits) -> str:
    """What is said of a document that needs more than it may have."""
    return f"needs more than {limits.memory / MIB:,.0f} MiB to read; split it into parts"


def main() -> None:
    """Reads the document that is the input."""
    answer = os.dup(1)
    os.dup2(2, 1)  # a parser that prints does not spoil the answer
    limits = msgspec.json.decode(sys.argv[2], type=Limits)
    confine(limits)
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl imports it, and needs it not
    content = sys.stdin.buffer.read(limits.size + 1)
    with os.fdopen(answer, "wb") as pipe:
        pipe.write(msgspec.msgpack.encode(outcome(sys.argv[1], content, limits)))


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
