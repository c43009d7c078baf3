#include "common/events/explain_pattern.hpp"

#include <vector>

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "common/pattern/event_pattern.hpp"

namespace onput::events {
namespace {

constexpr std::size_t value_bytes_shown = 200;
constexpr std::string_view alternatives = "$or";

// A key of a pattern that is to be tried alone, with what it must be.
struct Leaf {
    std::vector<std::string_view> path;
    const json::Value* wanted = nullptr;
};

void collect(const json::Value& pattern, std::vector<std::string_view>& path,
             std::vector<Leaf>& leaves) {
    const json::Object* object = pattern.object();
    if (object == nullptr) {
        leaves.push_back({.path = path, .wanted = &pattern});
        return;
    }
    for (const auto& member : *object) {
        path.push_back(member.name);
        collect(member.value, path, leaves);
        path.pop_back();
    }
}

// The pattern of one key alone.
std::string alone(const Leaf& leaf) {
    std::string text = json::write(*leaf.wanted);
    for (auto name = leaf.path.rbegin(); name != leaf.path.rend(); ++name) {
        text = fmt::format("{{{}:{}}}", json::quoted(*name), text);
    }
    return text;
}

std::string short_text(std::string text) {
    if (text.size() <= value_bytes_shown) return text;
    text.resize(value_bytes_shown);
    text += "...";
    return text;
}

std::string value_at(const json::Value& event, const Leaf& leaf) {
    const json::Value* value = &event;
    for (const auto name : leaf.path) {
        value = value->object() == nullptr ? nullptr : value->find(name);
        if (value == nullptr) return "absent";
    }
    return short_text(json::write(*value));
}

std::string describe(const json::Value& event, const Leaf& leaf) {
    const std::string wanted = short_text(json::write(*leaf.wanted));
    if (leaf.path.back() == alternatives) return fmt::format("none of {} matches", wanted);
    return fmt::format("{} is {}, not {}", fmt::join(leaf.path, "."), value_at(event, leaf),
                       wanted);
}

}  // namespace

Result<PatternExplanation> explain_pattern(std::string_view pattern, std::string_view event) {
    ONPUT_TRY(const auto whole, pattern::EventPattern::parse(pattern));
    if (whole.matches(event)) return PatternExplanation{.matches = true, .why = "it matches"};
    const auto wanted = json::read(pattern);
    const auto document = json::read(event);
    if (!wanted || !document) return PatternExplanation{.why = "the event cannot be read"};
    std::vector<Leaf> leaves;
    std::vector<std::string_view> path;
    collect(*wanted, path, leaves);
    PatternExplanation explanation;
    for (const Leaf& leaf : leaves) {
        const auto one = pattern::EventPattern::parse(alone(leaf));
        if (!one || one->matches(event)) continue;
        if (!explanation.why.empty()) explanation.why += "; ";
        explanation.why += describe(*document, leaf);
    }
    if (explanation.why.empty()) {
        explanation.why = "each key matches, but no one element of an array has them all";
    }
    return explanation;
}

}  // namespace onput::events
