"""Profile mail: what a topic tells comes as a mail into the mailbox beside the services."""
import email
import email.policy
import re
import urllib.request

import pytest

from harness.waiting import wait_until
from rig.stack import Stack

PUBLIC_URL = "http://onput.example.org"
READER = "reader@example.org"


@pytest.fixture(scope="module")
def mailing(engine, images, tmp_path_factory):
    with Stack(engine, images, tmp_path_factory.mktemp("mailing"), profiles=["mail"],
               environment={"ONPUT_SMTP_URL": "smtp://mail:1025",
                            "ONPUT_PUBLIC_URL": PUBLIC_URL}) as running:
        yield running


def mail_with(stack, subject):
    """The text of the first mail of that subject, once it is there."""
    def read():
        mailbox = stack.containers("mail")[0]
        folder = "/var/mail/onput/new"
        for name in stack.execute(mailbox, "ls", folder).stdout.split():
            raw = stack.execute(mailbox, "cat", f"{folder}/{name}").stdout
            mail = email.message_from_string(raw, policy=email.policy.default)
            if subject in mail["Subject"] and READER in mail["To"]:
                return mail.get_content()
    return wait_until(read, 30, f"a mail: {subject}")


def test_after_confirmation_the_end_of_a_job_comes_as_a_mail(mailing):
    topic = mailing.sns.create_topic(Name="media")["TopicArn"]
    mailing.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=READER)
    link = re.search(r"http\S+", mail_with(mailing, "Subscription Confirmation"))[0]
    assert link.startswith(PUBLIC_URL)
    urllib.request.urlopen(link.replace(PUBLIC_URL, mailing.url)).read()
    mailing.s3.put_object(Bucket="inbox", Key="mailed.txt", Body=b"Hello by mail.")
    assert "mailed.mp3" in mail_with(mailing, "speech succeeded")


def test_the_mailbox_ends_when_told_to(mailing):
    mailbox = mailing.containers("mail")[0]
    mailing.engine.run("stop", "-t", "30", mailbox)
    assert mailing.inspect(mailbox)["State"]["ExitCode"] != 137
