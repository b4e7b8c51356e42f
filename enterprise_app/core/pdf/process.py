"""A process that sets one document: JSON in, PDF out. `python -m` this."""

import sys

import msgspec

from .documents import Document
from .setting import set_document


def main() -> None:
    """From the standard input to the standard output."""
    document = msgspec.json.decode(sys.stdin.buffer.read(), type=Document)
    sys.stdout.buffer.write(set_document(document))


if __name__ == "__main__":
    main()
