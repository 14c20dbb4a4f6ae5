"""The proxies, and the programs that stand in for clients."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

USER = "admin"
PASSWORD = "correct horse battery staple"
CONTENDERS = ("direct", "ours", "router", "haproxy")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    """Waits until the process listens on the port. Exits with the end of its log if it does not."""
    for _ in range(1000):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    status = process.poll()
    ended = "still runs" if status is None else f"ended with status {status}"
    end = log.read_text(errors="replace")[-2000:]
    sys.exit(f"{log.stem} does not listen on port {port}, and {ended}. The end of its log:\n{end}")


@contextlib.contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen]:
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as process:
        try:
            wait_for(port, process, log)
            yield process
        finally:
            process.terminate()


def router_settings(folder: Path, plugins: str, port: int, server: int) -> Path:
    path = folder / "router.conf"
    path.write_text(f"""[DEFAULT]
logging_folder={folder}
runtime_folder={folder}
data_folder={folder}
plugin_folder={plugins}
max_total_connections=20000
[routing:bench]
bind_address=127.0.0.1
bind_port={port}
destinations=127.0.0.1:{server}
routing_strategy=first-available
client_ssl_mode=PREFERRED
client_ssl_cert={folder}/client-cert.pem
client_ssl_key={folder}/client-key.pem
server_ssl_mode=REQUIRED
max_connections=20000
""")
    return path


def haproxy_settings(folder: Path, port: int, server: int) -> Path:
    path = folder / "haproxy.cfg"
    path.write_text(f"""global
    maxconn 8000
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen bench
    bind 127.0.0.1:{port}
    server mysql 127.0.0.1:{server}
""")
    return path


def cpu_seconds(process: subprocess.Popen) -> float:
    """The CPU time of a process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
