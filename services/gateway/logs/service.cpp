#include "services/gateway/logs/service.hpp"

#include <algorithm>
#include <array>

#include "common/base/encoding.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/logs/errors.hpp"
#include "services/gateway/logs/operation.hpp"

namespace onput::gateway::logs {
namespace {

constexpr std::array handlers{
    aws::Handler{"CreateLogGroup", &create_log_group},
    aws::Handler{"CreateLogStream", &create_log_stream},
    aws::Handler{"DeleteLogGroup", &delete_log_group},
    aws::Handler{"DeleteLogStream", &delete_log_stream},
    aws::Handler{"DeleteRetentionPolicy", &delete_retention_policy},
    aws::Handler{"DescribeLogGroups", &describe_log_groups},
    aws::Handler{"DescribeLogStreams", &describe_log_streams},
    aws::Handler{"FilterLogEvents", &filter_log_events},
    aws::Handler{"GetLogEvents", &get_log_events},
    aws::Handler{"ListTagsForResource", &list_tags_for_resource},
    aws::Handler{"ListTagsLogGroup", &list_tags_log_group},
    aws::Handler{"PutLogEvents", &put_log_events},
    aws::Handler{"PutRetentionPolicy", &put_retention_policy},
    aws::Handler{"TagLogGroup", &tag_log_group},
    aws::Handler{"TagResource", &tag_resource},
    aws::Handler{"UntagLogGroup", &untag_log_group},
    aws::Handler{"UntagResource", &untag_resource},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

}  // namespace

const aws::Service& service() {
    static const aws::Service logs{
        .name = "logs",
        .model = &aws::logs_model,
        .handlers = handlers,
        .asks = &asks,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "InvalidOperation",
    };
    return logs;
}

std::optional<std::string> group_of_arn(std::string_view arn) {
    constexpr std::string_view scheme = "arn:aws:logs:";
    constexpr std::string_view kind = ":log-group:";
    constexpr std::string_view all = ":*";
    if (!arn.starts_with(scheme)) return {};
    const auto at = arn.find(kind);
    if (at == std::string_view::npos) return {};
    std::string_view name = arn.substr(at + kind.size());
    if (name.ends_with(all)) name.remove_suffix(all.size());
    return std::string(name);
}

Result<std::string> group_in(const Value& input) {
    std::string name = input.text_of("logGroupName");
    const std::string identifier = input.text_of("logGroupIdentifier");
    if (name.empty() == identifier.empty())
        return invalid("give one of logGroupName and logGroupIdentifier");
    if (!name.empty()) return name;
    return group_of_arn(identifier).value_or(identifier);
}

Result<std::string> token_in(const Value& input) {
    auto place = from_base64(input.text_of("nextToken"));
    if (place && is_utf8(*place)) return place;
    return invalid("The specified nextToken is invalid.");
}

Value to_token(std::string_view place) {
    return Value(to_base64(place));
}

}  // namespace onput::gateway::logs
