"""Archives and replays of EventBridge, and policies of buses, through boto3 and the AWS CLI."""
import datetime
import json

import pytest

from harness.buses import Buses, bus_arn
from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.topics import refused, topic_instance
from harness.topology import ACCOUNT
from harness.waiting import wait_until

PROGRAMS = {"v1": CLI_V1, "v2": CLI_V2}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("archives")) as instance:
        yield instance


@pytest.fixture(scope="module")
def buses(onput):
    return Buses(onput)


@pytest.fixture(scope="module")
def api(buses):
    return buses.events_api


def window():
    """All that happened within the last hour."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"EventStartTime": now - datetime.timedelta(hours=1),
            "EventEndTime": now + datetime.timedelta(minutes=1)}


def ended(api, name, state):
    """A replay that has come to this state."""
    wait_until(lambda: api.describe_replay(ReplayName=name)["State"] == state, 60, f"{name} {state}")
    return api.describe_replay(ReplayName=name)


def make_archive(api, name, source):
    return api.create_archive(ArchiveName=name, EventSourceArn=bus_arn("default"),
                              EventPattern=json.dumps({"source": [source]}))["ArchiveArn"]


def test_what_was_archived_comes_again_to_a_rule_made_later(buses, api):
    arn = make_archive(api, "kept", "kept")
    first = buses.put("kept", n=1)
    buses.put("other", n=2)
    shown = api.describe_archive(ArchiveName="kept")
    assert shown["EventCount"] == 1 and shown["SizeBytes"] > 0 and shown["State"] == "ENABLED"
    queue = buses.make_queue()
    buses.rule({"source": ["kept", "other"]}, queue)
    started = api.start_replay(ReplayName="again", EventSourceArn=arn,
                               Destination={"Arn": bus_arn("default")}, **window())
    assert started["State"] == "STARTING"
    (event,) = buses.events(queue, 1)
    assert event["id"] == first and event["replay-name"] == "again" and event["detail"] == {"n": 1}
    shown = ended(api, "again", "COMPLETED")
    assert shown["EventLastReplayedTime"] and shown["ReplayEndTime"] >= shown["ReplayStartTime"]
    assert api.describe_archive(ArchiveName="kept")["EventCount"] == 1
    assert [one["ReplayName"] for one in api.list_replays(NamePrefix="ag")["Replays"]] == ["again"]
    with refused("IllegalStatusException", 400):
        api.cancel_replay(ReplayName="again")


def test_an_archive_is_changed_listed_and_deleted(api):
    make_archive(api, "changed", "x")
    api.update_archive(ArchiveName="changed", RetentionDays=3, Description="d")
    shown = api.describe_archive(ArchiveName="changed")
    assert shown["RetentionDays"] == 3 and shown["Description"] == "d"
    assert json.loads(shown["EventPattern"]) == {"source": ["x"]}
    assert "changed" in [one["ArchiveName"] for one in api.list_archives()["Archives"]]
    with refused("ResourceAlreadyExistsException", 400, "Archive changed already exists."):
        make_archive(api, "changed", "x")
    api.delete_archive(ArchiveName="changed")
    with refused("ResourceNotFoundException", 400, "Archive changed does not exist."):
        api.describe_archive(ArchiveName="changed")


def test_a_replay_survives_kills_and_ends(tmp_path):
    count = 400
    with topic_instance(tmp_path) as onput:
        buses = Buses(onput)
        arn = make_archive(buses.events_api, "a", "shop")
        for start in range(0, count, 10):
            buses.events_api.put_events(Entries=[
                {"Source": "shop", "DetailType": "d", "Detail": json.dumps({"n": n})}
                for n in range(start, start + 10)])
        queue = buses.make_queue()
        buses.rule({"source": ["shop"]}, queue)
        buses.events_api.start_replay(ReplayName="r", EventSourceArn=arn,
                                      Destination={"Arn": bus_arn("default")}, **window())
        for _ in range(4):
            assert onput.kill("notifier")
            assert buses.events_api.describe_replay(ReplayName="r")["State"] in (
                "STARTING", "RUNNING", "COMPLETED")
        ended(buses.events_api, "r", "COMPLETED")
        numbers = [event["detail"]["n"] for event in buses.events(queue, count)]
        assert set(numbers) == set(range(count))


# -- policies

def test_permissions_are_put_shown_and_removed(api):
    api.create_event_bus(Name="shared")
    api.put_permission(EventBusName="shared", Action="events:PutEvents", Principal="111111111111",
                       StatementId="one")
    policy = json.loads(api.describe_event_bus(Name="shared")["Policy"])
    assert policy["Statement"] == [
        {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
         "Action": "events:PutEvents", "Resource": bus_arn("shared")}]
    with refused("ResourceNotFoundException", 400):
        api.remove_permission(EventBusName="shared", StatementId="two")
    api.remove_permission(EventBusName="shared", StatementId="one")
    assert "Policy" not in api.describe_event_bus(Name="shared")
    updated = api.update_event_bus(Name="shared", Description="new")
    assert updated["Description"] == "new" and updated["Arn"] == bus_arn("shared")


def test_a_policy_can_deny_what_its_own_account_puts(api):
    api.create_event_bus(Name="closed")
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "closed"}
    assert api.put_events(Entries=[entry])["FailedEntryCount"] == 0
    api.put_permission(EventBusName="closed", Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents",
             "Resource": bus_arn("closed")}]}))
    answer = api.put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "AccessDeniedException"
    assert ACCOUNT in answer["Entries"][0]["ErrorMessage"]
    with refused("ValidationException", 400):
        api.put_permission(EventBusName="closed", Policy="{")


# -- the command line

@pytest.mark.parametrize("version", PROGRAMS)
def test_the_command_line_replays(onput, buses, version):
    aws = AwsCli(PROGRAMS[version], onput)
    name = f"cli-{version}"

    def call(*words):
        told = aws("events", *words, "--output", "json")
        return json.loads(told) if told.strip() else None
    arn = call("create-archive", "--archive-name", name, "--event-source-arn", bus_arn("default"),
               "--event-pattern", json.dumps({"source": [name]}))["ArchiveArn"]
    buses.put(name, n=1)
    queue = buses.make_queue()
    buses.rule({"source": [name]}, queue)
    hours = window()
    call("start-replay", "--replay-name", name, "--event-source-arn", arn,
         "--event-start-time", f"{hours['EventStartTime']:%Y-%m-%dT%H:%M:%SZ}",
         "--event-end-time", f"{hours['EventEndTime']:%Y-%m-%dT%H:%M:%SZ}",
         "--destination", f"Arn={bus_arn('default')}")
    assert buses.events(queue, 1)[0]["replay-name"] == name
    assert call("describe-replay", "--replay-name", name)["ReplayName"] == name
