#include "common/base/crc_combine.hpp"

#include <ctime>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace onput {
namespace {

std::string random_bytes(Random& random, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    return bytes;
}

TEST(CrcCombiner, answers_the_crc_of_the_pieces_behind_each_other) {
    Random random(7);
    for (const auto algorithm :
         {DigestAlgorithm::crc32, DigestAlgorithm::crc32c, DigestAlgorithm::crc64nvme}) {
        EXPECT_EQ(CrcCombiner(algorithm).crc(), "");
        for (int i = 0; i < 50; ++i) {
            CrcCombiner combiner(algorithm);
            std::string whole;
            // Some as long as the one before, some empty.
            std::size_t size = random.below(3000);
            for (int piece = 0; piece < 6; ++piece) {
                if (piece % 2 == 0) size = random.below(3) == 0 ? 0 : random.below(3000);
                const std::string bytes = random_bytes(random, size);
                combiner.append(Digest::of(algorithm, bytes), bytes.size());
                whole += bytes;
            }
            EXPECT_EQ(combiner.crc(), Digest::of(algorithm, whole));
        }
    }
}

// By the processor's time: others on the machine do not count.
std::clock_t cost_of(std::uint64_t longer_by) {
    constexpr std::uint64_t pieces = 10'000;
    constexpr std::uint64_t piece_bytes = 5ULL * 1024 * 1024;
    const std::string crc(8, 'c');
    const std::clock_t began = std::clock();
    CrcCombiner combiner(DigestAlgorithm::crc64nvme);
    for (std::uint64_t i = 0; i < pieces; ++i) combiner.append(crc, piece_bytes + i * longer_by);
    return std::clock() - began;
}

TEST(CrcCombiner, pieces_of_one_length_cost_a_fraction_of_pieces_of_many) {
    EXPECT_LT(4 * cost_of(0), cost_of(1));
}

}  // namespace
}  // namespace onput
