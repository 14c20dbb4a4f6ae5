"""Writes down an exchange: what the host calls, what the client says, and what each call returns."""

from packets import (
    CONNECT_ATTRS, CONNECT_WITH_DB, LONG_PASSWORD, PLUGIN_AUTH, SHA2, advertised, attributes, auth_field,
    auth_switch_request, err_packet, first_fields, initial_handshake, packet,
)

MYSQL = {
    "server-version": "8.0.39", "connection-id": 25, "capabilities": 0x0993_6007, "mariadb-capabilities": 0,
    "character-set": 255, "status-flags": 2,
}
# Without CLIENT_LONG_PASSWORD: the client and the server exchange MariaDB's extended capabilities.
MARIADB = MYSQL | {
    "server-version": "5.5.5-10.11.6-MariaDB", "capabilities": 0x0193_6006, "mariadb-capabilities": 0x1D,
    "character-set": 45,
}
SCRAMBLE = b"abcdefghijklmnopqrst"
OK = b"\0\0\0\x02\0\0\0"


class Exchange:
    """The calls in their order. Each method appends one or two."""

    def __init__(self, name, identity=MYSQL, tls="none", scramble=SCRAMBLE, begin=None):
        self.name = name
        self.calls = []
        self.sequence_id = 0
        self.is_tls = False
        self.begin = begin or {"start": {"identity": identity, "scramble": scramble.hex(), "tls": tls}}
        self.flags = advertised(identity, tls)
        self.mariadb = 0 if self.flags & LONG_PASSWORD else identity["mariadb-capabilities"]
        self.greeting = initial_handshake(
            identity["server-version"], identity["connection-id"], scramble, self.flags, self.mariadb,
            identity["character-set"], identity["status-flags"])

    def greets(self):
        """The server's first packet."""
        self.returns({"receive": ""}, {"write": self._frame(self.greeting).hex()})
        return self.returns({"receive": ""}, "read")

    def returns(self, call, result):
        self.calls.append(call | {"returns": result})
        return self

    def fails(self, call, error):
        self.calls.append(call | {"error": error})
        return self

    def says(self, payload, result, after=b""):
        """A packet of the client."""
        return self.returns({"receive": (self._frame(payload) + after).hex()}, result)

    def says_wrongly(self, payload, error, after=b""):
        """A packet of the client that is an error."""
        return self.fails({"receive": (self._frame(payload) + after).hex()}, error)

    def starts_tls(self, request):
        self.says(request, "start-tls")
        self.is_tls = True
        return self.returns({"tls-established": None}, None).returns({"receive": ""}, "read")

    def responds(self, client):
        """The client's response, inside or outside TLS."""
        return self.says(client.payload, {"authenticate": client.decoded(self.flags, self.mariadb, self.is_tls)})

    def verifies(self, stored, proven):
        ((method, stored),) = stored.items()
        return self.returns({"verify": {method: stored.hex()}}, proven)

    def switches(self, plugin, data, end=b""):
        """An AuthSwitchRequest: a scramble ends with a NUL in the packet."""
        sent = self._frame(auth_switch_request(plugin, data + end))
        reply = {"switch-plugin": {"plugin": plugin, "data": data.hex()}}
        return self.returns({"reply": reply}, sent.hex()).returns({"receive": ""}, "read")

    def sends_more(self, data):
        """An AuthMoreData."""
        return self.returns({"reply": {"more-data": data.hex()}}, self._frame(b"\x01" + data).hex())

    def answers(self, payload):
        """The client's answer to an AuthSwitchRequest or an AuthMoreData."""
        return self.says(payload, {"plugin-response": payload.hex()})

    def finishes(self, payload=OK):
        return self.returns({"reply": {"finish": payload.hex()}}, self._frame(payload).hex())

    def refuses(self, code, sql_state, message, sent_sql_state=True):
        payload = err_packet(code, sql_state if sent_sql_state else None, message)
        error = {"code": code, "sql-state": sql_state, "message": message}
        return self.returns({"reply": {"refuse": error}}, self._frame(payload).hex())

    def document(self, error=None):
        """The vector. The outcome is the first error, or the kind of the last packet."""
        errors = [error] if error else [call["error"] for call in self.calls if "error" in call]
        if errors:
            outcome = {"error": errors[0]}
        else:
            outcome = "accepted" if bytes.fromhex(self.calls[-1]["returns"])[4] == 0 else "refused"
        return {"name": self.name, "begin": self.begin, "calls": self.calls, "outcome": outcome}

    def _frame(self, payload):
        framed = packet(self.sequence_id, payload)
        self.sequence_id += 1
        return framed


class Client:
    """A HandshakeResponse41, and what a server reads from it."""

    def __init__(self, flags, user="reader", auth=b"", database="shop", plugin=SHA2, pairs=(), charset=255,
                 max_packet_size=1 << 24, mariadb=0, tail=None):
        self.flags = flags
        self.fields = {"user": user, "database": (database or None) if flags & CONNECT_WITH_DB else None}
        self.settings = {"max-packet-size": max_packet_size, "character-set": charset}
        self.mariadb = 0 if flags & LONG_PASSWORD else mariadb
        self.auth, self.plugin, self.pairs = auth, (plugin or None) if flags & PLUGIN_AUTH else None, pairs
        self.request = first_fields(flags, charset, max_packet_size, mariadb)
        self.payload = self.request + user.encode() + b"\0" + auth_field(flags, auth)
        if flags & CONNECT_WITH_DB:
            self.payload += (database or "").encode() + b"\0"
        if flags & PLUGIN_AUTH:
            self.payload += (plugin or "").encode() + b"\0"
        if tail is not None:
            self.payload += tail
        elif flags & CONNECT_ATTRS:
            self.payload += attributes([(name.encode(), value.encode()) for name, value in pairs])

    def decoded(self, flags, mariadb, is_tls):
        """What a server reads that advertised these capabilities."""
        return self.fields | {
            "capabilities": self.flags & flags, "client-capabilities": self.flags,
            "mariadb-capabilities": self.mariadb & mariadb, **self.settings, "auth-plugin": self.plugin,
            "auth-response": self.auth.hex(),
            "connection-attributes": [{"name": name, "value": value} for name, value in self.pairs],
            "is-tls": is_tls,
        }
