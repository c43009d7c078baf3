#include "services/storage/objects/records.hpp"

#include "common/base/text.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view configuration_table = "c/";
constexpr std::string_view replica_due_table = "q/";
constexpr std::string_view replica_late_table = "h/";
constexpr std::size_t number_bytes_size = 8;
constexpr std::size_t number_row_bytes = 2 + number_bytes_size;
constexpr std::size_t sequencer_digits = 16;

std::string joined(std::string_view table, std::string_view bucket, std::string_view key) {
    std::string row;
    row.reserve(table.size() + bucket.size() + 1 + key.size());
    row.append(table).append(bucket).append("/").append(key);
    return row;
}

std::string numbered(std::string_view table, std::uint64_t number) {
    return std::string(table) + number_bytes(number);
}

std::string aged(std::string_view table, std::string_view bucket, std::string_view key,
                 std::uint64_t sequencer) {
    return joined(table, bucket, key) + '\0' + number_bytes(~sequencer);
}

}  // namespace

std::string number_bytes(std::uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
    }
    return bytes;
}

Result<std::uint64_t> parse_number_bytes(std::string_view bytes) {
    if (bytes.size() != number_bytes_size) {
        return fail(ErrorCode::corruption, "a number of a row does not have 8 bytes");
    }
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

std::string bucket_row(std::string_view bucket) {
    return "b/" + std::string(bucket);
}

std::string configuration_row(std::string_view bucket, schema::BucketConfigurationKind kind,
                              std::string_view id) {
    std::string name(1, static_cast<char>(kind));
    return joined(configuration_table, bucket, name.append(id));
}

std::string object_row(std::string_view bucket, std::string_view key) {
    return joined(schema::object_rows_prefix, bucket, key);
}

std::string data_row(std::string_view bucket, std::string_view key) {
    return joined("d/", bucket, key);
}

std::string version_row(std::string_view bucket, std::string_view key, std::uint64_t sequencer) {
    return aged(schema::version_rows_prefix, bucket, key, sequencer);
}

std::string version_row_prefix(std::string_view bucket) {
    return joined(schema::version_rows_prefix, bucket, "");
}

std::string version_data_row(std::string_view bucket, std::string_view key,
                             std::uint64_t sequencer) {
    return aged("w/", bucket, key, sequencer);
}

std::string null_version_row(std::string_view bucket, std::string_view key) {
    return joined("n/", bucket, key);
}

std::string upload_row(std::string_view bucket, std::string_view key, std::string_view upload_id) {
    std::string row = joined("u/", bucket, key);
    row.push_back('\0');
    row.append(upload_id);
    return row;
}

std::string part_row(std::string_view upload_id, std::uint32_t number) {
    std::string row = joined(schema::part_rows_prefix, upload_id, "");
    row.push_back(static_cast<char>(static_cast<unsigned char>(number >> 8)));
    row.push_back(static_cast<char>(static_cast<unsigned char>(number)));
    return row;
}

std::string manifest_row(std::string_view upload_id) {
    return std::string(schema::manifest_rows_prefix).append(upload_id);
}

std::string due_row(Timestamp due_at, std::string_view bucket, std::string_view key,
                    std::uint64_t sequencer) {
    const auto time = static_cast<std::uint64_t>(to_micros(due_at));
    return aged("r/" + number_bytes(time), bucket, key, sequencer);
}

std::string replica_due_row(const ReplicaRow& row, Timestamp due_at) {
    const auto time = static_cast<std::uint64_t>(to_micros(due_at));
    return aged(joined(replica_due_table, row.destination, number_bytes(time)), row.bucket, row.key,
                row.sequencer);
}

std::string replica_late_row(const ReplicaRow& row, Timestamp late_at) {
    const auto time = static_cast<std::uint64_t>(to_micros(late_at));
    return aged(joined(replica_late_table, number_bytes(time) + std::string(row.destination), ""),
                row.bucket, row.key, row.sequencer);
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
    return parse_number_bytes(row.substr(2));
}

Result<KeyAndTail> split_tail(std::string_view text, std::size_t tail_bytes) {
    if (text.size() < tail_bytes + 2 || text[text.size() - tail_bytes - 1] != '\0') {
        return fail(ErrorCode::corruption, "the key of a row does not end in NUL and " +
                                               std::to_string(tail_bytes) + " bytes");
    }
    return KeyAndTail{.key = text.substr(0, text.size() - tail_bytes - 1),
                      .tail = text.substr(text.size() - tail_bytes)};
}

store::Range replica_due_rows() {
    return store::Range::of_prefix(replica_due_table);
}

store::Range replica_due_rows(std::string_view destination) {
    return store::Range::of_prefix(joined(replica_due_table, destination, ""));
}

store::Range replica_late_rows() {
    return store::Range::of_prefix(replica_late_table);
}

store::Range bucket_rows() {
    return store::Range::of_prefix("b/");
}

store::Range configuration_rows(std::string_view bucket) {
    return store::Range::of_prefix(joined(configuration_table, bucket, ""));
}

store::Range object_rows() {
    return store::Range::of_prefix(schema::object_rows_prefix);
}

store::Range version_rows() {
    return store::Range::of_prefix(schema::version_rows_prefix);
}

store::Range version_rows(std::string_view bucket, std::string_view key) {
    return store::Range::of_prefix(joined(schema::version_rows_prefix, bucket, key) + '\0');
}

store::Range upload_rows(std::string_view bucket) {
    return store::Range::of_prefix(joined("u/", bucket, ""));
}

store::Range part_rows(std::string_view upload_id) {
    return store::Range::of_prefix(joined(schema::part_rows_prefix, upload_id, ""));
}

store::Range due_rows() {
    return store::Range::of_prefix("r/");
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

Result<std::uint32_t> number_of_part(std::string_view row) {
    constexpr std::size_t number_bytes_size = 2;
    if (row.size() != schema::part_rows_prefix.size() + upload_id_digits + 1 + number_bytes_size) {
        return fail(ErrorCode::corruption, "the row of a part has no number");
    }
    const auto high = static_cast<unsigned char>(row[row.size() - 2]);
    const auto low = static_cast<unsigned char>(row[row.size() - 1]);
    return static_cast<std::uint32_t>(high << 8U | low);
}

}  // namespace onput::storage
