// Hostile event filters, one per line pair: making, matching, explaining and comparing them end in
// an answer, and the answers agree with each other.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/pattern/event_filter.hpp"

namespace {

using namespace onput::pattern;

std::string take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    const std::string line(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string name = take_line(rest);
    const auto strict = parse_configured_event(name);
    if (strict) ONPUT_CHECK(!strict->empty() && strict->size() <= 4);

    const FilterSpec first_spec{.events = {strict ? name : "s3:ObjectCreated:*"},
                                .prefix = take_line(rest),
                                .suffix = take_line(rest)};
    const FilterSpec second_spec{.events = {"s3:ObjectCreated:Put"}, .prefix = take_line(rest)};
    const auto first = EventFilter::make(first_spec);
    const auto second = EventFilter::make(second_spec);
    if (!first || !second) return 0;
    ONPUT_CHECK(first->spec() == first_spec);
    ONPUT_CHECK(overlaps(*first, *first));
    ONPUT_CHECK(overlaps(*first, *second) == overlaps(*second, *first));

    const std::string event = take_line(rest);
    const bool first_matches = first->matches(event, rest);
    ONPUT_CHECK(first_matches == (first->explain(event, rest) == "matches"));
    // Two filters that want the same event of the same key cannot be disjoint.
    ONPUT_CHECK(!first_matches || !second->matches(event, rest) || overlaps(*first, *second));
    return 0;
}
