#include "common/base/crc.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace onput::detail {
namespace {

template <typename Kind>
class Crcs : public testing::Test {};
using Kinds = testing::Types<Crc32, Crc32c, Crc64Nvme>;
TYPED_TEST_SUITE(Crcs, Kinds);

std::string random_bytes(std::size_t size) {
    std::mt19937 random(7);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() & 255);
    return bytes;
}

TYPED_TEST(Crcs, multiplication_and_tables_agree_on_every_length_place_and_beginning) {
    const std::string bytes = random_bytes(600);
    for (std::size_t size = 0; size <= 580; ++size) {
        const std::string_view part = std::string_view(bytes).substr(size % 17, size);
        ASSERT_EQ(TypeParam::update(0, part), TypeParam::update_by_tables(0, part)) << size;
        const auto begun = TypeParam::update_by_tables(0, "begun");
        ASSERT_EQ(TypeParam::update(begun, part), TypeParam::update_by_tables(begun, part)) << size;
    }
}

TYPED_TEST(Crcs, multiplication_and_tables_agree_on_much) {
    const std::string bytes = random_bytes(1024 * 1024 + 5);
    EXPECT_EQ(TypeParam::update(0, bytes), TypeParam::update_by_tables(0, bytes));
}

TYPED_TEST(Crcs, zeros_and_ones_of_any_length_differ) {
    for (const char fill : {'\0', '\xff'}) {
        const std::string bytes(400, fill);
        for (std::size_t size = 100; size < 400; ++size) {
            const auto part = std::string_view(bytes).substr(0, size);
            ASSERT_EQ(TypeParam::update(0, part), TypeParam::update_by_tables(0, part)) << size;
            ASSERT_NE(TypeParam::update(0, part), TypeParam::update(0, part.substr(1))) << size;
        }
    }
}

}  // namespace
}  // namespace onput::detail
