"""What has a fixed shape, by topic. Rows have tables of their own, made at run time (rows.py)."""

from appwrite_emulator.models.mails import Mail
from appwrite_emulator.models.project import ApiKey, OAuth2Provider, Platform, Project
from appwrite_emulator.models.teams import Membership, Team
from appwrite_emulator.models.users import Identity, Session, Target, Token, User

__all__ = [
    "ApiKey",
    "Identity",
    "Mail",
    "Membership",
    "OAuth2Provider",
    "Platform",
    "Project",
    "Session",
    "Target",
    "Team",
    "Token",
    "User",
]
