"""Replays exchanges with a handshake: the server's bytes as a whole, or one at a time."""

from component_host import Refused


def replay(bridge, case, part):
    """Checks that the component writes the recorded bytes and ends with the recorded outcome."""
    handshake = bridge.start_handshake(case["config"])
    events = iter(case["exchange"])
    try:
        step = handshake.receive(b"")
        for event in events:
            if "server" in event:
                data = bytes.fromhex(event["server"])
                for at in range(0, len(data), part):
                    assert step == "read" or "start-tls" in step or "ready" in step, step
                    step = handshake.receive(data[at:at + part])
            else:
                assert step == event, f"{case['name']}: {step} instead of {event}"
                asked = "start-tls" in event
                step = handshake.tls_established(case["auth"]) if asked else handshake.receive(b"")
    except Refused as refused:
        step = {"error": refused.error}
    expected = outcome(case)
    assert step == expected, f"{case['name']}: {step} instead of {expected}"


def outcome(case):
    """The recorded outcome, with the fields of a session that follow from the exchange."""
    ready = case["outcome"].get("ready") if isinstance(case["outcome"], dict) else None
    if ready is None:
        return case["outcome"]
    said = b"".join(bytes.fromhex(event["server"]) for event in case["exchange"] if "server" in event)
    while said:
        length = int.from_bytes(said[:3], "little")
        last, said = said[4:4 + length], said[4 + length:]
    return {"ready": {"mariadb-capabilities": 0, "ok-packet": last.hex()} | ready}
