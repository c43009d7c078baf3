"""Health and metrics of every service: what Prometheus and health checks see of a running Onput."""
import re
import urllib.request

import botocore.exceptions
import pytest

from harness.instance import SERVICES
from harness.topology import SPEECH
from harness.waiting import wait_until
from harness.watched import Watched, get, read_metrics


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    instance = Watched(tmp_path_factory.mktemp("watched"))
    with instance.onput:
        yield instance


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_lives_is_ready_and_has_metrics_that_prometheus_reads(watched, service):
    assert watched.ask(service, "livez") == (200, "alive\n")
    wait_until(lambda: watched.ask(service, "readyz") == (200, "ready\n"), 20, f"{service} ready")
    samples = watched.metrics(service)
    assert samples[f'onput_build_info{{service="{service}",version="0.1.0"}}'] == 1


def test_the_port_of_the_protocols_says_what_the_gateways_own_address_says(watched):
    for what in ("livez", "readyz"):
        assert get(f"{watched.onput.url}/_onput/{what}") == watched.ask("gateway", what)
    both = [{name.split("{")[0] for name in metrics} for metrics in (
        read_metrics(get(f"{watched.onput.url}/_onput/metrics")[1]), watched.metrics("gateway"))]
    assert both[0] == both[1]


def test_requests_are_counted_by_operation_and_code(watched):
    onput = watched.onput
    onput.s3.put_object(Bucket="outbox", Key="counted", Body=b"x")
    before = watched.metrics("gateway")
    for _ in range(3):
        onput.s3.get_object(Bucket="outbox", Key="counted")["Body"].read()
    with pytest.raises(botocore.exceptions.ClientError):
        onput.s3.get_object(Bucket="outbox", Key="missing")
    onput.s3.head_object(Bucket="outbox", Key="counted")
    url = onput.sqs.create_queue(QueueName="counted")["QueueUrl"]
    onput.sqs.send_message(QueueUrl=url, MessageBody="x")
    onput.client("sns").list_topics()
    assert get(f"{onput.url}/outbox/counted")[0] == 403
    # Counted once the answer has left, which its reader may see earlier.
    refused = 'onput_s3_requests_total{op="GetObject",code="403"}'
    watched.wait_for_metric("gateway", refused, before.get(refused, 0) + 1)
    after = watched.metrics("gateway")

    def more(name):
        return after[name] - before.get(name, 0)
    assert more('onput_s3_requests_total{op="GetObject",code="200"}') == 3
    assert more('onput_s3_requests_total{op="GetObject",code="404"}') == 1
    assert more('onput_s3_requests_total{op="HeadObject",code="200"}') == 1
    assert more('onput_sqs_requests_total{op="SendMessage",code="200"}') == 1
    assert more('onput_sns_requests_total{op="ListTopics",code="200"}') == 1
    assert more('onput_s3_request_seconds_count{op="GetObject"}') == 5
    assert more('onput_s3_request_seconds_bucket{op="GetObject",le="+Inf"}') == 5
    assert 0 < more('onput_s3_request_seconds_sum{op="GetObject"}') < 60


def test_one_upload_leaves_its_trace_in_the_metrics_of_every_service(watched):
    onput = watched.onput
    emitted = 'onput_events_emitted_total{type="ObjectCreated:Put"}'
    before = watched.metrics("storage").get(emitted, 0)
    onput.s3.put_object(Bucket="inbox", Key="spoken.txt", Body=b"Counted.")
    assert onput.wait_for_object("outbox", "spoken.mp3")
    # The recording is an upload, too.
    watched.wait_for_metric("storage", emitted, before + 2)
    watched.wait_for_metric("tts", "onput_worker_busy", 0)
    assert watched.metrics("tts")['onput_worker_jobs_total{outcome="succeeded"}'] >= 1
    target = f'target="{SPEECH}"'
    wait_until(lambda: watched.metrics("notifier").get(
        f'onput_delivery_attempts_total{{{target},outcome="delivered"}}', 0) >= 1, 20, "a delivery")
    notifier = watched.metrics("notifier")
    assert notifier[f"onput_delivery_lag_seconds{{{target}}}"] > 0
    assert notifier["onput_bus_hwm_drops_total"] == 0
    watched.wait_for_metric("queue", 'onput_queue_messages{queue="function/speech",state="in_flight"}', 0)
    assert 'onput_queue_oldest_seconds{queue="function/speech"}' in watched.metrics("queue")


@pytest.mark.parametrize("service,family", [("notifier", "onput_journal_fsync_seconds"),
                                            ("storage", "onput_storage_fsync_seconds"),
                                            ("queue", "onput_queue_fsync_seconds")])
def test_a_store_says_how_long_its_syncs_take(watched, service, family):
    watched.onput.s3.put_object(Bucket="inbox", Key=f"{service}.txt", Body=b"Synced.")
    assert watched.onput.wait_for_object("outbox", f"{service}.mp3")
    samples = watched.metrics(service)
    assert samples[f"{family}_count"] > 0
    assert samples[f"{family}_count"] == samples[f'{family}_bucket{{le="+Inf"}}']
    assert 0 < samples[f"{family}_sum"] < 60


def test_a_gateway_without_storage_is_not_ready_and_says_for_whom_it_waits(own_onput):
    onput = own_onput(tts=0, arguments=["--image", "0"])
    storage = onput.data / "storage"
    # With its data locked away the service cannot come back.
    away = storage.rename(storage.with_name("storage.away"))
    storage.write_text("no directory")
    onput.kill("storage")

    def waits():
        status, text = get(f"{onput.url}/_onput/readyz")
        return status == 503 and re.fullmatch(r"waiting for the storage service at ipc://.*\n", text)
    wait_until(waits, 20, "a gateway that waits")
    assert get(f"{onput.url}/_onput/livez") == (200, "alive\n")
    storage.unlink()
    away.rename(storage)
    wait_until(lambda: get(f"{onput.url}/_onput/readyz") == (200, "ready\n"), 30, "a ready gateway")
