#include "services/gateway/s3/errors.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/gateway/aws/xml_writer.hpp"

namespace onput::gateway::s3 {
namespace {

struct ReasonName {
    std::string_view reason;
    ErrorName name;
};

constexpr std::array reasons{
    ReasonName{"no_such_bucket", {404, "NoSuchBucket", "The specified bucket does not exist"}},
    ReasonName{"no_such_key", {404, "NoSuchKey", "The specified key does not exist."}},
    ReasonName{"no_such_version", {404, "NoSuchVersion", "The specified version does not exist."}},
    ReasonName{"no_such_upload",
               {404, "NoSuchUpload",
                "The specified multipart upload does not exist. The upload ID may be invalid, or "
                "the upload may have been aborted or completed."}},
    ReasonName{"invalid_part",
               {400, "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have "
                "been uploaded, or the specified entity tag may not match the part's entity tag."}},
    ReasonName{"invalid_part_order",
               {400, "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part "
                "number."}},
    ReasonName{
        "part_too_small",
        {400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}},
    ReasonName{"checksum_type_mismatch", {400, "InvalidRequest", ""}},
    ReasonName{"object_size_mismatch", {400, "InvalidRequest", ""}},
    ReasonName{"invalid_part_argument", {400, "InvalidArgument", ""}},
    ReasonName{"invalid_part_number",
               {416, "InvalidPartNumber", "The requested partnumber is not satisfiable"}},
    ReasonName{"invalid_version_id", {400, "InvalidArgument", ""}},
    ReasonName{"illegal_versioning_configuration",
               {400, "IllegalVersioningConfigurationException", ""}},
    ReasonName{"invalid_bucket_state", {409, "InvalidBucketState", ""}},
    ReasonName{"object_locked",
               {403, "AccessDenied", "Access Denied because object protected by object lock."}},
    ReasonName{"missing_object_lock",
               {400, "InvalidRequest", "Bucket is missing Object Lock Configuration"}},
    ReasonName{"no_object_lock_configuration",
               {404, "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket"}},
    ReasonName{"no_such_object_lock",
               {404, "NoSuchObjectLockConfiguration",
                "The specified object does not have a ObjectLock configuration"}},
    ReasonName{"no_encryption_configuration",
               {404, "ServerSideEncryptionConfigurationNotFoundError",
                "The server side encryption configuration was not found"}},
    ReasonName{"no_service_key", {501, "NotImplemented", ""}},
    ReasonName{"no_kms_key", {501, "NotImplemented", ""}},
    ReasonName{"kms_key_not_found", {400, "KMS.NotFoundException", ""}},
    ReasonName{"customer_key_missing", {400, "InvalidRequest", ""}},
    ReasonName{"customer_key_needless", {400, "InvalidRequest", ""}},
    ReasonName{"wrong_customer_key", {403, "AccessDenied", "Access Denied"}},
    ReasonName{"invalid_encryption_algorithm", {400, "InvalidEncryptionAlgorithmError", ""}},
    ReasonName{"no_such_tag_set", {404, "NoSuchTagSet", "The TagSet does not exist"}},
    ReasonName{"no_such_configuration",
               {404, "NoSuchConfiguration", "The specified configuration does not exist."}},
    ReasonName{"invalid_object_state", {403, "InvalidObjectState", ""}},
    ReasonName{"restore_in_progress",
               {409, "RestoreAlreadyInProgress", "Object restore is already in progress"}},
    ReasonName{"no_such_lifecycle_configuration",
               {404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"}},
    ReasonName{"no_replication_configuration",
               {404, "ReplicationConfigurationNotFoundError",
                "The replication configuration was not found"}},
    ReasonName{"no_such_bucket_policy",
               {404, "NoSuchBucketPolicy", "The bucket policy does not exist"}},
    ReasonName{
        "no_ownership_controls",
        {404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found"}},
    ReasonName{"no_public_access_block",
               {404, "NoSuchPublicAccessBlockConfiguration",
                "The public access block configuration was not found"}},
    ReasonName{"no_such_cors_configuration",
               {404, "NoSuchCORSConfiguration", "The CORS configuration does not exist"}},
    ReasonName{"bad_cors_request", {400, "BadRequest", ""}},
    ReasonName{"cors_forbidden", {403, "AccessForbidden", ""}},
    ReasonName{"no_such_website_configuration",
               {404, "NoSuchWebsiteConfiguration",
                "The specified bucket does not have a website configuration"}},
    ReasonName{"incorrect_endpoint", {400, "IncorrectEndpoint", ""}},
    ReasonName{"invalid_log_target", {400, "InvalidTargetBucketForLogging", ""}},
    ReasonName{"too_many_configurations", {400, "TooManyConfigurations", ""}},
    ReasonName{"configuration_too_large",
               {400, "MaxMessageLengthExceeded", "Your request was too large."}},
    ReasonName{"invalid_tag", {400, "InvalidTag", ""}},
    ReasonName{"too_many_tags", {400, "BadRequest", ""}},
    ReasonName{"invalid_storage_class",
               {400, "InvalidStorageClass", "The storage class you specified is not valid"}},
    ReasonName{"invalid_redirect_location", {400, "InvalidRedirectLocation", ""}},
    ReasonName{"malformed_post_request",
               {400, "MalformedPOSTRequest",
                "The body of your POST request is not well-formed multipart/form-data."}},
    ReasonName{"form_too_large",
               {400, "MaxPostPreDataLengthExceededError",
                "Your POST request fields preceding the upload file were too large."}},
    ReasonName{"no_form_file",
               {400, "InvalidArgument", "POST requires exactly one file upload per request."}},
    ReasonName{"invalid_policy_document", {400, "InvalidPolicyDocument", ""}},
    ReasonName{"post_policy_violated", {403, "AccessDenied", ""}},
    ReasonName{
        "entity_too_small",
        {400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}},
    ReasonName{"missing_request_body", {400, "MissingRequestBodyError", ""}},
    ReasonName{"access_denied", {403, "AccessDenied", "Access Denied"}},
    ReasonName{"denied_by_policy", {403, "AccessDenied", ""}},
    ReasonName{"acl_with_ownership", {400, "InvalidBucketAclWithObjectOwnership", ""}},
    ReasonName{"invalid_acl", {400, "InvalidArgument", ""}},
    ReasonName{"invalid_access_key_id", {403, "InvalidAccessKeyId", ""}},
    ReasonName{"invalid_token", {400, "InvalidToken", ""}},
    ReasonName{"expired_token", {400, "ExpiredToken", ""}},
    ReasonName{"repeated_header", {400, "InvalidRequest", ""}},
    ReasonName{"repeated_parameter", {400, "InvalidArgument", ""}},
    ReasonName{"foreign_host", {403, "AccessDenied", ""}},
    ReasonName{"cross_site", {403, "AccessDenied", ""}},
    ReasonName{"signature_does_not_match", {403, "SignatureDoesNotMatch", ""}},
    ReasonName{"request_time_too_skewed", {403, "RequestTimeTooSkewed", ""}},
    ReasonName{"request_expired", {403, "AccessDenied", ""}},
    ReasonName{"request_not_yet_valid", {403, "AccessDenied", ""}},
    ReasonName{"authorization_header_malformed", {400, "AuthorizationHeaderMalformed", ""}},
    ReasonName{"authorization_query_parameters_error",
               {400, "AuthorizationQueryParametersError", ""}},
    ReasonName{"missing_security_header", {400, "MissingSecurityHeader", ""}},
    ReasonName{"headers_not_signed", {403, "AccessDenied", ""}},
    ReasonName{"invalid_content_sha256", {400, "InvalidArgument", ""}},
    ReasonName{"several_auth_mechanisms", {400, "InvalidArgument", ""}},
    ReasonName{"unsupported_authorization_type", {400, "InvalidArgument", ""}},
    ReasonName{"authorization_mechanism_not_supported", {400, "InvalidRequest", ""}},
    ReasonName{"invalid_authorization_header", {400, "InvalidArgument", ""}},
    ReasonName{"invalid_uri", {400, "InvalidURI", "Couldn't parse the specified URI."}},
    ReasonName{"x_amz_content_sha256_mismatch",
               {400, "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."}},
    ReasonName{"bad_digest", {400, "BadDigest", ""}},
    ReasonName{"unexpected_content", {400, "UnexpectedContent", ""}},
    ReasonName{"invalid_digest",
               {400, "InvalidDigest", "The Content-MD5 you specified was invalid."}},
    ReasonName{
        "incomplete_body",
        {400, "IncompleteBody",
         "You did not provide the number of bytes specified by the Content-Length HTTP header"}},
    ReasonName{"malformed_chunk",
               {400, "IncompleteBody", "The request body's chunks are not well-formed"}},
    ReasonName{"malformed_body",
               {400, "IncompleteBody", "The request body's chunks are not well-formed"}},
    ReasonName{"malformed_trailer",
               {400, "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform "
                "to our published schema."}},
    ReasonName{"missing_content_length",
               {411, "MissingContentLength", "You must provide the Content-Length HTTP header."}},
    ReasonName{"bucket_already_exists",
               {409, "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all "
                "users of the system. "
                "Please select a different name and try again."}},
    ReasonName{
        "bucket_already_owned_by_you",
        {409, "BucketAlreadyOwnedByYou",
         "Your previous request to create the named bucket succeeded and you already own it."}},
    ReasonName{"bucket_not_empty",
               {409, "BucketNotEmpty", "The bucket you tried to delete is not empty"}},
    ReasonName{"invalid_bucket_name",
               {400, "InvalidBucketName", "The specified bucket is not valid."}},
    ReasonName{
        "invalid_location_constraint",
        {400, "InvalidLocationConstraint", "The specified location-constraint is not valid"}},
    ReasonName{"illegal_location_constraint", {400, "IllegalLocationConstraintException", ""}},
    ReasonName{"invalid_expected_owner", {400, "InvalidBucketOwnerAWSAccountID", ""}},
    ReasonName{"too_many_buckets",
               {400, "TooManyBuckets", "You have attempted to create more buckets than allowed"}},
    ReasonName{"key_too_long", {400, "KeyTooLongError", "Your key is too long"}},
    ReasonName{"entity_too_large",
               {400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}},
    ReasonName{"chunk_too_large",
               {400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}},
    ReasonName{"body_too_large", {400, "MaxMessageLengthExceeded", "Your request was too large."}},
    ReasonName{"precondition_failed",
               {412, "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold"}},
    ReasonName{"not_modified", {304, "NotModified", "Not Modified"}},
    ReasonName{"invalid_range", {416, "InvalidRange", "The requested range is not satisfiable"}},
    ReasonName{"metadata_too_large",
               {400, "MetadataTooLarge",
                "Your metadata headers exceed the maximum allowed metadata size"}},
    ReasonName{"acl_not_supported",
               {400, "AccessControlListNotSupported", "The bucket does not allow ACLs"}},
    ReasonName{"malformed_policy", {400, "MalformedPolicy", ""}},
    ReasonName{"malformed_xml",
               {400, "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema"}},
    ReasonName{"invalid_request", {400, "InvalidRequest", ""}},
    ReasonName{
        "method_not_allowed",
        {405, "MethodNotAllowed", "The specified method is not allowed against this resource."}},
    ReasonName{"slow_down", {503, "SlowDown", "Please reduce your request rate."}},
    // The upload's session ended under it, as when storage starts anew: sending it again helps.
    ReasonName{"no_such_session",
               {503, "ServiceUnavailable", "The transfer was interrupted. Please try again."}},
    ReasonName{"storage_full",
               {507, "InsufficientStorage", "There is no space left to store the object."}},
    ReasonName{"client_too_slow",
               {400, "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the "
                "timeout period. "
                "Idle connections will be closed."}},
};

ErrorName name_of_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument: return {400, "InvalidArgument", ""};
        case ErrorCode::not_found: return {404, "NoSuchKey", ""};
        case ErrorCode::conflict:
            return {409, "OperationAborted",
                    "A conflicting conditional operation is currently in progress against this "
                    "resource. Please try again."};
        case ErrorCode::permission_denied: return {403, "AccessDenied", "Access Denied"};
        case ErrorCode::resource_exhausted:
            return {503, "SlowDown", "Please reduce your request rate."};
        case ErrorCode::unavailable:
        case ErrorCode::timeout:
            return {503, "ServiceUnavailable", "Service is unable to handle request."};
        case ErrorCode::unimplemented: return {501, "NotImplemented", ""};
        case ErrorCode::corruption:
        case ErrorCode::internal: break;
    }
    return {500, "InternalError", "We encountered an internal error. Please try again."};
}

using Details = std::vector<std::pair<std::string, std::string>>;

// The element that names what an error is about.
struct Naming {
    std::string_view code;
    std::string_view element;
    std::string_view Subject::* what;
};
constexpr std::array namings{
    Naming{"NoSuchBucket", "BucketName", &Subject::bucket},
    Naming{"InvalidBucketName", "BucketName", &Subject::bucket},
    Naming{"BucketAlreadyExists", "BucketName", &Subject::bucket},
    Naming{"BucketAlreadyOwnedByYou", "BucketName", &Subject::bucket},
    Naming{"BucketNotEmpty", "BucketName", &Subject::bucket},
    Naming{"NoSuchKey", "Key", &Subject::key},
    Naming{"NoSuchVersion", "Key", &Subject::key},
    Naming{"InvalidURI", "URI", &Subject::path},
};

// Details that the error has already win: it may be about another bucket than the one addressed.
Details with_subject(Details details, std::string_view code, const Subject& subject) {
    for (const auto& naming : namings) {
        const std::string_view name = subject.*naming.what;
        if (naming.code != code || name.empty()) continue;
        const bool is_named = std::ranges::any_of(
            details, [&naming](const auto& detail) { return detail.first == naming.element; });
        if (!is_named) details.emplace_back(naming.element, name);
    }
    return details;
}

// What an error shows in the head of its answer, and not in the document.
bool is_header(std::string_view detail) {
    return detail.starts_with("x-amz-") || detail == "Last-Modified" || detail == "Allow";
}

struct ErrorDocument {
    const ErrorName& name;
    std::string message;
    Details details;
    const AnswerIds& ids;
};

std::string render_body(const ErrorDocument& error) {
    // What the client sent comes back in here, and a client must be able to read why it failed.
    aws::XmlWriter xml(aws::XmlWriter::Controls::replaced);
    xml.begin("Error");
    xml.text("Code", error.name.code);
    xml.text("Message", error.message);
    for (const auto& [element, value] : error.details) {
        if (!is_header(element)) xml.text(element, value);
    }
    xml.text("RequestId", error.ids.request_id);
    xml.text("HostId", error.ids.host_id);
    xml.end("Error");
    return xml.take();
}

// 304 shows what a 200 would have: by them a cache finds the answer it holds.
void add_validators(const Error& error, http::ResponseHead& head) {
    for (const auto& [name, value] : error.details) {
        const bool needs_quotes = name == "ETag" && !value.starts_with('"');
        head.headers.emplace_back(name, needs_quotes ? "\"" + value + "\"" : value);
    }
}

}  // namespace

ErrorName name_of(const Error& error) {
    for (const auto& entry : reasons) {
        if (entry.reason == error.reason) return entry.name;
    }
    return name_of_code(error.code);
}

http::Response render_error(const ErrorAnswer& answer) {
    const ErrorName name = name_of(answer.error);
    http::Response response;
    response.head.status = name.status;
    response.head.headers = {{"x-amz-request-id", answer.ids.request_id},
                             {"x-amz-id-2", answer.ids.host_id}};
    if (name.status == 304) {
        add_validators(answer.error, response.head);
        return response;
    }
    for (const auto& [element, value] : answer.error.details) {
        if (is_header(element)) response.head.headers.emplace_back(element, value);
        if (name.status == 416 && element == "ActualObjectSize")
            response.head.headers.emplace_back("Content-Range", "bytes */" + value);
    }
    response.head.headers.emplace_back("Content-Type", "application/xml");
    response.body = render_body(
        {.name = name,
         .message = name.message.empty() ? answer.error.message : std::string(name.message),
         .details = with_subject(answer.error.details, name.code, answer.subject),
         .ids = answer.ids});
    return response;
}

http::Response render_named_error(const ErrorName& name, const AnswerIds& ids) {
    http::Response response;
    response.head.status = name.status;
    response.head.headers = {{"x-amz-request-id", ids.request_id},
                             {"x-amz-id-2", ids.host_id},
                             {"Content-Type", "application/xml"}};
    response.body = render_body(
        {.name = name, .message = std::string(name.message), .details = {}, .ids = ids});
    return response;
}

std::unexpected<Error> not_implemented(std::string_view what) {
    return onput::fail(ErrorCode::unimplemented,
                       fmt::format("Not implemented here: {}. Nothing was changed.", what));
}

std::unexpected<Error> header_not_implemented(std::string header, std::string why) {
    Error error{.code = ErrorCode::unimplemented,
                .message = "A header you provided implies functionality that is not implemented",
                .reason = {},
                .details = {{"Header", std::move(header)}}};
    if (!why.empty()) error.details.emplace_back("additionalMessage", std::move(why));
    return std::unexpected(std::move(error));
}

std::unexpected<Error> invalid_argument(std::string message, std::string name, std::string value) {
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = std::move(message),
              .reason = {},
              .details = {{"ArgumentName", std::move(name)}, {"ArgumentValue", std::move(value)}}});
}

}  // namespace onput::gateway::s3
