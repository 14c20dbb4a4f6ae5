"""Runs a command with a terminal for its standard error, and optionally for its standard output. Prints the outputs
and the exit code as JSON. Takes "stderr" or "both", and the command. TEST_COLUMNS is the terminal's width."""

import json
import os
import pty
import subprocess
import sys
import termios
import threading


def drain(descriptor, into):
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # The terminal has no writer any more.
            return
        if not part:
            return
        into.append(part)


which, *command = sys.argv[1:]
ours, theirs = pty.openpty()
if columns := os.environ.get("TEST_COLUMNS"):
    termios.tcsetwinsize(theirs, (24, int(columns)))
shown, written = [], []
process = subprocess.Popen(
    command, stdin=subprocess.DEVNULL, stderr=theirs,
    stdout=theirs if which == "both" else subprocess.PIPE,
)
os.close(theirs)
readers = [threading.Thread(target=drain, args=(ours, shown))]
if which != "both":
    readers.append(threading.Thread(target=drain, args=(process.stdout.fileno(), written)))
for reader in readers:
    reader.start()
for reader in readers:
    reader.join()
code = process.wait()
print(json.dumps({
    "terminal": b"".join(shown).decode(),
    "stdout bytes": sum(map(len, written)),
    "code": code,
}))
