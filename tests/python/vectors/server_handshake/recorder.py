"""Runs one handshake with a client, and writes down every call of the component and what it returned."""

from component_host import Refused
from replay_server import outcome
from server_handshake import ServerHandshake

# perform_full_authentication of caching_sha2_password: the client answers it.
FULL = "04"


class Recorder:
    def __init__(self, bridge, name, begin, stream, context=None):
        self.name, self.begin, self.stream, self.context = name, begin, stream, context
        self.handshake = ServerHandshake(bridge, begin)
        self.calls = []
        self.response = None
        self.answered = None

    def connect(self):
        """Goes on until the client has sent its response, or until an error."""
        step = self.call("receive", "")
        while step is not None:
            if step == "read":
                step = self.receive()
            elif step == "start-tls":
                self.stream = self.context.wrap_socket(self.stream, server_side=True)
                self.call("tls-established", None)
                step = self.call("receive", "")
            elif "write" in step:
                self.stream.sendall(bytes.fromhex(step["write"]))
                step = self.call("receive", "")
            else:
                self.response = step["authenticate"]
                return

    def decide(self, decisions):
        """Carries out the host's decisions. The last one is the last packet."""
        for kind, value in decisions:
            if kind == "verify":
                stored, proven = value
                assert self.call("verify", stored) is proven, f"{self.name}: the password"
            elif kind == "answer":
                assert self.answered == value, f"{self.name}: {self.answered} in place of {value}"
            else:
                self.stream.sendall(bytes.fromhex(self.call("reply", {kind: value})))
                if kind == "switch-plugin" or (kind, value) == ("more-data", FULL):
                    assert self.call("receive", "") == "read"
                    self.answered = self.receive()["plugin-response"]

    def receive(self):
        return self.call("receive", self.read_packet().hex())

    def call(self, method, value):
        """Calls the component. Returns nothing after an error."""
        try:
            returned = self.handshake.call(method, value)
        except Refused as refused:
            self.calls.append({method: value, "error": refused.error})
            return None
        self.calls.append({method: value, "returns": returned})
        return returned

    def read_packet(self):
        """One packet and no byte after it; nothing at the end of the stream."""
        header = self.read(4)
        return header + self.read(int.from_bytes(header[:3], "little")) if header else b""

    def read(self, length):
        data = b""
        while len(data) < length and (more := self.stream.recv(length - len(data))):
            data += more
        return data

    def exchange(self):
        return {"name": self.name, "begin": self.begin, "calls": self.calls, "outcome": outcome(self.calls)}
