#include "common/store/key_search.hpp"

#include <algorithm>
#include <cstdint>

#include "common/store/store.hpp"

namespace onput::store {
namespace {

// Longer than any row's key, so that nothing sorts behind it.
constexpr std::size_t last_key_bytes = partition_bytes_max + key_bytes_max + 2;
// What keys behind the damage may have beyond the key before it: an index key or an ARN.
constexpr std::size_t digits_more = 64;
constexpr unsigned base = 256;

// Half of the sum of two numbers of the same count of digits to the base 256, rounded down.
std::string middle_of(const std::string& low, const std::string& high) {
    std::string sum(low.size() + 1, '\0');
    unsigned carry = 0;
    for (std::size_t i = low.size(); i > 0; --i) {
        const unsigned digits = static_cast<unsigned char>(low[i - 1]) +
                                static_cast<unsigned char>(high[i - 1]) + carry;
        sum[i] = static_cast<char>(digits % base);
        carry = digits / base;
    }
    sum[0] = static_cast<char>(carry);
    unsigned rest = 0;
    for (char& digit : sum) {
        const unsigned value = rest * base + static_cast<unsigned char>(digit);
        digit = static_cast<char>(value / 2);
        rest = value % 2;
    }
    return sum.substr(1);
}

}  // namespace

std::optional<std::string> first_key_that(std::string from,
                                          const std::function<bool(const std::string&)>& is_good) {
    std::string last(last_key_bytes, '\xff');
    if (!is_good(last)) return std::nullopt;
    std::string low = std::move(from);
    low.resize(low.size() + digits_more, '\0');
    std::string high(low.size(), '\xff');
    if (!is_good(high)) return last;
    for (;;) {
        const std::string middle = middle_of(low, high);
        if (middle == low) return high;
        (is_good(middle) ? high : low) = middle;
    }
}

}  // namespace onput::store
