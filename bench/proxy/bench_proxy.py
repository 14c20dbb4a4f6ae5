"""Measures what a proxy adds to statements, results and connections, beside mysql-router and haproxy.

    server mysql --ssl-ca=FOLDER/client-cert.pem python bench_proxy.py --rds-bridge PROGRAM --certificates FOLDER

The program `server` (tests/support/examples) starts MySQL and puts a client's settings into the environment. All
contenders run against that server, in interleaved rounds, and each figure is the median of the rounds:

direct        the client to the server, in plaintext
direct, TLS   the client to the server, in TLS
ours          the client in plaintext to `rds-bridge proxy`, which speaks TLS to the server
router        the client in plaintext to mysql-router, which speaks TLS to the server
haproxy       the client in plaintext to haproxy in TCP mode, which copies to the server: the floor

sysbench speaks TLS only with a certificate of its own, which the server has to know.
"""

import argparse
import contextlib
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import connections
import long_results
from contenders import free_port, haproxy_settings, router_settings, running
from statements import Sysbench, measure

STATEMENTS = (("oltp_point_select", 1), ("oltp_read_only", 8), ("oltp_read_only", 64))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what proxies add to statements, results and connections")
    parser.add_argument("--rds-bridge", required=True)
    parser.add_argument("--certificates", required=True, type=Path, metavar="FOLDER",
                        help="has client-cert.pem and client-key.pem, which the server knows")
    parser.add_argument("--mysqlrouter", default="mysqlrouter")
    parser.add_argument("--router-plugins", default="/usr/lib/mysqlrouter/plugin")
    parser.add_argument("--haproxy", default="haproxy")
    parser.add_argument("--sysbench", default="sysbench")
    parser.add_argument("--mysql", default="mysql", help="client that reads the long results")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--only", choices=("statements", "results", "connections"), help="default: all")
    return parser.parse_args()


def prepare(arguments: argparse.Namespace, folder: Path, server: int) -> Sysbench:
    for name in ("client-cert.pem", "client-key.pem"):
        shutil.copy(arguments.certificates / name, folder)
    shutil.copy(os.environ["DB_CA_FILE"], folder / "cacert.pem")
    sysbench = Sysbench(arguments.sysbench, folder, arguments.seconds)
    sysbench.run(server, "oltp_point_select", 1, action="prepare")
    return sysbench


def main() -> int:
    arguments = parse()
    # Each connection is a file here, and two in the proxy, which raises its own limit.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = int(os.environ["DB_CONNECT_TO"].rsplit(":", 1)[1])
    ports = {"direct": server, "ours": free_port(), "router": free_port(), "haproxy": free_port()}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        sysbench = prepare(arguments, folder, server)
        router = router_settings(folder, arguments.router_plugins, ports["router"], server)
        haproxy = haproxy_settings(folder, ports["haproxy"], server)
        commands = {
            "ours": [arguments.rds_bridge, "proxy", "--listen", f"127.0.0.1:{ports['ours']}",
                     "--connections-per-second", "100000", "--max-connections", "20000"],
            "router": [arguments.mysqlrouter, "--config", str(router)],
            "haproxy": [arguments.haproxy, "-f", str(haproxy)],
        }
        processes = {name: stack.enter_context(running(command, ports[name], folder / f"{name}.log"))
                     for name, command in commands.items()}
        if arguments.only in (None, "statements"):
            for test, threads in STATEMENTS:
                measure(sysbench, arguments.rounds, ports, processes, test, threads)
        if arguments.only in (None, "results"):
            long_results.measure(arguments.mysql, arguments.rounds, ports, processes)
        if arguments.only in (None, "connections"):
            connections.measure_new(ports["ours"])
            connections.measure_idle(ports["ours"], processes["ours"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
