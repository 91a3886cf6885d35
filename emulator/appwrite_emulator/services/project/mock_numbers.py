"""Mock numbers: phone numbers of testers, who sign in with a fixed code and get no text message."""

from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import ListOf, Param, ParameterError, Phone, accepts
from appwrite_emulator.services.project.project import save

MAX_NUMBERS = 10


class MockNumber(Param):
    """A phone number and its code of six digits."""

    def clean(self, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not {"phone", "otp"} <= value.keys():
            raise ParameterError("must be a list of objects with `phone` and `otp`")
        otp = value["otp"]
        if not (isinstance(otp, str) and len(otp) == 6 and otp.isascii() and otp.isdigit()):
            raise ParameterError("must have codes (`otp`) of six digits")
        return {"phone": Phone().clean(value["phone"]), "otp": otp}


@accepts(numbers=ListOf(MockNumber(), MAX_NUMBERS, required=True))
def update_mock_numbers(request: Request, *, numbers: list[dict[str, str]]) -> dict[str, Any]:
    """PATCH /projects/{projectId}/auth/mock-numbers: replace the numbers."""
    if len({number["phone"] for number in numbers}) < len(numbers):
        raise AppwriteError("general_bad_request", "Each phone number can be in the list once.")
    request.project.mock_numbers = numbers
    return responses.project(save(request.project))
