#include "services/gateway/s3/post_policy.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/gateway/aws/json.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view ignored_prefix = "x-ignore-";
// Fields that carry the policy itself.
constexpr std::array<std::string_view, 4> free_fields{"awsaccesskeyid", "policy", "signature",
                                                      "x-amz-signature"};

std::unexpected<Error> invalid(std::string_view why) {
    return onput::fail(ErrorCode::invalid_argument, fmt::format("Invalid Policy: {}", why),
                       "invalid_policy_document");
}

std::unexpected<Error> violated(std::string_view why) {
    return onput::fail(ErrorCode::permission_denied,
                       fmt::format("Invalid according to Policy: {}", why), "post_policy_violated");
}

// "$key" is key.
Result<std::string> read_field(const aws::Value& value) {
    const auto* text = value.text();
    if (text == nullptr || !text->starts_with('$')) {
        return invalid("Invalid Simple-Condition: value must start with '$'.");
    }
    return lower_case(std::string_view(*text).substr(1));
}

Result<LengthRange> read_range(const aws::Value& min, const aws::Value& max) {
    const auto from = min.number();
    const auto to = max.number();
    if (!from || !to || *from < 0 || *to < *from) {
        return invalid("content-length-range must have a minimum and a maximum.");
    }
    return LengthRange{.min = static_cast<std::uint64_t>(*from),
                       .max = static_cast<std::uint64_t>(*to)};
}

bool is_free(std::string_view field) {
    return field.starts_with(ignored_prefix) ||
           std::ranges::find(free_fields, field) != free_fields.end();
}

std::unexpected<Error> wrong_length(std::string reason, std::string message, std::uint64_t bytes,
                                    std::pair<std::string, std::string> limit) {
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = std::move(message),
              .reason = std::move(reason),
              .details = {{"ProposedSize", fmt::format("{}", bytes)}, std::move(limit)}});
}

}  // namespace

Result<void> check_length_range(const LengthRange& range, std::uint64_t bytes) {
    if (bytes > range.max) {
        return wrong_length("entity_too_large",
                            "Your proposed upload exceeds the maximum allowed size", bytes,
                            {"MaxSizeAllowed", fmt::format("{}", range.max)});
    }
    if (bytes < range.min) {
        return wrong_length("entity_too_small",
                            "Your proposed upload is smaller than the minimum allowed size", bytes,
                            {"MinSizeAllowed", fmt::format("{}", range.min)});
    }
    return {};
}

Result<PostPolicy> PostPolicy::parse(std::string_view base64) {
    // Forms wrap what is long.
    std::string packed(base64);
    std::erase_if(packed, [](char c) { return c == '\r' || c == '\n'; });
    const auto json = from_base64(packed);
    if (!json) return invalid("it is not base64.");
    const auto document = aws::read_json(*json);
    if (!document) return invalid("Invalid JSON.");
    const auto* expiration = document->find("expiration");
    if (expiration == nullptr) return invalid("Policy missing expiration.");
    const auto time = parse_iso8601(document->text_of("expiration"));
    if (!time) return invalid("Invalid 'expiration' value.");
    const auto* conditions = document->find("conditions");
    if (conditions == nullptr || conditions->list() == nullptr)
        return invalid("Policy missing conditions.");
    PostPolicy policy;
    policy.expiration_ = *time;
    for (const auto& condition : *conditions->list()) ONPUT_TRY_VOID(policy.take(condition));
    return policy;
}

Result<void> PostPolicy::take(const aws::Value& condition) {
    if (const auto* list = condition.list()) return take_list(*list);
    const auto* map = condition.map();
    if (map == nullptr || map->empty()) {
        return invalid("Invalid Condition: it is neither a list nor an object.");
    }
    for (const auto& [field, value] : *map) {
        const auto text = value.scalar_text();
        if (!text) return invalid("Invalid Simple-Condition: the value is no text.");
        conditions_.push_back({.field = lower_case(field), .value = *text});
    }
    return {};
}

Result<void> PostPolicy::take_list(const aws::Value::List& condition) {
    if (condition.size() != 3 || condition[0].text() == nullptr) {
        return invalid("Invalid Condition: a list has an operator and two values.");
    }
    const std::string& kind = *condition[0].text();
    if (equal_ignoring_case(kind, "content-length-range")) {
        ONPUT_TRY(const auto range, read_range(condition[1], condition[2]));
        // Stated twice, both hold.
        length_range_.min = std::max(length_range_.min, range.min);
        length_range_.max = std::min(length_range_.max, range.max);
        return {};
    }
    const bool is_prefix = equal_ignoring_case(kind, "starts-with");
    if (!is_prefix && !equal_ignoring_case(kind, "eq")) {
        return invalid(fmt::format("Invalid Condition: unknown operation '{}'.", kind));
    }
    ONPUT_TRY(std::string field, read_field(condition[1]));
    const auto value = condition[2].scalar_text();
    if (!value) return invalid("Invalid Simple-Condition: the value is no text.");
    conditions_.push_back({.is_prefix = is_prefix, .field = std::move(field), .value = *value});
    return {};
}

// Of a list of types, each one.
bool PostPolicy::Condition::holds(std::string_view actual) const {
    if (!is_prefix) return actual == value;
    if (field != "content-type") return actual.starts_with(value);
    while (true) {
        const auto comma = std::min(actual.find(','), actual.size());
        if (!trimmed(actual.substr(0, comma)).starts_with(value)) return false;
        if (comma == actual.size()) return true;
        actual = actual.substr(comma + 1);
    }
}

std::string PostPolicy::Condition::text() const {
    return fmt::format(R"(["{}", "${}", "{}"])", is_prefix ? "starts-with" : "eq", field, value);
}

Result<void> PostPolicy::check(const FormFields& fields, std::string_view bucket,
                               Timestamp now) const {
    if (now >= expiration_) return violated("Policy expired.");
    for (const auto& condition : conditions_) {
        const auto* field = fields.find(condition.field);
        const std::string_view actual = condition.field == "bucket" ? bucket
                                        : field != nullptr          ? std::string_view(*field)
                                                                    : std::string_view();
        const bool is_there = field != nullptr || condition.field == "bucket";
        // What may be anything need not be there.
        const bool may_be_absent = condition.is_prefix && condition.value.empty();
        if (!(is_there ? condition.holds(actual) : may_be_absent))
            return violated(fmt::format("Policy Condition failed: {}", condition.text()));
    }
    // The bucket is a field as well, wherever it is named: a policy without it is for no bucket.
    const auto has_condition = [this](std::string_view name) {
        return std::ranges::find(conditions_, name, &Condition::field) != conditions_.end();
    };
    std::string extra = has_condition("bucket") ? "" : "bucket";
    std::vector<std::string_view> seen;
    for (const auto& [name, value] : fields.all()) {
        // The conditions judge one value of a field.
        if (!is_free(name) && std::ranges::find(seen, name) != seen.end()) {
            return violated(fmt::format("The field {} is there more than once", name));
        }
        seen.push_back(name);
        if (name == "bucket" || has_condition(name) || is_free(name)) continue;
        extra += extra.empty() ? name : ", " + name;
    }
    if (!extra.empty()) return violated(fmt::format("Extra input fields: {}", extra));
    return {};
}

}  // namespace onput::gateway::s3
