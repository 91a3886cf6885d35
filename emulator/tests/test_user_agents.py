"""For common user agents, the emulator's own table returns the same details as the `device_detector` library."""

import pytest

CHROMIUM = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36{}"
FIREFOX = "Mozilla/5.0 ({}; rv:{}) Gecko/20100101 Firefox/{}"
SAFARI = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{} Safari/{}"
WINDOWS, LINUX, UBUNTU = "Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "X11; Ubuntu; Linux x86_64"
MAC, MAC_FIREFOX = "Macintosh; Intel Mac OS X 10_15_7", "Macintosh; Intel Mac OS X 10.15"
ANDROID, IPHONE = "Linux; Android 10; K", "iPhone; CPU iPhone OS {} like Mac OS X"
COMMON = [
    *(
        CHROMIUM.format(system, browser, end)
        for system in (WINDOWS, MAC, LINUX)
        for browser, end in (
            ("Chrome/126.0.0.0", ""),
            ("Chrome/138.0.7204.23", ""),
            ("HeadlessChrome/138.0.7204.23", ""),
            ("Chrome/126.0.0.0", " Edg/126.0.2592.87"),
        )
    ),
    *(CHROMIUM.format(LINUX, f"Chrome/{version}.0.0.0", "") for version in (60, 79, 99, 100, 140, 199)),
    CHROMIUM.format(ANDROID, "Chrome/126.0.0.0 Mobile", ""),
    *(
        FIREFOX.format(system, version, version)
        for system in (WINDOWS, MAC_FIREFOX, LINUX, UBUNTU)
        for version in ("60.0", "115.0", "140.0")
    ),
    *(SAFARI.format(MAC, version, "605.1.15") for version in ("13.1.2", "17.4", "18.6", "26.0", "26.4.1", "27.0")),
    SAFARI.format(IPHONE.format("13_3_1"), "13.0.4 Mobile/15E148", "604.1"),
    SAFARI.format(IPHONE.format("17_4"), "17.4.1 Mobile/15E148", "604.1"),
    SAFARI.format(IPHONE.format("18_6"), "18.6 Mobile/15E148", "604.1"),
    SAFARI.format(IPHONE.format("18_6"), "26.0 Mobile/15E148", "604.1"),
    SAFARI.format(IPHONE.format("18_7"), "26.4 Mobile/15E148", "604.1"),
    "python-requests/2.32.3",
    "python-requests/2.9",
    "curl/8.0.1",
    "curl/7.88.1",
    "AppwritePythonSDK/27.0.0 (Linux; #1 SMP PREEMPT_DYNAMIC @0; x86_64)",
    "AppwritePythonSDK/9.1 (Linux; #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023; x86_64)",
    "AppwritePythonSDK/27.0.0 (Linux; #1 SMP PREEMPT_DYNAMIC Mon Nov  6 13:30:08 UTC 2023; aarch64)",
]
OTHER = [
    CHROMIUM.format(ANDROID, "Chrome/126.0.0.0", ""),
    CHROMIUM.format(ANDROID, "Chrome/126.0.0.0 Mobile", " EdgA/126.0.0.0"),
    CHROMIUM.format(WINDOWS, "Chrome/126.0.0.0 Mobile", ""),
    CHROMIUM.format(WINDOWS, "Chrome/126.0.0.0", " OPR/112.0.0.0"),
    CHROMIUM.format(WINDOWS, "Chrome/20.0.0.0", ""),
    FIREFOX.format(LINUX, "126.0", "127.0"),
    SAFARI.format(MAC, "17.4 Mobile/15E148", "604.1"),
    SAFARI.format(IPHONE.format("17_4"), "17.4", "605.1.15"),
    "curl/8.0.1 more",
    "AppwritePythonSDK/27.0.0 (Linux; #1 SMP PREEMPT_DYNAMIC Debian 6.1.90-1 (2024-05-03); x86_64)",
    "AppwritePythonSDK/27.0.0 (Darwin; Darwin Kernel Version 23.0.0; arm64)",
]

CODE = """
from appwrite_emulator.auth import common_user_agents, user_agents
common, other = {}
different = [
    [agent, common_user_agents.describe(agent), detected]
    for agent in common
    if (detected := list(user_agents._fields(agent).values())) != list(common_user_agents.describe(agent) or [])
]
print(json.dumps([different, [agent for agent in other if common_user_agents.describe(agent)]]))
"""


@pytest.mark.thorough
def test_common_user_agents_match_the_results_of_device_detector(run_in_emulator):
    different, recognized = run_in_emulator(CODE.format((COMMON, OTHER)))
    assert different == []
    assert recognized == []
