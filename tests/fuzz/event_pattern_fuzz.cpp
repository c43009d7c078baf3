// A hostile event pattern, then a hostile event, split at 0x1e: parsing and matching end in an
// answer, which is the same alone and among other patterns.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/pattern/event_matcher.hpp"

using namespace onput::pattern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const std::size_t end = all.find('\x1e');
    const std::string_view json = all.substr(0, end);
    const std::string_view event = end == all.npos ? std::string_view() : all.substr(end + 1);

    const auto other = EventPattern::parse(R"({"a":[1,{"prefix":"x"}],"b.c":[{"exists":false}]})");
    const auto pattern = EventPattern::parse(json);
    if (!pattern) {
        const auto& error = pattern.error();
        ONPUT_CHECK(error.reason == "InvalidEventPatternException");
        ONPUT_CHECK(onput::is_utf8(error.message));
        // Two excerpts of 500 characters, each of at most six bytes, and the words around them.
        ONPUT_CHECK(error.message.size() < 7000);
        static_cast<void>(other->matches(event));  // Either answer will do.
        return 0;
    }
    const EventMatcher matcher({*other, *pattern});
    EventScratch scratch;
    bool is_among = false;
    for (const std::uint32_t index : matcher.match(event, scratch)) is_among |= index == 1;
    // The other pattern makes more of the event looked at, and bad JSON seen.
    ONPUT_CHECK(!is_among || pattern->matches(event));
    return 0;
}
