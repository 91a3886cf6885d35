"""Details of the most common user agents. For these, the device detector, which takes a second to start, is not needed.

Each pattern must match the whole user agent, so that a similar user agent does not get wrong details.
`test_user_agents.py` compares these details with the detector's.
"""

import re

# Operating system in the user agent -> code, name and version of the system; type, brand and model of the device.
_WINDOWS = ("WIN", "Windows", "10", "desktop", "", "")
_MAC = ("MAC", "Mac", "10.15", "desktop", "Apple", "")
_CHROMIUM_SYSTEMS = {
    "Windows NT 10.0; Win64; x64": _WINDOWS,
    "Macintosh; Intel Mac OS X 10_15_7": _MAC,
    "X11; Linux x86_64": ("LIN", "GNU/Linux", "", "", "", ""),
}
_FIREFOX_SYSTEMS = {
    "Windows NT 10.0; Win64; x64": _WINDOWS,
    "Macintosh; Intel Mac OS X 10.15": _MAC,
    "X11; Linux x86_64": ("LIN", "GNU/Linux", "", "desktop", "", ""),
    "X11; Ubuntu; Linux x86_64": ("UBT", "Ubuntu", "", "desktop", "", ""),
}
_ANDROID = ("AND", "Android", "10", "smartphone", "", "")

_VERSION = r"(?:[6-9]\d|1\d\d)\.\d{1,3}"
_CHROMIUM = re.compile(
    rf"Mozilla/5\.0 \((?P<system>{'|'.join(map(re.escape, _CHROMIUM_SYSTEMS))})\) AppleWebKit/537\.36 "
    rf"\(KHTML, like Gecko\) (?P<name>Chrome|HeadlessChrome)/(?P<engine>(?P<version>{_VERSION})\.\d{{1,4}}\.\d{{1,3}})"
    rf" Safari/537\.36(?: Edg/(?P<edge>{_VERSION})\.\d{{1,4}}\.\d{{1,3}})?"
)
_CHROME_MOBILE = re.compile(
    r"Mozilla/5\.0 \(Linux; Android 10; K\) AppleWebKit/537\.36 \(KHTML, like Gecko\) "
    rf"Chrome/(?P<engine>(?P<version>{_VERSION})\.\d{{1,4}}\.\d{{1,3}}) Mobile Safari/537\.36"
)
_FIREFOX = re.compile(
    rf"Mozilla/5\.0 \((?P<system>{'|'.join(map(re.escape, _FIREFOX_SYSTEMS))}); rv:(?P<version>{_VERSION})\) "
    r"Gecko/20100101 Firefox/(?P=version)"
)
_APPLE_VERSION = r"(?P<version>(?:1[3-8]|2[67])\.\d)(?:\.\d)?"
_SAFARI = re.compile(
    r"Mozilla/5\.0 \(Macintosh; Intel Mac OS X 10_15_7\) AppleWebKit/605\.1\.15 \(KHTML, like Gecko\) "
    rf"Version/{_APPLE_VERSION} Safari/605\.1\.15"
)
_SAFARI_MOBILE = re.compile(
    r"Mozilla/5\.0 \(iPhone; CPU iPhone OS (?P<ios>1[3-8]_\d)(?:_\d)? like Mac OS X\) AppleWebKit/605\.1\.15 "
    rf"\(KHTML, like Gecko\) Version/{_APPLE_VERSION} Mobile/15E148 Safari/604\.1"
)
_LIBRARY = re.compile(r"(?P<name>python-requests|curl)/(?P<version>\d{1,2}\.\d{1,3})(?:\.\d{1,3})?")
_LIBRARIES = {"python-requests": "Python Requests", "curl": "curl"}
# Appwrite's Python SDK appends the output of `uname`. For Debian kernels, the detector names a different system.
_PYTHON_SDK = re.compile(
    r"AppwritePythonSDK/(?P<version>\d{1,2}\.\d{1,2})(?:\.\d{1,2})? \(Linux; #\d{1,4}(?:-Ubuntu)? SMP"
    r"(?: PREEMPT_DYNAMIC)?(?: @0| [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} UTC \d{4})?; (?:x86_64|aarch64)\)"
)


def describe(user_agent: str) -> tuple[str, ...] | None:
    """Return the twelve values of `user_agents.FIELDS`, or None if the user agent matches no pattern."""
    if match := _CHROMIUM.fullmatch(user_agent):
        return _join(_CHROMIUM_SYSTEMS[match["system"]], *_chromium_browser(match), "Blink", match["engine"])
    if match := _CHROME_MOBILE.fullmatch(user_agent):
        return _join(_ANDROID, "CM", "Chrome Mobile", match["version"], "Blink", match["engine"])
    if match := _FIREFOX.fullmatch(user_agent):
        version = match["version"]
        return _join(_FIREFOX_SYSTEMS[match["system"]], "FF", "Firefox", version, "Gecko", version)
    if match := _SAFARI.fullmatch(user_agent):
        mac = ("MAC", "Mac", _apple_system_version(match, "10.15"), "desktop", "Apple", "")
        return _join(mac, "SF", "Safari", match["version"], "WebKit", "605.1.15")
    if match := _SAFARI_MOBILE.fullmatch(user_agent):
        version = _apple_system_version(match, match["ios"].replace("_", "."))
        iphone = ("IOS", "iOS", version, "smartphone", "Apple", "iPhone")
        return _join(iphone, "MF", "Mobile Safari", match["version"], "WebKit", "605.1.15")
    if match := _LIBRARY.fullmatch(user_agent):
        return "", "", "", "library", "", _LIBRARIES[match["name"]], match["version"], "", "", "", "", ""
    if match := _PYTHON_SDK.fullmatch(user_agent):
        return "LIN", "GNU/Linux", "", "library", "", "AppwritePythonSDK", match["version"], "", "", "", "", ""
    return None


def _chromium_browser(match: re.Match[str]) -> tuple[str, str, str]:
    """Return the browser's code, name and version."""
    if match["name"] == "HeadlessChrome":
        return "HC", "Headless Chrome", match["version"]
    if match["edge"]:
        return "PS", "Microsoft Edge", match["edge"]
    return "CH", "Chrome", match["version"]


def _apple_system_version(match: re.Match[str], named: str) -> str:
    """Return the system version as the detector does.

    From version 26 on, this is Safari's version, because the user agent contains an older system version.
    """
    return match["version"] if match["version"].startswith("2") else named


def _join(system: tuple[str, ...], *browser: str) -> tuple[str, ...]:
    return *system[:3], "browser", *browser, *system[3:]
