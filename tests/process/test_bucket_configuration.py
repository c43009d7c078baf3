"""What a bucket is told, put and read back as boto3 and the AWS CLI see it."""
import json
import uuid

import botocore.exceptions
import pytest

from harness.clients import CLI_V2, AwsCli
from harness.wire import Wire

DESTINATION = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV", "Prefix": "p",
                                       "AccountId": "000000000000", "Encryption": {"SSES3": {}}}}
AND = {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}]}}

# Of each kind with ids: its name in boto3, and configurations whose Id is filled in.
KINDS = {
    "inventory": [
        {"IsEnabled": True, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Weekly"},
         "Destination": DESTINATION, "Filter": {"Prefix": "in/"}, "OptionalFields": ["Size", "ETag"]},
        {"IsEnabled": False, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
         "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "ORC"}}}],
    "analytics": [
        {"StorageClassAnalysis": {}},
        {"Filter": AND, "StorageClassAnalysis": {"DataExport": {
            "OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": {
                "Format": "CSV", "Bucket": "arn:aws:s3:::reports", "Prefix": "x"}}}}}],
    "metrics": [{}, {"Filter": {"Prefix": "a"}}, {"Filter": {"Tag": {"Key": "k", "Value": "v"}}}, {"Filter": AND}],
    "intelligent_tiering": [
        {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"},
                                           {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]},
        {"Status": "Disabled", "Filter": AND, "Tierings": [{"Days": 730, "AccessTier": "ARCHIVE_ACCESS"}]}],
}


def member_of(kind):
    return "".join(word.title() for word in kind.split("_")) + "Configuration"


def call(onput, verb, kind, **arguments):
    plural = "s" if verb == "list" else ""
    return getattr(onput.s3, f"{verb}_bucket_{kind}_configuration{plural}")(**arguments)


def put(onput, bucket, kind, configuration):
    call(onput, "put", kind, Bucket=bucket, Id=configuration["Id"], **{member_of(kind): configuration})


def error_of(function, **arguments):
    """(status, code) of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        function(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.fixture
def bucket(onput):
    name = "c-" + uuid.uuid4().hex[:12]
    onput.s3.create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize("kind", KINDS)
def test_configurations_with_ids_are_read_back_as_they_were_put(onput, bucket, kind):
    wanted = [dict(part, Id=f"id.{i}") for i, part in enumerate(KINDS[kind])]
    for configuration in wanted:
        put(onput, bucket, kind, configuration)
        got = call(onput, "get", kind, Bucket=bucket, Id=configuration["Id"])[member_of(kind)]
        assert got == configuration
    listed = call(onput, "list", kind, Bucket=bucket)
    assert listed[member_of(kind) + "List"] == wanted
    assert listed["IsTruncated"] is False
    changed = dict(wanted[0], Id="id.1")
    put(onput, bucket, kind, changed)
    assert call(onput, "get", kind, Bucket=bucket, Id="id.1")[member_of(kind)] == changed

    call(onput, "delete", kind, Bucket=bucket, Id="id.0")
    for verb in ("get", "delete"):
        failed = error_of(call, onput=onput, verb=verb, kind=kind, Bucket=bucket, Id="id.0")
        assert failed == (404, "NoSuchConfiguration"), verb


def test_a_list_goes_on_where_its_page_ended(onput, bucket):
    ids = [f"m-{i:03}" for i in range(101)]
    for one in ids:
        put(onput, bucket, "metrics", {"Id": one})
    first = onput.s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert first["IsTruncated"] is True
    token = first["NextContinuationToken"]
    second = onput.s3.list_bucket_metrics_configurations(Bucket=bucket, ContinuationToken=token)
    assert second["IsTruncated"] is False and second["ContinuationToken"] == token
    pages = first["MetricsConfigurationList"] + second["MetricsConfigurationList"]
    assert [configuration["Id"] for configuration in pages] == ids
    assert error_of(onput.s3.list_bucket_metrics_configurations, Bucket=bucket,
                    ContinuationToken="!") == (400, "InvalidArgument")


def test_tags_are_put_replaced_and_deleted(onput, bucket):
    s3 = onput.s3
    assert error_of(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    for tags in ([{"Key": "team", "Value": "mediä"}, {"Key": "a", "Value": ""}], [{"Key": "b", "Value": "1 + 2"}]):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert error_of(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    s3.delete_bucket_tagging(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    assert error_of(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    assert error_of(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": [
        {"Key": "aws:a", "Value": "1"}]}) == (400, "InvalidTag")


def test_payment_and_acceleration_are_shown_before_they_were_put(onput, bucket):
    s3 = onput.s3
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": status})
        assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == status
    s3.create_bucket(Bucket=bucket + ".dotted")
    assert error_of(s3.put_bucket_accelerate_configuration, Bucket=bucket + ".dotted",
                    AccelerateConfiguration={"Status": "Enabled"}) == (400, "InvalidRequest")


def test_ownership_is_enforced_until_somebody_says_otherwise(onput, bucket):
    s3 = onput.s3
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == enforced
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == enforced
    writer = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=writer)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == writer
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert error_of(s3.get_bucket_ownership_controls, Bucket=bucket) == (404, "OwnershipControlsNotFoundError")
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == enforced


def test_public_access_is_blocked_until_somebody_says_otherwise(onput, bucket):
    s3 = onput.s3
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    got = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert got == dict.fromkeys(names, True)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    got = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert got == dict.fromkeys(names, False) | {"BlockPublicAcls": True}
    s3.delete_public_access_block(Bucket=bucket)
    assert error_of(s3.get_public_access_block, Bucket=bucket) == (404, "NoSuchPublicAccessBlockConfiguration")
    # And still nothing is public.
    s3.put_object(Bucket=bucket, Key="k", Body=b"private")
    assert Wire(onput).send_unsigned("GET", f"/{bucket}/k").status == 403


def test_where_ownership_is_enforced_acls_are_shown_and_cannot_be_changed(onput, bucket):
    s3 = onput.s3
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    owner = s3.list_buckets()["Owner"]["ID"]
    for got in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="k")):
        assert got["Owner"]["ID"] == owner
        assert got["Grants"] == [{"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]
    refused = (400, "AccessControlListNotSupported")
    for acl in ("private", "public-read"):
        assert error_of(s3.put_bucket_acl, Bucket=bucket, ACL=acl) == refused
        assert error_of(s3.put_object_acl, Bucket=bucket, Key="k", ACL=acl) == refused
    same = {name: got[name] for name in ("Owner", "Grants")}
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=same)
    s3.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=same)
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    other = same | {"Grants": [same["Grants"][0] | {"Permission": "READ"}]}
    assert error_of(s3.put_object_acl, Bucket=bucket, Key="k", AccessControlPolicy=other) == refused
    assert error_of(s3.get_object_acl, Bucket=bucket, Key="none") == (404, "NoSuchKey")
    assert error_of(s3.put_bucket_acl, Bucket="no-such-bucket", ACL="private") == (404, "NoSuchBucket")


def test_a_bucket_has_no_policy_before_one_is_put(onput, bucket):
    s3 = onput.s3
    for call_of in (s3.get_bucket_policy, s3.get_bucket_policy_status):
        assert error_of(call_of, Bucket=bucket) == (404, "NoSuchBucketPolicy")
    s3.delete_bucket_policy(Bucket=bucket)
    assert error_of(s3.delete_bucket_policy, Bucket="no-such-bucket") == (404, "NoSuchBucket")


def test_a_configuration_goes_with_its_bucket_and_is_no_content_of_it(onput, bucket):
    s3 = onput.s3
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    put(onput, bucket, "metrics", {"Id": "all"})
    s3.delete_bucket(Bucket=bucket)
    assert error_of(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchBucket")
    s3.create_bucket(Bucket=bucket)
    assert error_of(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    assert "MetricsConfigurationList" not in s3.list_bucket_metrics_configurations(Bucket=bucket)


def test_configurations_survive_a_restart(own_onput):
    instance = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"])
    s3 = instance.s3
    s3.create_bucket(Bucket="told")
    tags = [{"Key": "a", "Value": "1"}]
    s3.put_bucket_tagging(Bucket="told", Tagging={"TagSet": tags})
    put(instance, "told", "metrics", {"Id": "all"})
    instance.stop()
    instance.start()
    s3 = instance.s3
    assert s3.get_bucket_tagging(Bucket="told")["TagSet"] == tags
    assert s3.get_bucket_metrics_configuration(Bucket="told", Id="all")["MetricsConfiguration"] == {"Id": "all"}


def test_documents_that_are_wrong_change_nothing(onput, bucket):
    wire = Wire(onput)
    body = b"<MetricsConfiguration><Id>all</Id></MetricsConfiguration>"
    for query, document, status, code in (
            ("metrics&id=other", body, 400, "InvalidArgument"),
            ("metrics&id=", body, 400, "InvalidArgument"),
            ("metrics&id=all", b"", 400, "MissingRequestBodyError"),
            ("metrics&id=all", b"<x", 400, "MalformedXML"),
            ("tagging", b"<Tagging><TagSet/></Tagging>", 400, "InvalidRequest")):
        answer = wire.send("PUT", f"/{bucket}?{query}", document)
        assert (answer.status, answer.error_code) == (status, code), (query, document)
    assert "MetricsConfigurationList" not in onput.s3.list_bucket_metrics_configurations(Bucket=bucket)


def test_the_cli_reads_back_what_it_put(onput, bucket):
    aws = AwsCli(CLI_V2, onput)
    configuration = {"Id": "all", "Filter": {"Prefix": "a"}}
    aws("s3api", "put-bucket-metrics-configuration", "--bucket", bucket, "--id", "all",
              "--metrics-configuration", json.dumps(configuration))
    got = aws("s3api", "get-bucket-metrics-configuration", "--bucket", bucket, "--id", "all")
    assert json.loads(got)["MetricsConfiguration"] == configuration
    aws("s3api", "put-bucket-tagging", "--bucket", bucket, "--tagging", "TagSet=[{Key=a,Value=1}]")
    assert json.loads(aws("s3api", "get-bucket-tagging", "--bucket", bucket)) == {
        "TagSet": [{"Key": "a", "Value": "1"}]}


def test_a_new_bucket_has_the_tags_that_it_was_made_with(onput):
    s3, tags = onput.s3, [{"Key": "team", "Value": "ä + b"}, {"Key": "empty", "Value": ""}]
    name = f"tagged-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": tags})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == tags
    # What is wrong with a tag is said before there is a bucket.
    refused = f"refused-{uuid.uuid4().hex[:12]}"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        s3.create_bucket(Bucket=refused, CreateBucketConfiguration={"Tags": [tags[0], tags[0]]})
    assert caught.value.response["Error"]["Code"] == "InvalidTag"
    with pytest.raises(botocore.exceptions.ClientError):
        s3.head_bucket(Bucket=refused)
