#include "services/notifier/journal/records.hpp"

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

void append_number(std::string& key, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        key += static_cast<char>((number >> shift) & 255U);
    }
}

// <letter>/<name>\0: what all rows of one destination or trace begin with. Names hold no zero byte:
// checked where they come in.
std::string prefix_of(std::string_view table, std::string_view name) {
    std::string key(table);
    key += name;
    key += '\0';
    return key;
}

std::string numbered(std::string key, std::uint64_t number) {
    append_number(key, number);
    return key;
}

}  // namespace

std::string state_key() {
    return "s";
}
std::string journal_key(std::uint64_t sequence) {
    return numbered("j/", sequence);
}
std::string source_key(std::string_view source) {
    return "r/" + std::string(source);
}
std::string destination_key(std::string_view arn) {
    return "d/" + std::string(arn);
}
std::string delivery_key(std::string_view arn, std::uint64_t last_number) {
    return numbered(prefix_of("b/", arn), last_number);
}
std::string undelivered_key(std::string_view arn, std::uint64_t number) {
    return numbered(prefix_of("u/", arn), number);
}
std::string attempt_key(std::string_view arn, std::uint64_t number) {
    return numbered(prefix_of("a/", arn), number);
}
std::string signing_key_key() {
    return "k";
}
std::string age_key() {
    return "g";
}
std::string trace_key(std::string_view trace_id, std::uint64_t sequence) {
    return numbered(prefix_of("t/", trace_id), sequence);
}

store::Range sources() {
    return store::Range::of_prefix("r/");
}
store::Range destinations() {
    return store::Range::of_prefix("d/");
}
store::Range deliveries_from(std::string_view arn, std::uint64_t last_number) {
    return {.from = delivery_key(arn, last_number),
            .to = store::Range::of_prefix(prefix_of("b/", arn)).to};
}
store::Range undelivered_of(std::string_view arn) {
    return store::Range::of_prefix(prefix_of("u/", arn));
}
store::Range attempts_of(std::string_view arn) {
    return store::Range::of_prefix(prefix_of("a/", arn));
}
store::Range trace_of(std::string_view trace_id) {
    return store::Range::of_prefix(prefix_of("t/", trace_id));
}
store::Range journal_between(std::uint64_t from, std::uint64_t to) {
    return {.from = journal_key(from), .to = journal_key(to + 1)};
}

std::string_view source_in(std::string_view key) {
    ONPUT_CHECK(key.size() > 2);
    return key.substr(2);
}

std::uint64_t sequence_in(std::string_view key) {
    ONPUT_CHECK(key.size() > 8);
    std::uint64_t number = 0;
    for (const char c : key.substr(key.size() - 8)) {
        number = number << 8 | static_cast<std::uint8_t>(c);
    }
    return number;
}

std::string dead_letters_of(std::string_view subscription_arn) {
    return std::string(subscription_arn) + "/dlq";
}

}  // namespace onput::notifier
