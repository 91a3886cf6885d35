"""Mock numbers: phone numbers for testers, who sign in with a fixed code instead of a code from a text message."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, ListOf, Param, ParameterError, Phone, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.project.project import save

MAX_NUMBERS = 5000
MAX_NUMBERS_AT_ONCE = 10

_NUMBER = Phone(required=True)


class Code(Param):
    """A code of six digits."""

    def clean(self, value: Any) -> str:
        if not (isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdigit()):
            raise ParameterError("Invalid OTP. Please make sure the OTP is a 6 digit number")
        return value


class MockNumber(Param):
    """A phone number and its code."""

    def clean(self, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not {"phone", "otp"} <= value.keys():
            raise ParameterError('Invalid payload structure. Please check the "phone" and "otp" fields')
        return {"phone": Phone().clean(value["phone"]), "otp": Code().clean(value["otp"])}


@accepts(queries=lists.SliceQueries(), total=Boolean(default=True))
def list_mock_phones(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/mock-phones. Only limit and offset queries are supported."""
    numbers = request.project.mock_numbers
    page = [responses.mock_number(number) for number in lists.cut(numbers, queries)]
    return {"total": len(numbers) if total else 0, "mockNumbers": page}


@accepts(number=_NUMBER, otp=Code(required=True))
def create_mock_phone(request: Request, *, number: str, otp: str) -> dict[str, Any]:
    """POST /project/mock-phones."""
    numbers = request.project.mock_numbers
    if len(numbers) >= MAX_NUMBERS:
        raise AppwriteError("mock_number_limit_exceeded")
    if any(each["phone"] == number for each in numbers):
        raise AppwriteError("mock_number_already_exists")
    now = clock.iso(clock.now())
    numbers.append({"phone": number, "otp": otp, "$createdAt": now, "$updatedAt": now})
    save(request.project)
    return responses.mock_number(numbers[-1])


@accepts(number=_NUMBER)
def get_mock_phone(request: Request, *, number: str) -> dict[str, Any]:
    """GET /project/mock-phones/{number}."""
    return responses.mock_number(_find(request, number))


@accepts(number=_NUMBER, otp=Code(required=True))
def update_mock_phone(request: Request, *, number: str, otp: str) -> dict[str, Any]:
    """PUT /project/mock-phones/{number}: change the code."""
    found = _find(request, number)
    found |= {"otp": otp, "$updatedAt": clock.iso(clock.now())}
    save(request.project)
    return responses.mock_number(found)


@accepts(number=_NUMBER)
def delete_mock_phone(request: Request, *, number: str) -> None:
    """DELETE /project/mock-phones/{number}."""
    request.project.mock_numbers.remove(_find(request, number))
    save(request.project)


@accepts(numbers=ListOf(MockNumber(), MAX_NUMBERS_AT_ONCE, required=True))
def update_mock_numbers(request: Request, *, numbers: list[dict[str, str]]) -> dict[str, Any]:
    """PATCH /projects/{projectId}/auth/mock-numbers: replace the numbers."""
    if len({number["phone"] for number in numbers}) < len(numbers):
        raise AppwriteError("general_bad_request", "Duplicate phone numbers are not allowed.")
    request.project.mock_numbers = numbers
    return responses.project(save(request.project))


def _find(request: Request, number: str) -> dict[str, str]:
    found: dict[str, str] | None = next(
        (each for each in request.project.mock_numbers if each["phone"] == number), None
    )
    if found is None:
        raise AppwriteError("mock_number_not_found")
    return found
