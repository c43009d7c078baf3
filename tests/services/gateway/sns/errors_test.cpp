#include "services/gateway/sns/errors.hpp"

#include <gtest/gtest.h>

#include "services/gateway/sns/service.hpp"

namespace onput::gateway::sns {
namespace {

Error error_of(std::string reason, ErrorCode code = ErrorCode::internal) {
    return {.code = code, .message = "what happened", .reason = std::move(reason)};
}

TEST(SnsErrors, the_notifiers_reasons_are_snss_codes_with_their_statuses) {
    const std::vector<std::pair<std::string, int>> statuses{
        {"NotFound", 404},
        {"ResourceNotFound", 404},
        {"AuthorizationError", 403},
        {"InvalidSecurity", 403},
        {"TopicLimitExceeded", 403},
        {"SubscriptionLimitExceeded", 403},
        {"FilterPolicyLimitExceeded", 403},
        {"Throttled", 429},
        {"InvalidParameter", 400},
        {"ParameterValueInvalid", 400},
        {"TagLimitExceeded", 400},
        {"TagPolicy", 400},
        {"ConcurrentAccess", 400},
        {"InvalidAction", 400},
        {"BatchRequestTooLong", 400},
    };
    for (const auto& [reason, status] : statuses) {
        const auto name = name_of(error_of(reason));
        EXPECT_EQ(name.code, reason);
        EXPECT_EQ(name.status, status) << reason;
        EXPECT_EQ(name.message, "what happened") << reason;
    }
}

TEST(SnsErrors, what_is_wrong_with_a_signature_has_the_names_of_all_query_services) {
    EXPECT_EQ(name_of(error_of("access_denied")).code, "MissingAuthenticationToken");
    EXPECT_EQ(name_of(error_of("invalid_access_key_id")).code, "InvalidClientTokenId");
    EXPECT_EQ(name_of(error_of("signature_does_not_match")).status, 403);
    EXPECT_EQ(name_of(error_of("authorization_header_malformed")).code, "IncompleteSignature");
}

TEST(SnsErrors, an_unknown_reason_is_named_by_its_code) {
    const std::vector<std::tuple<ErrorCode, std::string, int>> names{
        {ErrorCode::invalid_argument, "InvalidParameter", 400},
        {ErrorCode::not_found, "NotFound", 404},
        {ErrorCode::conflict, "ConcurrentAccess", 400},
        {ErrorCode::permission_denied, "AuthorizationError", 403},
        {ErrorCode::resource_exhausted, "Throttled", 429},
        {ErrorCode::unimplemented, "InvalidAction", 400},
        {ErrorCode::unavailable, "ServiceUnavailable", 503},
        {ErrorCode::timeout, "ServiceUnavailable", 503},
        {ErrorCode::corruption, "InternalError", 500},
        {ErrorCode::internal, "InternalError", 500},
    };
    for (const auto& [code, name, status] : names) {
        const auto found = name_of(error_of("new", code));
        EXPECT_EQ(found.code, name);
        EXPECT_EQ(found.status, status) << name;
    }
}

TEST(SnsErrors, our_failures_are_the_receivers_and_keep_their_words_to_themselves) {
    for (const std::string reason : {"", "InternalError"}) {
        const auto response =
            aws::render_error(service(), error_of(reason), aws::Protocol::query, "ID");
        EXPECT_EQ(response.head.status, 500);
        EXPECT_TRUE(response.body.contains("<Type>Receiver</Type>")) << response.body;
        EXPECT_FALSE(response.body.contains("what happened")) << response.body;
    }
}

}  // namespace
}  // namespace onput::gateway::sns
