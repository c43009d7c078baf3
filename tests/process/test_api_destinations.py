"""API destinations of EventBridge through boto3: connections, calls, tokens, retries, dead letters."""
import json

import pytest

from harness.buses import Buses
from harness.identities import allow, make_user, policy, refusal
from harness.topics import refused, topic_instance
from harness.topology import queue_arn
from harness.waiting import wait_until
from harness.webhook import Answer, Receiver

ROLE = "arn:aws:iam::000000000000:role/r"
BASIC = {"BasicAuthParameters": {"Username": "user", "Password": "geheim-password"}}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("destinations")) as instance:
        yield instance


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as started:
        yield started


@pytest.fixture(scope="module")
def buses(onput):
    return Buses(onput)


@pytest.fixture(scope="module")
def api(buses):
    return buses.events_api


@pytest.fixture
def name(request):
    return request.node.name[:64]


def connect(api, name, auth=None, kind="BASIC"):
    return api.create_connection(Name=name, AuthorizationType=kind,
                                 AuthParameters=auth or BASIC)["ConnectionArn"]


def destine(api, name, url, auth=None, kind="BASIC", method="POST", **options):
    """A connection and an API destination of this name; the ARN of the latter."""
    return api.create_api_destination(
        Name=name, ConnectionArn=connect(api, name, auth, kind), InvocationEndpoint=url,
        HttpMethod=method, **options)["ApiDestinationArn"]


def attributes_of(message):
    return {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}


def test_an_event_becomes_a_call_with_what_target_and_connection_say(buses, api, receiver, name):
    hook = receiver.hook(200, below="/orders/a%2Fb")
    url = hook.url.replace("a%2Fb", "*")
    arn = destine(api, name, url, method="PUT", auth={**BASIC, "InvocationHttpParameters": {
        "HeaderParameters": [{"Key": "X-Team", "Value": "media", "IsValueSecret": False}],
        "QueryStringParameters": [{"Key": "key", "Value": "geheim", "IsValueSecret": True}],
        "BodyParameters": [{"Key": "tenant", "Value": "t1", "IsValueSecret": False}]}})
    buses.rule({"source": [name]}, Arn=arn, RoleArn=ROLE,
               InputPath="$.detail", HttpParameters={
                   "PathParameterValues": ["$.detail.id"], "HeaderParameters": {"X-Order": "$.detail.id"},
                   "QueryStringParameters": {"n": "1"}})
    buses.put(name, id="a/b")
    (call,) = hook.wait(1)
    assert call.method == "PUT"
    assert call.path.partition("?")[2] == "key=geheim&n=1"
    assert call.json == {"id": "a/b", "tenant": "t1"}
    assert call.headers["x-team"] == "media" and call.headers["x-order"] == "a/b"
    assert call.headers["authorization"] == "Basic dXNlcjpnZWhlaW0tcGFzc3dvcmQ="
    assert call.headers["user-agent"] == "Onput/EventBridge/ApiDestinations"
    assert call.headers["content-type"] == "application/json; charset=utf-8"


def test_what_was_made_is_read_back_without_its_secrets(api, name):
    http = {"HeaderParameters": [{"Key": "h", "Value": "v", "IsValueSecret": False}],
            "QueryStringParameters": [{"Key": "q", "Value": "geheim-q", "IsValueSecret": True}]}
    oauth = {"ClientParameters": {"ClientID": "id", "ClientSecret": "geheim-client"},
             "AuthorizationEndpoint": "https://auth.example/token", "HttpMethod": "POST",
             "OAuthHttpParameters": {"BodyParameters": [
                 {"Key": "scope", "Value": "all", "IsValueSecret": False}]}}
    made = api.create_connection(Name=name, Description="d", AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
                                 AuthParameters={"OAuthParameters": oauth, "InvocationHttpParameters": http})
    assert made["ConnectionState"] == "AUTHORIZED"
    told = api.describe_connection(Name=name)
    assert "geheim" not in json.dumps(told, default=str)
    del oauth["ClientParameters"]["ClientSecret"]
    del http["QueryStringParameters"][0]["Value"]
    assert told["AuthParameters"] == {"OAuthParameters": oauth, "InvocationHttpParameters": http}
    assert (told["Name"], told["Description"], told["AuthorizationType"]) == (
        name, "d", "OAUTH_CLIENT_CREDENTIALS")
    assert told["ConnectionArn"] == made["ConnectionArn"] and told["CreationTime"] == made["CreationTime"]

    destination = {"ConnectionArn": made["ConnectionArn"], "InvocationEndpoint": "https://api.example/*",
                   "HttpMethod": "PATCH", "InvocationRateLimitPerSecond": 7, "Description": "e"}
    arn = api.create_api_destination(Name=name, **destination)["ApiDestinationArn"]
    told = api.describe_api_destination(Name=name)
    assert told.items() >= {"ApiDestinationArn": arn, "ApiDestinationState": "ACTIVE", **destination}.items()
    (listed,) = api.list_api_destinations(ConnectionArn=made["ConnectionArn"])["ApiDestinations"]
    assert listed["ApiDestinationArn"] == arn

    target = {"Id": "t", "Arn": arn, "RoleArn": ROLE, "HttpParameters": {
        "PathParameterValues": ["7"], "HeaderParameters": {"a": "b"}, "QueryStringParameters": {"c": "d"}}}
    api.put_rule(Name=name, EventPattern='{"source": ["nobody"]}')
    api.put_targets(Rule=name, Targets=[target])
    assert api.list_targets_by_rule(Rule=name)["Targets"] == [target]


def test_states_of_a_connection(api, name):
    arn = connect(api, name)
    api.create_api_destination(Name=name, ConnectionArn=arn, InvocationEndpoint="https://api.example/",
                               HttpMethod="POST")
    assert api.deauthorize_connection(Name=name)["ConnectionState"] == "DEAUTHORIZED"
    assert api.describe_api_destination(Name=name)["ApiDestinationState"] == "INACTIVE"
    assert [c["Name"] for c in api.list_connections(ConnectionState="DEAUTHORIZED")["Connections"]] == [name]
    assert api.update_connection(Name=name, AuthParameters=BASIC)["ConnectionState"] == "AUTHORIZED"
    assert api.describe_api_destination(Name=name)["ApiDestinationState"] == "ACTIVE"
    assert api.delete_connection(Name=name)["ConnectionState"] == "DELETING"
    with refused("ResourceNotFoundException"):
        api.describe_connection(Name=name)
    api.delete_api_destination(Name=name)
    with refused("ResourceNotFoundException"):
        api.describe_api_destination(Name=name)


def test_a_token_is_asked_for_once_and_again_when_it_is_refused(buses, api, receiver, name):
    tokens = receiver.hook(
        Answer(body=b'{"access_token": "t1", "token_type": "Bearer", "expires_in": 3600}'),
        Answer(body=b'{"access_token": "t2", "token_type": "Bearer", "expires_in": 3600}'))
    hook = receiver.hook(200, 401, 200)
    arn = destine(api, name, hook.url, kind="OAUTH_CLIENT_CREDENTIALS", auth={"OAuthParameters": {
        "ClientParameters": {"ClientID": "id", "ClientSecret": "a b"},
        "AuthorizationEndpoint": tokens.url, "HttpMethod": "POST"}})
    buses.rule({"source": [name]}, Arn=arn, RoleArn=ROLE)
    buses.put(name, n=1)
    hook.wait(1)
    assert tokens.received[0].body == b"grant_type=client_credentials&client_id=id&client_secret=a+b"
    buses.put(name, n=2)
    calls = hook.wait(3)
    assert [call.headers["authorization"] for call in calls] == ["Bearer t1", "Bearer t1", "Bearer t2"]
    assert [call.json["detail"]["n"] for call in calls] == [1, 2, 2]
    assert len(tokens.received) == 2


def test_what_failed_is_called_again_and_what_was_refused_is_a_dead_letter(buses, api, receiver, name):
    letters = buses.make_queue()
    hook = receiver.hook(503, Answer(status=429, headers={"Retry-After": "1"}), 200, 403)
    arn = destine(api, name, hook.url)
    buses.rule({"source": [name]}, Arn=arn, RoleArn=ROLE, DeadLetterConfig={"Arn": queue_arn(letters)})
    buses.put(name, n=1)
    calls = hook.wait(3)
    assert calls[2].time - calls[1].time >= 1
    buses.put(name, n=2)
    (letter,) = buses.messages(letters, 1)
    assert json.loads(letter["Body"])["detail"] == {"n": 2}
    told = attributes_of(letter)
    assert (told["TARGET_ARN"], told["RETRY_ATTEMPTS"]) == (arn, "0")
    assert told["ERROR_MESSAGE"] == "the endpoint answered 403"
    assert len(hook.received) == 4


def test_a_policy_without_retries_ends_with_its_reason(buses, api, receiver, name):
    letters = buses.make_queue()
    hook = receiver.hook(500)
    buses.rule({"source": [name]}, Arn=destine(api, name, hook.url), RoleArn=ROLE,
               DeadLetterConfig={"Arn": queue_arn(letters)}, RetryPolicy={"MaximumRetryAttempts": 1})
    buses.put(name, n=1)
    (letter,) = buses.messages(letters, 1)
    assert attributes_of(letter)["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert len(hook.received) == 2


def test_a_killed_notifier_has_its_secrets_and_calls_still_owed(onput, buses, api, receiver, name):
    hook = receiver.hook(500)
    buses.rule({"source": [name]}, Arn=destine(api, name, hook.url), RoleArn=ROLE)
    buses.put(name, n=1)
    hook.wait(1)
    onput.kill("notifier")
    hook.answers(200)
    seen = len(hook.received)
    calls = hook.wait(seen + 1)
    assert calls[-1].headers["authorization"] == calls[0].headers["authorization"]
    assert calls[-1].body == calls[0].body


def test_refusals_are_aws_s(api, name):
    arn = connect(api, name)
    with refused("ResourceAlreadyExistsException"):
        connect(api, name)
    with refused("ValidationException"):
        connect(api, "other", auth={"ApiKeyAuthParameters": {"ApiKeyName": "a", "ApiKeyValue": "b"}})
    with refused("ResourceNotFoundException"):
        api.create_api_destination(Name=name, ConnectionArn=arn[:-1] + "x", HttpMethod="POST",
                                   InvocationEndpoint="https://api.example/")
    with refused("ValidationException"):
        api.create_api_destination(Name=name, ConnectionArn=arn, HttpMethod="POST",
                                   InvocationEndpoint="https://*.example/")
    with refused("ResourceNotFoundException"):
        api.delete_connection(Name="nobody")


def test_who_names_one_as_a_target_must_be_allowed_to_call_it(onput, api, name):
    arn = destine(api, name, "https://api.example/")
    key = make_user(onput, "ruler", allow(["events:PutTargets", "iam:PassRole"], "*"))
    caller = onput.client("events", **key)
    api.put_rule(Name=name, EventPattern='{"source": ["nobody"]}')
    target = {"Id": "t", "Arn": arn, "RoleArn": ROLE}
    status, code, message = refusal(caller.put_targets, Rule=name, Targets=[target])
    assert code == "AccessDeniedException" and "events:InvokeApiDestination" in message and arn in message
    onput.client("iam").put_user_policy(UserName="ruler", PolicyName="more", PolicyDocument=policy(
        allow("events:InvokeApiDestination", arn)))
    wait_until(lambda: refusal(caller.put_targets, Rule=name, Targets=[target])[0] == 200, 5,
               "the right to count")
    assert refusal(api.put_targets, Rule=name, Targets=[{"Id": "t", "Arn": arn}])[1:] == (
        "ValidationException", f"RoleArn is required for target {arn}.")


def test_no_call_goes_into_a_network_that_is_not_open(tmp_path):
    with topic_instance(tmp_path, networks=None) as onput:
        buses = Buses(onput)
        api = buses.events_api
        connection = connect(api, "c")
        with refused("ValidationException"):
            api.create_api_destination(Name="d", ConnectionArn=connection, HttpMethod="POST",
                                       InvocationEndpoint="http://api.example/")
        arn = api.create_api_destination(Name="d", ConnectionArn=connection, HttpMethod="POST",
                                         InvocationEndpoint="https://127.0.0.1/")["ApiDestinationArn"]
        letters = buses.make_queue()
        buses.rule({"source": ["s"]}, Arn=arn, RoleArn=ROLE, DeadLetterConfig={"Arn": queue_arn(letters)})
        buses.put("s", n=1)
        (letter,) = buses.messages(letters, 1)
        assert attributes_of(letter)["ERROR_MESSAGE"] == "address 127.0.0.1 is not allowed"


def test_a_queue_s_messages_have_the_group_of_their_target(onput, buses, name):
    queue = buses.make_queue()
    buses.rule({"source": [name]}, queue, SqsParameters={"MessageGroupId": "g1"})
    buses.put(name, n=1)
    (message,) = buses.messages(queue, 1)
    assert message["Attributes"]["MessageGroupId"] == "g1"
