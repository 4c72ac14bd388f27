"""A conversion in a process of its own: an order on standard input, its outcome on the other."""

import errno
import os
import sys

import msgspec

from llmtb.inference.errors import ModelError
from llmtb.inference.models.conversions.making import carry_out
from llmtb.inference.models.conversions.orders import Order, Outcome


def main() -> None:
    """Carry out one order."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    # Libraries print what they like to where the outcome goes; it goes elsewhere meanwhile.
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        made = carry_out(order)
        outcome = Outcome(model=made)
    except ModelError as error:
        outcome = Outcome(error=str(error))
    except MemoryError:
        outcome = Outcome(error=f"{order.name}: there is not enough memory to convert it")
    except OSError as error:
        outcome = Outcome(errno=error.errno or errno.EIO, file=str(error.filename or order.into))
    with said:
        said.write(outcome.encoded())


if __name__ == "__main__":
    main()
