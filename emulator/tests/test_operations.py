"""Each operation is named after its SDK method. The request log, faults, coverage and GraphQL use its name."""

import re

import pytest

from tests.conftest import ROOT
from tests.test_every_method import EMULATED, named, sdk_request

PACKAGES = ROOT / "tests" / "node" / "node_modules"


@pytest.mark.usefixtures("ignore_deprecations")
def test_each_operation_has_the_name_of_its_sdk_method(operations):
    wrong = {}
    for service, method in EMULATED:
        prefix = f"{service.__name__[0].lower()}{service.__name__[1:]}."
        names = operations.get(sdk_request(service, method), [])
        named_so = f"{prefix}{method.replace('_', '')}".lower() in [name.lower() for name in names]
        if not named_so or not all(name.startswith(prefix) for name in names):
            wrong[named((service, method))] = names
    assert wrong == {}


def test_operation_names_are_capitalised_as_in_appwrite(operations):
    names = {name for names in operations.values() for name in names}
    assert names >= {
        "account.createJWT",
        "account.createMagicURLToken",
        "account.createOAuth2Token",
        "account.updateMagicURLSession",
        "account.updateMFA",
        "account.listMFAFactors",
        "tablesDB.createUrlColumn",
        "tablesDB.createBigIntColumn",
        "tablesDB.createRows",
        "databases.createIpAttribute",
        "users.createMD5User",
        "users.createPHPassUser",
        "users.createSHAUser",
        "users.createScryptModifiedUser",
    }


@pytest.mark.skipif(not PACKAGES.is_dir(), reason="“make node” fetches the SDKs for Node and browsers")
def test_operation_names_are_capitalised_as_in_the_javascript_sdks(operations):
    names = {name for names in operations.values() for name in names}
    spelt = set()
    for types in (
        *PACKAGES.glob("node-appwrite/dist/services/*.d.ts"),
        *PACKAGES.glob("appwrite/types/services/*.d.ts"),
    ):
        first, *rest = types.name.removesuffix(".d.ts").split("-")
        service = first + "".join("DB" if word == "db" else word.title() for word in rest)
        methods = re.findall(r"^    (\w+)[<(]", types.read_text(encoding="utf-8"), re.MULTILINE)
        spelt.update(f"{service}.{method}" for method in methods)
    known = {name.lower() for name in spelt}
    assert spelt
    assert {name for name in names if name.lower() in known} - spelt == set()
