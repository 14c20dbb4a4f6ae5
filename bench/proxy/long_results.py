"""Long results: the rate with and without a proxy, and the proxy's CPU for each gigabyte."""

import os
import statistics
import subprocess
import time

from contenders import PASSWORD, USER, cpu_seconds

ROWS, ROW_BYTES = 200_000, 4_000
GIGABYTES = ROWS * ROW_BYTES / 1e9
SQL = f"""SET SESSION cte_max_recursion_depth = {ROWS}; WITH RECURSIVE n (i) AS
(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT REPEAT('x', {ROW_BYTES}) FROM n"""


def read(mysql: str, port: int, tls: bool) -> float:
    """The seconds that the client `mysql` takes to read the result."""
    command = [mysql, "--no-defaults", "--host=127.0.0.1", f"--port={port}", f"--user={USER}", "--quick",
               "--skip-column-names", f"--ssl-mode={'REQUIRED' if tls else 'DISABLED'}", "--get-server-public-key",
               "--execute", SQL]
    begin = time.monotonic()
    subprocess.run(command, env=os.environ | {"MYSQL_PWD": PASSWORD}, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begin


def measure(mysql: str, rounds: int, ports: dict, processes: dict) -> None:
    runs = {"direct, TLS": ("direct", True), "direct": ("direct", False), "ours": ("ours", False),
            "router": ("router", False), "haproxy": ("haproxy", False)}
    seconds = {name: [] for name in runs}
    cpu = {name: [] for name in processes}
    for _ in range(rounds):
        for run, (name, tls) in runs.items():
            before = cpu_seconds(processes[name]) if name in processes else 0
            seconds[run].append(read(mysql, ports[name], tls))
            if name in processes:
                cpu[name].append((cpu_seconds(processes[name]) - before) / GIGABYTES)
    print(f"\na result of {GIGABYTES:.1f} GB: rate to direct with TLS, and the proxy's CPU")
    baseline = seconds["direct, TLS"]
    for run, values in seconds.items():
        ratio = statistics.median(direct / value for direct, value in zip(baseline, values))
        used = f"   CPU {statistics.median(cpu[run]):.2f} s a GB" if run in cpu else ""
        print(f"  {run:11} {statistics.median(values):6.2f} s   {ratio:.2f}{used}")
    ratio = statistics.median(ours / router for ours, router in zip(cpu["ours"], cpu["router"]))
    print(f"  ours to direct: asked ≥ 0.95; CPU of ours to mysql-router: {ratio:.2f} (asked ≤ 0.7)")
