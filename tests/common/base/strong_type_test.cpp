#include "common/base/strong_type.hpp"

#include <string>
#include <type_traits>
#include <unordered_set>

#include <gtest/gtest.h>

namespace onput {
namespace {

using MessageId = StrongType<int, struct MessageIdTag>;
using LeaseId = StrongType<int, struct LeaseIdTag>;
using Name = StrongType<std::string, struct NameTag>;

static_assert(!std::is_convertible_v<int, MessageId>);
static_assert(!std::is_convertible_v<MessageId, int>);
static_assert(!std::is_constructible_v<MessageId, LeaseId>);
static_assert(!std::is_assignable_v<MessageId&, LeaseId>);

TEST(StrongType, values_compare_as_what_they_hold) {
    EXPECT_EQ(MessageId(1), MessageId(1));
    EXPECT_NE(MessageId(1), MessageId(2));
    EXPECT_LT(MessageId(1), MessageId(2));
    EXPECT_LT(Name("a"), Name("b"));
}

TEST(StrongType, a_default_value_is_the_default_of_what_it_holds) {
    EXPECT_EQ(MessageId().get(), 0);
    EXPECT_EQ(Name().get(), "");
}

TEST(StrongType, values_can_be_hashed) {
    std::unordered_set<Name> names{Name("a"), Name("b"), Name("a")};
    EXPECT_EQ(names.size(), 2U);
    EXPECT_TRUE(names.contains(Name("b")));
}

}  // namespace
}  // namespace onput
