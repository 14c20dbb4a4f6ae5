"""Measures what a proxy adds to a statement, beside mysql-router and haproxy.

    server mysql python bench_proxy.py --rds-bridge PROGRAM

The program `server` (tests/support/examples) starts MySQL and puts a client's settings into the environment. All
contenders run against that server, in interleaved rounds, and each figure is the median of the rounds:

direct      sysbench to the server, in plaintext
ours        sysbench in plaintext to `rds-bridge proxy`, which speaks TLS to the server
router      sysbench in plaintext to mysql-router, which speaks TLS to the server
haproxy     sysbench in plaintext to haproxy in TCP mode, which copies to the server: the floor

What each adds is its time for a query without that of direct. For ours and router this includes the TLS to the server,
which haproxy does not speak. (sysbench speaks TLS only with a client certificate that the server knows.)
"""

import argparse
import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

PASSWORD_USER = ("admin", "correct horse battery staple")
ROWS = 10_000
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


def certificate(folder: Path) -> None:
    """The certificate that mysql-router needs to offer TLS to its clients, which do not use it."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=bench",
                    "-keyout", "key.pem", "-out", "certificate.pem"], cwd=folder, check=True, stderr=subprocess.DEVNULL)


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
client_ssl_cert={folder}/certificate.pem
client_ssl_key={folder}/key.pem
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


def sysbench(program: str, port: int, test: str, threads: int, seconds: int, action: str = "run") -> str:
    user, password = PASSWORD_USER
    command = [program, test, "--mysql-host=127.0.0.1", f"--mysql-port={port}", f"--mysql-user={user}",
               f"--mysql-password={password}", "--mysql-db=iamtest", f"--table-size={ROWS}", "--tables=1",
               f"--threads={threads}", f"--time={seconds}", "--skip-trx=on", action]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"sysbench failed on port {port}: {done.stdout[-600:]} {done.stderr}")
    return done.stdout


def queries_per_second(output: str) -> float:
    return float(re.search(r"queries:\s+\d+\s+\(([\d.]+) per sec", output)[1])


def measure(arguments, ports, processes, test, threads) -> None:
    rates = {name: [] for name in CONTENDERS}
    cpu = {name: [] for name in processes}
    for _ in range(arguments.rounds):
        for name in CONTENDERS:
            before = cpu_seconds(processes[name]) if name in processes else 0
            output = sysbench(arguments.sysbench, ports[name], test, threads, arguments.seconds)
            rate = queries_per_second(output)
            rates[name].append(rate)
            if name in processes:
                cpu[name].append((cpu_seconds(processes[name]) - before) / (rate * arguments.seconds) * 1e6)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"\n{test}, {threads} clients: queries a second, and to mysql-router")
    for name, rate in medians.items():
        used = f"   CPU {statistics.median(cpu[name]):5.1f} µs a query" if name in cpu else ""
        print(f"  {name:11}{rate:10.0f}   {rate / medians['router']:.2f}{used}")
    if threads == 1:
        micros = {name: 1e6 / rate for name, rate in medians.items()}
        added = {name: micros[name] - micros["direct"] for name in ("ours", "router", "haproxy")}
        print("  added to a query, µs: " + ", ".join(f"{name} {value:.1f}" for name, value in added.items()))
        print(f"  ours to mysql-router: {added['ours'] / added['router']:.2f} (asked ≤ 0.5)")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what proxies add to a statement")
    parser.add_argument("--rds-bridge", required=True)
    parser.add_argument("--mysqlrouter", default="mysqlrouter")
    parser.add_argument("--router-plugins", default="/usr/lib/mysqlrouter/plugin")
    parser.add_argument("--haproxy", default="haproxy")
    parser.add_argument("--sysbench", default="sysbench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    server = int(os.environ["DB_CONNECT_TO"].rsplit(":", 1)[1])
    ports = {"direct": server, "ours": free_port(), "router": free_port(), "haproxy": free_port()}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        certificate(folder)
        router = router_settings(folder, arguments.router_plugins, ports["router"], server)
        haproxy = haproxy_settings(folder, ports["haproxy"], server)
        commands = {
            "ours": [arguments.rds_bridge, "proxy", "--listen", f"127.0.0.1:{ports['ours']}"],
            "router": [arguments.mysqlrouter, "--config", str(router)],
            "haproxy": [arguments.haproxy, "-f", str(haproxy)],
        }
        processes = {name: stack.enter_context(running(command, ports[name], folder / f"{name}.log"))
                     for name, command in commands.items()}
        sysbench(arguments.sysbench, server, "oltp_point_select", 1, 1, "prepare")
        for test, threads in (("oltp_point_select", 1), ("oltp_read_only", 8), ("oltp_read_only", 64)):
            measure(arguments, ports, processes, test, threads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
