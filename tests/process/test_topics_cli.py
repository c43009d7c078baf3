"""Topics through the AWS CLI, both versions, and an older boto3: every operation, unmodified."""
import json

import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli, run_client, system_boto3
from harness.topics import sending_policy, topic_arn, topic_instance
from harness.topology import ACCOUNT, queue_arn
from harness.webhook import Receiver

PROGRAMS = {"v1": CLI_V1, "v2": CLI_V2}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("topics-cli")) as instance:
        yield instance


@pytest.fixture(params=PROGRAMS)
def aws(request, onput):
    return AwsCli(PROGRAMS[request.param], onput)


@pytest.fixture
def name(request):
    """A name of this test's own."""
    return request.node.name.replace("[", "-").replace("]", "").removeprefix("test_")


@pytest.fixture
def sns(aws):
    """One operation of SNS; its answer."""
    def call(*words, **options):
        told = aws("sns", *words, "--output", "json", **options)
        return json.loads(told) if told.strip() else None
    return call


def test_a_topic_is_made_listed_changed_and_deleted(sns, name):
    topic = sns("create-topic", "--name", name, "--attributes", "DisplayName=Photos",
                "--tags", "Key=team,Value=media")["TopicArn"]
    assert topic == topic_arn(name)
    assert {"TopicArn": topic} in sns("list-topics")["Topics"]
    sns("set-topic-attributes", "--topic-arn", topic, "--attribute-name", "SignatureVersion",
        "--attribute-value", "2")
    shown = sns("get-topic-attributes", "--topic-arn", topic)["Attributes"]
    assert (shown["DisplayName"], shown["SignatureVersion"], shown["Owner"]) == (
        "Photos", "2", ACCOUNT)
    sns("tag-resource", "--resource-arn", topic, "--tags", "Key=stage,Value=test")
    sns("untag-resource", "--resource-arn", topic, "--tag-keys", "team")
    assert sns("list-tags-for-resource", "--resource-arn", topic)["Tags"] == [
        {"Key": "stage", "Value": "test"}]
    sns("add-permission", "--topic-arn", topic, "--label", "guests", "--aws-account-id",
        "111111111111", "--action-name", "Publish")
    assert "guests" in sns("get-topic-attributes", "--topic-arn", topic)["Attributes"]["Policy"]
    sns("remove-permission", "--topic-arn", topic, "--label", "guests")
    sns("delete-topic", "--topic-arn", topic)
    assert {"TopicArn": topic} not in sns("list-topics")["Topics"]


def test_a_queue_is_subscribed_and_told(aws, sns, name):
    topic = sns("create-topic", "--name", name)["TopicArn"]
    url = json.loads(aws("sqs", "create-queue", "--queue-name", name, "--attributes",
                         json.dumps({"Policy": sending_policy(name, topic)}),
                         "--output", "json"))["QueueUrl"]
    subscription = sns("subscribe", "--topic-arn", topic, "--protocol", "sqs",
                       "--notification-endpoint", queue_arn(name), "--attributes",
                       '{"RawMessageDelivery":"true","FilterPolicy":"{\\"kind\\":[\\"a\\"]}"}'
                       )["SubscriptionArn"]
    for kind in ("b", "a"):
        sns("publish", "--topic-arn", topic, "--message", f"grüß & <{kind}>", "--subject", "s",
            "--message-attributes", json.dumps({"kind": {"DataType": "String",
                                                         "StringValue": kind}}))
    got = json.loads(aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "10",
                         "--output", "json"))["Messages"]
    assert [message["Body"] for message in got] == ["grüß & <a>"]
    sns("set-subscription-attributes", "--subscription-arn", subscription, "--attribute-name",
        "FilterPolicyScope", "--attribute-value", "MessageBody")
    shown = sns("get-subscription-attributes", "--subscription-arn", subscription)["Attributes"]
    assert (shown["FilterPolicyScope"], shown["PendingConfirmation"]) == ("MessageBody", "false")
    batch = [{"Id": str(n), "Message": json.dumps({"kind": kind})}
             for n, kind in enumerate("aba")]
    said = sns("publish-batch", "--topic-arn", topic, "--publish-batch-request-entries",
               json.dumps(batch))
    assert [entry["Id"] for entry in said["Successful"]] == ["0", "1", "2"] and not said["Failed"]
    sns("unsubscribe", "--subscription-arn", subscription)
    assert sns("list-subscriptions-by-topic", "--topic-arn", topic)["Subscriptions"] == []


def test_a_webhook_is_confirmed_by_its_token(sns, name):
    topic = sns("create-topic", "--name", name)["TopicArn"]
    with Receiver() as receiver:
        hook = receiver.hook()
        said = sns("subscribe", "--topic-arn", topic, "--protocol", "http",
                   "--notification-endpoint", hook.url)
        assert said["SubscriptionArn"] == "pending confirmation"
        token = hook.confirmation().json["Token"]
        confirmed = sns("confirm-subscription", "--topic-arn", topic, "--token", token)
        assert confirmed["SubscriptionArn"].startswith(topic + ":")
        assert confirmed["SubscriptionArn"] in [
            item["SubscriptionArn"] for item in sns("list-subscriptions")["Subscriptions"]]
        sent = sns("publish", "--target-arn", topic, "--message", "hello")
        assert hook.wait(1)[0].json["MessageId"] == sent["MessageId"]


def test_a_refusal_is_told_as_by_aws(onput, aws):
    done = run_client(onput, aws.program, "--endpoint-url", onput.url, "sns", "publish",
                      "--topic-arn", topic_arn("absent"), "--message", "m", expect=None)
    assert done.returncode in (254, 255)
    assert ("An error occurred (NotFound) when calling the Publish operation: Topic does not exist"
            in done.stderr)


def test_an_older_boto3_drives_topics(onput):
    said = system_boto3(onput, (
        "sns = client('sns')\n"
        "topic = sns.create_topic(Name='older', Tags=[{'Key': 'a', 'Value': '1'}])['TopicArn']\n"
        "queue = sqs.create_queue(QueueName='older')['QueueUrl']\n"
        "arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])"
        "['Attributes']['QueueArn']\n"
        "import json\n"
        "policy = {'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': 'sqs:*',\n"
        "    'Resource': arn, 'Condition': {'ArnLike': {'aws:SourceArn': topic}}}}\n"
        "sqs.set_queue_attributes(QueueUrl=queue, Attributes={'Policy': json.dumps(policy)})\n"
        "sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn,\n"
        "    Attributes={'RawMessageDelivery': 'true'})\n"
        "sns.publish(TopicArn=topic, Message='old words')\n"
        "got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)['Messages']\n"
        "try: sns.publish(TopicArn=topic + 'x', Message='m')\n"
        "except sns.exceptions.NotFoundException as e: print(e.response['Error']['Message'])\n"
        "print([m['Body'] for m in got])\n"))
    assert said.splitlines() == ["Topic does not exist", "['old words']"]
