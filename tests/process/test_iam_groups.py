"""Groups of users, permissions boundaries, and managed policies of sessions: kept, shown and judged."""
import json

import pytest

from harness.identities import ACCOUNT, allow, deny, key_of, make_role, make_user, policy, refusal
from harness.instance import Onput
from harness.waiting import wait_until

SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
READING = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("groups"), tts=0, arguments=["--no-pipeline", "--image", "0"]) as instance:
        instance.s3.create_bucket(Bucket="shared")
        instance.s3.put_object(Bucket="shared", Key="a.txt", Body=b"a")
        instance.sqs.create_queue(QueueName="jobs")
        yield instance


@pytest.fixture(scope="module")
def iam(onput):
    return onput.client("iam")


def may_read(s3):
    return refusal(s3.get_object, Bucket="shared", Key="a.txt")[0] == 200


def may_send(onput, sqs):
    return refusal(sqs.send_message, QueueUrl=onput.queue_url("jobs"), MessageBody="x")[0] == 200


def test_a_group_is_read_back_as_it_was_made(iam):
    made = iam.create_group(GroupName="Makers", Path="/team/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/Makers" and made["GroupId"].startswith("AGPA")
    assert iam.get_group(GroupName="makers")["Group"] == made
    assert refusal(iam.create_group, GroupName="makers") == (
        409, "EntityAlreadyExists", "Group with name makers already exists.")
    assert [g["GroupName"] for g in iam.list_groups(PathPrefix="/team/")["Groups"]] == ["Makers"]
    assert iam.list_groups(PathPrefix="/other/")["Groups"] == []
    iam.update_group(GroupName="Makers", NewGroupName="makers2", NewPath="/other/")
    assert refusal(iam.get_group, GroupName="Makers") == (
        404, "NoSuchEntity", "The group with name Makers cannot be found.")
    renamed = iam.get_group(GroupName="makers2")
    assert renamed["Group"]["GroupId"] == made["GroupId"] and renamed["Group"]["Path"] == "/other/"
    assert renamed["Users"] == []
    iam.delete_group(GroupName="makers2")
    assert refusal(iam.delete_group, GroupName="makers2")[1] == "NoSuchEntity"


def test_policies_of_a_group_are_kept_as_those_of_users(iam):
    iam.create_group(GroupName="kept")
    own = policy(allow("sqs:*", "*"))
    iam.put_group_policy(GroupName="kept", PolicyName="own", PolicyDocument=own)
    assert iam.list_group_policies(GroupName="kept")["PolicyNames"] == ["own"]
    assert iam.get_group_policy(GroupName="kept", PolicyName="own")["PolicyDocument"] == json.loads(own)
    assert refusal(iam.get_group_policy, GroupName="kept", PolicyName="none") == (
        404, "NoSuchEntity", "The group policy with name none cannot be found.")
    iam.attach_group_policy(GroupName="kept", PolicyArn=READING)
    assert [p["PolicyArn"] for p in iam.list_attached_group_policies(GroupName="kept")["AttachedPolicies"]] == [READING]
    having = iam.list_entities_for_policy(PolicyArn=READING)
    assert [g["GroupName"] for g in having["PolicyGroups"]] == ["kept"] and having["PolicyUsers"] == []
    assert refusal(iam.delete_group, GroupName="kept")[:2] == (409, "DeleteConflict")
    iam.detach_group_policy(GroupName="kept", PolicyArn=READING)
    assert refusal(iam.delete_group, GroupName="kept")[:2] == (409, "DeleteConflict")
    iam.delete_group_policy(GroupName="kept", PolicyName="own")
    long = policy(allow("s3:GetObject", ["arn:aws:s3:::" + "b" * 60] * 80))
    assert refusal(iam.put_group_policy, GroupName="kept", PolicyName="long", PolicyDocument=long) == (
        409, "LimitExceeded", "Maximum policy size of 5120 bytes exceeded for group kept")
    iam.delete_group(GroupName="kept")


def test_who_is_in_a_group_has_its_rights_and_its_denials(onput, iam):
    key = make_user(onput, "ada")
    s3, sqs = onput.client("s3", **key), onput.client("sqs", **key)
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=READING)
    iam.put_group_policy(GroupName="readers", PolicyName="sending", PolicyDocument=policy(allow("sqs:*", SQS + "jobs")))
    assert not may_read(s3) and not may_send(onput, sqs)
    iam.add_user_to_group(GroupName="readers", UserName="ada")
    assert may_read(s3) and may_send(onput, sqs)
    assert [u["UserName"] for u in iam.get_group(GroupName="readers")["Users"]] == ["ada"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="ada")["Groups"]] == ["readers"]
    assert "readers" in onput.run("user", "show", "ada").stdout and "readers" in onput.run("user", "ls").stdout
    iam.put_group_policy(GroupName="readers", PolicyName="not", PolicyDocument=policy(deny("s3:GetObject", "*")))
    assert "with an explicit deny in an identity-based policy" in refusal(
        s3.get_object, Bucket="shared", Key="a.txt")[2]
    iam.delete_group_policy(GroupName="readers", PolicyName="not")
    # Under another name it is the same group to who is in it.
    iam.update_group(GroupName="readers", NewGroupName="lectors")
    assert may_read(s3) and may_send(onput, sqs)
    assert refusal(iam.delete_group, GroupName="lectors")[:2] == (409, "DeleteConflict")
    assert refusal(iam.delete_user, UserName="ada")[:2] == (409, "DeleteConflict")
    onput.kill("storage")
    wait_until(lambda: may_read(s3), 20, "storage to be back")
    iam.remove_user_from_group(GroupName="lectors", UserName="ada")
    assert not may_read(s3) and not may_send(onput, sqs)
    iam.add_user_to_group(GroupName="lectors", UserName="ada")
    assert "removed ada" in onput.run("user", "rm", "ada").stdout
    assert iam.get_group(GroupName="lectors")["Users"] == []


def test_who_may_manage_one_group_may_not_manage_another(onput, iam):
    key = make_user(onput, "keeper", allow("iam:*", f"arn:aws:iam::{ACCOUNT}:group/own/*"),
                    allow("iam:ListGroupsForUser", f"arn:aws:iam::{ACCOUNT}:user/keeper"))
    own = onput.client("iam", **key)
    own.create_group(GroupName="mine", Path="/own/")
    iam.create_group(GroupName="admins")
    own.add_user_to_group(GroupName="MINE", UserName="keeper")
    assert [g["GroupName"] for g in own.list_groups_for_user(UserName="keeper")["Groups"]] == ["mine"]
    for call, arguments in (("add_user_to_group", {"UserName": "keeper"}), ("get_group", {}), ("delete_group", {}),
                            ("put_group_policy", {"PolicyName": "p", "PolicyDocument": policy(allow("*", "*"))}),
                            ("attach_group_policy", {"PolicyArn": READING})):
        assert refusal(getattr(own, call), GroupName="admins", **arguments)[:2] == (403, "AccessDenied"), call
    assert refusal(own.create_group, GroupName="other")[:2] == (403, "AccessDenied")
    # A new name or path is asked about as well.
    assert refusal(own.update_group, GroupName="mine", NewPath="/")[:2] == (403, "AccessDenied")
    own.update_group(GroupName="mine", NewGroupName="mine2")
    assert refusal(own.list_groups)[:2] == (403, "AccessDenied")


def test_a_boundary_bounds_users_and_roles(onput, iam):
    boundary = iam.create_policy(PolicyName="bound", PolicyDocument=policy(allow("s3:Get*", "*"), allow("sts:*", "*")))
    arn = boundary["Policy"]["Arn"]
    key = make_user(onput, "bounded", allow("*", "*"))
    s3, sqs = onput.client("s3", **key), onput.client("sqs", **key)
    assert may_read(s3) and may_send(onput, sqs)
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=arn)
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert may_read(s3) and not may_send(onput, sqs)
    assert "because no permissions boundary allows the s3:PutObject action" in refusal(
        s3.put_object, Bucket="shared", Key="b", Body=b"b")[2]
    assert "boundary  " + arn in onput.run("user", "show", "bounded").stdout
    role = make_role(onput, "worker", allow("*", "*"), principal={"AWS": ACCOUNT})
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
    assert iam.get_role(RoleName="worker")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    maker = make_user(onput, "assumer", allow("sts:AssumeRole", role))
    session = key_of(onput.client("sts", **maker).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"])
    assert may_read(onput.client("s3", **session)) and not may_send(onput, onput.client("sqs", **session))
    used = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (used["PermissionsBoundaryUsageCount"], used["AttachmentCount"]) == (2, 0)
    assert refusal(iam.delete_policy, PolicyArn=arn)[:2] == (409, "DeleteConflict")
    bounded = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert [r["RoleName"] for r in bounded["PolicyRoles"]] == ["worker"]
    iam.delete_user_permissions_boundary(UserName="bounded")
    assert may_send(onput, sqs) and "PermissionsBoundary" not in iam.get_user(UserName="bounded")["User"]
    assert refusal(iam.delete_user_permissions_boundary, UserName="bounded")[:2] == (404, "NoSuchEntity")
    assert refusal(iam.put_user_permissions_boundary, UserName="bounded", PermissionsBoundary=arn + "x")[:2] == (
        404, "NoSuchEntity")


def test_a_policy_of_the_resource_lets_a_bounded_user_in_but_no_bounded_role(onput, iam):
    arn = iam.create_policy(PolicyName="nothing", PolicyDocument=policy(allow("polly:*", "*")))["Policy"]["Arn"]
    key = make_user(onput, "named")
    role = make_role(onput, "named", principal={"AWS": ACCOUNT})
    onput.sqs.create_queue(QueueName="open", Attributes={"Policy": policy(
        {**allow("sqs:SendMessage", SQS + "open"), "Principal": {"AWS": [
            f"arn:aws:iam::{ACCOUNT}:user/named", role]}})})
    maker = make_user(onput, "assumer2", allow("sts:AssumeRole", role))
    session = key_of(onput.client("sts", **maker).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"])

    def sends(of):
        return refusal(onput.client("sqs", **of).send_message, QueueUrl=onput.queue_url("open"), MessageBody="x")[0] == 200
    assert sends(key) and sends(session)
    iam.put_user_permissions_boundary(UserName="named", PermissionsBoundary=arn)
    iam.put_role_permissions_boundary(RoleName="named", PermissionsBoundary=arn)
    assert sends(key) and not sends(session)


def test_who_may_make_bounded_users_only_makes_no_others(onput, iam):
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("s3:Get*", "*")))["Policy"]["Arn"]
    only_bounded = {"StringEquals": {"iam:PermissionsBoundary": arn}}
    key = make_user(onput, "delegate",
                    {**allow(["iam:CreateUser", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"], "*"),
                     "Condition": only_bounded})
    own = onput.client("iam", **key)
    assert refusal(own.create_user, UserName="free")[:2] == (403, "AccessDenied")
    assert refusal(own.create_user, UserName="free", PermissionsBoundary=READING)[:2] == (403, "AccessDenied")
    own.create_user(UserName="held", PermissionsBoundary=arn)
    own.put_user_policy(UserName="held", PolicyName="p", PolicyDocument=policy(allow("*", "*")))
    iam.create_user(UserName="other")
    assert refusal(own.put_user_policy, UserName="other", PolicyName="p",
                   PolicyDocument=policy(allow("*", "*")))[:2] == (403, "AccessDenied")
    assert refusal(own.delete_user_permissions_boundary, UserName="held")[:2] == (403, "AccessDenied")


def test_managed_policies_bound_a_session(onput, iam):
    role = make_role(onput, "wide", allow("*", "*"), principal={"AWS": ACCOUNT})
    sts = onput.client("sts", **make_user(onput, "narrower", allow("sts:AssumeRole", role)))
    arn = iam.create_policy(PolicyName="queues", PolicyDocument=policy(allow("sqs:*", "*")))["Policy"]["Arn"]

    def session(**arguments):
        return key_of(sts.assume_role(RoleArn=role, RoleSessionName="session", **arguments)["Credentials"])
    reading = session(PolicyArns=[{"arn": READING}])
    assert may_read(onput.client("s3", **reading)) and not may_send(onput, onput.client("sqs", **reading))
    both = session(PolicyArns=[{"arn": READING}], Policy=policy(allow("sqs:*", "*")))
    assert may_read(onput.client("s3", **both)) and may_send(onput, onput.client("sqs", **both))
    own = session(PolicyArns=[{"arn": arn}])
    assert may_send(onput, onput.client("sqs", **own)) and not may_read(onput.client("s3", **own))
    assert "because no session policy allows the s3:GetObject action" in refusal(
        onput.client("s3", **own).get_object, Bucket="shared", Key="a.txt")[2]
    iam.delete_policy(PolicyArn=arn)
    assert not may_send(onput, onput.client("sqs", **own)), "a policy that is gone allowed everything"
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="session", PolicyArns=[{"arn": arn}])[:2] == (
        400, "ValidationError")
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="session", PolicyArns=[{"arn": READING}] * 11)[0] == 400


def test_a_simulation_knows_groups_and_boundaries(onput, iam):
    iam.create_group(GroupName="simulated")
    iam.put_group_policy(GroupName="simulated", PolicyName="p", PolicyDocument=policy(allow("s3:*", "*")))
    arn = iam.create_user(UserName="simulated")["User"]["Arn"]
    iam.add_user_to_group(GroupName="simulated", UserName="simulated")

    def decisions(**arguments):
        return [r["EvalDecision"] for r in iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"], **arguments)["EvaluationResults"]]
    assert decisions() == ["allowed", "allowed"]
    assert decisions(PermissionsBoundaryPolicyInputList=[policy(allow("s3:Get*", "*"))]) == ["allowed", "implicitDeny"]
    iam.put_user_permissions_boundary(UserName="simulated", PermissionsBoundary=READING)
    assert decisions() == ["allowed", "implicitDeny"]
