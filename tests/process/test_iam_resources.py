"""Policies of resources for users, roles and other accounts; what a function's configuration asks of its role."""
import io
import json
import zipfile

import pytest

from harness.functions import ENVIRONMENT
from harness.identities import ACCOUNT, allow, deny, make_role, make_user, policy, refusal
from harness.instance import Onput
from harness.waiting import wait_until

SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
SNS = f"arn:aws:sns:us-east-1:{ACCOUNT}:"
LAMBDA = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
SOURCE = "def h(event, context):\n    return {'said': event}\n"


def zipped(source=SOURCE):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", source)
    return out.getvalue()


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("resources"), environment=ENVIRONMENT,
               arguments=["--no-pipeline", "--image", "0"]) as instance:
        for queue in ("jobs", "letters"):
            instance.sqs.create_queue(QueueName=queue, Attributes={"VisibilityTimeout": "60"})
        instance.client("sns").create_topic(Name="news")
        instance.s3.create_bucket(Bucket="code")
        instance.s3.put_object(Bucket="code", Key="app.zip", Body=zipped())
        yield instance


def make_function(onput, name, role, **settings):
    return onput.client("lambda").create_function(
        **{"FunctionName": name, "Runtime": "python3.11", "Handler": "app.h", "Role": role,
           "Code": {"ZipFile": zipped()}, **settings})


def user_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


# ---- What a function's configuration names asks its role

def test_dead_letters_go_only_where_the_role_may_send(onput):
    client, iam = onput.client("lambda"), onput.client("iam")
    role = make_role(onput, "letterless")
    letters = {"TargetArn": SQS + "letters"}
    text = "The provided execution role does not have permissions to call SendMessage on SQS"
    code = {"FunctionName": "lettered", "Runtime": "python3.11", "Handler": "app.h", "Role": role,
            "Code": {"ZipFile": zipped()}}
    assert refusal(client.create_function, DeadLetterConfig=letters, **code) == (
        400, "InvalidParameterValueException", text)
    make_function(onput, "lettered", role)
    assert refusal(client.update_function_configuration, FunctionName="lettered", DeadLetterConfig=letters)[2] == text
    iam.put_role_policy(RoleName="letterless", PolicyName="own", PolicyDocument=policy(
        allow("sqs:SendMessage", SQS + "letters")))
    changed = client.update_function_configuration(FunctionName="lettered", DeadLetterConfig=letters)
    assert changed["DeadLetterConfig"] == letters
    # A role that may not is not given to it either.
    assert refusal(client.update_function_configuration, FunctionName="lettered",
                   Role=make_role(onput, "mute"))[2] == text


def test_destinations_are_only_those_that_the_role_may_reach(onput):
    client, iam = onput.client("lambda"), onput.client("iam")
    role = make_role(onput, "teller", allow("sqs:SendMessage", SQS + "jobs"))
    make_function(onput, "teller", role)
    make_function(onput, "told", role)

    def put(success, failure):
        return refusal(client.put_function_event_invoke_config, FunctionName="teller", DestinationConfig={
            "OnSuccess": {"Destination": success}, "OnFailure": {"Destination": failure}})
    text = "The function execution role does not have permissions to call {} on {}"
    assert put(SQS + "jobs", SNS + "news") == (
        400, "InvalidParameterValueException", text.format("Publish", SNS + "news"))
    assert put(LAMBDA + "told", SQS + "jobs")[2] == text.format("InvokeFunction", LAMBDA + "told")
    assert put(SQS + "letters", SQS + "jobs")[2] == text.format("SendMessage", SQS + "letters")
    assert put(BUS, SQS + "jobs")[2] == text.format("PutEvents", BUS)
    assert put(SQS + "jobs", SQS + "jobs")[0] == 200
    iam.put_role_policy(RoleName="teller", PolicyName="more", PolicyDocument=policy(
        allow("sns:Publish", SNS + "*"), allow("lambda:InvokeFunction", LAMBDA + "told"),
        allow("events:PutEvents", BUS)))
    assert put(LAMBDA + "told", SNS + "news")[0] == 200
    assert put(SQS + "jobs", BUS)[0] == 200


# ---- Code and speech in buckets whose own policies speak

def test_code_is_read_from_a_bucket_only_as_both_policies_let(onput):
    role = make_role(onput, "coded")
    key = make_user(onput, "coder", allow("lambda:*", "*"), allow("iam:PassRole", "*"))
    client = onput.client("lambda", **key)

    def create(name, of=client):
        return refusal(of.create_function, FunctionName=name, Runtime="python3.11", Handler="app.h", Role=role,
                       Code={"S3Bucket": "code", "S3Key": "app.zip"})
    assert create("from-bucket")[:2] == (403, "AccessDeniedException")
    statement = {"Principal": {"AWS": user_arn("coder")}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::code/*"}
    onput.s3.put_bucket_policy(Bucket="code", Policy=policy({"Effect": "Allow", **statement}))
    assert create("from-bucket")[0] == 200
    onput.client("iam").put_user_policy(UserName="coder", PolicyName="more", PolicyDocument=policy(
        allow("s3:GetObject", "*")))
    onput.s3.put_bucket_policy(Bucket="code", Policy=policy({"Effect": "Deny", **statement}))
    status, code, message = create("denied")
    assert (status, code) == (403, "AccessDeniedException")
    assert "S3 Error Code: AccessDenied" in message and "explicit deny" in message
    assert refusal(client.update_function_code, FunctionName="from-bucket", S3Bucket="code", S3Key="app.zip")[0] == 403
    # A denial counts against the account's own key as well.
    onput.s3.put_bucket_policy(Bucket="code", Policy=policy({"Effect": "Deny", **statement, "Principal": "*"}))
    assert create("of-root", onput.client("lambda"))[0] == 403
    onput.s3.delete_bucket_policy(Bucket="code")
    assert create("of-root", onput.client("lambda"))[0] == 200


def test_a_speech_task_writes_only_where_both_policies_let(onput):
    onput.s3.create_bucket(Bucket="speech")
    key = make_user(onput, "speaker", allow("polly:*", "*"))
    task = {"OutputFormat": "mp3", "Text": "Hello", "VoiceId": "Joanna", "OutputS3BucketName": "speech",
            "OutputS3KeyPrefix": "out/a"}

    def start(**options):
        return refusal(onput.client("polly", **options).start_speech_synthesis_task, **task)
    assert start(**key)[:2] == (403, "AccessDeniedException")
    statement = {"Principal": {"AWS": user_arn("speaker")}, "Action": "s3:PutObject",
                 "Resource": "arn:aws:s3:::speech/out/*"}
    onput.s3.put_bucket_policy(Bucket="speech", Policy=policy({"Effect": "Allow", **statement}))
    assert start(**key)[0] == 200
    onput.s3.put_bucket_policy(Bucket="speech", Policy=policy({"Effect": "Deny", **statement, "Principal": "*"}))
    assert start(**key)[0] == 403 and start()[0] == 403


# ---- Functions' own policies

def test_a_functions_policy_lets_in_a_user_who_may_nothing_else(onput):
    make_function(onput, "open", make_role(onput, "opened"))
    key = make_user(onput, "caller")
    client, admin = onput.client("lambda", **key), onput.client("lambda")
    status, code, message = refusal(client.invoke, FunctionName="open")
    assert (status, code) == (403, "AccessDeniedException")
    assert "lambda:InvokeFunction" in message and LAMBDA + "open" in message
    admin.add_permission(FunctionName="open", StatementId="caller", Action="lambda:InvokeFunction",
                         Principal=user_arn("caller"))
    answer = client.invoke(FunctionName="open", Payload=b'"hi"')
    assert json.loads(answer["Payload"].read()) == {"said": "hi"}
    assert client.invoke(FunctionName="open", InvocationType="Event")["StatusCode"] == 202
    assert refusal(client.get_function, FunctionName="open")[0] == 403
    # What his own policies deny stays denied.
    onput.client("iam").put_user_policy(UserName="caller", PolicyName="own", PolicyDocument=policy(
        deny("lambda:InvokeFunction", "*")))
    wait_until(lambda: refusal(client.invoke, FunctionName="open")[0] == 403, 5, "the denial to count")


def test_conditions_of_lambda_see_function_and_principal(onput):
    role = make_role(onput, "mapped", managed=["arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"])
    for name in ("mine", "theirs"):
        make_function(onput, name, role)
    admin = onput.client("lambda")
    mappings = {name: admin.create_event_source_mapping(FunctionName=name, EventSourceArn=SQS + "jobs")["UUID"]
                for name in ("mine", "theirs")}
    condition = {"ArnEquals": {"lambda:FunctionArn": LAMBDA + "mine"}}
    key = make_user(onput, "mapper",
                    {**allow(["lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"], "*"),
                     "Condition": condition},
                    {**allow("lambda:AddPermission", "*"),
                     "Condition": {"StringEquals": {"lambda:Principal": "s3.amazonaws.com"}}})
    client = onput.client("lambda", **key)
    client.update_event_source_mapping(UUID=mappings["mine"], BatchSize=5)
    assert refusal(client.update_event_source_mapping, UUID=mappings["theirs"], BatchSize=5)[0] == 403
    assert refusal(client.delete_event_source_mapping, UUID=mappings["theirs"])[0] == 403
    client.add_permission(FunctionName="mine", StatementId="a", Action="lambda:InvokeFunction",
                          Principal="s3.amazonaws.com")
    assert refusal(client.add_permission, FunctionName="mine", StatementId="b", Action="lambda:InvokeFunction",
                   Principal="*")[0] == 403
    for mapping in mappings.values():
        admin.delete_event_source_mapping(UUID=mapping)


# ---- Policies of queues and topics, tags

def test_a_queues_policy_has_the_whole_language(onput):
    url = onput.sqs.create_queue(QueueName="guarded")["QueueUrl"]
    key = make_user(onput, "guest")
    guest = onput.client("sqs", **key)

    def put(*statements):
        onput.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(*statements)})
    to_guest = {"Effect": "Allow", "Principal": {"AWS": user_arn("guest")}, "Action": "sqs:SendMessage",
                "Resource": SQS + "guarded"}
    put({**to_guest, "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
                                   "StringEquals": {"aws:username": "guest"}}})
    guest.send_message(QueueUrl=url, MessageBody="x")
    put({**to_guest, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})
    assert refusal(guest.send_message, QueueUrl=url, MessageBody="x")[0] == 403
    put(to_guest, {"Effect": "Deny", "Principal": "*", "NotAction": "sqs:Receive*", "Resource": SQS + "guarded",
                   "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    assert refusal(guest.send_message, QueueUrl=url, MessageBody="x")[0] == 403
    put({**to_guest, "Resource": f"{SQS}${{aws:username}}ed"})
    assert refusal(guest.send_message, QueueUrl=url, MessageBody="x")[0] == 403
    refused = refusal(
        onput.sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": policy(
            {**to_guest, "Condition": {"StringEquals": {"s3:prefix": "red"}}})})
    assert refused[1] == "InvalidAttributeValue" and '"s3:prefix" is not supported' in refused[2]


def test_policies_of_resources_ask_for_their_tags(onput):
    key = make_user(onput, "painter")
    sqs, sns = onput.client("sqs", **key), onput.client("sns", **key)
    of_red = {"Principal": {"AWS": user_arn("painter")}, "Effect": "Allow",
              "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}
    for team, status in (("red", 200), ("blue", 403)):
        url = onput.sqs.create_queue(QueueName=team, tags={"team": team}, Attributes={"Policy": policy(
            {**of_red, "Action": "sqs:SendMessage", "Resource": SQS + team})})["QueueUrl"]
        assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == status
    admin = onput.client("sns")
    topic = admin.create_topic(Name="tagged", Tags=[{"Key": "team", "Value": "red"}])["TopicArn"]
    admin.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(
        {**of_red, "Action": "SNS:Publish", "Resource": topic}))
    sns.publish(TopicArn=topic, Message="x")
    admin.untag_resource(ResourceArn=topic, TagKeys=["team"])
    assert refusal(sns.publish, TopicArn=topic, Message="x")[0] == 403


def test_a_bus_that_denies_rules_gets_nothing_of_them(onput):
    events = onput.client("events")
    for name in ("open", "closed", "source"):
        events.create_event_bus(Name=name)
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/"
    rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/source/spread"
    events.put_permission(EventBusName="closed", Policy=policy(
        {"Effect": "Deny", "Principal": {"Service": "events.amazonaws.com"}, "Action": "events:PutEvents",
         "Resource": bus + "closed", "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}))
    letters = onput.sqs.create_queue(QueueName="of-rules", Attributes={"Policy": policy(
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
         "Resource": SQS + "of-rules"})})["QueueUrl"]
    events.put_rule(Name="spread", EventBusName="source", EventPattern=json.dumps({"source": ["test"]}))
    for name in ("open", "closed"):
        events.put_rule(Name="keep", EventBusName=name, EventPattern=json.dumps({"source": ["test"]}))
        events.put_targets(Rule="keep", EventBusName=name, Targets=[
            {"Id": "queue", "Arn": SQS + "of-rules", "Input": json.dumps({"on": name})}])
    events.put_targets(Rule="spread", EventBusName="source", Targets=[
        {"Id": name, "Arn": bus + name, "DeadLetterConfig": {"Arn": SQS + "of-rules"}} for name in ("open", "closed")])
    events.put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": "{}", "EventBusName": "source"}])
    seen = []

    def receive():
        for message in onput.sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                                                 MessageAttributeNames=["All"]).get("Messages", []):
            onput.sqs.delete_message(QueueUrl=letters, ReceiptHandle=message["ReceiptHandle"])
            seen.append((json.loads(message["Body"]).get("on"), message.get("MessageAttributes", {}).get(
                "ERROR_CODE", {}).get("StringValue"), message.get("MessageAttributes", {}).get(
                "TARGET_ARN", {}).get("StringValue")))
        return len(seen) >= 2
    wait_until(receive, 20, "one event and one dead letter")
    assert sorted(seen, key=str) == sorted([("open", None, None), (None, "NO_PERMISSIONS", bus + "closed")], key=str)


def test_tags_that_a_request_brings_can_be_asked_for(onput):
    condition = {"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringLike": {"aws:TagKeys": ["te*"]}}
    key = make_user(onput, "tagger", {**allow(["sqs:CreateQueue", "sns:CreateTopic"], "*"),
                                      "Condition": condition})
    sqs, sns = onput.client("sqs", **key), onput.client("sns", **key)
    assert refusal(sqs.create_queue, QueueName="untagged")[0] == 403
    assert refusal(sqs.create_queue, QueueName="blue", tags={"team": "blue"})[0] == 403
    assert refusal(sqs.create_queue, QueueName="asked-red", tags={"team": "red", "other": "x"})[0] == 403
    sqs.create_queue(QueueName="asked-red", tags={"team": "red"})
    sns.create_topic(Name="red", Tags=[{"Key": "team", "Value": "red"}])
    assert refusal(sns.create_topic, Name="blue", Tags=[{"Key": "team", "Value": "blue"}])[0] == 403


def test_policies_made_to_be_slow_are_judged_at_once(onput):
    role = make_role(onput, "slow", allow("s3:*", "*"), principal={"AWS": ACCOUNT})
    session = onput.client("sts").assume_role(RoleArn=role, RoleSessionName="slow", Policy=policy(
        allow("s3:*", "arn:aws:s3:::code/" + "*?a" * 550 + "*?z*")))["Credentials"]
    s3 = onput.client("s3", key=session["AccessKeyId"], secret=session["SecretAccessKey"], token=session["SessionToken"])
    keys = [{"Key": "a" * 1000 + str(i)} for i in range(1000)]
    answer = s3.delete_objects(Bucket="code", Delete={"Objects": keys})
    assert len(answer["Errors"]) == 1000 and answer["Errors"][0]["Code"] == "AccessDenied"
