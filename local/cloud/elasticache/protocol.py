"""AWS's query protocol, both ways, for whatever the service model describes.

Requests are form fields such as ``Tags.Tag.1.Key``, answers are XML; which names and types belong where, the shapes
say.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

from local.cloud.elasticache.errors import ApiError

_COMMON_FIELDS = {"Action", "Version"}
# Errors that every AWS service has and no service model names (AWS's list of common errors): code and HTTP status.
_COMMON_ERRORS = {
    "InvalidAction": 400,
    "InvalidQueryParameter": 400,
    "MissingParameter": 400,
    "Throttling": 400,
    "ThrottlingException": 400,
    "RequestLimitExceeded": 503,
    "ServiceUnavailable": 503,
    "InternalFailure": 500,
    "NotImplemented": 501,
}


@dataclass(frozen=True)
class Answer:
    """What goes back: an HTTP status, a body, and the error's code if it is one."""

    status: int
    body: bytes
    error: str | None = None


class QueryProtocol:
    """Reads requests and writes answers of one service."""

    def __init__(self, service: str) -> None:
        self.model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        self._namespace = self.model.metadata["xmlNamespace"]

    def parse(self, operation: OperationModel, fields: Mapping[str, str]) -> dict[str, Any]:
        """The typed parameters of a request.

        Raises:
            ApiError: a field is unknown, missing, or not of its type.
        """
        remaining = {name: value for name, value in fields.items() if name not in _COMMON_FIELDS}
        shape = operation.input_shape
        parameters: dict[str, Any] = {}
        if shape is not None:
            parameters = _structure(shape, "", remaining) or {}
        if remaining:
            raise ApiError("InvalidQueryParameter", f"{operation.name} has no parameter {', '.join(sorted(remaining))}")
        if shape is not None:
            report = ParamValidator().validate(parameters, shape)
            if report.has_errors():
                raise ApiError("InvalidParameterValueException", report.generate_report())
        return parameters

    def answer(self, operation: OperationModel, result: Mapping[str, Any], request_id: str) -> Answer:
        """A success."""
        inner = ""
        if operation.output_shape is not None:
            wrapper = operation.output_shape.serialization.get("resultWrapper", f"{operation.name}Result")
            inner = f"<{wrapper}>{_members(operation.output_shape, result)}</{wrapper}>"
        return Answer(200, self._document(f"{operation.name}Response", inner, request_id))

    def error(self, error: ApiError, request_id: str) -> Answer:
        """A failure, with the code and status that the service model has for it."""
        code, status = error.shape, _COMMON_ERRORS.get(error.shape)
        if status is None and error.shape in self.model.shape_names:
            metadata = self.model.shape_for(error.shape).metadata.get("error", {})
            code, status = metadata.get("code", error.shape), metadata.get("httpStatusCode")
        status = status or 400
        inner = (
            f"<Error><Type>{'Receiver' if status >= 500 else 'Sender'}</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error>"
        )
        document = (
            f'<ErrorResponse xmlns="{self._namespace}">{inner}<RequestId>{request_id}</RequestId></ErrorResponse>'
        )
        return Answer(status, document.encode(), code)

    def _document(self, name: str, inner: str, request_id: str) -> bytes:
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        return f'<{name} xmlns="{self._namespace}">{inner}{metadata}</{name}>'.encode()


def _structure(shape: StructureShape, prefix: str, fields: dict[str, str]) -> dict[str, Any] | None:
    values = {
        name: value
        for name, member in shape.members.items()
        if (value := _value(member, prefix + member.serialization.get("name", name), fields)) is not None
    }
    return values or None


def _value(shape: Shape, name: str, fields: dict[str, str]) -> Any:
    """Take the fields of one value out of ``fields``; none if there are none."""
    if isinstance(shape, StructureShape):
        return _structure(shape, f"{name}.", fields)
    if isinstance(shape, ListShape):
        return _list(shape, name, fields)
    text = fields.pop(name, None)
    return None if text is None else _scalar(shape, name, text)


def _list(shape: ListShape, name: str, fields: dict[str, str]) -> list[Any] | None:
    if fields.get(name) == "":  # how botocore writes an empty list
        del fields[name]
        return []
    flat = shape.serialization.get("flattened")
    items: list[Any] = []
    # Clients write `Names.member.1` or `Names.Name.1`; AWS reads both.
    for element in {"member", shape.member.serialization.get("name", "member")}:
        prefix = name if flat else f"{name}.{element}"
        while (item := _value(shape.member, f"{prefix}.{len(items) + 1}", fields)) is not None:
            items.append(item)
    return items or None


def _scalar(shape: Shape, name: str, text: str) -> Any:
    try:
        match shape.type_name:
            case "boolean":
                return {"true": True, "false": False}[text.lower()]
            case "integer" | "long":
                return int(text)
            case "double" | "float":
                return float(text)
            case "timestamp":
                return datetime.fromisoformat(text)
            case "blob":
                return base64.b64decode(text, validate=True)
            case _:
                _check_enum(shape, name, text)
                return text
    except (KeyError, ValueError) as error:
        raise ApiError("InvalidParameterValueException", f"{name} is not a valid {shape.type_name}") from error


def _check_enum(shape: Shape, name: str, text: str) -> None:
    allowed = shape.metadata.get("enum")
    if allowed and text not in allowed:
        raise ApiError("InvalidParameterValueException", f"{name} must be one of {', '.join(allowed)}")


def _members(shape: StructureShape, values: Mapping[str, Any]) -> str:
    unknown = values.keys() - shape.members.keys()
    if unknown:
        raise KeyError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
    return "".join(
        _element(member, member.serialization.get("name", name), values[name])
        for name, member in shape.members.items()
        if values.get(name) is not None
    )


def _element(shape: Shape, name: str, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return f"<{name}>{_members(shape, value)}</{name}>"
    if isinstance(shape, ListShape):
        flat = shape.serialization.get("flattened")
        element = name if flat else shape.member.serialization.get("name", "member")
        items = "".join(_element(shape.member, element, item) for item in value)
        return items if flat else f"<{name}>{items}</{name}>"
    return f"<{name}>{escape(_text(value))}</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return str(value)
