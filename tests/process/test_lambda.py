"""Lambda's own API over the function worker, by unmodified clients."""
import base64
import concurrent.futures
import io
import json
import subprocess
import urllib.request
import zipfile

import botocore.exceptions
import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.functions import ENVIRONMENT, Functions
from harness.instance import Onput
from harness.lambdas import PREFIX, ROLE, create, invoke, make_role_at, refusal, zipped
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambda")
    with Onput(folder, tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        for bucket in ("inbox", "outbox"):
            instance.s3.create_bucket(Bucket=bucket)
        make_role_at(instance.url)
        yield instance


@pytest.fixture(scope="module")
def client(onput):
    return onput.client("lambda")


# ---- functions

def test_a_function_is_created_awaited_invoked_and_deleted(client):
    made = create(client, "life", Description="echoes", Environment={"Variables": {"MODE": "a"}}, MemorySize=256,
                  Tags={"team": "media"})
    assert made["FunctionArn"] == PREFIX + "life"
    assert (made["Version"], made["CodeSize"] > 0, made["PackageType"]) == ("$LATEST", True, "Zip")
    assert base64.b64decode(made["CodeSha256"])
    client.get_waiter("function_active_v2").wait(FunctionName="life")
    client.get_waiter("function_exists").wait(FunctionName="life")
    client.get_waiter("function_updated").wait(FunctionName="life")
    body, answer = invoke(client, "life", {"a": [1, "ü"]}, LogType="Tail")
    assert body == {"event": {"a": [1, "ü"]}, "version": "$LATEST", "arn": PREFIX + "life", "mode": "a",
                    "custom": None}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    log = base64.b64decode(answer["LogResult"]).decode()
    request = answer["ResponseMetadata"]["RequestId"]
    assert log.startswith(f"START RequestId: {request} Version: $LATEST\n") and "asked\n" in log
    got = client.get_function(FunctionName=PREFIX + "life")
    assert got["Tags"] == {"team": "media"}
    assert urllib.request.urlopen(got["Code"]["Location"]).read() == zipped()
    client.delete_function(FunctionName="life")
    assert refusal(client.get_function, FunctionName="life") == (
        404, "ResourceNotFoundException", f"Function not found: {PREFIX}life")


def test_what_is_read_back_is_what_was_set(client):
    """As Terraform does it: what it sets, it must find."""
    wanted = {"Description": "d", "Timeout": 7, "MemorySize": 512, "EphemeralStorage": {"Size": 1024},
              "Architectures": ["x86_64"], "TracingConfig": {"Mode": "Active"},
              "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/own/group"},
              "Environment": {"Variables": {"A1": "x"}}, "Role": ROLE}
    create(client, "mirror", **wanted)
    plain = {"PackageType": "Zip", "Runtime": "python3.11", "Handler": "app.lambda_handler", "State": "Active",
             "LastUpdateStatus": "Successful", "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}}
    read = client.get_function(FunctionName="mirror")["Configuration"]
    assert {key: read[key] for key in {**wanted, **plain}} == {**wanted, **plain}
    assert "DeadLetterConfig" not in read and "VpcConfig" not in read
    assert client.get_function_code_signing_config(FunctionName="mirror")["FunctionName"] == "mirror"
    again = client.get_function_configuration(FunctionName="mirror")
    again.pop("ResponseMetadata")
    assert again == read
    changed = client.update_function_configuration(FunctionName="mirror", Timeout=8, Environment={"Variables": {}})
    assert (changed["Timeout"], "Environment" in changed, changed["MemorySize"]) == (8, False, 512)
    assert changed["RevisionId"] != read["RevisionId"]


def test_code_can_come_from_a_bucket_and_be_changed(onput, client):
    onput.s3.put_object(Bucket="inbox", Key="code/app.zip", Body=zipped("def lambda_handler(e, c): return 'first'"))
    made = create(client, "bucket", Code={"S3Bucket": "inbox", "S3Key": "code/app.zip"})
    onput.s3.delete_object(Bucket="inbox", Key="code/app.zip")
    assert invoke(client, "bucket")[0] == "first"
    code = zipped("def lambda_handler(e, c): return 'second'")
    tried = client.update_function_code(FunctionName="bucket", ZipFile=code, DryRun=True)
    assert tried["CodeSha256"] != made["CodeSha256"]
    assert invoke(client, "bucket")[0] == "first"
    assert refusal(client.update_function_code, FunctionName="bucket", ZipFile=code,
                   RevisionId="11111111-2222-4333-8444-555555555555")[:2] == (412, "PreconditionFailedException")
    changed = client.update_function_code(FunctionName="bucket", ZipFile=code, RevisionId=made["RevisionId"])
    assert changed["CodeSha256"] == tried["CodeSha256"]
    assert invoke(client, "bucket")[0] == "second"
    missing = refusal(client.update_function_code, FunctionName="bucket", S3Bucket="inbox", S3Key="none.zip")
    assert missing[:2] == (400, "InvalidParameterValueException") and "NoSuchKey" in missing[2]


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{number}.bin", bytes(30_000_000))
    return out.getvalue()


def linked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("app.py")
        entry.create_system = 3
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize("code, says", [
    (b"no zip at all", "Could not unzip uploaded file"),
    (zipped()[:-30], "Could not unzip uploaded file"),
    (zipped(name="../app.py"), "leads out of its folder"),
    (zipped(name="/app.py"), "absolute path"),
    (linked(), "is a link"),
    (bomb(), "Unzipped size must be smaller than 262144000 bytes")],
    ids=["no zip", "cut", "out", "absolute", "link", "bomb"])
def test_hostile_code_is_refused_when_it_is_given(client, code, says):
    refused = refusal(create, client=client, name="hostile", Code={"ZipFile": code})
    assert refused[:2] == (400, "InvalidParameterValueException") and says in refused[2]
    assert refusal(client.get_function, FunctionName="hostile")[0] == 404


def test_a_zip_of_many_megabytes_is_taken(client):
    import random
    noise = random.Random(7).randbytes(30 * 1024 * 1024)
    made = create(client, "heavy", Code={"ZipFile": zipped(data=noise)})
    assert made["CodeSize"] > len(noise)
    assert invoke(client, "heavy", 1)[0]["event"] == 1


def test_what_is_wrong_is_told_in_lambdas_words(onput):
    client = onput.client("lambda", parameter_validation=False)
    create(client, "once")
    assert refusal(create, client=client, name="once") == (
        409, "ResourceConflictException", "Function already exist: once")
    conflict = refusal(create, client=client, name="odd", Timeout=901)
    assert conflict[1] in ("InvalidParameterValueException", "ValidationException")
    refused = refusal(create, client=client, name="odd", MemorySize=64)
    assert refused[:2] == (400, "ValidationException")
    assert refused[2] == ("1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: "
                          "Member must have value greater than or equal to 128")
    refused = refusal(create, client=client, name="odd", Environment={"Variables": {"AWS_REGION": "x"}})
    assert refused[:2] == (400, "InvalidParameterValueException")
    assert refused[2].endswith("Reserved keys used in this request: AWS_REGION")
    refused = refusal(create, client=client, name="odd", Environment={"Variables": {"BIG": "x" * 4096}})
    assert "exceeded the 4KB limit" in refused[2]
    refused = refusal(create, client=client, name="odd", Runtime="java21")
    assert refused[:2] == (400, "InvalidParameterValueException") and "python3.11" in refused[2]
    refused = refusal(create, client=client, name="odd", VpcConfig={"SubnetIds": ["subnet-1"],
                                                                  "SecurityGroupIds": ["sg-1"]})
    assert refused[2] == "VpcConfig is not available here. Nothing was changed."
    assert refusal(client.invoke, FunctionName="nobody") == (
        404, "ResourceNotFoundException", f"Function not found: {PREFIX}nobody")
    assert refusal(client.invoke, FunctionName="once:none")[2] == f"Function not found: {PREFIX}once:none"


def test_functions_are_listed_in_pages(client):
    for number in range(3):
        create(client, f"page-{number}")
    names = []
    for page in client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}):
        assert len(page["Functions"]) <= 2
        names += [function["FunctionName"] for function in page["Functions"]]
    assert names == sorted(names) and {"page-0", "page-1", "page-2"} <= set(names)


def test_functions_of_built_in_workers_appear_and_take_events_only(onput, client, tmp_path):
    (tmp_path / "pipeline.toml").write_text('[[function]]\nname = "speech"\nworker = "tts"\n'
                                            'environment = { OUTPUT_BUCKET = "outbox" }\n')
    onput.run("pipeline", "apply", tmp_path / "pipeline.toml")
    read = client.get_function(FunctionName="speech")["Configuration"]
    assert (read["Handler"], read["State"]) == ("onput.tts", "Active")
    refused = refusal(client.invoke, FunctionName="speech", Payload=b"{}")
    assert refused[:2] == (400, "InvalidParameterValueException") and "InvocationType Event" in refused[2]


def test_tags_are_set_and_taken_away(client):
    arn = create(client, "tagged", Tags={"a": "1"})["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2", "c": "3"})
    client.untag_resource(Resource=arn, TagKeys=["a", "c"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}


# ---- invocation

def test_kinds_of_invocation(onput, client):
    create(client, "kinds", """
import boto3
def lambda_handler(event, context):
    boto3.client("s3").put_object(Bucket="outbox", Key=event["key"], Body=context.aws_request_id.encode())
    return "done"
""")
    dry = client.invoke(FunctionName="kinds", InvocationType="DryRun")
    assert dry["StatusCode"] == 204
    sent = client.invoke(FunctionName="kinds", InvocationType="Event", Payload=json.dumps({"key": "event"}))
    assert (sent["StatusCode"], sent["Payload"].read()) == (202, b"")
    assert onput.wait_for_object("outbox", "event").decode() == sent["ResponseMetadata"]["RequestId"]
    body, answer = invoke(client, "kinds", {"key": "called"})
    assert body == "done" and "FunctionError" not in answer


def test_a_failed_handler_is_an_answer_with_its_error(client):
    create(client, "fails")
    body, answer = invoke(client, "fails", "raise")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (body["errorType"], body["errorMessage"]) == ("ValueError", "odd")


def test_client_context_and_payloads_are_checked(client):
    create(client, "checked")
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    assert invoke(client, "checked", 1, ClientContext=context)[0]["custom"] == {"k": "v"}
    assert invoke(client, "checked", None)[0]["event"] is None
    assert json.loads(client.invoke(FunctionName="checked")["Payload"].read())["event"] == {}
    refused = refusal(client.invoke, FunctionName="checked", Payload=b"{no json")
    assert refused[:2] == (400, "InvalidRequestContentException")
    assert refused[2].startswith("Could not parse request body into json: ")
    assert refusal(client.invoke, FunctionName="checked", Payload=json.dumps("x" * (6 * 1024 * 1024))) == (
        413, "RequestTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation")
    assert refusal(client.invoke, FunctionName="checked", InvocationType="Event",
                   Payload=json.dumps("x" * (1024 * 1024)))[:2] == (413, "RequestTooLargeException")
    large = "x" * (5 * 1024 * 1024)
    assert invoke(client, "checked", large)[0]["event"] == large


def test_reserved_concurrency_is_kept(onput):
    client = onput.client("lambda", retries={"total_max_attempts": 1})
    create(client, "reserved", "import time\ndef lambda_handler(event, context):\n    time.sleep(event)\n")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="reserved")
    put = client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=0)
    assert put["ReservedConcurrentExecutions"] == 0
    assert client.get_function(FunctionName="reserved")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    assert refusal(client.invoke, FunctionName="reserved", Payload=b"0")[:2] == (429, "TooManyRequestsException")
    client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=1)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        def ask(_):
            try:
                client.invoke(FunctionName="reserved", Payload=b"1")
                return "done"
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
        answers = list(pool.map(ask, range(4)))
    assert "done" in answers and "TooManyRequestsException" in answers
    refused = refusal(client.put_function_concurrency, FunctionName="reserved", ReservedConcurrentExecutions=901)
    assert "UnreservedConcurrentExecution" in refused[2]
    client.delete_function_concurrency(FunctionName="reserved")
    assert invoke(client, "reserved", 0)[1]["StatusCode"] == 200


def test_reserved_concurrency_holds_over_all_workers(tmp_path):
    arguments = ["--no-pipeline", "--image", "0", "--function", "2"]
    with Onput(tmp_path, tts=0, arguments=arguments) as onput:
        client = onput.client("lambda", retries={"total_max_attempts": 1}, max_pool_connections=8)
        create(client, "two", "import time\ndef lambda_handler(event, context):\n    time.sleep(event)\n    "
                              "return context.log_stream_name\n")
        # Both workers are there, and have an environment each.
        wait_until(lambda: len(onput.pids("function")) == 2)
        client.put_function_concurrency(FunctionName="two", ReservedConcurrentExecutions=2)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            def ask(_):
                try:
                    client.invoke(FunctionName="two", Payload=b"2")
                    return "done"
                except botocore.exceptions.ClientError as error:
                    return error.response["Error"]["Code"]
            answers = list(pool.map(ask, range(8)))
        assert sorted(answers) == ["TooManyRequestsException"] * 6 + ["done"] * 2
        # Each has given its place back.
        assert all(client.invoke(FunctionName="two", Payload=b"0")["StatusCode"] == 200 for _ in range(4))


# ---- versions and aliases

def test_versions_never_change_and_aliases_name_them(client):
    answers = "def lambda_handler(event, context): return [{}, context.function_version]"
    create(client, "versions", answers.format(1))
    first = client.publish_version(FunctionName="versions", Description="one")
    assert (first["Version"], first["FunctionArn"], first["Description"]) == ("1", PREFIX + "versions:1", "one")
    assert client.publish_version(FunctionName="versions")["Version"] == "1"
    client.update_function_code(FunctionName="versions", ZipFile=zipped(answers.format(2)))
    assert client.update_function_code(FunctionName="versions", ZipFile=zipped(answers.format(3)),
                                       Publish=True)["Version"] == "2"
    assert invoke(client, "versions", Qualifier="1")[0] == [1, "1"]
    body, answer = invoke(client, "versions:2")
    assert (body, answer["ExecutedVersion"]) == ([3, "2"], "2")
    listed = client.list_versions_by_function(FunctionName="versions")["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2"]
    assert listed[0]["FunctionArn"] == PREFIX + "versions:$LATEST"
    alias = client.create_alias(FunctionName="versions", Name="live", FunctionVersion="1", Description="d")
    assert alias["AliasArn"] == PREFIX + "versions:live"
    assert invoke(client, "versions", Qualifier="live")[0] == [1, "1"]
    assert client.get_function_configuration(FunctionName="versions:live")["FunctionArn"] == PREFIX + "versions:live"
    assert refusal(client.delete_function, FunctionName="versions", Qualifier="1")[:2] == (
        409, "ResourceConflictException")
    client.update_alias(FunctionName="versions", Name="live",
                        RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert invoke(client, "versions", Qualifier="live")[1]["ExecutedVersion"] == "2"
    shown = client.get_alias(FunctionName="versions", Name="live")
    assert (shown["FunctionVersion"], shown["RoutingConfig"], shown["Description"]) == (
        "1", {"AdditionalVersionWeights": {"2": 1.0}}, "d")
    client.update_alias(FunctionName="versions", Name="live", FunctionVersion="2", RoutingConfig={})
    client.delete_function(FunctionName="versions", Qualifier="1")
    assert refusal(client.invoke, FunctionName="versions", Qualifier="1")[0] == 404
    assert [alias["Name"] for alias in client.list_aliases(FunctionName="versions")["Aliases"]] == ["live"]
    client.delete_alias(FunctionName="versions", Name="live")
    assert refusal(client.get_alias, FunctionName="versions", Name="live")[0] == 404
    assert refusal(client.create_alias, FunctionName="versions", Name="x", FunctionVersion="77")[0] == 404


# ---- other clients

@pytest.mark.parametrize("program", [CLI_V1, CLI_V2])
def test_the_aws_cli_deploys_a_zip_of_zip_and_invokes_it(onput, tmp_path, program):
    aws = AwsCli(program, onput)
    name = f"cli-{1 if program == CLI_V1 else 2}"
    (tmp_path / "app.py").write_text("def lambda_handler(event, context): return event['n'] * 2\n")
    subprocess.run(["zip", "-q", "x.zip", "app.py"], cwd=tmp_path, check=True)
    aws("lambda", "create-function", "--function-name", name, "--runtime", "python3.11", "--role", ROLE,
        "--handler", "app.lambda_handler", "--zip-file", f"fileb://{tmp_path}/x.zip")
    aws("lambda", "wait", "function-active", "--function-name", name)
    words = ["--cli-binary-format", "raw-in-base64-out"] if program == CLI_V2 else []
    told = aws("lambda", "invoke", "--function-name", name, "--payload", '{"n": 21}', *words, tmp_path / "out")
    assert json.loads(told)["StatusCode"] == 200
    assert (tmp_path / "out").read_text() == "42"
    assert name in aws("lambda", "list-functions")
    aws("lambda", "delete-function", "--function-name", name)


def test_onput_function_and_the_api_see_the_same_functions(onput, client, tmp_path):
    own = Functions(onput, tmp_path)
    own.deploy("both", "def lambda_handler(event, context): return 'both'")
    assert invoke(client, "both")[0] == "both"
    client.tag_resource(Resource=PREFIX + "both", Tags={"kept": "yes"})
    assert "unchanged" in own.deploy("both", "def lambda_handler(event, context): return 'both'").stdout
    own.deploy("both", "def lambda_handler(event, context): return 'new'")
    assert client.list_tags(Resource=PREFIX + "both")["Tags"] == {"kept": "yes"}
    create(client, "other", "def lambda_handler(event, context): return 'other'")
    assert own.invoke("other").json == "other"


def answers(client):
    try:
        return client.get_function(FunctionName="kept")
    except botocore.exceptions.ClientError:
        return None


def test_functions_survive_a_kill(tmp_path):
    with Onput(tmp_path, tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        client = instance.client("lambda")
        create(client, "kept", Tags={"a": "b"})
        client.publish_version(FunctionName="kept")
        client.create_alias(FunctionName="kept", Name="live", FunctionVersion="1")
        client.add_permission(FunctionName="kept", StatementId="s", Action="lambda:InvokeFunction",
                              Principal="sns.amazonaws.com")
        before = client.get_function(FunctionName="kept", Qualifier="live")["Configuration"]
        instance.kill("queue")
        wait_until(lambda: answers(client), what="the queue service is back")
        assert client.get_function(FunctionName="kept", Qualifier="live")["Configuration"] == before
        assert json.loads(client.get_policy(FunctionName="kept")["Policy"])["Statement"][0]["Sid"] == "s"
        assert invoke(client, "kept:live", 1)[0]["version"] == "1"
