#include "services/storage/objects/records.hpp"

#include "common/base/text.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t number_row_bytes = 10;
constexpr std::size_t sequencer_digits = 16;

std::string joined(std::string_view table, std::string_view bucket, std::string_view key) {
    std::string row;
    row.reserve(table.size() + bucket.size() + 1 + key.size());
    row.append(table).append(bucket).append("/").append(key);
    return row;
}

std::string numbered(std::string_view table, std::uint64_t number) {
    std::string row(table);
    for (int shift = 56; shift >= 0; shift -= 8) {
        row.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
    }
    return row;
}

}  // namespace

std::string bucket_row(std::string_view bucket) {
    return "b/" + std::string(bucket);
}

std::string object_row(std::string_view bucket, std::string_view key) {
    return joined(schema::object_rows_prefix, bucket, key);
}

std::string data_row(std::string_view bucket, std::string_view key) {
    return joined("d/", bucket, key);
}

std::string outbox_row(std::uint64_t number) {
    return numbered("e/", number);
}

std::string trash_row(std::uint64_t number) {
    return numbered("t/", number);
}

Result<std::uint64_t> number_of(std::string_view row) {
    if (row.size() != number_row_bytes || (row[0] != 'e' && row[0] != 't') || row[1] != '/') {
        return fail(ErrorCode::corruption, "a row of the outbox or the trash has no number");
    }
    std::uint64_t number = 0;
    for (const char byte : row.substr(2)) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

store::Range bucket_rows() {
    return store::Range::of_prefix("b/");
}

store::Range object_rows() {
    return store::Range::of_prefix(schema::object_rows_prefix);
}

store::Range trash_rows() {
    return store::Range::of_prefix("t/");
}

outbox::Rows outbox_rows() {
    return {.partition = std::string(partition), .prefix = "e/"};
}

std::string sequencer_text(std::uint64_t sequencer) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text(sequencer_digits, '0');
    for (std::size_t i = sequencer_digits; i > 0 && sequencer != 0; --i, sequencer >>= 4) {
        text[i - 1] = digits[sequencer & 15];
    }
    return text;
}

Result<std::uint64_t> parse_sequencer(std::string_view text) {
    const auto value = parse_number<std::uint64_t>(text, 16);
    if (!value || text.size() != sequencer_digits) {
        return fail(ErrorCode::corruption, "a sequencer is not 16 hexadecimal digits");
    }
    return *value;
}

}  // namespace onput::storage
