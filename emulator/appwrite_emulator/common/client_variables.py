"""The environment variables that tell an application where the emulator is.

The API key is not set under the browser prefixes: bundlers copy these variables into the code that browsers download.
"""

BROWSER_PREFIXES = ("VITE_", "NEXT_PUBLIC_", "EXPO_PUBLIC_")


def variables(endpoint: str, project: str, key: str) -> dict[str, str]:
    """Return endpoint, project and key by the names of their variables."""
    public = {"APPWRITE_ENDPOINT": endpoint, "APPWRITE_PROJECT_ID": project}
    prefixed = {prefix + name: value for prefix in BROWSER_PREFIXES for name, value in public.items()}
    return {**public, "APPWRITE_API_KEY": key, **prefixed}
