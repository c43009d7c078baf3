"""Handlers as people write them against AWS, run from their source, and what they see of Lambda."""
import io
import json
import os
import re

import pytest
from PIL import Image

from harness.functions import ENVIRONMENT, Functions
from harness.instance import Onput
from harness.topology import queue_arn
from harness.topics import sending_policy
from harness.waiting import wait_until

NOBODY = 65534

# ---- the handlers of three tutorials

SPEAK = """
    import os
    import urllib.parse

    import boto3

    s3 = boto3.client("s3")
    polly = boto3.client("polly")

    def lambda_handler(event, context):
        for record in event["Records"]:
            bucket = record["s3"]["bucket"]["name"]
            key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
            response = polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
            name = os.path.splitext(os.path.basename(key))[0] + ".mp3"
            s3.put_object(Bucket=os.environ["OUTPUT_BUCKET"], Key=name,
                          Body=response["AudioStream"].read(), ContentType="audio/mpeg")
        return {"statusCode": 200}
"""

ALERT = """
    import json
    import os

    import boto3

    sns = boto3.client("sns")

    def lambda_handler(event, context):
        record = event["Records"][0]["s3"]
        message = f"New image uploaded: {record['object']['key']} in {record['bucket']['name']}"
        sns.publish(TopicArn=os.environ["SNS_TOPIC_ARN"], Subject="New Image Upload", Message=message)
        return {"statusCode": 200, "body": json.dumps("Notification sent")}
"""

RESIZE = """
    import io
    import os

    import boto3
    from PIL import Image, ImageDraw

    s3 = boto3.client("s3")
    sns = boto3.client("sns")

    def lambda_handler(event, context):
        bucket = event["Records"][0]["s3"]["bucket"]["name"]
        key = event["Records"][0]["s3"]["object"]["key"]
        photo = Image.open(s3.get_object(Bucket=bucket, Key=key)["Body"])
        photo.thumbnail((300, 300))
        ImageDraw.Draw(photo).text((10, 10), "(c) Example", fill=(255, 255, 255))
        out = io.BytesIO()
        photo.save(out, "JPEG", quality=85)
        out.seek(0)
        s3.put_object(Bucket=os.environ["OUTPUT_BUCKET"], Key=f"resized-{key}", Body=out, ContentType="image/jpeg")
        sns.publish(TopicArn=os.environ["SNS_TOPIC_ARN"], Message=f"Image {key} resized and watermarked")
"""


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    folder = tmp_path_factory.mktemp("functions")
    with Onput(folder, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"]) as instance:
        for bucket in ("inbox", "outbox"):
            instance.s3.create_bucket(Bucket=bucket)
        yield instance


@pytest.fixture(scope="module")
def functions(onput):
    return Functions(onput, onput.folder / "code")


@pytest.fixture(scope="module")
def topic(onput):
    """A topic, and a queue that hears it."""
    sns = onput.client("sns")
    arn = sns.create_topic(Name="news")["TopicArn"]
    url = onput.sqs.create_queue(QueueName="heard")["QueueUrl"]
    onput.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": sending_policy("heard", arn)})
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn("heard"))
    return arn


def test_a_text_is_spoken_by_polly(onput, functions):
    functions.deploy("speak", SPEAK, "--on", "s3://inbox", "--suffix", ".txt", "--env", "OUTPUT_BUCKET=outbox")
    onput.s3.put_object(Bucket="inbox", Key="a letter.txt", Body=b"Hello from a handler.")
    assert len(onput.wait_for_object("outbox", "a letter.mp3")) > 1000


def test_an_image_is_announced(onput, functions, topic):
    functions.deploy("alert", ALERT, "--on", "s3://inbox", "--suffix", ".png", "--env", f"SNS_TOPIC_ARN={topic}")
    onput.s3.put_object(Bucket="inbox", Key="cat.png", Body=b"not looked at")
    heard = json.loads(onput.receive("heard")["Body"])
    assert heard["Subject"] == "New Image Upload"
    assert heard["Message"] == "New image uploaded: cat.png in inbox"


def test_a_photo_is_resized_and_watermarked(onput, functions, topic):
    functions.deploy("resize", RESIZE, "--on", "s3://inbox", "--suffix", ".jpg", "--memory", "512",
                     "--env", "OUTPUT_BUCKET=outbox", "--env", f"SNS_TOPIC_ARN={topic}")
    photo = io.BytesIO()
    Image.new("RGB", (1200, 800), "navy").save(photo, "JPEG")
    onput.s3.put_object(Bucket="inbox", Key="sea.jpg", Body=photo.getvalue())
    made = Image.open(io.BytesIO(onput.wait_for_object("outbox", "resized-sea.jpg")))
    assert made.size == (300, 200)
    assert json.loads(onput.receive("heard")["Body"])["Message"] == "Image sea.jpg resized and watermarked"


# ---- what a handler sees, and what its caller gets

def test_an_answer_comes_back_with_the_lines_of_its_log(functions):
    functions.deploy("echo", """
        def lambda_handler(event, context):
            print("I was asked")
            return {"event": event, "id": context.aws_request_id}
    """)
    answer = functions.invoke("echo", {"a": [1, "ü"]})
    assert answer.json["event"] == {"a": [1, "ü"]}
    request = answer.json["id"]
    lines = answer.log.splitlines()
    assert lines[0] == f"START RequestId: {request} Version: $LATEST"
    assert "I was asked" in lines
    assert lines[-2] == f"END RequestId: {request}"
    assert re.fullmatch(rf"REPORT RequestId: {request}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
                        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t", lines[-1])
    assert "Init Duration" not in functions.invoke("echo", 1).log.splitlines()[-1]


def test_the_context_is_whole(functions):
    functions.deploy("context", """
        import os

        def lambda_handler(event, context):
            return {"name": context.function_name, "version": context.function_version,
                    "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
                    "group": context.log_group_name, "stream": context.log_stream_name,
                    "left": context.get_remaining_time_in_millis(), "identity": context.identity is not None,
                    "cwd": os.getcwd(), "uid": os.getuid(), "env": os.environ["AWS_EXECUTION_ENV"]}
    """, "--timeout", "7", "--memory", "256")
    seen = functions.invoke("context").json
    assert 5000 < seen.pop("left") <= 7000
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen.pop("stream"))
    assert seen == {"name": "context", "version": "$LATEST", "memory": "256", "identity": True, "uid": 993,
                    "arn": "arn:aws:lambda:us-east-1:000000000000:function:context", "cwd": "/var/task",
                    "group": "/aws/lambda/context", "env": "AWS_Lambda_python3.11"}


def test_an_exception_is_told_as_lambda_tells_it(functions):
    functions.deploy("raises", """
        def boom():
            raise ValueError("no such colour")

        def lambda_handler(event, context):
            boom()
    """)
    answer = functions.invoke("raises", fails=True)
    body = answer.json
    assert list(body) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (body["errorMessage"], body["errorType"]) == ("no such colour", "ValueError")
    assert body["stackTrace"][-1] == ('  File "/var/task/app.py", line 3, in boom\n'
                                      '    raise ValueError("no such colour")\n')
    assert "[ERROR] ValueError: no such colour\nTraceback (most recent call last):\n" in answer.log


@pytest.mark.parametrize("source, handler, kind, message", [
    ("import nothing_like_it", "app.lambda_handler", "Runtime.ImportModuleError",
     "Unable to import module 'app': No module named 'nothing_like_it'"),
    ("x = 1", "app.lambda_handler", "Runtime.HandlerNotFound", "Handler 'lambda_handler' missing on module 'app'"),
    ("def f(:", "app.lambda_handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
    ("x = 1", "app", "Runtime.MalformedHandlerName",
     "Bad handler 'app': not enough values to unpack (expected 2, got 1)")])
def test_code_that_cannot_be_loaded_is_named(functions, source, handler, kind, message):
    name = f"fault-{kind.rsplit('.', 1)[1]}"
    functions.deploy(name, source, handler=handler)
    body = functions.invoke(name, fails=True).json
    assert body["errorType"] == kind
    assert body["errorMessage"].startswith(message)
    assert body["requestId"] == ""


def test_what_cannot_be_json_is_a_marshal_error(functions):
    functions.deploy("sets", "def lambda_handler(event, context): return {1, 2}")
    body = functions.invoke("sets", fails=True).json
    assert body["errorType"] == "Runtime.MarshalError"
    assert body["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_logging_has_lambdas_form(functions):
    functions.deploy("logs", """
        import logging

        logging.getLogger().setLevel(logging.INFO)

        def lambda_handler(event, context):
            logging.info("looked at %s", "it")
            return context.aws_request_id
    """)
    answer = functions.invoke("logs")
    assert re.search(rf"^\[INFO\]\t\d{{4}}-\d\d-\d\dT[\d:]+\.\d{{3}}Z\t{answer.json}\tlooked at it$", answer.log,
                     re.MULTILINE)
    wait_until(lambda: "looked at it" in functions.log("logs"), 20, "the line in the log")


def test_node_handlers_run(functions):
    functions.deploy("node", """
        exports.handler = async (event, context) => {
            console.log("node was asked\\nfor this");
            return { doubled: event.n * 2, name: context.functionName, left: context.getRemainingTimeInMillis() > 0 };
        };
    """, file="app.js")
    answer = functions.invoke("node", {"n": 21})
    assert answer.json == {"doubled": 42, "name": "node", "left": True}
    assert re.search(r"^\S+Z\t[0-9a-f-]{36}\tINFO\tnode was asked\nfor this$", answer.log, re.MULTILINE)


@pytest.mark.parametrize("name, source, body", [
    ("callback", "exports.handler = (event, context, callback) => setTimeout(() => callback(null, 7), 5);", 7),
    ("silent", "exports.handler = () => {};", None)])
def test_node_handlers_with_callbacks_run(functions, name, source, body):
    functions.deploy(f"node-{name}", source, file="app.js")
    assert functions.invoke(f"node-{name}").json == body


def test_node_modules_run(functions):
    functions.deploy("esm", "export const handler = async () => 'from a module';", file="app.mjs")
    assert functions.invoke("esm").json == "from a module"


def test_a_node_error_is_told_as_lambda_tells_it(functions):
    functions.deploy("node-raises", "exports.handler = async () => { throw new TypeError('odd'); };", file="app.js")
    body = functions.invoke("node-raises", fails=True).json
    assert list(body) == ["errorType", "errorMessage", "trace"]
    assert (body["errorType"], body["errorMessage"]) == ("TypeError", "odd")
    assert body["trace"][0] == "TypeError: odd"


PROVIDED = """#!/usr/bin/python3
import json, os, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        request = event.headers["Lambda-Runtime-Aws-Request-Id"]
        body = json.load(event)
    answer = json.dumps({"seen": body, "task": os.environ["LAMBDA_TASK_ROOT"]}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{api}{request}/response", answer)).read()
"""


def test_a_program_of_ones_own_runs(functions):
    functions.deploy("own", PROVIDED, file="bootstrap")
    assert functions.invoke("own", [1]).json == {"seen": [1], "task": "/var/task"}


def test_an_answer_of_six_megabytes_comes_back_whole_and_a_larger_one_is_refused(functions):
    functions.deploy("large", "def lambda_handler(event, context): return 'x' * event")
    assert functions.invoke("large", 6 * 1024 * 1024 - 2).payload == '"' + "x" * (6 * 1024 * 1024 - 2) + '"'
    body = functions.invoke("large", 7 * 1024 * 1024, fails=True).json
    assert body["errorType"] == "Function.ResponseSizeTooLarge"


def test_new_code_is_what_runs_next(functions):
    functions.deploy("changes", "def lambda_handler(event, context): return 1")
    assert functions.invoke("changes").json == 1
    functions.deploy("changes", "def lambda_handler(event, context): return 2")
    assert functions.invoke("changes").json == 2
    assert "unchanged" in functions.deploy("changes", "def lambda_handler(event, context): return 2").stdout


def test_a_pipeline_file_names_code_beside_it(onput, functions, tmp_path):
    (tmp_path / "greet.py").write_text("def lambda_handler(event, context):\n    return 'hello'\n")
    (tmp_path / "pipeline.toml").write_text('[[function]]\nname = "greet"\nworker = "function"\n'
                                            'code = "greet.py"\ntimeout_s = 10\n')
    onput.run("pipeline", "apply", tmp_path / "pipeline.toml")
    assert functions.invoke("greet").json == "hello"
    assert "greet" in onput.run("function", "ls").stdout
    assert json.loads(onput.run("function", "show", "greet").stdout)["handler"]["runtime"] == "python3.11"
    onput.run("function", "rm", "greet")
    assert onput.run("function", "show", "greet", expect=3)


def test_a_worker_that_is_not_root_isolates_as_well(tmp_path):
    if os.getuid() != 0:
        pytest.skip("THE OTHER TESTS ARE NOT ROOT'S EITHER")
    for path in [tmp_path, *tmp_path.parents]:
        path.chmod(path.stat().st_mode | 0o001)
    owned = tmp_path / "owned"
    owned.mkdir()
    os.chown(owned, NOBODY, NOBODY)
    with Onput(owned, tts=0, arguments=["--no-pipeline", "--image", "0"]) as instance:
        own = Functions(instance, tmp_path / "code")
        own.deploy("who", """
            import os

            def lambda_handler(event, context):
                return {"uid": os.getuid(), "root": os.path.exists("/root"), "pids": len(os.listdir("/proc")) < 99}
        """)
        assert own.invoke("who").json == {"uid": 993, "root": False, "pids": True}


def test_a_worker_may_run_handlers_without_a_sandbox_when_told_to(tmp_path):
    weak = {**ENVIRONMENT, "ONPUT_FUNCTION_ISOLATION": "weak"}
    with Onput(tmp_path, tts=0, environment=weak, arguments=["--no-pipeline", "--image", "0"]) as instance:
        own = Functions(instance, tmp_path / "code")
        own.deploy("weak", """
            import os

            import boto3

            def lambda_handler(event, context):
                boto3.client("s3").create_bucket(Bucket="made")
                return os.getcwd() == os.environ["LAMBDA_TASK_ROOT"]
        """)
        assert own.invoke("weak").json is True
        assert "handlers run without a sandbox" in (instance.data / "log/function-1.log").read_text()


def test_a_failed_event_is_tried_again_with_the_same_request_id(onput, functions):
    functions.deploy("retried", """
        import boto3

        s3 = boto3.client("s3")

        def lambda_handler(event, context):
            key = f"attempts/{context.aws_request_id}"
            try:
                body = s3.get_object(Bucket="outbox", Key=key)["Body"].read()
            except s3.exceptions.NoSuchKey:
                body = b""
            s3.put_object(Bucket="outbox", Key=key, Body=body + b"x")
            if len(body) < 2:
                raise RuntimeError("not yet")
    """, "--on", "s3://inbox", "--suffix", ".again")
    onput.s3.put_object(Bucket="inbox", Key="one.again", Body=b"")

    def attempts():
        keys = onput.keys("outbox", "attempts/")
        return [onput.s3.get_object(Bucket="outbox", Key=key)["Body"].read() for key in keys]
    wait_until(lambda: attempts() == [b"xxx"], 40, "three attempts of one request")
