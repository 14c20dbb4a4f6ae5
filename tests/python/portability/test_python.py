"""The built component in Wasmtime for Python: every vector, every exchange, and 2,000 random tokens.

    python -m unittest test_python     with RDS_BRIDGE_COMPONENT_FILE naming the component
"""

import json
import os
import pathlib
import random
import unittest

import botocore_tokens
import replay_server
import sigv4
from component_host import Bridge, Refused
from replay import replay
from server_handshake import INTERFACE

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "vectors"
COMPONENT = os.environ["RDS_BRIDGE_COMPONENT_FILE"]
# The plugin that a smaller component lacks, as its file name says.
LEFT_OUT = "client_ed25519" if "rds_bridge_client" in pathlib.Path(COMPONENT).name else None


def load(path):
    return json.loads((VECTORS / path).read_text(encoding="utf-8"))


class Presign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bridge = Bridge(COMPONENT)

    def test_every_vector(self):
        vectors = load("presign/vectors.json")["vectors"]
        self.assertGreater(len(vectors), 60)
        for vector in vectors:
            arguments = vector["credentials"], vector["request"], vector["lifetime"]
            with self.subTest(vector["name"]):
                self.assertEqual(self.bridge.steps(*arguments), vector["steps"])
                token = self.bridge.presign(*arguments)
                self.assertEqual(token, {"text": vector["token"], "valid-until": vector["valid-until"]})
                claims = self.bridge.verify(
                    token["text"], vector["credentials"], vector["request"], vector["lifetime"]["signed-at"])
                self.assertEqual(claims, self.bridge.inspect(token["text"]))

    def test_botocore_on_random_cases(self):
        """The tokens are equal byte by byte, and botocore's verify. The cases in which the two differ are left out."""
        random_ = random.Random(20240826)
        for number in range(2_000):
            credentials, request, signed_at = random_case(random_)
            theirs = botocore_tokens.token(credentials, request, signed_at)
            lifetime = {"signed-at": signed_at, "expires-in-seconds": 900}
            ours = self.bridge.presign(credentials, request, lifetime)["text"]
            self.assertEqual(ours, theirs, f"case {number}: {request} at {signed_at}")
            self.bridge.verify(theirs, credentials, request, signed_at)

    def test_botocore_at_port_443(self):
        """botocore signs another string there than the component; verify accepts both."""
        random_ = random.Random(443)
        for _ in range(50):
            credentials, request, signed_at = random_case(random_)
            request["port"] = 443
            theirs = botocore_tokens.token(credentials, request, signed_at)
            lifetime = {"signed-at": signed_at, "expires-in-seconds": 900}
            ours = self.bridge.presign(credentials, request, lifetime)["text"]
            self.assertNotEqual(ours, theirs)
            self.assertEqual(ours, sigv4.presign(credentials, request, lifetime)["token"])
            for token in (ours, theirs):
                self.bridge.verify(token, credentials, request, signed_at)

    def test_errors_are_values(self):
        credentials = {"access-key-id": "id", "secret-access-key": "key", "session-token": None, "expires-at": None}
        request = {"host": "db.example.com.", "port": 3306, "region": "us-east-1", "db-user": "u"}
        lifetime = {"signed-at": 0, "expires-in-seconds": 900}
        with self.assertRaises(Refused) as refused:
            self.bridge.presign(credentials, request, lifetime)
        self.assertEqual(refused.exception.error, {"invalid-host": "trailing-dot"})


class Handshake(unittest.TestCase):
    def test_every_exchange_whole_and_byte_by_byte(self):
        bridge = Bridge(COMPONENT)
        exchanges = [case for file in ("mysql8", "mariadb") for case in load(f"handshake/{file}.json")["exchanges"]]
        self.assertGreaterEqual(len(exchanges), 50)
        for case in exchanges:
            if LEFT_OUT and asks_for(case, LEFT_OUT):
                with self.subTest(case["name"]), self.assertRaisesRegex(AssertionError, LEFT_OUT):
                    replay(bridge, case, 1 << 20)
                continue
            for part in (1 << 20, 1):
                with self.subTest(case["name"], part=part):
                    replay(bridge, case, part)

    def test_a_token_that_stays_in_the_component(self):
        """The token's text stays in the component until the server asks for it inside TLS."""
        bridge = Bridge(COMPONENT)
        credentials, request, signed_at = random_case(random.Random(7))
        token = credentials, request, {"signed-at": signed_at, "expires-in-seconds": 900}
        exchanges = load("handshake/mysql8.json")["exchanges"]
        case = next(it for it in exchanges if "iam-token-text" in it["auth"] and "ready" in it["outcome"])
        handshake = bridge.start_handshake(case["config"])
        step, written = handshake.receive(b""), ""
        for event in case["exchange"]:
            if "server" in event:
                step = handshake.receive(bytes.fromhex(event["server"]))
            elif "start-tls" in event:
                step = handshake.tls_established({"iam-token": bridge.presign_in_component(*token)})
            else:
                written += step["write"]
                step = handshake.receive(b"")
        self.assertIn("ready", step)
        self.assertIn(bridge.presign(*token)["text"].encode().hex(), written)


class ServerHandshake(unittest.TestCase):
    def test_every_exchange_whole_and_byte_by_byte(self):
        bridge = Bridge(COMPONENT)
        if LEFT_OUT:
            # The smaller component does not have the server's side, either.
            self.assertFalse(bridge.exports(INTERFACE))
            return
        files = ("clients", "composed")
        exchanges = [case for file in files for case in load(f"server_handshake/{file}.json")["exchanges"]]
        self.assertGreaterEqual(len(exchanges), 100)
        for case in exchanges:
            for part in (1 << 20, 1):
                with self.subTest(case["name"], part=part):
                    replay_server.replay(bridge, case, part)


def asks_for(case, method):
    """Whether the server names this authentication plugin."""
    return any(method.encode().hex() in event.get("server", "") for event in case["exchange"])


def random_case(random_):
    def text(alphabet, shortest, longest):
        return "".join(random_.choices(alphabet, k=random_.randint(shortest, longest)))

    alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    lower = "abcdefghijklmnopqrstuvwxyz0123456789"
    base64 = alphanumeric + "+/="
    anything = "".join(map(chr, range(0x20, 0x7F))) + "äöüßéèñ漢字かな🦀\u0301\u00a0"
    session_token = text(base64, 1, 1500) if random_.random() < 0.6 else None
    credentials = {
        "access-key-id": random_.choice(("AKIA", "ASIA")) + text(alphanumeric[:26] + "234567", 12, 28),
        "secret-access-key": text(base64, 1, 60),
        "session-token": session_token,
        "expires-at": None,
    }
    region = random_.choice(("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "ap-southeast-4"))
    request = {
        "host": f"{text(lower, 1, 40)}.{text(lower, 12, 12)}.{region}.rds.amazonaws.com",
        "port": random_.choice([port for port in (3306, 1, random_.randint(1, 65535)) if port != 443]),
        "region": region,
        "db-user": text(anything, 1, 32),
    }
    return credentials, request, random_.randrange(253_402_300_800)


if __name__ == "__main__":
    unittest.main()
