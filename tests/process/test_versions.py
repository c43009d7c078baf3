"""Versions of objects as boto3 and the AWS CLI see them: markers, lists, deletions of many, locks, tags."""
import base64
import datetime
import email.utils
import hmac
import http.client
import json
import uuid

import botocore.exceptions
import pytest

from harness.clients import system_boto3
from harness.topology import make_queue
from harness.wire import Wire


def error_of(call, **arguments):
    """(status, code) of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def headers_of_error(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["ResponseMetadata"]["HTTPHeaders"]


@pytest.fixture
def bucket(onput):
    """A new bucket with versioning enabled."""
    name = "v-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name)
    onput.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def locked_bucket(onput):
    """A new bucket with object lock, and no default retention."""
    name = "l-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def in_an_hour():
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)


def test_versioning_is_unset_until_it_is_put_and_then_enabled_or_suspended(onput):
    s3 = onput.s3
    s3.create_bucket(Bucket="states")
    assert "Status" not in s3.get_bucket_versioning(Bucket="states")
    for status in ("Enabled", "Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket="states")["Status"] == status
    assert error_of(s3.put_bucket_versioning, Bucket="states",
                    VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}) == (
        501, "NotImplemented")
    assert error_of(s3.put_bucket_versioning, Bucket="states",
                    VersioningConfiguration={"Status": "Off"}) == (400, "MalformedXML")


def test_each_put_makes_a_version_that_can_be_read_headed_and_removed(onput, bucket):
    s3 = onput.s3
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")]
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == ids[1]
    for version, body in zip(ids, (b"1", b"2")):
        got = s3.get_object(Bucket=bucket, Key="k", VersionId=version)
        assert (got["Body"].read(), got["VersionId"]) == (body, version)
        assert s3.head_object(Bucket=bucket, Key="k", VersionId=version)["VersionId"] == version
    assert s3.delete_object(Bucket=bucket, Key="k", VersionId=ids[1])["VersionId"] == ids[1]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"
    assert error_of(s3.get_object, Bucket=bucket, Key="k", VersionId=ids[1]) == (
        404, "NoSuchVersion")


def test_a_delete_marker_hides_the_key_and_its_removal_shows_it_again(onput, bucket):
    s3 = onput.s3
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True
    for call in (s3.get_object, s3.head_object):
        headers = headers_of_error(call, Bucket=bucket, Key="k")
        assert headers["x-amz-delete-marker"] == "true"
        assert headers["x-amz-version-id"] == marker["VersionId"]
    assert error_of(s3.get_object, Bucket=bucket, Key="k") == (404, "NoSuchKey")
    by_version = {"Bucket": bucket, "Key": "k", "VersionId": marker["VersionId"]}
    assert error_of(s3.get_object, **by_version) == (405, "MethodNotAllowed")
    headers = headers_of_error(s3.head_object, **by_version)
    assert headers["allow"] == "DELETE" and "last-modified" in headers
    assert headers["x-amz-delete-marker"] == "true"
    gone = s3.delete_object(**by_version)
    assert gone["DeleteMarker"] is True and gone["VersionId"] == marker["VersionId"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_a_suspended_bucket_replaces_the_null_version_only(onput, bucket):
    s3 = onput.s3
    kept = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for body in (b"a", b"b"):
        assert s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] == "null"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"b"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=kept)["Body"].read() == b"kept"


@pytest.mark.parametrize("query, status, code", [
    ("versionId=", 400, b"InvalidArgument"), ("versionId=what", 400, b"InvalidArgument"),
    ("versionId=0000000000000001", 404, b"NoSuchVersion")])
def test_a_version_that_cannot_be_is_refused(onput, query, status, code):
    onput.s3.put_object(Bucket="outbox", Key="plain", Body=b"x")
    answer = Wire(onput).send("GET", f"/outbox/plain?{query}")
    assert (answer.status, code in answer.body) == (status, True)


def test_a_put_takes_no_version(onput, bucket):
    answer = Wire(onput).send("PUT", f"/{bucket}/k?versionId=null", b"x")
    assert answer.status == 400 and b"This operation does not accept a version-id." in answer.body


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_versions_are_listed_newest_first_whatever_the_page(onput, bucket, page):
    s3 = onput.s3
    expected = []
    for key in ("a b", "c"):
        ids = [s3.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"] for _ in range(2)]
        ids.append(s3.delete_object(Bucket=bucket, Key=key)["VersionId"])
        expected += [(key, version) for version in reversed(ids)]
    pages = list(s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": page}))
    versions = [v for p in pages for v in p.get("Versions", [])]
    markers = [m for p in pages for m in p.get("DeleteMarkers", [])]
    assert {(v["Key"], v["VersionId"]) for v in versions + markers} == set(expected)
    assert [m["IsLatest"] for m in markers] == [True, True]
    assert not any(v["IsLatest"] for v in versions)
    assert all(v["Size"] == 1 and v["StorageClass"] == "STANDARD" for v in versions)
    answer = Wire(onput).send("GET", f"/{bucket}?versions&encoding-type=url")
    order = [part.split(b"<")[0].decode() for part in answer.body.split(b"<VersionId>")[1:]]
    assert order == [version for _, version in expected]
    assert b"<Key>a+b</Key>" in answer.body and b"<EncodingType>url</EncodingType>" in answer.body


def test_versions_roll_up_by_delimiter_and_a_version_marker_needs_a_key(onput, bucket):
    s3 = onput.s3
    for key in ("f/a", "f/b", "top"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    listed = s3.list_object_versions(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in listed["CommonPrefixes"]] == ["f/"]
    assert [v["Key"] for v in listed["Versions"]] == ["top"]
    assert error_of(s3.list_object_versions, Bucket=bucket, VersionIdMarker="null") == (
        400, "InvalidArgument")


def test_many_keys_are_deleted_at_once_each_with_its_own_outcome(onput, bucket):
    s3 = onput.s3
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["VersionId"]
    etag = s3.put_object(Bucket=bucket, Key="b", Body=b"x")["ETag"]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "a", "VersionId": version}, {"Key": "absent"}, {"Key": "b", "ETag": '"other"'},
        {"Key": "a", "VersionId": "what"}, {"Key": "b", "ETag": etag}]})
    outcomes = {(d["Key"], d.get("DeleteMarker", False)) for d in deleted["Deleted"]}
    assert outcomes == {("a", False), ("absent", True), ("b", True)}
    assert [(e["Key"], e["Code"]) for e in deleted["Errors"]] == [
        ("b", "PreconditionFailed"), ("a", "InvalidArgument")]
    markers = s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Quiet": True, "Objects": [
        {"Key": m["Key"], "VersionId": m["VersionId"]} for m in markers]})
    assert "Deleted" not in quiet and "Errors" not in quiet
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket=bucket)


def test_a_deletion_of_many_demands_a_checksum_and_names_1_to_1000_keys(onput, bucket):
    bare = Wire(onput).send("POST", f"/{bucket}?delete",
                            b"<Delete><Object><Key>a</Key></Object></Delete>")
    assert bare.status == 400 and b"Content-MD5 OR x-amz-checksum-*" in bare.body
    key = "k" * 1000 + "/{:020}"
    most = [{"Key": key.format(i)} for i in range(1001)]
    assert error_of(onput.s3.delete_objects, Bucket=bucket, Delete={"Objects": most}) == (
        400, "MalformedXML")
    done = onput.s3.delete_objects(Bucket=bucket, Delete={"Objects": most[:1000]})
    assert len(done["Deleted"]) == 1000


def test_a_bucket_with_versions_is_removed_when_they_are(onput, bucket):
    s3 = onput.s3
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    s3.delete_object(Bucket=bucket, Key="k")
    assert error_of(s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty")
    script = f"boto3.resource('s3', endpoint_url=os.environ['AWS_ENDPOINT_URL'])"
    system_boto3(onput, f"{script}.Bucket('{bucket}').object_versions.delete()")
    s3.delete_bucket(Bucket=bucket)


def test_tags_are_put_read_counted_and_removed(onput, bucket):
    s3 = onput.s3
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b%20c=%2B")["VersionId"]
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b c", "Value": "+"}]
    got = s3.get_object_tagging(Bucket=bucket, Key="k")
    assert (got["TagSet"], got["VersionId"]) == (tags, version)
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    put = s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags[:1]})
    assert put["VersionId"] == version
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=version)["TagSet"] == tags[:1]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert "TagCount" not in s3.get_object(Bucket=bucket, Key="k")


def test_tags_that_cannot_be_are_refused_in_s3s_words(onput, bucket):
    s3 = onput.s3
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    def put(*tags):
        return error_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={
            "TagSet": [{"Key": key, "Value": value} for key, value in tags]})

    assert put(*((str(i), "") for i in range(11))) == (400, "BadRequest")
    assert put(("a", "1"), ("a", "2")) == (400, "InvalidTag")
    assert put(("aws:a", "1")) == (400, "InvalidTag")
    assert put(("a", "<")) == (400, "InvalidTag")
    for header in ("a=1&a=2", "%FF=1"):
        assert error_of(s3.put_object, Bucket=bucket, Key="k", Body=b"", Tagging=header) == (
            400, "InvalidArgument")


def test_storage_class_and_website_redirect_are_kept_and_shown(onput):
    s3 = onput.s3
    s3.put_object(Bucket="outbox", Key="rare", Body=b"x", StorageClass="STANDARD_IA",
                  WebsiteRedirectLocation="/there")
    for answer in (s3.get_object(Bucket="outbox", Key="rare"),
                   s3.head_object(Bucket="outbox", Key="rare")):
        assert (answer["StorageClass"], answer["WebsiteRedirectLocation"]) == (
            "STANDARD_IA", "/there")
    listed = s3.list_objects_v2(Bucket="outbox", Prefix="rare")["Contents"]
    assert [item["StorageClass"] for item in listed] == ["STANDARD_IA"]
    s3.put_object(Bucket="outbox", Key="usual", Body=b"x", StorageClass="STANDARD")
    assert "StorageClass" not in s3.head_object(Bucket="outbox", Key="usual")
    put = {"Bucket": "outbox", "Key": "rare", "Body": b""}
    assert error_of(s3.put_object, StorageClass="GOLD", **put) == (400, "InvalidStorageClass")
    assert error_of(s3.put_object, WebsiteRedirectLocation="there", **put) == (
        400, "InvalidRedirectLocation")


def test_a_retained_version_stays_until_governance_is_bypassed(onput, locked_bucket):
    s3, name = onput.s3, {"Bucket": locked_bucket, "Key": "k"}
    until = in_an_hour()
    version = s3.put_object(**name, Body=b"x", ObjectLockMode="GOVERNANCE",
                            ObjectLockRetainUntilDate=until)["VersionId"]
    head = s3.head_object(**name)
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert abs(head["ObjectLockRetainUntilDate"] - until) < datetime.timedelta(seconds=1)
    assert s3.get_object_retention(**name)["Retention"]["Mode"] == "GOVERNANCE"
    assert error_of(s3.delete_object, **name, VersionId=version) == (403, "AccessDenied")
    assert error_of(s3.put_object_retention, **name, Retention={}) == (403, "AccessDenied")
    failed = s3.delete_objects(Bucket=locked_bucket, Delete={
        "Objects": [{"Key": "k", "VersionId": version}]})["Errors"]
    assert [(e["Code"], e["Message"]) for e in failed] == [
        ("AccessDenied", "Access Denied because object protected by object lock.")]
    s3.delete_objects(Bucket=locked_bucket, BypassGovernanceRetention=True, Delete={
        "Objects": [{"Key": "k", "VersionId": version}]})
    assert error_of(s3.head_object, **name, VersionId=version) == (404, "404")


def test_a_parameter_that_sigv2_does_not_sign_bypasses_nothing(onput, locked_bucket):
    s3, name = onput.s3, {"Bucket": locked_bucket, "Key": "signed"}
    version = s3.put_object(**name, Body=b"x", ObjectLockMode="GOVERNANCE",
                            ObjectLockRetainUntilDate=in_an_hour())["VersionId"]
    date = email.utils.formatdate(usegmt=True)
    resource = f"/{locked_bucket}/signed?versionId={version}"
    mac = hmac.new(b"test", f"DELETE\n\n\n{date}\n{resource}".encode(), "sha1").digest()
    headers = {"Date": date, "Authorization": f"AWS test:{base64.b64encode(mac).decode()}"}
    for bypass in ("", "&x-amz-bypass-governance-retention=true"):
        connection = http.client.HTTPConnection("127.0.0.1", onput.port)
        connection.request("DELETE", resource + bypass, headers=headers)
        assert b"object protected by object lock" in connection.getresponse().read()
        connection.close()
    assert s3.head_object(**name, VersionId=version)["VersionId"] == version


def test_a_legal_hold_is_bypassed_by_nobody_and_taken_off(onput, locked_bucket):
    s3, name = onput.s3, {"Bucket": locked_bucket, "Key": "k"}
    version = s3.put_object(**name, Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    assert s3.get_object(**name)["ObjectLockLegalHoldStatus"] == "ON"
    assert error_of(s3.delete_object, **name, VersionId=version,
                    BypassGovernanceRetention=True) == (403, "AccessDenied")
    s3.put_object_legal_hold(**name, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**name)["LegalHold"]["Status"] == "OFF"
    assert error_of(s3.get_object_retention, **name) == (404, "NoSuchObjectLockConfiguration")
    s3.delete_object(**name, VersionId=version)
    s3.put_object(**name, Body=b"nothing was ever said of a hold")
    assert error_of(s3.get_object_legal_hold, **name) == (404, "NoSuchObjectLockConfiguration")


def test_a_buckets_default_retention_locks_new_versions(onput, locked_bucket):
    s3 = onput.s3
    assert "Rule" not in s3.get_object_lock_configuration(Bucket=locked_bucket)[
        "ObjectLockConfiguration"]
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(Bucket=locked_bucket, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": rule})
    assert s3.get_object_lock_configuration(Bucket=locked_bucket)["ObjectLockConfiguration"][
        "Rule"] == rule
    s3.put_object(Bucket=locked_bucket, Key="k", Body=b"x")
    assert s3.head_object(Bucket=locked_bucket, Key="k")["ObjectLockMode"] == "COMPLIANCE"
    bare = Wire(onput).send("PUT", f"/{locked_bucket}/bare", b"x")
    assert bare.status == 400 and b"<Code>InvalidRequest</Code>" in bare.body
    assert error_of(s3.put_bucket_versioning, Bucket=locked_bucket,
                    VersioningConfiguration={"Status": "Suspended"}) == (409, "InvalidBucketState")


def test_a_bucket_without_object_lock_says_so(onput):
    s3, name = onput.s3, {"Bucket": "outbox", "Key": "unlocked"}
    s3.put_object(**name, Body=b"x")
    assert error_of(s3.get_object_lock_configuration, Bucket="outbox") == (
        404, "ObjectLockConfigurationNotFoundError")
    assert error_of(s3.get_object_retention, **name) == (400, "InvalidRequest")
    assert error_of(s3.put_object, **name, ObjectLockMode="GOVERNANCE",
                    ObjectLockRetainUntilDate=in_an_hour()) == (400, "InvalidRequest")
    assert error_of(s3.put_object, **name, ObjectLockMode="GOVERNANCE") == (400, "InvalidArgument")
    assert error_of(s3.delete_object, **name, BypassGovernanceRetention=True) == (
        400, "InvalidArgument")
    assert s3.head_object(**name)["ContentLength"] == 1


def test_events_of_versions_and_tags_have_what_aws_gives_them(onput, bucket):
    s3, queue = onput.s3, make_queue(onput, bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": queue, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*",
                                           "s3:ObjectTagging:*"]}]})
    onput.receive(bucket)
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": []})
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "k", "VersionId": marker}, {"Key": "k", "VersionId": version}]})
    records = [json.loads(onput.receive(bucket)["Body"])["Records"][0] for _ in range(6)]
    told = [(r["eventName"], list(r["s3"]["object"]), r["s3"]["object"]["versionId"])
            for r in records]
    assert told == [
        ("ObjectCreated:Put", ["key", "size", "eTag", "versionId", "sequencer"], version),
        ("ObjectTagging:Put", ["key", "eTag", "versionId"], version),
        ("ObjectTagging:Delete", ["key", "eTag", "versionId"], version),
        ("ObjectRemoved:DeleteMarkerCreated", ["key", "eTag", "versionId", "sequencer"], marker),
        ("ObjectRemoved:Delete", ["key", "versionId", "sequencer"], marker),
        ("ObjectRemoved:Delete", ["key", "versionId", "sequencer"], version)]
    assert records[3]["s3"]["object"]["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"
    lines = onput.run("tail", "--bucket", bucket, "--from-seq", "1", "--no-follow", "-o",
                      "json").stdout.splitlines()
    shown = [json.loads(line)["event"] for line in lines]
    assert [(e["event_name"], e["version_id"]) for e in shown] == [
        (name, version) for name, _, version in told]
    plain = onput.run("tail", "--bucket", bucket, "--from-seq", "1", "--no-follow").stdout
    assert f"1 B, version {version}" in plain and plain.count(" B") == 1
