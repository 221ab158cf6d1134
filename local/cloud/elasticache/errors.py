"""Errors as ElastiCache answers them."""


class ApiError(Exception):
    """An error answer; ``shape`` is the error's name in the service model, which knows its code and HTTP status."""

    def __init__(self, shape: str, message: str) -> None:
        super().__init__(message)
        self.shape = shape
        self.message = message


def invalid_value(message: str) -> ApiError:
    """A parameter that is wrong by itself."""
    return ApiError("InvalidParameterValueException", message)


def invalid_combination(message: str) -> ApiError:
    """Parameters that do not go together."""
    return ApiError("InvalidParameterCombinationException", message)
