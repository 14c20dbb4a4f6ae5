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
    assert step == case["outcome"], f"{case['name']}: {step} instead of {case['outcome']}"
