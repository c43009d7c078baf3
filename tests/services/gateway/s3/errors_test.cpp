#include "services/gateway/s3/errors.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

Error error_of(ErrorCode code, std::string reason, std::string message = "what happened") {
    return {.code = code, .message = std::move(message), .reason = std::move(reason)};
}

http::Response render(const Error& error) {
    return render_error({.error = error,
                         .subject = {.path = "/bucket/k%65y", .bucket = "bucket", .key = "key"},
                         .ids = {.request_id = "REQUEST", .host_id = "HOST"}});
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
    std::string_view code;
};

TEST(S3Errors, control_characters_that_a_client_sent_leave_a_document_that_it_can_read) {
    Error error = error_of(ErrorCode::invalid_argument, "invalid_argument", "a\x1b[31m");
    error.details = {{"ArgumentValue", std::string("a\0b\x07", 4)}};
    const auto response = render(error);
    EXPECT_TRUE(response.body.contains("<ArgumentValue>a\uFFFDb\uFFFD</ArgumentValue>"));
    EXPECT_FALSE(response.body.contains("&#x"));
}

TEST(S3Errors, every_reason_of_auth_has_a_name) {
    for (const auto& expected : {
             Expected{"access_denied", 403, "AccessDenied"},
             Expected{"invalid_access_key_id", 403, "InvalidAccessKeyId"},
             Expected{"signature_does_not_match", 403, "SignatureDoesNotMatch"},
             Expected{"request_time_too_skewed", 403, "RequestTimeTooSkewed"},
             Expected{"request_expired", 403, "AccessDenied"},
             Expected{"request_not_yet_valid", 403, "AccessDenied"},
             Expected{"headers_not_signed", 403, "AccessDenied"},
             Expected{"authorization_header_malformed", 400, "AuthorizationHeaderMalformed"},
             Expected{"authorization_query_parameters_error", 400,
                      "AuthorizationQueryParametersError"},
             Expected{"missing_security_header", 400, "MissingSecurityHeader"},
             Expected{"invalid_content_sha256", 400, "InvalidArgument"},
             Expected{"several_auth_mechanisms", 400, "InvalidArgument"},
             Expected{"authorization_mechanism_not_supported", 400, "InvalidRequest"},
             Expected{"unsupported_authorization_type", 400, "InvalidArgument"},
             Expected{"invalid_authorization_header", 400, "InvalidArgument"},
             Expected{"invalid_uri", 400, "InvalidURI"},
             Expected{"malformed_chunk", 400, "IncompleteBody"},
             Expected{"chunk_too_large", 400, "EntityTooLarge"},
             Expected{"incomplete_body", 400, "IncompleteBody"},
             Expected{"malformed_trailer", 400, "MalformedTrailerError"},
             Expected{"malformed_policy", 400, "MalformedPolicy"},
         }) {
        // A code that has another name: only the reason can have led to it.
        const auto name = name_of(error_of(ErrorCode::internal, std::string(expected.reason)));
        EXPECT_EQ(name.status, expected.status) << expected.reason;
        EXPECT_EQ(name.code, expected.code) << expected.reason;
    }
}

TEST(S3Errors, every_reason_of_storage_has_a_name) {
    for (const auto& expected : {
             Expected{"no_such_bucket", 404, "NoSuchBucket"},
             Expected{"bucket_already_exists", 409, "BucketAlreadyExists"},
             Expected{"bucket_already_owned_by_you", 409, "BucketAlreadyOwnedByYou"},
             Expected{"bucket_not_empty", 409, "BucketNotEmpty"},
             Expected{"invalid_bucket_name", 400, "InvalidBucketName"},
             Expected{"invalid_location_constraint", 400, "InvalidLocationConstraint"},
             Expected{"illegal_location_constraint", 400, "IllegalLocationConstraintException"},
             Expected{"too_many_buckets", 400, "TooManyBuckets"},
             Expected{"malformed_xml", 400, "MalformedXML"},
             Expected{"invalid_request", 400, "InvalidRequest"},
             Expected{"no_such_key", 404, "NoSuchKey"},
             Expected{"key_too_long", 400, "KeyTooLongError"},
             Expected{"entity_too_large", 400, "EntityTooLarge"},
             Expected{"precondition_failed", 412, "PreconditionFailed"},
             Expected{"not_modified", 304, "NotModified"},
             Expected{"invalid_range", 416, "InvalidRange"},
             Expected{"metadata_too_large", 400, "MetadataTooLarge"},
             Expected{"storage_full", 507, "InsufficientStorage"},
             Expected{"slow_down", 503, "SlowDown"},
             Expected{"no_such_session", 503, "ServiceUnavailable"},
         }) {
        const auto name = name_of(error_of(ErrorCode::internal, std::string(expected.reason)));
        EXPECT_EQ(name.status, expected.status) << expected.reason;
        EXPECT_EQ(name.code, expected.code) << expected.reason;
    }
}

TEST(S3Errors, every_reason_of_the_gateway_itself_has_a_name) {
    for (const auto& expected : {
             Expected{"bad_digest", 400, "BadDigest"},
             Expected{"invalid_digest", 400, "InvalidDigest"},
             Expected{"x_amz_content_sha256_mismatch", 400, "XAmzContentSHA256Mismatch"},
             Expected{"missing_content_length", 411, "MissingContentLength"},
             Expected{"method_not_allowed", 405, "MethodNotAllowed"},
             Expected{"acl_not_supported", 400, "AccessControlListNotSupported"},
             Expected{"body_too_large", 400, "MaxMessageLengthExceeded"},
             Expected{"malformed_body", 400, "IncompleteBody"},
             Expected{"client_too_slow", 400, "RequestTimeout"},
         }) {
        const auto name = name_of(error_of(ErrorCode::internal, std::string(expected.reason)));
        EXPECT_EQ(name.status, expected.status) << expected.reason;
        EXPECT_EQ(name.code, expected.code) << expected.reason;
    }
}

TEST(S3Errors, an_unknown_reason_is_named_by_its_code) {
    EXPECT_EQ(name_of(error_of(ErrorCode::invalid_argument, "new")).code, "InvalidArgument");
    EXPECT_EQ(name_of(error_of(ErrorCode::not_found, "new")).status, 404);
    EXPECT_EQ(name_of(error_of(ErrorCode::conflict, "new")).code, "OperationAborted");
    EXPECT_EQ(name_of(error_of(ErrorCode::permission_denied, "new")).code, "AccessDenied");
    EXPECT_EQ(name_of(error_of(ErrorCode::resource_exhausted, "new")).code, "SlowDown");
    EXPECT_EQ(name_of(error_of(ErrorCode::unavailable, "new")).code, "ServiceUnavailable");
    EXPECT_EQ(name_of(error_of(ErrorCode::timeout, "new")).status, 503);
    EXPECT_EQ(name_of(error_of(ErrorCode::unimplemented, "new")).status, 501);
    EXPECT_EQ(name_of(error_of(ErrorCode::corruption, "new")).status, 500);
    EXPECT_EQ(name_of(error_of(ErrorCode::internal, "")).code, "InternalError");
}

TEST(S3Errors, the_document_has_the_error_its_details_and_the_request) {
    Error error = error_of(ErrorCode::invalid_argument, "", "The ARN could not be parsed");
    error.details = {{"ArgumentName", "Queue"}, {"ArgumentValue", "a<b>&\xff"}};
    const auto response = render(error);
    EXPECT_EQ(response.head.status, 400);
    EXPECT_EQ(header_of(response, "Content-Type"), "application/xml");
    EXPECT_EQ(header_of(response, "x-amz-request-id"), "REQUEST");
    EXPECT_EQ(response.body,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InvalidArgument</Code>"
              "<Message>The ARN could not be parsed</Message><ArgumentName>Queue</ArgumentName>"
              "<ArgumentValue>a&lt;b&gt;&amp;\xEF\xBF\xBD</ArgumentValue>"
              "<RequestId>REQUEST</RequestId>"
              "<HostId>HOST</HostId></Error>");
}

TEST(S3Errors, an_error_names_what_it_is_about_and_nothing_else) {
    const auto details_of = [](const Error& error) {
        const std::string body = render(error).body;
        const auto begin = body.find("</Message>") + 10;
        return body.substr(begin, body.find("<RequestId>") - begin);
    };
    for (const char* reason : {"no_such_bucket", "bucket_not_empty", "invalid_bucket_name",
                               "bucket_already_exists", "bucket_already_owned_by_you"}) {
        EXPECT_EQ(details_of(error_of(ErrorCode::conflict, reason)),
                  "<BucketName>bucket</BucketName>")
            << reason;
    }
    EXPECT_EQ(details_of(error_of(ErrorCode::not_found, "no_such_key")), "<Key>key</Key>");
    EXPECT_EQ(details_of(error_of(ErrorCode::not_found, "no_such_version")), "<Key>key</Key>");
    EXPECT_EQ(details_of(error_of(ErrorCode::invalid_argument, "invalid_uri")),
              "<URI>/bucket/k%65y</URI>");
    EXPECT_EQ(details_of(error_of(ErrorCode::permission_denied, "access_denied")), "");
    Error other = error_of(ErrorCode::not_found, "no_such_key");
    other.details = {{"Key", "another"}};
    EXPECT_EQ(details_of(other), "<Key>another</Key>");
}

TEST(S3Errors, a_detail_with_the_name_of_a_header_is_one) {
    Error error = error_of(ErrorCode::permission_denied, "access_denied");
    error.details = {{"x-amz-bucket-region", "eu-west-1"}};
    const auto response = render(error);
    EXPECT_EQ(header_of(response, "x-amz-bucket-region"), "eu-west-1");
    EXPECT_FALSE(response.body.contains("eu-west-1"));
}

TEST(S3Errors, inner_failures_do_not_show_their_words) {
    const auto response = render(error_of(ErrorCode::internal, "", "secret detail of a file"));
    EXPECT_EQ(response.head.status, 500);
    EXPECT_FALSE(response.body.contains("secret"));
}

TEST(S3Errors, not_modified_has_validators_as_headers_and_no_body) {
    Error error = error_of(ErrorCode::conflict, "not_modified");
    error.details = {{"ETag", "abc"}, {"Last-Modified", "Thu, 01 Jan 1970 00:00:07 GMT"}};
    const auto response = render(error);
    EXPECT_EQ(response.head.status, 304);
    EXPECT_EQ(header_of(response, "ETag"), "\"abc\"");
    EXPECT_EQ(header_of(response, "Last-Modified"), "Thu, 01 Jan 1970 00:00:07 GMT");
    EXPECT_EQ(header_of(response, "Content-Type"), "");
    EXPECT_EQ(response.body, "");
}

TEST(S3Errors, an_unsatisfiable_range_says_how_long_the_object_is) {
    Error error = error_of(ErrorCode::invalid_argument, "invalid_range");
    error.details = {{"RangeRequested", "bytes=9-"}, {"ActualObjectSize", "5"}};
    const auto response = render(error);
    EXPECT_EQ(response.head.status, 416);
    EXPECT_EQ(header_of(response, "Content-Range"), "bytes */5");
    EXPECT_TRUE(response.body.contains("<ActualObjectSize>5</ActualObjectSize>"));
}

TEST(S3Errors, what_is_not_implemented_says_that_nothing_was_changed) {
    const auto refused = not_implemented("CopyObject");
    EXPECT_EQ(name_of(refused.error()).code, "NotImplemented");
    EXPECT_TRUE(render(refused.error()).body.contains("CopyObject. Nothing was changed."));
}

TEST(S3Errors, what_an_answer_of_a_delete_marker_shows_is_in_its_head) {
    Error error = error_of(ErrorCode::invalid_argument, "method_not_allowed");
    error.details = {{"ResourceType", "DeleteMarker"},
                     {"Allow", "DELETE"},
                     {"Last-Modified", "then"},
                     {"x-amz-delete-marker", "true"}};
    const auto response = render(error);
    EXPECT_EQ(header_of(response, "Allow"), "DELETE");
    EXPECT_EQ(header_of(response, "Last-Modified"), "then");
    EXPECT_EQ(header_of(response, "x-amz-delete-marker"), "true");
    EXPECT_TRUE(response.body.contains("<ResourceType>DeleteMarker</ResourceType>"));
    for (const std::string_view name : {"<Allow>", "<Last-Modified>", "<x-amz-delete-marker>"})
        EXPECT_FALSE(response.body.contains(name)) << name;
}

}  // namespace
}  // namespace onput::gateway::s3
