// Hostile filter patterns of logs: the first line is the pattern, the rest a message. Reading one
// ends in an answer, a pattern that is taken judges any message, and the same each time.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/queue/logs/filter_pattern.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const std::size_t end = all.find('\n');
    const std::string_view message =
        end == std::string_view::npos ? std::string_view() : all.substr(end + 1);
    const auto pattern = onput::queue::FilterPattern::parse(all.substr(0, end));
    if (!pattern) {
        ONPUT_CHECK(pattern.error().reason == "InvalidParameter");
        return 0;
    }
    ONPUT_CHECK(pattern->fits(message) == pattern->fits(message));
    return 0;
}
