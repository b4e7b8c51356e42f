"""A process that reads pieces for an import: `python -m` this. It ends when its parent does, however that ends.

Speaks through its standard streams: a reader comes first, then pieces; each is answered by what was understood.
"""

import pickle
import struct
import sys
from typing import Any, BinaryIO

from enterprise_app.domains.analytics.rules.lines import LineReader
from enterprise_app.domains.analytics.rules.pieces import read_piece

_LENGTH = struct.Struct("<Q")


def send(stream: BinaryIO, value: Any) -> None:
    """Write one value. Raises BrokenPipeError when nobody reads any more."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one value. Raises EOFError when the other side has ended."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    data = stream.read(_LENGTH.unpack(head)[0])
    return pickle.loads(data)  # noqa: S301 - from our own process


def main() -> None:
    """Answer until there is nobody to answer."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    try:
        reader: LineReader = receive(source)
        while True:
            send(target, read_piece(receive(source), reader))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
