#include "common/pattern/event_filter.hpp"

#include "common/base/encoding.hpp"

namespace onput::pattern {
namespace {

// AWS asks for filter values in the form-urlencoded spelling that event records use, but people
// also write keys as they are. A text that is not valid encoding can only be the latter.
std::string decoded(const std::optional<std::string>& value) {
    if (!value) return {};
    auto text = form_decode(*value);
    return text ? *std::move(text) : *value;
}

Result<void> check_value(const std::optional<std::string>& value) {
    if (value && value->size() > filter_value_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
                    "filter_value_too_long");
    }
    return {};
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        if (!text.empty()) text += ", ";
        text += name;
    }
    return text;
}

void add_clause(std::string& text, std::string_view clause) {
    if (!text.empty()) text += "; ";
    text += clause;
}

}  // namespace

Result<EventFilter> EventFilter::make(FilterSpec spec) {
    if (spec.events.empty()) {
        return fail(ErrorCode::invalid_argument, "a filter names at least one event", "no_events");
    }
    if (spec.events.size() > filter_events_max) {
        return fail(ErrorCode::invalid_argument, "a filter names at most 64 events",
                    "too_many_events");
    }
    EventFilter filter;
    for (const std::string& name : spec.events) {
        ONPUT_TRY(const EventSet events, parse_configured_event(name));
        filter.events_ |= events;
    }
    ONPUT_TRY_VOID(check_value(spec.prefix));
    ONPUT_TRY_VOID(check_value(spec.suffix));
    filter.prefix_ = decoded(spec.prefix);
    filter.suffix_ = decoded(spec.suffix);
    filter.spec_ = std::move(spec);
    return filter;
}

bool EventFilter::matches(std::string_view event, std::string_view key) const {
    const auto events = parse_occurred_event(event);
    return events && matches(*events, key);
}

bool EventFilter::matches(EventSet event, std::string_view key) const {
    return events_.intersects(event) && key.starts_with(prefix_) && key.ends_with(suffix_);
}

std::string EventFilter::explain(std::string_view event, std::string_view key) const {
    std::string text;
    const auto events = parse_occurred_event(event);
    if (!events) {
        add_clause(text, "there is no event " + std::string(event));
    } else if (!events_.intersects(*events)) {
        add_clause(text, "event " + std::string(event) + " is not among " + joined(spec_.events));
    }
    if (!key.starts_with(prefix_)) {
        add_clause(text, "the key does not start with prefix \"" + prefix_ + '"');
    }
    if (!key.ends_with(suffix_)) {
        add_clause(text, "the key does not end with suffix \"" + suffix_ + '"');
    }
    return text.empty() ? "matches" : text;
}

bool overlaps(const EventFilter& a, const EventFilter& b) {
    const std::string_view prefix_a = a.prefix_;
    const std::string_view suffix_a = a.suffix_;
    return a.events_.intersects(b.events_) &&
           (prefix_a.starts_with(b.prefix_) || std::string_view(b.prefix_).starts_with(prefix_a)) &&
           (suffix_a.ends_with(b.suffix_) || std::string_view(b.suffix_).ends_with(suffix_a));
}

}  // namespace onput::pattern
