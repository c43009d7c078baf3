#include "common/pattern/event_pattern.hpp"

#include <utility>
#include <vector>

#include "common/pattern/event_matcher.hpp"

namespace onput::pattern {

Result<EventPattern> EventPattern::parse(std::string_view json) {
    ONPUT_TRY(auto filter, compile_event_pattern(json));
    return EventPattern(std::make_shared<const CompiledFilter>(std::move(filter)));
}

bool EventPattern::matches(std::string_view event) const {
    const EventMatcher matcher({*this});
    EventScratch scratch;
    return !matcher.match(event, scratch).empty();
}

}  // namespace onput::pattern
