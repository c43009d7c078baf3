"""Function URLs: their configuration by Lambda's API, and what comes to them over HTTP."""
import base64
import concurrent.futures
import json
import subprocess
import urllib.parse

import pytest

from harness.functions import ENVIRONMENT, Functions
from harness.identities import allow, deny, make_user
from harness.instance import Onput
from harness.lambdas import PREFIX, create, make_role_at, refusal
from harness.urls import ask, signed
from harness.waiting import wait_until

# Answers the event, or what the request's body asks for.
ECHO = """
import json

def lambda_handler(event, context):
    if event.get("rawPath") == "/echo":
        return event
    if event.get("rawPath") == "/fail":
        raise ValueError("odd")
    if event.get("rawPath") == "/large":
        return {"statusCode": 200, "body": "x" * 7 * 1024 * 1024}
    return json.loads(event["body"])
"""
EVERYBODY = {"StatementId": "all", "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
             "FunctionUrlAuthType": "NONE"}
JSON = {"Content-Type": "application/json"}
CORS = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["x-own"],
        "ExposeHeaders": ["x-shown"], "MaxAge": 60, "AllowCredentials": False}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with Onput(tmp_path_factory.mktemp("urls"), tts=0, environment=ENVIRONMENT,
               arguments=["--no-pipeline", "--image", "0"]) as instance:
        make_role_at(instance.url)
        yield instance


@pytest.fixture(scope="module")
def client(onput):
    return onput.client("lambda")


@pytest.fixture(scope="module")
def opened(client):
    """The URL of a function that everybody may invoke."""
    return make(client, "opened", "NONE")


@pytest.fixture(scope="module")
def closed(client):
    """The URL of a function that only signed requests reach."""
    return make(client, "closed", "AWS_IAM")


def make(client, name, auth_type, **more):
    create(client, name, ECHO)
    made = client.create_function_url_config(FunctionName=name, AuthType=auth_type, **more)
    if auth_type == "NONE":
        client.add_permission(FunctionName=name, **EVERYBODY)
    return made["FunctionUrl"]


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


# ---- the configuration

def test_what_was_set_is_read_back(client):
    create(client, "mirror", ECHO)
    made = client.create_function_url_config(FunctionName="mirror", AuthType="AWS_IAM", Cors=CORS)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["FunctionArn"], made["AuthType"], made["Cors"], made["InvokeMode"]) == (
        PREFIX + "mirror", "AWS_IAM", CORS, "BUFFERED")
    host = urllib.parse.urlsplit(made["FunctionUrl"]).hostname
    assert host.split(".", 1)[1] == "lambda-url.us-east-1.localhost" and len(host.split(".")[0]) == 32
    read = without_metadata(client.get_function_url_config(FunctionName="mirror"))
    assert without_metadata(made) == {name: read[name] for name in without_metadata(made)}
    assert without_metadata(client.get_function_url_config(FunctionName=PREFIX + "mirror")) == read
    assert client.list_function_url_configs(FunctionName="mirror")["FunctionUrlConfigs"] == [read]
    # What is not named stays.
    changed = client.update_function_url_config(FunctionName="mirror", AuthType="NONE")
    assert (changed["Cors"], changed["FunctionUrl"], changed["CreationTime"]) == (
        CORS, made["FunctionUrl"], made["CreationTime"])
    assert "Cors" not in client.update_function_url_config(FunctionName="mirror", Cors={})
    client.delete_function_url_config(FunctionName="mirror")
    gone = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(client.get_function_url_config, FunctionName="mirror") == gone
    assert refusal(client.delete_function_url_config, FunctionName="mirror") == gone
    assert refusal(client.update_function_url_config, FunctionName="mirror", AuthType="NONE") == gone
    assert client.list_function_url_configs(FunctionName="mirror")["FunctionUrlConfigs"] == []
    assert ask(made["FunctionUrl"]).status == 404


def test_an_alias_has_a_url_of_its_own_and_lists_have_pages(client):
    create(client, "aliased", ECHO, Publish=True)
    client.create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")
    whole = client.create_function_url_config(FunctionName="aliased", AuthType="NONE")["FunctionUrl"]
    made = client.create_function_url_config(FunctionName="aliased", Qualifier="live", AuthType="NONE")
    assert made["FunctionArn"] == PREFIX + "aliased:live" and made["FunctionUrl"] != whole
    client.add_permission(FunctionName="aliased", Qualifier="live", **EVERYBODY)
    event = json.loads(ask(made["FunctionUrl"], path="/echo").body)
    assert event["requestContext"]["domainPrefix"] in made["FunctionUrl"]
    assert ask(whole, path="/echo").status == 403
    pages = client.get_paginator("list_function_url_configs").paginate(
        FunctionName="aliased", PaginationConfig={"PageSize": 1})
    listed = [[config["FunctionArn"] for config in page["FunctionUrlConfigs"]] for page in pages]
    assert [arns for arns in listed if arns] == [[PREFIX + "aliased"], [PREFIX + "aliased:live"]]
    client.delete_alias(FunctionName="aliased", Name="live")
    assert ask(made["FunctionUrl"]).status == 404


def test_what_is_not_there_is_refused(client, opened):
    again = refusal(client.create_function_url_config, FunctionName="opened", AuthType="NONE")
    assert again[:2] == (409, "ResourceConflictException")
    assert refusal(client.create_function_url_config, FunctionName="absent", AuthType="NONE")[:2] == (
        404, "ResourceNotFoundException")
    streamed = refusal(client.update_function_url_config, FunctionName="opened", InvokeMode="RESPONSE_STREAM")
    assert streamed[:2] == (400, "InvalidParameterValueException") and "BUFFERED" in streamed[2]
    misplaced = refusal(client.add_permission, FunctionName="opened",
                        **{**EVERYBODY, "StatementId": "odd", "Action": "lambda:InvokeFunction"})
    assert misplaced[:2] == (400, "InvalidParameterValueException")


def test_urls_survive_a_crash(onput, client, opened):
    for service in ("queue", "gateway"):
        onput.kill(service)
    client.get_waiter("function_active_v2").wait(FunctionName="opened")
    # Workers come back to the queue service by themselves.
    wait_until(lambda: ask(opened, path="/echo").status == 200, 30, "an answer")


# ---- requests

def test_a_handler_gets_the_request_whole(opened):
    answer = ask(opened, "PUT", "/echo?a=1&b=%20x&a=2", "ü".encode(),
                 {"Content-Type": "text/plain", "Cookie": "c=1; d=2", "X-Own": "y", "User-Agent": "tests"})
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    event = json.loads(answer.body)
    host = urllib.parse.urlsplit(opened)
    assert (event["version"], event["routeKey"], event["rawPath"], event["rawQueryString"]) == (
        "2.0", "$default", "/echo", "a=1&b=%20x&a=2")
    assert event["queryStringParameters"] == {"a": "1,2", "b": " x"}
    assert (event["cookies"], event["body"], event["isBase64Encoded"]) == (["c=1", "d=2"], "ü", False)
    assert (event["headers"]["x-own"], event["headers"]["host"]) == ("y", host.netloc)
    context = event["requestContext"]
    assert (context["accountId"], context["domainName"], context["http"]["method"], context["http"]["sourceIp"]) == (
        "anonymous", host.hostname, "PUT", "127.0.0.1")
    assert context["requestId"] == answer.header("x-amzn-requestid")


def test_bytes_come_and_go_in_base64(opened):
    event = json.loads(ask(opened, "POST", "/echo", b"\x00\xff", {"Content-Type": "image/png"}).body)
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xff", True)
    wanted = {"statusCode": 200, "headers": {"content-type": "image/png"}, "isBase64Encoded": True,
              "body": base64.b64encode(b"\x00\xff").decode()}
    answer = ask(opened, "POST", "/", json.dumps(wanted).encode(), JSON)
    assert (answer.body, answer.header("content-type")) == (b"\x00\xff", "image/png")


def test_a_handler_says_the_whole_answer(opened):
    wanted = {"statusCode": 418, "headers": {"X-N": 7}, "cookies": ["a=1; Secure", "b=2"], "body": "<p>"}
    answer = ask(opened, "POST", "/", json.dumps(wanted).encode(), JSON)
    assert (answer.status, answer.header("x-n"), answer.all("set-cookie"), answer.body) == (
        418, "7", ["a=1; Secure", "b=2"], b"<p>")
    head = ask(opened, "HEAD", "/echo")
    assert (head.status, head.body) == (200, b"") and int(head.header("content-length")) > 100


@pytest.mark.parametrize("answer", [
    {"statusCode": 99}, {"statusCode": 1000}, {"statusCode": "abc"}, {"statusCode": 200, "headers": {"a\nb": "c"}},
    {"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, {"statusCode": 200, "cookies": ["a\nb"]},
    {"statusCode": 200, "body": "%%", "isBase64Encoded": True}, {"statusCode": 200, "body": {"a": 1}}],
    ids=["99", "1000", "abc", "name", "value", "cookie", "base64", "object"])
def test_an_answer_that_is_none_is_502(opened, answer):
    got = ask(opened, "POST", "/", json.dumps(answer).encode(), JSON)
    assert (got.status, got.body) == (502, b"Internal Server Error")
    assert ask(opened, path="/echo").status == 200


def test_a_handler_that_fails_is_502(opened):
    for path in ("/fail", "/large"):
        answer = ask(opened, path=path)
        assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_a_body_has_an_end(opened):
    # Nobody waits for what is too much.
    too_large = ask(opened, "POST", "/echo", headers={"Content-Length": "7000000"})
    assert too_large.status == 413 and b"6291456" in too_large.body
    # As base64 it would be too large an event.
    assert ask(opened, "POST", "/echo", b"x" * 5_000_000).status == 413
    taken = ask(opened, "POST", "/", b'"' + b"x" * 5_000_000 + b'"', JSON)
    assert (taken.status, len(taken.body)) == (200, 5_000_002)


def test_a_reserved_concurrency_of_none_is_429(client):
    url = make(client, "throttled", "NONE")
    client.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
    assert ask(url, path="/echo").status == 429


def test_many_requests_at_a_time_are_answered(opened):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: ask(opened, "POST", "/", json.dumps(i).encode(), JSON).body, range(40)))
    assert answers == [str(i).encode() for i in range(40)]


# ---- who may

def test_everybody_needs_the_policy_of_the_function(client, opened):
    client.remove_permission(FunctionName="opened", StatementId="all")
    answer = ask(opened, path="/echo")
    assert (answer.status, json.loads(answer.body)) == (403, {"Message": "Forbidden"})
    added = json.loads(client.add_permission(FunctionName="opened", **EVERYBODY)["Statement"])
    assert added["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
    assert ask(opened, path="/echo").status == 200


def test_a_signature_is_for_lambda_and_of_somebody(closed):
    unsigned = ask(closed, path="/echo")
    assert (unsigned.status, json.loads(unsigned.body)) == (403, {"Message": "Forbidden"})
    answer = ask(closed, "POST", "/echo?b=1&a=%2F", b"{}", JSON, sign={})
    assert answer.status == 200
    event = json.loads(answer.body)
    identity = event["requestContext"]["authorizer"]["iam"]
    assert (identity["accountId"], identity["userArn"]) == ("000000000000", "arn:aws:iam::000000000000:root")
    assert "authorization" not in event["headers"]
    for wrong in ({"secret": "other"}, {"key": "absent"}, {"service": "sqs"}):
        assert ask(closed, path="/echo", sign=wrong).status == 403
    headers = signed(closed + "echo", "POST", {}, b"one")
    assert [ask(closed, "POST", "/echo", body, headers).status for body in (b"one", b"two")] == [200, 403]
    parts = urllib.parse.urlsplit(closed)
    curl = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--resolve",
                           f"{parts.netloc}:127.0.0.1", "--aws-sigv4", "aws:amz:us-east-1:lambda", "--user",
                           "test:test", closed + "echo"], capture_output=True, text=True, check=True)
    assert curl.stdout == "200"


def test_a_signature_does_not_carry_to_another_url(client, closed):
    other = make(client, "other", "AWS_IAM")
    headers = signed(closed + "echo", "GET", {}, b"")
    assert ask(closed, path="/echo", headers=headers).status == 200
    assert ask(other, path="/echo", headers=headers).status == 403


def test_policies_of_users_and_functions_decide(onput, client, closed):
    granted = make_user(onput, "granted", allow("lambda:InvokeFunctionUrl", PREFIX + "closed"))
    nobody = make_user(onput, "nobody")
    denied = make_user(onput, "denied", allow("lambda:*", "*"), deny("lambda:InvokeFunctionUrl", "*"))
    statuses = [ask(closed, path="/echo", sign=keys).status for keys in (granted, nobody, denied)]
    assert statuses == [200, 403, 403]
    for name in ("nobody", "denied"):
        client.add_permission(FunctionName="closed", StatementId=name, Action="lambda:InvokeFunctionUrl",
                              Principal=f"arn:aws:iam::000000000000:user/{name}", FunctionUrlAuthType="AWS_IAM")
    statuses = [ask(closed, path="/echo", sign=keys).status for keys in (granted, nobody, denied)]
    assert statuses == [200, 200, 403]
    event = json.loads(ask(closed, path="/echo", sign=nobody).body)
    assert event["requestContext"]["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:user/nobody"


def test_who_makes_a_url_is_held_to_its_kind(onput):
    condition = {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}
    keys = make_user(onput, "maker", {**allow("lambda:CreateFunctionUrlConfig", "*"), **condition})
    create(onput.client("lambda"), "made", ECHO)
    maker = onput.client("lambda", **keys)
    assert refusal(maker.create_function_url_config, FunctionName="made", AuthType="NONE")[:2] == (
        403, "AccessDeniedException")
    maker.create_function_url_config(FunctionName="made", AuthType="AWS_IAM")


# ---- pages

def test_a_configuration_answers_browsers(client):
    url = make(client, "paged", "NONE", Cors=CORS)
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT",
             "Access-Control-Request-Headers": "x-own"}
    answer = ask(url, "OPTIONS", "/echo", headers=asked)
    assert (answer.status, answer.body, answer.header("access-control-allow-origin"),
            answer.header("access-control-allow-methods"), answer.header("access-control-max-age")) == (
        200, b"", "https://a.example", "GET,PUT", "60")
    page = ask(url, path="/echo", headers={"Origin": "https://a.example"})
    assert (page.status, page.header("access-control-expose-headers")) == (200, "x-shown")
    # With the keys that everybody knows, pages of other sites are kept out altogether.
    assert ask(url, path="/echo", headers={"Origin": "https://b.example"}).status == 403
    wanted = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
    own = ask(url, "PUT", "/", json.dumps(wanted).encode(), {**JSON, "Origin": "https://a.example"})
    assert own.all("access-control-allow-origin") == ["https://a.example"]


def test_without_a_configuration_the_handler_answers_options(opened):
    event = json.loads(ask(opened, "OPTIONS", "/echo", headers={"Origin": "http://localhost:3000",
                                                                  "Access-Control-Request-Method": "PUT"}).body)
    assert event["requestContext"]["http"]["method"] == "OPTIONS"


# ---- hosts

def test_a_bucket_and_a_url_do_not_take_each_others_name(onput, opened):
    name = urllib.parse.urlsplit(opened).hostname.removesuffix(".localhost")
    onput.s3.create_bucket(Bucket=name)
    onput.s3.put_object(Bucket=name, Key="echo", Body=b"object")
    assert onput.s3.get_object(Bucket=name, Key="echo")["Body"].read() == b"object"
    assert json.loads(ask(opened, path="/echo").body)["version"] == "2.0"
    absent = opened.replace(name.split(".")[0], "0" * 32)
    assert ask(absent, path="/echo").status == 404
    assert ask(opened.replace("us-east-1", "eu-west-1"), path="/echo").status == 404


def test_paths_of_the_gateway_are_the_handlers_own_there(opened):
    assert json.loads(ask(opened, "POST", "/_onput/readyz", b'"mine"', JSON).body) == "mine"


# ---- the command line

def test_the_command_line_gives_a_url_and_shows_it(onput, tmp_path):
    functions = Functions(onput, tmp_path)
    said = functions.deploy("cli", ECHO, "--url").stdout.splitlines()[-1].split()
    assert (said[0], said[2]) == ("url", "created")
    assert ask(said[1], path="/echo").status == 403
    assert ask(said[1], path="/echo", sign={}).status == 200
    opened = functions.deploy("cli", ECHO, "--url", "--auth", "NONE").stdout.splitlines()[-1].split()
    assert opened == ["url", said[1], "updated"]
    assert ask(said[1], path="/echo").status == 200
    shown = json.loads(onput.run("function", "show", "cli").stdout)
    assert [(url["FunctionUrl"], url["AuthType"]) for url in shown["urls"]] == [(said[1], "NONE")]
    assert functions.deploy("cli", ECHO, "--url", "--auth", "NONE").stdout.splitlines()[-1].endswith("unchanged")
    functions.deploy("cli", ECHO, "--url")
    assert ask(said[1], path="/echo").status == 403
    assert refusal(onput.client("lambda").get_policy, FunctionName="cli")[0] == 404
