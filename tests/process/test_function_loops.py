"""Functions that cause themselves: stopped after 16 invocations of a chain, however the chain goes on."""
import json

import pytest

from harness.functions import ENVIRONMENT
from harness.instance import Onput
from harness.lambdas import create, depth
from harness.topology import queue_arn
from harness.waiting import wait_until

LOOPS_MAX = 16

HANDLER = """
import json
import os

import boto3

def lambda_handler(event, context):
    print("round")
    way = os.environ["WAY"]
    if way == "bucket":
        boto3.client("s3").put_object(Bucket="circle", Key=context.aws_request_id, Body=b"")
    elif way == "queue":
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody="again")
    elif way == "topic":
        boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="again")
    else:
        boto3.client("lambda").invoke(FunctionName=context.function_name, InvocationType="Event", Payload=b"{}")
"""


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("loops"), tts=0, environment=ENVIRONMENT,
               arguments=["--no-pipeline", "--image", "0"]) as instance:
        yield instance


def make(onput, way, **environment):
    """A function that causes itself this way, and the queue of its dead letters."""
    letters = onput.sqs.create_queue(QueueName=f"letters-{way}")["QueueUrl"]
    client = onput.client("lambda")
    arn = create(client, way, HANDLER, Environment={"Variables": {"WAY": way, **environment}},
                 DeadLetterConfig={"TargetArn": queue_arn(f"letters-{way}")})["FunctionArn"]
    return client, arn, letters


def rounds(onput, way):
    logs = onput.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{way}", filterPattern="round")
    try:
        return sum(len(page["events"]) for page in pages)
    except logs.exceptions.ResourceNotFoundException:
        return 0  # Before the first batch of lines came.


def assert_stopped(onput, way, letters):
    wait_until(lambda: depth(onput, letters) == 1, 60, "the chain's end")
    letter = onput.sqs.receive_message(QueueUrl=letters, MessageAttributeNames=["All"])["Messages"][0]
    assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == "event.recursive_invocation"
    wait_until(lambda: rounds(onput, way) == LOOPS_MAX, 20, "16 invocations in the log")


def test_through_a_bucket(onput):
    client, arn, letters = make(onput, "bucket")
    onput.s3.create_bucket(Bucket="circle")
    client.add_permission(FunctionName="bucket", StatementId="s3", Action="lambda:InvokeFunction",
                          Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::circle")
    onput.s3.put_bucket_notification_configuration(Bucket="circle", NotificationConfiguration={
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    onput.s3.put_object(Bucket="circle", Key="first", Body=b"")
    assert_stopped(onput, "bucket", letters)
    assert len(onput.keys("circle")) == LOOPS_MAX + 1


def test_through_itself(onput):
    client, _, letters = make(onput, "itself")
    client.invoke(FunctionName="itself", InvocationType="Event", Payload=b"{}")
    assert_stopped(onput, "itself", letters)


def test_through_a_topic(onput):
    topic = onput.client("sns").create_topic(Name="circle")["TopicArn"]
    client, arn, letters = make(onput, "topic", TOPIC=topic)
    client.add_permission(FunctionName="topic", StatementId="sns", Action="lambda:InvokeFunction",
                          Principal="sns.amazonaws.com", SourceArn=topic)
    onput.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    onput.client("sns").publish(TopicArn=topic, Message="first")
    assert_stopped(onput, "topic", letters)


def test_through_a_queue_whose_dead_letters_get_the_message(onput):
    dead = onput.sqs.create_queue(QueueName="circle-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": queue_arn("circle-dead"), "maxReceiveCount": 1}
    url = onput.sqs.create_queue(QueueName="circle", Attributes={
        "VisibilityTimeout": "10", "RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    client, _, _ = make(onput, "queue", QUEUE=url)
    client.create_event_source_mapping(FunctionName="queue", EventSourceArn=queue_arn("circle"))
    onput.sqs.send_message(QueueUrl=url, MessageBody="first")
    wait_until(lambda: depth(onput, dead) == 1, 90, "the message of the chain's end")
    wait_until(lambda: rounds(onput, "queue") == LOOPS_MAX, 20, "16 invocations in the log")


def test_a_function_may_be_allowed_to(onput):
    client, _, letters = make(onput, "allowed")
    assert client.get_function_recursion_config(FunctionName="allowed")["RecursiveLoop"] == "Terminate"
    client.put_function_recursion_config(FunctionName="allowed", RecursiveLoop="Allow")
    assert client.get_function_recursion_config(FunctionName="allowed")["RecursiveLoop"] == "Allow"
    client.invoke(FunctionName="allowed", InvocationType="Event", Payload=b"{}")
    wait_until(lambda: rounds(onput, "allowed") > LOOPS_MAX, 60, "more than 16 invocations")
    # The chain ends with its function's permission.
    client.put_function_recursion_config(FunctionName="allowed", RecursiveLoop="Terminate")
    wait_until(lambda: depth(onput, letters) == 1, 60, "the chain's end")
