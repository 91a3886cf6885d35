"""Environment variables through which applications find the emulator.

The API key is not set under the prefixes for browsers: bundlers copy those variables into code that browsers download.
"""

BROWSER_PREFIXES = ("VITE_", "NEXT_PUBLIC_", "EXPO_PUBLIC_")


def variables(endpoint: str, project: str, key: str) -> dict[str, str]:
    """Return variable name -> value for endpoint, project and key."""
    public = {"APPWRITE_ENDPOINT": endpoint, "APPWRITE_PROJECT_ID": project}
    prefixed = {prefix + name: value for prefix in BROWSER_PREFIXES for name, value in public.items()}
    return {**public, "APPWRITE_API_KEY": key, **prefixed}
