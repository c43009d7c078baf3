#include "common/store/compression.hpp"

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace onput::store {
namespace {

std::string compressed(std::string_view bytes, std::size_t piece) {
    Compressor compressor;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        out += *compressor.add(bytes.substr(at, piece));
    return out + *compressor.finish();
}

Result<std::string> decompressed(const std::string& bytes, std::size_t piece, std::size_t take) {
    Decompressor decompressor;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        decompressor.feed(bytes.substr(at, piece));
        while (true) {
            ONPUT_TRY(const auto got, decompressor.take(take));
            if (got.empty()) break;
            EXPECT_LE(got.size(), take);
            out += got;
        }
    }
    EXPECT_TRUE(decompressor.is_at_end());
    return out;
}

TEST(Compression, what_goes_in_comes_out_whatever_the_pieces_are) {
    Random random(1);
    std::string noise(300'000, '\0');
    for (char& c : noise) c = static_cast<char>(random.below(256));
    for (const std::string& bytes : {std::string("x"), noise, std::string(5'000'000, 'a')}) {
        for (const std::size_t piece : {1'000U, 1'000'000U}) {
            EXPECT_EQ(decompressed(compressed(bytes, piece), piece, 65'536), bytes);
        }
    }
    EXPECT_LT(compressed(std::string(5'000'000, 'a'), 1'000'000).size(), 10'000U);
}

TEST(Compression, a_flipped_byte_is_corruption) {
    std::string bytes = compressed(std::string(100'000, 'a') + "b", 10'000);
    bytes[bytes.size() / 2] ^= 1;
    const auto read = decompressed(bytes, bytes.size(), 1'000'000);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::corruption);
}

TEST(Compression, a_stream_that_is_cut_off_is_not_at_its_end) {
    std::string bytes = compressed(std::string(100'000, 'a'), 10'000);
    Decompressor decompressor;
    decompressor.feed(bytes.substr(0, bytes.size() - 3));
    EXPECT_TRUE(decompressor.take(1'000'000));
    EXPECT_FALSE(decompressor.is_at_end());
}

}  // namespace
}  // namespace onput::store
