#include "services/notifier/topics/document.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/pattern/json_reader.hpp"

namespace onput::notifier {
namespace {

constexpr int depth_max = 32;

// Comparing and copying recurse: deeper documents are none that an attribute can be.
std::optional<nlohmann::json> parse(std::string_view text) {
    bool is_too_deep = false;
    const auto watch = [&is_too_deep](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        is_too_deep = is_too_deep || depth > depth_max;
        return !is_too_deep;
    };
    auto document = nlohmann::json::parse(text, watch, false);
    if (is_too_deep || document.is_discarded()) return std::nullopt;
    return document;
}

}  // namespace

bool are_same_documents(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto first = parse(a);
    const auto second = parse(b);
    return first && second && *first == *second;
}

bool disables_overrides(std::string_view topic_policy) {
    const auto document = parse(topic_policy);
    if (!document || !document->is_object() || !document->contains("http")) return false;
    const auto& http = document->at("http");
    return http.is_object() && http.contains("disableSubscriptionOverrides") &&
           http.at("disableSubscriptionOverrides") == true;
}

std::string with_overrides_disabled(const std::string& effective_policy) {
    auto document = nlohmann::ordered_json::parse(effective_policy, nullptr, false);
    if (!document.is_object() || !document.contains("http") || !document["http"].is_object()) {
        return effective_policy;
    }
    document["http"]["disableSubscriptionOverrides"] = true;
    return document.dump();
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
    const auto document = parse(redrive_policy);
    if (!document || !document->is_object() || document->size() != 1) return std::nullopt;
    const auto target = document->find("deadLetterTargetArn");
    if (target == document->end() || !target->is_string()) return std::nullopt;
    return target->get<std::string>();
}

}  // namespace onput::notifier
