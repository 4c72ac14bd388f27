"""What can go wrong with models and documents; each says it in one line for a person."""


class InferenceError(Exception):
    """Base of all of them: what was wrong, where, and what to do."""


class ModelError(InferenceError):
    """A model is missing, damaged, unknown, or cannot take what it was given."""


class DocumentError(InferenceError):
    """A document cannot be read."""


class QueueFull(InferenceError):
    """Too much waits already; nothing was taken."""


class DeadlinePassed(InferenceError):
    """It would have come too late, so it was given up."""


class Closed(InferenceError):
    """The service has stopped, or stops."""


class Unsupported(InferenceError):
    """A text was written to its end, and the documents do not bear it out."""


class EndpointError(InferenceError):
    """A model behind HTTP did not answer as it should."""
