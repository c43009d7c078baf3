"""Unmodified AWS clients, as programs."""
import os
import pathlib
import subprocess
import sys

import pytest

from harness.instance import clean_environment

# Version 1 lives in the environment that runs the tests; version 2 is Debian's.
CLI_V1 = pathlib.Path(sys.executable).parent / "aws"
CLI_V2 = pathlib.Path("/usr/bin/aws")
SYSTEM_PYTHON = "/usr/bin/python3"


def pointed_at(onput):
    return clean_environment(AWS_ENDPOINT_URL=onput.url, AWS_ACCESS_KEY_ID="test",
                             AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1",
                             PATH=os.environ.get("PATH", "/usr/bin:/bin"))


def run_client(onput, *words, expect=0, deadline_s=120, **options):
    done = subprocess.run([str(word) for word in words], env=pointed_at(onput), text=True,
                          capture_output=True, timeout=deadline_s, **options)
    if expect is not None:
        assert done.returncode == expect, (
            f"{' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class AwsCli:
    """One version of the AWS CLI, pointed at an instance."""

    def __init__(self, program, onput):
        if not program.exists():
            pytest.skip(f"there is no {program}: install tests/packages.txt")
        self.program = program
        self.onput = onput

    def __call__(self, *words, **options):
        return run_client(self.onput, self.program, "--endpoint-url", self.onput.url, *words,
                          **options).stdout


def system_boto3(onput, script):
    """Runs a script with the older SDK of Debian, which speaks SQS's query protocol."""
    begin = ("import boto3, os\n"
             "assert boto3.__version__ == '1.26.27', boto3.__version__\n"
             "def client(name): return boto3.client(name, endpoint_url=os.environ['AWS_ENDPOINT_URL'])\n"
             "s3, sqs = client('s3'), client('sqs')\n")
    probe = subprocess.run([SYSTEM_PYTHON, "-c", "import boto3"], capture_output=True,
                           env=clean_environment())
    if probe.returncode != 0:
        pytest.skip("there is no python3-boto3: install tests/packages.txt")
    return run_client(onput, SYSTEM_PYTHON, "-", input=begin + script).stdout


def curl(onput, *words):
    """curl's own signature; the status code as a number, and the body."""
    done = run_client(onput, "curl", "-sS", "-w", "\n%{http_code}", "--aws-sigv4",
                      "aws:amz:us-east-1:s3", "--user", "test:test", "-H",
                      "x-amz-content-sha256: UNSIGNED-PAYLOAD", *words)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def probe_rate(path):
    done = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=sample_rate", "-of",
                           "default=noprint_wrappers=1:nokey=1", str(path)], capture_output=True, text=True,
                          check=True, timeout=60)
    return int(done.stdout.split()[0])


def probe_audio(path):
    """What ffprobe says of a recording: (codec, seconds)."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name:format=duration", "-of",
         "default=noprint_wrappers=1:nokey=1", str(path)],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    codec, seconds = done.stdout.split()[:2]
    return codec, float(seconds)
