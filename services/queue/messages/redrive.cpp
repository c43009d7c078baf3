#include "services/queue/messages/redrive.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/base/text.hpp"

namespace onput::queue {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> refuse(std::string reason) {
    return fail(ErrorCode::invalid_argument, std::move(reason));
}

Result<Json> parse_object(std::string_view text) {
    // The third argument: no exceptions.
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return refuse("Amazon SQS can't parse it as a JSON map.");
    return json;
}

// SDKs send the count as a number or as a text.
std::optional<std::uint32_t> count_of(const Json& value) {
    std::uint32_t count = 0;
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > receives_max_max) return {};
        count = static_cast<std::uint32_t>(number);
    } else if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        count = parse_number<std::uint32_t>(text).value_or(0);
    }
    if (count < 1 || count > receives_max_max) return {};
    return count;
}

}  // namespace

bool RedriveAllowPolicy::allows(std::string_view source_arn) const {
    switch (permission) {
        case Permission::allow_all: return true;
        case Permission::deny_all: return false;
        case Permission::by_queue:
            return std::ranges::find(source_arns, source_arn) != source_arns.end();
    }
    return false;
}

Result<RedrivePolicy> parse_redrive_policy(std::string_view text) {
    ONPUT_TRY(const Json json, parse_object(text));
    if (!json.contains("maxReceiveCount")) {
        return refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    }
    if (!json.contains("deadLetterTargetArn")) {
        return refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    }
    if (!json["deadLetterTargetArn"].is_string()) {
        return refuse("Invalid value for deadLetterTargetArn.");
    }
    const auto count = count_of(json["maxReceiveCount"]);
    if (!count) {
        return refuse("Invalid value for maxReceiveCount: " +
                      json["maxReceiveCount"].dump(-1, ' ', true, Json::error_handler_t::replace) +
                      ", valid values are from 1 to 1000 both inclusive.");
    }
    return RedrivePolicy{.dead_letter_arn = json["deadLetterTargetArn"].get<std::string>(),
                         .receives_max = *count};
}

Result<RedriveAllowPolicy> parse_redrive_allow_policy(std::string_view text) {
    ONPUT_TRY(const Json json, parse_object(text));
    RedriveAllowPolicy policy;
    const std::string permission = json.value("redrivePermission", Json()).is_string()
                                       ? json["redrivePermission"].get<std::string>()
                                       : std::string();
    if (permission == "allowAll") return policy;
    policy.permission = RedriveAllowPolicy::Permission::deny_all;
    if (permission == "denyAll") return policy;
    policy.permission = RedriveAllowPolicy::Permission::by_queue;
    if (permission != "byQueue") {
        return refuse("redrivePermission must be allowAll, denyAll or byQueue.");
    }
    const Json sources = json.value("sourceQueueArns", Json());
    if (!sources.is_array() || sources.empty() || sources.size() > redrive_source_queues_max) {
        return refuse("sourceQueueArns must name 1 to 10 queues.");
    }
    for (const Json& source : sources) {
        if (!source.is_string()) return refuse("sourceQueueArns must be texts.");
        policy.source_arns.push_back(source.get<std::string>());
    }
    return policy;
}

}  // namespace onput::queue
