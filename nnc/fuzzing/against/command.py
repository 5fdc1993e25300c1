"""Runs the command of a decoder on one file: with limits, in a process of its own.

A command with `{}` in it is started for each file; `{}` stands for its path. A command without it
is started once, and gets a line of JSON for each file on its standard input; it answers each with
a line of JSON. docs/guides/decoders.md says how a decoder hands back what it decoded.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError

#: Words of a program that had too little memory.
NO_MEMORY = re.compile(r"MemoryError|bad_alloc|annot allocate memory|out of memory", re.IGNORECASE)

#: Names by which a command says where it wants something.
FILE, BASE, OUTPUT, ENTRY = "{}", "{base}", "{out}", "{entry}"

#: What a process that serves may take longer for its first answer, in seconds.
STARTING = 120.0

#: As much as is kept of what a command says.
MOST_TOLD = 4000

#: What a file of values may take, at most.
MOST_VALUES = 1 << 28


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command made of one file.

    Attributes:
        kind: `decoded`, `refused`, `crash`, `hang` or `memory`.
        told: what it said of it: the message of a refusal, the name of a signal.
        values: the tensors that it decoded, by name; None: it gave none.
        digests: digests of tensors by name, under `levels`, `values` or `model`.
        seconds: how long it took.
    """

    kind: str
    told: str = ""
    values: Mapping[str, NDArray[Any]] | None = None
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seconds: float = 0.0


class Command:
    """A decoder to be run.

    Use it as a context: at its end, what was started is ended.
    """

    def __init__(self, text: str, seconds: float, megabytes: int) -> None:
        """Take a command.

        Args:
            text: the command, as for a shell, but without its signs.
            seconds: the longest time for one file.
            megabytes: the most memory.

        Raises:
            InputError: it can't be taken apart into words, or there are none.
        """
        try:
            self.words = shlex.split(text)
        except ValueError as error:
            raise InputError(f"{text!r} is no command: {error}") from None
        if not self.words:
            raise InputError("the command to be run is empty")
        self.seconds, self.megabytes = seconds, megabytes
        joined = " ".join(self.words)
        self.is_server = FILE not in joined
        self.takes_bases = self.is_server or BASE in joined or ENTRY in joined
        self.is_told = self.is_server or ENTRY in joined
        self.folder = tempfile.TemporaryDirectory(prefix="nnc-against-")
        self.place = Path(self.folder.name)
        self.server: subprocess.Popen[bytes] | None = None
        self.errors: IO[bytes] | None = None
        self.is_new = False
        self.said = b""

    def __enter__(self) -> Command:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what was started, and remove its files."""
        self.stop()
        self.folder.cleanup()

    def run(self, data: bytes, base: bytes | None, told: Mapping[str, Any]) -> Answer:
        """Decode a bitstream.

        Args:
            data: the bitstream.
            base: the one to be decoded before it.
            told: what it leaves out, by element and name of the tensor.

        Raises:
            InputError: there is no such program.
        """
        file, output = self.place / "bitstream.nnc", self.place / "values.npz"
        base_file = self.place / "base.nnc"
        file.write_bytes(data)
        if base is not None:
            base_file.write_bytes(base)
        output.unlink(missing_ok=True)
        entry = {
            "file": str(file),
            "base": None if base is None else str(base_file),
            "out": str(output),
            **told,
        }
        started = time.monotonic()
        answer = self.ask(entry) if self.is_server else self.start_for(entry)
        seconds = time.monotonic() - started
        if answer.kind != "decoded":
            return Answer(answer.kind, answer.told, None, {}, seconds)
        return read_values(answer, output, seconds)

    # A process for each file

    def start_for(self, entry: Mapping[str, Any]) -> Answer:
        """Run the command for one file."""
        entry_file = self.place / "entry.json"
        entry_file.write_text(json.dumps(entry), "utf-8")
        base = entry["base"] or ""
        places = {BASE: base, OUTPUT: entry["out"], ENTRY: str(entry_file), FILE: entry["file"]}
        words = []
        for word in self.words:
            filled = word
            for name, value in places.items():
                filled = filled.replace(name, value)
            # Without a base, the word that names it goes, too.
            if word != BASE or base:
                words.append(filled)
        with (self.place / "told").open("w+b") as told, (self.place / "said").open("w+b") as said:
            process = self.popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=told)
            try:
                code = process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                kill(process)
                return Answer("hang", f"no end within {self.seconds:g} s")
            finally:
                kill(process)
            lines = tail(said)
            if code == 0:
                return Answer("decoded", digests=printed_digests(lines))
            return failure(code, tail(told) or lines)

    # One process for all

    def ask(self, entry: Mapping[str, Any]) -> Answer:
        """Ask the running process, which is started if there is none."""
        server = self.serving()
        assert server.stdin is not None
        try:
            server.stdin.write(json.dumps(entry).encode() + b"\n")
            server.stdin.flush()
        except OSError:
            return self.ended(server)
        answer = self.answered(server, self.seconds + (STARTING if self.is_new else 0.0))
        self.is_new = False
        if answer is None:
            self.stop()
            return Answer("hang", f"no answer within {self.seconds:g} s")
        return answer

    def serving(self) -> subprocess.Popen[bytes]:
        """Return the running process."""
        if self.server is None or self.server.poll() is not None:
            self.stop()
            self.errors = (self.place / "told").open("w+b")
            pipe = subprocess.PIPE
            self.server = self.popen(self.words, stdin=pipe, stdout=pipe, stderr=self.errors)
            self.said, self.is_new = b"", True
        return self.server

    def answered(self, server: subprocess.Popen[bytes], seconds: float) -> Answer | None:
        """Return its answer, None where it takes longer than so many seconds."""
        assert server.stdout is not None
        end = time.monotonic() + seconds
        while True:
            line, newline, rest = self.said.partition(b"\n")
            if newline:
                self.said = rest
                if line.lstrip().startswith(b"{"):
                    return answer_of(line)
                continue
            left = end - time.monotonic()
            if left <= 0 or not select.select([server.stdout], [], [], left)[0]:
                return None
            more = os.read(server.stdout.fileno(), 1 << 16)
            if not more:
                return self.ended(server)
            self.said = (self.said + more)[-(1 << 24) :]

    def ended(self, server: subprocess.Popen[bytes]) -> Answer:
        """Return what it means that the process has ended."""
        try:
            code = server.wait(5)
        except subprocess.TimeoutExpired:
            code = 0
        told = "" if self.errors is None else tail(self.errors)
        self.stop()
        if code == 0:
            return Answer("crash", "the process ended without an answer")
        found = failure(code, told)
        if found.kind == "refused":
            return Answer("crash", f"the process ended with code {code}: {found.told}")
        return found

    def stop(self) -> None:
        """End the running process."""
        if self.server is not None:
            kill(self.server)
            for pipe in (self.server.stdin, self.server.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self.server = None
        if self.errors is not None:
            self.errors.close()
            self.errors = None

    def popen(self, words: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        """Start a process in a session and a folder of its own, with limits.

        Raises:
            InputError: there is no such program.
        """
        try:
            return subprocess.Popen(
                words,
                cwd=self.place,
                env={**os.environ, "TMPDIR": str(self.place), "OMP_NUM_THREADS": "1"},
                start_new_session=True,
                preexec_fn=self.limit,
                **streams,
            )
        except OSError as error:
            raise InputError(f"{words[0]}: {error.strerror}") from None

    def limit(self) -> None:
        """Limit memory, files and dumps of the process that was started."""
        import resource

        most = self.megabytes << 20
        for kind, value in (
            (resource.RLIMIT_AS, most),
            (resource.RLIMIT_FSIZE, MOST_VALUES),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (value, value))


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process, and those that it started."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(file: IO[bytes]) -> str:
    """Return the end of what a process wrote."""
    file.flush()
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - MOST_TOLD))
    return file.read().decode("utf-8", "replace").strip()


def failure(code: int, told: str) -> Answer:
    """Return what a process that didn't end with 0 means; shells add 128 to a signal."""
    if NO_MEMORY.search(told):
        return Answer("memory", last_line(told))
    number = -code if code < 0 else code - 128
    if number > 0:
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        return Answer("crash", name)
    return Answer("refused", last_line(told) or f"code {code}")


def last_line(text: str) -> str:
    """Return the last line of a text, where programs say what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:400] if lines else ""


def answer_of(line: bytes) -> Answer:
    """Read a line of a process that serves.

    Raises:
        InputError: it isn't an answer.
    """
    try:
        said = json.loads(line)
    except ValueError as error:
        raise InputError(f"the command answered what isn't JSON: {error}") from None
    if not isinstance(said.get("decoded"), bool):
        raise InputError("the command answered without `decoded`: true or false")
    if said["decoded"]:
        kinds = ("levels", "values", "model")
        return Answer("decoded", digests={kind: said[kind] for kind in kinds if kind in said})
    told = str(said.get("error", ""))
    return Answer("memory" if NO_MEMORY.search(told) else "refused", last_line(told))


def printed_digests(text: str) -> dict[str, dict[str, str]]:
    """Read lines `DIGEST KIND NAME` that a command printed."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) (levels|values|model) (.*)", line)
        if match:
            found.setdefault(match[2], {})[match[3]] = match[1]
    return found


def read_values(answer: Answer, path: Path, seconds: float) -> Answer:
    """Return an answer with the values that the command left in a file."""
    if not path.exists():
        return Answer("decoded", "", None, answer.digests, seconds)
    try:
        with np.load(path, allow_pickle=False) as stored:
            values = {name: stored[name] for name in stored.files}
    except Exception as error:  # the file is another program's: whatever it raises
        return Answer("crash", f"it left no readable .npz: {error}", None, {}, seconds)
    return Answer("decoded", "", values, answer.digests, seconds)
