#include "common/base/crc_combine.hpp"

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace onput {
namespace {

TEST(CrcCombine, is_the_crc_of_the_pieces_behind_each_other) {
    Random random(7);
    for (const auto algorithm :
         {DigestAlgorithm::crc32, DigestAlgorithm::crc32c, DigestAlgorithm::crc64nvme}) {
        for (int i = 0; i < 50; ++i) {
            std::string first(random.below(300), '\0');
            std::string second(random.below(3000), '\0');
            for (char& c : first) c = static_cast<char>(random.next());
            for (char& c : second) c = static_cast<char>(random.next());
            EXPECT_EQ(combine_crc(algorithm, Digest::of(algorithm, first),
                                  Digest::of(algorithm, second), second.size()),
                      Digest::of(algorithm, first + second));
        }
    }
}

}  // namespace
}  // namespace onput
