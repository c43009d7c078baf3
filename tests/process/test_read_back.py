"""A bucket told everything that it can be told, read as Terraform reads it: a plan shows no difference."""
import base64
import datetime
import hashlib
import json
import re

import botocore.exceptions
import pytest

from harness.topics import Topics, topic_instance
from harness.topology import ACCOUNT, NAMESPACE, make_queue
from harness.wire import Wire

MASTER_KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
REPORTS = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV", "Prefix": "p"}}
AND = {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}]}}
DATE = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)
POLICY = {"Version": "2012-10-17", "Id": "p", "Statement": [
    {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": ["s3:GetObject"],
     "Resource": ["arn:aws:s3:::whole/*"], "Condition": {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}}}]}

# (put, get, delete), what is put, its member in the answer, and what is told before it was put, or its absence:
# the code that Terraform takes for unset, or the members of a default.
CONFIGURATIONS = {
    "versioning": ("put_bucket_versioning", "get_bucket_versioning", None,
                   {"VersioningConfiguration": {"Status": "Enabled"}}, None, {}),
    "tagging": ("put_bucket_tagging", "get_bucket_tagging", "delete_bucket_tagging",
                {"Tagging": {"TagSet": [{"Key": "team", "Value": "mediä"}, {"Key": "a", "Value": ""}]}}, None,
                "NoSuchTagSet"),
    "cors": ("put_bucket_cors", "get_bucket_cors", "delete_bucket_cors", {"CORSConfiguration": {"CORSRules": [
        {"ID": "one", "AllowedHeaders": ["*"], "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["http://a", "*"],
         "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 9},
        {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["https://*.example"]}]}}, None, "NoSuchCORSConfiguration"),
    "website": ("put_bucket_website", "get_bucket_website", "delete_bucket_website", {"WebsiteConfiguration": {
        "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}, "RoutingRules": [
            {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
            {"Condition": {"HttpErrorCodeReturnedEquals": "404"},
             "Redirect": {"HostName": "example.com", "Protocol": "https", "HttpRedirectCode": "302"}}]}}, None,
        "NoSuchWebsiteConfiguration"),
    "encryption": ("put_bucket_encryption", "get_bucket_encryption", "delete_bucket_encryption", {
        "ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}},
        "ServerSideEncryptionConfiguration", ...),
    "logging": ("put_bucket_logging", "get_bucket_logging", None, {"BucketLoggingStatus": {
        "LoggingEnabled": {"TargetBucket": "reports", "TargetPrefix": "log/", "TargetObjectKeyFormat": {
            "PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}}, None, {}),
    "lifecycle": ("put_bucket_lifecycle_configuration", "get_bucket_lifecycle_configuration",
                  "delete_bucket_lifecycle", {
        "TransitionDefaultMinimumObjectSize": "varies_by_storage_class", "LifecycleConfiguration": {"Rules": [
            {"ID": "and", "Status": "Enabled", "Filter": {"And": {
                "Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 5,
                "ObjectSizeLessThan": 10}}, "Expiration": {"Days": 365}},
            {"ID": "all", "Status": "Disabled", "Filter": {}, "Transitions": [
                {"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
             "NoncurrentVersionTransitions": [
                 {"NoncurrentDays": 30, "StorageClass": "GLACIER", "NewerNoncurrentVersions": 2}]},
            {"ID": "date", "Status": "Enabled", "Filter": {"Tag": {"Key": "k", "Value": ""}},
             "Transitions": [{"Date": DATE, "StorageClass": "DEEP_ARCHIVE"}]},
            {"ID": "prefix", "Status": "Enabled", "Filter": {"Prefix": ""},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 9, "NewerNoncurrentVersions": 3},
             "Expiration": {"ExpiredObjectDeleteMarker": True},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}}, None, "NoSuchLifecycleConfiguration"),
    "replication": ("put_bucket_replication", "get_bucket_replication", "delete_bucket_replication", {
        "ReplicationConfiguration": {"Role": ROLE, "Rules": [
            {"ID": "one", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": "r/"},
             "DeleteMarkerReplication": {"Status": "Enabled"}, "Destination": {
                 "Bucket": "arn:aws:s3:::replicas", "StorageClass": "STANDARD_IA",
                 "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                 "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}}}}]}},
        "ReplicationConfiguration", "ReplicationConfigurationNotFoundError"),
    "object lock": ("put_object_lock_configuration", "get_object_lock_configuration", None, {
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {
            "DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}}, "ObjectLockConfiguration", ...),
    "accelerate": ("put_bucket_accelerate_configuration", "get_bucket_accelerate_configuration", None,
                   {"AccelerateConfiguration": {"Status": "Enabled"}}, None, {}),
    "payment": ("put_bucket_request_payment", "get_bucket_request_payment", None,
                {"RequestPaymentConfiguration": {"Payer": "Requester"}}, None, {"Payer": "BucketOwner"}),
    "ownership": ("put_bucket_ownership_controls", "get_bucket_ownership_controls", "delete_bucket_ownership_controls",
                  {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}},
                  "OwnershipControls", ...),
    "public access": ("put_public_access_block", "get_public_access_block", "delete_public_access_block", {
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": False,
                                           "BlockPublicPolicy": True, "RestrictPublicBuckets": False}},
        "PublicAccessBlockConfiguration", ...),
    "policy": ("put_bucket_policy", "get_bucket_policy", "delete_bucket_policy", {"Policy": json.dumps(POLICY)},
               None, "NoSuchBucketPolicy"),
}
WITH_IDS = {
    "inventory": ("InventoryConfiguration", {
        "Id": "one", "IsEnabled": True, "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Weekly"},
        "Destination": REPORTS, "Filter": {"Prefix": "in/"}, "OptionalFields": ["Size", "ETag"]}),
    "analytics": ("AnalyticsConfiguration", {"Id": "one", "Filter": AND, "StorageClassAnalysis": {"DataExport": {
        "OutputSchemaVersion": "V_1", "Destination": REPORTS}}}),
    "metrics": ("MetricsConfiguration", {"Id": "one", "Filter": AND}),
    "intelligent_tiering": ("IntelligentTieringConfiguration", {
        "Id": "one", "Status": "Enabled", "Filter": {"Prefix": "a"},
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}),
}


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("readback"), master_keys_secret=MASTER_KEY) as instance:
        s3 = instance.s3
        s3.create_bucket(Bucket="reports")
        s3.create_bucket(Bucket="replicas", ObjectLockEnabledForBucket=True)
        s3.create_bucket(Bucket="whole", ObjectLockEnabledForBucket=True)
        yield instance


def outcome(call, **arguments):
    """What an answer says, or its error's code."""
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    del answer["ResponseMetadata"]
    return answer


def read(s3, bucket="whole"):
    """Every sub-resource, the unset ones by their codes."""
    got = {name: outcome(getattr(s3, get), Bucket=bucket) for name, (_, get, *_) in CONFIGURATIONS.items()}
    for name in ("acl", "location", "policy_status", "notification_configuration"):
        got[name] = outcome(getattr(s3, f"get_bucket_{name}"), Bucket=bucket)
    for kind in WITH_IDS:
        got[kind] = outcome(getattr(s3, f"list_bucket_{kind}_configurations"), Bucket=bucket)
        got[kind, "one"] = outcome(getattr(s3, f"get_bucket_{kind}_configuration"), Bucket=bucket, Id="one")
    return got


def put_all(onput, notification):
    s3 = onput.s3
    for name, (put, _, _, arguments, *_) in CONFIGURATIONS.items():
        getattr(s3, put)(Bucket="whole", **arguments)
    for kind, (member, configuration) in WITH_IDS.items():
        getattr(s3, f"put_bucket_{kind}_configuration")(Bucket="whole", Id="one", **{member: configuration})
    s3.put_bucket_acl(Bucket="whole", ACL="private")
    s3.put_bucket_notification_configuration(Bucket="whole", NotificationConfiguration=notification)


def notification_of(onput):
    topic = Topics(onput).make("told", attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                "Action": "sns:Publish", "Resource": "*"}]})})
    names = {"Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"},
                                                {"Name": "Suffix", "Value": ".txt"}]}}}
    return {"QueueConfigurations": [{"Id": "q", "QueueArn": make_queue(onput, "told"),
                                     "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"], **names}],
            "TopicConfigurations": [{"Id": "t", "TopicArn": topic, "Events": ["s3:LifecycleExpiration:*"]}]}


def test_what_is_put_is_read_and_put_again_without_a_difference(onput):
    s3 = onput.s3
    s3.create_bucket(Bucket="bare")
    for name, (_, get, _, _, _, unset) in CONFIGURATIONS.items():
        if unset is not ...:
            assert outcome(getattr(s3, get), Bucket="bare") == unset, name
    assert outcome(s3.get_object_lock_configuration, Bucket="bare") == "ObjectLockConfigurationNotFoundError"
    assert outcome(s3.get_bucket_policy_status, Bucket="bare") == "NoSuchBucketPolicy"
    assert outcome(s3.get_bucket_notification_configuration, Bucket="bare") == {}
    for kind in WITH_IDS:
        assert outcome(getattr(s3, f"get_bucket_{kind}_configuration"), Bucket="bare", Id="one") == (
            "NoSuchConfiguration")

    notification = notification_of(onput)
    put_all(onput, notification)
    first = read(s3)
    for name, (_, _, _, arguments, member, _) in CONFIGURATIONS.items():
        wanted = dict(arguments)
        for top in ("VersioningConfiguration", "Tagging", "CORSConfiguration", "WebsiteConfiguration",
                    "BucketLoggingStatus", "LifecycleConfiguration", "AccelerateConfiguration",
                    "RequestPaymentConfiguration"):
            wanted |= wanted.pop(top, {})
        assert first[name] == wanted, name
    for kind, (member, configuration) in WITH_IDS.items():
        assert first[kind, "one"] == {member: configuration}
        assert first[kind] == {"IsTruncated": False, member + "List": [configuration]}
    assert first["notification_configuration"] == notification
    assert first["policy_status"] == {"PolicyStatus": {"IsPublic": False}}
    assert first["location"] == {"LocationConstraint": None}

    put_all(onput, notification)
    assert read(s3) == first
    # And what was read is taken as it is.
    put_all(onput, first["notification_configuration"])
    assert read(s3) == first


def test_what_is_deleted_reads_as_it_did_before(onput):
    s3 = onput.s3
    s3.create_bucket(Bucket="emptied")
    for name, (put, get, delete, arguments, _, unset) in CONFIGURATIONS.items():
        if delete is None or name == "replication":
            continue
        before = outcome(getattr(s3, get), Bucket="emptied")
        arguments = json.loads(json.dumps(arguments, default=str).replace("s3:::whole", "s3:::emptied"))
        if name != "lifecycle":  # Its date is no text.
            getattr(s3, put)(Bucket="emptied", **arguments)
            assert outcome(getattr(s3, get), Bucket="emptied") != before or name == "encryption", name
        for _ in range(2):
            getattr(s3, delete)(Bucket="emptied")
        expected = {"ownership": "OwnershipControlsNotFoundError",
                    "public access": "NoSuchPublicAccessBlockConfiguration"}.get(name, before)
        assert outcome(getattr(s3, get), Bucket="emptied") == expected, name


# -- As bytes: with and without a namespace, a prefix for it, an XML declaration, comments; elements that S3 has not.

DOCUMENTS = {
    "versioning": "<VersioningConfiguration{}>{}<Status>Enabled</Status></VersioningConfiguration>",
    "tagging": "<Tagging{}>{}<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    "cors": "<CORSConfiguration{}>{}<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
            "</CORSRule></CORSConfiguration>",
    "website": "<WebsiteConfiguration{}>{}<IndexDocument><Suffix>i.html</Suffix></IndexDocument>"
               "</WebsiteConfiguration>",
    "encryption": "<ServerSideEncryptionConfiguration{}>{}<Rule><ApplyServerSideEncryptionByDefault>"
                  "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
                  "</ServerSideEncryptionConfiguration>",
    "lifecycle": "<LifecycleConfiguration{}>{}<Rule><ID>r</ID><Filter><Prefix>a</Prefix></Filter>"
                 "<Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "accelerate": "<AccelerateConfiguration{}>{}<Status>Enabled</Status></AccelerateConfiguration>",
    "requestPayment": "<RequestPaymentConfiguration{}>{}<Payer>Requester</Payer></RequestPaymentConfiguration>",
    "logging": "<BucketLoggingStatus{}>{}<LoggingEnabled><TargetBucket>reports</TargetBucket>"
               "<TargetPrefix>p</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
    "ownershipControls": "<OwnershipControls{}>{}<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>"
                         "</OwnershipControls>",
    "publicAccessBlock": "<PublicAccessBlockConfiguration{}>{}<BlockPublicAcls>true</BlockPublicAcls>"
                         "</PublicAccessBlockConfiguration>",
    "notification": "<NotificationConfiguration{}>{}</NotificationConfiguration>",
    "metrics&id=m": "<MetricsConfiguration{}>{}<Id>m</Id></MetricsConfiguration>",
}


def prefixed(document):
    return re.sub(r"<(/?)([A-Z])", r"<\1s3:\2", document)


def put_document(wire, bucket, name, document):
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    return wire.send("PUT", f"/{bucket}?{name}", document, {"content-md5": md5})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_in_every_dress(onput, name):
    wire, bucket = Wire(onput), "dress-" + re.sub("[^a-z]", "", name.lower())
    onput.s3.create_bucket(Bucket=bucket)
    document = DOCUMENTS[name]
    namespace = f' xmlns="{NAMESPACE}"'
    dresses = [document.format("", ""), document.format(namespace, ""),
               '<?xml version="1.0" encoding="UTF-8"?>\n' + document.format(namespace, "<!-- c -->\n"),
               prefixed(document).format(f' xmlns:s3="{NAMESPACE}"', "")]
    shown = set()
    for dress in dresses:
        put = put_document(wire, bucket, name, dress.encode())
        assert put.status in (200, 204), (dress, put.body)
        got = wire.send("GET", f"/{bucket}?{name}")
        assert got.status == 200
        assert f'xmlns="{NAMESPACE}"'.encode() in got.body
        shown.add(got.body)
    assert len(shown) == 1, shown
    unknown = put_document(wire, bucket, name, document.format(namespace, "<Unknown>x</Unknown>").encode())
    assert (unknown.status, unknown.error_code) == (400, "MalformedXML")
    assert {wire.send("GET", f"/{bucket}?{name}").body} == shown
    again = put_document(wire, bucket, name, shown.pop())
    assert again.status in (200, 204), again.body
