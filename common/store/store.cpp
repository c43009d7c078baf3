#include "common/store/store.hpp"

#include <array>

#include "common/base/text.hpp"
#include "common/store/blobs.hpp"
#include "common/store/check_rows.hpp"

namespace onput::store {
namespace {

Result<std::uint64_t> read_number(std::string_view text) {
    const auto value = parse_number<std::uint64_t>(text);
    const bool padded = text.size() > 1 && text.front() == '0';
    if (!value || padded) {
        return fail(ErrorCode::corruption, "blob reference: a number is malformed");
    }
    return *value;
}

std::string quantity(std::size_t value, std::string_view unit) {
    return std::to_string(value) + " " + std::string(unit);
}

}  // namespace

Range Range::of_prefix(std::string_view prefix) {
    // The end is the prefix with its last byte raised by one. A byte 0xff cannot be raised: it is
    // dropped and the one before it raised. Only 0xff bytes: nothing sorts behind such keys.
    std::string to(prefix);
    while (!to.empty() && to.back() == '\xff') to.pop_back();
    if (!to.empty()) to.back() = static_cast<char>(static_cast<unsigned char>(to.back()) + 1);
    return {.from = std::string(prefix), .to = std::move(to)};
}

Result<void> check_partition(std::string_view partition) {
    if (partition.empty() || partition.size() > partition_bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    "partition name has " + quantity(partition.size(), "bytes") +
                        ", allowed are 1 to " + std::to_string(partition_bytes_max));
    }
    if (partition.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "partition name contains a NUL byte");
    }
    return {};
}

Result<void> check_key(std::string_view key) {
    if (key.empty() || key.size() > key_bytes_max) {
        return fail(ErrorCode::invalid_argument, "row key has " + quantity(key.size(), "bytes") +
                                                     ", allowed are 1 to " +
                                                     std::to_string(key_bytes_max));
    }
    return {};
}

Result<void> check_batch(const Batch& batch) {
    ONPUT_TRY_VOID(check_partition(batch.partition()));
    for (const Batch::Change& change : batch.changes()) {
        ONPUT_TRY_VOID(check_key(change.key));
        if (change.value && change.value->size() > value_bytes_max) {
            return fail(ErrorCode::invalid_argument,
                        "row value has " + quantity(change.value->size(), "bytes") +
                            ", allowed are " + std::to_string(value_bytes_max));
        }
    }
    return {};
}

Result<void> check_scan(std::string_view partition, const Range& range, std::size_t limit) {
    ONPUT_TRY_VOID(check_partition(partition));
    if (range.from.size() > key_bytes_max + 1 || range.to.size() > key_bytes_max + 1) {
        return fail(ErrorCode::invalid_argument, "a bound of the scan is longer than any key");
    }
    if (limit > scan_rows_max) {
        return fail(ErrorCode::invalid_argument, "scan of " + quantity(limit, "rows") +
                                                     ", allowed are " +
                                                     std::to_string(scan_rows_max));
    }
    return {};
}

std::string to_text(const BlobRef& ref) {
    return std::to_string(ref.segment) + "." + std::to_string(ref.id) + "." +
           std::to_string(ref.length);
}

Result<BlobRef> parse_blob_ref(std::string_view text) {
    std::array<std::uint64_t, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const bool last = i + 1 == numbers.size();
        const std::size_t end = last ? text.size() : text.find('.');
        if (end == std::string_view::npos) {
            return fail(ErrorCode::corruption, "blob reference: not three numbers");
        }
        ONPUT_TRY(numbers[i], read_number(text.substr(0, end)));
        text.remove_prefix(last ? end : end + 1);
    }
    return BlobRef{.segment = numbers[0], .id = numbers[1], .length = numbers[2]};
}

}  // namespace onput::store
