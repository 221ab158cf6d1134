"""The rest of AWS: moto's services, imported when the first call needs them.

moto takes most of a second to import, so ``warm_up`` does it beside whatever else happens after the start.
"""

import gc
import os
import threading
import traceback
from typing import Any
from unittest import mock

from local.cloud.elasticache.state import ACCOUNT
from local.cloud.http import Answer, Application, Environ, aws_error, call_wsgi

SERVICES = {
    "kms": "kms",
    "logs": "logs",
    "ec2": "ec2",
    "sts": "sts",
    "secretsmanager": "secretsmanager",
    "monitoring": "cloudwatch",
    "sns": "sns",
    "iam": "iam",
}
"""Names in credential scopes, and what moto calls them."""

# moto's EC2 keeps which instance types are offered where, 90 MB; there are no instances here, so those calls are
# refused instead.
_OFFERINGS = "ec2/resources/instance_type_offerings"
NOT_SERVED = {
    "DescribeImages",
    "RunInstances",
    "DescribeInstanceTypeOfferings",
    "RequestSpotInstances",
    "RequestSpotFleet",
    "CreateFleet",
}


class MotoServices:
    """moto as one WSGI application, and ElastiCache's look at its neighbours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._application: Application | None = None

    def warm_up(self) -> None:
        """Import everything in a thread."""
        threading.Thread(target=self._loaded, name="moto", daemon=True).start()

    def answer(self, environ: Environ) -> Answer:
        """Answer a request to one of ``SERVICES``; what moto has not, and what it fails at, is a 501 or 500."""
        try:
            return call_wsgi(self._loaded(), environ)
        except NotImplementedError as error:
            return aws_error(501, "NotImplemented", f"The local cloud does not have this: {error}")
        except Exception as error:  # noqa: BLE001 - moto's faults are answered as AWS answers its own
            traceback.print_tb(error.__traceback__)  # without the message, which may quote a secret
            return aws_error(500, "InternalFailure", f"moto failed: {type(error).__name__}")

    def refusal(self, region: str, operation: str, parameters: Any) -> tuple[str, str] | None:
        """An error code and message where AWS refuses what moto would do."""
        if operation in NOT_SERVED:
            return "NotImplemented", f"The local cloud does not have {operation}."
        if operation in ("PutSecretValue", "UpdateSecret") and isinstance(parameters, dict):
            return self._reused_version(region, parameters)
        if operation == "UpdateSecretVersionStage" and isinstance(parameters, dict):
            return self._label_elsewhere(region, parameters)
        return None

    def kms_key_arn(self, region: str, key: str) -> str | None:
        """See ``elasticache.context.Neighbours``."""
        backend = self._backend("kms", region)
        identifier = backend.any_id_to_key_id(key)
        found = backend.keys.get(identifier)
        return str(found.arn) if found is not None and found.key_state == "Enabled" else None

    def subnet(self, region: str, subnet: str) -> tuple[str, str] | None:
        """See ``elasticache.context.Neighbours``."""
        found = [s for zone in self._backend("ec2", region).subnets.values() for s in zone.values() if s.id == subnet]
        return (found[0].vpc_id, found[0].availability_zone) if found else None

    def has_security_group(self, region: str, group: str) -> bool:
        """See ``elasticache.context.Neighbours``."""
        return self._backend("ec2", region).get_security_group_from_id(group) is not None

    def has_log_group(self, region: str, name: str) -> bool:
        """See ``elasticache.context.Neighbours``."""
        return name in self._backend("logs", region).groups

    def put_logs(self, region: str, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        """See ``elasticache.context.Neighbours``."""
        backend = self._backend("logs", region)
        if group not in backend.groups:
            return
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        backend.put_log_events(group, stream, [{"timestamp": moment, "message": text} for moment, text in events])

    def _reused_version(self, region: str, parameters: dict[str, Any]) -> tuple[str, str] | None:
        """Secrets Manager never changes a version; moto overwrites one that is pending."""
        token = parameters.get("ClientRequestToken")
        secret = self._backend("secretsmanager", region).secrets.get(parameters.get("SecretId"))
        version = getattr(secret, "versions", {}).get(token) if token else None
        if version is None:
            return None
        same = all(
            parameters.get(theirs) == version.get(motos)
            for theirs, motos in (("SecretString", "secret_string"), ("SecretBinary", "secret_binary"))
        )
        if same:
            return None
        return (
            "ResourceExistsException",
            f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
            f"{secret.arn}.",
        )

    def _label_elsewhere(self, region: str, parameters: dict[str, Any]) -> tuple[str, str] | None:
        """A label is on one version at a time and is moved only from where it is said to be; moto leaves it on both."""
        label, said = parameters.get("VersionStage"), parameters.get("RemoveFromVersionId")
        secret = self._backend("secretsmanager", region).secrets.get(parameters.get("SecretId"))
        versions = getattr(secret, "versions", {})
        holder = next((id_ for id_, version in versions.items() if label in version["version_stages"]), None)
        if holder is None or said:  # moto looks itself whether the label is where it is said to be
            return None
        return (
            "InvalidParameterException",
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version "
            f"{holder}, so you must explicitly reference that version in RemoveFromVersionId.",
        )

    def _backend(self, service: str, region: str) -> Any:
        self._loaded()
        from moto import backends  # after the import of all the rest, which is late on purpose

        get_backend: Any = backends.get_backend  # typed for literal names only
        return get_backend(service)[ACCOUNT][region]

    def _loaded(self) -> Application:
        with self._lock:
            if self._application is None:
                self._application = _load()
            return self._application


def _load() -> Application:
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 8 MB that only instances need
    from moto.utilities import utils

    load = utils.load_resource
    with mock.patch.object(utils, "load_resource", lambda name: [] if name.startswith(_OFFERINGS) else load(name)):
        from moto.ec2 import models as _  # noqa: F401 - imported for what it loads
    from moto import backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    get_backend: Any = backends.get_backend  # typed for literal names only
    for service in SERVICES.values():
        get_backend(service)
    _read_current_by_its_label()
    application: Application = DomainDispatcherApplication(create_backend_app)
    gc.collect()  # what only the imports needed
    gc.freeze()  # what they left stays, and need not be gone through again
    return application


def _read_current_by_its_label() -> None:
    """moto keeps what AWSCURRENT is on apart from the label, and forgets to follow it in UpdateSecretVersionStage."""
    from moto.secretsmanager import models

    def current(secret: Any) -> str | None:
        labelled = (id_ for id_, version in secret.versions.items() if "AWSCURRENT" in version["version_stages"])
        return next(labelled, None)

    secrets: Any = models.FakeSecret  # its attribute becomes a property
    secrets.default_version_id = property(current, lambda _secret, _id: None)
