"""Who may do what: policies of users and roles together with those of buckets, queues, topics, functions."""
import io
import json
import zipfile

import pytest

from harness.clients import run_client
from harness.functions import ENVIRONMENT
from harness.identities import ACCOUNT, allow, deny, key_of, make_role, make_user, policy, refusal, trust
from harness.instance import Onput
from harness.waiting import wait_until

SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
SNS = f"arn:aws:sns:us-east-1:{ACCOUNT}:"
LAMBDA = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("rights"), environment=ENVIRONMENT,
               arguments=["--no-pipeline", "--image", "0"]) as instance:
        for bucket in ("photos", "private", "shared"):
            instance.s3.create_bucket(Bucket=bucket)
            instance.s3.put_object(Bucket=bucket, Key="team/a.txt", Body=b"a")
        for queue in ("jobs", "other"):
            instance.sqs.create_queue(QueueName=queue)
        instance.client("sns").create_topic(Name="news")
        yield instance


def test_a_user_without_policies_may_do_nothing(onput):
    key = make_user(onput, "nobody")
    s3, sqs, sns = (onput.client(name, **key) for name in ("s3", "sqs", "sns"))
    arn = f"arn:aws:iam::{ACCOUNT}:user/nobody"
    assert refusal(s3.get_object, Bucket="photos", Key="team/a.txt") == (
        403, "AccessDenied", f'User: {arn} is not authorized to perform: s3:GetObject on resource: '
        '"arn:aws:s3:::photos/team/a.txt" because no identity-based policy allows the s3:GetObject action')
    assert refusal(s3.list_buckets)[2] == (
        f"User: {arn} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the "
        "s3:ListAllMyBuckets action")
    assert refusal(s3.create_bucket, Bucket="mine")[:2] == (403, "AccessDenied")
    assert refusal(s3.put_object, Bucket="photos", Key="x", Body=b"x")[0] == 403
    assert refusal(s3.delete_object, Bucket="photos", Key="team/a.txt")[0] == 403
    assert refusal(sqs.list_queues)[:2] == (403, "AccessDenied")
    assert refusal(sqs.send_message, QueueUrl=onput.queue_url("jobs"), MessageBody="x")[0] == 403
    assert refusal(sqs.create_queue, QueueName="mine")[2].startswith(
        f"User: {arn} is not authorized to perform: sqs:createqueue on resource: {SQS}mine because no identity-based")
    assert refusal(sns.publish, TopicArn=SNS + "news", Message="x") == (
        403, "AuthorizationError", f"User: {arn} is not authorized to perform: SNS:Publish on resource: {SNS}news "
        "because no identity-based policy allows the SNS:Publish action")
    assert refusal(sns.list_topics)[1] == "AuthorizationError"
    for service, call, arguments in (("lambda", "list_functions", {}), ("polly", "describe_voices", {}),
                                     ("iam", "list_users", {}), ("iam", "create_access_key", {})):
        assert refusal(getattr(onput.client(service, **key), call), **arguments)[0] == 403, call
    assert onput.client("sts", **key).get_caller_identity()["Arn"] == arn


def test_a_policy_lets_in_where_it_says(onput):
    key = make_user(onput, "reader",
                    allow("s3:GetObject", "arn:aws:s3:::photos/${aws:username}/*"),
                    allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::shared", "arn:aws:s3:::shared/team/*"]),
                    deny("s3:*", "arn:aws:s3:::shared/team/secret*"),
                    allow("sqs:SendMessage", SQS + "jobs"), allow("SNS:Publish", SNS + "ne*"))
    onput.s3.put_object(Bucket="photos", Key="reader/own.txt", Body=b"own")
    onput.s3.put_object(Bucket="shared", Key="team/secret.txt", Body=b"s")
    s3, sqs, sns = (onput.client(name, **key) for name in ("s3", "sqs", "sns"))
    assert s3.get_object(Bucket="photos", Key="reader/own.txt")["Body"].read() == b"own"
    assert refusal(s3.get_object, Bucket="photos", Key="team/a.txt")[0] == 403
    assert s3.get_object(Bucket="shared", Key="team/a.txt")["Body"].read() == b"a"
    assert "with an explicit deny in an identity-based policy" in refusal(
        s3.get_object, Bucket="shared", Key="team/secret.txt")[2]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="shared")["Contents"]] == ["team/a.txt", "team/secret.txt"]
    # Who may list is told that a key is absent, who may not is not.
    assert refusal(s3.get_object, Bucket="shared", Key="team/absent")[1] == "NoSuchKey"
    assert refusal(s3.get_object, Bucket="photos", Key="reader/absent")[1] == "AccessDenied"
    sqs.send_message(QueueUrl=onput.queue_url("jobs"), MessageBody="x")
    sent = sqs.send_message_batch(QueueUrl=onput.queue_url("jobs"), Entries=[{"Id": "a", "MessageBody": "b"}])
    assert len(sent["Successful"]) == 1
    assert refusal(sqs.receive_message, QueueUrl=onput.queue_url("jobs"))[0] == 403
    assert refusal(sqs.send_message, QueueUrl=onput.queue_url("other"), MessageBody="x")[0] == 403
    sns.publish(TopicArn=SNS + "news", Message="x")
    assert refusal(sns.subscribe, TopicArn=SNS + "news", Protocol="sqs", Endpoint=SQS + "jobs")[1] == "AuthorizationError"
    # However a key is encoded, it is the same key.
    onput.s3.put_object(Bucket="shared", Key="team/../secret", Body=b"s")
    assert refusal(s3.get_object, Bucket="shared", Key="team2/../team/secret.txt")[0] == 403


def test_a_policy_of_the_resource_lets_in_too(onput):
    key = make_user(onput, "guest")
    arn = f"arn:aws:iam::{ACCOUNT}:user/guest"
    onput.s3.create_bucket(Bucket="hall")
    onput.s3.put_object(Bucket="hall", Key="a", Body=b"a")

    def statement(principal, action, resource):
        return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": resource}
    s3, sqs, sns = (onput.client(name, **key) for name in ("s3", "sqs", "sns"))
    # The account alone leaves it to the user's own policies.
    onput.s3.put_bucket_policy(Bucket="hall", Policy=policy(statement(ACCOUNT, "s3:GetObject", "arn:aws:s3:::hall/*")))
    assert refusal(s3.get_object, Bucket="hall", Key="a")[0] == 403
    onput.s3.put_bucket_policy(Bucket="hall", Policy=policy(statement(arn, "s3:GetObject", "arn:aws:s3:::hall/*")))
    assert s3.get_object(Bucket="hall", Key="a")["Body"].read() == b"a"
    url = onput.sqs.create_queue(QueueName="hall")["QueueUrl"]
    onput.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
        statement(arn, "sqs:SendMessage", SQS + "hall"))})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert refusal(sqs.receive_message, QueueUrl=url)[0] == 403
    admin = onput.client("sns")
    admin.create_topic(Name="hall")
    admin.set_topic_attributes(TopicArn=SNS + "hall", AttributeName="Policy", AttributeValue=policy(
        statement(arn, "SNS:Publish", SNS + "hall")))
    sns.publish(TopicArn=SNS + "hall", Message="x")
    # And a denial there counts against whoever it names.
    onput.iam = onput.client("iam")
    onput.iam.attach_user_policy(UserName="guest", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    onput.s3.put_bucket_policy(Bucket="hall", Policy=policy(
        {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::hall/*"}))
    assert "explicit deny in a resource-based policy" in refusal(s3.get_object, Bucket="hall", Key="a")[2]


@pytest.mark.parametrize("resource", ["bucket", "queue", "topic"])
def test_policies_name_only_users_and_roles_that_are_there(onput, resource):
    make_role(onput, f"named-{resource}")
    name = f"name-{resource}"

    def put(principal):
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}}
        if resource == "bucket":
            onput.s3.put_bucket_policy(Bucket="photos", Policy=policy(
                {**statement, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}))
        elif resource == "queue":
            url = onput.sqs.create_queue(QueueName=name)["QueueUrl"]
            onput.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
                {**statement, "Action": "sqs:SendMessage", "Resource": SQS + name})})
        else:
            sns = onput.client("sns")
            sns.create_topic(Name=name)
            sns.set_topic_attributes(TopicArn=SNS + name, AttributeName="Policy", AttributeValue=policy(
                {**statement, "Action": "SNS:Publish", "Resource": SNS + name}))
    assert refusal(put, principal=f"arn:aws:iam::{ACCOUNT}:role/named-{resource}")[0] == 200
    assert refusal(put, principal=f"arn:aws:iam::{ACCOUNT}:role/absent")[0] == 400
    assert refusal(put, principal=f"arn:aws:iam::{ACCOUNT}:user/absent")[0] == 400
    onput.s3.delete_bucket_policy(Bucket="photos")


def test_rights_change_with_their_policies(onput):
    key = make_user(onput, "changing", allow("sqs:*", SQS + "jobs"))
    iam, sqs, s3 = onput.client("iam"), onput.client("sqs", **key), onput.client("s3", **key)
    jobs = onput.queue_url("jobs")
    sqs.get_queue_attributes(QueueUrl=jobs)
    iam.put_user_policy(UserName="changing", PolicyName="own", PolicyDocument=policy(allow("s3:*", "*")))
    # At once for S3, after a moment for the others.
    s3.get_object(Bucket="photos", Key="team/a.txt")
    wait_until(lambda: refusal(sqs.get_queue_attributes, QueueUrl=jobs)[0] == 403, 5, "the right to be taken away")
    iam.delete_user_policy(UserName="changing", PolicyName="own")
    assert refusal(s3.get_object, Bucket="photos", Key="team/a.txt")[0] == 403


def test_what_a_copy_reads_must_be_readable(onput):
    key = make_user(onput, "copier", allow("s3:PutObject", "arn:aws:s3:::shared/*"))
    s3 = onput.client("s3", **key)
    assert refusal(s3.copy_object, Bucket="shared", Key="stolen", CopySource="private/team/a.txt")[0] == 403
    functions = make_user(onput, "builder", allow("lambda:*", "*"), allow("iam:PassRole", "*"))
    make_role(onput, "built")
    assert refusal(onput.client("lambda", **functions).create_function, FunctionName="stolen", Runtime="python3.11",
                   Handler="app.h", Role=f"arn:aws:iam::{ACCOUNT}:role/built",
                   Code={"S3Bucket": "private", "S3Key": "team/a.txt"})[:2] == (403, "AccessDeniedException")


def test_roles_are_handed_over_only_by_who_may(onput):
    make_role(onput, "powerful", managed=["arn:aws:iam::aws:policy/AdministratorAccess"])
    make_role(onput, "harmless")
    key = make_user(onput, "maker", allow("lambda:*", "*"),
                    allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/harmless"))
    client = onput.client("lambda", **key)
    role = f"arn:aws:iam::{ACCOUNT}:role/"
    code = {"ZipFile": zipped("def h(event, context):\n    return 1\n")}
    assert "iam:PassRole" in refusal(client.create_function, FunctionName="made", Runtime="python3.11", Handler="app.h",
                                     Role=role + "powerful", Code=code)[2]
    client.create_function(FunctionName="made", Runtime="python3.11", Handler="app.h", Role=role + "harmless",
                           Code=code)
    assert refusal(client.update_function_configuration, FunctionName="made", Role=role + "powerful")[0] == 403


def zipped(source):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", source)
    return out.getvalue()


HANDLER = """
import json
import boto3

def h(event, context):
    s3 = boto3.client("s3")
    told = {"who": boto3.client("sts").get_caller_identity()["Arn"]}
    told["read"] = s3.get_object(Bucket="photos", Key="team/a.txt")["Body"].read().decode()
    for name, call in (("write", lambda: s3.put_object(Bucket="photos", Key="x", Body=b"x")),
                       ("queue", lambda: boto3.client("sqs").list_queues())):
        try:
            call()
            told[name] = "done"
        except Exception as error:
            told[name] = error.response["Error"]["Code"]
    return told
"""


def test_a_handler_has_the_rights_of_its_role(onput):
    client = onput.client("lambda")
    settings = {"FunctionName": "limited", "Runtime": "python3.11", "Handler": "app.h", "Timeout": 20,
                "Code": {"ZipFile": zipped(HANDLER)}}
    for role in ("absent", "unfit"):
        if role == "unfit":
            onput.client("iam").create_role(RoleName="unfit", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
        assert refusal(client.create_function, Role=f"arn:aws:iam::{ACCOUNT}:role/{role}", **settings) == (
            400, "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.")
    role = make_role(onput, "limited", allow("s3:GetObject", "arn:aws:s3:::photos/*"))
    client.create_function(Role=role, **settings)
    answer = client.invoke(FunctionName="limited")
    told = json.loads(answer["Payload"].read())
    assert told == {"who": f"arn:aws:sts::{ACCOUNT}:assumed-role/limited/limited", "read": "a",
                    "write": "AccessDenied", "queue": "AccessDenied"}
    onput.client("iam").put_role_policy(RoleName="limited", PolicyName="own", PolicyDocument=policy(
        allow("s3:*", "*"), allow("sqs:*", "*")))

    def has_more():
        told = json.loads(client.invoke(FunctionName="limited")["Payload"].read())
        return (told["write"], told["queue"]) == ("done", "done")
    wait_until(has_more, 10, "the role's new rights")


def fetched(onput, *words):
    """Status and body of what curl asks for, unsigned."""
    done = run_client(onput, "curl", "-sS", "-w", "\n%{http_code}", *words)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def test_forms_and_presigned_urls_of_users(onput, tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"x")
    key = make_user(onput, "presigner", allow("s3:GetObject", "arn:aws:s3:::photos/team/*"),
                    allow("s3:PutObject", "arn:aws:s3:::shared/forms/*"))
    s3 = onput.client("s3", **key)
    url = s3.generate_presigned_url("get_object", {"Bucket": "photos", "Key": "team/a.txt"})
    assert fetched(onput, url) == (200, "a")
    url = s3.generate_presigned_url("get_object", {"Bucket": "private", "Key": "team/a.txt"})
    assert fetched(onput, url)[0] == 403
    for version in ("s3", "s3v4"):
        signer = onput.client("s3", signature_version=version, **key)
        for form_key, status in (("forms/a", 204), ("elsewhere", 403)):
            form = signer.generate_presigned_post("shared", form_key)
            words = [word for name, value in form["fields"].items() for word in ("-F", f"{name}={value}")]
            assert fetched(onput, *words, "-F", f"file=@{file}", form["url"])[0] == status


def test_sessions_are_presigned_with_their_token(onput):
    role = make_role(onput, "linker", allow("s3:GetObject", "arn:aws:s3:::photos/*"), principal={"AWS": ACCOUNT})
    maker = make_user(onput, "linking", allow("sts:AssumeRole", role))
    session = key_of(onput.client("sts", **maker).assume_role(RoleArn=role, RoleSessionName="link")["Credentials"])
    s3 = onput.client("s3", **session)
    url = s3.generate_presigned_url("get_object", {"Bucket": "photos", "Key": "team/a.txt"})
    assert fetched(onput, url) == (200, "a")
    assert fetched(onput, url.replace("ecurity-Token=", "ecurity-Token=x").replace("ecurity-token=", "ecurity-token=x")
                   )[0] in (400, 403)


def test_conditions_see_the_request(onput):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:RequestedRegion": "us-east-1"},
                 "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}, "Bool": {"aws:SecureTransport": "false"},
                 "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    statement = {"Effect": "Allow", "Action": ["sqs:ListQueues", "s3:GetObject"], "Resource": "*",
                 "Condition": condition}
    key = make_user(onput, "coloured", statement)
    sqs, s3, iam = onput.client("sqs", **key), onput.client("s3", **key), onput.client("iam")
    assert refusal(sqs.list_queues)[0] == 403
    iam.tag_user(UserName="coloured", Tags=[{"Key": "team", "Value": "red"}])
    wait_until(lambda: refusal(sqs.list_queues)[0] == 200, 5, "the tag to count")
    s3.get_object(Bucket="photos", Key="team/a.txt")
    iam.tag_user(UserName="coloured", Tags=[{"Key": "team", "Value": "blue"}])
    wait_until(lambda: refusal(s3.get_object, Bucket="photos", Key="team/a.txt")[0] == 403, 5, "the tag to count")


def test_neither_a_path_nor_another_case_steps_round_a_policy(onput):
    iam = onput.client("iam")
    iam.create_role(RoleName="boss", Path="/admin/", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    iam.create_user(UserName="Chief")
    key = make_user(onput, "climbing", allow("iam:*", "*"),
                    deny("iam:*", [f"arn:aws:iam::{ACCOUNT}:role/admin/*", f"arn:aws:iam::{ACCOUNT}:user/Chief"]))
    own = onput.client("iam", **key)
    document = policy(allow("*", "*"))
    assert refusal(own.put_role_policy, RoleName="boss", PolicyName="p", PolicyDocument=document)[0] == 403
    assert refusal(own.update_assume_role_policy, RoleName="BOSS", PolicyDocument=trust({"AWS": "*"}))[0] == 403
    assert refusal(own.create_access_key, UserName="CHIEF")[0] == 403
    # And a path that is allowed is found.
    app = make_user(onput, "delegate", allow("iam:*", f"arn:aws:iam::{ACCOUNT}:role/app/*"))
    delegate = onput.client("iam", **app)
    delegate.create_role(RoleName="worker", Path="/app/", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    delegate.get_role(RoleName="worker")
    assert refusal(delegate.create_role, RoleName="elsewhere", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))[0] == 403
    assert refusal(delegate.list_access_keys)[0] == 403


def test_a_denial_of_ones_own_counts_where_a_trust_names_one(onput):
    iam = onput.client("iam")
    key = make_user(onput, "trusted", deny("sts:AssumeRole", "*"))
    role = make_role(onput, "top", principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/trusted"},
                     managed=["arn:aws:iam::aws:policy/AdministratorAccess"])
    sts = onput.client("sts", **key)
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="no")[:2] == (403, "AccessDenied")
    iam.delete_user_policy(UserName="trusted", PolicyName="own")
    narrow = key_of(sts.assume_role(RoleArn=role, RoleSessionName="narrow", Policy=policy(
        allow("s3:GetObject", "arn:aws:s3:::nothing/*")))["Credentials"])
    make_role(onput, "summit", principal={"AWS": role}, managed=["arn:aws:iam::aws:policy/AdministratorAccess"])
    assert refusal(onput.client("sts", **narrow).assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/summit",
                   RoleSessionName="up")[:2] == (403, "AccessDenied")
    # What a session may not, no resource's policy gives it.
    onput.s3.create_bucket(Bucket="lobby")
    onput.s3.put_object(Bucket="lobby", Key="a", Body=b"a")
    onput.s3.put_bucket_policy(Bucket="lobby", Policy=policy(
        {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:*",
         "Resource": ["arn:aws:s3:::lobby", "arn:aws:s3:::lobby/*"]}))
    url = onput.sqs.create_queue(QueueName="lobby")["QueueUrl"]
    onput.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(
        {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sqs:*", "Resource": SQS + "lobby"})})
    s3 = onput.client("s3", **narrow)
    assert refusal(s3.get_object, Bucket="lobby", Key="a")[0] == 403
    assert refusal(s3.delete_object, Bucket="lobby", Key="a")[0] == 403
    assert refusal(onput.client("sqs", **narrow).send_message, QueueUrl=url, MessageBody="x")[0] == 403


def test_replication_takes_nobody_further_than_he_may_go(onput):
    for bucket in ("source", "vault"):
        onput.s3.create_bucket(Bucket=bucket)
        onput.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = make_user(onput, "replicator", allow("s3:*", ["arn:aws:s3:::source", "arn:aws:s3:::source/*"]),
                    allow("iam:PassRole", "*"))
    rule = {"ID": "r", "Status": "Enabled", "Priority": 1, "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::vault"}}
    settings = {"Bucket": "source", "ReplicationConfiguration": {"Role": f"arn:aws:iam::{ACCOUNT}:role/r", "Rules": [rule]}}
    assert refusal(onput.client("s3", **key).put_bucket_replication, **settings)[:2] == (403, "AccessDenied")
    # Who may everything may, unless the destination's policy denies it to everybody.
    onput.s3.put_bucket_policy(Bucket="vault", Policy=policy(
        {"Effect": "Deny", "Principal": "*", "Action": "s3:ReplicateObject", "Resource": "arn:aws:s3:::vault/*"}))
    onput.s3.put_bucket_replication(**settings)
    onput.s3.put_object(Bucket="source", Key="kept", Body=b"x")
    wait_until(lambda: onput.s3.head_object(Bucket="source", Key="kept").get("ReplicationStatus") == "FAILED", 20,
               "the replica to be refused")
    assert onput.keys("vault") == []


def test_what_is_asked_about_is_what_is_done(onput):
    key = make_user(onput, "asking", allow(["s3:CreateBucket"], "*"), allow("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
                    allow("SNS:ListTopics", SNS + "*"), allow("lambda:*", "*"),
                    deny("lambda:TagResource", LAMBDA + "made*"))
    s3 = onput.client("s3", **key)
    s3.create_bucket(Bucket="plainly-made")
    assert refusal(s3.create_bucket, Bucket="lock-made", ObjectLockEnabledForBucket=True)[0] == 403
    assert refusal(s3.create_bucket, Bucket="owner-made", ObjectOwnership="ObjectWriter")[0] == 403
    assert len(s3.list_buckets()["Buckets"]) > 3
    onput.client("sns", **key).list_topics()
    client = onput.client("lambda", **key)
    make_role(onput, "tagging")
    onput.client("lambda").create_function(
        FunctionName="made-tagged", Runtime="python3.11", Handler="app.h", Role=f"arn:aws:iam::{ACCOUNT}:role/tagging",
        Code={"ZipFile": zipped("def h(event, context):\n    return 1\n")})
    for region in ("us-east-1", "eu-west-1"):
        arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:made-tagged"
        assert refusal(client.tag_resource, Resource=arn, Tags={"a": "b"})[0] == 403
    # A user is led to the code of a function with his own key.
    location = client.get_function(FunctionName="made-tagged")["Code"]["Location"]
    assert key["key"] in location


def test_a_wrong_signature_is_no_use_of_a_key(onput):
    key = make_user(onput, "unused")
    wrong = onput.client("s3", key=key["key"], secret="wrong")
    assert refusal(wrong.list_buckets)[1] == "SignatureDoesNotMatch"
    used = onput.client("iam").get_access_key_last_used(AccessKeyId=key["key"])["AccessKeyLastUsed"]
    assert used["ServiceName"] == "N/A"


def test_identities_survive_a_kill(onput):
    key = make_user(onput, "survivor", allow("s3:GetObject", "*"))
    onput.kill("storage")
    s3 = onput.client("s3", **key)
    wait_until(lambda: refusal(s3.get_object, Bucket="photos", Key="team/a.txt")[0] == 200, 20, "storage to be back")


def test_secrets_are_not_in_the_store_as_they_are(onput):
    key = make_user(onput, "secretive")
    for path in onput.data.rglob("*"):
        if path.is_file():
            assert key["secret"].encode() not in path.read_bytes(), path
