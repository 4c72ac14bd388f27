"""What auditors are told: what was signed, to be kept by them, and what does not hold."""

from collections.abc import Iterator
from typing import Final

from llmtb.channels.conversation.occasion import Notice, Occasion, to_roles
from llmtb.channels.conversation.step import Say, fitting
from llmtb.events.audit import ChainBroken, CheckpointSigned, MismatchAccepted

LONGEST: Final = 2000  # of a note, in UTF-16 units; ours have a few hundred


def signed(occasion: Occasion) -> Iterator[Notice]:
    """A checkpoint, as it was signed: whoever has this message can prove what was recorded."""
    event: CheckpointSigned = occasion.event
    for chat, speech in to_roles(occasion, "auditor"):
        match event.occasion:
            case "export":
                text = speech.count(
                    "For an export: a checkpoint of {n} event.",
                    "For an export: a checkpoint of {n} events.",
                    event.size,
                )
            case "backup":
                text = speech.count(
                    "For a backup: a checkpoint of {n} event.",
                    "For a backup: a checkpoint of {n} events.",
                    event.size,
                )
            case _:
                text = speech.count(
                    "A checkpoint of {n} event. Keep it: it shows later whether that was changed.",
                    "A checkpoint of {n} events. Keep it: it shows later whether any of them was "
                    "changed.",
                    event.size,
                )
        # The note itself stays letter by letter as it was signed, so that it can be copied.
        yield Notice(chat, Say(text=f"{text}\n\n{fitting(event.note, LONGEST)}"))


def broken(occasion: Occasion) -> Iterator[Notice]:
    """The chain does not hold, so nothing is signed any more."""
    event: ChainBroken = occasion.event
    for chat, speech in to_roles(occasion, "auditor", "supervisor"):
        text = speech.say(
            "Event {seq} is not the one that was recorded, so no checkpoint is signed any more. "
            "Whoever runs this program must find out why.",
            seq=event.broken,
        )
        yield Notice(chat, Say(text=text))


def accepted(occasion: Occasion) -> Iterator[Notice]:
    """The owner goes on with records that are not those that were signed."""
    event: MismatchAccepted = occasion.event
    for chat, speech in to_roles(occasion, "auditor", "supervisor"):
        text = speech.say(
            "The records do not match what was signed, and whoever runs this program goes on with "
            "them all the same: {reason}",
            reason=event.reason,
        )
        told = f"{text}\n\n{speech.isolate(fitting(event.why, LONGEST))}"
        if event.note:
            told += f"\n\n{fitting(event.note, LONGEST)}"
        yield Notice(chat, Say(text=fitting(told)))
