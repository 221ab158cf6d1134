"""The query protocol against botocore, its other end: every operation of the model, with every member of its shapes."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from local.cloud.elasticache.errors import ApiError
from local.cloud.elasticache.protocol import Answer, QueryProtocol

PROTOCOL = QueryProtocol("elasticache")
MOMENT = datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)


def filled(shape: Shape, depth: int = 0) -> Any:
    """A value with every member, and two items in every list."""
    match shape:
        case StructureShape():
            return {name: filled(member, depth + 1) for name, member in shape.members.items()}
        case ListShape():
            return [filled(shape.member, depth + 1), filled(shape.member, depth + 1)]
    values = {"boolean": True, "integer": 7, "long": 7, "double": 1.5, "float": 1.5, "timestamp": MOMENT}
    text = shape.metadata.get("enum", ["<&> in a text"])[0]
    return values.get(shape.type_name, text[: shape.metadata.get("max")])


def sent(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
    """The form fields in which botocore sends the parameters."""
    request = create_serializer("query", include_validation=False).serialize_to_request(
        parameters, PROTOCOL.model.operation_model(operation)
    )
    return dict(parse_qsl(urlencode(request["body"]), keep_blank_values=True))


def read(answer: Answer, operation: OperationModel) -> dict[str, Any]:
    """What botocore makes of an answer."""
    response: Any = {"body": answer.body, "headers": {}, "status_code": answer.status}
    shape: Any = operation.output_shape  # none where there is no output, which the stubs do not know of
    return dict(create_parser("query").parse(response, shape))


@pytest.mark.parametrize("operation", PROTOCOL.model.operation_names)
def test_botocore_and_the_cloud_understand_each_other(operation: str) -> None:
    model = PROTOCOL.model.operation_model(operation)
    if model.input_shape is not None:
        parameters = filled(model.input_shape)
        assert PROTOCOL.parse(model, sent(operation, parameters)) == parameters
    result = filled(model.output_shape) if model.output_shape is not None else {}
    answer = PROTOCOL.answer(model, result, "the-request")
    parsed = read(answer, model)
    assert parsed.pop("ResponseMetadata")["RequestId"] == "the-request"
    assert parsed == result


@pytest.mark.parametrize("name", [s for s in PROTOCOL.model.shape_names if s.endswith(("Fault", "Exception"))])
def test_errors_have_the_code_and_status_of_the_model(name: str) -> None:
    answer = PROTOCOL.error(ApiError(name, "what <is> wrong"), "the-request")
    expected = PROTOCOL.model.shape_for(name).metadata["error"]
    assert (answer.error, answer.status) == (expected["code"], expected["httpStatusCode"])
    parsed = read(answer, PROTOCOL.model.operation_model("DescribeReplicationGroups"))
    assert parsed["Error"] == {"Type": "Sender", "Code": expected["code"], "Message": "what <is> wrong"}


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({"ReplicationGroupIdd": "a"}, "InvalidQueryParameter"),
        ({"MaxRecords": "many"}, "InvalidParameterValueException"),
    ],
)
def test_requests_that_do_not_fit_the_model(fields: dict[str, str], shape: str) -> None:
    with pytest.raises(ApiError) as caught:
        PROTOCOL.parse(PROTOCOL.model.operation_model("DescribeReplicationGroups"), fields)
    assert caught.value.shape == shape


def test_what_is_required_must_be_there_and_enums_hold() -> None:
    create = PROTOCOL.model.operation_model("CreateReplicationGroup")
    with pytest.raises(ApiError, match="ReplicationGroupDescription"):
        PROTOCOL.parse(create, {"ReplicationGroupId": "a"})
    with pytest.raises(ApiError, match="one of preferred, required"):
        PROTOCOL.parse(create, {"TransitEncryptionMode": "sometimes"})


def test_an_empty_list_is_not_an_absent_one() -> None:
    modify = PROTOCOL.model.operation_model("ModifyReplicationGroup")
    parameters = {"ReplicationGroupId": "a", "SecurityGroupIds": []}
    assert PROTOCOL.parse(modify, sent("ModifyReplicationGroup", parameters)) == parameters


def test_an_answer_that_the_model_does_not_know_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError, match="Statuss"):
        PROTOCOL.answer(
            PROTOCOL.model.operation_model("DeleteReplicationGroup"), {"ReplicationGroup": {"Statuss": ""}}, "-"
        )
