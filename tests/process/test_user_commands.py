"""`onput user` and `onput key`: from a user to a key that works, and back."""
import json

import pytest

from harness.identities import refusal
from harness.instance import Onput


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("users"), tts=0, arguments=["--no-pipeline", "--image", "0"]) as instance:
        yield instance


def test_a_user_with_a_key_and_without(onput):
    made = onput.run("user", "create", "ada", "--path", "/team/", "--policy", "AmazonS3FullAccess")
    assert made.stdout == "arn:aws:iam::000000000000:user/team/ada\n"
    assert "onput key create ada" in made.stderr
    shown = onput.run("key", "create", "ada", "-q").stdout
    exports = dict(line.removeprefix("export ").split("=", 1) for line in shown.splitlines())
    key = {"key": exports["AWS_ACCESS_KEY_ID"], "secret": exports["AWS_SECRET_ACCESS_KEY"]}
    onput.client("s3", **key).create_bucket(Bucket="adas")
    assert refusal(onput.client("sqs", **key).list_queues)[0] == 403
    listed = onput.run("key", "ls", "ada").stdout
    assert key["key"] in listed and key["secret"] not in listed and " on " in listed
    assert "AmazonS3FullAccess" in onput.run("user", "show", "ada").stdout
    assert json.loads(onput.run("user", "show", "ada", "-o", "json").stdout)["name"] == "ada"
    assert "ada" in onput.run("user", "ls").stdout
    onput.run("key", "off", key["key"])
    assert " off " in onput.run("key", "ls", "ada").stdout
    onput.run("key", "on", key["key"])
    onput.run("user", "attach", "ada", "AmazonSQSFullAccess")
    onput.run("user", "detach", "ada", "AmazonS3FullAccess")
    assert "AmazonSQSFullAccess" in onput.run("user", "show", "ada").stdout
    assert "1 access keys" in onput.run("user", "rm", "ada").stdout
    assert "cannot be found" in onput.run("user", "show", "ada", expect=3).stderr


def test_what_is_wrong_is_said(onput):
    onput.run("user", "create", "bob")
    assert "already exists" in onput.run("user", "create", "Bob", expect=5).stderr
    assert "there is no policy NoSuchAccess" in onput.run("user", "attach", "bob", "NoSuchAccess", expect=3).stderr
    for _ in range(2):
        onput.run("key", "create", "bob")
    assert "AccessKeysPerUser: 2" in onput.run("key", "create", "bob", expect=1).stderr
    onput.run("user", "rm", "bob")
