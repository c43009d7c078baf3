"""The composition as deploy/compose.yaml starts it: what runs, as whom, and what it does."""
import json
import struct
import urllib.request
import zlib

import pytest

from rig.stack import SERVICES


def png(width, height):
    """A gradient, without a library."""
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in (x % 256, y % 256, 128))
                    for y in range(height))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) +
            chunk(b"IEND", b""))


def test_a_text_from_outside_becomes_speech(stack):
    stack.s3.put_object(Bucket="inbox", Key="hello.txt", Body=b"Hello from outside.")
    assert stack.wait_for_object("outbox", "hello.mp3")[:3] == b"ID3"


def test_polly_speaks_to_who_is_outside(stack):
    spoken = stack.client("polly").synthesize_speech(Text="Hello from outside.", VoiceId="Joanna", OutputFormat="pcm")
    assert len(spoken["AudioStream"].read()) > 16000


def test_a_photo_from_outside_becomes_pictures(stack):
    stack.s3.put_object(Bucket="inbox", Key="hill.png", Body=png(800, 600))
    assert stack.wait_for_object("outbox", "hill.thumbnail.jpg")[:2] == b"\xff\xd8"
    assert stack.wait_for_object("outbox", "hill.web.webp")[8:12] == b"WEBP"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_without_root_and_cannot_write_its_root(stack, service):
    container = stack.containers(service)[0]
    host = stack.inspect(container)["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"]
    assert stack.execute(container, "id", "-u").stdout.strip() == "7000"
    assert stack.execute(container, "touch", "/usr/bin/x", expect=None).returncode != 0


def test_only_the_gateway_is_reached_from_outside_and_only_on_loopback(stack):
    published = {service: stack.inspect(stack.containers(service)[0])["NetworkSettings"]["Ports"]
                 for service in SERVICES}
    bound = {service: [entry["HostIp"] for entries in ports.values() for entry in entries or []]
             for service, ports in published.items()}
    assert bound == {service: ["127.0.0.1"] if service == "gateway" else [] for service in SERVICES}


def test_the_image_holds_no_compiler(stack):
    told = stack.engine.run("run", "--rm", "--network", "none", stack.images.runtime, "sh", "-c",
                            "for p in cc gcc g++ cmake ninja; do command -v $p; done; true").stdout
    assert told == ""


def test_a_wrong_key_is_refused(stack):
    with pytest.raises(urllib.request.HTTPError) as refused:
        urllib.request.urlopen(f"{stack.url}/inbox")
    assert refused.value.code == 403


def test_health_answers_in_every_service_with_metrics(stack):
    for service in SERVICES:
        container = stack.containers(service)[0]
        for name in ("livez", "readyz"):
            stack.execute(container, "onput", "healthcheck", f"http://127.0.0.1:9100/_onput/{name}")
        assert stack.metric(container, "onput_build_info") == 1


def test_the_command_line_beside_the_services_sees_them_ready(stack):
    assert stack.status()["healthy"]


def test_the_demo_runs_beside_the_services(stack):
    stack.onput("demo")


def test_doctor_finds_nothing_wrong(stack):
    findings = json.loads(stack.onput("-o", "json", "doctor"))
    assert not [f for f in findings if f["result"] == "FAULT"]


def test_setup_can_be_repeated(stack):
    assert "created" not in stack.compose("run", "--rm", "-T", "setup").stdout


def test_what_was_stored_is_there_after_down_and_up(stack):
    stack.s3.put_object(Bucket="inbox", Key="kept.bin", Body=b"k" * 100_000)
    stack.compose("down", "-t", "30")
    stack.up()
    stack.wait_healthy()
    assert stack.s3.get_object(Bucket="inbox", Key="kept.bin")["Body"].read() == b"k" * 100_000


def test_a_service_without_its_peer_is_not_ready_and_says_for_whom_it_waits(stack):
    queue = stack.containers("queue")[0]
    stack.engine.run("stop", "-t", "30", queue)
    notifier = stack.containers("notifier")[0]
    told = stack.execute(notifier, "onput", "healthcheck", expect=None)
    assert told.returncode == 1 and "queue" in told.stdout
    stack.engine.run("start", queue)
    stack.wait_healthy()
