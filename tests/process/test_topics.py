"""Topics and subscriptions through boto3, as SNS has them: what is shown, what is refused and how."""
import json
import re
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from harness.topics import Topics, refused, topic_arn, topic_instance
from harness.topology import ACCOUNT, queue_arn
from harness.waiting import wait_until
from harness.webhook import Receiver, open_link

OTHER_ACCOUNT = "111111111111"
OTHER_KEY = f"other:secret:{OTHER_ACCOUNT}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ABSENT = topic_arn("absent")
DEFAULT_RETRIES = {"minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3,
                   "numMaxDelayRetries": 0, "numNoDelayRetries": 0, "numMinDelayRetries": 0,
                   "backoffFunction": "linear"}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("topics"), keys_secret=OTHER_KEY) as instance:
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


@pytest.fixture(scope="module")
def sns(topics):
    return topics.sns


@pytest.fixture(scope="module")
def stranger(onput):
    """SNS as another account uses it."""
    return boto3.session.Session().client(
        "sns", endpoint_url=onput.url, region_name="us-east-1", aws_access_key_id="other",
        aws_secret_access_key="secret")


@pytest.fixture
def topic(topics):
    return topics.make()


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def allow(topic, actions, principal, effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Principal": principal, "Action": actions, "Resource": topic, **more}]})


def set_policy(sns, topic, policy):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


# -- topics

def test_a_topic_is_made_once(sns):
    arn = sns.create_topic(Name="made-once")["TopicArn"]
    assert arn == f"arn:aws:sns:us-east-1:{ACCOUNT}:made-once"
    assert sns.create_topic(Name="made-once")["TopicArn"] == arn


def test_a_topic_that_is_there_with_other_attributes_is_refused(sns):
    sns.create_topic(Name="other", Attributes={"DisplayName": "One"})
    sns.create_topic(Name="other", Attributes={"DisplayName": "One"})
    with refused("InvalidParameter", 400, "Invalid parameter: Attributes Reason: Topic already "
                                          "exists with different attributes"):
        sns.create_topic(Name="other", Attributes={"DisplayName": "Two"})


def test_a_topic_that_is_there_with_other_tags_is_refused(sns):
    sns.create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])
    with refused("InvalidParameter", 400, "Invalid parameter: Tags Reason: Topic already exists "
                                          "with different tags"):
        sns.create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "2"}])


def test_a_new_topic_shows_the_attributes_of_aws(sns, topic):
    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    policy = json.loads(shown.pop("Policy"))
    assert json.loads(shown.pop("EffectiveDeliveryPolicy"))["http"]["defaultHealthyRetryPolicy"] == (
        DEFAULT_RETRIES)
    assert shown == {"TopicArn": topic, "Owner": ACCOUNT, "DisplayName": "",
                     "SubscriptionsConfirmed": "0", "SubscriptionsPending": "0",
                     "SubscriptionsDeleted": "0"}
    assert policy["Id"] == "__default_policy_ID"
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}


@pytest.mark.parametrize("name, value", [
    ("DisplayName", "Grüße aus Köln"), ("SignatureVersion", "2"), ("TracingConfig", "PassThrough"),
    ("DeliveryPolicy", json.dumps({"http": {"defaultHealthyRetryPolicy": {
        "minDelayTarget": 1, "maxDelayTarget": 5, "numRetries": 10}}}))])
def test_an_attribute_that_is_set_is_shown(sns, topic, name, value):
    sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"][name] == value


def test_topics_are_listed_in_pages(sns, topics):
    made = {topics.make(f"page-{number:03}") for number in range(120)}
    first = sns.list_topics()
    assert len(first["Topics"]) == 100 and first["NextToken"]
    pages = sns.get_paginator("list_topics").paginate()
    listed = [item["TopicArn"] for page in pages for item in page["Topics"]]
    assert made <= set(listed) and len(listed) == len(set(listed))


def test_a_deleted_topic_is_gone_with_its_subscriptions(sns, topics, topic):
    subscription = topics.subscribe(topic, "sqs", queue_arn("any"))
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)
    with refused("NotFound", 404, "Topic does not exist"):
        sns.get_topic_attributes(TopicArn=topic)
    with refused("NotFound", 404, "Subscription does not exist"):
        topics.attributes(subscription)
    with refused("NotFound", 404, "Topic does not exist"):
        topics.publish(topic)


def test_tags_are_added_changed_and_removed(sns, topics):
    topic = topics.make(tags=[{"Key": "team", "Value": "media"}])
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "team", "Value": "sound"},
                                              {"Key": "größe", "Value": "<&>"}])
    tags = sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "sound", "größe": "<&>"}
    sns.untag_resource(ResourceArn=topic, TagKeys=["team", "absent"])
    tags = sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
    assert tags == [{"Key": "größe", "Value": "<&>"}]


def test_tags_of_a_topic_that_is_absent_are_refused(sns):
    with refused("ResourceNotFound", 404):
        sns.tag_resource(ResourceArn=ABSENT, Tags=[{"Key": "a", "Value": "1"}])


# -- subscriptions

def test_a_queue_is_subscribed_at_once(sns, topics, topic):
    subscription = topics.subscribe(topic, "sqs", queue_arn("jobs"), RawMessageDelivery="true")
    assert re.fullmatch(re.escape(topic) + ":" + UUID, subscription)
    assert topics.attributes(subscription) == {
        "SubscriptionArn": subscription, "TopicArn": topic, "Protocol": "sqs",
        "Endpoint": queue_arn("jobs"), "Owner": ACCOUNT, "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true", "RawMessageDelivery": "true",
        "SubscriptionPrincipal": f"arn:aws:iam::{ACCOUNT}:root"}
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"


def test_a_webhook_waits_for_its_confirmation(sns, topics, topic, receiver):
    hook = receiver.hook()
    said = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=hook.url)
    assert said["SubscriptionArn"] == "pending confirmation"
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed == [{"SubscriptionArn": "PendingConfirmation", "Owner": ACCOUNT,
                       "Protocol": "http", "Endpoint": hook.url, "TopicArn": topic}]
    topics.publish(topic, "too early")
    token = hook.confirmation().json["Token"]
    confirmed = sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"]
    assert topics.attributes(confirmed)["PendingConfirmation"] == "false"
    assert sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"] == confirmed
    topics.publish(topic, "in time")
    assert [n.json["Message"] for n in hook.wait(1)] == ["in time"]


def test_subscribing_again_sends_the_confirmation_again(sns, topic, receiver):
    hook = receiver.hook()
    for _ in range(2):
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=hook.url)
    wait_until(lambda: len(hook.of_type("SubscriptionConfirmation")) == 2, 20, "two confirmations")
    tokens = {request.json["Token"] for request in hook.of_type("SubscriptionConfirmation")}
    assert len(tokens) == 1


def test_a_token_that_is_wrong_confirms_nothing(sns, topics, topic, receiver):
    hook = receiver.hook()
    subscription = topics.subscribe(topic, "http", hook.url)
    hook.confirmation()
    with refused("InvalidParameter", 400, "Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=topic, Token="0" * 128)
    assert topics.attributes(subscription)["PendingConfirmation"] == "true"


def test_the_link_to_unsubscribe_works_without_a_signature(sns, topics, topic, receiver):
    hook = receiver.hook()
    subscription = topics.subscribe_hook(topic, hook)
    topics.publish(topic)
    open_link(hook.wait(1)[0].json["UnsubscribeURL"])
    with refused("NotFound", 404, "Subscription does not exist"):
        topics.attributes(subscription)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"


def test_the_notice_of_an_end_can_take_it_back(sns, topics, topic, receiver):
    hook = receiver.hook()
    subscription = topics.subscribe_hook(topic, hook)
    topics.publish(topic)
    open_link(hook.wait(1)[0].json["UnsubscribeURL"])
    notice = wait_until(lambda: hook.of_type("UnsubscribeConfirmation"), what="the notice")[0]
    assert subscription in notice.json["Message"]
    assert not sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    open_link(notice.json["SubscribeURL"])
    restored = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["Endpoint"] for one in restored] == [hook.url]


def test_a_locked_subscription_ends_by_a_signed_request_only(sns, topics, topic, receiver):
    hook = receiver.hook()
    topics.subscribe(topic, "http", hook.url)
    token = hook.confirmation().json["Token"]
    subscription = sns.confirm_subscription(TopicArn=topic, Token=token,
                                            AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    topics.publish(topic)
    with pytest.raises(urllib.error.HTTPError) as caught:
        open_link(hook.wait(1)[0].json["UnsubscribeURL"])
    assert caught.value.code == 403
    sns.unsubscribe(SubscriptionArn=subscription)
    with refused("NotFound", 404):
        topics.attributes(subscription)


def test_the_same_subscription_is_answered_and_another_is_refused(topics, topic):
    one = topics.subscribe(topic, "sqs", queue_arn("same"), RawMessageDelivery="true")
    assert topics.subscribe(topic, "sqs", queue_arn("same"), RawMessageDelivery="true") == one
    with refused("InvalidParameter", 400, "Invalid parameter: Attributes Reason: Subscription "
                                          "already exists with different attributes"):
        topics.subscribe(topic, "sqs", queue_arn("same"), RawMessageDelivery="false")


def test_attributes_of_a_subscription_are_set_shown_and_taken_away(sns, topics, topic):
    subscription = topics.subscribe(topic, "sqs", queue_arn("changing"))
    policy = json.dumps({"kind": ["photo"]})
    redrive = json.dumps({"deadLetterTargetArn": queue_arn("dead")})
    changes = {"RawMessageDelivery": "true", "FilterPolicy": policy,
               "FilterPolicyScope": "MessageBody", "RedrivePolicy": redrive}
    for name, value in changes.items():
        sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name,
                                        AttributeValue=value)
    shown = topics.attributes(subscription)
    assert {name: shown[name] for name in changes} == changes
    for name in ("FilterPolicy", "RedrivePolicy"):
        sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name,
                                        AttributeValue="")
        assert name not in topics.attributes(subscription)


def test_subscriptions_are_listed_in_pages(sns, topics, topic):
    made = {topics.subscribe(topic, "sqs", queue_arn(f"page-{n}")) for n in range(105)}
    pages = list(sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic))
    assert [len(page["Subscriptions"]) for page in pages] == [100, 5]
    every = sns.get_paginator("list_subscriptions").paginate()
    listed = [item["SubscriptionArn"] for page in every for item in page["Subscriptions"]]
    assert made <= set(listed)


# -- refusals, in SNS's words

def filter_refusal(policy, text):
    return ("subscribe", {"Protocol": "sqs", "Endpoint": queue_arn("f"),
                          "Attributes": {"FilterPolicy": policy}},
            f"Invalid parameter: Attributes Reason: FilterPolicy: {text}")


REFUSALS = {
    "a_name_with_a_space": ("create_topic", {"Name": "a b"}, "Invalid parameter: Topic Name"),
    "a_name_of_257_letters": ("create_topic", {"Name": "a" * 257}, "Invalid parameter: Topic Name"),
    "a_fifo_topic": ("create_topic", {"Name": "a.fifo", "Attributes": {"FifoTopic": "true"}}, None),
    "an_attribute_that_is_not_there": (
        "set_topic_attributes", {"AttributeName": "Colour", "AttributeValue": "red"},
        "Invalid parameter: AttributeName"),
    "a_policy_about_another_service": (
        "set_topic_attributes", {"AttributeName": "Policy", "AttributeValue": allow(
            ABSENT, "sqs:SendMessage", "*")},
        "Invalid parameter: Policy statement action out of service scope!"),
    "a_policy_that_is_no_json": (
        "set_topic_attributes", {"AttributeName": "Policy", "AttributeValue": "{"}, None),
    "a_delivery_policy_with_101_retries": (
        "set_topic_attributes", {"AttributeName": "DeliveryPolicy", "AttributeValue": json.dumps(
            {"http": {"defaultHealthyRetryPolicy": {
                "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 101}}})},
        "Invalid parameter: DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less "
        "than or equal to 100"),
    "an_unknown_protocol": (
        "subscribe", {"Protocol": "pigeon", "Endpoint": "coop"},
        "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"),
    "a_url_of_another_protocol": (
        "subscribe", {"Protocol": "https", "Endpoint": "http://example.com/"},
        "Invalid parameter: Endpoint must match the specified protocol"),
    "a_queue_that_is_no_arn": (
        "subscribe", {"Protocol": "sqs", "Endpoint": "http://example.com/queue"},
        "Invalid parameter: SQS endpoint ARN"),
    "a_fifo_queue": (
        "subscribe", {"Protocol": "sqs", "Endpoint": queue_arn("a.fifo")},
        "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
        "subscribed to standard SNS topics"),
    "a_mail_address_that_is_none": (
        "subscribe", {"Protocol": "email", "Endpoint": "nobody"}, "Invalid parameter: Email address"),
    "two_mail_addresses": (
        "subscribe", {"Protocol": "email", "Endpoint": "a@b.example,c@d.example"},
        "Invalid parameter: Email address"),
    "a_telephone_that_is_none": (
        "subscribe", {"Protocol": "sms", "Endpoint": "call me"},
        "Invalid SMS endpoint: call me"),
    "raw_mail": (
        "subscribe", {"Protocol": "email", "Endpoint": "a@b.example",
                      "Attributes": {"RawMessageDelivery": "true"}},
        "Invalid parameter: Attributes Reason: Delivery protocol [email] does not support raw "
        "message delivery."),
    "an_unknown_subscription_attribute": (
        "subscribe", {"Protocol": "sqs", "Endpoint": queue_arn("f"), "Attributes": {"Speed": "1"}},
        "Invalid parameter: Attributes Reason: Unknown attribute Speed"),
    "a_dead_letter_queue_that_is_none": (
        "subscribe", {"Protocol": "sqs", "Endpoint": queue_arn("f"), "Attributes": {
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": "here"})}},
        "Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn"),
    "a_filter_scope_that_is_none": (
        "subscribe", {"Protocol": "sqs", "Endpoint": queue_arn("f"),
                      "Attributes": {"FilterPolicyScope": "Everything"}},
        "Invalid parameter: Attributes Reason: FilterPolicyScope: Invalid value [Everything]. "
        "Please use either MessageBody or MessageAttributes"),
    "a_filter_with_an_unknown_operator": filter_refusal(
        '{"key": [{"wrong-operator": "x"}]}',
        'Unrecognized match type wrong-operator\n at [Source: (String)"{"key":[{"wrong-operator":'
        '"x"}]}"; line: 1, column: 28]'),
    "a_filter_that_is_no_json": ("subscribe", {
        "Protocol": "sqs", "Endpoint": queue_arn("f"), "Attributes": {"FilterPolicy": "{"}}, None),
    "a_filter_of_six_keys": ("subscribe", {
        "Protocol": "sqs", "Endpoint": queue_arn("f"),
        "Attributes": {"FilterPolicy": json.dumps({f"k{n}": ["x"] for n in range(6)})}}, None),
    "a_message_that_is_empty": ("publish", {"Message": ""}, "Invalid parameter: Empty message"),
    "a_message_that_is_too_long": (
        "publish", {"Message": "x" * (256 * 1024 + 1)}, "Invalid parameter: Message too long"),
    "a_subject_of_100_characters": (
        "publish", {"Message": "m", "Subject": "s" * 100}, "Invalid parameter: Subject"),
    "a_subject_of_two_lines": (
        "publish", {"Message": "m", "Subject": "one\ntwo"}, "Invalid parameter: Subject"),
    "a_structure_without_a_default": (
        "publish", {"Message": json.dumps({"sqs": "x"}), "MessageStructure": "json"},
        "Invalid parameter: Message Structure - No default entry in JSON message body"),
    "a_structure_that_is_no_json": (
        "publish", {"Message": "not json", "MessageStructure": "json"},
        "Invalid parameter: Message Structure - JSON message body failed to parse"),
    "another_page_than_there_is": ("list_subscriptions", {"NextToken": "x"}, None),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_refused_in_the_words_of_aws(sns, topic, name):
    operation, arguments, text = REFUSALS[name]
    if operation in ("set_topic_attributes", "subscribe", "publish"):
        arguments = {"TopicArn": topic, **arguments}
    with refused("InvalidParameter", 400, text):
        getattr(sns, operation)(**arguments)


@pytest.mark.parametrize("operation, arguments", [
    ("publish", {"TopicArn": ABSENT, "Message": "m"}),
    ("get_topic_attributes", {"TopicArn": ABSENT}),
    ("subscribe", {"TopicArn": ABSENT, "Protocol": "sqs", "Endpoint": queue_arn("a")}),
    ("list_subscriptions_by_topic", {"TopicArn": ABSENT}),
    ("publish_batch", {"TopicArn": ABSENT,
                       "PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]})])
def test_a_topic_that_is_absent_is_not_found(sns, operation, arguments):
    with refused("NotFound", 404, "Topic does not exist"):
        getattr(sns, operation)(**arguments)


@pytest.mark.parametrize("attribute, text", [
    ({"DataType": "Number", "StringValue": "many"},
     "Could not cast message attribute 'a' value to number."),
    ({"DataType": "String", "BinaryValue": b"1"},
     "The message attribute 'a' with type 'String' must use field 'String'."),
    ({"DataType": "Colour", "StringValue": "red"},
     "The message attribute 'a' has an invalid message attribute type, the set of supported type "
     "prefixes is Binary, Number, and String.")])
def test_a_message_attribute_that_means_nothing_is_refused(sns, topic, attribute, text):
    with refused("ParameterValueInvalid", 400, text):
        sns.publish(TopicArn=topic, Message="m", MessageAttributes={"a": attribute})


@pytest.mark.parametrize("operation, arguments", [
    ("create_platform_application", {"Name": "a", "Platform": "GCM", "Attributes": {}}),
    ("list_phone_numbers_opted_out", {}), ("get_sms_attributes", {})])
def test_an_operation_that_is_not_here_says_so(sns, operation, arguments):
    with refused("InvalidAction", 400) as caught:
        getattr(sns, operation)(**arguments)
    assert "not implemented here" in str(caught.value)


# -- batches

def test_an_entry_that_is_at_fault_takes_the_batch_with_it(sns, topics, topic):
    queue = topics.subscribe_queue(topic, RawMessageDelivery="true")
    good = {"Id": "good", "Message": "1"}
    with refused("InvalidParameter", 400, "Invalid parameter: Subject"):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
            good, {"Id": "bad", "Message": "2", "Subject": "a\nb"}])
    said = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        good, {"Id": "better", "Message": "3", "Subject": "fine"}])
    assert [entry["Id"] for entry in said["Successful"]] == ["good", "better"]
    assert [m["Body"] for m in topics.letters(queue, 2)] == ["1", "3"]


@pytest.mark.parametrize("entries, code", [
    ([{"Id": str(n), "Message": "m"} for n in range(11)], "TooManyEntriesInBatchRequest"),
    ([{"Id": "1", "Message": "m"}] * 2, "BatchEntryIdsNotDistinct"),
    ([{"Id": "a b", "Message": "m"}], "InvalidBatchEntryId"),
    ([{"Id": str(n), "Message": "m" * 100_000} for n in range(3)], "BatchRequestTooLong"),
    ([], "EmptyBatchRequest")], ids=lambda value: value if isinstance(value, str) else "")
def test_a_batch_that_is_at_fault_is_refused_whole(sns, topic, entries, code):
    with refused(code, 400):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)


# -- who may

def test_another_account_may_nothing_unless_the_policy_says_so(sns, stranger, topic):
    text = (f"User: arn:aws:iam::{OTHER_ACCOUNT}:root is not authorized to perform: SNS:Publish on "
            f"resource: {topic} because no resource-based policy allows the SNS:Publish action")
    with refused("AuthorizationError", 403, text):
        stranger.publish(TopicArn=topic, Message="m")
    set_policy(sns, topic, allow(topic, "SNS:Publish",
                                 {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}))
    assert stranger.publish(TopicArn=topic, Message="m")["MessageId"]
    with refused("AuthorizationError", 403):
        stranger.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("a"))
    with refused("AuthorizationError", 403):
        stranger.delete_topic(TopicArn=topic)


def test_a_denial_holds_for_the_owner_too(sns, topic):
    set_policy(sns, topic, allow(topic, "SNS:Publish", "*", effect="Deny"))
    text = (f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: SNS:Publish on "
            f"resource: {topic} with an explicit deny in a resource-based policy")
    with refused("AuthorizationError", 403, text):
        sns.publish(TopicArn=topic, Message="m")
    with refused("AuthorizationError", 403, text):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}])


def test_a_permission_is_added_and_removed(sns, stranger, topic):
    sns.add_permission(TopicArn=topic, Label="guests", AWSAccountId=[OTHER_ACCOUNT],
                       ActionName=["Publish"])
    assert stranger.publish(TopicArn=topic, Message="m")["MessageId"]
    sns.remove_permission(TopicArn=topic, Label="guests")
    with refused("AuthorizationError", 403):
        stranger.publish(TopicArn=topic, Message="m")


def test_permissions_added_and_removed_at_the_same_time_all_hold(sns, topic):
    labels = [f"guest-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(labels)) as pool:
        list(pool.map(lambda label: sns.add_permission(
            TopicArn=topic, Label=label, AWSAccountId=[OTHER_ACCOUNT], ActionName=["Publish"]),
            labels))
        statements = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
        assert set(labels) <= {s.get("Sid") for s in statements["Statement"]}
        list(pool.map(lambda label: sns.remove_permission(TopicArn=topic, Label=label), labels))
    statements = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert not set(labels) & {s.get("Sid") for s in statements["Statement"]}


def test_a_subscription_is_its_owners_and_the_topic_owners_business(sns, topics, stranger, topic):
    subscription = topics.subscribe(topic, "sqs", queue_arn("private"))
    with refused("AuthorizationError", 403):
        stranger.get_subscription_attributes(SubscriptionArn=subscription)
    with refused("AuthorizationError", 403):
        stranger.unsubscribe(SubscriptionArn=subscription)
    assert stranger.list_subscriptions()["Subscriptions"] == []
    assert stranger.list_topics()["Topics"] == []


# -- what is kept

def test_everything_is_there_after_kill_9(topics, onput):
    topic = topics.make("lasting", {"DisplayName": "Lasting", "SignatureVersion": "2"},
                        [{"Key": "a", "Value": "1"}])
    queue = topics.subscribe_queue(topic, FilterPolicy=json.dumps({"kind": ["photo"]}),
                                   RawMessageDelivery="true")
    before = topics.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert onput.kill("notifier")
    assert topics.sns.get_topic_attributes(TopicArn=topic)["Attributes"] == before
    assert topics.sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [
        {"Key": "a", "Value": "1"}]
    for kind in ("video", "photo"):
        topics.publish(topic, kind, MessageAttributes={
            "kind": {"DataType": "String", "StringValue": kind}})
    assert [m["Body"] for m in topics.letters(queue, 1)] == ["photo"]
