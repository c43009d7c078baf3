#include "common/events/since.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::events {

constexpr std::uint32_t amount_max = 1'000'000;  // Of whatever unit: 2,700 years and more.

Result<Timestamp> parse_since(std::string_view text, Timestamp now) {
    const std::string_view digits = text.substr(0, std::max<std::size_t>(text.size(), 1) - 1);
    const auto amount = parse_number<std::uint32_t>(digits);
    if (amount && *amount <= amount_max) {
        switch (text.back()) {
            case 's': return now - std::chrono::seconds(*amount);
            case 'm': return now - std::chrono::minutes(*amount);
            case 'h': return now - std::chrono::hours(*amount);
            case 'd': return now - std::chrono::days(*amount);
            default: break;
        }
    }
    auto time = parse_iso8601(text);
    if (!time)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'{}' is neither like 10m nor like 2026-01-31T12:00:00Z", text));
    return time;
}

}  // namespace onput::events
