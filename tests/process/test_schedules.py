"""EventBridge Scheduler, and rules with schedules, through boto3, the AWS CLI and the SDK for JavaScript."""
import datetime
import json

import pytest

from harness.buses import Buses, bus_arn, rule_arn
from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.node import run_node
from harness.topics import Topics, refused, topic_instance
from harness.topology import ACCOUNT, queue_arn
from harness.waiting import wait_until

PROGRAMS = {"v1": CLI_V1, "v2": CLI_V2}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
OFF = {"Mode": "OFF"}


def schedule_arn(name, group="default"):
    return f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/{group}/{name}"


def soon(seconds):
    """at(...) that is so far away, and that moment."""
    moment = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    moment += datetime.timedelta(seconds=seconds)
    return f"at({moment:%Y-%m-%dT%H:%M:%S})", f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("schedules")) as instance:
        yield instance


@pytest.fixture(scope="module")
def buses(onput):
    return Buses(onput)


@pytest.fixture(scope="module")
def api(onput):
    return onput.client("scheduler")


@pytest.fixture
def target(buses):
    """A queue without a policy: the role is enough in one account."""
    return buses.make_queue(has_policy=False)


def test_one_moment_sends_its_input_once_and_the_schedule_goes(buses, api, target):
    expression, moment = soon(6)
    made = api.create_schedule(
        Name="once", ScheduleExpression=expression, FlexibleTimeWindow=OFF,
        ActionAfterCompletion="DELETE", Target={
            "Arn": queue_arn(target), "RoleArn": ROLE,
            "Input": '{"at": "<aws.scheduler.scheduled-time>", "of": "<aws.scheduler.schedule-arn>"}'})
    assert made["ScheduleArn"] == schedule_arn("once")
    assert buses.events(target, 1) == [{"at": moment, "of": schedule_arn("once")}]
    wait_until(lambda: "once" not in [one["Name"] for one in api.list_schedules()["Schedules"]], 20, "the schedule to go")


def test_a_rate_begins_at_once_with_schedulers_own_event(buses, api, target):
    api.create_schedule(Name="rate", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow=OFF,
                        Target={"Arn": queue_arn(target), "RoleArn": ROLE})
    (event,) = buses.events(target, 1)
    assert event["source"] == "aws.scheduler" and event["detail-type"] == "Scheduled Event"
    assert event["detail"] == "{}" and event["resources"] == [schedule_arn("rate")]
    assert event["account"] == ACCOUNT


def test_a_topic_and_a_bus_are_targets_without_policies(onput, buses, api):
    topics = Topics(onput)
    topic = topics.make()
    of_topic = topics.make_queue(topic)
    topics.subscribe(topic, "sqs", queue_arn(of_topic), RawMessageDelivery="true")
    api.create_schedule(Name="topic", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF,
                        Target={"Arn": topic, "RoleArn": ROLE, "Input": '"hello"'})
    assert buses.events(of_topic, 1) == ["hello"]
    of_bus = buses.make_queue()
    buses.rule({"source": ["my.scheduler"]}, of_bus)
    api.create_schedule(Name="bus", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=OFF,
                        Target={"Arn": bus_arn("default"), "RoleArn": ROLE, "Input": '{"n": 1}',
                                "EventBridgeParameters": {"Source": "my.scheduler",
                                                          "DetailType": "Tick"}})
    (event,) = buses.events(of_bus, 1)
    assert event["detail"] == {"n": 1} and event["detail-type"] == "Tick"


def test_a_schedule_is_shown_as_it_was_made(api, target):
    start = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    api.create_schedule(
        Name="shown", ScheduleExpression="cron(30 2 ? * MON-FRI *)", Description="d",
        ScheduleExpressionTimezone="Europe/Vienna", StartDate=start,
        EndDate=start + datetime.timedelta(days=30),
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}, State="DISABLED",
        Target={"Arn": queue_arn(target), "RoleArn": ROLE, "Input": "{}",
                "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600},
                "DeadLetterConfig": {"Arn": queue_arn(target)}})
    shown = api.get_schedule(Name="shown")
    assert shown["ScheduleExpression"] == "cron(30 2 ? * MON-FRI *)"
    assert shown["ScheduleExpressionTimezone"] == "Europe/Vienna"
    assert shown["StartDate"] == start and shown["State"] == "DISABLED"
    assert shown["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert shown["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 3,
                                              "MaximumEventAgeInSeconds": 600}
    assert shown["GroupName"] == "default" and shown["Description"] == "d"
    # What an update does not name has its default again.
    api.update_schedule(Name="shown", ScheduleExpression="rate(2 days)", FlexibleTimeWindow=OFF,
                        State="DISABLED", Target={"Arn": queue_arn(target), "RoleArn": ROLE})
    shown = api.get_schedule(Name="shown")
    assert "Description" not in shown and "StartDate" not in shown
    assert shown["ScheduleExpressionTimezone"] == "UTC"
    assert shown["ActionAfterCompletion"] == "NONE"
    api.delete_schedule(Name="shown")
    with refused("ResourceNotFoundException", 404, "Schedule shown does not exist."):
        api.get_schedule(Name="shown")
    with refused("ResourceNotFoundException", 404):
        api.delete_schedule(Name="shown")


def test_groups_hold_schedules_and_go_with_them(api, target):
    made = api.create_schedule_group(Name="own", Tags=[{"Key": "k", "Value": "v"}])
    arn = made["ScheduleGroupArn"]
    api.create_schedule(Name="in", GroupName="own", ScheduleExpression="rate(1 day)",
                        State="DISABLED", FlexibleTimeWindow=OFF,
                        Target={"Arn": queue_arn(target), "RoleArn": ROLE})
    assert [one["Name"] for one in api.list_schedules(GroupName="own")["Schedules"]] == ["in"]
    assert api.get_schedule_group(Name="own")["State"] == "ACTIVE"
    assert {"default", "own"} <= {
        group["Name"] for group in api.list_schedule_groups()["ScheduleGroups"]}
    api.tag_resource(ResourceArn=arn, Tags=[{"Key": "l", "Value": "w"}])
    api.untag_resource(ResourceArn=arn, TagKeys=["k"])
    assert api.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    with refused("ConflictException", 409):
        api.create_schedule_group(Name="own")
    api.delete_schedule_group(Name="own")
    wait_until(lambda: "own" not in [
        group["Name"] for group in api.list_schedule_groups()["ScheduleGroups"]], 20, "the group to go")
    with refused("ResourceNotFoundException", 404, "Schedule group own does not exist."):
        api.get_schedule(Name="in", GroupName="own")
    with refused("ValidationException", 400):
        api.delete_schedule_group(Name="default")


@pytest.mark.parametrize("wrong, text", [
    ({"ScheduleExpression": "rate(5)"}, "Invalid Schedule Expression rate(5)."),
    ({"ScheduleExpression": "cron(0 12 * * * *)"},
     "Invalid Schedule Expression cron(0 12 * * * *)."),
    ({"ScheduleExpressionTimezone": "../../etc/passwd"}, "The time zone ../../etc/passwd is not valid."),
    ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
     "MaximumWindowInMinutes is required when Mode is FLEXIBLE."),
])
def test_what_cannot_be_is_refused(api, target, wrong, text):
    request = {"Name": "bad", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF,
               "Target": {"Arn": queue_arn(target), "RoleArn": ROLE}}
    with refused("ValidationException", 400, text):
        api.create_schedule(**{**request, **wrong})


def test_what_is_due_while_all_is_down_comes_once(tmp_path):
    expression, moment = soon(8)
    with topic_instance(tmp_path) as first:
        queue = Buses(first).make_queue(has_policy=False)
        first.client("scheduler").create_schedule(
            Name="late", ScheduleExpression=expression, FlexibleTimeWindow=OFF,
            Target={"Arn": queue_arn(queue), "RoleArn": ROLE,
                    "Input": '"<aws.scheduler.scheduled-time>"'})
    wait_until(lambda: f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}" > moment,
               20, "the moment")
    with topic_instance(tmp_path) as second:
        buses = Buses(second)
        assert buses.events(queue, 1) == [moment]
        second.kill("notifier")
        # Answered by the next notifier: it has looked at what is due.
        assert second.client("scheduler").get_schedule(Name="late")["State"] == "ENABLED"
        answer = second.sqs.receive_message(QueueUrl=second.queue_url(queue), WaitTimeSeconds=2)
        assert "Messages" not in answer


# -- rules

def test_a_rule_with_a_schedule_is_shown_and_refused_where_it_cannot_be(buses):
    events = buses.events_api
    put = events.put_rule(Name="ticks", ScheduleExpression="rate(5 minutes)")
    assert put["RuleArn"] == rule_arn("ticks")
    assert events.describe_rule(Name="ticks")["ScheduleExpression"] == "rate(5 minutes)"
    for text in ("rate(1 minutes)", "cron(0 12 * * * *)", "at(2030-01-01T00:00:00)"):
        with refused("ValidationException", 400, "Parameter ScheduleExpression is not valid."):
            events.put_rule(Name="bad", ScheduleExpression=text)
    events.create_event_bus(Name="no-schedules")
    with refused("ValidationException", 400,
                 "ScheduleExpression is supported only on the default event bus."):
        events.put_rule(Name="bad", EventBusName="no-schedules",
                        ScheduleExpression="rate(1 minute)")


def test_a_rule_sends_its_event_every_minute(buses):
    queue = buses.make_queue()
    events = buses.events_api
    events.put_rule(Name="minute", ScheduleExpression="cron(* * * * ? *)")
    events.put_targets(Rule="minute", Targets=[{"Id": "t", "Arn": queue_arn(queue)}])
    (message,) = buses.topics.letters(queue, 1, deadline_s=90)
    event = json.loads(message["Body"])
    events.disable_rule(Name="minute")
    assert event["source"] == "aws.events" and event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [rule_arn("minute")] and event["detail"] == {}
    assert event["time"].endswith(":00Z")


# -- the command line

@pytest.mark.parametrize("version", PROGRAMS)
def test_the_command_line_makes_a_schedule(onput, buses, target, version):
    aws = AwsCli(PROGRAMS[version], onput)
    name = f"cli-{version}"

    def call(*words):
        told = aws("scheduler", *words, "--output", "json")
        return json.loads(told) if told.strip() else None
    made = call("create-schedule", "--name", name, "--schedule-expression", "rate(1 day)",
                "--flexible-time-window", "Mode=OFF", "--target",
                json.dumps({"Arn": queue_arn(target), "RoleArn": ROLE, "Input": '"x"'}))
    assert made["ScheduleArn"] == schedule_arn(name)
    assert buses.events(target, 1) == ["x"]
    assert call("get-schedule", "--name", name)["State"] == "ENABLED"
    assert [one["Name"] for one in call("list-schedules", "--name-prefix", name)["Schedules"]] == [
        name]
    call("delete-schedule", "--name", name)


# -- JavaScript

def test_the_javascript_sdk_makes_schedules_and_replays(onput, buses):
    queue = buses.make_queue()
    buses.events_api.create_event_bus(Name="javascript")
    buses.rule({"source": ["replayed"]}, queue, bus="javascript")
    run_node("schedules_v3.js", onput.url, queue_arn(queue), "javascript")
    events = buses.events(queue, 3)
    events.remove("scheduled")
    put, again = sorted(events, key=lambda event: "replay-name" in event)
    assert put["detail"] == again["detail"] == {"n": 2} and put["id"] == again["id"]
    assert "replay-name" not in put and again["replay-name"] == "javascript"
