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
from harness.topology import queue_arn
from harness.waiting import wait_until

ROLE = "arn:aws:iam::000000000000:role/lambda"
PREFIX = "arn:aws:lambda:us-east-1:000000000000:function:"

ECHO = """
import json
import os

def lambda_handler(event, context):
    print("asked")
    if event == "raise":
        raise ValueError("odd")
    custom = context.client_context.custom if context.client_context else None
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn,
            "mode": os.environ.get("MODE"), "custom": custom}
"""


def zipped(source=ECHO, name="app.py", **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, source)
        for other, text in more.items():
            archive.writestr(other, text)
    return out.getvalue()


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambda")
    with Onput(folder, tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        for bucket in ("inbox", "outbox"):
            instance.s3.create_bucket(Bucket=bucket)
        yield instance


@pytest.fixture(scope="module")
def client(onput):
    return onput.client("lambda")


def create(client, name, source=ECHO, **more):
    settings = {"Runtime": "python3.11", "Handler": "app.lambda_handler", "Role": ROLE, "Timeout": 10, **more}
    if "Code" not in settings:
        settings["Code"] = {"ZipFile": zipped(source)}
    return client.create_function(FunctionName=name, **settings)


def invoke(client, name, event=None, **more):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return json.loads(answer["Payload"].read() or "null"), answer


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"],
            response["Error"]["Message"])


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
    assert body == {"event": {"a": [1, "ü"]}, "version": "$LATEST", "arn": PREFIX + "life", "mode": "a", "custom": None}
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
    (bomb(), "Unzipped size must be smaller than 262144000 bytes")])
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


# ---- permissions, and what invokes a function

def test_permissions_are_given_shown_and_taken(client):
    create(client, "policy")
    assert refusal(client.get_policy, FunctionName="policy") == (
        404, "ResourceNotFoundException", "The resource you requested does not exist.")
    given = client.add_permission(FunctionName="policy", StatementId="s3", Action="lambda:InvokeFunction",
                                  Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::inbox",
                                  SourceAccount="000000000000")
    statement = {"Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                 "Action": "lambda:InvokeFunction", "Resource": PREFIX + "policy",
                 "Condition": {"StringEquals": {"AWS:SourceAccount": "000000000000"},
                               "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::inbox"}}}
    assert json.loads(given["Statement"]) == statement
    policy = client.get_policy(FunctionName="policy")
    assert json.loads(policy["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert refusal(client.add_permission, FunctionName="policy", StatementId="s3", Principal="s3.amazonaws.com",
                   Action="lambda:InvokeFunction")[:2] == (409, "ResourceConflictException")
    client.remove_permission(FunctionName="policy", StatementId="s3")
    assert refusal(client.get_policy, FunctionName="policy")[0] == 404
    assert refusal(client.remove_permission, FunctionName="policy", StatementId="s3")[0] == 404


def notify(onput, arn, **more):
    rule = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"], **more}
    onput.s3.put_bucket_notification_configuration(
        Bucket="inbox", NotificationConfiguration={"LambdaFunctionConfigurations": [rule]})


STORE = """
import boto3
def lambda_handler(event, context):
    record = event["Records"][0]
    boto3.client("s3").put_object(Bucket="outbox", Key=record["s3"]["object"]["key"],
                                  Body=context.invoked_function_arn.encode())
"""


def test_a_bucket_invokes_what_permits_it(onput, client):
    arn = create(client, "store", STORE)["FunctionArn"]
    refused = refusal(notify, onput=onput, arn=arn)
    assert refused[:2] == (400, "InvalidArgument")
    assert refused[2].startswith("Unable to validate the following destination configurations")
    client.add_permission(FunctionName="store", StatementId="s3", Action="lambda:InvokeFunction",
                          Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::inbox")
    notify(onput, arn)
    onput.s3.put_object(Bucket="inbox", Key="permitted", Body=b"x")
    assert onput.wait_for_object("outbox", "permitted").decode() == arn
    assert refusal(notify, onput=onput, arn=arn + ":nobody")[1] == "InvalidArgument"
    client.publish_version(FunctionName="store")
    client.create_alias(FunctionName="store", Name="live", FunctionVersion="1")
    # A permission of the function opens none of its aliases.
    assert refusal(notify, onput=onput, arn=arn + ":live")[1] == "InvalidArgument"
    client.add_permission(FunctionName="store", Qualifier="live", StatementId="s3", Action="lambda:InvokeFunction",
                          Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::inbox")
    notify(onput, arn + ":live")
    onput.s3.put_object(Bucket="inbox", Key="aliased", Body=b"x")
    assert onput.wait_for_object("outbox", "aliased").decode() == arn + ":1"
    onput.s3.put_bucket_notification_configuration(Bucket="inbox", NotificationConfiguration={})


def test_a_topic_invokes_what_permits_it(onput, client):
    sns = onput.client("sns")
    topic = sns.create_topic(Name="calls")["TopicArn"]
    arn = create(client, "heard", """
import json
import boto3
def lambda_handler(event, context):
    boto3.client("s3").put_object(Bucket="outbox", Key=event["Records"][0]["Sns"]["Message"],
                                  Body=json.dumps(event["Records"][0]).encode())
""")["FunctionArn"]
    client.add_permission(FunctionName="heard", StatementId="sns", Action="lambda:InvokeFunction",
                          Principal="sns.amazonaws.com", SourceArn=topic)
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn,
                                 ReturnSubscriptionArn=True)["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert (attributes["Protocol"], attributes["PendingConfirmation"]) == ("lambda", "false")
    sns.publish(TopicArn=topic, Message="said", Subject="s",
                MessageAttributes={"color": {"DataType": "String", "StringValue": "red"}})
    record = json.loads(onput.wait_for_object("outbox", "said"))
    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", subscription)
    assert record["Sns"]["MessageAttributes"] == {"color": {"Type": "String", "Value": "red"}}
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="lambda", Endpoint="arn:aws:sqs:us-east-1:1:q")[1] == (
        "InvalidParameter")


# ---- asynchronous invocation

def test_the_ends_of_events_are_told_to_their_destinations(onput, client):
    for name in ("good", "bad"):
        onput.sqs.create_queue(QueueName=name)
    create(client, "told")
    assert refusal(client.get_function_event_invoke_config, FunctionName="told")[:2] == (
        404, "ResourceNotFoundException")
    destinations = {"OnSuccess": {"Destination": queue_arn("good")}, "OnFailure": {"Destination": queue_arn("bad")}}
    put = client.put_function_event_invoke_config(FunctionName="told", MaximumRetryAttempts=0,
                                                  MaximumEventAgeInSeconds=120, DestinationConfig=destinations)
    assert put["FunctionArn"] == PREFIX + "told:$LATEST"
    read = client.get_function_event_invoke_config(FunctionName="told")
    assert (read["MaximumRetryAttempts"], read["MaximumEventAgeInSeconds"], read["DestinationConfig"]) == (
        0, 120, destinations)
    sent = client.invoke(FunctionName="told", InvocationType="Event", Payload=b'"fine"')
    record = json.loads(onput.receive("good")["Body"])
    assert record["requestContext"]["requestId"] == sent["ResponseMetadata"]["RequestId"]
    assert (record["requestContext"]["condition"], record["requestPayload"]) == ("Success", "fine")
    assert record["responsePayload"]["event"] == "fine"
    client.invoke(FunctionName="told", InvocationType="Event", Payload=b'"raise"')
    record = json.loads(onput.receive("bad")["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST",
                                         "functionError": "Unhandled"}
    assert record["responsePayload"]["errorType"] == "ValueError"
    client.update_function_event_invoke_config(FunctionName="told", MaximumRetryAttempts=1)
    listed = client.list_function_event_invoke_configs(FunctionName="told")["FunctionEventInvokeConfigs"]
    assert [(one["MaximumRetryAttempts"], one["MaximumEventAgeInSeconds"]) for one in listed] == [(1, 120)]
    client.delete_function_event_invoke_config(FunctionName="told")
    assert refusal(client.get_function_event_invoke_config, FunctionName="told")[0] == 404


# ---- queues as event sources

BATCH = """
import json
import boto3
def lambda_handler(event, context):
    failed = []
    for record in event["Records"]:
        if record["body"] == "bad" and record["attributes"]["ApproximateReceiveCount"] == "1":
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        boto3.client("s3").put_object(Bucket="outbox", Key="batch/" + record["body"],
                                      Body=json.dumps([len(event["Records"]), record]).encode())
    return {"batchItemFailures": failed}
"""


def test_a_queue_is_an_event_source(onput, client):
    queue = onput.sqs.create_queue(QueueName="source", Attributes={"VisibilityTimeout": "10"})["QueueUrl"]
    create(client, "batches", BATCH, Timeout=5)
    create(client, "slow", BATCH, Timeout=60)
    refused = refusal(client.create_event_source_mapping, FunctionName="slow", EventSourceArn=queue_arn("source"))
    assert refused == (400, "InvalidParameterValueException",
                       "Queue visibility timeout: 10 seconds is less than Function timeout: 60 seconds")
    for body in ("one", "two", "bad"):
        onput.sqs.send_message(QueueUrl=queue, MessageBody=body,
                               MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}})
    made = client.create_event_source_mapping(
        FunctionName="batches", EventSourceArn=queue_arn("source"), BatchSize=5,
        FunctionResponseTypes=["ReportBatchItemFailures"], ScalingConfig={"MaximumConcurrency": 2})
    assert (made["State"], made["FunctionArn"]) == ("Creating", PREFIX + "batches")
    size, record = json.loads(onput.wait_for_object("outbox", "batch/one"))
    assert size == 3
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == (
        "aws:sqs", queue_arn("source"), "us-east-1")
    assert record["messageAttributes"] == {"n": {"stringValue": "1", "stringListValues": [], "binaryListValues": [],
                                                 "dataType": "Number"}}
    assert onput.wait_for_object("outbox", "batch/two")
    size, record = json.loads(onput.wait_for_object("outbox", "batch/bad"))
    assert (size, record["attributes"]["ApproximateReceiveCount"]) == (1, "2")
    wait_until(lambda: depth(onput, queue) == 0, what="all messages are gone")
    read = client.get_event_source_mapping(UUID=made["UUID"])
    assert (read["State"], read["BatchSize"], read["ScalingConfig"], read["FunctionResponseTypes"]) == (
        "Enabled", 5, {"MaximumConcurrency": 2}, ["ReportBatchItemFailures"])
    assert refusal(client.create_event_source_mapping, FunctionName="batches",
                   EventSourceArn=queue_arn("source"))[:2] == (409, "ResourceConflictException")
    changed = client.update_event_source_mapping(UUID=made["UUID"], FilterCriteria={
        "Filters": [{"Pattern": json.dumps({"body": {"kind": ["wanted"]}})}]})
    assert changed["FilterCriteria"]["Filters"] == [{"Pattern": '{"body": {"kind": ["wanted"]}}'}]
    onput.sqs.send_message(QueueUrl=queue, MessageBody='{"kind": "other"}')
    wait_until(lambda: depth(onput, queue) == 0, what="what no filter takes is removed")
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    assert client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"
    onput.sqs.send_message(QueueUrl=queue, MessageBody='{"kind": "wanted"}')
    assert depth(onput, queue) == 1
    mappings = client.list_event_source_mappings(FunctionName="batches")["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in mappings] == [made["UUID"]]
    assert client.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"
    assert refusal(client.get_event_source_mapping, UUID=made["UUID"])[0] == 404


def depth(onput, queue):
    """Messages of a queue, whatever their state."""
    counts = onput.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return sum(int(counts[name]) for name in ("ApproximateNumberOfMessages",
                                              "ApproximateNumberOfMessagesNotVisible"))


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


KEEP = """
import boto3
s3 = boto3.client("s3")
def lambda_handler(event, context):
    for record in event["Records"]:
        s3.put_object(Bucket="kept", Key=record["body"], Body=b"x")
"""


def test_no_message_and_no_event_is_lost_when_queue_and_worker_are_killed(tmp_path):
    with Onput(tmp_path, tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        client = instance.client("lambda", retries={"mode": "standard", "max_attempts": 10})
        instance.s3.create_bucket(Bucket="kept")
        instance.sqs.create_queue(QueueName="ends")
        queue = instance.sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "8"})["QueueUrl"]
        create(client, "keep", KEEP, Timeout=5)
        client.put_function_event_invoke_config(
            FunctionName="keep", DestinationConfig={"OnSuccess": {"Destination": queue_arn("ends")}})
        client.create_event_source_mapping(FunctionName="keep", EventSourceArn=queue_arn("work"), BatchSize=7)
        wanted, told = set(), set()
        for number in range(120):
            if number % 2:
                instance.sqs.send_message(QueueUrl=queue, MessageBody=f"m{number}")
                wanted.add(f"m{number}")
            else:
                payload = {"Records": [{"body": f"e{number}"}]}
                sent = client.invoke(FunctionName="keep", InvocationType="Event", Payload=json.dumps(payload))
                wanted.add(f"e{number}")
                told.add(sent["ResponseMetadata"]["RequestId"])
            if number % 30 == 29:
                instance.kill("queue" if number % 60 == 29 else "function")

        def kept():
            pages = instance.s3.get_paginator("list_objects_v2").paginate(Bucket="kept")
            return {item["Key"] for page in pages for item in page.get("Contents", [])} == wanted

        wait_until(kept, deadline_s=120, what="each message and event has run")
        seen = set()

        def all_told():
            url = instance.sqs.get_queue_url(QueueName="ends")["QueueUrl"]
            got = instance.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in got.get("Messages", []):
                seen.add(json.loads(message["Body"])["requestContext"]["requestId"])
                instance.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return seen == told

        wait_until(all_told, deadline_s=60, what="each end was told")
        wait_until(lambda: depth(instance, queue) == 0, deadline_s=60, what="the queue is empty")
