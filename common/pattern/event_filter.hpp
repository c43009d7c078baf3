// EventFilter: which events of a bucket one notification rule wants, by event name, key prefix and
// key suffix. Pure and immutable: built when a configuration is put or loaded, then asked per
// event.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/pattern/event_set.hpp"

namespace onput::pattern {

constexpr std::size_t filter_value_bytes_max = 1024;
constexpr std::size_t filter_events_max = 64;  // More than there are names: repeats are harmless.

// A rule's filter as its author wrote it; kept so that a GET answers what was PUT. An absent part
// and an empty part match the same, but are answered differently.
struct FilterSpec {
    std::vector<std::string> events;  // "s3:ObjectCreated:*" and the like, at least one.
    std::optional<std::string> prefix = {};
    std::optional<std::string> suffix = {};

    friend bool operator==(const FilterSpec&, const FilterSpec&) = default;
};

class EventFilter {
public:
    // Fails with invalid_argument and S3's own text: `unsupported_event`, `filter_value_too_long`,
    // `too_many_events`, or `no_events`.
    static Result<EventFilter> make(FilterSpec spec);

    [[nodiscard]] const FilterSpec& spec() const { return spec_; }
    [[nodiscard]] EventSet events() const { return events_; }

    // `event` is a single event's name with or without "s3:" (an unknown one matches nothing);
    // `key` is the object's key itself, not the URL-encoded form of event records.
    [[nodiscard]] bool matches(std::string_view event, std::string_view key) const;
    // The same where the caller has parsed the name once for many filters.
    [[nodiscard]] bool matches(EventSet event, std::string_view key) const;

    // For people: why `matches` says what it says, naming every part that did not match.
    //     the key does not end with suffix ".jpg"
    [[nodiscard]] std::string explain(std::string_view event, std::string_view key) const;

private:
    EventFilter() = default;

    FilterSpec spec_;
    EventSet events_;
    std::string prefix_;  // Decoded: what keys are compared with.
    std::string suffix_;

    friend bool overlaps(const EventFilter& a, const EventFilter& b);
};

// True when S3 refuses both in one configuration: they share an event, one prefix starts with the
// other, and one suffix ends with the other. Where they deliver to makes no difference.
bool overlaps(const EventFilter& a, const EventFilter& b);

}  // namespace onput::pattern
