"""Functions as clients of Lambda's API make and ask them."""
import functools
import io
import json
import zipfile

import boto3
import botocore.exceptions
import pytest

from harness.identities import trust

ROLE = "arn:aws:iam::000000000000:role/lambda"  # Of make_role_at.
PREFIX = "arn:aws:lambda:us-east-1:000000000000:function:"

ECHO = """
import json
import os

def lambda_handler(event, context):
    print("asked")
    if event == "raise":
        raise ValueError("odd")
    custom = context.client_context.custom if context.client_context else None
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn,
            "mode": os.environ.get("MODE"), "custom": custom}
"""


@functools.cache
def make_role_at(endpoint):
    """A role whose functions may do everything, as most of these tests have them."""
    iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                       aws_secret_access_key="test")
    made = iam.create_role(RoleName="lambda", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    assert made["Role"]["Arn"] == ROLE
    iam.attach_role_policy(RoleName="lambda", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def zipped(source=ECHO, name="app.py", **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, source)
        for other, text in more.items():
            archive.writestr(other, text)
    return out.getvalue()


def create(client, name, source=ECHO, **more):
    make_role_at(client.meta.endpoint_url)
    settings = {"Runtime": "python3.11", "Handler": "app.lambda_handler", "Role": ROLE, "Timeout": 10, **more}
    if "Code" not in settings:
        settings["Code"] = {"ZipFile": zipped(source)}
    return client.create_function(FunctionName=name, **settings)


def invoke(client, name, event=None, **more):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return json.loads(answer["Payload"].read() or "null"), answer


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"],
            response["Error"]["Message"])


def depth(onput, queue):
    """Messages of a queue, whatever their state."""
    counts = onput.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return sum(int(counts[name]) for name in ("ApproximateNumberOfMessages",
                                              "ApproximateNumberOfMessagesNotVisible"))
