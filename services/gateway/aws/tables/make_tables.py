"""Makes the tables of AWS's operations and shapes out of the models that botocore publishes.

    pip install --require-hashes -r requirements.txt
    make_tables.py [FOLDER]          writes <service>.inc and services.inc there (default: beside this file)

Only facts are kept: names, types, limits, where a member travels, errors. The form is in aws/model.hpp.
"""
import gzip
import json
import pathlib
import re
import sys

import botocore

# The services that are served, as botocore calls them. A new one is added here, and its folder includes its table.
SERVED = ["events", "iam", "lambda", "logs", "polly", "s3", "scheduler", "sns", "sqs", "sts"]

DATA = pathlib.Path(botocore.__file__).parent / "data"
DELIMITER = "~~"  # Of the raw strings that the tables are.

SCALARS = {
    "string": "s", "character": "s", "integer": "i", "long": "l", "float": "d", "double": "d",
    "boolean": "b", "blob": "B", "timestamp": "T",
}
PLACES = {"header": "h", "headers": "H", "querystring": "q", "uri": "u", "statusCode": "c"}

# SQS's model says JSON only. What its query protocol calls the items of lists and maps, and its errors, comes on top.
SQS_QUERY_NAMES = {
    "AttributeNameList": "AttributeName",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "MessageList": "Message",
    "QueueUrlList": "QueueUrl",
    "StringList": "StringListValue",
    "BinaryList": "BinaryListValue",
    "ActionNameList": "ActionName",
    "AWSAccountIdList": "AWSAccountId",
    "TagKeyList": "TagKey",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
}
SQS_QUERY_MAPS = {
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}
SQS_PREFIX = "AWS.SimpleQueueService."
SQS_ERRORS = {
    "QueueDoesNotExist": (400, SQS_PREFIX + "NonExistentQueue"),
    "QueueNameExists": (400, "QueueAlreadyExists"),
    "ResourceNotFoundException": (404, "ResourceNotFoundException"),
    "PurgeQueueInProgress": (403, SQS_PREFIX + "PurgeQueueInProgress"),
    "OverLimit": (403, "OverLimit"),
    "RequestThrottled": (403, "RequestThrottled"),
    **{name: (400, SQS_PREFIX + name) for name in (
        "BatchEntryIdsNotDistinct", "BatchRequestTooLong", "EmptyBatchRequest", "InvalidBatchEntryId",
        "MessageNotInflight", "QueueDeletedRecently", "TooManyEntriesInBatchRequest", "UnsupportedOperation")},
}
SQS_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"


def load(service):
    """The newest model of a service."""
    versions = sorted(path.parent.name for path in DATA.glob(f"{service}/*/service-2.json.gz"))
    if not versions:
        return None
    with gzip.open(DATA / service / versions[-1] / "service-2.json.gz") as file:
        return json.load(file)


def overlay_sqs(model):
    for name, item in SQS_QUERY_NAMES.items():
        model["shapes"][name]["member"]["locationName"] = item
    for name, (item, key, value) in SQS_QUERY_MAPS.items():
        shape = model["shapes"][name]
        shape["locationName"] = item
        shape["key"]["locationName"] = key
        shape["value"]["locationName"] = value
    for name, (status, code) in SQS_ERRORS.items():
        model["shapes"][name]["error"] = {"httpStatusCode": status, "code": code}
    model["metadata"]["xmlNamespace"] = SQS_NAMESPACE
    for operation in model["operations"].values():
        if "output" in operation:
            operation["output"]["resultWrapper"] = operation["name"] + "Result"


class Table:
    """One service's lines."""

    def __init__(self, model):
        self.model = model
        self.shapes = model["shapes"]
        self.lines = []

    def text(self):
        metadata = self.model["metadata"]
        protocols = metadata.get("protocols", [metadata["protocol"]])
        for name, value in (
            ("title", title_of(metadata)), ("protocol", protocols[0]), ("json", metadata.get("jsonVersion")),
            ("target", metadata.get("targetPrefix")), ("version", metadata["apiVersion"]),
            ("namespace", namespace_of(metadata)),
        ):
            if value:
                self.lines.append(f"{name} {value}")
        for name in sorted(self.model["operations"]):
            self.add_operation(self.model["operations"][name])
        for name in sorted(self.reachable()):
            self.add_shape(name, self.shapes[name])
        for name in sorted(self.shapes):
            if self.shapes[name].get("exception"):
                self.add_error(name, self.shapes[name])
        return "\n".join(self.lines) + "\n"

    def reachable(self):
        """Shapes that operations use, but for scalars that say nothing beyond their type."""
        found = set()
        waiting = [operation[side]["shape"] for operation in self.model["operations"].values()
                   for side in ("input", "output") if side in operation]
        while waiting:
            name = waiting.pop()
            if name in found or self.is_plain(name):
                continue
            found.add(name)
            shape = self.shapes[name]
            waiting += [member["shape"] for member in shape.get("members", {}).values()]
            waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
        return found

    def is_plain(self, name):
        shape = self.shapes[name]
        return shape["type"] in SCALARS and not any(
            key in shape for key in ("min", "max", "pattern", "enum", "timestampFormat"))

    def reference(self, name):
        return "$" + SCALARS[self.shapes[name]["type"]] if self.is_plain(name) else name

    def add_operation(self, operation):
        output = operation.get("output", {})
        http = operation["http"]
        words = ["o", operation["name"], http["method"], http["requestUri"],
                 operation["input"]["shape"] if "input" in operation else "-", output.get("shape", "-")]
        if "responseCode" in http:
            words.append(f"c:{http['responseCode']}")
        if "resultWrapper" in output:
            words.append(f"w:{output['resultWrapper']}")
        if "locationName" in operation.get("input", {}):
            words.append(f"n:{operation['input']['locationName']}")
        self.lines.append(" ".join(words))

    def add_shape(self, name, shape):
        kind = shape["type"]
        limits = [f"{sign}:{shape[key]}" for key, sign in (("min", "<"), ("max", ">")) if key in shape]
        flattened = ["f"] if shape.get("flattened") else []
        renamed = [f"n:{shape['locationName']}"] if "locationName" in shape else []
        if kind == "structure":
            self.lines.append(" ".join(["t", name] + renamed + (["any"] if shape.get("document") else [])))
            self.add_members(shape)
        elif kind == "list":
            item = [f"e:{shape['member']['locationName']}"] if "locationName" in shape["member"] else []
            self.lines.append(
                " ".join(["L", name, self.reference(shape["member"]["shape"])] + flattened + item + limits))
        elif kind == "map":
            parts = [f"{sign}:{shape[part]['locationName']}" for part, sign in (("key", "k"), ("value", "v"))
                     if "locationName" in shape[part]]
            self.lines.append(" ".join(
                ["m", name, self.reference(shape["key"]["shape"]), self.reference(shape["value"]["shape"])]
                + flattened + renamed + parts + limits))
        else:
            form = [f"t:{shape['timestampFormat']}"] if "timestampFormat" in shape else []
            self.lines.append(" ".join([SCALARS[kind], name] + form + limits))
            if "enum" in shape:
                self.lines.append("=" + "\t".join(shape["enum"]))
            if "pattern" in shape:
                self.lines.append("~" + shape["pattern"].replace("\n", "\\n").replace("\t", "\\t"))

    def add_members(self, shape):
        required = set(shape.get("required", []))
        for name, member in shape["members"].items():
            words = [" " + name, self.reference(member["shape"])]
            if name in required:
                words.append("!")
            if "location" in member:
                words.append(f"{PLACES[member['location']]}:{member.get('locationName', name)}")
            elif "locationName" in member:
                words.append(f"n:{member['locationName']}")
            if shape.get("payload") == name:
                words.append("p")
            if member.get("flattened"):
                words.append("f")
            if member.get("xmlAttribute"):
                words.append("a")
            self.lines.append(" ".join(words))

    def add_error(self, name, shape):
        error = shape.get("error", {})
        status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
        self.lines.append(f"x {name} {status} {error.get('code', name)}")


def title_of(metadata):
    """"Amazon SQS", "AWS Lambda", "EC2": short, as people say it."""
    return metadata.get("serviceAbbreviation") or metadata["serviceFullName"]


def namespace_of(metadata):
    if metadata["protocol"] == "rest-xml" and "xmlNamespace" not in metadata:
        return f"http://{metadata['endpointPrefix']}.amazonaws.com/doc/{metadata['apiVersion']}/"
    return metadata.get("xmlNamespace")


def all_services():
    """One line for each service of AWS: signing name, endpoint prefix, API version, target prefix, protocols, title."""
    lines = set()
    for folder in sorted(DATA.iterdir()):
        model = load(folder.name) if folder.is_dir() else None
        if model is None:
            continue
        metadata = model["metadata"]
        protocols = metadata.get("protocols", [metadata["protocol"]])
        signing = metadata.get("signingName", metadata["endpointPrefix"])
        lines.add("\t".join([
            signing, metadata["endpointPrefix"], metadata["apiVersion"], metadata.get("targetPrefix", "-"),
            ",".join(protocols), title_of(metadata)]))
    return "\n".join(sorted(lines)) + "\n"


def write(path, text):
    assert f"){DELIMITER}" not in text and re.search(r"[\x00-\x08\x0b-\x1f]", text) is None, path
    path.write_text(f'R"{DELIMITER}({text}){DELIMITER}"\n', encoding="utf-8")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for service in SERVED:
        model = load(service)
        if service == "sqs":
            overlay_sqs(model)
        write(folder / f"{service}.inc", Table(model).text())
    write(folder / "services.inc", all_services())


if __name__ == "__main__":
    main()
