"""Studio: an instance whose photos are watched, from the upload to what topic `media` is told.

    with Studio(folder) as studio:
        studio.upload("cat.jpg", photo("branches.jpg"))
        end = studio.end_of("cat.jpg")
        assert end["status"] == "succeeded"
"""
import json
import pathlib
import threading

from harness.instance import Onput
from harness.topology import ACCOUNT, queue_arn

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:media"
EAR = "heard-media"
DERIVATIVES = {"thumbnail": "jpg", "web": "webp", "marked": "jpg"}


class Studio(Onput):
    def __init__(self, folder, image=1, tts=0, **options):
        super().__init__(folder, tts=tts, arguments=["--image", str(image)], **options)
        self.ends = {}  # (bucket, key) -> documents, as they came.
        self.messages = []

    def start(self):
        super().start()
        self.sns = self.client("sns")
        statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                     "Action": "sqs:SendMessage", "Resource": queue_arn(EAR),
                     "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}}}
        self.sqs.create_queue(QueueName=EAR, Attributes={
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
        self.sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue_arn(EAR))
        return self

    def upload(self, key, body, bucket="inbox", **metadata):
        """Metadata with '_' for '-': upload(..., onput_derivatives="web")."""
        named = {name.replace("_", "-"): value for name, value in metadata.items()}
        return self.s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=named)

    def hear(self, wait_s=1):
        """Takes what topic `media` was told since the last time; how much that was."""
        url = self.queue_url(EAR)
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                            WaitTimeSeconds=wait_s).get("Messages", [])
        for message in messages:
            envelope = json.loads(message["Body"])
            document = json.loads(envelope["Message"])
            self.messages.append(envelope)
            place = (document["input"]["bucket"], document["input"]["key"])
            self.ends.setdefault(place, []).append(document)
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def end_of(self, key, bucket="inbox", deadline_s=60):
        """What the topic was told of this upload, once it is."""
        for _ in range(deadline_s):
            if (bucket, key) in self.ends:
                return self.ends[bucket, key][-1]
            self.hear()
        raise AssertionError(f"topic media was told nothing of s3://{bucket}/{key} within "
                             f"{deadline_s} s")

    def success_of(self, key, **where):
        end = self.end_of(key, **where)
        assert end["status"] == "succeeded", end
        return end

    def failure_of(self, key, **where):
        end = self.end_of(key, **where)
        assert end["status"] == "failed", end
        return end["error"]

    def fetch(self, key, bucket="outbox"):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def metadata(self, key, bucket="outbox"):
        return self.s3.head_object(Bucket=bucket, Key=key)["Metadata"]

    def count(self, queue):
        """How many messages are in `queue`."""
        counts = self.sqs.get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=["All"])
        return int(counts["Attributes"]["ApproximateNumberOfMessages"])

    def letter(self, queue, key, deadline_s=20):
        """(code, message) of the dead letter about `key`."""
        for _ in range(20):
            letter = self.receive(queue, deadline_s)
            if f'"key":"{key}"' in letter["Body"]:
                told = letter["MessageAttributes"]
                return told["ErrorCode"]["StringValue"], told["ErrorMessage"]["StringValue"]
        raise AssertionError(f"no letter about {key} in {queue}")


def made_of(key, derivatives=None):
    """Keys that the default pipeline makes of a photo, the sidecar last."""
    stem = key.rsplit(".", 1)[0]
    wanted = DERIVATIVES if derivatives is None else derivatives
    return [*(f"{stem}.{name}.{extension}" for name, extension in wanted.items()), f"{stem}.json"]


def inline(value):
    """A value as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value)


def function_toml(name, configuration, bucket="darkroom", **settings):
    """A function and the rule that gives it what is uploaded to <bucket>/<name>/."""
    rows = "".join(f"{key} = {inline(value)}\n" for key, value in settings.items())
    return (f'[[function]]\nname = "{name}"\nworker = "image"\n'
            f'success_topic = "media"\nfailure_topic = "media"\n{rows}'
            f"configuration = {inline(configuration)}\n"
            f'[[notification]]\nbucket = "{bucket}"\nid = "{name}"\n'
            f'events = ["s3:ObjectCreated:*"]\nprefix = "{name}/"\nfunction = "{name}"\n')


def names_toml(kind, *names):
    return "".join(f'[[{kind}]]\nname = "{name}"\n' for name in names)


class MemoryWatch:
    """The most memory that one process of a service's workers took while watched: the worker's own
    and that of its jobs, each a process below it."""

    def __init__(self, onput, service):
        self.onput = onput
        self.service = service
        self.worker_bytes = 0
        self.job_bytes = 0
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        while not self.end.wait(0.03):
            for pid in self.onput.pids(self.service):
                self.worker_bytes = max(self.worker_bytes, resident_bytes(pid))
                below = descendants(pid)
                self.job_bytes = max([self.job_bytes, *map(resident_bytes, below)])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.end.set()
        self.thread.join()


def descendants(pid):
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [one for child in map(int, children) for one in (child, *descendants(child))]


def resident_bytes(pid):
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
