"""Reads pieces of a file in other processes, so that reading takes more than one core; small files are read here."""

import asyncio
import subprocess
import sys
from typing import BinaryIO, cast

from enterprise_app.core.settings import PROJECT_ROOT
from enterprise_app.domains.analytics.gateway.reader_process import receive, send
from enterprise_app.domains.analytics.rules.lines import LineReader
from enterprise_app.domains.analytics.rules.pieces import Piece, Understood, read_piece

_COMMAND = [sys.executable, "-m", "enterprise_app.domains.analytics.gateway.reader_process"]


class Readers:
    """So many processes with one reader each; with none, pieces are read in a thread of this process."""

    def __init__(self, reader: LineReader, processes: int) -> None:
        self.width = max(1, processes)
        self._reader = reader
        self._idle: asyncio.Queue[_Process | None] = asyncio.Queue()
        self._all = [_Process(reader) for _ in range(processes)]
        for process in self._all or [None]:
            self._idle.put_nowait(process)

    async def read(self, piece: Piece) -> Understood:
        """What is in the piece. Raises RuntimeError when the process that reads it ended."""
        process = await self._idle.get()
        try:
            if process is None:
                return await asyncio.to_thread(read_piece, piece, self._reader)
            return await asyncio.to_thread(process.read, piece)
        finally:
            self._idle.put_nowait(process)

    def stop(self) -> None:
        """End the processes; whoever still reads gets RuntimeError."""
        for process in self._all:
            process.stop()


class _Process:
    """One process, used by one thread at a time."""

    def __init__(self, reader: LineReader) -> None:
        # Its own session: a Ctrl-C on the terminal is ours to handle. When we end, it reads the end of its input.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            _COMMAND, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._input = cast(BinaryIO, self._process.stdin)
        self._output = cast(BinaryIO, self._process.stdout)
        send(self._input, reader)

    def read(self, piece: Piece) -> Understood:
        try:
            send(self._input, piece)
            return receive(self._output)
        except (EOFError, BrokenPipeError, ValueError) as error:
            raise RuntimeError(f"a reading process ended with code {self._process.poll()}") from error

    def stop(self) -> None:
        self._process.kill()  # it holds nothing
        self._process.wait()
        for stream in (self._input, self._output):
            try:
                stream.close()
            except BrokenPipeError:
                pass  # what it was still to be sent
