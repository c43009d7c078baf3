"""From a topic to mail and SMS: a real mail server reads what comes, and refuses some of it."""
import email.utils
import itertools
import json

import pytest

from harness.mailbox import Mailbox
from harness.tls import make_certificate
from harness.topics import Topics, refused, topic_instance
from harness.topology import queue_arn
from harness.waiting import wait_until
from harness.webhook import Receiver, open_link

SENDER = "events@onput.example"
PASSWORD = "p4ss: wörd"
AUTHORIZATION = "Bearer of-the-gateway"
FIRST_RETRY_S = 10  # AWS's own for mail.
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def gateway():
    """An operator's HTTP gateway for SMS."""
    with Receiver() as receiver:
        yield receiver.hook()


@pytest.fixture(scope="module")
def onput(tmp_path_factory, mailbox, gateway):
    # No private network is allowed: the operator's own servers are reached all the same.
    with topic_instance(tmp_path_factory.mktemp("mail"), networks=None, mail_from=SENDER,
                        smtp_url=f"smtp://127.0.0.1:{mailbox.port}", sms_url=gateway.url,
                        sms_from="Onput", sms_authorization_secret=AUTHORIZATION) as instance:
        yield instance


@pytest.fixture(scope="module")
def topics(onput):
    return Topics(onput)


@pytest.fixture
def topic(topics):
    return topics.make(attributes={"DisplayName": "Photos of Köln"})


@pytest.fixture
def reader():
    """A mail address of this test's own."""
    return f"reader-{next(NUMBERS)}@example.com"


@pytest.fixture
def subscribed(topics, topic, mailbox, reader):
    """`reader`, who has opened the link; the subscription."""
    subscription = topics.subscribe(topic, "email", reader)
    open_link(mailbox.wait(reader)[0].links[0])
    return subscription


def dead_letters(topics, topic):
    queue = topics.make_queue(topic)
    return queue, json.dumps({"deadLetterTargetArn": queue_arn(queue)})


# -- mail

def test_a_reader_is_asked_first_and_told_then(onput, topics, topic, mailbox, reader):
    subscription = topics.subscribe(topic, "email", reader)
    mail = mailbox.wait(reader)[0]
    assert mail.message["Subject"] == "AWS Notification - Subscription Confirmation"
    assert mail.sender == SENDER and topic in mail.text
    topics.publish(topic, "too early")
    assert topics.attributes(subscription)["PendingConfirmation"] == "true"
    link, = mail.links
    assert link.startswith(onput.url + "/?Action=ConfirmSubscription&")
    assert subscription in open_link(link)
    assert topics.attributes(subscription)["ConfirmationWasAuthenticated"] == "false"
    sent = topics.publish(topic, "Grüße\n.\nEnde", Subject="A photo")
    told = mailbox.wait(reader, 2)[1]
    assert told.message["Subject"] == "A photo" and told.text.startswith("Grüße\n.\nEnde\n")
    assert told.message["x-amz-sns-message-id"] == sent
    assert len(mailbox.to(reader)) == 2


def test_a_mail_has_the_headers_that_programs_look_for(topics, topic, mailbox, reader, subscribed):
    sent = topics.publish(topic, "hello")
    message = mailbox.wait(reader, 2)[1].message
    name, address = email.utils.parseaddr(str(message["From"]))
    assert (name, address) == ("Photos of Köln", SENDER)
    assert message["To"] == reader and message["Subject"] == "AWS Notification Message"
    assert message["Message-ID"] == f"<{sent}@onput.example>"
    assert message["Auto-Submitted"].startswith("auto-")
    assert message["MIME-Version"] == "1.0" and message["Date"]
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert not message.defects


def test_the_link_in_a_mail_ends_the_subscription(topics, topic, mailbox, reader, subscribed):
    topics.publish(topic, "hello")
    mail = mailbox.wait(reader, 2)[1]
    link = mail.links[-1]
    assert mail.message["List-Unsubscribe"] == f"<{link}>"
    open_link(link)
    with refused("NotFound", 404):
        topics.attributes(subscribed)


def test_email_json_brings_the_envelope(topics, topic, mailbox, reader):
    topics.subscribe(topic, "email-json", reader)
    confirmation = json.loads(mailbox.wait(reader)[0].text)
    assert confirmation["Type"] == "SubscriptionConfirmation"
    open_link(confirmation["SubscribeURL"])
    sent = topics.publish(topic, "Grüße", Subject="s")
    envelope = json.loads(mailbox.wait(reader, 2)[1].text)
    assert (envelope["Type"], envelope["MessageId"], envelope["Message"], envelope["Subject"]) == (
        "Notification", sent, "Grüße", "s")
    assert envelope["Signature"] and envelope["UnsubscribeURL"]


TEXTS = {
    "a_lone_dot": "one\r\n.\r\ntwo", "dots_first": "..a\n.b\n...\n",
    "the_end_of_a_mail": "a\r\n.\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\n",
    "bare_line_ends": "a\n.\n\rb\r.\r\n.\nc", "a_long_line": "x" * 5000,
    "headers": "Bcc: victim@example.com\n\nbody", "spaces_at_ends": "a \nb\t\n c  ",
    "many_languages": "Zwölf 从前有座山 🐛 \u202e\ufeff", "equals_signs": "=3D =\n=20=",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_arrives_as_it_was(topics, topic, mailbox, reader, subscribed, name):
    topics.publish(topic, TEXTS[name])
    message = mailbox.wait(reader, 2)[1].message
    text = message.get_payload(decode=True).decode()
    lines = TEXTS[name].replace("\r\n", "\n").replace("\r", "\n")
    assert text.replace("\r\n", "\n").replace("\r", "\n").startswith(lines + "\n")
    assert mailbox.to("victim@example.com") == []
    # SMTP's own limit; programs in between may cut what is longer.
    raw = mailbox.to(reader)[1].content
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")


SUBJECTS = {"longest": "ü" * 99, "ascii": "a" * 99, "a_header": "x Bcc: victim@example.com",
            "an_encoded_word": "=?utf-8?q?Bcc=3A_victim?=", "quotes": 'a "b" <c@d.example>, e',
            "emoji": "🐛" * 60, "mixed": "Grüße, 从前 and others"}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_arrives_as_it_was(topics, topic, mailbox, reader, subscribed, name):
    topics.publish(topic, "m", Subject=SUBJECTS[name])
    message = mailbox.wait(reader, 2)[1].message
    assert message["Subject"] == SUBJECTS[name]
    assert "Bcc" not in message and message["To"] == reader


@pytest.mark.parametrize("subject", [
    "a\r\nBcc: victim@example.com", "a\nb", "a\rb", "a\0b", "a\x1bb", "\r\n.\r\n"])
def test_a_subject_of_more_than_a_line_is_refused(topics, topic, subject):
    with refused("InvalidParameter", 400, "Invalid parameter: Subject"):
        topics.publish(topic, "m", Subject=subject)


@pytest.mark.parametrize("name", ["A\r\nBcc: victim@example.com", "A\nB", "A\0"])
def test_a_display_name_of_more_than_a_line_is_refused(topics, topic, name):
    with refused("InvalidParameter", 400, "Invalid parameter: DisplayName"):
        topics.sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName",
                                        AttributeValue=name)


def test_a_display_name_stays_a_name(topics, mailbox, reader):
    topic = topics.make(attributes={"DisplayName": 'Boss" <boss@example.com>, x'})
    topics.subscribe(topic, "email", reader)
    message = mailbox.wait(reader)[0].message
    addresses = message["From"].addresses
    assert [a.addr_spec for a in addresses] == [SENDER]
    assert addresses[0].display_name == 'Boss" <boss@example.com>, x'


@pytest.mark.parametrize("address", [
    "a@b.example\r\nRCPT TO:<victim@example.com>", "a@b.example> <victim@example.com", "<a@b.example>",
    '"a b"@c.example', "a@b.example\0", "a@b@c.example", "@b.example", "a@", "ä@b.example",
    "a@b..example", "a b@c.example"])
def test_an_address_that_is_more_than_one_is_refused(topics, topic, address):
    with refused("InvalidParameter", 400, "Invalid parameter: Email address"):
        topics.subscribe(topic, "email", address)


def test_a_server_that_refuses_is_asked_once(topics, topic, mailbox, reader, subscribed):
    queue, redrive = dead_letters(topics, topic)
    topics.sns.set_subscription_attributes(SubscriptionArn=subscribed,
                                           AttributeName="RedrivePolicy", AttributeValue=redrive)
    mailbox.refuse(reader, "550 5.1.1 no such reader")
    sent = topics.publish(topic, "returned")
    assert [e["Message"] for e in topics.envelopes(queue, 1)] == ["returned"]
    attempt, = topics.attempts(sent)
    assert (attempt["status_code"], attempt["succeeded"]) == (550, False)
    assert "no such reader" in attempt["error"]
    assert attempt["dead_letter_arn"] == queue_arn(queue)
    assert mailbox.attempts.count(reader) == 2


def test_a_server_that_is_busy_is_asked_again(topics, topic, mailbox, reader, subscribed):
    mailbox.refuse(reader, "451 4.3.0 come again", times=1)
    sent = topics.publish(topic, "patient")
    first = topics.wait_for_attempts(sent)[0]
    assert (first["status_code"], first["succeeded"]) == (451, False) and first["next_attempt_at"]
    mail = mailbox.wait(reader, 2, deadline_s=FIRST_RETRY_S + 10)[1]
    assert mail.text.startswith("patient")
    last = topics.wait_for_attempts(sent, 2)[1]
    assert (last["attempt"], last["status_code"], last["succeeded"]) == (2, 250, True)


def test_one_reader_who_is_refused_holds_up_no_other(topics, topic, mailbox, reader, subscribed):
    for number in range(3):
        address = f"bad-{number}-{reader}"
        topics.subscribe(topic, "email", address)
        open_link(mailbox.wait(address)[0].links[0])
        mailbox.refuse(address, "451 4.3.0 never")
    topics.publish(topic, "to the good one")
    assert mailbox.wait(reader, 2)[1].text.startswith("to the good one")


# -- STARTTLS and login

@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def private_instance(folder, mailbox, certificate, password, **more):
    """One whose mail goes by STARTTLS and login. The password is in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "password").write_text(password + "\n")
    return topic_instance(folder, mail_from=SENDER, smtp_url=f"smtp://localhost:{mailbox.port}",
                          smtp_user="onput", smtp_password_secret_file=str(folder / "password"),
                          smtp_requires_tls="true", ca_file=certificate[0], **more)


def test_mail_goes_by_starttls_and_login(certificate, tmp_path):
    with Mailbox(certificate, ("onput", PASSWORD)) as mailbox, private_instance(
            tmp_path / "a", mailbox, certificate, PASSWORD) as onput:
        topics = Topics(onput)
        topics.subscribe(topics.make(), "email", "reader@example.com")
        mail = mailbox.wait("reader@example.com")[0]
        assert mail.is_encrypted and mail.login == "onput"
        logs = b"".join(path.read_bytes() for path in (onput.data / "log").glob("*.log"))
        assert PASSWORD.encode() not in logs


@pytest.mark.parametrize("fault", ["a_wrong_password", "no_starttls", "a_strange_certificate"])
def test_no_mail_goes_the_wrong_way_and_none_is_given_up(certificate, tmp_path, fault):
    offered = None if fault == "no_starttls" else certificate
    if fault == "a_strange_certificate":
        offered = make_certificate(tmp_path)
    login = None if fault == "no_starttls" else ("onput", PASSWORD)
    password = "wrong" if fault == "a_wrong_password" else PASSWORD
    with Mailbox(offered, login) as mailbox, private_instance(
            tmp_path / "a", mailbox, certificate, password) as onput:
        topics = Topics(onput)
        topic = topics.make()
        topics.subscribe(topic, "email", "reader@example.com")
        attempt = wait_until(topics.attempts, 20, "an attempt")[0]
        assert not attempt["succeeded"] and attempt["next_attempt_at"], attempt
        assert mailbox.to("reader@example.com") == []


# -- SMS

def test_an_sms_goes_to_the_operators_gateway(topics, topic, gateway):
    topics.subscribe(topic, "sms", "+4915112345678")
    sent = topics.publish(topic, "Grüße " + "x" * 2000, Subject="left out")
    request = next(r for r in gateway.wait(1) if r.json["message_id"] == sent)
    assert request.json == {"to": "+4915112345678", "from": "Onput", "message_id": sent,
                            "message": ("Grüße " + "x" * 2000)[:1600]}
    assert request.headers["authorization"] == AUTHORIZATION
    assert request.headers["content-type"] == "application/json"


def test_an_sms_says_what_the_message_has_for_it(topics, topic, gateway):
    topics.subscribe(topic, "sms", "+4915100000001")
    seen = len(gateway.notifications)
    topics.publish(topic, json.dumps({"default": "long", "sms": "short"}), MessageStructure="json")
    assert gateway.wait(seen + 1)[-1].json["message"] == "short"


def test_an_sms_that_the_gateway_refuses_is_a_dead_letter(topics, topic, gateway):
    queue, redrive = dead_letters(topics, topic)
    topics.subscribe(topic, "sms", "+4915100000002", RedrivePolicy=redrive)
    gateway.answers(402)
    try:
        topics.publish(topic, "unpaid")
        assert [e["Message"] for e in topics.envelopes(queue, 1)] == ["unpaid"]
    finally:
        gateway.answers(200)


def test_without_servers_mail_and_sms_wait_until_there_are_some(tmp_path, mailbox, gateway):
    with topic_instance(tmp_path / "a") as onput:
        topics = Topics(onput)
        topic = topics.make()
        topics.subscribe(topic, "sms", "+4915100000003")
        topics.subscribe(topic, "email", "patient@example.com")
        topics.publish(topic, "belated")

        def waiting():
            told = json.loads(onput.run("status", "-o", "json").stdout)["destinations"]
            return {d["protocol"]: d["last_error"] for d in told if d["owed"] == 1}
        assert wait_until(lambda: len(waiting()) == 2 and waiting()) == {
            "sms": "waiting: no SMS gateway is configured (ONPUT_SMS_URL)",
            "email": "waiting: no mail server is configured (ONPUT_SMTP_URL)"}
        told = onput.run("doctor").stdout
        assert "1 message waits" in told and "ONPUT_SMTP_URL" in told
    with topic_instance(tmp_path / "a", networks=None, mail_from=SENDER,
                        smtp_url=f"smtp://127.0.0.1:{mailbox.port}", sms_url=gateway.url):
        assert mailbox.wait("patient@example.com")[0].message["Subject"] == (
            "AWS Notification - Subscription Confirmation")
        wait_until(lambda: any(r.json["message"] == "belated" for r in gateway.notifications))


def test_apply_warns_of_mail_that_will_wait(tmp_path):
    pipeline = tmp_path / "mail.toml"
    pipeline.write_text('''
[[topic]]
name = "news"
[[subscription]]
topic = "news"
protocol = "email"
endpoint = "reader@example.com"
''')
    with topic_instance(tmp_path / "a") as onput:
        done = onput.run("pipeline", "apply", pipeline)
        assert "reader@example.com waits: no mail server is configured (ONPUT_SMTP_URL)" in done.stderr
