"""Objects encrypted at rest: with the service's keys (SSE-S3), and with a key that the client brings (SSE-C)."""
import base64
import hashlib
import os
import pathlib
import re

import botocore.exceptions
import pytest

from harness.instance import Onput
from harness.topology import ACCOUNT
from harness.wire import Wire

KIB, MIB = 1024, 1024 * 1024
# One of each place in which bytes lie: a row, a record of the segment log, a file.
SIZES = {"row": 4 * KIB, "record": 100 * KIB, "file": 3 * MIB + 5}
MARK = b"what nobody may read on the disk "
BUCKET = "outbox"
CUSTOMER_KEY = bytes(range(32))
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": CUSTOMER_KEY}
SOURCE = {"CopySource" + name: value for name, value in CUSTOMER.items()}


def new_key(name):
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


KEY = new_key("k1")
KMS_KEYS = f"{new_key('media')},{new_key('1234abcd-12ab-34cd-56ef-1234567890ab')}"


def content_of(size):
    return (MARK * (size // len(MARK) + 1))[:size]


def files_with(instance, text):
    """Files of the instance in which the text can be read."""
    return [str(path.relative_to(instance.data)) for path in pathlib.Path(instance.data).rglob("*")
            if path.is_file() and text in path.read_bytes()]


def error_of(function, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        function(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    environment = {"ONPUT_MASTER_KEYS_SECRET": KEY, "ONPUT_KMS_KEYS_SECRET": KMS_KEYS}
    with Onput(tmp_path_factory.mktemp("encrypted"), environment=environment) as instance:
        yield instance


@pytest.fixture
def key(request):
    return re.sub(r"\W", "-", request.node.name)


def upload(s3, key, parts, **arguments):
    """A multipart upload; the keys of a client go with each part."""
    customer = {name: value for name, value in arguments.items() if name.startswith("SSECustomer")}
    created = s3.create_multipart_upload(Bucket=BUCKET, Key=key, **arguments)
    names = {"Bucket": BUCKET, "Key": key, "UploadId": created["UploadId"]}
    done = []
    for number, part in enumerate(parts, 1):
        answer = s3.upload_part(**names, PartNumber=number, Body=part, **customer)
        done.append({"PartNumber": number, "ETag": answer["ETag"]})
    return created, s3.complete_multipart_upload(**names, MultipartUpload={"Parts": done})


# -- The service's keys

@pytest.mark.parametrize("place", SIZES)
def test_every_object_is_encrypted_and_read_back(onput, key, place):
    content = content_of(SIZES[place])
    put = onput.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    assert put["ServerSideEncryption"] == "AES256"
    assert put["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    got = onput.s3.get_object(Bucket=BUCKET, Key=key)
    assert got["ServerSideEncryption"] == "AES256" and got["Body"].read() == content
    for first, last in ((0, 0), (1, 40), (15, 16), (1000, 2047), (len(content) - 3, len(content) - 1)):
        part = onput.s3.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={first}-{last}")["Body"].read()
        assert part == content[first:last + 1], (first, last)
    copied = onput.s3.copy_object(Bucket=BUCKET, Key=key + "-copy", CopySource=f"{BUCKET}/{key}")
    assert copied["ServerSideEncryption"] == "AES256"
    assert onput.s3.get_object(Bucket=BUCKET, Key=key + "-copy")["Body"].read() == content


def test_the_parts_of_an_upload_are_encrypted(onput, key):
    parts = [content_of(5 * MIB), content_of(6 * MIB + 1), b"the last part"]
    created, completed = upload(onput.s3, key, parts)
    assert created["ServerSideEncryption"] == completed["ServerSideEncryption"] == "AES256"
    whole = b"".join(parts)
    assert onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == whole
    seam = 5 * MIB
    got = onput.s3.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={seam - 7}-{seam + 6}")["Body"].read()
    assert got == whole[seam - 7:seam + 7]
    assert onput.s3.get_object(Bucket=BUCKET, Key=key, PartNumber=3)["Body"].read() == parts[2]


def test_a_worker_reads_what_is_encrypted(onput):
    onput.s3.put_object(Bucket="inbox", Key="spoken.txt", Body=b"A text that is spoken.")
    onput.wait_for_object("outbox", "spoken.mp3")


def test_nothing_of_it_can_be_read_on_the_disk(own_onput):
    instance = own_onput(tts=0, environment={"ONPUT_MASTER_KEYS_SECRET": KEY})
    plain = own_onput(tts=0)
    for place, size in SIZES.items():
        for each in (instance, plain):
            each.s3.put_object(Bucket=BUCKET, Key=place, Body=content_of(size))
            each.s3.put_object(Bucket=BUCKET, Key=place + "-c", Body=content_of(size), **CUSTOMER)
    for each in (instance, plain):
        upload(each.s3, "parts", [content_of(5 * MIB), content_of(10)], **CUSTOMER)
    instance.stop()
    plain.stop()
    assert files_with(instance, MARK) == []
    assert len(files_with(plain, MARK)) >= 3  # So it would have been seen.
    for each in (instance, plain):
        assert files_with(each, CUSTOMER_KEY) == []
    assert files_with(instance, base64.b64decode(KEY.split(":")[1])) == []


def test_keys_are_changed_and_older_ones_still_open(own_onput):
    first, second = new_key("first"), new_key("second")
    instance = own_onput(tts=0, environment={"ONPUT_MASTER_KEYS_SECRET": first})
    instance.s3.put_object(Bucket=BUCKET, Key="old", Body=b"sealed with the first key")

    def restart(keys):
        instance.stop()
        instance.environment = {"ONPUT_MASTER_KEYS_SECRET": keys}
        instance.start()

    restart(f"{second},{first}")
    assert instance.s3.get_object(Bucket=BUCKET, Key="old")["Body"].read() == b"sealed with the first key"
    instance.s3.put_object(Bucket=BUCKET, Key="new", Body=b"sealed with the second key")
    restart(second)
    assert instance.s3.get_object(Bucket=BUCKET, Key="new")["Body"].read() == b"sealed with the second key"
    wire = Wire(instance)
    assert wire.send("GET", f"/{BUCKET}/old").status == 503
    assert "'first'" in (instance.data / "log/gateway.log").read_text()
    restart(first)
    assert instance.s3.get_object(Bucket=BUCKET, Key="old")["Body"].read() == b"sealed with the first key"


# -- The client's key

@pytest.mark.parametrize("place", SIZES)
def test_a_clients_key_opens_what_it_has_encrypted(onput, key, place):
    content = content_of(SIZES[place])
    put = onput.s3.put_object(Bucket=BUCKET, Key=key, Body=content, **CUSTOMER)
    md5 = base64.b64encode(hashlib.md5(CUSTOMER_KEY).digest()).decode()
    assert put["SSECustomerAlgorithm"] == "AES256" and put["SSECustomerKeyMD5"] == md5
    assert "ServerSideEncryption" not in put
    assert put["ETag"] != f'"{hashlib.md5(content).hexdigest()}"'
    names = {"Bucket": BUCKET, "Key": key}
    got = onput.s3.get_object(**names, **CUSTOMER)
    assert got["Body"].read() == content and got["SSECustomerKeyMD5"] == md5 and got["ETag"] == put["ETag"]
    assert onput.s3.get_object(**names, **CUSTOMER, Range="bytes=17-99")["Body"].read() == content[17:100]
    assert onput.s3.head_object(**names, **CUSTOMER)["ContentLength"] == len(content)
    attributes = onput.s3.get_object_attributes(
        **names, SSECustomerAlgorithm="AES256", SSECustomerKey=base64.b64encode(CUSTOMER_KEY).decode(),
        SSECustomerKeyMD5=md5, ObjectAttributes=["ObjectSize"])
    assert attributes["ObjectSize"] == len(content)
    other = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
    copied = onput.s3.copy_object(Bucket=BUCKET, Key=key + "-copy", CopySource=names, **SOURCE, **other)
    assert copied["SSECustomerAlgorithm"] == "AES256"
    assert onput.s3.get_object(Bucket=BUCKET, Key=key + "-copy", **other)["Body"].read() == content
    onput.s3.copy_object(Bucket=BUCKET, Key=key + "-plain", CopySource=names, **SOURCE)
    assert onput.s3.get_object(Bucket=BUCKET, Key=key + "-plain")["Body"].read() == content


def test_an_upload_with_a_clients_key(onput, key):
    parts = [content_of(5 * MIB), b"the last part"]
    upload(onput.s3, key, parts, **CUSTOMER)
    got = onput.s3.get_object(Bucket=BUCKET, Key=key, **CUSTOMER)["Body"].read()
    assert got == b"".join(parts)
    created = onput.s3.create_multipart_upload(Bucket=BUCKET, Key=key, **CUSTOMER)
    part = {"Bucket": BUCKET, "Key": key, "UploadId": created["UploadId"], "PartNumber": 1, "Body": b"x"}
    assert error_of(onput.s3.upload_part, **part) == (
        400, "InvalidRequest", "The multipart upload initiate requested encryption. Subsequent part requests must "
        "include the appropriate encryption parameters.")
    assert error_of(onput.s3.upload_part, **part, **{**CUSTOMER, "SSECustomerKey": b"k" * 32}) == (
        400, "InvalidArgument", "The provided encryption parameters did not match the ones used originally.")
    source = onput.s3.upload_part_copy(
        **{name: value for name, value in part.items() if name != "Body"}, CopySource=f"{BUCKET}/{key}",
        CopySourceRange="bytes=0-9", **SOURCE, **CUSTOMER)
    assert source["SSECustomerAlgorithm"] == "AES256"


def test_without_the_right_key_nothing_is_read(onput, key):
    onput.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x", **CUSTOMER)
    onput.s3.put_object(Bucket=BUCKET, Key=key + "-plain", Body=b"x")
    names = {"Bucket": BUCKET, "Key": key}
    missing = (400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct "
               "parameters must be provided to retrieve the object.")
    wrong = {**CUSTOMER, "SSECustomerKey": b"k" * 32}
    assert error_of(onput.s3.get_object, **names) == missing
    assert error_of(onput.s3.head_object, **names)[0] == 400
    assert error_of(onput.s3.get_object, **names, **wrong) == (403, "AccessDenied", "Access Denied")
    assert error_of(onput.s3.head_object, **names, **wrong)[0] == 403
    assert error_of(onput.s3.copy_object, Bucket=BUCKET, Key=key + "-copy", CopySource=names) == missing
    assert error_of(onput.s3.get_object, Bucket=BUCKET, Key=key + "-plain", **CUSTOMER) == (
        400, "InvalidRequest", "The encryption parameters are not applicable to this object.")
    # Nor does a key open another object: what tags and locks say needs none.
    assert onput.s3.get_object_tagging(**names)["TagSet"] == []
    onput.s3.delete_object(**names)


RSC = "Requests specifying Server Side Encryption with Customer provided keys must "
PREFIX = "x-amz-server-side-encryption-customer-"
WHOLE = {"algorithm": "AES256", "key": base64.b64encode(CUSTOMER_KEY).decode(),
         "key-md5": base64.b64encode(hashlib.md5(CUSTOMER_KEY).digest()).decode()}


@pytest.mark.parametrize("changed, status, text", [
    ({"algorithm": None}, 400, RSC + "provide a valid encryption algorithm."),
    ({"algorithm": "AES128"}, 400, RSC + "provide a valid encryption algorithm."),
    ({"key": None}, 400, RSC + "provide an appropriate secret key."),
    ({"key-md5": None}, 400, RSC + "provide the client calculated MD5 of the secret key."),
    ({"key": "AAAA"}, 400, "The secret key was invalid for the specified algorithm."),
    ({"key": "!"}, 400, "The secret key was invalid for the specified algorithm."),
    ({"key-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, 400,
     "The calculated MD5 hash of the key did not match the hash that was provided."),
])
def test_what_is_wrong_with_the_headers_of_a_key(onput, key, changed, status, text):
    headers = {PREFIX + name: value for name, value in {**WHOLE, **changed}.items() if value is not None}
    answer = Wire(onput).send("PUT", f"/{BUCKET}/{key}", headers=headers, body=b"x")
    assert answer.status == status and text in answer.body.decode()
    assert error_of(onput.s3.head_object, Bucket=BUCKET, Key=key)[0] == 404


def test_a_key_does_not_travel_in_the_clear(onput, key):
    headers = {PREFIX + name: value for name, value in WHOLE.items()}
    answer = Wire(onput).send("PUT", f"/{BUCKET}/{key}", headers={**headers, "x-forwarded-proto": "http"}, body=b"x")
    assert answer.status == 400 and RSC + "be made over a secure connection." in answer.body.decode()


def test_other_methods_are_refused(onput, key):
    put = {"Bucket": BUCKET, "Key": key, "Body": b"x"}
    assert error_of(onput.s3.put_object, **put, ServerSideEncryption="aws:kms:dsse")[:2] == (501, "NotImplemented")
    assert error_of(onput.s3.put_object, **put, ServerSideEncryption="ROT13")[:2] == (
        400, "InvalidEncryptionAlgorithmError")
    assert error_of(onput.s3.put_object, **put, ServerSideEncryption="AES256", **CUSTOMER)[:2] == (
        400, "InvalidArgument")
    onput.s3.put_object(**put, ServerSideEncryption="AES256")


# -- Keys that have names (SSE-KMS)

def arn_of(name):
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{name}"


@pytest.mark.parametrize("place", SIZES)
@pytest.mark.parametrize("named, name", [
    (None, "media"), ("alias/media", "media"), ("1234abcd-12ab-34cd-56ef-1234567890ab",) * 2,
    ("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
     "1234abcd-12ab-34cd-56ef-1234567890ab")], ids=["none", "alias", "id", "ARN"])
def test_an_object_under_a_key_of_kms(onput, key, place, named, name):
    content = content_of(SIZES[place])
    wanted = {"ServerSideEncryption": "aws:kms"} | ({"SSEKMSKeyId": named} if named else {})
    put = onput.s3.put_object(Bucket=BUCKET, Key=key, Body=content, **wanted, BucketKeyEnabled=True,
                              SSEKMSEncryptionContext=base64.b64encode(b'{"team":"media"}').decode())
    assert put["ServerSideEncryption"] == "aws:kms" and put["SSEKMSKeyId"] == arn_of(name)
    assert put["BucketKeyEnabled"] and base64.b64decode(put["SSEKMSEncryptionContext"]) == b'{"team":"media"}'
    assert put["ETag"] != f'"{hashlib.md5(content).hexdigest()}"', "S3's is no digest of the bytes either"
    for got in onput.s3.get_object(Bucket=BUCKET, Key=key), onput.s3.head_object(Bucket=BUCKET, Key=key):
        assert got["ServerSideEncryption"] == "aws:kms" and got["SSEKMSKeyId"] == arn_of(name)
        assert got["BucketKeyEnabled"] and got["ETag"] == put["ETag"]
    assert onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == content
    copied = onput.s3.copy_object(Bucket=BUCKET, Key=key + "-copy", CopySource=f"{BUCKET}/{key}")
    assert copied["ServerSideEncryption"] == "AES256", "a copy is encrypted as its request says"
    assert onput.s3.get_object(Bucket=BUCKET, Key=key + "-copy")["Body"].read() == content


def test_an_upload_under_a_key_of_kms(onput, key):
    parts = [content_of(5 * MIB), b"the last part"]
    created, completed = upload(onput.s3, key, parts, ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/media")
    for answer in created, completed:
        assert answer["ServerSideEncryption"] == "aws:kms" and answer["SSEKMSKeyId"] == arn_of("media")
    assert onput.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"".join(parts)


def test_a_key_of_kms_that_is_not_there(onput, key):
    put = {"Bucket": BUCKET, "Key": key, "Body": b"x" * (2 * MIB), "ServerSideEncryption": "aws:kms"}
    assert error_of(onput.s3.put_object, **put, SSEKMSKeyId="alias/none") == (
        400, "KMS.NotFoundException", "Key 'alias/none' does not exist")
    assert error_of(onput.s3.create_multipart_upload, Bucket=BUCKET, Key=key, ServerSideEncryption="aws:kms",
                    SSEKMSKeyId="alias/none")[1] == "KMS.NotFoundException"
    assert error_of(onput.s3.head_object, Bucket=BUCKET, Key=key)[0] == 404


def test_a_buckets_default_key_is_one_of_kms(onput, key):
    s3, bucket = onput.s3, "kms-default"
    s3.create_bucket(Bucket=bucket)
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {
        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn_of("media")}, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] == rules
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (
        "aws:kms", arn_of("media"), True)
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")[
        "ServerSideEncryption"] == "AES256"
    onput.stop()
    onput.start()
    s3 = onput.s3
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["SSEKMSKeyId"] == arn_of("media")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"


# -- The bucket's configuration

def rules_of(*blocked):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    if blocked:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": list(blocked)}
    return {"Rules": [rule]}


def test_a_bucket_says_how_it_encrypts(onput):
    s3, bucket = onput.s3, "told"
    s3.create_bucket(Bucket=bucket)

    def told():
        return s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]

    assert told() == rules_of()
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules_of("SSE-C"))
    assert told() == rules_of("SSE-C")
    assert error_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **CUSTOMER)[:2] == (403, "AccessDenied")
    assert error_of(s3.create_multipart_upload, Bucket=bucket, Key="k", **CUSTOMER)[:2] == (403, "AccessDenied")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_bucket_encryption(Bucket=bucket)
    assert told() == rules_of()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **CUSTOMER)


def test_with_devs_own_key_only_what_wants_it_is_encrypted(own_onput):
    s3 = own_onput(tts=0).s3
    assert "ServerSideEncryption" not in s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    assert "ServerSideEncryption" not in s3.get_object(Bucket=BUCKET, Key="k")
    assert s3.put_object(Bucket=BUCKET, Key="l", Body=b"x", ServerSideEncryption="AES256")[
        "ServerSideEncryption"] == "AES256"
    assert error_of(s3.get_bucket_encryption, Bucket=BUCKET)[:2] == (
        404, "ServerSideEncryptionConfigurationNotFoundError")
    assert error_of(s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", ServerSideEncryption="aws:kms") == (
        501, "NotImplemented", "there are no keys of KMS here: the storage service has no kms_keys_secret")
    with_kms = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    assert error_of(s3.put_bucket_encryption, Bucket=BUCKET, ServerSideEncryptionConfiguration=with_kms)[:2] == (
        501, "NotImplemented")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"with its own key", **CUSTOMER)
    assert s3.get_object(Bucket=BUCKET, Key="k", **CUSTOMER)["Body"].read() == b"with its own key"
