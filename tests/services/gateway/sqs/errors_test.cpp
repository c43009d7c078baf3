#include "services/gateway/sqs/errors.hpp"

#include <gtest/gtest.h>

#include "services/gateway/sqs/service.hpp"

namespace onput::gateway::sqs {
namespace {

Error error_of(std::string reason, ErrorCode code = ErrorCode::internal) {
    return {.code = code, .message = "what happened", .reason = std::move(reason)};
}

http::Response render_error(const Error& error, Wire wire, std::string_view request_id) {
    return aws::render_error(service(), error, wire, request_id);
}

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [known, value] : response.head.headers) {
        if (known == name) return value;
    }
    return {};
}

struct Expected {
    std::string_view reason;
    int status;
    std::string_view shape;
    std::string_view code;
};

// In each table the error's code is another's: only the reason can have led to the name.
void expect_names(const std::vector<Expected>& table) {
    for (const auto& expected : table) {
        const auto name = name_of(error_of(std::string(expected.reason)), Wire::json);
        EXPECT_EQ(name.status, expected.status) << expected.reason;
        EXPECT_EQ(name.shape, expected.shape) << expected.reason;
        EXPECT_EQ(name.code, expected.code) << expected.reason;
    }
}

TEST(SqsErrors, every_reason_of_the_queue_has_both_names) {
    expect_names({
        {"QueueDoesNotExist", 400, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"},
        {"QueueNameExists", 400, "QueueNameExists", "QueueAlreadyExists"},
        {"QueueDeletedRecently", 400, "QueueDeletedRecently",
         "AWS.SimpleQueueService.QueueDeletedRecently"},
        {"InvalidParameterValue", 400, "InvalidParameterValueException", "InvalidParameterValue"},
        {"MissingRequiredParameter", 400, "MissingRequiredParameterException", "MissingParameter"},
        {"InvalidAttributeName", 400, "InvalidAttributeName", "InvalidAttributeName"},
        {"InvalidAttributeValue", 400, "InvalidAttributeValue", "InvalidAttributeValue"},
        {"InvalidMessageContents", 400, "InvalidMessageContents", "InvalidMessageContents"},
        {"OverLimit", 403, "OverLimit", "OverLimit"},
        {"ReceiptHandleIsInvalid", 400, "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"},
        {"MessageNotInflight", 400, "MessageNotInflight",
         "AWS.SimpleQueueService.MessageNotInflight"},
        {"PurgeQueueInProgress", 403, "PurgeQueueInProgress",
         "AWS.SimpleQueueService.PurgeQueueInProgress"},
        {"AccessDenied", 403, "AccessDeniedException", "AccessDenied"},
        {"UnsupportedOperation", 400, "UnsupportedOperation",
         "AWS.SimpleQueueService.UnsupportedOperation"},
        {"ResourceNotFound", 404, "ResourceNotFoundException", "ResourceNotFoundException"},
    });
}

TEST(SqsErrors, every_reason_of_a_batch_has_both_names) {
    expect_names({
        {"MissingParameter", 400, "MissingRequiredParameterException", "MissingParameter"},
        {"BatchEntryIdsNotDistinct", 400, "BatchEntryIdsNotDistinct",
         "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
        {"BatchRequestTooLong", 400, "BatchRequestTooLong",
         "AWS.SimpleQueueService.BatchRequestTooLong"},
        {"EmptyBatchRequest", 400, "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"},
        {"InvalidBatchEntryId", 400, "InvalidBatchEntryId",
         "AWS.SimpleQueueService.InvalidBatchEntryId"},
        {"TooManyEntriesInBatchRequest", 400, "TooManyEntriesInBatchRequest",
         "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
        {"InvalidAction", 400, "UnknownOperationException", "InvalidAction"},
        {"MissingAction", 400, "MissingAction", "MissingAction"},
        {"SerializationException", 400, "SerializationException", "MalformedQueryString"},
        {"body_too_large", 400, "InvalidParameterValueException", "InvalidParameterValue"},
    });
}

TEST(SqsErrors, every_reason_of_auth_has_both_names) {
    for (const std::string reason :
         {"access_denied", "invalid_access_key_id", "signature_does_not_match",
          "request_time_too_skewed", "request_expired", "request_not_yet_valid",
          "headers_not_signed"}) {
        EXPECT_EQ(name_of(error_of(reason), Wire::json).status, 403) << reason;
    }
    for (const std::string reason :
         {"authorization_header_malformed", "authorization_query_parameters_error",
          "missing_security_header", "invalid_content_sha256", "several_auth_mechanisms",
          "authorization_mechanism_not_supported", "unsupported_authorization_type"}) {
        EXPECT_EQ(name_of(error_of(reason), Wire::json).code, "IncompleteSignature") << reason;
    }
    EXPECT_EQ(name_of(error_of("access_denied"), Wire::json).code, "MissingAuthenticationToken");
    EXPECT_EQ(name_of(error_of("invalid_access_key_id"), Wire::query).code, "InvalidClientTokenId");
}

TEST(SqsErrors, an_unknown_reason_is_named_by_its_code) {
    EXPECT_EQ(name_of(error_of("new", ErrorCode::invalid_argument), Wire::json).code,
              "InvalidParameterValue");
    EXPECT_EQ(name_of(error_of("new", ErrorCode::permission_denied), Wire::json).status, 403);
    EXPECT_EQ(name_of(error_of("new", ErrorCode::unavailable), Wire::json).status, 503);
    EXPECT_EQ(name_of(error_of("new", ErrorCode::timeout), Wire::json).status, 503);
    EXPECT_EQ(name_of(error_of("new", ErrorCode::corruption), Wire::json).status, 500);
}

TEST(SqsErrors, json_names_the_shape_and_the_legacy_code) {
    const auto response = render_error(error_of("QueueDoesNotExist"), Wire::json, "ID");
    EXPECT_EQ(response.head.status, 400);
    EXPECT_EQ(header_of(response, "Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(header_of(response, "x-amzn-query-error"),
              "AWS.SimpleQueueService.NonExistentQueue;Sender");
    EXPECT_EQ(header_of(response, "x-amzn-RequestId"), "ID");
    EXPECT_EQ(response.body, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist",)"
                             R"("message":"The specified queue does not exist."})");
}

TEST(SqsErrors, xml_names_the_legacy_code) {
    const auto response = render_error(error_of("QueueDoesNotExist"), Wire::query, "ID");
    EXPECT_EQ(response.head.status, 400);
    EXPECT_EQ(header_of(response, "Content-Type"), "text/xml");
    EXPECT_EQ(header_of(response, "x-amzn-query-error"), "");
    EXPECT_EQ(response.body,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>"
              "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>"
              "<Message>The specified queue does not exist for this wsdl version.</Message>"
              "<Detail></Detail></Error><RequestId>ID</RequestId></ErrorResponse>");
}

TEST(SqsErrors, our_failures_are_the_receivers_and_keep_their_words_to_themselves) {
    const auto response = render_error(error_of("", ErrorCode::internal), Wire::json, "ID");
    EXPECT_EQ(response.head.status, 500);
    EXPECT_EQ(header_of(response, "x-amzn-query-error"), "InternalFailure;Receiver");
    EXPECT_FALSE(response.body.contains("what happened"));
    EXPECT_TRUE(render_error(error_of("", ErrorCode::internal), Wire::query, "ID")
                    .body.contains("Receiver"));
}

}  // namespace
}  // namespace onput::gateway::sqs
