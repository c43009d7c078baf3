"""Who may do what with a bucket, by its policy, by lists and by ownership: two accounts, a user and nobody."""
import base64
import hashlib
import json

import boto3
import botocore
import botocore.config
import pytest

from harness.topics import refused, topic_instance
from harness.topology import ACCOUNT
from harness.wire import Signer, Wire

OTHER = "111111111111"
KEYS = f"ann:secret:{ACCOUNT}/ann,other:secret:{OTHER},eve:secret:{OTHER}/eve"


@pytest.fixture(scope="module")
def onput(tmp_path_factory):
    with topic_instance(tmp_path_factory.mktemp("access"), keys_secret=KEYS) as instance:
        yield instance


def client(onput, key=None, **config):
    """With the key of somebody, or unsigned."""
    signature = {} if key else {"signature_version": botocore.UNSIGNED}
    return boto3.session.Session().client(
        "s3", endpoint_url=onput.url, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key="secret" if key else None,
        config=botocore.config.Config(retries={"max_attempts": 1}, **signature, **config))


@pytest.fixture
def bucket(onput, request):
    name = "access-" + "".join(c for c in request.node.name if c.isalnum())[-40:].lower()
    onput.s3.create_bucket(Bucket=name)
    onput.s3.put_object(Bucket=name, Key="k", Body=b"content")
    return name


def statement(bucket, effect, principal, *actions, **condition):
    return {"Effect": effect, "Principal": principal, "Action": [f"s3:{name}" for name in actions],
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"], "Condition": condition}


def put_policy(s3, bucket, *statements):
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def open_to_the_public(onput, bucket, ownership="ObjectWriter"):
    onput.s3.delete_public_access_block(Bucket=bucket)
    onput.s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


def read(s3, bucket, key="k"):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_policy_is_given_back_as_it_was_put(onput, bucket):
    s3 = onput.s3
    text = json.dumps({"Version": "2012-10-17", "Statement": [
        statement(bucket, "Allow", {"AWS": OTHER}, "GetObject")]}, indent=3)
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    s3.delete_bucket_policy(Bucket=bucket)
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)


def test_another_account_gets_what_the_policy_allows(onput, bucket):
    other, eve = client(onput, "other"), client(onput, "eve")
    for s3 in other, eve:
        with refused("AccessDenied", 403):
            read(s3, bucket)
    put_policy(onput.s3, bucket, statement(bucket, "Allow", {"AWS": f"arn:aws:iam::{OTHER}:user/eve"},
                                           "GetObject", "PutObject"))
    assert read(eve, bucket) == b"content"
    eve.put_object(Bucket=bucket, Key="hers", Body=b"x" * 300_000)
    for call in (lambda: read(other, bucket), lambda: eve.list_objects_v2(Bucket=bucket),
                 lambda: eve.delete_object(Bucket=bucket, Key="k"), lambda: read(eve, bucket, "absent"),
                 lambda: eve.get_bucket_policy(Bucket=bucket),
                 lambda: eve.put_object(Bucket=bucket, Key="tagged", Body=b"x", Tagging="a=b")):
        with refused("AccessDenied", 403):
            call()
    # What she wrote is the bucket's owner's.
    assert len(read(onput.s3, bucket, "hers")) == 300_000


def test_a_denial_hits_the_owners_user_who_is_told_why(onput, bucket):
    put_policy(onput.s3, bucket, statement(bucket, "Deny", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, "GetObject"))
    ann = client(onput, "ann")
    with refused("AccessDenied", 403, f'User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: '
                 f's3:GetObject on resource: "arn:aws:s3:::{bucket}/k" with an explicit deny in a resource-based '
                 'policy'):
        read(ann, bucket)
    ann.put_object(Bucket=bucket, Key="k2", Body=b"x")
    assert read(onput.s3, bucket) == b"content"


def test_nobody_reads_what_a_public_policy_lets_him(onput, bucket):
    nobody = client(onput)
    to_all = statement(bucket, "Allow", "*", "GetObject")
    with refused("AccessDenied", 403) as caught:
        put_policy(onput.s3, bucket, to_all)
    assert "BlockPublicPolicy" in str(caught.value)
    onput.s3.delete_public_access_block(Bucket=bucket)
    put_policy(onput.s3, bucket, to_all)
    assert onput.s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert read(nobody, bucket) == b"content"
    for call in (lambda: nobody.list_objects_v2(Bucket=bucket), nobody.list_buckets,
                 lambda: nobody.create_bucket(Bucket=bucket + "-2"),
                 lambda: nobody.put_object(Bucket=bucket, Key="a", Body=b"x")):
        with refused("AccessDenied", 403):
            call()
    onput.s3.put_public_access_block(Bucket=bucket,
                                     PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    with refused("AccessDenied", 403):
        read(nobody, bucket)


def test_conditions_see_the_request(onput, bucket):
    put_policy(onput.s3, bucket,
               statement(bucket, "Allow", {"AWS": OTHER}, "ListBucket", StringLike={"s3:prefix": "open/*"}),
               statement(bucket, "Deny", "*", "PutObject", StringEquals={"s3:x-amz-storage-class": "STANDARD_IA"}),
               statement(bucket, "Allow", {"AWS": OTHER}, "GetObject", IpAddress={"aws:SourceIp": "203.0.113.0/24"}))
    other = client(onput, "other")
    other.list_objects_v2(Bucket=bucket, Prefix="open/a")
    for call in (lambda: other.list_objects_v2(Bucket=bucket), lambda: read(other, bucket),
                 lambda: onput.s3.put_object(Bucket=bucket, Key="a", Body=b"x", StorageClass="STANDARD_IA")):
        with refused("AccessDenied", 403):
            call()
    onput.s3.put_object(Bucket=bucket, Key="a", Body=b"x")


@pytest.mark.parametrize("policy, text", [
    ("[]", "Policies must be valid JSON and the first byte must be '{'"),
    ({"Action": "s3:Fly"}, "Policy has invalid action"),
    ({"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
    ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/who"}}, "Invalid principal in policy"),
    ({"Condition": {"StringEquals": {"aws:Weather": "fine"}}}, "Policy has an invalid condition key"),
    ({"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
], ids=["no JSON", "action", "resource", "user without a key", "key", "unfit"])
def test_a_policy_that_cannot_be_kept_is_refused(onput, bucket, policy, text):
    if isinstance(policy, dict):
        policy = json.dumps({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*"} | policy})
    with refused("MalformedPolicy", 400, text):
        onput.s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    with refused("NoSuchBucketPolicy", 404):
        onput.s3.get_bucket_policy(Bucket=bucket)


def test_a_copy_reads_its_source_and_writes_its_target_by_both_policies(onput, bucket):
    other = client(onput, "other")
    target = bucket[:50] + "-target"
    other.create_bucket(Bucket=target)
    source = {"Bucket": bucket, "Key": "k"}
    with refused("AccessDenied", 403):
        other.copy_object(Bucket=target, Key="copy", CopySource=source)
    put_policy(onput.s3, bucket, statement(bucket, "Allow", {"AWS": OTHER}, "GetObject"))
    other.copy_object(Bucket=target, Key="copy", CopySource=source)
    assert read(other, target, "copy") == b"content"
    with refused("AccessDenied", 403):
        other.copy_object(Bucket=bucket, Key="back", CopySource=source)
    # Tags are read by a right of their own.
    onput.s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    with refused("AccessDenied", 403):
        other.copy_object(Bucket=target, Key="copy", CopySource=source)
    other.copy_object(Bucket=target, Key="copy", CopySource=source, TaggingDirective="REPLACE")


def test_a_lock_is_shown_to_whom_the_policy_shows_it(onput, bucket):
    locked = bucket[:50] + "-locked"
    onput.s3.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    onput.s3.put_object(Bucket=locked, Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")
    other = client(onput, "other")
    with refused("AccessDenied", 403):
        other.get_object_legal_hold(Bucket=locked, Key="k")
    put_policy(onput.s3, locked, statement(locked, "Allow", {"AWS": OTHER}, "GetObjectLegalHold"))
    assert other.get_object_legal_hold(Bucket=locked, Key="k")["LegalHold"]["Status"] == "ON"
    onput.s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"})


def test_keys_of_a_deletion_of_many_are_denied_one_by_one(onput, bucket):
    allowed = statement(bucket, "Allow", {"AWS": OTHER}, "DeleteObject") | {
        "Resource": f"arn:aws:s3:::{bucket}/in/*"}
    put_policy(onput.s3, bucket, allowed)
    onput.s3.put_object(Bucket=bucket, Key="in/a", Body=b"x")
    answer = client(onput, "other").delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "in/a"}, {"Key": "k"}]})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["in/a"]
    assert [(entry["Key"], entry["Code"]) for entry in answer["Errors"]] == [("k", "AccessDenied")]
    assert read(onput.s3, bucket) == b"content"


def test_a_public_list_lets_nobody_read(onput, bucket):
    nobody = client(onput)
    with refused("AccessControlListNotSupported", 400):
        onput.s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    open_to_the_public(onput, bucket)
    onput.s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    assert read(nobody, bucket) == b"content"
    grants = onput.s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL", "READ"]
    onput.s3.put_object_acl(Bucket=bucket, Key="k", ACL="private")
    with refused("AccessDenied", 403):
        read(nobody, bucket)
    onput.s3.put_object(Bucket=bucket, Key="born-public", Body=b"x", ACL="public-read")
    assert read(nobody, bucket, "born-public") == b"x"


def test_a_list_comes_with_the_object_however_it_is_written(onput, bucket):
    s3, nobody = onput.s3, client(onput)
    open_to_the_public(onput, bucket)
    s3.copy_object(Bucket=bucket, Key="copied", CopySource={"Bucket": bucket, "Key": "k"}, ACL="public-read")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="in-parts", ACL="public-read")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="in-parts", UploadId=upload, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(Bucket=bucket, Key="in-parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    s3.put_object(Bucket=bucket, Key="large", Body=b"x" * 300_000, ACL="public-read")
    s3.put_object(Bucket=bucket, Key="granted", Body=b"x",
                  GrantRead='uri="http://acs.amazonaws.com/groups/global/AllUsers"')
    form = s3.generate_presigned_post(bucket, "posted", Fields={"acl": "public-read"},
                                      Conditions=[{"acl": "public-read"}])
    fields = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                     for name, value in form["fields"].items())
    body = fields + '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    answer = Wire(onput).send_unsigned("POST", f"/{bucket}", body.encode(),
                                       {"content-type": "multipart/form-data; boundary=b"})
    assert answer.status == 204, answer.body
    for key in "copied", "in-parts", "large", "posted":
        assert read(nobody, bucket, key)
    # Grants by header are all that there are.
    assert read(nobody, bucket, "granted") == b"x"
    assert [grant["Permission"] for grant in s3.get_object_acl(Bucket=bucket, Key="granted")["Grants"]] == ["READ"]
    with refused("AccessDenied", 403):
        read(nobody, bucket)


def test_a_form_that_nobody_signed_is_judged_by_the_policy(onput, bucket):
    body = (b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nposted\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n')
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert Wire(onput).send_unsigned("POST", f"/{bucket}", body, headers).status == 403
    onput.s3.delete_public_access_block(Bucket=bucket)
    put_policy(onput.s3, bucket, statement(bucket, "Allow", "*", "PutObject"))
    assert Wire(onput).send_unsigned("POST", f"/{bucket}", body, headers).status == 204
    assert read(onput.s3, bucket, "posted") == b"x"
    client(onput).put_object(Bucket=bucket, Key="put", Body=b"y")
    assert read(onput.s3, bucket, "put") == b"y"


def test_who_writes_into_anothers_bucket_owns_what_he_wrote(onput, bucket):
    open_to_the_public(onput, bucket)
    other = client(onput, "other")
    owner_id, other_id = onput.s3.list_buckets()["Owner"]["ID"], other.list_buckets()["Owner"]["ID"]
    onput.s3.put_bucket_acl(Bucket=bucket, GrantWrite=f'id="{other_id}"', GrantFullControl=f'id="{owner_id}"')
    other.put_object(Bucket=bucket, Key="his", Body=b"x")
    with refused("AccessDenied", 403):
        read(onput.s3, bucket, "his")
    assert other.get_object_acl(Bucket=bucket, Key="his")["Owner"]["ID"] == other_id
    for entries in (onput.s3.list_objects(Bucket=bucket)["Contents"],
                    onput.s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"],
                    onput.s3.list_object_versions(Bucket=bucket)["Versions"]):
        owners = {entry["Key"]: entry["Owner"]["ID"] for entry in entries}
        assert owners["his"] == other_id and owners["k"] == owner_id
    other.put_object_acl(Bucket=bucket, Key="his", GrantRead=f'id="{owner_id}"',
                         GrantFullControl=f'id="{other_id}"')
    assert read(onput.s3, bucket, "his") == b"x"
    with refused("InvalidArgument", 400):
        other.put_object_acl(Bucket=bucket, Key="his", GrantRead=f'id="{"0" * 64}"')


def test_access_survives_a_restart(own_onput):
    instance = own_onput(tts=0, arguments=["--no-pipeline", "--image", "0"])
    s3 = instance.s3
    s3.create_bucket(Bucket="kept", ObjectOwnership="ObjectWriter")
    s3.put_object(Bucket="kept", Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket="kept")
    put_policy(s3, "kept", statement("kept", "Allow", "*", "GetObject"))
    s3.put_bucket_acl(Bucket="kept", ACL="public-read")
    instance.stop()
    instance.start()
    nobody = client(instance)
    assert read(nobody, "kept") == b"x"
    assert nobody.list_objects_v2(Bucket="kept")["KeyCount"] == 1


def test_a_public_access_block_is_on_however_its_booleans_are_written(onput, bucket):
    wire = Wire(onput)
    for spelling in "TRUE", "True", "1", "true":
        onput.s3.delete_public_access_block(Bucket=bucket)
        names = "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"
        document = "".join(f"<{name}>{spelling}</{name}>" for name in names)
        body = f"<PublicAccessBlockConfiguration>{document}</PublicAccessBlockConfiguration>".encode()
        headers = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
        assert wire.send("PUT", f"/{bucket}?publicAccessBlock", body, headers).status == 200
        shown = onput.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert shown == dict.fromkeys(names, True), spelling
        with refused("AccessDenied", 403):
            put_policy(onput.s3, bucket, statement(bucket, "Allow", "*", "GetObject"))


@pytest.mark.parametrize("resource, body", [
    ("?lifecycle", b"<x/>"), ("?acl", b"<x/>"), ("?cors", b"<x/>"), ("?website", b"<x/>"), ("?tagging", b"<x/>"),
    ("?encryption", b"<x/>"), ("?versioning", b"<x/>"), ("?replication", b"<x/>"), ("?notification", b"<x/>"),
    ("?logging", b"<x/>"), ("?ownershipControls", b"<x/>"), ("/k?tagging", b"<x/>"), ("/k?acl", b"<x/>"),
    ("/k?retention", b"<x/>"), ("/k?legal-hold", b"<x/>"), ("/k?restore", b"<x/>")])
def test_what_is_wrong_with_a_document_is_told_to_those_who_may_put_one(onput, bucket, resource, body):
    wire = Wire(onput)
    method = "POST" if "restore" in resource else "PUT"
    headers = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    own = wire.send(method, f"/{bucket}{resource}", body, headers)
    assert own.status == 400 and own.error_code == "MalformedXML"
    foreign = wire.send(method, f"/{bucket}{resource}", body, headers,
                        signer=Signer(secret="secret", access_key="other"))
    unsigned = wire.send_unsigned(method, f"/{bucket}{resource}", body, headers)
    for answer in foreign, unsigned:
        assert (answer.status, answer.error_code) == (403, "AccessDenied")
    absent = wire.send(method, f"/absent-{bucket}{resource}", body, headers)
    assert (absent.status, absent.error_code) == (404, "NoSuchBucket")


def test_a_denial_of_copy_sources_holds_however_the_source_is_spelled(onput, bucket):
    s3 = onput.s3
    s3.put_object(Bucket=bucket, Key="secret/x", Body=b"x")
    put_policy(s3, bucket, statement(bucket, "Deny", "*", "PutObject",
                                     StringLike={"s3:x-amz-copy-source": f"{bucket}/secret/*"}))
    for spelled in "secret/x", "secre%74/x", "secret%2Fx":
        for slash in "", "/":
            answer = Wire(onput).send("PUT", f"/{bucket}/copy", b"",
                                      {"x-amz-copy-source": f"{slash}{bucket}/{spelled}"})
            assert answer.error_code == "AccessDenied", slash + spelled
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")


def test_deletions_that_must_state_an_etag_do(onput, bucket):
    put_policy(onput.s3, bucket,
               statement(bucket, "Allow", {"AWS": OTHER}, "DeleteObject", "GetObject",
                         Null={"s3:if-match": "false"}),
               statement(bucket, "Allow", {"AWS": OTHER}, "GetObject"))
    other = client(onput, "other")
    etag = onput.s3.head_object(Bucket=bucket, Key="k")["ETag"]
    with refused("AccessDenied", 403):
        other.delete_object(Bucket=bucket, Key="k")
    other.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    onput.s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    answer = other.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})
    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    answer = other.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "ETag": etag}]})
    assert [done["Key"] for done in answer["Deleted"]] == ["k"]


def test_who_may_only_delete_is_not_told_whether_an_etag_is_right(onput, bucket):
    put_policy(onput.s3, bucket, statement(bucket, "Allow", {"AWS": OTHER}, "DeleteObject"))
    for etag in onput.s3.head_object(Bucket=bucket, Key="k")["ETag"], '"0"':
        with refused("AccessDenied", 403):
            client(onput, "other").delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert read(onput.s3, bucket) == b"content"


def test_aws_policy_for_uploads_of_other_accounts_lets_them_in(onput, bucket):
    put_policy(onput.s3, bucket, statement(
        bucket, "Allow", {"AWS": OTHER}, "PutObject",
        StringEquals={"s3:x-amz-acl": "bucket-owner-full-control"}))
    other = client(onput, "other")
    with refused("AccessDenied", 403):
        other.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    for ownership in "BucketOwnerEnforced", "BucketOwnerPreferred":
        onput.s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})
        other.put_object(Bucket=bucket, Key="theirs", Body=b"x", ACL="bucket-owner-full-control")
        assert read(onput.s3, bucket, "theirs") == b"x"


def test_others_are_not_shown_tags_and_locks(onput):
    s3, name = onput.s3, "access-locked-and-tagged"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket=name, Key="k", Body=b"x", Tagging="a=b", ObjectLockLegalHoldStatus="ON",
                  ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate="2036-01-01T00:00:00Z",
                  ChecksumAlgorithm="CRC32")
    s3.delete_public_access_block(Bucket=name)
    put_policy(s3, name, statement(name, "Allow", "*", "GetObject"))
    wire = Wire(onput)
    private = {"x-amz-tagging-count", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date",
               "x-amz-object-lock-legal-hold"}
    for method in "HEAD", "GET":
        assert private <= set(wire.send(method, f"/{name}/k").headers)
        assert not private & set(wire.send_unsigned(method, f"/{name}/k").headers)
    put_policy(s3, name, statement(name, "Allow", "*", "GetObject", "GetObjectLegalHold"))
    shown = wire.send_unsigned("HEAD", f"/{name}/k").headers
    assert private & set(shown) == {"x-amz-object-lock-legal-hold"}
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "OFF"})
    assert s3.head_object(Bucket=name, Key="k")["ObjectLockLegalHoldStatus"] == "OFF"
