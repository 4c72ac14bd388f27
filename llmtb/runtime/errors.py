"""What an asker may get instead of an answer."""


class Refused(Exception):
    """An actor says no, for a reason of its business: a reply, and no failure of the actor."""


class Unanswered(Exception):
    """The base of everything the runtime itself says to an asker.

    kind, key: the actor that was asked.
    """

    reason = "did not answer"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"{kind}/{key} {self.reason}")
        self.kind = kind
        self.key = key


class MailboxFull(Unanswered):
    """The mailbox holds as much as it may; nothing was done. Ask again later."""

    reason = "has a full mailbox"


class DeadlineExceeded(Unanswered):
    """The time was over before the answer.

    A message that was still waiting will not be executed; one that was being handled may yet
    take effect.
    """

    reason = "did not answer in time"


class Stopped(Unanswered):
    """The actor or the whole system has stopped; a message being handled may have had effect."""

    reason = "is stopped"
