#include "common/outbox/rows.hpp"

#include <optional>

namespace onput::outbox {
namespace {

constexpr std::size_t number_bytes = 8;

// The first row at or above a number.
Result<std::optional<std::uint64_t>> first_from(const store::View& view, const Rows& rows,
                                                std::uint64_t number) {
    ONPUT_TRY(const auto found, view.scan(rows.partition, rows.from(number), 1));
    if (found.empty()) return std::optional<std::uint64_t>();
    ONPUT_TRY(const std::uint64_t first, rows.number_of(found.front().key));
    return std::optional(first);
}

}  // namespace

std::string Rows::key(std::uint64_t number) const {
    std::string key = prefix;
    for (int shift = 56; shift >= 0; shift -= 8) {
        key.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
    }
    return key;
}

Result<std::uint64_t> Rows::number_of(std::string_view key) const {
    if (key.size() != prefix.size() + number_bytes || !key.starts_with(prefix)) {
        return fail(ErrorCode::corruption, "a row of the outbox has no number");
    }
    std::uint64_t number = 0;
    for (const char byte : key.substr(prefix.size())) {
        number = number << 8 | static_cast<unsigned char>(byte);
    }
    return number;
}

store::Range Rows::from(std::uint64_t number) const {
    return {.from = key(number), .to = store::Range::of_prefix(prefix).to};
}

// By doubling steps, then halving.
Result<std::uint64_t> find_last(const store::View& view, const Rows& rows,
                                std::uint64_t relayed_through) {
    std::uint64_t low = relayed_through;  // There is nothing above it, or it is a row.
    std::uint64_t step = 1;
    while (true) {
        ONPUT_TRY(const auto found, first_from(view, rows, low + step));
        if (!found) break;
        low = *found;
        step *= 2;
    }
    for (std::uint64_t high = low + step; high - low > 1;) {
        const std::uint64_t middle = low + (high - low) / 2;
        ONPUT_TRY(const auto found, first_from(view, rows, middle));
        if (found) {
            low = *found;
        } else {
            high = middle;
        }
    }
    return low;
}

Result<std::uint64_t> find_before_first(const store::View& view, const Rows& rows) {
    ONPUT_TRY(const auto first, first_from(view, rows, 1));
    return first ? *first - 1 : 0;
}

}  // namespace onput::outbox
