"""Three gateways, and haproxy in front of them."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

EXECUTE = "/psdb.v1alpha1.Database/Execute"
INSTANCE = "rds-bridge-instance"
HAPROXY = Path(__file__).with_name("haproxy.cfg").read_text()


def free_ports(number):
    """Ports that differ from each other."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def status(port, path):
    """The status of a GET, or None if nothing listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


class Gateway:
    """A gateway that can be started again on its ports."""

    def __init__(self, port, admin, log):
        self.port, self.admin, self.log = port, admin, log
        self.start()

    def start(self):
        command = [os.environ["RDS_BRIDGE"], "serve", "--trust-loopback", "--allow-writes",
                   f"--listen=127.0.0.1:{self.port}", f"--admin=127.0.0.1:{self.admin}", "--max-connections=20",
                   "--drain-notice=1", "--drain-timeout=20"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        while status(self.admin, "/ready") != 200:
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text())
            time.sleep(0.02)

    def stop(self):
        """Lets it drain. Returns its exit status."""
        self.process.terminate()
        return self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Instances:
    """The gateways, and the address of haproxy."""

    def __init__(self, folder):
        self.folder = Path(folder)
        ports = free_ports(7)
        self.port = ports[0]
        logs = (self.folder / f"gateway{number}.log" for number in range(3))
        self.gateways = [Gateway(*both, log) for both, log in zip(zip(ports[1:4], ports[4:]), logs)]
        settings = self.folder / "haproxy.cfg"
        servers = "\n".join(
            f"    server gateway{number} 127.0.0.1:{gateway.port} check port {gateway.admin} inter 200ms fall 1 rise 1"
            for number, gateway in enumerate(self.gateways)
        )
        settings.write_text(HAPROXY.replace("@PORT@", str(self.port)).replace("@SERVERS@", servers))
        self.haproxy = subprocess.Popen([shutil.which("haproxy"), "-db", "-f", str(settings)])
        # haproxy accepts before it knows a server that is up.
        while status(self.port, "/v1/openapi.json") != 200:
            time.sleep(0.05)

    def close(self):
        self.haproxy.kill()
        self.haproxy.wait()
        for gateway in self.gateways:
            gateway.kill()


class Client:
    """A client of the PlanetScale dialect that keeps its connection."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.session = None
        self.instance = None

    def execute(self, sql):
        """The status of the response, and its error or result."""
        body = json.dumps({"query": sql, "session": self.session})
        try:
            self.connection.request("POST", EXECUTE, body, {"content-type": "application/json"})
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError):
            # An idle connection that haproxy has closed meanwhile.
            raise AssertionError("haproxy lost a request") from None
        self.instance = response.getheader(INSTANCE)
        text = response.read()
        if response.status != 200:
            return response.status, text.decode()
        answer = json.loads(text)
        self.session = answer["session"]
        return 200, answer.get("error") or answer["result"]


class Load:
    """Threads that call a function with 0, 1, 2 … until the load is stopped."""

    def __init__(self, *functions):
        self.is_over = threading.Event()
        self.errors = []
        self.calls = 0
        self.threads = [threading.Thread(target=self.run, args=(function,)) for function in functions]
        for thread in self.threads:
            thread.start()

    def run(self, function):
        number = 0
        while not self.is_over.is_set():
            try:
                function(number)
            except BaseException as error:
                self.errors.append(error)
            number += 1
            self.calls += 1

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()
