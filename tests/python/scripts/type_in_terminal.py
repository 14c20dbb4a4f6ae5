"""Runs a command that has a controlling terminal, and types a text when the command prompts on it. Prints what the
terminal shows, the standard output, the exit code, and whether the terminal echoes at the end, as JSON. Takes the text
and the command."""

import json
import os
import pty
import subprocess
import sys
import termios
import threading

typed, *command = sys.argv[1:]
ours, theirs = pty.openpty()
shown = []


def converse():
    is_typed = False
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # The terminal has no writer any more.
            return
        if not part:
            return
        shown.append(part)
        if not is_typed and b"".join(shown).endswith(b": "):
            os.write(ours, typed.encode())
            is_typed = True


process = subprocess.Popen(
    # A new session, whose controlling terminal is the first that it opens.
    [sys.executable, "-c", "import os, sys; os.setsid(); os.close(os.open(sys.argv[1], os.O_RDWR)); "
     "os.execv(sys.argv[2], sys.argv[2:])", os.ttyname(theirs), *command],
    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
)
reader = threading.Thread(target=converse, daemon=True)
reader.start()
stdout, _ = process.communicate()
echoes = bool(termios.tcgetattr(theirs)[3] & termios.ECHO)
os.close(theirs)
reader.join()
print(json.dumps({
    "terminal": b"".join(shown).decode(),
    "stdout": stdout,
    "code": process.returncode,
    "echo": echoes,
}))
