"""Events and handlers while the function worker is killed: each is handled at least once."""
from harness.functions import ENVIRONMENT, Functions, environment_processes
from harness.waiting import wait_until

COUNT = 200


def test_no_event_is_lost_when_the_worker_is_killed(own_onput):
    onput = own_onput(tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"])
    for bucket in ("inbox", "outbox"):
        onput.s3.create_bucket(Bucket=bucket)
    functions = Functions(onput, onput.folder / "code")
    functions.deploy("copies", """
        import boto3

        s3 = boto3.client("s3")

        def lambda_handler(event, context):
            for record in event["Records"]:
                s3.put_object(Bucket="outbox", Key=record["s3"]["object"]["key"], Body=b"")
    """, "--on", "s3://inbox")
    names = [f"{number:03}" for number in range(COUNT)]
    for number, name in enumerate(names):
        onput.s3.put_object(Bucket="inbox", Key=name, Body=b"")
        if number in (COUNT // 4, COUNT // 2, COUNT - 1):
            wait_until(lambda done=number: len(onput.keys("outbox")) > done // 4, 60, "some are handled")
            assert onput.kill("function")
    wait_until(lambda: onput.keys("outbox") == names, 120, "every event is handled")


def test_handlers_die_with_their_worker(own_onput):
    onput = own_onput(tts=0, environment=ENVIRONMENT, arguments=["--no-pipeline", "--image", "0"])
    functions = Functions(onput, onput.folder / "code")
    functions.deploy("waits", "def lambda_handler(event, context): return 1")
    functions.invoke("waits")
    handlers = environment_processes(onput)
    assert handlers
    before = onput.pids("function")
    onput.kill("function")

    def gone():
        return not any(is_alive(pid) for pid in handlers)
    wait_until(gone, 10, "the handlers are gone")
    wait_until(lambda: set(onput.pids("function")) - set(before), 20, "another worker")
    wait_until(lambda: onput.run("function", "invoke", "waits", expect=None).stdout == "1", 20, "its answer")


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
