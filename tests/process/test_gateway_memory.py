"""What strangers and slow clients can make the gateway hold, in its resident memory; and that an
ordinary client is served meanwhile.
"""
import urllib.request

from harness.waiting import wait_until
from harness.wire import Wire, read_answer

MIB = 1024 * 1024
# What the allocator, the kernel's pieces and the answers in flight may add to what is counted.
HALF_HEADS, HEAD_BUDGET = 900, 32 * MIB
MARGIN = 48 * MIB
BUDGET = 32 * MIB  # The least that can be configured.
STRANGERS = 40
READERS = 60
MEMORY = {"ONPUT_BODY_MEMORY_BYTES_MAX": str(BUDGET),
          "ONPUT_READ_AHEAD_MEMORY_BYTES_MAX": str(BUDGET)}


def metric(onput, name):
    with urllib.request.urlopen(f"{onput.url}/_onput/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
    raise AssertionError(f"there is no {name}")


def assert_ordinary_clients_are_served(onput):
    sqs = onput.client("sqs", retries={"total_max_attempts": 1})
    url = sqs.create_queue(QueueName="ordinary")["QueueUrl"]
    s3 = onput.client("s3", retries={"total_max_attempts": 1})
    for i in range(5):
        body = bytes([i]) * 20_000
        sqs.send_message(QueueUrl=url, MessageBody="x" * 20_000)
        s3.put_object(Bucket="outbox", Key=f"ordinary-{i}", Body=body)
        assert s3.get_object(Bucket="outbox", Key=f"ordinary-{i}")["Body"].read() == body
        s3.put_object(Bucket="outbox", Key="larger", Body=body * 100)
        assert s3.get_object(Bucket="outbox", Key="larger")["Body"].read() == body * 100


def test_strangers_cannot_make_the_gateway_hold_their_bodies(onput):
    before = onput.resident_bytes("gateway")
    wire = Wire(onput)
    connections, statuses = [], []
    for i in range(STRANGERS):
        connection = wire.connect()
        connections.append(connection)
        kind = ["application/x-www-form-urlencoded", "application/x-amz-json-1.0"][i % 2]
        target = "X-Amz-Target: AmazonSQS.SendMessage\r\n" if i % 2 else ""
        connection.sendall(f"POST / HTTP/1.1\r\nHost: {wire.host}\r\nContent-Type: {kind}\r\n"
                           f"{target}Content-Length: {8 * MIB}\r\n\r\n".encode())
        # Refused by the head: nobody has waited for the body.
        statuses.append(read_answer(connection).status)
    assert statuses == [403] * STRANGERS
    assert onput.resident_bytes("gateway") - before < MARGIN
    for connection in connections:
        connection.close()


def test_half_finished_bodies_stay_below_their_budget(own_onput):
    onput = own_onput(environment=MEMORY)
    before = onput.resident_bytes("gateway")
    wire = Wire(onput)
    connections = []
    for i in range(STRANGERS):
        connection = wire.connect()
        connections.append(connection)
        connection.sendall(wire.head_bytes("PUT", f"/outbox/half-{i}", 16 * MIB))
        connection.settimeout(0.2)
        try:
            # As much as is taken: the gateway reads no more than it has memory for.
            connection.sendall(b"x" * 3 * MIB)
        except TimeoutError:
            pass
    assert 0 < metric(onput, "onput_http_body_memory_bytes") <= BUDGET
    assert onput.resident_bytes("gateway") - before < BUDGET + MARGIN
    assert_ordinary_clients_are_served(onput)
    for connection in connections:
        connection.close()
    wait_until(lambda: metric(onput, "onput_http_body_memory_bytes") == 0, 30,
               "the memory of broken uploads to come back")


def test_half_sent_heads_stay_below_their_budget(own_onput):
    onput = own_onput()
    before = onput.resident_bytes("gateway")
    wire = Wire(onput)
    half = b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 60_000
    connections = []
    for _ in range(HALF_HEADS):
        connections.append(wire.connect())
        connections[-1].sendall(half)
    wait_until(lambda: metric(onput, "onput_http_head_memory_refused_total") > HALF_HEADS // 4, 30,
               "heads beyond the budget to be refused")
    assert metric(onput, "onput_http_head_memory_bytes") <= HEAD_BUDGET
    assert onput.resident_bytes("gateway") - before < HEAD_BUDGET + HALF_HEADS * 8192 + MARGIN
    assert_ordinary_clients_are_served(onput)
    for connection in connections:
        connection.close()
    wait_until(lambda: metric(onput, "onput_http_head_memory_bytes") == 0, 30,
               "the memory of broken heads to come back")


def test_slow_readers_stay_below_their_budget(own_onput):
    onput = own_onput(environment=MEMORY)
    onput.s3.put_object(Bucket="outbox", Key="large", Body=b"x" * 64 * MIB)
    before = onput.resident_bytes("gateway")
    wire = Wire(onput)
    connections = []
    for _ in range(READERS):
        connection = wire.connect()
        connection.setsockopt(1, 8, 4096)  # SO_RCVBUF: the kernel must not do the reading.
        connection.sendall(wire.head_bytes("GET", "/outbox/large", 0))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
        connections.append(connection)
    assert 0 < metric(onput, "onput_http_read_ahead_memory_bytes") <= BUDGET
    assert onput.resident_bytes("gateway") - before < BUDGET + MARGIN
    assert_ordinary_clients_are_served(onput)
    for connection in connections:
        connection.close()
    wait_until(lambda: metric(onput, "onput_http_read_ahead_memory_bytes") == 0, 30,
               "the memory of broken downloads to come back")


def test_many_large_downloads_at_once_are_whole_or_told_to_slow_down(own_onput):
    onput = own_onput(environment=MEMORY)
    body = bytes(range(256)) * (4 * MIB // 256)
    onput.s3.put_object(Bucket="outbox", Key="large", Body=body)
    wire = Wire(onput)
    connections = [wire.connect() for _ in range(400)]
    for connection in connections:
        connection.sendall(wire.head_bytes("GET", "/outbox/large", 0))
    answers = [read_answer(connection) for connection in connections]
    assert {answer.status for answer in answers} <= {200, 503}
    assert all(answer.body == body for answer in answers if answer.status == 200)
    assert all(answer.error_code == "SlowDown" for answer in answers if answer.status == 503)
    assert sum(answer.status == 200 for answer in answers) >= 100
    for connection in connections:
        connection.close()


def test_a_client_that_leaves_a_long_poll_counts_as_gone_and_not_as_a_failure(onput):
    sqs = onput.client("sqs")
    url = sqs.create_queue(QueueName="poll")["QueueUrl"]
    before = metric(onput, "onput_http_errors_total")
    impatient = onput.client("sqs", read_timeout=1, retries={"total_max_attempts": 1})
    try:
        impatient.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        raise AssertionError("there is no message")
    except Exception as error:  # noqa: BLE001 - botocore has several names for it.
        assert "timeout" in type(error).__name__.lower(), error
    wait_until(lambda: has_line(onput, 'onput_sqs_requests_total{op="ReceiveMessage",code="499"} 1'),
               20, "the poll to be counted")
    assert metric(onput, "onput_http_errors_total") == before


def has_line(onput, line):
    with urllib.request.urlopen(f"{onput.url}/_onput/metrics", timeout=10) as answer:
        return line in answer.read().decode().splitlines()


def test_a_signed_request_reaches_the_bucket_that_its_host_names_and_no_other(onput):
    for bucket in ("first", "second"):
        onput.s3.create_bucket(Bucket=bucket)
        onput.s3.put_object(Bucket=bucket, Key="key", Body=bucket.encode())
    wire = Wire(onput)
    wire.host = f"first.localhost:{onput.port}"
    assert wire.send("GET", "/key").body == b"first"
    signed = wire.head_bytes("GET", "/key", 0)
    for authority in (f"second.localhost:{onput.port}", "second.localhost", "localhost"):
        connection = wire.connect()
        connection.sendall(signed.replace(b"GET /key", f"GET http://{authority}/key".encode()))
        assert read_answer(connection).status == 400, authority
        connection.close()
