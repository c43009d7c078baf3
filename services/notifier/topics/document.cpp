#include "services/notifier/topics/document.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "common/pattern/json_reader.hpp"

namespace onput::notifier {
namespace {

// Deeper documents are none that an attribute can be.
constexpr json::ReadLimits limits{.depth_max = 32};

bool is_true(const json::Value* value) {
    return value != nullptr && value->flag() != nullptr && *value->flag();
}

}  // namespace

bool are_same_documents(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto first = json::read(a, limits);
    const auto second = json::read(b, limits);
    return first && second && *first == *second;
}

bool disables_overrides(std::string_view topic_policy) {
    const auto document = json::read(topic_policy, limits);
    const json::Value* http = document ? document->find("http") : nullptr;
    return http != nullptr && is_true(http->find("disableSubscriptionOverrides"));
}

std::string with_overrides_disabled(const std::string& effective_policy) {
    auto document = json::read(effective_policy, limits);
    const json::Value* http = document ? document->find("http") : nullptr;
    if (http == nullptr || http->object() == nullptr) return effective_policy;
    (*document)["http"]["disableSubscriptionOverrides"] = true;
    return json::write(*document);
}

std::string json_fault(std::string_view text) {
    pattern::JsonReader reader(text);
    pattern::JsonToken token = reader.next();
    while (token.kind != pattern::JsonKind::end && token.kind != pattern::JsonKind::invalid)
        token = reader.next();
    if (token.kind == pattern::JsonKind::end) return {};
    const std::string_view before = text.substr(0, token.seen);
    const std::size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none.
    const auto begins_character = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    };
    return fmt::format(
        "failed to parse JSON. {}\n at [Source: REDACTED "
        "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]",
        reader.failure(), 1 + std::ranges::count(before, '\n'),
        std::max<std::ptrdiff_t>(
            1, std::ranges::count_if(before.substr(line_begin), begins_character)));
}

std::optional<std::string> dead_letter_target(std::string_view redrive_policy) {
    const auto document = json::read(redrive_policy, limits);
    const auto* policy = document ? document->object() : nullptr;
    if (policy == nullptr || policy->size() != 1) return std::nullopt;
    const json::Value* target = policy->find("deadLetterTargetArn");
    if (target == nullptr || target->text() == nullptr) return std::nullopt;
    return *target->text();
}

}  // namespace onput::notifier
