"""The units under a systemd that runs: they start, do their work confined, come back, stop."""
import json

import pytest

from harness.waiting import wait_until
from rig.booted import Booted
from rig.engine import NoEngine

SERVICES = ("onput-storage", "onput-notifier", "onput-queue", "onput-gateway", "onput-tts@1",
            "onput-image@1")


@pytest.fixture(scope="module")
def booted(engine, images):
    try:
        with Booted(engine, images.build_systemd()) as machine:
            machine.run("systemctl", "start", "onput.target")
            wait_for_all(machine, "active")
            machine.run("onput", "pipeline", "apply", "/etc/onput/pipelines/speech.toml",
                        "/etc/onput/pipelines/photos.toml")
            yield machine
    except NoEngine as why:
        pytest.skip(str(why))


def wait_for_all(machine, state):
    def all_are():
        return all(machine.state(name) == state for name in SERVICES)
    try:
        wait_until(all_are, 60, f"every unit to be {state}")
    except AssertionError:
        pytest.fail(machine.journal())


def workers_of(machine, name):
    status = json.loads(machine.run("onput", "-o", "json", "status", expect=None).stdout)
    return next((f["workers"] for f in status["functions"] if f["function"]["name"] == name), 0)


def test_confined_services_turn_a_text_into_speech_and_a_photo_into_pictures(booted):
    booted.run("onput", "demo")


def test_confined_workers_speak_to_who_waits(booted):
    booted.run("onput", "speak", "Hello", "-o", "/tmp/hello.mp3")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_killed_service_is_started_again(booted, unit):
    before = booted.state(unit, "MainPID")
    booted.run("systemctl", "kill", "-s", "KILL", "--kill-whom=main", unit)
    wait_until(lambda: booted.state(unit, "MainPID") not in ("0", before) and
               booted.state(unit) == "active", 60, f"{unit} to be back")


def test_a_service_that_hangs_is_started_again(booted):
    """The watchdog, with less patience than the unit has."""
    dropin = "/etc/systemd/system/onput-queue.service.d"
    booted.run("sh", "-c", f"mkdir {dropin} && printf '[Service]\\nWatchdogSec=2\\n' > {dropin}/test.conf")
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "restart", "onput-queue")
    before = booted.state("onput-queue", "MainPID")
    booted.run("systemctl", "kill", "-s", "STOP", "--kill-whom=main", "onput-queue")
    wait_until(lambda: booted.state("onput-queue", "MainPID") not in ("0", before) and
               booted.state("onput-queue") == "active", 60, "another queue")


def test_a_further_worker_is_a_further_instance_of_its_unit(booted):
    wait_until(lambda: workers_of(booted, "photos") == 1, 30, "one worker")
    booted.run("systemctl", "start", "onput-image@2")
    wait_until(lambda: workers_of(booted, "photos") == 2, 30, "two workers")
    booted.run("systemctl", "stop", "onput-image@2")
    assert booted.state("onput-image@2", "Result") == "success"


def test_stopping_the_target_ends_every_service_cleanly_and_nothing_is_forgotten(booted):
    events = booted.run("onput", "-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
    booted.run("systemctl", "stop", "onput.target")
    wait_for_all(booted, "inactive")
    assert {name: booted.state(name, "Result") for name in SERVICES} == dict.fromkeys(
        SERVICES, "success")
    booted.run("systemctl", "start", "onput.target")
    wait_for_all(booted, "active")
    again = booted.run("onput", "-o", "json", "tail", "--from-seq", "1", "--no-follow").stdout
    assert events and again.startswith(events)


def can_list(booted, unit, folder):
    """Whether the unit's user can, in the unit's own view of the files."""
    pid = booted.state(unit, "MainPID")
    user = booted.run("stat", "-c", "%u", f"/proc/{pid}").stdout.strip()
    told = booted.run("nsenter", "-t", pid, "-m", "-S", user, "-G", user, "ls", folder, expect=None)
    return told.returncode == 0


def test_a_services_data_is_its_own(booted):
    assert can_list(booted, "onput-storage", "/var/lib/onput-storage/")
    assert not can_list(booted, "onput-gateway", "/var/lib/onput-storage/")
    assert not can_list(booted, "onput-image@1", "/var/lib/onput-storage/")
