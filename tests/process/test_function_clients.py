"""Clients of AWS in a handler, with no argument: they reach the gateway, whatever their age."""
import pytest

from harness.functions import ENVIRONMENT, Functions
from harness.instance import Onput

CLIENTS = """
    import os

    import boto3
    import botocore

    early = boto3.client("s3")

    def stored(client, key):
        client.put_object(Bucket="outbox", Key=key, Body=key.encode())
        return client.get_object(Bucket="outbox", Key=key)["Body"].read().decode()

    def lambda_handler(event, context):
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="made")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        voice = boto3.client("polly").synthesize_speech(Text="hi", OutputFormat="mp3", VoiceId="Joanna")
        there = os.environ["AWS_ENDPOINT_URL"]
        seen = {"version": [int(part) for part in botocore.__version__.split(".")[:2]],
                "early": stored(early, "early"),
                "second": stored(boto3.session.Session().client("s3"), "second"),
                "resource": boto3.resource("s3").Object("outbox", "early").get()["Body"].read().decode(),
                "received": sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"],
                "account": boto3.client("sts").get_caller_identity()["Account"],
                "spoken": len(voice["AudioStream"].read()) > 500,
                "explicit": boto3.client("s3", endpoint_url="http://127.0.0.1:1").meta.endpoint_url,
                "signed": boto3.client("s3").generate_presigned_url(
                    "get_object", Params={"Bucket": "outbox", "Key": "k"}).startswith(there + "/outbox/k?")}
        os.environ["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:2"
        os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = "http://127.0.0.1:3"
        seen["of_s3"] = boto3.session.Session().client("s3").meta.endpoint_url
        seen["of_another"] = boto3.session.Session().client("secretsmanager").meta.endpoint_url
        os.environ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
        seen["ignored"] = boto3.session.Session().client("sns").meta.endpoint_url
        return seen
"""


@pytest.mark.parametrize("age, environment", [("old", {}), ("new", ENVIRONMENT)])
def test_clients_of_boto3_need_no_argument(tmp_path, age, environment):
    with Onput(tmp_path, environment=environment, arguments=["--no-pipeline", "--image", "0"]) as onput:
        onput.s3.create_bucket(Bucket="outbox")
        functions = Functions(onput, tmp_path / "code")
        functions.deploy("clients", CLIENTS, "--timeout", "60", "--memory", "512")
        seen = functions.invoke("clients").json
    # Debian's own knows no AWS_ENDPOINT_URL, which came with 1.31.
    assert (seen.pop("version") < [1, 31]) == (age == "old")
    assert seen == {"early": "early", "second": "second", "resource": "early", "received": "hello",
                    "account": "000000000000", "spoken": True, "signed": True,
                    "explicit": "http://127.0.0.1:1", "of_s3": "http://127.0.0.1:2",
                    "of_another": "http://127.0.0.1:3", "ignored": "https://sns.us-east-1.amazonaws.com"}


def test_version_2_of_the_sdk_for_node_needs_no_argument(tmp_path):
    """Its files as they name each other; the whole of it is larger than a function's code may be."""
    with Onput(tmp_path, tts=0, arguments=["--no-pipeline", "--image", "0"]) as onput:
        functions = Functions(onput, tmp_path / "code")
        lib = functions.folder / "v2/node_modules/aws-sdk/lib"
        (lib.parent / "clients").mkdir(parents=True)
        lib.mkdir()
        (lib / "core.js").write_text("""
            class Config { update(options) { Object.assign(this, options); } }
            module.exports = { VERSION: "2.0.0", Config, config: new Config() };
        """)
        (lib.parent / "clients/s3.js").write_text("module.exports = require('../lib/core').config;")
        functions.deploy("v2", """
            const config = require("aws-sdk/clients/s3");
            exports.handler = async () => [config.endpoint === process.env.AWS_ENDPOINT_URL, config.s3ForcePathStyle];
        """, file="app.js")
        assert functions.invoke("v2").json == [True, True]
