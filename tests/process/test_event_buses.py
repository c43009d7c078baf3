"""EventBridge through boto3 and the AWS CLI: buses, rules, targets, and the events of buckets."""
import datetime
import json

import pytest

from harness.buses import Buses, bus_arn, rule_arn
from harness.clients import CLI_V1, CLI_V2, AwsCli
from harness.node import run_node
from harness.topics import Topics, refused, topic_instance
from harness.topology import ACCOUNT, queue_arn

PROGRAMS = {"v1": CLI_V1, "v2": CLI_V2}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("buses")) as instance:
        yield instance


@pytest.fixture(scope="module")
def buses(onput):
    return Buses(onput)


@pytest.fixture(scope="module")
def api(buses):
    return buses.events_api


@pytest.fixture
def queue(buses):
    return buses.make_queue()


@pytest.fixture
def source(request):
    """A source of this test's own."""
    return f"test.{request.node.name}"


# -- events and targets

def test_an_event_reaches_the_queue_of_a_rule_that_matches_it(buses, api, queue, source):
    buses.rule({"source": [source], "detail": {"n": [{"numeric": [">", 1]}]}}, queue)
    buses.put(source, n=1)
    event_id = buses.put(source, n=2, text="å")
    (event,) = buses.events(queue, 1)
    assert event.pop("time").endswith("Z")
    assert event == {"version": "0", "id": event_id, "detail-type": "Order", "source": source,
                     "account": ACCOUNT, "region": "us-east-1", "resources": [],
                     "detail": {"n": 2, "text": "å"}}


def test_an_event_has_the_time_and_resources_that_it_was_put_with(buses, api, queue, source):
    buses.rule({"resources": [f"arn:{source}"]}, queue)
    api.put_events(Entries=[{
        "Source": source, "DetailType": "d", "Detail": "{}", "Resources": [f"arn:{source}"],
        "Time": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)}])
    (event,) = buses.events(queue, 1)
    assert event["time"] == "2026-01-02T03:04:05Z"


def test_a_target_gets_what_its_transformer_makes(buses, queue, source):
    buses.rule({"source": [source]}, queue, InputTransformer={
        "InputPathsMap": {"n": "$.detail.n"},
        "InputTemplate": '{"n": <n>, "rule": "<aws.events.rule-name>", "text": "n is <n>"}'})
    buses.put(source, n=7)
    (made,) = buses.events(queue, 1)
    assert made["n"] == 7 and made["text"] == "n is 7" and made["rule"].startswith("rule-")


def test_a_topic_and_another_bus_are_targets(onput, buses, api, source):
    topics = Topics(onput)
    topic = topics.make(attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
         "Action": "sns:Publish", "Resource": "*"}]})})
    of_topic = topics.make_queue(topic)
    topics.subscribe(topic, "sqs", queue_arn(of_topic), RawMessageDelivery="true")
    buses.rule({"source": [source]}, Arn=topic)
    api.create_event_bus(Name="second")
    of_bus = buses.make_queue()
    buses.rule({"source": [source]}, Arn=bus_arn("second"))
    buses.rule({"source": [source]}, of_bus, bus="second")
    buses.put(source, n=1)
    assert buses.events(of_topic, 1)[0]["detail"] == {"n": 1}
    assert buses.events(of_bus, 1)[0]["detail"] == {"n": 1}


def test_what_a_queue_may_not_have_goes_to_the_dead_letter_queue(buses, queue, source):
    closed = buses.make_queue(has_policy=False)
    rule = buses.rule({"source": [source]}, closed, DeadLetterConfig={"Arn": queue_arn(queue)})
    buses.put(source, n=1)
    (message,) = buses.messages(queue, 1)
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == rule_arn(rule)
    assert attributes["TARGET_ARN"] == queue_arn(closed)
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"


def test_events_of_a_bucket_that_asked_for_eventbridge_reach_the_default_bus(onput, buses, queue):
    onput.s3.create_bucket(Bucket="with-bus")
    onput.s3.create_bucket(Bucket="without-bus")
    onput.s3.put_bucket_notification_configuration(
        Bucket="with-bus", NotificationConfiguration={"EventBridgeConfiguration": {}})
    buses.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [{"suffix": "-bus"}]}}}, queue)
    onput.s3.put_object(Bucket="without-bus", Key="a", Body=b"1")
    onput.s3.put_object(Bucket="with-bus", Key="a b+ö.txt", Body=b"123")
    onput.s3.delete_object(Bucket="with-bus", Key="a b+ö.txt")
    made, deleted = sorted(buses.events(queue, 2), key=lambda event: event["detail-type"])
    assert made["detail-type"] == "Object Created"
    assert made["resources"] == ["arn:aws:s3:::with-bus"]
    detail = made["detail"]
    assert detail["bucket"] == {"name": "with-bus"}
    assert detail["object"]["key"] == "a b+ö.txt" and detail["object"]["size"] == 3
    assert detail["reason"] == "PutObject" and detail["source-ip-address"] == "127.0.0.1"
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_rules_and_what_is_owed_survive_a_restart(tmp_path):
    with topic_instance(tmp_path) as first:
        buses = Buses(first)
        queue = buses.make_queue()
        name = buses.rule({"source": ["shop"]}, queue)
        buses.put(n=1)
    with topic_instance(tmp_path) as second:
        buses = Buses(second)
        assert buses.events_api.describe_rule(Name=name)["State"] == "ENABLED"
        assert [event["detail"] for event in buses.events(queue, 1)] == [{"n": 1}]
        buses.put(n=2)
        assert [event["detail"] for event in buses.events(queue, 1)] == [{"n": 2}]


# -- what is shown, and what is refused

def test_rules_are_put_shown_switched_and_deleted(buses, api, queue):
    pattern = json.dumps({"source": ["x"]})
    put = api.put_rule(Name="shown", EventPattern=pattern, Description="d",
                       Tags=[{"Key": "k", "Value": "v"}])
    assert put["RuleArn"] == rule_arn("shown")
    shown = api.describe_rule(Name="shown")
    assert shown["EventPattern"] == pattern and shown["State"] == "ENABLED"
    assert shown["EventBusName"] == "default" and shown["Description"] == "d"
    api.disable_rule(Name="shown")
    assert api.list_rules(NamePrefix="show")["Rules"][0]["State"] == "DISABLED"
    api.enable_rule(Name="shown")
    target = {"Id": "t", "Arn": queue_arn(queue), "RetryPolicy": {"MaximumRetryAttempts": 0},
              "InputTransformer": {"InputPathsMap": {"a": "$.detail"}, "InputTemplate": "<a>"}}
    api.put_targets(Rule="shown", Targets=[target])
    assert api.list_targets_by_rule(Rule="shown")["Targets"] == [target]
    assert api.list_rule_names_by_target(TargetArn=queue_arn(queue))["RuleNames"] == ["shown"]
    assert api.list_tags_for_resource(ResourceARN=rule_arn("shown"))["Tags"] == [
        {"Key": "k", "Value": "v"}]
    with refused("ValidationException", 400, "Rule can't be deleted since it has targets."):
        api.delete_rule(Name="shown")
    api.remove_targets(Rule="shown", Ids=["t"])
    api.delete_rule(Name="shown")
    with refused("ResourceNotFoundException", 400,
                 "Rule shown does not exist on EventBus default."):
        api.describe_rule(Name="shown")


def test_buses_are_made_shown_and_deleted(api):
    made = api.create_event_bus(Name="own", Description="d")
    assert made["EventBusArn"] == bus_arn("own")
    assert api.describe_event_bus(Name="own")["Description"] == "d"
    assert api.describe_event_bus()["Arn"] == bus_arn("default")
    names = [bus["Name"] for bus in api.list_event_buses()["EventBuses"]]
    assert "default" in names and "own" in names
    with refused("ResourceAlreadyExistsException", 400, "Event bus own already exists."):
        api.create_event_bus(Name="own")
    api.delete_event_bus(Name="own")
    with refused("ResourceNotFoundException", 400, "Event bus own does not exist."):
        api.describe_event_bus(Name="own")


def test_an_invalid_pattern_is_refused_with_its_place(api):
    text = ('Event pattern is not valid. Reason: "source" must be an object or an array\n'
            ' at [Source: (String)"{"source":"x"}"; line: 1, column: 12]')
    with refused("InvalidEventPatternException", 400, text):
        api.put_rule(Name="bad", EventPattern='{"source":"x"}')
    with refused("InvalidEventPatternException", 400, text):
        api.test_event_pattern(EventPattern='{"source":"x"}', Event="{}")


def test_a_pattern_is_tried_on_an_event(api):
    event = json.dumps({"id": "1", "source": "a", "detail": {"k": [{"x": 1, "y": 2}]}})
    for pattern, result in (({"source": ["a"]}, True), ({"source": [{"prefix": "b"}]}, False),
                            ({"detail": {"k": {"x": [1], "y": [2]}}}, True)):
        answer = api.test_event_pattern(EventPattern=json.dumps(pattern), Event=event)
        assert answer["Result"] is result


def test_entries_fail_one_by_one(api):
    good = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    answer = api.put_events(Entries=[good, {**good, "Detail": "{"}, {**good, "Source": "aws.s3"},
                                     {"Source": "s", "Detail": "{}"}])
    assert answer["FailedEntryCount"] == 3
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None, "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"]


def test_the_model_s_limits_are_checked(api):
    with refused("ValidationException"):
        api.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}] * 11)


# -- the command line

@pytest.mark.parametrize("version", PROGRAMS)
def test_the_command_line_puts_a_rule_a_target_and_an_event(onput, buses, version, tmp_path):
    aws = AwsCli(PROGRAMS[version], onput)
    queue = buses.make_queue()
    name = f"cli-{version}"

    def call(*words):
        told = aws("events", *words, "--output", "json")
        return json.loads(told) if told.strip() else None
    put = call("put-rule", "--name", name, "--event-pattern", json.dumps({"source": [name]}))
    assert put["RuleArn"] == rule_arn(name)
    call("put-targets", "--rule", name, "--targets", f"Id=t,Arn={queue_arn(queue)}")
    entries = json.dumps([{"Source": name, "DetailType": "d", "Detail": '{"n": 1}'}])
    assert call("put-events", "--entries", entries)["FailedEntryCount"] == 0
    assert buses.events(queue, 1)[0]["detail"] == {"n": 1}
    assert [rule["Name"] for rule in call("list-rules", "--name-prefix", name)["Rules"]] == [name]


# -- JavaScript

def test_the_javascript_sdk_puts_an_event(onput, buses, queue):
    run_node("events_v3.js", onput.url, queue_arn(queue))
    (event,) = buses.events(queue, 1)
    assert event["detail"] == {"n": 1} and event["time"] == "2026-01-02T03:04:05Z"
