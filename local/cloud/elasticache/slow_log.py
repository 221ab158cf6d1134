"""Brings the nodes' slow logs to CloudWatch Logs, in ElastiCache's formats ("Log delivery", AWS's user guide)."""

import json
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from local.cloud.elasticache.context import Services
from local.cloud.errors import CloudError
from local.cloud.nodes.server import Server

_PERIOD_SECONDS = 1.0
_MOST_AT_ONCE = "128"
_FIELDS = (
    *("CacheClusterId", "CacheNodeId", "Id", "Timestamp"),
    *("Duration (us)", "Command", "ClientAddress", "ClientName"),
)


@dataclass(frozen=True)
class _Source:
    """A node's slow log and its destination."""

    server: Server
    cluster: str
    region: str
    log_group: str
    stream: str
    form: str


class SlowLogs:
    """A thread that looks at the slow logs once a second. Redis itself leaves passwords out of them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._delivered: WeakKeyDictionary[Server, int] = WeakKeyDictionary()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slow logs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the look that is under way."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_PERIOD_SECONDS):
            for source in self._sources():
                try:
                    self._deliver(source)
                except CloudError:
                    continue  # the node is being replaced; the new one begins with an empty log
                except Exception:  # noqa: BLE001 - the next look must come, whatever was wrong with this one
                    traceback.print_exc()

    def _sources(self) -> list[_Source]:
        with self._services.state.lock:
            return list(_sources(self._services))

    def _deliver(self, source: _Source) -> None:
        reply: Any = source.server.command("SLOWLOG", "GET", _MOST_AT_ONCE)
        last = self._delivered.get(source.server, -1)
        entries = sorted(entry for entry in reply if entry[0] > last)
        if entries:
            events = [(1000 * entry[1], _line(source, entry)) for entry in entries]
            self._services.neighbours.put_logs(source.region, source.log_group, source.stream, events)
            self._delivered[source.server] = entries[-1][0]


def _sources(services: Services) -> Iterator[_Source]:
    for region in services.state.regions.values():
        for group in region.groups.values():
            for delivery in group.log_deliveries:
                log_group = delivery["DestinationDetails"].get("CloudWatchLogsDetails", {}).get("LogGroup")
                if group.nodes is None or delivery["LogType"] != "slow-log" or log_group is None:
                    continue
                for member in group.members:
                    server = group.nodes.servers.get(member.index)
                    stream = f"elasticache/{group.engine}/{member.cluster_id}/0001/slow-log"
                    if server is not None:
                        yield _Source(server, member.cluster_id, region.name, log_group, stream, delivery["LogFormat"])


def _line(source: _Source, entry: list[Any]) -> str:
    """An entry of SLOWLOG GET: id, time, duration, arguments, and from Redis 4 on the client's address and name."""
    number, moment, microseconds, arguments, address, name = entry[:6]
    values = (source.cluster, "0001", number, moment, microseconds, " ".join(arguments), address, name)
    if source.form == "json":
        return json.dumps(dict(zip(_FIELDS, values, strict=True)))
    return ",".join(map(str, values))
