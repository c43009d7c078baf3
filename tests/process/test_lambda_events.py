"""What invokes a function of Lambda's API: permissions, buckets, topics, events, queues. Nothing is lost."""
import json

import pytest

from harness.buses import Buses, bus_arn
from harness.functions import ENVIRONMENT
from harness.instance import Onput
from harness.lambdas import PREFIX, create, depth, refusal
from harness.topology import queue_arn
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    folder = tmp_path_factory.mktemp("events")
    with Onput(folder, tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        for bucket in ("inbox", "outbox"):
            instance.s3.create_bucket(Bucket=bucket)
        yield instance


@pytest.fixture(scope="module")
def client(onput):
    return onput.client("lambda")


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


def test_a_bus_is_told_the_end_of_an_event(onput, client):
    buses = Buses(onput)
    queue = buses.make_queue()
    buses.events_api.create_event_bus(Name="ends")
    buses.rule({"source": ["lambda"]}, queue, bus="ends")
    create(client, "to-bus")
    client.put_function_event_invoke_config(FunctionName="to-bus", MaximumRetryAttempts=0, DestinationConfig={
        "OnSuccess": {"Destination": bus_arn("ends")}, "OnFailure": {"Destination": bus_arn("ends")}})
    for payload, word in ((b'"fine"', "Success"), (b'"raise"', "Failure")):
        client.invoke(FunctionName="to-bus", InvocationType="Event", Payload=payload)
        (event,) = buses.events(queue, 1)
        assert event["detail-type"] == f"Lambda Function Invocation Result - {word}"
        assert event["resources"] == [PREFIX + "to-bus:$LATEST", bus_arn("ends")]
        assert event["detail"]["requestPayload"] == json.loads(payload)


def test_an_alias_has_an_event_configuration_of_its_own(onput, client):
    onput.sqs.create_queue(QueueName="by-alias")
    create(client, "terms", Publish=True)
    client.create_alias(FunctionName="terms", Name="live", FunctionVersion="1")
    named = {"FunctionName": "terms", "Qualifier": "live"}
    assert refusal(client.get_function_event_invoke_config, **named)[:2] == (404, "ResourceNotFoundException")
    assert refusal(client.update_function_event_invoke_config, **named, MaximumRetryAttempts=1)[0] == 404
    destinations = {"OnSuccess": {}, "OnFailure": {"Destination": queue_arn("by-alias")}}
    put = client.put_function_event_invoke_config(**named, MaximumRetryAttempts=0, DestinationConfig=destinations)
    assert (put["FunctionArn"], put["MaximumEventAgeInSeconds"]) == (PREFIX + "terms:live", 21600)
    client.invoke(FunctionName="terms:live", InvocationType="Event", Payload=b'"raise"')
    record = json.loads(onput.receive("by-alias")["Body"])
    assert record["requestContext"]["approximateInvokeCount"] == 1
    client.put_function_event_invoke_config(FunctionName="terms", Qualifier="1", MaximumRetryAttempts=1)
    client.update_function_event_invoke_config(**named, MaximumEventAgeInSeconds=60)
    read = client.get_function_event_invoke_config(**named)
    assert (read["MaximumRetryAttempts"], read["MaximumEventAgeInSeconds"], read["DestinationConfig"]) == (
        0, 60, destinations)
    # Another version behind the alias changes nothing of it.
    client.update_alias(FunctionName="terms", Name="live", FunctionVersion="$LATEST")
    listed = client.list_function_event_invoke_configs(FunctionName="terms")["FunctionEventInvokeConfigs"]
    assert [(one["FunctionArn"], one["MaximumRetryAttempts"]) for one in listed] == [
        (PREFIX + "terms:1", 1), (PREFIX + "terms:live", 0)]
    client.delete_function_event_invoke_config(**named)
    assert refusal(client.delete_function_event_invoke_config, **named)[0] == 404
    assert refusal(client.put_function_event_invoke_config, FunctionName="terms", Qualifier="absent",
                   MaximumRetryAttempts=0)[0] == 404


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
    client.tag_resource(Resource=made["EventSourceMappingArn"], Tags={"a": "1", "b": "2"})
    client.untag_resource(Resource=made["EventSourceMappingArn"], TagKeys=["a"])
    assert client.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"b": "2"}
    assert client.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"
    assert refusal(client.get_event_source_mapping, UUID=made["UUID"])[0] == 404


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
