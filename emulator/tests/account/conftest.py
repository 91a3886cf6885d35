"""Fixtures for the account tests."""

import pytest
from appwrite.services.account import Account

DEPRECATED = "Call to deprecated function"  # the start of the SDK's deprecation warnings
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)


@pytest.fixture
def account(server):
    """Return an Account service that uses an API key, to sign users in as a server does."""
    return Account(server)
