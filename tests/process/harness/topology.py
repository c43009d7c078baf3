"""Buckets, queues and rules that notification tests need."""
import json

ACCOUNT = "000000000000"
SPEECH = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:speech"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def queue_arn(name):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def make_queue(onput, name, policy=True):
    """A queue that S3 may send to, or not; its ARN."""
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                 "Action": "sqs:SendMessage", "Resource": queue_arn(name),
                 "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT},
                               "ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}}}
    attributes = {}
    if policy:
        attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    onput.sqs.create_queue(QueueName=name, Attributes=attributes)
    return queue_arn(name)


def rule_xml(kind="Queue", arn=None, events=("s3:ObjectCreated:*",), rule_id=None, filters=None):
    """One rule of a configuration. `filters`: a list of (name, value); None in a pair leaves it out."""
    arn = arn or queue_arn("events")
    parts = [f"<Id>{rule_id}</Id>"] if rule_id else []
    parts.append(f"<{kind}>{arn}</{kind}>")
    parts += [f"<Event>{event}</Event>" for event in events]
    if filters is not None:
        rules = "".join(
            "<FilterRule>" + (f"<Name>{name}</Name>" if name is not None else "")
            + (f"<Value>{value}</Value>" if value is not None else "") + "</FilterRule>"
            for name, value in filters)
        parts.append(f"<Filter><S3Key>{rules}</S3Key></Filter>")
    return f"<{kind}Configuration>{''.join(parts)}</{kind}Configuration>"


def configuration_xml(*rules):
    return (f'<NotificationConfiguration xmlns="{NAMESPACE}">{"".join(rules)}'
            "</NotificationConfiguration>").encode()
