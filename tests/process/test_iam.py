"""IAM and STS by unmodified clients: users, roles, managed policies, access keys, sessions."""
import json
import urllib.parse

import pytest

from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.identities import ACCOUNT, allow, key_of, policy, refusal, trust
from harness.instance import Onput
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("iam"), tts=0, arguments=["--no-pipeline", "--image", "0"]) as instance:
        yield instance


@pytest.fixture(scope="module")
def iam(onput):
    return onput.client("iam")


@pytest.fixture(scope="module")
def sts(onput):
    return onput.client("sts")


# ---- users and keys

def test_a_user_is_made_shown_tagged_and_removed(iam):
    made = iam.create_user(UserName="ada", Path="/team/", Tags=[{"Key": "desk", "Value": "7"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/ada"
    assert made["UserId"].startswith("AIDA") and len(made["UserId"]) == 21
    iam.get_waiter("user_exists").wait(UserName="ada")
    assert refusal(iam.create_user, UserName="ADA") == (409, "EntityAlreadyExists",
                                                       "User with name ADA already exists.")
    iam.tag_user(UserName="ada", Tags=[{"Key": "floor", "Value": "2"}])
    iam.untag_user(UserName="ada", TagKeys=["desk"])
    shown = iam.get_user(UserName="ada")["User"]
    assert shown["Tags"] == [{"Key": "floor", "Value": "2"}]
    assert shown["CreateDate"] == made["CreateDate"]
    assert "ada" in [user["UserName"] for user in iam.list_users(PathPrefix="/team/")["Users"]]
    assert iam.list_groups_for_user(UserName="ada")["Groups"] == []
    iam.delete_user(UserName="ada")
    assert refusal(iam.get_user, UserName="ada") == (404, "NoSuchEntity", "The user with name ada cannot be found.")


def test_a_key_works_while_it_is_active(onput, iam):
    iam.create_user(UserName="keyed")
    iam.attach_user_policy(UserName="keyed", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    key = iam.create_access_key(UserName="keyed")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA") and len(key["AccessKeyId"]) == 20
    assert len(key["SecretAccessKey"]) == 40
    assert iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    sts = onput.client("sts", **key_of(key))
    user = iam.get_user(UserName="keyed")["User"]
    assert sts.get_caller_identity()["Arn"] == user["Arn"]
    assert sts.get_caller_identity()["UserId"] == user["UserId"]
    s3 = onput.client("s3", **key_of(key))
    s3.create_bucket(Bucket="keyed")
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == "keyed" and used["AccessKeyLastUsed"]["ServiceName"] in ("sts", "s3")
    # A user sees his own keys without naming himself, if he may.
    iam.put_user_policy(UserName="keyed", PolicyName="own", PolicyDocument=policy(
        allow("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}")))
    own = onput.client("iam", **key_of(key))
    assert [k["AccessKeyId"] for k in own.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    second = own.create_access_key()["AccessKey"]
    assert refusal(own.create_access_key)[:2] == (409, "LimitExceeded")
    own.delete_access_key(AccessKeyId=second["AccessKeyId"])
    iam.update_access_key(UserName="keyed", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    wait_until(lambda: refusal(s3.list_buckets)[:2] == (403, "InvalidAccessKeyId"), 5, "the key to be off")
    assert refusal(iam.delete_user, UserName="keyed") == (
        409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
    iam.detach_user_policy(UserName="keyed", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    assert refusal(iam.delete_user, UserName="keyed")[2] == "Cannot delete entity, must delete access keys first."
    iam.delete_access_key(UserName="keyed", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="keyed", PolicyName="own")
    iam.delete_user(UserName="keyed")


def test_the_account_itself_is_root(iam, sts):
    who = sts.get_caller_identity()
    assert (who["Arn"], who["UserId"], who["Account"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT)
    assert iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


# ---- roles

def test_what_is_read_back_of_a_role_is_what_was_set(iam):
    document = trust({"Service": "lambda.amazonaws.com"})
    made = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document, Description="reads", Path="/x/",
                           MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/x/reader" and made["RoleId"].startswith("AROA")
    iam.get_waiter("role_exists").wait(RoleName="reader")
    role = iam.get_role(RoleName="reader")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(document)
    assert (role["Description"], role["MaxSessionDuration"], role["Path"]) == ("reads", 7200, "/x/")
    assert role["Tags"] == [{"Key": "a", "Value": "b"}]
    own = policy(allow("s3:GetObject", "arn:aws:s3:::in + out/*"))
    iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=own)
    assert iam.list_role_policies(RoleName="reader")["PolicyNames"] == ["own"]
    assert iam.get_role_policy(RoleName="reader", PolicyName="own")["PolicyDocument"] == json.loads(own)
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    for _ in range(2):
        iam.attach_role_policy(RoleName="reader", PolicyArn=basic)
    assert iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": basic}]
    assert [role["RoleName"] for role in iam.list_entities_for_policy(PolicyArn=basic)["PolicyRoles"]] == ["reader"]
    iam.update_role(RoleName="reader", Description="", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust({"AWS": ACCOUNT}))
    role = iam.get_role(RoleName="reader")["Role"]
    assert "Description" not in role and role["MaxSessionDuration"] == 3600
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": ACCOUNT}
    assert iam.list_instance_profiles_for_role(RoleName="reader")["InstanceProfiles"] == []
    assert refusal(iam.delete_role, RoleName="reader")[1] == "DeleteConflict"
    iam.detach_role_policy(RoleName="reader", PolicyArn=basic)
    assert refusal(iam.delete_role, RoleName="reader")[2] == "Cannot delete entity, must delete policies first."
    iam.delete_role_policy(RoleName="reader", PolicyName="own")
    iam.delete_role(RoleName="reader")
    assert refusal(iam.get_role, RoleName="reader") == (404, "NoSuchEntity",
                                                       "The role with name reader cannot be found.")


@pytest.mark.parametrize("document, message", [
    ("{", "This policy contains invalid Json"),
    ("{}", "Syntax errors in policy."),
    (policy(allow("s3:*", "*")), "Missing required field Principal"),
    (trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}),
     f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/nobody"'),
    (trust({"Federated": "cognito-identity.amazonaws.com"}), "Invalid principal in policy"),
    (trust("*"), 'Invalid principal in policy: "STAR":"*"'),
    (json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "*",
                                                         "Action": "sts:AssumeRole"}]}), "Has prohibited field Resource"),
])
def test_trusts_are_refused_in_iams_words(iam, document, message):
    got = refusal(iam.create_role, RoleName="bad", AssumeRolePolicyDocument=document)
    assert got[:2] == (400, "MalformedPolicyDocument") and message in got[2]


@pytest.mark.parametrize("document, message", [
    (policy({"Effect": "Allow", "Action": "s3:*"}), "Policy statement must contain resources."),
    (policy({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
    (policy({"Effect": "Allow", "Action": "GetObject", "Resource": "*"}), "must be prefaced by a vendor"),
    (policy({"Effect": "Allow", "Action": "s3:*", "Resource": "photos"}),
     'Resource photos must be in ARN format or "*".'),
    (policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}),
     "Policy document should not specify a principal."),
    (policy({"Sid": "a", **allow("s3:*", "*")}, {"Sid": "a", **allow("s3:*", "*")}), "(SID)"),
    (policy({**allow("s3:*", "*"), "Condition": {"StringEquals": {"s3:TlsVersion": "1.2"}}}), "s3:TlsVersion"),
    (policy({**allow("s3:*", "*"), "Condition": {"Strings": {"aws:username": "a"}}}), "Strings"),
])
def test_policies_are_refused_in_iams_words(iam, document, message):
    got = refusal(iam.create_policy, PolicyName="bad", PolicyDocument=document)
    assert got[:2] == (400, "MalformedPolicyDocument") and message in got[2], got


def test_policies_for_services_that_are_not_here_are_kept(iam):
    document = policy({**allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/x"),
                       "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}})
    arn = iam.create_policy(PolicyName="table", PolicyDocument=document)["Policy"]["Arn"]
    iam.delete_policy(PolicyArn=arn)


# ---- managed policies

def test_versions_of_a_managed_policy(iam):
    arn = iam.create_policy(PolicyName="versions", PolicyDocument=policy(allow("s3:GetObject", "*")),
                            Description="d")["Policy"]["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/versions"
    for number in range(2, 6):
        version = iam.create_policy_version(PolicyArn=arn, SetAsDefault=number == 3,
                                            PolicyDocument=policy(allow(f"s3:Get{number}", "*")))["PolicyVersion"]
        assert (version["VersionId"], version["IsDefaultVersion"]) == (f"v{number}", number == 3)
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy(allow("s3:*", "*")))[1] == "LimitExceeded"
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v5", "v4", "v3", "v2", "v1"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    got = iam.get_policy_version(PolicyArn=arn, VersionId="v4")["PolicyVersion"]["Document"]
    assert got["Statement"][0]["Action"] == "s3:Get4"
    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v3")[1] == "DeleteConflict"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    assert refusal(iam.delete_policy, PolicyArn=arn)[1] == "DeleteConflict"
    for number in range(1, 5):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    iam.create_user(UserName="attached")
    iam.attach_user_policy(UserName="attached", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert refusal(iam.delete_policy, PolicyArn=arn) == (
        409, "DeleteConflict", "Cannot delete a policy attached to entities.")
    iam.detach_user_policy(UserName="attached", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.delete_user(UserName="attached")


def test_managed_policies_of_aws_can_be_read_and_not_changed(iam):
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert "s3:Get*" in version["Document"]["Statement"][0]["Action"]
    names = [p["PolicyName"] for p in iam.list_policies(Scope="AWS")["Policies"]]
    assert "AdministratorAccess" in names and "AWSLambdaBasicExecutionRole" in names
    assert refusal(iam.delete_policy, PolicyArn=arn)[:2] == (400, "InvalidInput")
    iam.create_user(UserName="unknown")
    assert refusal(iam.attach_user_policy, UserName="unknown", PolicyArn="arn:aws:iam::aws:policy/NoSuchAccess") == (
        404, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/NoSuchAccess does not exist or is not attachable.")
    iam.delete_user(UserName="unknown")


def test_lists_come_in_pages(iam):
    for number in range(7):
        iam.create_user(UserName=f"page{number}", Path="/pages/")
    pages = list(iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 3}))
    assert [len(page["Users"]) for page in pages] == [3, 3, 1]
    assert [u["UserName"] for page in pages for u in page["Users"]] == [f"page{n}" for n in range(7)]
    for number in range(7):
        iam.delete_user(UserName=f"page{number}")


def test_limits_are_said(iam):
    assert refusal(iam.create_user, UserName="a b")[:2] == (400, "ValidationError")
    long = policy(allow("s3:GetObject", ["arn:aws:s3:::" + "b" * 60] * 100))
    assert refusal(iam.create_policy, PolicyName="long", PolicyDocument=long) == (
        409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    assert refusal(iam.create_user, UserName="bounded",
                   PermissionsBoundary="arn:aws:iam::aws:policy/NoSuchAccess")[:2] == (404, "NoSuchEntity")
    assert refusal(iam.create_instance_profile, InstanceProfileName="p")[1] == "InvalidAction"


def test_simulation_says_what_would_be(iam):
    iam.create_user(UserName="simulated")
    iam.put_user_policy(UserName="simulated", PolicyName="p", PolicyDocument=policy(
        allow("s3:Get*", "arn:aws:s3:::a/*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/secret"}))
    arn = iam.get_user(UserName="simulated")["User"]["Arn"]
    results = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::a/x", "arn:aws:s3:::a/secret"])["EvaluationResults"]
    assert [(r["EvalActionName"], r["EvalResourceName"][-1], r["EvalDecision"]) for r in results] == [
        ("s3:GetObject", "x", "allowed"), ("s3:GetObject", "t", "explicitDeny"),
        ("s3:PutObject", "x", "implicitDeny"), ("s3:PutObject", "t", "explicitDeny")]
    iam.delete_user_policy(UserName="simulated", PolicyName="p")
    iam.delete_user(UserName="simulated")


# ---- sessions

def test_a_session_of_a_role(onput, iam, sts):
    iam.create_user(UserName="climber")
    key = iam.create_access_key(UserName="climber")["AccessKey"]
    climber = iam.get_user(UserName="climber")["User"]["Arn"]
    role = iam.create_role(RoleName="summit", AssumeRolePolicyDocument=trust({"AWS": climber}))["Role"]
    iam.attach_role_policy(RoleName="summit", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    own = onput.client("sts", **key_of(key))
    assumed = own.assume_role(RoleArn=role["Arn"], RoleSessionName="first", DurationSeconds=900)
    assert assumed["AssumedRoleUser"] == {"AssumedRoleId": role["RoleId"] + ":first",
                                          "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/summit/first"}
    session = key_of(assumed["Credentials"])
    who = onput.client("sts", **session).get_caller_identity()
    assert who["Arn"] == assumed["AssumedRoleUser"]["Arn"] and who["UserId"] == role["RoleId"] + ":first"
    queue = onput.client("sqs", **session).create_queue(QueueName="by-role")["QueueUrl"]
    assert refusal(onput.client("s3", **session).list_buckets)[:2] == (403, "AccessDenied")
    narrowed = own.assume_role(RoleArn=role["Arn"], RoleSessionName="second", Policy=policy(
        allow("sqs:ReceiveMessage", "*")))["Credentials"]
    narrow = onput.client("sqs", **key_of(narrowed))
    assert "Messages" not in narrow.receive_message(QueueUrl=queue)
    assert refusal(narrow.send_message, QueueUrl=queue, MessageBody="x")[0] == 403
    # Who is not trusted, and what is not there, look the same.
    denied = refusal(sts.assume_role, RoleArn=role["Arn"], RoleSessionName="root")
    assert denied[:2] == (403, "AccessDenied")
    assert refusal(own.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/absent", RoleSessionName="xx")[:2] == (
        403, "AccessDenied")
    assert refusal(own.assume_role, RoleArn=role["Arn"], RoleSessionName="third", DurationSeconds=7200)[1] == (
        "ValidationError")
    # A role of the same name that is made anew is another one.
    iam.detach_role_policy(RoleName="summit", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    iam.delete_role(RoleName="summit")
    iam.create_role(RoleName="summit", AssumeRolePolicyDocument=trust({"AWS": climber}))
    stale = onput.client("sts", **session)
    wait_until(lambda: refusal(stale.get_caller_identity)[1] == "InvalidClientTokenId", 5, "the session to end")


def test_sessions_of_users(onput, iam, sts):
    iam.create_user(UserName="temporary")
    iam.attach_user_policy(UserName="temporary", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    key = iam.create_access_key(UserName="temporary")["AccessKey"]
    session = onput.client("sts", **key_of(key)).get_session_token()["Credentials"]
    own = onput.client("sts", **key_of(session))
    assert own.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/temporary"
    onput.client("sqs", **key_of(session)).list_queues()
    assert refusal(onput.client("s3", **key_of(session)).list_buckets)[0] == 403
    assert refusal(own.get_session_token)[:2] == (403, "AccessDenied")
    root = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert onput.client("sts", **key_of(root)).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_an_external_id_is_asked_for(onput, iam, sts):
    document = json.loads(trust({"AWS": ACCOUNT}))
    document["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "apples"}}
    arn = iam.create_role(RoleName="guarded", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    assert refusal(sts.assume_role, RoleArn=arn, RoleSessionName="none")[1] == "AccessDenied"
    assert refusal(sts.assume_role, RoleArn=arn, RoleSessionName="none", ExternalId="pears")[1] == "AccessDenied"
    assert sts.assume_role(RoleArn=arn, RoleSessionName="some", ExternalId="apples")["Credentials"]


# ---- command lines

@pytest.mark.parametrize("program", [CLI_V1, CLI_V2])
def test_the_aws_cli(onput, program):
    aws = AwsCli(program, onput)
    name = "cli1" if program == CLI_V1 else "cli2"
    aws("iam", "create-role", "--role-name", name, "--assume-role-policy-document",
        trust({"Service": "lambda.amazonaws.com"}))
    aws("iam", "attach-role-policy", "--role-name", name, "--policy-arn",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    role = json.loads(aws("iam", "get-role", "--role-name", name, "--output", "json"))["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] == "lambda.amazonaws.com"
    who = json.loads(aws("sts", "get-caller-identity", "--output", "json"))
    assert who["Account"] == ACCOUNT


def test_documents_are_encoded_as_terraform_decodes_them(onput, iam):
    """It takes "+" for a space, so none may be there."""
    document = policy(allow("s3:GetObject", "arn:aws:s3:::a b+c/*"))
    arn = iam.create_policy(PolicyName="encoded", PolicyDocument=document)["Policy"]["Arn"]
    seen = []
    iam.meta.events.register("before-parse.iam.GetPolicyVersion",
                             lambda response_dict, **_: seen.append(response_dict["body"].decode()))
    iam.get_policy_version(PolicyArn=arn, VersionId="v1")
    text = seen[0].split("<Document>")[1].split("</Document>")[0]
    assert "+" not in text and urllib.parse.unquote_plus(text) == document
    iam.delete_policy(PolicyArn=arn)
