"""LogDeliveryConfigurations: the slow log and the engine log, and where they go."""

from typing import Any

from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import EngineVersion
from local.cloud.elasticache.errors import invalid_combination, invalid_value

# Since these engine versions ("Log delivery", AWS's user guide).
_SINCE = {"slow-log": (6, 0), "engine-log": (6, 2)}


def configured(
    context: Context, current: list[dict[str, Any]], wanted: list[dict[str, Any]], version: EngineVersion
) -> list[dict[str, Any]]:
    """The deliveries after a request, by kind of log; those that change are ``enabling``.

    Raises:
        ApiError: a destination is not there, or the engine has no such log.
    """
    deliveries = {delivery["LogType"]: delivery for delivery in current}
    for request in wanted:
        kind = request.get("LogType")
        if kind is None:
            raise invalid_value("LogType is required in LogDeliveryConfigurations.")
        if not request.get("Enabled", True):
            deliveries.pop(kind, None)
            continue
        if version.number < _SINCE[kind]:
            raise invalid_combination(f"{kind} needs engine version {'.'.join(map(str, _SINCE[kind]))} or later.")
        deliveries[kind] = _delivery(context, kind, request)
    return list(deliveries.values())


def _delivery(context: Context, kind: str, request: dict[str, Any]) -> dict[str, Any]:
    destination, details = request.get("DestinationType"), request.get("DestinationDetails", {})
    log_group = details.get("CloudWatchLogsDetails", {}).get("LogGroup")
    if destination == "cloudwatch-logs":
        if not log_group:
            raise invalid_value("DestinationDetails need CloudWatchLogsDetails with a LogGroup.")
        if not context.services.neighbours.has_log_group(context.region.name, log_group):
            raise invalid_value(f"The CloudWatch log group {log_group} does not exist.")
    elif not details.get("KinesisFirehoseDetails", {}).get("DeliveryStream"):
        raise invalid_value("DestinationDetails need KinesisFirehoseDetails with a DeliveryStream.")
    return {
        "LogType": kind,
        "DestinationType": destination,
        "DestinationDetails": details,
        "LogFormat": request.get("LogFormat", "json"),
        "Status": "enabling",
    }
