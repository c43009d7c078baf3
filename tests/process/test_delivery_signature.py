"""Signatures as others check them: npm's sns-validator, unmodified, behind Debian's nginx."""
import json
import subprocess
import urllib.parse

import pytest

from harness.node import run_node
from harness.tls import NGINX, TlsProxy, trusting
from harness.topics import Topics, topic_instance
from harness.webhook import Receiver, open_link

SUBJECT = "Größe: <1> & \"2\" \\ 3"
MESSAGE = 'Zwölf\n\tBoxkämpfer \\ "jagen" 🐛 \u2028 & <Viktor>'


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    if not NGINX:
        pytest.skip("there is no nginx: install tests/packages.txt")
    proxy = TlsProxy(tmp_path_factory.mktemp("proxy"))
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def onput(tmp_path_factory, proxy):
    with topic_instance(tmp_path_factory.mktemp("signatures"), public_url=proxy.url) as instance:
        proxy.start(instance.url)
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


@pytest.fixture(scope="module")
def messages(topics, proxy):
    """What a webhook and a queue are sent, by signature version: confirmation, notifications."""
    found = {}
    with Receiver() as receiver:
        for version in ("1", "2"):
            topic = topics.make(attributes={"SignatureVersion": version})
            hook = receiver.hook()
            topics.subscribe(topic, "http", hook.url)
            confirmation = hook.confirm(trusting(proxy.certificate[0]))
            queue = topics.subscribe_queue(topic)
            topics.publish(topic, MESSAGE, Subject=SUBJECT, MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "photo"}})
            topics.publish(topic, "without a subject")
            bodies = [request.body.decode() for request in hook.wait(2)]
            letters = [message["Body"] for message in topics.letters(queue, 2)]
            found[version] = [confirmation.body.decode(), *bodies, *letters]
    return found


def validate(proxy, messages, host=None):
    lines = "\n".join(json.dumps(json.loads(message)) for message in messages)
    host = host or f"^localhost:{proxy.port}$"
    return run_node("validate.js", host, certificate=proxy.certificate[0], input=lines).splitlines()


@pytest.mark.parametrize("version", ["1", "2"])
def test_sns_validator_accepts_what_is_signed(proxy, messages, version):
    told = [json.loads(message) for message in messages[version]]
    assert {message["SignatureVersion"] for message in told} == {version}
    assert [message["Type"] for message in told] == [
        "SubscriptionConfirmation", *["Notification"] * 4]
    assert validate(proxy, messages[version]) == ["ok"] * 5


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("member", ["Message", "Subject", "TopicArn", "MessageId", "Timestamp"])
def test_sns_validator_refuses_what_was_changed(proxy, messages, version, member):
    message = next(m for m in map(json.loads, messages[version]) if m.get("Subject"))
    message[member] += "x"
    assert validate(proxy, [json.dumps(message)]) == ["The message signature is invalid."]


@pytest.mark.parametrize("member", ["Token", "SubscribeURL"])
def test_sns_validator_refuses_a_confirmation_that_was_changed(proxy, messages, member):
    message = json.loads(messages["1"][0])
    message[member] += "0"
    assert validate(proxy, [json.dumps(message)]) == ["The message signature is invalid."]


def test_a_signature_of_one_version_is_none_of_the_other(proxy, messages):
    message = json.loads(messages["1"][1]) | {"SignatureVersion": "2"}
    assert validate(proxy, [json.dumps(message)]) == ["The message signature is invalid."]


def test_sns_validator_as_it_comes_trusts_aws_alone(proxy, messages):
    host = r"^sns\.[a-zA-Z0-9\-]{3,}\.amazonaws\.com(\.cn)?$"
    assert validate(proxy, messages["1"][:1], host) == [
        "The certificate is located on an invalid domain."]


def test_the_certificate_is_one_of_rsa(proxy, messages):
    url = json.loads(messages["1"][0])["SigningCertURL"]
    assert url.startswith(proxy.url + "/SimpleNotificationService-") and url.endswith(".pem")
    pem = open_link(url, trusting(proxy.certificate[0]))
    told = subprocess.run(["openssl", "x509", "-noout", "-text"], input=pem, text=True, check=True,
                          capture_output=True, timeout=20).stdout
    assert "Public-Key: (2048 bit)" in told and "rsaEncryption" in told


def test_the_key_is_the_same_after_kill_9(onput, topics, proxy, messages):
    onput.kill("notifier")
    onput.kill("gateway")
    topic = topics.make("after-the-kill")
    queue = topics.subscribe_queue(topic)
    topics.publish(topic, MESSAGE)
    body = topics.letters(queue, 1)[0]["Body"]
    assert json.loads(body)["SigningCertURL"] == json.loads(messages["1"][0])["SigningCertURL"]
    assert validate(proxy, [body, messages["2"][1]]) == ["ok", "ok"]


def test_links_lead_to_the_public_url(topics, proxy, messages):
    confirmation, notification = json.loads(messages["1"][0]), json.loads(messages["1"][1])
    for link in (confirmation["SubscribeURL"], notification["UnsubscribeURL"]):
        assert link.startswith(proxy.url + "/?Action=")
    arn = urllib.parse.parse_qs(urllib.parse.urlsplit(notification["UnsubscribeURL"]).query)[
        "SubscriptionArn"][0]
    open_link(notification["UnsubscribeURL"], trusting(proxy.certificate[0]))
    listed = [item["SubscriptionArn"] for item in topics.sns.list_subscriptions()["Subscriptions"]]
    assert arn not in listed
