#include "common/store/block_sums.hpp"

#include <algorithm>

#include "common/base/digest.hpp"

namespace onput::store {
namespace {

void put_sum(std::string& bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i < sum_bytes; ++i) {
        bytes.push_back(static_cast<char>((sum >> (8 * i)) & 0xff));
    }
}

}  // namespace

void BlockSums::add(std::string_view data) {
    while (!data.empty()) {
        const std::string_view part = data.substr(0, sum_block_bytes - filled_);
        sum_ = crc32c(part, sum_);
        filled_ += part.size();
        data.remove_prefix(part.size());
        if (filled_ < sum_block_bytes) return;
        put_sum(finished_, sum_);
        sum_ = 0;
        filled_ = 0;
    }
}

std::string BlockSums::encode() const {
    std::string all = finished_;
    if (filled_ > 0) put_sum(all, sum_);
    return all;
}

SummedPiece blocks_around(BlobStore::Piece piece, std::uint64_t data_bytes) {
    const std::uint64_t first = piece.offset / sum_block_bytes;
    const std::uint64_t from = first * sum_block_bytes;
    const std::uint64_t end = piece.offset + piece.length;
    const std::uint64_t behind = (end + sum_block_bytes - 1) / sum_block_bytes;
    const std::uint64_t to = std::min(behind * sum_block_bytes, data_bytes);
    if (piece.length == 0) return {};
    return {
        .data = {.offset = from, .length = to - from},
        .sums = {.offset = data_bytes + first * sum_bytes, .length = (behind - first) * sum_bytes}};
}

std::optional<std::uint64_t> find_bad_block(std::string_view data, std::string_view sums) {
    for (std::uint64_t block = 0; block * sum_block_bytes < data.size(); ++block) {
        std::string expected;
        put_sum(expected, crc32c(data.substr(block * sum_block_bytes, sum_block_bytes)));
        if (sums.substr(std::min(block * sum_bytes, sums.size()), sum_bytes) != expected) {
            return block;
        }
    }
    return std::nullopt;
}

}  // namespace onput::store
