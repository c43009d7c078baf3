#include "common/store/blob_format.hpp"

#include <cstddef>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/store/block_sums.hpp"
#include "common/store/store.hpp"

namespace onput::store {
namespace {

constexpr std::uint32_t segment_magic = 0x47455331;  // Version 1 of each.
constexpr std::uint32_t record_magic = 0x43455231;
constexpr std::uint32_t footer_magic = 0x544f4631;
constexpr std::uint32_t footer_magic_2 = 0x544f4632;  // Of a file with sums.

constexpr std::size_t number_count = 7;
using Numbers = std::array<std::uint64_t, number_count>;

template <typename Number>
void put_number(std::string& bytes, Number value) {
    for (std::size_t i = 0; i < sizeof(value); ++i) {
        bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
    }
}

template <typename Number>
Number take_number(std::string_view& bytes) {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(value); ++i) {
        value |= static_cast<Number>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    bytes.remove_prefix(sizeof(value));
    return value;
}

std::string encode_numbers(std::uint32_t magic, const Numbers& numbers) {
    std::string body;
    for (const std::uint64_t number : numbers) put_number(body, number);
    std::string header;
    put_number(header, magic);
    put_number(header, crc32c(body));
    header += body;
    ONPUT_CHECK(header.size() == header_bytes);
    return header;
}

std::optional<Numbers> decode_numbers(std::uint32_t magic, std::string_view bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    bytes = bytes.substr(0, header_bytes);
    if (take_number<std::uint32_t>(bytes) != magic) return std::nullopt;
    if (take_number<std::uint32_t>(bytes) != crc32c(bytes)) return std::nullopt;
    Numbers numbers{};
    for (std::uint64_t& number : numbers) number = take_number<std::uint64_t>(bytes);
    return numbers;
}

std::uint64_t join(std::uint32_t high, std::uint32_t low) {
    return (std::uint64_t{high} << 32) | low;
}
std::uint32_t high_of(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 32);
}
std::uint32_t low_of(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

bool owner_fits(std::uint32_t partition_bytes, std::uint32_t key_bytes) {
    return partition_bytes <= partition_bytes_max && key_bytes <= key_bytes_max;
}

}  // namespace

std::string encode(const SegmentHeader& header) {
    return encode_numbers(segment_magic, {header.number, header.salt});
}

std::string encode(const RecordHeader& header) {
    return encode_numbers(
        record_magic,
        {header.salt, header.segment, header.offset, header.data_bytes,
         join(header.partition_bytes, header.key_bytes), join(header.data_crc, header.owner_crc)});
}

std::string encode(const BlobFooter& footer) {
    return encode_numbers(footer.has_sums ? footer_magic_2 : footer_magic,
                          {footer.id, footer.data_bytes,
                           join(footer.partition_bytes, footer.key_bytes), footer.owner_crc});
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
    const auto numbers = decode_numbers(segment_magic, bytes);
    if (!numbers) return std::nullopt;
    return SegmentHeader{.number = (*numbers)[0], .salt = (*numbers)[1]};
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes) {
    const auto numbers = decode_numbers(record_magic, bytes);
    if (!numbers) return std::nullopt;
    const RecordHeader header{.salt = (*numbers)[0],
                              .segment = (*numbers)[1],
                              .offset = (*numbers)[2],
                              .data_bytes = (*numbers)[3],
                              .partition_bytes = high_of((*numbers)[4]),
                              .key_bytes = low_of((*numbers)[4]),
                              .data_crc = high_of((*numbers)[5]),
                              .owner_crc = low_of((*numbers)[5])};
    if (header.data_bytes > segment_blob_bytes_max) return std::nullopt;
    if (!owner_fits(header.partition_bytes, header.key_bytes)) return std::nullopt;
    return header;
}

std::optional<BlobFooter> decode_footer(std::string_view bytes) {
    auto numbers = decode_numbers(footer_magic_2, bytes);
    const bool has_sums = numbers.has_value();
    if (!has_sums) numbers = decode_numbers(footer_magic, bytes);
    if (!numbers) return std::nullopt;
    const BlobFooter footer{.id = (*numbers)[0],
                            .data_bytes = (*numbers)[1],
                            .partition_bytes = high_of((*numbers)[2]),
                            .key_bytes = low_of((*numbers)[2]),
                            .owner_crc = low_of((*numbers)[3]),
                            .has_sums = has_sums};
    if (!owner_fits(footer.partition_bytes, footer.key_bytes)) return std::nullopt;
    return footer;
}

std::uint64_t BlobFooter::owner_offset() const {
    return data_bytes + (has_sums ? sums_bytes(data_bytes) : 0);
}

std::string encode_owner(const Owner& owner) {
    return owner.partition + owner.key;
}

std::optional<Owner> decode_owner(std::string_view bytes, std::uint64_t partition_bytes,
                                  std::uint32_t owner_crc) {
    if (partition_bytes > bytes.size() || crc32c(bytes) != owner_crc) return std::nullopt;
    return Owner{.partition = std::string(bytes.substr(0, partition_bytes)),
                 .key = std::string(bytes.substr(partition_bytes))};
}

std::uint64_t record_bytes(std::uint64_t data_bytes, std::uint64_t owner_bytes) {
    const std::uint64_t bytes = header_bytes + data_bytes + owner_bytes;
    return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

}  // namespace onput::store
