"""Environment variables that tell applications how to connect to the emulator.

The API key has no variable with a browser prefix, because bundlers copy those variables into code that browsers
download.
"""

BROWSER_PREFIXES = ("VITE_", "NEXT_PUBLIC_", "EXPO_PUBLIC_")


def variables(endpoint: str, project: str, key: str) -> dict[str, str]:
    """Return the variables for this endpoint, project and key, as name -> value."""
    public = {"APPWRITE_ENDPOINT": endpoint, "APPWRITE_PROJECT_ID": project}
    prefixed = {prefix + name: value for prefix in BROWSER_PREFIXES for name, value in public.items()}
    return {**public, "APPWRITE_API_KEY": key, **prefixed}
