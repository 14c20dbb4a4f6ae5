"""The component in Wasmtime for Python. Arguments and results are plain values, as in JSON.

A record is a dict, an enum a string, a variant a string (without a payload) or {case: payload}, bytes are a
hexadecimal string. A result returns its value, or raises Refused with its error.
"""

from wasmtime import Config, Engine, Store
from wasmtime.component import Component, Linker, Record, Variant

PRESIGN = "rds:bridge/presign@0.2.0"
HANDSHAKE = "rds:bridge/handshake@0.2.0"
# The fields of a config that the vectors do not name.
CONFIG = {"capabilities": None, "mariadb-capabilities": 0, "max-packet-size": None}


class Refused(Exception):
    """An error of the component, as a plain value."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


class Bridge:
    def __init__(self, path):
        self.engine = Engine(Config())
        component = Component.from_file(self.engine, path)
        self.store = Store(self.engine)
        # The linker is empty, because the component has no imports.
        self.instance = Linker(self.engine).instantiate(self.store, component)

    def exports(self, interface):
        return self.instance.get_export_index(self.store, interface) is not None

    def _call(self, interface, name, *arguments):
        index = self.instance.get_export_index(self.store, interface)
        index = self.instance.get_export_index(self.store, name, index)
        function = self.instance.get_func(self.store, index)
        result = function(self.store, *arguments)
        function.post_return(self.store)
        # Some results are a Variant("ok" | "err"), others the bare payload.
        if isinstance(result, Variant) and result.tag == "ok":
            return result.payload
        if isinstance(result, Variant):
            error = result.payload if result.tag == "err" else result
            raise Refused(plain(error))
        return result

    def presign(self, credentials, request, lifetime):
        token = self.presign_in_component(credentials, request, lifetime)
        text = self._call(PRESIGN, "[method]auth-token.text", token)
        valid_until = self._call(PRESIGN, "[method]auth-token.valid-until", token)
        token.drop(self.store)
        return {"text": text, "valid-until": valid_until}

    def presign_in_component(self, credentials, request, lifetime):
        """Returns the token as a resource. Its text stays in the component."""
        return self._call(PRESIGN, "presign", record(credentials), record(request), record(lifetime))

    def steps(self, credentials, request, lifetime):
        return plain(self._call(PRESIGN, "steps", record(credentials), record(request), record(lifetime)))

    def inspect(self, token):
        return plain(self._call(PRESIGN, "inspect", token))

    def verify(self, token, credentials, expected, now):
        return plain(self._call(PRESIGN, "verify", token, record(credentials), record(expected), now))

    def start_handshake(self, config):
        config = CONFIG | config
        config["connection-attributes"] = [
            record({"name": name, "value": value}) for name, value in config["connection-attributes"]
        ]
        name = "[static]client-handshake.start"
        return Handshake(self, self._call(HANDSHAKE, name, record(config)))


class Handshake:
    def __init__(self, bridge, resource):
        self.bridge = bridge
        self.resource = resource

    def receive(self, data):
        name = "[method]client-handshake.receive"
        return plain(self.bridge._call(HANDSHAKE, name, self.resource, data))

    def tls_established(self, auth):
        ((case, secret),) = auth.items()
        name = "[method]client-handshake.tls-established"
        return plain(self.bridge._call(HANDSHAKE, name, self.resource, Variant(case, secret)))


def record(fields):
    made = Record()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def plain(value):
    if isinstance(value, Record):
        return {name: plain(field) for name, field in vars(value).items()}
    if isinstance(value, Variant):
        return value.tag if value.payload is None else {value.tag: plain(value.payload)}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
