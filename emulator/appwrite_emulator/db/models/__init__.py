"""Models with a fixed schema, by topic. Rows are stored in other tables, which are created at run time (db/tables/)."""

from appwrite_emulator.db.models.databases import Column, Database, Index, Operation, Relationship, Table, Transaction
from appwrite_emulator.db.models.functions import Deployment, Execution, Function, Variable
from appwrite_emulator.db.models.mails import Mail
from appwrite_emulator.db.models.messaging import Message, Provider, Subscriber, Topic
from appwrite_emulator.db.models.presences import Presence
from appwrite_emulator.db.models.project import (
    APP_SCHEMES,
    CONSOLE,
    ORGANIZATION,
    PLATFORM_IDENTIFIERS,
    YEAR,
    ApiKey,
    EmailTemplate,
    OAuth2Code,
    OAuth2Provider,
    Platform,
    Project,
    ProjectVariable,
    ProxyRule,
    Webhook,
)
from appwrite_emulator.db.models.storage import Bucket, Chunk, File, FileToken
from appwrite_emulator.db.models.teams import Membership, Team
from appwrite_emulator.db.models.users import Authenticator, Challenge, Identity, Log, Session, Target, Token, User

__all__ = [
    "APP_SCHEMES",
    "CONSOLE",
    "ORGANIZATION",
    "PLATFORM_IDENTIFIERS",
    "YEAR",
    "ApiKey",
    "Authenticator",
    "Bucket",
    "Challenge",
    "Chunk",
    "Column",
    "Database",
    "Deployment",
    "EmailTemplate",
    "Execution",
    "File",
    "FileToken",
    "Function",
    "Identity",
    "Index",
    "Log",
    "Mail",
    "Membership",
    "Message",
    "OAuth2Code",
    "OAuth2Provider",
    "Operation",
    "Platform",
    "Presence",
    "Project",
    "ProjectVariable",
    "Provider",
    "ProxyRule",
    "Relationship",
    "Session",
    "Subscriber",
    "Table",
    "Target",
    "Team",
    "Token",
    "Topic",
    "Transaction",
    "User",
    "Variable",
    "Webhook",
]
