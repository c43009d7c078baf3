"""Uploads from several clients at once, as stubborn as an SDK: they try again until acknowledged."""
import http.client
import threading
import time

import botocore.exceptions as botocore_errors

from harness.wire import Wire

RETRY_PERIOD_S = 0.05
TRY_DEADLINE_S = 60


class Uploader:
    """Puts texts into inbox over connections of its own until there is no next one."""

    def __init__(self, onput, clients, next_upload, pace_s=0):
        self.onput = onput
        self.pace_s = pace_s            # How long a client rests after each upload.
        self.next_upload = next_upload  # () -> (key, body), or None at the end.
        self.acknowledged = {}          # key -> body
        self.retries = 0
        self.failure = None
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._work, args=(number,), daemon=True)
                        for number in range(clients)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    @property
    def is_done(self):
        return not any(thread.is_alive() for thread in self.threads)

    def join(self):
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure

    def _work(self, number):
        # Half of them are boto3 with its own retries on top, half are requests signed by hand.
        put = self._put_by_boto3() if number % 2 else self._put_by_hand()
        try:
            while upload := self.next_upload():
                self._insist(put, *upload)
                time.sleep(self.pace_s)
        except Exception as error:  # Told by join(), in the test's own thread.
            self.failure = error

    def _put_by_boto3(self):
        s3 = self.onput.client("s3", read_timeout=20, retries={"mode": "standard"})
        return lambda key, body: s3.put_object(Bucket="inbox", Key=key, Body=body)

    def _put_by_hand(self):
        wire = Wire(self.onput)

        def put(key, body):
            answer = wire.send("PUT", f"/inbox/{key}", body)
            if answer.status >= 500:
                raise ConnectionError(f"{answer.status} {answer.body!r}")
            assert answer.status == 200, (key, answer)
        return put

    def _insist(self, put, key, body):
        end = time.monotonic() + TRY_DEADLINE_S
        while True:
            try:
                put(key, body)
                break
            except Exception as error:
                if time.monotonic() > end or not _is_worth_repeating(error):
                    raise
                self.retries += 1
                time.sleep(RETRY_PERIOD_S)
        with self.lock:
            self.acknowledged[key] = body


def _is_worth_repeating(error):
    if isinstance(error, botocore_errors.ClientError):
        return error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    return isinstance(error, (OSError, http.client.HTTPException, botocore_errors.BotoCoreError))
