#include "services/storage/objects/trash.hpp"

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

Trash trash(std::uint64_t number) {
    return {.number = number,
            .bytes = {.blob = store::BlobRef{.segment = 1, .id = number, .length = 10}}};
}

TEST(TrashCan, gives_what_is_durable_only) {
    TrashCan can;
    can.add(trash(1));
    can.add(trash(2));
    EXPECT_EQ(can.take(1, {}), std::vector{trash(1)});
    EXPECT_EQ(can.take(2, {}), std::vector{trash(2)});
    EXPECT_EQ(can.size(), 0U);
}

TEST(TrashCan, keeps_what_somebody_reads) {
    TrashCan can;
    can.add(trash(1));
    can.add(trash(2));
    Pins pins;
    pins.pin(trash(1).bytes);
    pins.pin(trash(1).bytes);
    EXPECT_EQ(can.take(9, pins), std::vector{trash(2)});
    pins.unpin(trash(1).bytes);
    EXPECT_TRUE(can.take(9, pins).empty());
    pins.unpin(trash(1).bytes);
    EXPECT_EQ(can.take(9, pins), std::vector{trash(1)});
    EXPECT_EQ(pins.size(), 0U);
}

TEST(TrashCan, gives_a_bounded_number_and_what_is_pinned_does_not_block) {
    TrashCan can;
    Pins pins;
    for (std::uint64_t i = 1; i <= trash_taken_max; ++i) {
        can.add(trash(i));
        pins.pin(trash(i).bytes);
    }
    for (std::uint64_t i = 1001; i < 1001 + 2 * trash_taken_max; ++i) can.add(trash(i));
    EXPECT_EQ(can.take(9999, pins).size(), 0U);
    EXPECT_EQ(can.take(9999, pins).size(), trash_taken_max);
    EXPECT_EQ(can.take(9999, pins).size(), trash_taken_max);
    EXPECT_EQ(can.size(), trash_taken_max);
}

TEST(TrashCan, takes_the_newest_back) {
    TrashCan can;
    can.add(trash(1));
    can.add(trash(2));
    can.take_back(3);
    EXPECT_EQ(can.size(), 2U);
    can.take_back(2);
    EXPECT_EQ(can.take(9, {}), std::vector{trash(1)});
}

TEST(TrashCan, gives_what_was_put_back_again) {
    TrashCan can;
    can.add(trash(1));
    const auto taken = can.take(1, {});
    can.put_back(taken);
    EXPECT_EQ(can.take(1, {}), taken);
}

}  // namespace
}  // namespace onput::storage
