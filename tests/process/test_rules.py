"""Every reason to refuse a notification configuration, in AWS's words; nothing of it is stored."""
import pytest

from harness.topology import (ACCOUNT, configuration_xml, make_queue, queue_arn, rule_xml)
from harness.wire import Wire

MALFORMED = ("The XML you provided was not well-formed or did not validate against our published "
             "schema")
AMBIGUOUS = ("Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if "
             "the prefixes are overlapping for the same event type.")
OVERLAP = ("Configurations overlap. Configurations on the same bucket cannot share a common event "
           "type.")
NO_QUEUE = "The destination queue does not exist"
CLOSED = ("Permissions on the destination queue do not allow S3 to publish notifications from this "
          "bucket")
ABSENT = queue_arn("absent")
ABSENT_FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:absent"
PUT = ("s3:ObjectCreated:Put",)


def unvalidated(*refusals):
    """S3's message, with what did not agree and why."""
    told = "; ".join(f"{arn}: {reason}" for arn, reason in refusals)
    return f"Unable to validate the following destination configurations: {told}"


def bad(*rules, message, code="InvalidArgument", **elements):
    return configuration_xml(*rules), code, message, elements


CASES = {
    "an_arn_that_is_none": bad(
        rule_xml(arn="not-an-arn"), message="The ARN could not be parsed",
        ArgumentName="Queue", ArgumentValue="not-an-arn"),
    "a_function_arn_that_is_none": bad(
        rule_xml("CloudFunction", arn="speech"), message="The ARN could not be parsed",
        ArgumentName="CloudFunction", ArgumentValue="speech"),
    "a_topic_arn_that_is_none": bad(
        rule_xml("Topic", arn="arn:aws"), message="The ARN could not be parsed",
        ArgumentName="Topic", ArgumentValue="arn:aws"),
    "the_first_of_two_bad_arns_before_a_missing_queue": bad(
        rule_xml(arn=ABSENT, events=("s3:ObjectRemoved:*",)), rule_xml(arn="one"),
        rule_xml(arn="two"), message="The ARN could not be parsed",
        ArgumentName="Queue", ArgumentValue="one"),
    "a_queue_that_does_not_exist": bad(
        rule_xml(arn=ABSENT), message=unvalidated((ABSENT, NO_QUEUE)), ArgumentName1=ABSENT,
        ArgumentValue1=NO_QUEUE),
    "two_queues_that_do_not_exist": bad(
        rule_xml(arn=ABSENT, events=PUT), rule_xml(arn=ABSENT + "2", events=("s3:ObjectRemoved:*",)),
        message=unvalidated((ABSENT, NO_QUEUE), (ABSENT + "2", NO_QUEUE)),
        ArgumentName1=ABSENT, ArgumentValue1=NO_QUEUE,
        ArgumentName2=ABSENT + "2", ArgumentValue2=NO_QUEUE),
    "a_queue_whose_policy_denies": bad(
        rule_xml(arn=queue_arn("closed")), message=unvalidated((queue_arn("closed"), CLOSED)),
        ArgumentName1=queue_arn("closed"), ArgumentValue1=CLOSED),
    "a_function_that_does_not_exist": bad(
        rule_xml("CloudFunction", arn=ABSENT_FUNCTION),
        message=unvalidated((ABSENT_FUNCTION, f"Not authorized to invoke function [{ABSENT_FUNCTION}]")),
        ArgumentName1=f"{ABSENT_FUNCTION}, null",
        ArgumentValue1=f"Not authorized to invoke function [{ABSENT_FUNCTION}]"),
    "a_filter_that_is_neither_prefix_nor_suffix": bad(
        rule_xml(filters=[("infix", "x")]),
        message="filter rule name must be either prefix or suffix",
        ArgumentName="FilterRule.Name", ArgumentValue="infix"),
    "a_filter_without_a_name": bad(
        rule_xml(filters=[(None, "x")]), message=MALFORMED, code="MalformedXML"),
    "a_filter_without_a_value": bad(
        rule_xml(filters=[("prefix", None)]), message=MALFORMED, code="MalformedXML"),
    "two_prefixes": bad(
        rule_xml(filters=[("prefix", "a"), ("Prefix", "b")]),
        message="Cannot specify more than one prefix rule in a filter."),
    "two_suffixes": bad(
        rule_xml(filters=[("suffix", "a"), ("suffix", "b")]),
        message="Cannot specify more than one suffix rule in a filter."),
    "a_filter_value_of_1025_bytes": bad(
        rule_xml(filters=[("prefix", "x" * 1025)]),
        message="Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"),
    "an_unknown_event": bad(
        rule_xml(events=("s3:ObjectCreated:Teleport",)),
        message="A specified event is not supported for notifications."),
    "an_overlap_without_filters": bad(
        rule_xml(), rule_xml(events=PUT), message=OVERLAP),
    "an_overlap_with_filters": bad(
        rule_xml(filters=[("prefix", "a/"), ("suffix", ".jpg")]),
        rule_xml(filters=[("prefix", "a/b/"), ("suffix", "x.jpg")]), message=AMBIGUOUS),
    "one_id_twice": bad(
        rule_xml(rule_id="same", events=PUT), rule_xml(rule_id="same", events=("s3:ObjectRemoved:*",)),
        message="Same ID used for multiple configurations. IDs must be unique."),
    "an_id_of_256_characters": bad(
        rule_xml(rule_id="i" * 256), message="ID length exceeded allowed limit of 255"),
    "101_rules": bad(
        *(rule_xml(filters=[("prefix", f"{i:03}/")]) for i in range(101)), code="InvalidRequest",
        message="Too many configurations submitted. The maximum number of configurations is 100"),
    "a_queue_of_another_region": bad(
        rule_xml(arn=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:events"),
        message="The notification destination service region is not valid for the bucket location "
                "constraint"),
    "a_fifo_queue": bad(
        rule_xml(arn=queue_arn("events.fifo")), message="FIFO SQS queues are not supported."),
    "no_event_at_all": bad(rule_xml(events=()), message=MALFORMED, code="MalformedXML"),
}


@pytest.fixture(scope="module")
def wire(onput):
    make_queue(onput, "events")
    make_queue(onput, "closed", policy=False)
    onput.s3.create_bucket(Bucket="rules")
    return Wire(onput)


@pytest.fixture(scope="module")
def stored(wire):
    """The configuration that is there before, and must be there after, each refusal."""
    put = wire.send("PUT", "/rules?notification", configuration_xml(rule_xml(rule_id="before")))
    assert put.status == 200, put.body
    return wire.send("GET", "/rules?notification").body


@pytest.mark.parametrize("case", CASES)
def test_a_configuration_is_refused_for(wire, stored, case):
    body, code, message, elements = CASES[case]
    answer = wire.send("PUT", "/rules?notification", body)
    assert (answer.status, answer.error_code, answer.error["Message"]) == (400, code, message)
    assert {name: answer.error.get(name) for name in elements} == elements
    assert wire.send("GET", "/rules?notification").body == stored


def test_a_configuration_for_no_bucket_names_the_bucket(wire):
    answer = wire.send("PUT", "/absent-bucket?notification", configuration_xml(rule_xml()))
    assert (answer.status, answer.error_code) == (404, "NoSuchBucket")
    assert answer.error["BucketName"] == "absent-bucket"


def test_skipping_validation_skips_destinations_and_not_arns(wire, stored):
    skip = {"x-amz-skip-destination-validation": "true"}
    answer = wire.send("PUT", "/rules?notification", configuration_xml(rule_xml(arn="none")), skip)
    assert answer.error["Message"] == "The ARN could not be parsed"
    later = configuration_xml(rule_xml(arn=ABSENT, rule_id="later"))
    assert wire.send("PUT", "/rules?notification", later, skip).status == 200
    before = configuration_xml(rule_xml(rule_id="before"))
    assert wire.send("PUT", "/rules?notification", before).status == 200


def test_a_refused_configuration_sends_no_test_event(onput, wire, stored):
    make_queue(onput, "untold")
    answer = wire.send("PUT", "/rules?notification", configuration_xml(
        rule_xml(arn=queue_arn("untold"), events=PUT),
        rule_xml(arn=ABSENT, events=("s3:ObjectRemoved:*",))))
    assert answer.status == 400
    counts = onput.sqs.get_queue_attributes(QueueUrl=onput.queue_url("untold"),
                                            AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "0"
