#include "services/gateway/sqs/errors.hpp"

#include <array>

#include "common/schema/json.hpp"
#include "services/gateway/s3/xml.hpp"

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
    Name{"MissingAction", "MissingAction", "MissingAction"},
    Name{"SerializationException", "SerializationException", "MalformedQueryString"},
    Name{"MalformedQueryString", "SerializationException", "MalformedQueryString"},
    Name{"invalid_access_key_id", "InvalidClientTokenId", "InvalidClientTokenId", 403,
         "The security token included in the request is invalid."},
    Name{"signature_does_not_match", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403,
         "The request signature we calculated does not match the signature you provided. Check "
         "your AWS Secret Access Key and signing method. "
         "Consult the service documentation for details."},
    Name{"access_denied", "MissingAuthenticationToken", "MissingAuthenticationToken", 403,
         "Request is missing Authentication Token"},
    Name{"request_time_too_skewed", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
    Name{"request_expired", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
    Name{"request_not_yet_valid", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
    Name{"headers_not_signed", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403},
    Name{"authorization_header_malformed", "IncompleteSignature", "IncompleteSignature"},
    Name{"authorization_query_parameters_error", "IncompleteSignature", "IncompleteSignature"},
    Name{"several_auth_mechanisms", "IncompleteSignature", "IncompleteSignature"},
    Name{"authorization_mechanism_not_supported", "IncompleteSignature", "IncompleteSignature"},
    Name{"unsupported_authorization_type", "IncompleteSignature", "IncompleteSignature"},
    Name{"invalid_content_sha256", "IncompleteSignature", "IncompleteSignature"},
    Name{"missing_security_header", "IncompleteSignature", "IncompleteSignature"},
    Name{"invalid_uri", "MalformedQueryString", "MalformedQueryString"},
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

std::string xml_body(const ErrorName& name, std::string_view request_id) {
    s3::XmlWriter xml;
    xml.begin_in_namespace("ErrorResponse", "http://queue.amazonaws.com/doc/2012-11-05/");
    xml.begin("Error");
    xml.text("Type", name.status < 500 ? "Sender" : "Receiver");
    xml.text("Code", name.code);
    xml.text("Message", name.message);
    xml.begin("Detail");
    xml.end("Detail");
    xml.end("Error");
    xml.text("RequestId", request_id);
    xml.end("ErrorResponse");
    return xml.take();
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
        response.body = xml_body(name, request_id);
    }
    return response;
}

}  // namespace onput::gateway::sqs
