"""What the test answers to the dynamic provider's methods (`program/toy.py` asks)."""

from tests.local.engine.conformance.toy.cloud import Cloud, Properties

_COMPARED = ("user", "password", "level")


def answer(cloud: Cloud, method: str, request: Properties) -> Properties:
    """Record a call of the dynamic provider and act on the cloud; `{"error": text}` is for it to raise."""
    cloud.record(f"Token.{method}", request)
    properties = request.get("props") or request.get("news") or {}
    fault = cloud.fault(method, "token")
    if fault is not None:
        if fault.kill:
            cloud.kill_engine()
        return {"error": fault.message}
    match method:
        case "check":
            too_short = isinstance(properties.get("user"), str) and len(properties["user"]) < 2
            return {
                "inputs": {"level": properties.get("level", 1)},
                "failures": ["user: too short"] if too_short else [],
            }
        case "diff":
            old, new = request["olds"], request["news"]
            changed = [name for name in _COMPARED if old.get(name) != new.get(name)]
            return {
                "changes": bool(changed),
                "replaces": [n for n in changed if n == "user"],
                "deleteBeforeReplace": True,
            }
        case "create":
            return _stored(cloud, cloud.new_id("token"), properties, "created")
        case "update":
            return _stored(cloud, request["id"], properties, "updated")
        case "read":
            found = cloud.get(request["id"])
            return {"id": request["id"] if found else None, "outputs": found or {}}
    cloud.remove(request["id"])
    return {}


def _stored(cloud: Cloud, identity: str, properties: Properties, phase: str) -> Properties:
    outputs = {"session": f"session-{properties['password']}", "facts": {"phase": phase, "level": properties["level"]}}
    cloud.put(identity, outputs)
    return {"id": identity, "outputs": outputs}
