"""Policies, roles and users, for tests of who may do what."""
import json

import botocore.exceptions

ACCOUNT = "000000000000"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny(action, resource):
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def trust(principal):
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def key_of(made):
    """As a client takes it: of CreateAccessKey, or a session's credentials."""
    options = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
    if "SessionToken" in made:
        options["token"] = made["SessionToken"]
    return options


def refusal(call, **arguments):
    """Status, code and message of what must be refused."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        answer = error.response
        return (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"])
    return (200, "", "")


def make_user(onput, name, *statements):
    """A user with these statements as his own policy; options of his clients."""
    iam = onput.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return key_of(iam.create_access_key(UserName=name)["AccessKey"])


def make_role(onput, name, *statements, principal=None, managed=()):
    """A role with these statements as its own policy; its ARN."""
    iam = onput.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(
        principal or {"Service": "lambda.amazonaws.com"}))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    for arn_of_policy in managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn_of_policy)
    return arn
