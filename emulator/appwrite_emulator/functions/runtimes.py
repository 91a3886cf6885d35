"""Known runtimes and specifications, and the scopes that a function can have."""

DEFAULT_SPECIFICATION = "s-8vcpu-8gb"

# Slug -> (memory in MB, CPUs), from the real server's app/config/specifications.php.
SPECIFICATIONS = {
    "s-0.5vcpu-512mb": (512, 0.5),
    "s-1vcpu-512mb": (512, 1),
    "s-1vcpu-1gb": (1024, 1),
    "s-2vcpu-2gb": (2048, 2),
    "s-2vcpu-4gb": (4096, 2),
    "s-4vcpu-4gb": (4096, 4),
    "s-4vcpu-8gb": (8192, 4),
    "s-8vcpu-4gb": (4096, 8),
    DEFAULT_SPECIFICATION: (8192, 8),
}

# Key -> (name, versions).
_LANGUAGES = {
    "node": ("Node.js", "14.5 16.0 18.0 19.0 20.0 21.0 22 23 24 25"),
    "php": ("PHP", "8.0 8.1 8.2 8.3 8.4"),
    "ruby": ("Ruby", "3.0 3.1 3.2 3.3 3.4 4.0"),
    "python": ("Python", "3.8 3.9 3.10 3.11 3.12 3.13 3.14"),
    "python-ml": ("Python (ML)", "3.11 3.12 3.13"),
    "deno": ("Deno", "1.40 1.46 2.0 2.5 2.6"),
    "dart": ("Dart", "2.15 2.16 2.17 2.18 2.19 3.0 3.1 3.3 3.5 3.8 3.9 3.10 3.11 3.12"),
    "dotnet": (".NET", "6.0 7.0 8.0 10"),
    "java": ("Java", "8.0 11.0 17.0 18.0 21.0 22 25"),
    "swift": ("Swift", "5.5 5.8 5.9 5.10 6.2"),
    "kotlin": ("Kotlin", "1.6 1.8 1.9 2.0 2.3"),
    "cpp": ("C++", "17 20"),
    "bun": ("Bun", "1.0 1.1 1.2 1.3"),
    "go": ("Go", "1.23 1.24 1.25 1.26"),
    "rust": ("Rust", "1.83"),
    "static": ("Static", "1"),
    "flutter": ("Flutter", "3.24 3.27 3.29 3.32 3.35 3.38 3.41 3.44"),
}
# ID -> (key, name, version).
RUNTIMES = {
    f"{key}-{version}": (key, name, version)
    for key, (name, versions) in _LANGUAGES.items()
    for version in versions.split()
}

# Resources with a read and a write scope. The other scopes follow.
_READ_AND_WRITE = (
    *("project", "keys", "platforms", "mocks", "policies", "project.policies", "project.oauth2", "templates", "stages"),
    *("users", "sessions", "teams", "databases", "tables", "columns", "indexes", "rows", "collections", "attributes"),
    *("documents", "buckets", "files", "tokens", "functions", "executions", "execution", "sites", "log", "providers"),
    *("topics", "subscribers", "targets", "messages", "rules", "webhooks", "migrations", "schedules", "vcs"),
    *("insights", "reports", "presences", "backups.policies", "archives", "restorations", "domains", "wafRules"),
    *("apps", "oauth2"),
)
SCOPES = (
    *(f"{resource}.{access}" for resource in _READ_AND_WRITE for access in ("read", "write")),
    *("locale.read", "avatars.read", "health.read", "assistant.read", "events.read", "usage.read"),
    *("dedicatedDatabases.execute", "oauth2.introspect"),
)
