"""From a topic to queues: envelopes, raw messages, filters, order, and what a queue refuses."""
import hashlib
import json
import re

import pytest

from harness.topics import Topics, sending_policy, topic_instance
from harness.topology import queue_arn
from harness.waiting import wait_until

TEXT = 'Zwölf Boxkämpfer\n\t"jagen" \\ <Viktor> & 🐛 \u2028 \x7f'


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("to-queues")) as instance:
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


@pytest.fixture
def topic(topics):
    return topics.make()


def text(value):
    return {"DataType": "String", "StringValue": value}


def number(value):
    return {"DataType": "Number", "StringValue": str(value)}


def redrive_to(queue):
    return json.dumps({"deadLetterTargetArn": queue_arn(queue)})


# -- what arrives

def test_an_envelope_is_as_aws_shapes_it(topics, topic):
    queue = topics.subscribe_queue(topic)
    sent = topics.publish(topic, TEXT, Subject="Größe: 1 < 2", MessageAttributes={
        "kind": text("photo"), "size": number("12.50"),
        "hash": {"DataType": "Binary", "BinaryValue": b"\0\xff"},
        "tags": {"DataType": "String.Array", "StringValue": '["a",1,true,null]'}})
    body = topics.letters(queue, 1)[0]["Body"]
    envelope = json.loads(body)
    assert list(envelope) == ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp",
                              "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL",
                              "MessageAttributes"]
    assert (envelope["Type"], envelope["MessageId"], envelope["TopicArn"], envelope["Subject"],
            envelope["Message"], envelope["SignatureVersion"]) == (
                "Notification", sent, topic, "Größe: 1 < 2", TEXT, "1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", envelope["Timestamp"])
    assert envelope["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "photo"},
        "size": {"Type": "Number", "Value": "12.50"},
        "hash": {"Type": "Binary", "Value": "AP8="},
        "tags": {"Type": "String.Array", "Value": '["a",1,true,null]'}}
    assert body.startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')


def test_an_envelope_without_subject_and_attributes_has_neither(topics, topic):
    queue = topics.subscribe_queue(topic)
    topics.publish(topic)
    assert not {"Subject", "MessageAttributes"} & set(topics.envelopes(queue, 1)[0])


def test_a_raw_message_is_the_bare_text(topics, topic):
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    topics.publish(topic, TEXT, Subject="left out")
    message = topics.letters(queue, 1)[0]
    assert message["Body"] == TEXT
    assert message["MD5OfBody"] == hashlib.md5(TEXT.encode()).hexdigest()


def test_a_raw_message_keeps_its_attributes(topics, topic):
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    given = {"kind": text("photo"), "size": number(12),
             "hash": {"DataType": "Binary", "BinaryValue": b"\0\xff"}}
    topics.publish(topic, MessageAttributes=given)
    got = topics.letters(queue, 1)[0].get("MessageAttributes", {})
    assert {name: {key: value[key] for key in given[name]} for name, value in got.items()} == given


def test_a_raw_message_with_more_attributes_than_a_queue_takes_is_a_dead_letter(topics, topic):
    letters = topics.make_queue(topic)
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true",
                                   RedrivePolicy=redrive_to(letters))
    enveloped = topics.subscribe_queue(topic)
    for count in (11, 10):
        topics.publish(topic, f"{count} attributes", MessageAttributes={
            f"a{n}": number(n) for n in range(count)})
    assert [m["Body"] for m in topics.letters(queue, 1)] == ["10 attributes"]
    for name, counts in ((enveloped, [11, 10]), (letters, [11])):
        got = topics.envelopes(name, len(counts))
        assert [len(envelope["MessageAttributes"]) for envelope in got] == counts


def test_a_structured_message_says_to_each_protocol_its_own(topics, topic):
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    for entries in ({"default": "for all", "sqs": "for queues"}, {"default": "for all"}):
        topics.publish(topic, json.dumps(entries), MessageStructure="json")
    assert [m["Body"] for m in topics.letters(queue, 2)] == ["for queues", "for all"]


def test_the_largest_message_arrives_whole(topics, topic):
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    largest = "ü" * (128 * 1024)
    topics.publish(topic, largest)
    assert topics.letters(queue, 1)[0]["Body"] == largest


def test_every_subscription_has_its_own_copy_in_order(topics, topic):
    queues = [topics.subscribe_queue(topic, RawMessageDelivery="true") for _ in range(5)]
    said = [f"{n:03}" for n in range(60)]
    for word in said:
        topics.publish(topic, word)
    for queue in queues:
        assert [m["Body"] for m in topics.letters(queue, len(said))] == said


def test_what_is_published_before_a_subscription_is_not_for_it(topics, topic):
    topics.publish(topic, "before")
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    topics.publish(topic, "after")
    assert [m["Body"] for m in topics.letters(queue, 1)] == ["after"]


# -- filters

ATTRIBUTE_CASES = {
    "an_exact_text": ({"kind": ["photo", "text"]},
                      {"photo": {"kind": text("photo")}, "array": {"kind": {
                          "DataType": "String.Array", "StringValue": '["x","photo"]'}}},
                      {"other": {"kind": text("video")}, "none": {}}),
    "a_prefix": ({"kind": [{"prefix": "ph"}]}, {"yes": {"kind": text("photo")}},
                 {"no": {"kind": text("graph")}}),
    "a_suffix": ({"key": [{"suffix": ".jpg"}]}, {"yes": {"key": text("a.jpg")}},
                 {"no": {"key": text("a.png")}}),
    "anything_but": ({"kind": [{"anything-but": ["video", "text"]}]},
                     {"yes": {"kind": text("photo")}}, {"no": {"kind": text("video")}, "none": {}}),
    "anything_but_a_prefix": ({"kind": [{"anything-but": {"prefix": "tmp-"}}]},
                              {"yes": {"kind": text("photo")}}, {"no": {"kind": text("tmp-1")}}),
    "a_number": ({"size": [100, {"numeric": [">", 0, "<=", 10.5]}]},
                 {"same": {"size": number("1e2")}, "edge": {"size": number("10.50")}},
                 {"zero": {"size": number(0)}, "text": {"size": text("5")}}),
    "exists": ({"owner": [{"exists": True}]}, {"yes": {"owner": text("me")}}, {"no": {}}),
    "absence": ({"owner": [{"exists": False}]}, {"yes": {}}, {"no": {"owner": text("me")}}),
    "two_keys": ({"kind": ["photo"], "size": [{"numeric": ["<", 10]}]},
                 {"both": {"kind": text("photo"), "size": number(9)}},
                 {"one": {"kind": text("photo"), "size": number(10)}, "half": {"kind": text("photo")}}),
    "either_of_two": ({"$or": [{"kind": ["photo"]}, {"size": [1]}]},
                      {"one": {"kind": text("photo")}, "two": {"size": number(1)}},
                      {"neither": {"kind": text("text"), "size": number(2)}}),
}


@pytest.mark.parametrize("name", ATTRIBUTE_CASES)
def test_a_filter_on_attributes_lets_through(topics, topic, name):
    policy, accepted, refused = ATTRIBUTE_CASES[name]
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true",
                                   FilterPolicy=json.dumps(policy))
    everything = topics.subscribe_queue(topic, RawMessageDelivery="true")
    for word, attributes in {**refused, **accepted}.items():
        topics.publish(topic, word, MessageAttributes=attributes)
    # What all get has been delivered: there is nothing left that the filter could still bring.
    topics.letters(everything, len(accepted) + len(refused))
    assert {m["Body"] for m in topics.letters(queue, len(accepted))} == set(accepted)
    assert topics.waiting_in(queue) == 0


BODY_CASES = {
    "nested": ({"object": {"key": [{"prefix": "in/"}]}}, [{"object": {"key": "in/a"}}],
               [{"object": {"key": "out/a"}}, {"key": "in/a"}, "in/a", [1]]),
    "arrays": ({"labels": ["cat"]}, [{"labels": ["dog", "cat"]}], [{"labels": ["dog"]}]),
    "null_true_and_false": ({"a": [None, True]}, [{"a": None}, {"a": True}],
                            [{"a": False}, {"a": "true"}, {}]),
    "numbers": ({"size": [{"numeric": ["=", 3]}]}, [{"size": 3.0}], [{"size": "3"}, {"size": 4}]),
    "ignoring_case": ({"kind": [{"equals-ignore-case": "PHOTO"}]}, [{"kind": "Photo"}],
                      [{"kind": "Photos"}]),
    "absence": ({"a": {"b": [{"exists": False}]}}, [{"a": {"c": 1}}, {}], [{"a": {"b": 1}}]),
}


@pytest.mark.parametrize("name", BODY_CASES)
def test_a_filter_on_the_body_lets_through(topics, topic, name):
    policy, accepted, refused = BODY_CASES[name]
    accepted, refused = map(json.dumps, accepted), map(json.dumps, refused)
    accepted, refused = list(accepted), [*refused, "no json at all"]
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true", FilterPolicyScope="MessageBody",
                                   FilterPolicy=json.dumps(policy))
    everything = topics.subscribe_queue(topic, RawMessageDelivery="true")
    for word in [*refused, *accepted]:
        topics.publish(topic, word)
    topics.letters(everything, len(accepted) + len(refused))
    assert {m["Body"] for m in topics.letters(queue, len(accepted))} == set(accepted)
    assert topics.waiting_in(queue) == 0


def test_s3_events_can_be_filtered_by_their_bodies(topics, topic):
    # The policy that AWS's own guide has for S3 behind SNS, nested through the array of records.
    policy = {"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}}}
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true", FilterPolicyScope="MessageBody",
                                   FilterPolicy=json.dumps(policy))
    for key in ("manual-1", "auto-1"):
        topics.publish(topic, json.dumps({"Records": [{"s3": {"object": {"key": key}}}]}))
    assert "auto-1" in topics.letters(queue, 1)[0]["Body"]


def test_a_filter_that_changes_counts_from_the_next_message_on(topics, topic):
    queue = topics.make_queue(topic)
    subscription = topics.subscribe(topic, "sqs", queue_arn(queue), RawMessageDelivery="true",
                                    FilterPolicy=json.dumps({"kind": ["a"]}))
    topics.publish(topic, "1", MessageAttributes={"kind": text("b")})
    topics.sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"kind": ["b"]}))
    topics.publish(topic, "2", MessageAttributes={"kind": text("b")})
    assert [m["Body"] for m in topics.letters(queue, 1)] == ["2"]


# -- what a queue refuses

def test_a_queue_whose_policy_refuses_sends_it_to_the_dead_letter_queue(topics, topic):
    letters = topics.make_queue(topic)
    queue = topics.subscribe_queue(topic, has_policy=False, RedrivePolicy=redrive_to(letters))
    other = topics.subscribe_queue(topic, RawMessageDelivery="true")
    sent = topics.publish(topic, "refused", Subject="kept")
    envelope = topics.envelopes(letters, 1)[0]
    assert (envelope["MessageId"], envelope["Message"], envelope["Subject"]) == (
        sent, "refused", "kept")
    assert [m["Body"] for m in topics.letters(other, 1)] == ["refused"]
    assert topics.waiting_in(queue) == 0


def test_a_queue_that_is_gone_sends_it_to_the_dead_letter_queue(topics, topic):
    letters = topics.make_queue(topic)
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true",
                                   RedrivePolicy=redrive_to(letters))
    topics.onput.sqs.delete_queue(QueueUrl=topics.onput.queue_url(queue))
    topics.publish(topic, "to nobody")
    assert [m["Body"] for m in topics.letters(letters, 1)] == ["to nobody"]


def test_without_a_dead_letter_queue_the_operator_is_told(topics, topic):
    topics.subscribe_queue(topic, has_policy=False)
    other = topics.subscribe_queue(topic, RawMessageDelivery="true")
    topics.publish(topic, "refused")
    topics.letters(other, 1)

    def is_told():
        status = json.loads(topics.onput.run("-o", "json", "status").stdout)
        return [d for d in status["destinations"]
                if d["arn"].startswith(topic + ":") and d["undelivered"]]
    assert len(wait_until(is_told, 20, "status to show what was refused")) == 1


def test_a_policy_that_names_another_topic_refuses(topics, topic):
    letters = topics.make_queue(topic)
    queue = topics.make_queue(topics.make())
    topics.subscribe(topic, "sqs", queue_arn(queue), RawMessageDelivery="true",
                     RedrivePolicy=redrive_to(letters))
    topics.publish(topic, "for another")
    assert [m["Body"] for m in topics.letters(letters, 1)] == ["for another"]


def test_a_policy_that_is_mended_lets_the_next_message_through(topics, topic):
    letters = topics.make_queue(topic)
    queue = topics.subscribe_queue(topic, has_policy=False, RawMessageDelivery="true",
                                   RedrivePolicy=redrive_to(letters))
    topics.publish(topic, "1")
    topics.letters(letters, 1)
    topics.onput.sqs.set_queue_attributes(QueueUrl=topics.onput.queue_url(queue), Attributes={
        "Policy": sending_policy(queue, topic)})
    topics.publish(topic, "2")
    assert [m["Body"] for m in topics.letters(queue, 1)] == ["2"]


def test_nothing_comes_after_the_end_of_a_subscription(topics, topic):
    queue = topics.make_queue(topic)
    subscription = topics.subscribe(topic, "sqs", queue_arn(queue), RawMessageDelivery="true")
    other = topics.subscribe_queue(topic, RawMessageDelivery="true")
    topics.publish(topic, "1")
    topics.letters(queue, 1)
    topics.sns.unsubscribe(SubscriptionArn=subscription)
    topics.publish(topic, "2")
    topics.letters(other, 2)
    assert topics.waiting_in(queue) == 0
