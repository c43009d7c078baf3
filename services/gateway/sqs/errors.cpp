#include "services/gateway/sqs/errors.hpp"

#include <array>

#include "common/schema/json.hpp"
#include "services/gateway/query/errors.hpp"
#include "services/gateway/query/xml.hpp"
#include "services/gateway/sqs/value.hpp"

namespace onput::gateway::sqs {
namespace {

constexpr std::string_view prefix = "AWS.SimpleQueueService.";

struct Name {
    std::string_view reason;
    std::string_view shape;
    std::string_view code;  // Empty: the prefix and the shape.
    int status = 400;
    std::string_view message = {};  // Empty: the error's own.
};

constexpr std::array names{
    Name{"QueueDoesNotExist", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"},
    Name{"QueueNameExists", "QueueNameExists", "QueueAlreadyExists"},
    Name{"InvalidParameterValue", "InvalidParameterValueException", "InvalidParameterValue"},
    Name{"MissingParameter", "MissingRequiredParameterException", "MissingParameter"},
    Name{"MissingRequiredParameter", "MissingRequiredParameterException", "MissingParameter"},
    Name{"ResourceNotFound", "ResourceNotFoundException", "ResourceNotFoundException", 404},
    Name{"AccessDenied", "AccessDeniedException", "AccessDenied", 403},
    Name{"BatchEntryIdsNotDistinct", "BatchEntryIdsNotDistinct", ""},
    Name{"BatchRequestTooLong", "BatchRequestTooLong", ""},
    Name{"EmptyBatchRequest", "EmptyBatchRequest", ""},
    Name{"InvalidBatchEntryId", "InvalidBatchEntryId", ""},
    Name{"MessageNotInflight", "MessageNotInflight", ""},
    Name{"PurgeQueueInProgress", "PurgeQueueInProgress", "", 403},
    Name{"QueueDeletedRecently", "QueueDeletedRecently", ""},
    Name{"TooManyEntriesInBatchRequest", "TooManyEntriesInBatchRequest", ""},
    Name{"UnsupportedOperation", "UnsupportedOperation", ""},
    Name{"InvalidAttributeName", "InvalidAttributeName", "InvalidAttributeName"},
    Name{"InvalidAttributeValue", "InvalidAttributeValue", "InvalidAttributeValue"},
    Name{"OverLimit", "OverLimit", "OverLimit", 403},
    Name{"ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"},
    Name{"InvalidMessageContents", "InvalidMessageContents", "InvalidMessageContents"},
    Name{"InvalidAction", "UnknownOperationException", "InvalidAction"},
    Name{"SerializationException", "SerializationException", "MalformedQueryString"},
    Name{"MalformedQueryString", "SerializationException", "MalformedQueryString"},
    Name{"malformed_body", "SerializationException", "MalformedQueryString"},
    Name{"incomplete_body", "SerializationException", "MalformedQueryString"},
    Name{"body_too_large", "InvalidParameterValueException", "InvalidParameterValue", 400,
         "The request is larger than is allowed."},
};

Name name_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
            return {"", "InvalidParameterValueException", "InvalidParameterValue", 400};
        case ErrorCode::permission_denied:
            return {"", "AccessDeniedException", "AccessDenied", 403};
        case ErrorCode::resource_exhausted: return {"", "OverLimit", "OverLimit", 403};
        case ErrorCode::unimplemented: return {"", "UnsupportedOperation", "", 400};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {"", "ServiceUnavailable", "ServiceUnavailable", 503,
                    "The queue service cannot be reached now. Try again."};
        default:
            return {"", "InternalFailure", "InternalFailure", 500,
                    "We encountered an internal error. Please try again."};
    }
}

Name find_name(std::string_view reason, ErrorCode code) {
    for (const auto& entry : names) {
        if (entry.reason == reason) return entry;
    }
    if (const auto* common = query::find_common_error(reason))
        return {common->reason, common->code, common->code, common->status, common->message};
    return name_of_code(code);
}

std::string json_body(const ErrorName& name) {
    schema::JsonWriter out;
    out.begin_object();
    out.name("__type");
    out.text("com.amazonaws.sqs#" + name.shape);
    out.name("message");
    out.text(name.message);
    out.end_object();
    return out.take();
}

}  // namespace

ErrorName name_of(const Error& error, Wire wire) {
    const Name found = find_name(error.reason, error.code);
    ErrorName name{.status = found.status,
                   .shape = std::string(found.shape),
                   .code = found.code.empty() ? std::string(prefix) + std::string(found.shape)
                                              : std::string(found.code),
                   .message = found.message.empty() ? error.message : std::string(found.message)};
    if (error.reason == "QueueDoesNotExist") {
        name.message = wire == Wire::json
                           ? "The specified queue does not exist."
                           : "The specified queue does not exist for this wsdl version.";
    }
    return name;
}

http::Response render_error(const Error& error, Wire wire, std::string_view request_id) {
    const ErrorName name = name_of(error, wire);
    http::Response response;
    response.head.status = name.status;
    response.head.headers = {{"x-amzn-RequestId", std::string(request_id)}};
    if (wire == Wire::json) {
        response.head.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
        response.head.headers.emplace_back(
            "x-amzn-query-error", name.code + (name.status < 500 ? ";Sender" : ";Receiver"));
        response.body = json_body(name);
    } else {
        response.head.headers.emplace_back("Content-Type", "text/xml");
        response.body = query::write_error({.xml_namespace = sqs_namespace,
                                            .status = name.status,
                                            .code = name.code,
                                            .message = name.message,
                                            .request_id = request_id,
                                            .has_detail = true});
    }
    return response;
}

}  // namespace onput::gateway::sqs
