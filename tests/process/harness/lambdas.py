"""Functions as clients of Lambda's API make and ask them."""
import io
import json
import zipfile

import botocore.exceptions
import pytest

from harness.identities import make_role

ROLE = "arn:aws:iam::000000000000:role/lambda"  # Of make_role_of_tests.
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


def make_role_of_tests(onput):
    """Whose functions may do everything, as most of these tests have them."""
    arn = make_role(onput, "lambda", managed=["arn:aws:iam::aws:policy/AdministratorAccess"])
    assert arn == ROLE


def zipped(source=ECHO, name="app.py", **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, source)
        for other, text in more.items():
            archive.writestr(other, text)
    return out.getvalue()


def create(client, name, source=ECHO, **more):
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
