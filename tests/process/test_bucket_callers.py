"""Every operation of S3 on buckets and objects, by four callers: the owner, a user of hers, another account, nobody."""
import json

import botocore.exceptions
import pytest

from harness.topics import topic_instance
from test_bucket_access import KEYS, OTHER, client
from test_read_back import MASTER_KEY

PLACES = {"bucket": ("arn:aws:s3:::{bucket}",), "object": ("arn:aws:s3:::{bucket}/*",)}
KEY = {"Key": "k"}
GONE = {"Key": "gone"}
UPLOAD = {"Key": "k", "UploadId": "0" * 48}
ONE_RULE = {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}]}
INVENTORY = {"Id": "i", "InventoryConfiguration": {
    "Id": "i", "IsEnabled": False, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
    "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::callers", "Format": "CSV"}}}}
TIERING = {"Id": "i", "IntelligentTieringConfiguration": {
    "Id": "i", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}}
CORS = {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}}

# Operation, arguments beside the bucket, the action that AWS's documentation names (or each of several that it takes),
# and what it is about.
OPERATIONS = [
    ("abort_multipart_upload", UPLOAD, "AbortMultipartUpload", "object"),
    ("complete_multipart_upload", UPLOAD | {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "e"}]}},
     "PutObject", "object"),
    ("create_multipart_upload", KEY, "PutObject", "object"),
    ("delete_bucket", {}, "DeleteBucket", "bucket"),
    ("delete_bucket_analytics_configuration", {"Id": "i"}, "PutAnalyticsConfiguration", "bucket"),
    ("delete_bucket_cors", {}, "PutBucketCORS", "bucket"),
    ("delete_bucket_encryption", {}, "PutEncryptionConfiguration", "bucket"),
    ("delete_bucket_intelligent_tiering_configuration", {"Id": "i"}, "PutIntelligentTieringConfiguration", "bucket"),
    ("delete_bucket_inventory_configuration", {"Id": "i"}, "PutInventoryConfiguration", "bucket"),
    ("delete_bucket_lifecycle", {}, "PutLifecycleConfiguration", "bucket"),
    ("delete_bucket_metrics_configuration", {"Id": "i"}, "PutMetricsConfiguration", "bucket"),
    ("delete_bucket_ownership_controls", {}, "PutBucketOwnershipControls", "bucket"),
    ("delete_bucket_replication", {}, "PutReplicationConfiguration", "bucket"),
    ("delete_bucket_tagging", {}, "PutBucketTagging", "bucket"),
    ("delete_bucket_website", {}, "DeleteBucketWebsite", "bucket"),
    ("delete_object", GONE, "DeleteObject", "object"),
    ("delete_object_tagging", KEY, "DeleteObjectTagging", "object"),
    ("delete_public_access_block", {}, "PutBucketPublicAccessBlock", "bucket"),
    ("get_bucket_accelerate_configuration", {}, "GetAccelerateConfiguration", "bucket"),
    ("get_bucket_acl", {}, "GetBucketAcl", "bucket"),
    ("get_bucket_analytics_configuration", {"Id": "i"}, "GetAnalyticsConfiguration", "bucket"),
    ("get_bucket_cors", {}, "GetBucketCORS", "bucket"),
    ("get_bucket_encryption", {}, "GetEncryptionConfiguration", "bucket"),
    ("get_bucket_intelligent_tiering_configuration", {"Id": "i"}, "GetIntelligentTieringConfiguration", "bucket"),
    ("get_bucket_inventory_configuration", {"Id": "i"}, "GetInventoryConfiguration", "bucket"),
    ("get_bucket_lifecycle_configuration", {}, "GetLifecycleConfiguration", "bucket"),
    ("get_bucket_location", {}, "GetBucketLocation", "bucket"),
    ("get_bucket_logging", {}, "GetBucketLogging", "bucket"),
    ("get_bucket_metrics_configuration", {"Id": "i"}, "GetMetricsConfiguration", "bucket"),
    ("get_bucket_notification_configuration", {}, "GetBucketNotification", "bucket"),
    ("get_bucket_ownership_controls", {}, "GetBucketOwnershipControls", "bucket"),
    ("get_bucket_policy_status", {}, "GetBucketPolicyStatus", "bucket"),
    ("get_bucket_replication", {}, "GetReplicationConfiguration", "bucket"),
    ("get_bucket_request_payment", {}, "GetBucketRequestPayment", "bucket"),
    ("get_bucket_tagging", {}, "GetBucketTagging", "bucket"),
    ("get_bucket_versioning", {}, "GetBucketVersioning", "bucket"),
    ("get_bucket_website", {}, "GetBucketWebsite", "bucket"),
    ("get_object", KEY, "GetObject", "object"),
    ("get_object_acl", KEY, "GetObjectAcl", "object"),
    ("get_object_attributes", KEY | {"ObjectAttributes": ["ETag"]}, ["GetObject", "GetObjectAttributes"], "object"),
    ("get_object_legal_hold", KEY, "GetObjectLegalHold", "object"),
    ("get_object_lock_configuration", {}, "GetBucketObjectLockConfiguration", "bucket"),
    ("get_object_retention", KEY, "GetObjectRetention", "object"),
    ("get_object_tagging", KEY, "GetObjectTagging", "object"),
    ("get_public_access_block", {}, "GetBucketPublicAccessBlock", "bucket"),
    ("head_bucket", {}, "ListBucket", "bucket"),
    ("head_object", KEY, "GetObject", "object"),
    ("list_bucket_analytics_configurations", {}, "GetAnalyticsConfiguration", "bucket"),
    ("list_bucket_intelligent_tiering_configurations", {}, "GetIntelligentTieringConfiguration", "bucket"),
    ("list_bucket_inventory_configurations", {}, "GetInventoryConfiguration", "bucket"),
    ("list_bucket_metrics_configurations", {}, "GetMetricsConfiguration", "bucket"),
    ("list_multipart_uploads", {}, "ListBucketMultipartUploads", "bucket"),
    ("list_object_versions", {}, "ListBucketVersions", "bucket"),
    ("list_objects", {}, "ListBucket", "bucket"),
    ("list_objects_v2", {}, "ListBucket", "bucket"),
    ("list_parts", UPLOAD, "ListMultipartUploadParts", "object"),
    ("put_bucket_accelerate_configuration", {"AccelerateConfiguration": {"Status": "Suspended"}},
     "PutAccelerateConfiguration", "bucket"),
    ("put_bucket_acl", {"ACL": "private"}, "PutBucketAcl", "bucket"),
    ("put_bucket_analytics_configuration", {"Id": "i", "AnalyticsConfiguration": {"Id": "i", "StorageClassAnalysis": {}}},
     "PutAnalyticsConfiguration", "bucket"),
    ("put_bucket_cors", CORS, "PutBucketCORS", "bucket"),
    ("put_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}}, "PutEncryptionConfiguration", "bucket"),
    ("put_bucket_intelligent_tiering_configuration", TIERING, "PutIntelligentTieringConfiguration", "bucket"),
    ("put_bucket_inventory_configuration", INVENTORY, "PutInventoryConfiguration", "bucket"),
    ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": ONE_RULE}, "PutLifecycleConfiguration", "bucket"),
    ("put_bucket_logging", {"BucketLoggingStatus": {}}, "PutBucketLogging", "bucket"),
    ("put_bucket_metrics_configuration", {"Id": "i", "MetricsConfiguration": {"Id": "i"}},
     "PutMetricsConfiguration", "bucket"),
    ("put_bucket_notification_configuration", {"NotificationConfiguration": {}}, "PutBucketNotification", "bucket"),
    ("put_bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
     "PutBucketOwnershipControls", "bucket"),
    ("put_bucket_request_payment", {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}},
     "PutBucketRequestPayment", "bucket"),
    ("put_bucket_tagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}, "PutBucketTagging", "bucket"),
    ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}, "PutBucketVersioning", "bucket"),
    ("put_bucket_website", {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "i"}}}, "PutBucketWebsite", "bucket"),
    ("put_object", {"Key": "new", "Body": b"x"}, "PutObject", "object"),
    ("put_object_acl", KEY | {"ACL": "private"}, "PutObjectAcl", "object"),
    ("put_object_legal_hold", KEY | {"LegalHold": {"Status": "OFF"}}, "PutObjectLegalHold", "object"),
    ("put_object_lock_configuration", {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
     "PutBucketObjectLockConfiguration", "bucket"),
    ("put_object_retention", KEY | {"Retention": {}}, "PutObjectRetention", "object"),
    ("put_object_tagging", KEY | {"Tagging": {"TagSet": []}}, "PutObjectTagging", "object"),
    ("put_public_access_block", {"PublicAccessBlockConfiguration": {}}, "PutBucketPublicAccessBlock", "bucket"),
    ("restore_object", KEY | {"RestoreRequest": {"Days": 1}}, "RestoreObject", "object"),
    ("upload_part", UPLOAD | {"PartNumber": 1, "Body": b"x"}, "PutObject", "object"),
]
# Only the owner's account may, whatever a policy says; others that it allows are told that the method is not for them.
OWNERS = [("get_bucket_policy", {}, "GetBucketPolicy"), ("delete_bucket_policy", {}, "DeleteBucketPolicy"),
          ("put_bucket_policy", {"Policy": "{}"}, "PutBucketPolicy")]


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("callers"), keys_secret=KEYS,
                        master_keys_secret=MASTER_KEY) as instance:
        yield instance


@pytest.fixture(scope="module")
def callers(onput):
    """Clients of the owner's user, of another account, and of nobody."""
    return client(onput, "ann"), client(onput, "other"), client(onput)


@pytest.fixture
def bucket(onput, request):
    """A bucket of its own, with an object; operations change and delete both."""
    name = "callers-" + str(abs(hash(request.node.name)))
    onput.s3.create_bucket(Bucket=name)
    onput.s3.delete_public_access_block(Bucket=name)
    onput.s3.put_object(Bucket=name, Key="k", Body=b"content")
    return name


def is_let(s3, bucket, operation, arguments):
    """Whether the caller gets as far as the bucket: what he asks for may be absent."""
    try:
        getattr(s3, operation)(Bucket=bucket, **arguments)
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] < 500, error
        return code not in ("AccessDenied", "403")
    return True


def permit(onput, bucket, principal, place, **actions):
    onput.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Resource": [arn.format(bucket=bucket) for arn in PLACES[place]],
        **actions}]}))


@pytest.mark.parametrize("operation, arguments, action, place", OPERATIONS, ids=[each[0] for each in OPERATIONS])
def test_who_may(onput, callers, bucket, operation, arguments, action, place):
    ann, other, nobody = callers

    def let(s3):
        return is_let(s3, bucket, operation, arguments)
    actions = [f"s3:{each}" for each in (action if isinstance(action, list) else [action])]
    assert not let(other) and not let(nobody), "without a policy it is the owner's"
    for caller, principal in ((other, {"AWS": OTHER}), (nobody, "*")):
        if operation == "delete_bucket":
            onput.s3.put_object(Bucket=bucket, Key="k", Body=b"so that it cannot go")
        for each in actions:
            permit(onput, bucket, principal, place, NotAction=each)
            assert not let(caller), "all else is no permission for this"
        permit(onput, bucket, principal, place, Action=actions)
        assert let(caller), f"{actions} is the permission for it"
    onput.s3.delete_bucket_policy(Bucket=bucket)
    assert let(onput.s3) and let(ann)


@pytest.mark.parametrize("operation, arguments, action", OWNERS, ids=[each[0] for each in OWNERS])
def test_a_policy_is_its_owners(onput, callers, bucket, operation, arguments, action):
    ann, other, nobody = callers
    for caller, principal in ((other, {"AWS": OTHER}), (nobody, "*")):
        assert not is_let(caller, bucket, operation, arguments)
        permit(onput, bucket, principal, "bucket", Action=f"s3:{action}")
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            getattr(caller, operation)(Bucket=bucket, **arguments)
        assert caught.value.response["Error"]["Code"] in ("MethodNotAllowed", "AccessDenied")
        assert onput.s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert is_let(ann, bucket, operation, arguments)


# Several actions, another place, or no bucket: tests of their own.
ELSEWHERE = {"copy_object", "upload_part_copy", "delete_objects", "create_bucket", "put_bucket_replication"}
# S3 has them, and Onput answers NotImplemented before it asks who the caller is (test_bucket_configuration.py), or they
# are old names of operations above.
NOT_HERE = {
    "create_bucket_metadata_configuration", "create_bucket_metadata_table_configuration", "create_session",
    "delete_bucket_metadata_configuration", "delete_bucket_metadata_table_configuration", "get_bucket_abac",
    "get_bucket_lifecycle", "get_bucket_metadata_configuration", "get_bucket_metadata_table_configuration",
    "get_bucket_notification", "get_object_torrent", "put_bucket_abac", "put_bucket_lifecycle",
    "put_bucket_notification", "rename_object", "select_object_content",
    "update_bucket_metadata_inventory_table_configuration", "update_bucket_metadata_journal_table_configuration",
    "update_object_encryption"}


def test_every_operation_is_in_the_table(onput):
    model = onput.s3.meta.service_model
    methods = {botocore.xform_name(name): model.operation_model(name).input_shape for name in model.operation_names}
    about_buckets = {name for name, shape in methods.items() if shape and "Bucket" in shape.members}
    listed = {each[0] for each in OPERATIONS} | {each[0] for each in OWNERS} | ELSEWHERE
    assert about_buckets - listed == NOT_HERE
