"""Connections to `rds-bridge proxy`: the time of a new one, and the memory of idle ones."""

import contextlib
import re
import socket
import statistics
import struct
import subprocess
import time
from pathlib import Path

NEW, IDLE = 500, 5_000
# CLIENT_LONG_PASSWORD, CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION and CLIENT_PLUGIN_AUTH.
CAPABILITIES = 0x0008_8201
RESPONSE = struct.pack("<IIB23x", CAPABILITIES, 1 << 24, 45) + b"bench\0\0caching_sha2_password\0"


def read_packet(stream: socket.socket) -> bytes:
    header = stream.recv(4, socket.MSG_WAITALL)
    return stream.recv(int.from_bytes(header[:3], "little"), socket.MSG_WAITALL)


def log_in(port: int) -> socket.socket:
    """A client without a password, which the proxy trusts."""
    stream = socket.create_connection(("127.0.0.1", port))
    read_packet(stream)
    stream.sendall(len(RESPONSE).to_bytes(3, "little") + b"\x01" + RESPONSE)
    answer = read_packet(stream)
    if answer[0] != 0:
        raise SystemExit(f"the proxy refused a client: {answer[3:].decode(errors='replace')}")
    return stream


def resident_bytes(process: subprocess.Popen) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def measure_new(port: int) -> None:
    times = []
    for _ in range(NEW):
        begin = time.monotonic()
        log_in(port).close()
        times.append((time.monotonic() - begin) * 1e3)
    times.sort()
    print(f"\na new connection through the proxy, from TCP to the OK packet: p50 {statistics.median(times):.2f} ms, "
          f"p99 {times[int(len(times) * 0.99)]:.2f} ms (asked: at most 1 ms above the login of bench-connect)")


def measure_idle(port: int, process: subprocess.Popen) -> None:
    with contextlib.ExitStack() as stack:
        before = resident_bytes(process)
        for _ in range(IDLE):
            stack.enter_context(log_in(port))
        each = (resident_bytes(process) - before) / IDLE / 1024
    print(f"{IDLE} idle connections: {each:.1f} KB of the proxy's memory each (asked ≤ 64)")
