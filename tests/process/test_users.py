"""Keys that belong to users: what policies of queues and topics say about one user is true of that user alone."""
import json

import boto3
import botocore.config
import pytest

from harness.topics import refused, topic_arn, topic_instance
from harness.topology import ACCOUNT, queue_arn

OTHER = "111111111111"
KEYS = ",".join([f"ann:secret:{ACCOUNT}/ann", f"bob:secret:{ACCOUNT}/bob", f"eve:secret:{OTHER}/eve",
                 f"other:secret:{OTHER}"])


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("users"), keys_secret=KEYS) as instance:
        yield instance


def as_user(onput, service, key):
    return boto3.session.Session().client(
        service, endpoint_url=onput.url, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key="secret", config=botocore.config.Config(retries={"max_attempts": 1}))


def user(name, account=ACCOUNT):
    return {"AWS": f"arn:aws:iam::{account}:user/{name}"}


def policy(effect, principal, action, resource):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}]})


def test_a_queues_policy_denies_one_user_and_lets_in_one_of_another_account(onput):
    url = onput.sqs.create_queue(QueueName="users", Attributes={"Policy": policy(
        "Deny", user("ann"), "sqs:*", queue_arn("users"))})["QueueUrl"]
    ann, bob = as_user(onput, "sqs", "ann"), as_user(onput, "sqs", "bob")
    for request in (lambda: ann.send_message(QueueUrl=url, MessageBody="from ann"),
                    lambda: ann.receive_message(QueueUrl=url),
                    lambda: ann.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""}),
                    lambda: ann.delete_queue(QueueUrl=url)):
        with refused("AccessDenied", 403):
            request()
    bob.send_message(QueueUrl=url, MessageBody="from bob")
    assert bob.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"] == "from bob"

    bob.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
        "Allow", user("eve", OTHER), "sqs:SendMessage", queue_arn("users"))})
    as_user(onput, "sqs", "eve").send_message(QueueUrl=url, MessageBody="from eve")
    with refused("AccessDenied", 403):
        as_user(onput, "sqs", "other").send_message(QueueUrl=url, MessageBody="from her account")
    ann.send_message(QueueUrl=url, MessageBody="from ann")


def test_a_topics_policy_denies_one_user_and_lets_in_one_of_another_account(onput):
    sns = onput.client("sns")
    topic = sns.create_topic(Name="users")["TopicArn"]
    ann, bob = as_user(onput, "sns", "ann"), as_user(onput, "sns", "bob")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(
        "Deny", user("ann"), ["SNS:Publish", "SNS:Subscribe"], topic))
    with refused("AuthorizationError", 403) as caught:
        ann.publish(TopicArn=topic, Message="from ann")
    assert f"User: {user('ann')['AWS']} is not authorized to perform: SNS:Publish" in str(caught.value)
    with refused("AuthorizationError", 403):
        ann.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("any"))
    bob.publish(TopicArn=topic, Message="from bob")

    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(
        "Allow", user("eve", OTHER), "SNS:Publish", topic))
    as_user(onput, "sns", "eve").publish(TopicArn=topic, Message="from eve")
    with refused("AuthorizationError", 403):
        as_user(onput, "sns", "other").publish(TopicArn=topic, Message="from her account")


@pytest.mark.parametrize("principal", [user("carol"), user("eve"), user("ann", OTHER)],
                         ids=["nobody's", "another account's", "of another account"])
def test_a_user_to_whom_no_key_belongs_is_an_invalid_principal(onput, principal):
    with refused("InvalidAttributeValue", 400) as caught:
        onput.sqs.create_queue(QueueName="nobody", Attributes={"Policy": policy(
            "Deny", principal, "sqs:*", queue_arn("nobody"))})
    assert "Invalid value for the parameter Policy." in str(caught.value)
    assert f'Invalid principal in policy: "AWS":"{principal["AWS"]}"' in str(caught.value)
    with refused("InvalidParameter", 400) as caught:
        onput.client("sns").create_topic(Name="nobody", Attributes={"Policy": policy(
            "Deny", principal, "SNS:Publish", topic_arn("nobody"))})
    assert "Policy Error: PrincipalNotFound" in str(caught.value)


def test_an_upload_names_its_user(onput):
    s3 = as_user(onput, "s3", "bob")
    bucket, key = "of-users", "k"
    s3.create_bucket(Bucket=bucket)
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    initiator = s3.list_parts(Bucket=bucket, Key=key, UploadId=upload)["Initiator"]
    assert initiator == {"ID": user("bob")["AWS"], "DisplayName": "bob"}
    assert s3.list_multipart_uploads(Bucket=bucket)["Uploads"][0]["Initiator"] == initiator


def test_a_subscription_is_its_users(onput):
    topic = onput.client("sns").create_topic(Name="subscribed")["TopicArn"]
    sns = as_user(onput, "sns", "bob")
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("any"),
                        ReturnSubscriptionArn=True)["SubscriptionArn"]
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown["SubscriptionPrincipal"] == user("bob")["AWS"]
