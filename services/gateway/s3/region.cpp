#include "services/gateway/s3/region.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/claim.hpp"
#include "services/gateway/aws/directory.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view first_region = "us-east-1";  // The one that no constraint may name.
constexpr std::string_view us_standard = "US";          // Its old name, for which s3cmd signs.
constexpr std::string_view europe = "EU";               // The old name of eu-west-1.
constexpr std::string_view europe_region = "eu-west-1";

bool is_constraint(std::string_view name, std::string_view own) {
    return name != first_region && (name == europe || is_region(name, own));
}

std::unexpected<Error> incompatible(std::string_view constraint) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("The {} location constraint is incompatible for the region specific "
                            "endpoint this request was sent to.",
                            constraint),
                "illegal_location_constraint");
}

}  // namespace

bool is_region(std::string_view name, std::string_view own) {
    if (name == own || name == first_region) return true;
    const auto& known = aws::s3_model().find_shape("BucketLocationConstraint")->choices;
    return name != europe && std::ranges::find(known, name) != known.end();
}

Result<std::string> choose_region(const RegionChoice& choice) {
    const std::string_view endpoint =
        choice.endpoint == us_standard ? first_region : choice.endpoint;
    const bool is_global = endpoint.empty() || endpoint == first_region;
    const std::string_view constraint = choice.constraint;
    if (constraint.empty()) {
        if (!is_global) return incompatible("unspecified");
        return std::string(endpoint.empty() ? choice.own : endpoint);
    }
    if (is_global ? !is_constraint(constraint, choice.own) : !is_region(endpoint, choice.own)) {
        return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                     .message = "The specified location-constraint is not valid",
                                     .reason = "invalid_location_constraint",
                                     .details = {{"LocationConstraint", std::string(constraint)}}});
    }
    const std::string_view region = constraint == europe ? europe_region : constraint;
    if (!is_global && region != endpoint) return incompatible(constraint);
    return std::string(region);
}

Error in_words_of_region(Error error, const auth::Identity& identity) {
    if (error.reason != "wrong_region") return error;
    std::string expected;
    for (const auto& [name, value] : error.details) {
        if (name == "x-amz-bucket-region") expected = value;
    }
    const auto refusal = auth::credential_refusal(identity.scheme);
    error.message = fmt::format("{}the region '{}' is wrong; expecting '{}'", refusal.text,
                                identity.scope.region, expected);
    error.reason = refusal.reason;
    error.details.emplace_back("Region", std::move(expected));
    return error;
}

}  // namespace onput::gateway::s3
