"""Objects and buckets as boto3 sees them: listings, ranges, conditions, presigned URLs, refusals."""
import datetime
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from harness.wire import Wire

KEYS = sorted(f"{folder}/{number:02}.bin" for folder in ("a", "b", "c d", "ü") for number in range(6))


@pytest.fixture(scope="module")
def bucket(onput):
    """A bucket with objects in folders; each holds its own key."""
    onput.s3.create_bucket(Bucket="folders")
    for key in KEYS + ["top"]:
        onput.s3.put_object(Bucket="folders", Key=key, Body=key.encode())
    return "folders"


@pytest.fixture(scope="module")
def alphabet(onput):
    """An object whose ranges are easy to name, and its ETag."""
    put = onput.s3.put_object(Bucket="outbox", Key="alphabet", Body=b"abcdefghijklmnopqrstuvwxyz",
                              ContentType="text/x-letters", CacheControl="max-age=5",
                              ContentDisposition="attachment", Metadata={"colour": "blue"})
    return "alphabet", put["ETag"]


def error_of(call, **arguments):
    """(status, code) of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("page_size", [1, 4, 1000])
def test_pages_of_any_size_hold_each_key_once_and_in_order(onput, bucket, operation, page_size):
    pages = onput.s3.get_paginator(operation).paginate(
        Bucket=bucket, PaginationConfig={"PageSize": page_size})
    assert [item["Key"] for page in pages for item in page["Contents"]] == sorted(
        KEYS + ["top"], key=str.encode)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_a_delimiter_rolls_keys_up_into_folders(onput, bucket, operation, page_size):
    pages = list(onput.s3.get_paginator(operation).paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": page_size}))
    folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
    assert folders == ["a/", "b/", "c d/", "ü/"]
    assert [i["Key"] for page in pages for i in page.get("Contents", [])] == ["top"]


def test_a_listing_begins_after_the_key_it_is_told(onput, bucket):
    listed = onput.s3.list_objects_v2(Bucket=bucket, Prefix="a/", StartAfter="a/03.bin")
    assert [item["Key"] for item in listed["Contents"]] == ["a/04.bin", "a/05.bin"]
    assert onput.s3.list_objects(Bucket=bucket, Marker="b/04.bin", MaxKeys=1)["Contents"][0][
        "Key"] == "b/05.bin"


def test_a_listing_tells_size_etag_and_time(onput, bucket):
    item = onput.s3.list_objects_v2(Bucket=bucket, Prefix="top")["Contents"][0]
    head = onput.s3.head_object(Bucket=bucket, Key="top")
    assert (item["Size"], item["ETag"]) == (3, head["ETag"])
    age = datetime.datetime.now(datetime.timezone.utc) - item["LastModified"]
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=10)


def test_an_objects_headers_come_back(onput, alphabet):
    got = onput.s3.get_object(Bucket="outbox", Key=alphabet[0])
    assert got["ContentType"] == "text/x-letters" and got["CacheControl"] == "max-age=5"
    assert got["ContentDisposition"] == "attachment" and got["Metadata"] == {"colour": "blue"}


@pytest.mark.parametrize("asked, got, told", [
    ("bytes=0-0", b"a", "bytes 0-0/26"),
    ("bytes=2-4", b"cde", "bytes 2-4/26"),
    ("bytes=24-", b"yz", "bytes 24-25/26"),
    ("bytes=24-99", b"yz", "bytes 24-25/26"),
    ("bytes=-3", b"xyz", "bytes 23-25/26"),
])
def test_a_range_is_the_bytes_asked_for(onput, alphabet, asked, got, told):
    answer = onput.s3.get_object(Bucket="outbox", Key=alphabet[0], Range=asked)
    assert (answer["Body"].read(), answer["ContentRange"]) == (got, told)


def test_a_range_behind_the_end_is_refused(onput, alphabet):
    assert error_of(onput.s3.get_object, Bucket="outbox", Key=alphabet[0],
                    Range="bytes=26-") == (416, "InvalidRange")


@pytest.mark.parametrize("size", [8192, 8193, 1048576, 1048577, 9 * 1024 * 1024])
def test_an_object_of_any_storage_tier_comes_back_whole_and_in_parts(onput, size):
    body = bytes(range(251)) * (size // 251) + b"\7" * (size % 251)
    onput.s3.put_object(Bucket="outbox", Key=f"tier-{size}", Body=body)
    assert onput.s3.get_object(Bucket="outbox", Key=f"tier-{size}")["Body"].read() == body
    middle = onput.s3.get_object(Bucket="outbox", Key=f"tier-{size}", Range=f"bytes=4000-{size - 2}")
    assert middle["Body"].read() == body[4000:size - 1]


def test_a_get_with_a_condition_that_fails_is_answered_so(onput, alphabet):
    key, etag = alphabet
    get = onput.s3.get_object
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    assert error_of(get, Bucket="outbox", Key=key, IfNoneMatch=etag) == (304, "304")
    made = onput.s3.head_object(Bucket="outbox", Key=key)["LastModified"]
    assert error_of(get, Bucket="outbox", Key=key, IfModifiedSince=made) == (304, "304")
    assert get(Bucket="outbox", Key=key, IfModifiedSince=later)["ETag"] == etag
    assert error_of(get, Bucket="outbox", Key=key, IfMatch='"other"') == (412, "PreconditionFailed")
    assert get(Bucket="outbox", Key=key, IfMatch=etag, IfUnmodifiedSince=later)["ETag"] == etag


def test_a_put_that_must_not_overwrite_does_not(onput):
    put = onput.s3.put_object
    put(Bucket="outbox", Key="once", Body=b"first", IfNoneMatch="*")
    assert error_of(put, Bucket="outbox", Key="once", Body=b"second", IfNoneMatch="*") == (
        412, "PreconditionFailed")
    assert onput.s3.get_object(Bucket="outbox", Key="once")["Body"].read() == b"first"


def test_a_put_over_a_known_version_needs_that_version(onput):
    put = onput.s3.put_object
    etag = put(Bucket="outbox", Key="known", Body=b"1")["ETag"]
    put(Bucket="outbox", Key="known", Body=b"2", IfMatch=etag)
    assert error_of(put, Bucket="outbox", Key="known", Body=b"3", IfMatch=etag) == (
        412, "PreconditionFailed")


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_a_client_of_signature_version_2(onput, style):
    s3 = onput.client("s3", signature_version="s3", s3={"addressing_style": style})
    key = f"v2/{style} ü+&=.txt"
    s3.put_object(Bucket="outbox", Key=key, Body=b"signed", ContentType="text/plain",
                  Metadata={"author": "joe, jane"})
    answer = s3.get_object(Bucket="outbox", Key=key, ResponseContentType="text/x-mine")
    assert (answer["Body"].read(), answer["ContentType"]) == (b"signed", "text/x-mine")
    assert answer["Metadata"] == {"author": "joe, jane"}
    listed = s3.list_objects_v2(Bucket="outbox", Prefix="v2/" + style)
    assert [o["Key"] for o in listed["Contents"]] == [key]
    assert listed["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    assert s3.get_bucket_location(Bucket="outbox")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "outbox" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    s3.delete_object(Bucket="outbox", Key=key)
    assert error_of(s3.get_object, Bucket="outbox", Key=key) == (404, "NoSuchKey")
    stranger = onput.client("s3", signature_version="s3", secret="wrong")
    assert error_of(stranger.put_object, Bucket="outbox", Key=key, Body=b"x") == (
        403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("signature", [None, "s3v4"])
def test_presigned_urls_get_and_put(onput, signature):
    s3 = onput.client("s3", signature_version=signature) if signature else onput.s3
    target = {"Bucket": "outbox", "Key": f"presigned ü {signature}"}
    put = urllib.request.Request(s3.generate_presigned_url("put_object", Params=target), b"by url",
                                 method="PUT", headers={"Content-Type": ""})
    urllib.request.urlopen(put, timeout=20).close()
    url = s3.generate_presigned_url("get_object", Params=target | {
        "ResponseContentType": "text/x-mine"})
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"by url", "text/x-mine")


@pytest.mark.parametrize("signature", [None, "s3v4"])
def test_a_presigned_url_is_of_no_use_for_another_key_or_method(onput, alphabet, signature):
    s3 = onput.client("s3", signature_version=signature) if signature else onput.s3
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "outbox", "Key": alphabet[0]})
    for request in (urllib.request.Request(url.replace("alphabet", "alphabets")),
                    urllib.request.Request(url, b"x", method="PUT")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=20)
        assert caught.value.code == 403


@pytest.mark.parametrize("signature", [None, "s3v4"])
def test_an_expired_presigned_url_is_refused(onput, alphabet, signature):
    s3 = onput.client("s3", signature_version=signature) if signature else onput.s3
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "outbox", "Key": alphabet[0]},
                                    ExpiresIn=-5 if signature is None else 1)
    if signature:
        # A SigV4 URL names its date: one that was signed a day ago.
        yesterday = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1))
        date = yesterday.strftime("%Y%m%dT%H%M%SZ")
        begin = url.index("X-Amz-Date=") + len("X-Amz-Date=")
        url = url[:begin] + date + url[begin + len(date):]
        url = url.replace(datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d") + "%2F",
                          date[:8] + "%2F")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url, timeout=20)
    assert caught.value.code == 403 and b"<Code>AccessDenied</Code>" in caught.value.read()


@pytest.mark.parametrize("call, arguments", [
    ("delete_bucket_metadata_table_configuration", {}),
    ("get_bucket_metadata_table_configuration", {}),
])
def test_an_operation_that_is_not_there_is_said_to_be_so_and_changes_nothing(
        onput, alphabet, call, arguments):
    before = onput.keys("outbox")
    assert error_of(getattr(onput.s3, call), Bucket="outbox", **arguments) == (501, "NotImplemented")
    assert onput.keys("outbox") == before
    assert onput.s3.head_object(Bucket="outbox", Key=alphabet[0])["ETag"] == alphabet[1]


def test_buckets_and_keys_that_are_not_there_are_named_so(onput):
    get = onput.s3.get_object
    assert error_of(get, Bucket="absent", Key="a") == (404, "NoSuchBucket")
    assert error_of(get, Bucket="outbox", Key="absent") == (404, "NoSuchKey")
    assert error_of(onput.s3.put_object, Bucket="absent", Key="a") == (404, "NoSuchBucket")
    assert error_of(onput.s3.create_bucket, Bucket="A_b") == (400, "InvalidBucketName")


def test_a_bucket_that_holds_something_is_not_removed(onput, bucket):
    assert error_of(onput.s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty")
    assert len(onput.keys(bucket)) == len(KEYS) + 1


def test_a_removed_object_is_gone_and_removing_it_again_is_no_error(onput):
    onput.s3.put_object(Bucket="outbox", Key="removed", Body=b"x")
    onput.s3.delete_object(Bucket="outbox", Key="removed")
    onput.s3.delete_object(Bucket="outbox", Key="removed")
    assert error_of(onput.s3.head_object, Bucket="outbox", Key="removed") == (404, "404")


@pytest.mark.parametrize("key", [
    "a//b", "/lead", "dots/../up", "plus+and space", "per%25cent", "new\nline", "emoji-🎉", "<&\"'>",
    "trail/", pytest.param("k" * 1021, id="longest")])
def test_any_key_is_stored_listed_and_read_as_it_is(onput, key):
    key = f"odd{key}"
    onput.s3.put_object(Bucket="outbox", Key=key, Body=b"x")
    assert key in onput.keys("outbox", prefix="odd")
    assert onput.s3.get_object(Bucket="outbox", Key=key)["Body"].read() == b"x"


def test_head_and_get_tell_the_same(onput, alphabet):
    wire = Wire(onput)
    head, got = (wire.send(method, "/outbox/alphabet") for method in ("HEAD", "GET"))
    names = {"content-length", "content-type", "etag", "last-modified", "accept-ranges",
             "x-amz-meta-colour", "cache-control"}
    assert head.body == b""
    assert {n: head.headers.get(n) for n in names} == {n: got.headers.get(n) for n in names}
    assert None not in [head.headers.get(n) for n in names]


def test_boto3_goes_on_over_one_connection_after_an_empty_upload(onput):
    s3 = onput.client("s3", read_timeout=10, max_pool_connections=1,
                      retries={"total_max_attempts": 1})
    for body in (b"", b"1", b"", b"22"):
        s3.put_object(Bucket="outbox", Key="after-empty", Body=body)
        assert s3.get_object(Bucket="outbox", Key="after-empty")["Body"].read() == body


def test_boto3_goes_on_over_one_connection_after_a_refused_upload(onput):
    s3 = onput.client("s3", read_timeout=10, max_pool_connections=1,
                      retries={"total_max_attempts": 1})
    for _ in range(2):
        assert error_of(s3.put_object, Bucket="absent", Key="a", Body=b"x" * 100) == (
            404, "NoSuchBucket")
        assert error_of(s3.put_object, Bucket="outbox", Key="a", Body=b"x" * 100,
                        ServerSideEncryption="aws:kms") == (501, "NotImplemented")
        s3.put_object(Bucket="outbox", Key="after-refused", Body=b"x")
