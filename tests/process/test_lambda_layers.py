"""Layers: published, named by functions, found below /opt by their handlers, shared with other accounts."""
import io
import json
import urllib.request
import zipfile

import pytest

from harness.functions import ENVIRONMENT
from harness.instance import Onput
from harness.lambdas import create, invoke, refusal, zipped

LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:"


def layered(files, executable=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("layers"), tts=0, environment=ENVIRONMENT,
               arguments=["--no-pipeline", "--image", "0"]) as instance:
        yield instance


@pytest.fixture(scope="module")
def client(onput):
    return onput.client("lambda")


def publish(client, name, files, executable=(), **more):
    return client.publish_layer_version(LayerName=name, Content={"ZipFile": layered(files, executable)}, **more)


def test_a_layer_is_published_described_listed_and_deleted(client):
    zip_bytes = layered({"python/tool.py": "x = 1"})
    made = client.publish_layer_version(LayerName="kept", Description="tools", LicenseInfo="MIT",
                                        Content={"ZipFile": zip_bytes}, CompatibleRuntimes=["python3.11"],
                                        CompatibleArchitectures=["x86_64"])
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["LayerArn"], made["LayerVersionArn"], made["Version"]) == (LAYER + "kept", LAYER + "kept:1", 1)
    assert made["Content"]["CodeSize"] == len(zip_bytes)
    publish(client, "kept", {"python/tool.py": "x = 2"})
    got = client.get_layer_version(LayerName="kept", VersionNumber=1)
    shown = ("Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures", "CreatedDate", "Version")
    assert [got[name] for name in shown] == [made[name] for name in shown]
    with urllib.request.urlopen(got["Content"]["Location"]) as zipped_again:
        assert zipped_again.read() == zip_bytes
    by_arn = client.get_layer_version_by_arn(Arn=LAYER + "kept:1")
    assert by_arn["Content"]["CodeSha256"] == made["Content"]["CodeSha256"]
    assert [layer["Version"] for layer in client.list_layer_versions(LayerName="kept")["LayerVersions"]] == [2, 1]
    # The second one names no runtime: it is for all.
    [wanted] = [layer for layer in client.list_layers(CompatibleRuntime="nodejs20.x")["Layers"]
                if layer["LayerName"] == "kept"]
    assert wanted["LatestMatchingVersion"]["Version"] == 2
    assert client.delete_layer_version(LayerName="kept", VersionNumber=2)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(client.get_layer_version, LayerName="kept", VersionNumber=2)[:2] == \
        (404, "ResourceNotFoundException")
    assert publish(client, "kept", {"a": "b"})["Version"] == 3


def test_pages_of_versions(client):
    for number in range(4):
        publish(client, "paged", {"n": str(number)})
    pages = client.get_paginator("list_layer_versions").paginate(LayerName="paged", PaginationConfig={"PageSize": 3})
    assert [[layer["Version"] for layer in page["LayerVersions"]] for page in pages] == [[4, 3, 2], [1]]


def test_python_finds_its_layers_and_of_two_the_later_one(onput, client):
    first = publish(client, "first", {"python/one.py": "name = 'first'", "python/both.py": "name = 'first'",
                                      "python/package/__init__.py": "name = 'first'", "python/deep": "a file",
                                      "data/a.txt": "a"})
    second = publish(client, "second", {"python/lib/python3.11/site-packages/two.py": "name = 'second'",
                                        "python/both.py": "name = 'second'", "python/package/more.py": "name = 'more'",
                                        "python/deep/inner.py": "name = 'inner'",
                                        "bin/tool": "#!/bin/sh\necho from a tool\n"}, executable=["bin/tool"])
    create(client, "layered", """
import os
import subprocess

import both
import deep.inner
import one
import package
import package.more
import two

def lambda_handler(event, context):
    try:
        open("/opt/new", "w")
    except OSError as error:
        refused = error.strerror
    return [one.name, two.name, both.name, package.name, package.more.name, deep.inner.name,
            open("/opt/data/a.txt").read(), subprocess.check_output(["tool"], text=True), refused]
""", Layers=[first["LayerVersionArn"], second["LayerVersionArn"]])
    body, answer = invoke(client, "layered")
    assert body == ["first", "second", "second", "first", "more", "inner", "a", "from a tool\n",
                    "Read-only file system"]
    shown = client.get_function_configuration(FunctionName="layered")["Layers"]
    assert shown == [{"Arn": layer["LayerVersionArn"], "CodeSize": layer["Content"]["CodeSize"]}
                     for layer in (first, second)]
    # What a function has, it keeps.
    client.delete_layer_version(LayerName="first", VersionNumber=1)
    client.update_function_configuration(FunctionName="layered", Environment={"Variables": {"AGAIN": "1"}})
    assert invoke(client, "layered")[0][0] == "first"
    client.update_function_configuration(FunctionName="layered", Layers=[second["LayerVersionArn"]])
    assert invoke(client, "layered")[0]["errorType"] == "Runtime.ImportModuleError"
    client.update_function_configuration(FunctionName="layered", Layers=[])
    assert "Layers" not in client.get_function_configuration(FunctionName="layered")


def test_the_code_of_a_function_stands_before_its_layers(client):
    layer = publish(client, "under", {"python/tool.py": "name = 'layer'"})
    code = {"ZipFile": zipped("import tool\ndef lambda_handler(event, context): return tool.name\n",
                              **{"tool.py": "name = 'own'"})}
    create(client, "over", Code=code, Layers=[layer["LayerVersionArn"]])
    assert invoke(client, "over")[0] == "own"


def test_node_finds_modules_of_layers(client):
    layer = publish(client, "modules", {"nodejs/node_modules/greet/index.js": "module.exports = () => 'hello';"})
    create(client, "node", Runtime="nodejs20.x", Handler="app.handler", Layers=[layer["LayerVersionArn"]],
           Code={"ZipFile": zipped("const greet = require('greet'); exports.handler = async () => greet();",
                                   name="app.js")})
    assert invoke(client, "node")[0] == "hello"


def test_a_runtime_may_be_a_layer(client):
    bootstrap = """#!/usr/bin/python3
import json, os, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        request = event.headers["Lambda-Runtime-Aws-Request-Id"]
    answer = json.dumps(open("/var/task/text").read()).encode()
    urllib.request.urlopen(urllib.request.Request(f"{api}{request}/response", answer)).read()
"""
    layer = publish(client, "runtime", {"bootstrap": bootstrap}, executable=["bootstrap"])
    create(client, "own", Runtime="provided.al2023", Handler="any", Layers=[layer["LayerVersionArn"]],
           Code={"ZipFile": zipped("hello", name="text")})
    assert invoke(client, "own")[0] == "hello"


def test_what_cannot_be_a_layer_is_refused(client):
    assert refusal(client.publish_layer_version, LayerName="bad", Content={"ZipFile": b"no zip"})[:2] == \
        (400, "InvalidParameterValueException")
    assert "../out" in refusal(client.publish_layer_version, LayerName="bad",
                               Content={"ZipFile": layered({"../out": "x"})})[2]
    [*layers] = [publish(client, f"many-{i}", {"a": str(i)})["LayerVersionArn"] for i in range(6)]
    assert refusal(create, client=client, name="many", Layers=layers)[:2] == (400, "InvalidParameterValueException")
    assert refusal(create, client=client, name="absent", Layers=[LAYER + "absent:1"]) == \
        (400, "InvalidParameterValueException", f"Layer version {LAYER}absent:1 does not exist.")
    assert refusal(create, client=client, name="twice", Layers=[layers[0], layers[0]])[1] == \
        "InvalidParameterValueException"
    zeros = "0" * 150_000_000
    large = publish(client, "large", {"a": zeros})["LayerVersionArn"]
    code = {"ZipFile": zipped(zeros, name="b")}
    said = refusal(create, client=client, name="large", Code=code, Layers=[large])
    assert said[1] == "InvalidParameterValueException"
    assert "combined with layers exceeds the maximum allowed size of 262144000 bytes" in said[2]


def test_permissions_are_added_shown_and_removed(client):
    publish(client, "shared", {"a": "b"})
    added = client.add_layer_version_permission(LayerName="shared", VersionNumber=1, StatementId="all",
                                                Action="lambda:GetLayerVersion", Principal="*")
    assert json.loads(added["Statement"])["Resource"] == LAYER + "shared:1"
    policy = json.loads(client.get_layer_version_policy(LayerName="shared", VersionNumber=1)["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["all"]
    assert refusal(client.add_layer_version_permission, LayerName="shared", VersionNumber=1, StatementId="all",
                   Action="lambda:GetLayerVersion", Principal="*")[1] == "ResourceConflictException"
    client.remove_layer_version_permission(LayerName="shared", VersionNumber=1, StatementId="all")
    assert refusal(client.get_layer_version_policy, LayerName="shared", VersionNumber=1)[:2] == \
        (404, "ResourceNotFoundException")
