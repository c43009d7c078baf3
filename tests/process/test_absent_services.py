"""AWS services that are not here: real clients are refused at once, once, and told what there is."""
import time

import botocore.exceptions
import pytest
from harness.clients import run_client

CALLS = {
    # JSON 1.0 and 1.1
    "dynamodb": ("list_tables", {}, "DynamoDB"),
    "stepfunctions": ("list_state_machines", {}, "AWS SFN"),
    "kms": ("list_keys", {}, "KMS"),
    "rekognition": ("detect_labels", {"Image": {"Bytes": b"x" * 300_000}}, "Amazon Rekognition"),
    # query and EC2's own
    "cloudformation": ("list_stacks", {}, "AWS CloudFormation"),
    "autoscaling": ("describe_auto_scaling_groups", {}, "Auto Scaling"),
    "elbv2": ("describe_load_balancers", {}, "Elastic Load Balancing v2"),
    "ec2": ("describe_instances", {}, "Amazon EC2"),
    # REST-JSON and REST-XML
    "mediaconvert": ("list_jobs", {}, "MediaConvert"),
    "translate": ("translate_text", {"Text": "a", "SourceLanguageCode": "en", "TargetLanguageCode": "vi"},
                  "Amazon Translate"),
    "pipes": ("list_pipes", {}, "Amazon EventBridge Pipes"),
    "route53": ("list_hosted_zones", {}, "Route 53"),
    # CBOR
    "cloudwatch": ("list_metrics", {}, "CloudWatch"),
}


@pytest.mark.parametrize("service", CALLS)
def test_a_client_is_refused_at_once_and_does_not_try_again(onput, service):
    call, arguments, title = CALLS[service]
    client = onput.client(service, retries={"mode": "standard", "max_attempts": 5})
    began = time.monotonic()
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(client, call)(**arguments)
    response = caught.value.response
    assert response["Error"]["Code"] == "NotImplemented"
    assert response["Error"]["Message"] == (
        f"Onput has no {title}. It has AWS Lambda, AWS STS, Amazon CloudWatch Logs, Amazon EventBridge, "
        "Amazon EventBridge Scheduler, Amazon Polly, Amazon S3, Amazon SNS, Amazon SQS and IAM. Nothing was changed.")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["ResponseMetadata"]["RetryAttempts"] == 0
    assert time.monotonic() - began < 2


def test_an_operation_of_a_service_that_is_here_is_refused_by_its_name(onput):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        onput.sqs.list_queue_tags(QueueUrl=onput.url + "/000000000000/any")
    assert caught.value.response["Error"]["Code"] == "AWS.SimpleQueueService.UnsupportedOperation"
    assert "ListQueueTags is not implemented here" in str(caught.value)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        onput.client("sns").list_platform_applications()
    assert caught.value.response["Error"]["Code"] == "InvalidAction"
    assert "ListPlatformApplications is not implemented here" in str(caught.value)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        onput.s3.get_bucket_metadata_table_configuration(Bucket="outbox")
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert caught.value.response["Error"]["Operation"] == "GetBucketMetadataTableConfiguration"


def test_the_command_line_of_aws_shows_the_refusal(onput):
    answer = run_client(onput, "aws", "dynamodb", "list-tables", expect=None)
    assert "NotImplemented" in answer.stderr and "Onput has no DynamoDB" in answer.stderr


@pytest.fixture
def loose(onput):
    """Clients that send what the model does not allow."""
    return lambda service: onput.client(service, parameter_validation=False)


@pytest.mark.parametrize("call, arguments, code, message", [
    ("send_message", {"QueueUrl": "q"}, "MissingParameter",
     "The request must contain the parameter MessageBody."),
    ("receive_message", {}, "MissingParameter", "The request must contain the parameter QueueUrl."),
    ("send_message", {"QueueUrl": "q", "MessageBody": ["a"]}, "MalformedQueryString",
     "START_ARRAY can not be converted to a String"),
    ("receive_message", {"QueueUrl": "q", "AttributeNames": [7]}, "MalformedQueryString",
     "NUMBER_VALUE can not be converted to a String"),
    ("delete_message_batch", {"QueueUrl": "q"}, "AWS.SimpleQueueService.EmptyBatchRequest",
     "There should be at least one DeleteMessageBatchRequestEntry in the request."),
    ("receive_message", {"QueueUrl": "q", "WaitTimeSeconds": "soon"}, "InvalidParameterValue",
     "Value soon for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
], ids=str)
def test_what_does_not_fit_sqss_model_has_sqss_error(loose, call, arguments, code, message):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(loose("sqs"), call)(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"] == message


@pytest.mark.parametrize("call, arguments, message", [
    ("subscribe", {"Protocol": "sqs"}, "1 validation error detected: Value null at 'topicArn' failed to "
     "satisfy constraint: Member must not be null"),
    ("set_topic_attributes", {"TopicArn": "t", "AttributeName": ""},
     "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ("create_topic", {}, "Invalid parameter: Topic Name"),
], ids=str)
def test_what_does_not_fit_snss_model_has_snss_error(loose, call, arguments, message):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        getattr(loose("sns"), call)(**arguments)
    code = "ValidationError" if "validation error" in message else "InvalidParameter"
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"] == message


def test_members_that_the_model_does_not_have_are_passed_over(onput, loose):
    url = onput.sqs.create_queue(QueueName="lenient")["QueueUrl"]
    client = loose("sqs")
    # What botocore would leave out, put in where it makes the body.
    client.meta.events.register(
        "before-call.sqs.SendMessage",
        lambda params, **_: params.update(body=params["body"].replace(b"{", b'{"Nobody": {"a": [1]}, ', 1)))
    sent = client.send_message(QueueUrl=url, MessageBody="a")
    assert sent["MD5OfMessageBody"] == "0cc175b9c0f1b6a831c399e269772661"
