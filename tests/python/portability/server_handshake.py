"""The server's side of the connection phase, in Wasmtime for Python, with plain values as in the vectors."""

from component_host import plain, record
from wasmtime.component import Variant

INTERFACE = "rds:bridge/server-handshake@0.2.0"
# The parameters of the functions that begin a handshake, in their order.
BEGINNINGS = {
    "start": ("identity", "scramble", "tls"),
    "start-as": ("initial-handshake", "withheld-capabilities", "scramble", "tls"),
    "change-user": ("command", "capabilities", "mariadb-capabilities", "scramble", "is-tls"),
}
BYTES = ("scramble", "initial-handshake", "command")


class ServerHandshake:
    """A handshake. Its methods raise Refused with an error of the component."""

    def __init__(self, bridge, begin):
        ((function, arguments),) = begin.items()
        given = [argument(name, arguments[name]) for name in BEGINNINGS[function]]
        self.bridge = bridge
        self.resource = bridge._call(INTERFACE, f"[static]server-handshake.{function}", *given)

    def call(self, method, value):
        """Calls a method by its name in the contract. Methods without parameters take null."""
        return {
            "receive": self.receive,
            "tls-established": lambda _: self._call("tls-established"),
            "reply": self.reply,
            "verify": self.verify,
        }[method](value)

    def receive(self, data):
        return self._call("receive", bytes.fromhex(data))

    def reply(self, reply):
        ((case, value),) = reply.items()
        if case == "switch-plugin":
            value = record({"plugin": value["plugin"], "data": bytes.fromhex(value["data"])})
        elif case == "refuse":
            value = record(value)
        else:
            value = bytes.fromhex(value)
        return self._call("reply", Variant(case, value))

    def verify(self, stored):
        ((case, value),) = stored.items()
        return self._call("verify", Variant(case, bytes.fromhex(value)))

    def _call(self, method, *arguments):
        name = f"[method]server-handshake.{method}"
        return plain(self.bridge._call(INTERFACE, name, self.resource, *arguments))


def argument(name, value):
    if name in BYTES:
        return bytes.fromhex(value)
    return record(value) if isinstance(value, dict) else value
