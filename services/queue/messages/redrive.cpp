#include "services/queue/messages/redrive.hpp"

#include <algorithm>
#include <optional>

#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::queue {
namespace {

std::unexpected<Error> refuse(std::string reason) {
    return fail(ErrorCode::invalid_argument, std::move(reason));
}

Result<json::Value> parse_object(std::string_view text) {
    auto document = json::read(text);
    if (!document || document->object() == nullptr)
        return refuse("Amazon SQS can't parse it as a JSON map.");
    return std::move(*document);
}

// SDKs send the count as a number or as a text.
std::optional<std::uint32_t> count_of(const json::Value& value) {
    std::int64_t count = 0;
    if (const auto* number = value.integer()) count = *number;
    if (const auto* text = value.text()) count = parse_number<std::uint32_t>(*text).value_or(0);
    if (count < 1 || count > receives_max_max) return {};
    return static_cast<std::uint32_t>(count);
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
    ONPUT_TRY(const json::Value policy, parse_object(text));
    const json::Value* given_count = policy.find("maxReceiveCount");
    const json::Value* target = policy.find("deadLetterTargetArn");
    if (given_count == nullptr) {
        return refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    }
    if (target == nullptr) {
        return refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    }
    if (target->text() == nullptr) {
        return refuse("Invalid value for deadLetterTargetArn.");
    }
    const auto count = count_of(*given_count);
    if (!count) {
        return refuse("Invalid value for maxReceiveCount: " + json::write(*given_count) +
                      ", valid values are from 1 to 1000 both inclusive.");
    }
    return RedrivePolicy{.dead_letter_arn = *target->text(), .receives_max = *count};
}

Result<RedriveAllowPolicy> parse_redrive_allow_policy(std::string_view text) {
    ONPUT_TRY(const json::Value document, parse_object(text));
    RedriveAllowPolicy policy;
    const std::string permission = document.text_of("redrivePermission");
    if (permission == "allowAll") return policy;
    policy.permission = RedriveAllowPolicy::Permission::deny_all;
    if (permission == "denyAll") return policy;
    policy.permission = RedriveAllowPolicy::Permission::by_queue;
    if (permission != "byQueue") {
        return refuse("redrivePermission must be allowAll, denyAll or byQueue.");
    }
    const json::Value* given = document.find("sourceQueueArns");
    const auto* sources = given != nullptr ? given->array() : nullptr;
    if (sources == nullptr || sources->empty() || sources->size() > redrive_source_queues_max) {
        return refuse("sourceQueueArns must name 1 to 10 queues.");
    }
    for (const json::Value& source : *sources) {
        if (source.text() == nullptr) return refuse("sourceQueueArns must be texts.");
        policy.source_arns.push_back(*source.text());
    }
    return policy;
}

}  // namespace onput::queue
