"""Hostile heads, bodies, documents and texts: a precise error, nothing half-written, nobody disturbed."""
import datetime
import json
import socket

import botocore.exceptions
import pytest

from harness.topology import configuration_xml, make_queue, rule_xml
from harness.waiting import wait_until
from harness.wire import Signer, Wire, read_answer


@pytest.fixture
def wire(onput):
    return Wire(onput)


def is_there(onput, key):
    return key in onput.keys("outbox", prefix=key)


def journal(onput):
    """(type, key) of every event that ever was."""
    lines = onput.run("-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    return [(event["type"], event["event"]["key"]) for event in events]


@pytest.mark.parametrize("signer, code", [
    (Signer(secret="guessed"), "SignatureDoesNotMatch"),
    (Signer(access_key="AKIANOBODY"), "InvalidAccessKeyId"),
], ids=["a_wrong_secret", "an_unknown_key"])
def test_nobody_uploads_with(onput, wire, signer, code):
    answer = wire.send("PUT", "/outbox/forged", b"x", signer=signer)
    assert (answer.status, answer.error_code) == (403, code)
    assert not is_there(onput, "forged")


def test_nobody_uploads_without_a_signature(onput, wire):
    answer = wire.send_unsigned("PUT", "/outbox/anonymous", b"x")
    assert (answer.status, answer.error_code) == (403, "AccessDenied")
    assert not is_there(onput, "anonymous")


def test_a_request_of_yesterday_is_refused(onput, wire):
    old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    answer = wire.send("PUT", "/outbox/old", b"x", signer=Signer(now=old))
    assert (answer.status, answer.error_code) == (403, "RequestTimeTooSkewed")
    assert not is_there(onput, "old")


@pytest.mark.parametrize("size", [1000, 100_000, 3_000_000])
def test_a_body_that_is_cut_off_leaves_no_object_and_no_event(onput, wire, size):
    key = f"cut-{size}"
    with wire.connect() as connection:
        connection.sendall(wire.head_bytes("PUT", f"/outbox/{key}", size))
        connection.sendall(b"x" * (size // 2))
        connection.shutdown(socket.SHUT_WR)
        answer = read_answer(connection)
    assert answer is None or (answer.status, answer.error_code) == (400, "IncompleteBody")
    onput.s3.put_object(Bucket="outbox", Key=f"{key}-next", Body=b"x")
    assert onput.keys("outbox", key) == [f"{key}-next"]
    told = [name for _, name in journal(onput)]
    assert f"{key}-next" in told and key not in told


def test_a_connection_that_is_reset_in_the_middle_of_a_body_leaves_nothing(onput, wire):
    connection = wire.connect()
    connection.sendall(wire.head_bytes("PUT", "/outbox/reset", 5_000_000) + b"x" * 2_000_000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()
    onput.s3.put_object(Bucket="outbox", Key="reset-next", Body=b"x")
    assert onput.keys("outbox", "reset") == ["reset-next"]


def test_ten_megabytes_of_headers_are_refused_early(onput, wire):
    sent = 0
    with wire.connect() as connection:
        connection.sendall(b"GET /outbox HTTP/1.1\r\nHost: a\r\n")
        line = b"x-padding: " + b"p" * 1000 + b"\r\n"
        try:
            while sent < 10_000_000:
                connection.sendall(line * 64)
                sent += 64 * len(line)
        except (ConnectionResetError, BrokenPipeError):
            pass
        try:
            answer = read_answer(connection)
        except ConnectionResetError:
            answer = None
    assert answer is None or answer.status in (400, 431)
    assert sent < 10_000_000
    assert onput.s3.list_buckets()["Buckets"]


def test_many_headers_are_refused_with_a_status(wire):
    answer = wire.send("GET", "/outbox", headers={f"x-h-{i}": "v" * 60 for i in range(2000)})
    assert answer.status in (400, 431)


@pytest.mark.parametrize("bytes_sent", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET /outbox HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"PUT /outbox/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"PUT /outbox/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
], ids=["tls", "zeros", "no_target", "http_9", "negative_length", "two_lengths", "length_and_chunks"])
def test_what_is_no_http_request_is_answered_with_400_and_the_end(onput, wire, bytes_sent):
    with wire.connect() as connection:
        connection.sendall(bytes_sent)
        answer = read_answer(connection)
        assert answer is not None and answer.status in (400, 505)
        assert connection.recv(1) == b""
    assert onput.s3.list_buckets()["Buckets"]


def test_a_key_of_1025_bytes_is_too_long(onput, wire):
    answer = wire.send("PUT", "/outbox/" + "k" * 1025, b"x")
    assert (answer.status, answer.error_code) == (400, "KeyTooLongError")


@pytest.mark.parametrize("target", ["/outbox/%ff%fe", "/outbox/%zz", "/%c3%28/a"])
def test_a_key_that_is_not_utf8_is_no_uri(wire, target):
    answer = wire.send("PUT", target, b"x")
    assert (answer.status, answer.error_code) == (400, "InvalidURI")


HOSTILE = {
    "nothing": b"",
    "no_xml": b"{}",
    "billion_laughs": b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
                      b"<NotificationConfiguration>&b;</NotificationConfiguration>",
    "external_entity": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
                       b"<NotificationConfiguration><QueueConfiguration><Queue>&f;</Queue>"
                       b"</QueueConfiguration></NotificationConfiguration>",
    "deep": b"<NotificationConfiguration>" + b"<a>" * 100_000,
    "deep_and_closed": b"<NotificationConfiguration>" + b"<a>" * 20_000 + b"</a>" * 20_000
                       + b"</NotificationConfiguration>",
    "cut_off": configuration_xml(rule_xml())[:-20],
    "another_document": b"<CreateBucketConfiguration/>",
    "invalid_utf8": b"<NotificationConfiguration><\xff\xfe/></NotificationConfiguration>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_malformed_and_harmless(onput, wire, name):
    answer = wire.send("PUT", "/outbox?notification", HOSTILE[name])
    assert (answer.status, answer.error_code) == (400, "MalformedXML")
    assert b"root:" not in answer.body
    assert b"Configuration>" not in wire.send("GET", "/outbox?notification").body.replace(
        b"</NotificationConfiguration>", b"")[-40:]


def test_a_document_of_ten_megabytes_is_refused(onput, wire):
    answer = wire.send("PUT", "/outbox?notification", b" " * 10_000_000)
    assert answer.status == 400 and answer.error_code in ("MalformedXML", "EntityTooLarge",
                                                          "MaxMessageLengthExceeded", "InvalidArgument")


def test_an_operation_that_is_not_there_stores_no_body_as_an_object(onput, wire):
    onput.s3.put_object(Bucket="outbox", Key="kept", Body=b"kept")
    for query in ("replication", "tagging", "acl", "annotation", "uploadId=1&partNumber=1", "renameObject"):
        answer = wire.send("PUT", f"/outbox/kept?{query}", b"<x/>")
        assert answer.status in (400, 404, 501), query
    assert onput.s3.get_object(Bucket="outbox", Key="kept")["Body"].read() == b"kept"


POISON = {
    # What espeak-ng 1.51 aborts on.
    "poison": (b"A." * 300, None),
    "nothing": (b"", "nothing_to_say"),
    "only_dots": (b"... ... ...\n", "nothing_to_say"),
    "binary": (bytes(range(256)) * 40, "not_text"),
}


@pytest.mark.parametrize("name", POISON)
def test_a_text_that_cannot_be_spoken_ends_in_the_dead_letter_queue_with_the_reason(onput, name):
    body, reason = POISON[name]
    onput.s3.put_object(Bucket="inbox", Key=f"{name}.txt", Body=body)
    letter = onput.receive("speech-dead-letters", deadline_s=60)
    assert f'"key":"{name}.txt"' in letter["Body"]
    told = " ".join(str(a.get("StringValue")) for a in letter["MessageAttributes"].values())
    assert (reason or "signal") in told.lower().replace("sigabrt", "signal"), told
    onput.s3.put_object(Bucket="inbox", Key=f"after-{name}.txt", Body=b"Life goes on.")
    assert onput.wait_for_object("outbox", f"after-{name}.mp3")
    assert f"{name}.mp3" not in onput.keys("outbox", prefix=f"{name}.mp3")


def test_an_unknown_voice_is_named_in_the_dead_letter(onput):
    onput.s3.put_object(Bucket="inbox", Key="voice.txt", Body=b"Hello.",
                        Metadata={"onput-voice": "klingon-9"})
    letter = onput.receive("speech-dead-letters", deadline_s=60)
    assert "klingon-9" in str(letter["MessageAttributes"])


def test_trace_tells_the_end_of_a_text_that_cannot_be_spoken(onput):
    onput.s3.put_object(Bucket="inbox", Key="traced.txt", Body=b"")
    told = onput.run("trace", "--wait", "60", "s3://inbox/traced.txt").stdout
    assert "dead-lettered" in told
    onput.receive("speech-dead-letters")


@pytest.mark.parametrize("call, arguments, code", [
    ("create_queue", {"QueueName": "no spaces"}, "InvalidParameterValue"),
    ("create_queue", {"QueueName": "q" * 81}, "InvalidParameterValue"),
    ("create_queue", {"QueueName": "bad", "Attributes": {"VisibilityTimeout": "-1"}},
     "InvalidAttributeValue"),
    ("create_queue", {"QueueName": "bad", "Attributes": {"Policy": "{"}}, "InvalidAttributeValue"),
    ("send_message", {"MessageBody": "x" * 1048577}, "InvalidParameterValue"),
    ("send_message", {"MessageBody": "\x00"}, "InvalidMessageContents"),
    ("receive_message", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
    ("receive_message", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
    ("delete_message", {"ReceiptHandle": "forged"}, "ReceiptHandleIsInvalid"),
], ids=str)
def test_a_bad_request_to_a_queue_has_the_code_of_sqs(onput, call, arguments, code):
    make_queue(onput, "victim")
    if call != "create_queue":
        arguments = {"QueueUrl": onput.queue_url("victim"), **arguments}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(onput.sqs, call)(**arguments)
    assert caught.value.response["Error"]["Code"] == code


def test_nothing_of_all_this_has_restarted_a_service(onput):
    wait_until(lambda: len(onput.pids()) == 7, 10, "seven services")
    assert "restarts=1" not in (onput.folder / "dev.log").read_text()
