#include "services/queue/logs/log_rows.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t number_bytes = 8;
constexpr std::size_t second_digits = 20;
constexpr std::size_t batch_digits = 20;
constexpr std::size_t index_digits = 16;

void append(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((number >> shift) & 0xff));
}

// Takes a number off the front, which must be there.
std::uint64_t take(std::string_view& bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < number_bytes; ++i)
        number = (number << 8) | static_cast<unsigned char>(bytes[i]);
    bytes.remove_prefix(number_bytes);
    return number;
}

std::string table(char letter) {
    return {'w', letter};
}

std::string numbers_key(char letter, std::initializer_list<std::uint64_t> numbers) {
    std::string key = table(letter);
    for (const std::uint64_t number : numbers) append(key, number);
    return key;
}

// What follows the table's two letters, if it has so many numbers.
Result<std::string_view> numbers_of(std::string_view key, std::size_t count) {
    if (key.size() != 2 + count * number_bytes)
        return fail(ErrorCode::corruption, "a key of the logs");
    return key.substr(2);
}

std::optional<std::uint64_t> digits(std::string_view text) {
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return {};
    return parse_number<std::uint64_t>(text);
}

store::Range from_on(std::string from, std::string_view prefix) {
    store::Range range = store::Range::of_prefix(prefix);
    range.from = std::move(from);
    return range;
}

}  // namespace

std::string to_text(const LogPosition& position) {
    return fmt::format("{:020}{:020}{:016}", position.row.second, position.row.batch,
                       position.index);
}

std::optional<LogPosition> parse_log_position(std::string_view text) {
    if (text.size() != second_digits + batch_digits + index_digits) return {};
    const auto second = digits(text.substr(0, second_digits));
    const auto batch = digits(text.substr(second_digits, batch_digits));
    const auto index = digits(text.substr(second_digits + batch_digits));
    if (!second || !batch || !index) return {};
    return LogPosition{.row = {.second = *second, .batch = *batch}, .index = *index};
}

std::string encode(const LogRowSize& size) {
    std::string bytes;
    append(bytes, size.bytes);
    append(bytes, static_cast<std::uint64_t>(to_micros(size.age)));
    return bytes;
}

Result<LogRowSize> decode_log_row_size(std::string_view bytes) {
    if (bytes.size() != 2 * number_bytes)
        return fail(ErrorCode::corruption, "the size of a row of the logs");
    LogRowSize size{.bytes = take(bytes)};
    size.age = from_micros(static_cast<std::int64_t>(take(bytes)));
    return size;
}

std::string log_group_key(std::string_view account, std::string_view name) {
    return fmt::format("wg{}/{}", account, name);
}
std::string log_stream_key(std::uint64_t group, std::string_view name) {
    return numbers_key('s', {group}).append(name);
}
std::string log_row_key(const LogRowKey& key) {
    return numbers_key('d', {key.group, key.stream, key.place.second, key.place.batch});
}
std::string log_newest_key(const LogRowKey& key) {
    return numbers_key('n', {key.group, key.stream, ~key.place.second, ~key.place.batch});
}
std::string log_time_key(const LogRowKey& key) {
    return numbers_key('t', {key.group, key.place.second, key.place.batch, key.stream});
}
std::string log_removal_key(std::uint64_t group, std::uint64_t stream) {
    return numbers_key('x', {group, stream});
}

Result<LogRowKey> parse_log_row_key(std::string_view key) {
    ONPUT_TRY(auto numbers, numbers_of(key, 4));
    LogRowKey parsed{.group = take(numbers), .stream = take(numbers)};
    parsed.place = {.second = take(numbers), .batch = take(numbers)};
    return parsed;
}
Result<LogRowKey> parse_log_newest_key(std::string_view key) {
    ONPUT_TRY(auto parsed, parse_log_row_key(key));
    parsed.place = {.second = ~parsed.place.second, .batch = ~parsed.place.batch};
    return parsed;
}
Result<LogRowKey> parse_log_time_key(std::string_view key) {
    ONPUT_TRY(auto numbers, numbers_of(key, 4));
    LogRowKey parsed{.group = take(numbers)};
    parsed.place = {.second = take(numbers), .batch = take(numbers)};
    parsed.stream = take(numbers);
    return parsed;
}
Result<LogRemoval> parse_log_removal_key(std::string_view key) {
    ONPUT_TRY(auto numbers, numbers_of(key, 2));
    return LogRemoval{.group = take(numbers), .stream = take(numbers)};
}

store::Range log_group_rows() {
    return store::Range::of_prefix(table('g'));
}
store::Range log_stream_rows(std::uint64_t group, std::string_view prefix) {
    return store::Range::of_prefix(log_stream_key(group, prefix));
}
store::Range log_rows(std::uint64_t group, std::uint64_t stream, const LogPlace& from) {
    if (stream == 0) return store::Range::of_prefix(numbers_key('d', {group}));
    return from_on(log_row_key({.group = group, .stream = stream, .place = from}),
                   numbers_key('d', {group, stream}));
}
store::Range log_newest_rows(std::uint64_t group, std::uint64_t stream, const LogPlace& from) {
    return from_on(log_newest_key({.group = group, .stream = stream, .place = from}),
                   numbers_key('n', {group, stream}));
}
store::Range log_time_rows(std::uint64_t group, const LogPlace& from) {
    return from_on(numbers_key('t', {group, from.second, from.batch}), numbers_key('t', {group}));
}
store::Range log_removal_rows() {
    return store::Range::of_prefix(table('x'));
}

}  // namespace onput::queue
