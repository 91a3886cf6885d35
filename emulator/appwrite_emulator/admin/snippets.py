"""Code snippets for the home page: how to connect each of Appwrite's SDKs to this emulator."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from appwrite_emulator.common import client_variables

PLAIN_VALUE = re.compile(r"[\w.:/@+-]+", re.ASCII)
"""Pattern for values that need no quotes in an .env file."""
BROWSER_NOTE = (
    "The page must be on one of the web platforms above, such as localhost. Cookies work if the page and the "
    "endpoint have the same host, for example if both use localhost or both use 127.0.0.1."
)
APP_NOTE = (
    "Add the app’s ID as a platform, or start the emulator with --demo-project. In Android’s emulator, the address "
    "of this machine is 10.0.2.2."
)


def _double_quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _dollar_escaped(text: str) -> str:
    """Return a string literal for languages that expand `$` variables in strings."""
    return _double_quoted(text).replace("$", r"\$")


def _hash_escaped(text: str) -> str:
    """Return a string literal for Ruby, which expands `#` expressions in strings."""
    return _double_quoted(text).replace("#", r"\#")


@dataclass(frozen=True)
class SDK:
    """An SDK: its name in URLs, its title, its installation command and an example program."""

    name: str
    title: str
    install: str
    program: str
    """The program, with ENDPOINT, PROJECT and KEY instead of string literals."""
    quote: Callable[[str], str] = _double_quoted
    note: str = ""


SDKS = (
    SDK(
        "python",
        "Python",
        "pip install appwrite",
        """from appwrite.client import Client
from appwrite.services.users import Users

client = Client().set_endpoint(ENDPOINT).set_project(PROJECT).set_key(KEY)
print([user.name for user in Users(client).list().users])""",
    ),
    SDK(
        "node",
        "Node.js",
        "npm install node-appwrite",
        """import { Client, Users } from "node-appwrite";

const client = new Client().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);
console.log((await new Users(client).list()).total);""",
    ),
    SDK(
        "web",
        "Web",
        "npm install appwrite",
        """import { Account, Client } from "appwrite";

const client = new Client().setEndpoint(ENDPOINT).setProject(PROJECT);
const account = new Account(client);
await account.createAnonymousSession();
console.log((await account.get()).$id);""",
        note=BROWSER_NOTE,
    ),
    SDK(
        "flutter",
        "Flutter",
        "flutter pub add appwrite",
        """import 'package:appwrite/appwrite.dart';

final client = Client().setEndpoint(ENDPOINT).setProject(PROJECT);
final session = await Account(client).createAnonymousSession();
print(session.userId);""",
        _dollar_escaped,
        APP_NOTE,
    ),
    SDK(
        "react-native",
        "React Native",
        "npx expo install react-native-appwrite react-native-url-polyfill",
        """import { Account, Client } from "react-native-appwrite";

const client = new Client().setEndpoint(ENDPOINT).setProject(PROJECT).setPlatform("com.example.app");
const session = await new Account(client).createAnonymousSession();
console.log(session.userId);""",
        note=APP_NOTE,
    ),
    SDK(
        "dart",
        "Dart",
        "dart pub add dart_appwrite",
        """import 'package:dart_appwrite/dart_appwrite.dart';

void main() async {
  final client = Client().setEndpoint(ENDPOINT).setProject(PROJECT).setKey(KEY);
  print((await Users(client).list()).total);
}""",
        _dollar_escaped,
    ),
    SDK(
        "php",
        "PHP",
        "composer require appwrite/appwrite",
        """<?php
require 'vendor/autoload.php';

use Appwrite\\Client;
use Appwrite\\Services\\Users;

$client = (new Client())->setEndpoint(ENDPOINT)->setProject(PROJECT)->setKey(KEY);
print_r((new Users($client))->list());""",
        _dollar_escaped,
    ),
    SDK(
        "ruby",
        "Ruby",
        "gem install appwrite",
        """require 'appwrite'

client = Appwrite::Client.new.set_endpoint(ENDPOINT).set_project(PROJECT).set_key(KEY)
puts Appwrite::Users.new(client).list.total""",
        _hash_escaped,
    ),
    SDK(
        "dotnet",
        ".NET",
        "dotnet add package Appwrite",
        """using Appwrite;
using Appwrite.Services;

var client = new Client().SetEndpoint(ENDPOINT).SetProject(PROJECT).SetKey(KEY);
Console.WriteLine((await new Users(client).List()).Total);""",
    ),
    SDK(
        "cli",
        "Appwrite CLI",
        "npm install -g appwrite-cli",
        """appwrite client --endpoint ENDPOINT --project-id PROJECT --key KEY
appwrite users list""",
        shlex.quote,
    ),
    SDK(
        "curl",
        "curl",
        "",
        """project=PROJECT
key=KEY
curl ENDPOINT/users -H "X-Appwrite-Project: $project" -H "X-Appwrite-Key: $key\"""",
        shlex.quote,
    ),
)


def find(name: str) -> SDK:
    """Return the SDK with this name, or the first SDK if the name is unknown."""
    return next((sdk for sdk in SDKS if sdk.name == name), SDKS[0])


def code(sdk: SDK, endpoint: str, project: str, key: str) -> str:
    """Return the SDK's program for the given endpoint, project and key."""
    values = {"ENDPOINT": endpoint, "PROJECT": project, "KEY": key}
    return re.sub(r"\b(ENDPOINT|PROJECT|KEY)\b", lambda match: sdk.quote(values[match[0]]), sdk.program)


def env_file(endpoint: str, project: str, key: str) -> str:
    """Return the lines of an .env file. Servers read the plain names, and bundlers need a prefix."""
    lines = client_variables.variables(endpoint, project, key).items()
    return "\n".join(f"{name}={_env_value(value)}" for name, value in lines)


def _env_value(value: str) -> str:
    return value if PLAIN_VALUE.fullmatch(value) else f"'{value}'"
