"""Short statements by sysbench: what each proxy adds to one client, and the rate of several."""

import re
import statistics
import subprocess
import sys
from pathlib import Path

from contenders import CONTENDERS, PASSWORD, USER, cpu_seconds

ROWS = 10_000
# sysbench's client library (MariaDB's) loads caching_sha2_password in each thread. If two threads load it at once, one
# does not find it, and the proxy that expects it refuses the client. That is no result of the proxy: the run is
# repeated.
ATTEMPTS = 20


class Sysbench:
    """sysbench, and the folder with its certificates for TLS."""

    def __init__(self, program: str, folder: Path, seconds: int):
        self.program, self.folder, self.seconds = program, folder, seconds

    def run(self, port: int, test: str, threads: int, tls: bool = False, action: str = "run") -> str:
        command = [self.program, test, "--mysql-host=127.0.0.1", f"--mysql-port={port}", f"--mysql-user={USER}",
                   f"--mysql-password={PASSWORD}", "--mysql-db=iamtest", f"--table-size={ROWS}", "--tables=1",
                   f"--threads={threads}", f"--time={self.seconds}", "--skip-trx=on",
                   f"--mysql-ssl={'on' if tls else 'off'}", action]
        for _ in range(ATTEMPTS):
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return done.stdout
        sys.exit(f"sysbench failed on port {port}: {done.stdout[-600:]} {done.stderr}")

    def queries_per_second(self, port: int, test: str, threads: int, tls: bool) -> float:
        output = self.run(port, test, threads, tls)
        return float(re.search(r"queries:\s+\d+\s+\(([\d.]+) per sec", output)[1])


def measure(sysbench: Sysbench, rounds: int, ports: dict, processes: dict, test: str, threads: int) -> None:
    runs = {"direct": ("direct", False), "direct, TLS": ("direct", True)}
    runs |= {name: (name, False) for name in CONTENDERS[1:]}
    rates = {name: [] for name in runs}
    cpu = {name: [] for name in processes}
    for _ in range(rounds):
        for run, (name, tls) in runs.items():
            before = cpu_seconds(processes[name]) if name in processes else 0
            rate = sysbench.queries_per_second(ports[name], test, threads, tls)
            rates[run].append(rate)
            if name in processes:
                cpu[name].append((cpu_seconds(processes[name]) - before) / (rate * sysbench.seconds) * 1e6)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"\n{test}, {threads} clients: queries a second, and to mysql-router")
    for name, rate in medians.items():
        used = f"   CPU {statistics.median(cpu[name]):5.1f} µs a query" if name in cpu else ""
        print(f"  {name:11}{rate:10.0f}   {rate / medians['router']:.2f}{used}")
    if threads == 1:
        report_added({name: 1e6 / rate for name, rate in medians.items()})


def report_added(micros: dict) -> None:
    """What each adds to its own baseline: TLS to the server, and for haproxy plaintext."""
    added = {name: micros[name] - micros["direct, TLS"] for name in ("ours", "router")}
    added["haproxy"] = micros["haproxy"] - micros["direct"]
    print("  added to a query, µs: " + ", ".join(f"{name} {value:.1f}" for name, value in added.items()))
    print(f"  ours to mysql-router: {added['ours'] / added['router']:.2f} (asked ≤ 0.5)")
