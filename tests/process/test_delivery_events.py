"""From buckets and functions to topics: uploads and the ends of jobs, told by queue, webhook, mail."""
import itertools
import json

import pytest

from harness.mailbox import Mailbox
from harness.topics import Topics, refused, topic_arn, topic_instance
from harness.topology import ACCOUNT, configuration_xml, rule_xml
from harness.waiting import wait_until
from harness.webhook import Receiver, open_link
from harness.wire import Wire

READER = "operator@example.com"
NUMBERS = itertools.count(1)
CREATED = ["s3:ObjectCreated:*"]
UNVALIDATED = "Unable to validate the following destination configurations"
FORBIDDEN = ("Permissions on the destination topic do not allow S3 to publish notifications from "
             "this bucket")
# A key whose name tries to become headers of a mail.
ODD_KEY = "odd/a\r\nBcc: victim@example.com\r\n\r\nü.txt"

SPEECH = """
[[bucket]]
name = "inbox"
[[bucket]]
name = "outbox"
[[queue]]
name = "speech-dead-letters"
[[queue]]
name = "spoken"
[[topic]]
name = "spoken"
[[topic]]
name = "unspoken"
[[subscription]]
topic = "spoken"
protocol = "sqs"
queue = "spoken"
raw = true
[[subscription]]
topic = "unspoken"
protocol = "sqs"
queue = "spoken"
raw = true
filter_policy = '{{"status": ["failed"], "function": [{{"prefix": "spee"}}]}}'
[[subscription]]
topic = "unspoken"
protocol = "email"
endpoint = "{reader}"
[[function]]
name = "speech"
worker = "tts"
dead_letter_queue = "speech-dead-letters"
success_topic = "spoken"
failure_topic = "unspoken"
[function.environment]
OUTPUT_BUCKET = "outbox"
[[notification]]
bucket = "inbox"
id = "speech"
events = ["s3:ObjectCreated:*"]
suffix = ".txt"
function = "speech"
"""


@pytest.fixture(scope="module")
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def onput(tmp_path_factory, mailbox):
    folder = tmp_path_factory.mktemp("events")
    (folder / "speech.toml").write_text(SPEECH.format(reader=READER))
    with topic_instance(folder, tts=1, smtp_url=f"smtp://127.0.0.1:{mailbox.port}") as instance:
        instance.run("pipeline", "apply", folder / "speech.toml")
        open_link(mailbox.wait(READER)[0].links[0])
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


@pytest.fixture
def bucket(onput):
    name = f"bucket-{next(NUMBERS)}"
    onput.s3.create_bucket(Bucket=name)
    return name


def publishing_policy(topic, bucket):
    """What AWS's guide tells people to put on a topic that a bucket names."""
    return json.dumps({"Version": "2012-10-17", "Id": "example-ID", "Statement": [
        {"Sid": "Example SNS topic policy", "Effect": "Allow",
         "Principal": {"Service": "s3.amazonaws.com"}, "Action": ["SNS:Publish"], "Resource": topic,
         "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:*:*:{bucket}"},
                       "StringEquals": {"aws:SourceAccount": ACCOUNT}}}]})


def tell(onput, bucket, topic, **more):
    onput.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [
            {"Id": "told", "TopicArn": topic, "Events": CREATED}], **more})


@pytest.fixture
def topic(topics, bucket):
    """A topic that the bucket may name."""
    arn = topics.make()
    topics.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy",
                                    AttributeValue=publishing_policy(arn, bucket))
    return arn


# -- buckets

def test_an_upload_is_told_by_queue_webhook_and_mail(onput, topics, bucket, topic, receiver, mailbox):
    queue = topics.subscribe_queue(topic)
    hook = receiver.hook()
    topics.subscribe_hook(topic, hook)
    topics.subscribe(topic, "email", "everyone@example.com")
    open_link(mailbox.wait("everyone@example.com")[0].links[0])
    tell(onput, bucket, topic)
    onput.s3.put_object(Bucket=bucket, Key="red flower@1.jpg", Body=b"12345")

    test, envelope = topics.envelopes(queue, 2)
    assert test["Subject"] == envelope["Subject"] == "Amazon S3 Notification"
    event = json.loads(test["Message"])
    assert list(event) == ["Service", "Event", "Time", "Bucket", "RequestId", "HostId"]
    assert (event["Service"], event["Event"], event["Bucket"]) == (
        "Amazon S3", "s3:TestEvent", bucket)
    record, = json.loads(envelope["Message"])["Records"]
    assert (record["eventName"], record["s3"]["configurationId"]) == ("ObjectCreated:Put", "told")
    assert record["s3"]["object"]["key"] == "red+flower%401.jpg"

    first, second = hook.wait(2)
    assert [first.json["Message"], second.json["Message"]] == [test["Message"], envelope["Message"]]
    assert second.json["MessageId"] == envelope["MessageId"]
    mails = mailbox.wait("everyone@example.com", 3)
    told = next(mail for mail in mails if "red+flower%401.jpg" in mail.text)
    assert told.message["Subject"] == "Amazon S3 Notification"


def test_the_configuration_comes_back_as_aws_echoes_it(onput, bucket, topic):
    tell(onput, bucket, topic)
    got = onput.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert got["TopicConfigurations"] == [{"Id": "told", "TopicArn": topic, "Events": CREATED}]


def test_a_topic_that_does_not_let_the_bucket_publish_is_refused(onput, topics, bucket):
    topic = topics.make()
    with refused("InvalidArgument", 400, f"{UNVALIDATED}: {topic}: {FORBIDDEN}"):
        tell(onput, bucket, topic)
    body = configuration_xml(rule_xml("Topic", arn=topic))
    answer = Wire(onput).send("PUT", f"/{bucket}?notification", body)
    assert (answer.error["ArgumentName1"], answer.error["ArgumentValue1"]) == (topic, FORBIDDEN)
    got = onput.s3.get_bucket_notification_configuration(Bucket=bucket)
    assert "TopicConfigurations" not in got


def test_a_topic_of_another_bucket_is_refused(onput, topics, bucket, topic):
    topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                                    AttributeValue=publishing_policy(topic, "another"))
    with refused("InvalidArgument", 400, f"{UNVALIDATED}: {topic}: {FORBIDDEN}"):
        tell(onput, bucket, topic)


def test_a_topic_that_is_absent_is_refused(onput, bucket):
    body = configuration_xml(rule_xml("Topic", arn=topic_arn("absent")))
    answer = Wire(onput).send("PUT", f"/{bucket}?notification", body)
    assert (answer.status, answer.error_code) == (400, "InvalidArgument")
    assert answer.error["ArgumentName1"] == topic_arn("absent")
    assert answer.error["ArgumentValue1"] == "The destination topic does not exist"


@pytest.mark.parametrize("fault", ["gone", "closed"])
def test_a_topic_that_is_lost_later_loses_nothing_else(onput, topics, bucket, topic, fault):
    other = topics.make()
    topics.sns.set_topic_attributes(TopicArn=other, AttributeName="Policy",
                                    AttributeValue=publishing_policy(other, bucket))
    queue = topics.subscribe_queue(other)
    onput.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [
            {"Id": "lost", "TopicArn": topic, "Events": ["s3:ObjectCreated:Put"]},
            {"Id": "kept", "TopicArn": other, "Events": ["s3:ObjectRemoved:*"]}]})
    topics.envelopes(queue, 1)
    if fault == "gone":
        topics.sns.delete_topic(TopicArn=topic)
    else:
        topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue="")
    onput.s3.put_object(Bucket=bucket, Key="a", Body=b"1")

    def failures():
        story = json.loads(onput.run("-o", "json", "trace", f"s3://{bucket}/a").stdout)
        return [s for s in story["steps"] if s["what"] == "delivery failed" and topic in s["subject"]]
    step, = wait_until(failures, 20, "the trace to tell of the topic")
    assert ("NotFound" if fault == "gone" else "AuthorizationError") in step["detail"]
    onput.s3.delete_object(Bucket=bucket, Key="a")
    envelope, = topics.envelopes(queue, 1)
    record = json.loads(envelope["Message"])["Records"][0]
    assert record["eventName"] == "ObjectRemoved:Delete"


def test_a_topic_that_comes_again_is_told_again(onput, topics, bucket):
    topic = topics.make("comes-again")
    policy = publishing_policy(topic, bucket)
    topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    tell(onput, bucket, topic)
    topics.sns.delete_topic(TopicArn=topic)
    topics.make("comes-again", {"Policy": policy})
    queue = topics.subscribe_queue(topic)
    onput.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert '"key":"a"' in topics.envelopes(queue, 1)[0]["Message"]


# -- functions

def test_a_success_is_told_in_its_documented_form(onput, topics):
    put = onput.s3.put_object(Bucket="inbox", Key="told/good morning.txt", Body=b"Good morning.")
    recording = onput.wait_for_object("outbox", "told/good morning.mp3")
    letter, = topics.letters("spoken", 1)
    told = json.loads(letter["Body"])
    assert {name: told[name] for name in ("version", "status", "function", "attempts")} == {
        "version": "1", "status": "succeeded", "function": "speech", "attempts": 1}
    assert told["functionArn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:speech"
    assert told["input"] == {"bucket": "inbox", "key": "told/good morning.txt",
                             "eTag": put["ETag"].strip('"'), "size": 13}
    output, = told["outputs"]
    assert (output["bucket"], output["key"], output["size"]) == (
        "outbox", "told/good morning.mp3", len(recording))
    assert output["contentType"] == "audio/mpeg" and 300 < output["durationMs"] < 5000
    story = json.loads(onput.run("-o", "json", "trace", "s3://inbox/told/good morning.txt").stdout)
    assert told["traceId"] == story["trace_id"]
    head = onput.s3.head_object(Bucket="outbox", Key="told/good morning.mp3")
    assert output["eTag"] == head["ETag"].strip('"')


def test_a_failure_is_told_with_its_reason(onput, topics, mailbox):
    seen = len(mailbox.to(READER))
    onput.s3.put_object(Bucket="inbox", Key="told/noise.txt", Body=b"\x00\x01\x02\xff\xfe\xfd" * 50)
    letter, = topics.letters("spoken", 1, deadline_s=40)
    told = json.loads(letter["Body"])
    assert (told["status"], told["function"]) == ("failed", "speech")
    assert told["input"]["key"] == "told/noise.txt"
    assert told["error"]["code"] and told["error"]["message"] and "outputs" not in told
    mail = mailbox.wait(READER, seen + 1)[-1]
    assert mail.message["Subject"] == "speech failed: inbox/told/noise.txt"
    assert json.loads(mail.text.split("\n\n--\n")[0]) == told


def test_a_key_cannot_write_headers_of_a_mail(onput, topics, mailbox):
    seen = len(mailbox.to(READER))
    onput.s3.put_object(Bucket="inbox", Key=ODD_KEY, Body=b"\x00\x01\x02\xff\xfe\xfd" * 50)
    letter, = topics.letters("spoken", 1, deadline_s=40)
    assert json.loads(letter["Body"])["input"]["key"] == ODD_KEY
    mail = mailbox.wait(READER, seen + 1)[-1]
    assert mail.recipients == [READER] and "Bcc" not in mail.message
    assert mail.message["Subject"].startswith("speech failed: inbox/odd/a")
    assert mailbox.to("victim@example.com") == []
