"""Calls of boto3 that go on while services are killed."""
import time

import botocore.exceptions

TRY_DEADLINE_S = 90


def insist(call, **arguments):
    """As stubborn as an SDK; the answer, or the code of an error that no repetition mends."""
    end = time.monotonic() + TRY_DEADLINE_S
    while True:
        try:
            return call(**arguments)
        except botocore.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500 or time.monotonic() > end:
                raise
        except (botocore.exceptions.BotoCoreError, OSError):
            if time.monotonic() > end:
                raise
