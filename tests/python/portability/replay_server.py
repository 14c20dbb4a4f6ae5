"""Replays exchanges with a server's handshake: the client's bytes as a whole, or one at a time."""

from component_host import Refused
from server_handshake import ServerHandshake

RESULTS = ("returns", "error")


def replay(bridge, case, part):
    """Checks what every call returns, and the outcome."""
    calls = case["calls"]
    handshake, result = attempt(lambda: ServerHandshake(bridge, case["begin"]))
    results = [] if handshake else [result]
    for call in calls:
        result = perform(handshake, call, part)
        wanted = {name: call[name] for name in RESULTS if name in call}
        assert result == wanted, f"{case['name']}: {result} instead of {wanted}"
        results.append(result)
        if "error" in result:
            _, again = attempt(lambda: handshake.receive(""))
            assert again == result, f"{case['name']}: {again} after {result}"
    ending = outcome(results)
    assert ending == case["outcome"], f"{case['name']}: {ending} instead of {case['outcome']}"


def perform(handshake, call, part):
    """The result of a call. Bytes are passed in parts, of which an error may not need all."""
    ((method, value),) = ((name, value) for name, value in call.items() if name not in RESULTS)
    digits = 2 * part
    if method == "receive":
        for at in range(0, len(value) - digits, digits):
            _, result = attempt(lambda at=at: handshake.receive(value[at:at + digits]))
            if "error" in call and "error" in result:
                return result
            assert "error" in call or result == {"returns": "read"}, result
        value = value[(len(value) - 1) // digits * digits:] if value else value
    return attempt(lambda: handshake.call(method, value))[1]


def attempt(call):
    """What a call returns, or nothing; and the same as a result."""
    try:
        returned = call()
    except Refused as refused:
        return None, {"error": refused.error}
    return returned, {"returns": returned}


def outcome(results):
    """The first error, or whether the last packet is an OK_Packet."""
    for result in results:
        if "error" in result:
            return {"error": result["error"]}
    header = results[-1]["returns"][8:10]
    return {"00": "accepted", "ff": "refused"}[header]
