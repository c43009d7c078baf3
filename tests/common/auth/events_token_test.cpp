#include "common/auth/events_token.hpp"

#include <gtest/gtest.h>

namespace onput::auth {
namespace {

KeyRing keys() {
    KeyRing ring;
    EXPECT_TRUE(ring.add("AKIA.ONE", {.secret = "one", .account_id = "000000000000"}));
    EXPECT_TRUE(ring.add("AKIATWO", {.secret = "two", .account_id = "111111111111"}));
    return ring;
}

TEST(EventsToken, names_its_key_and_is_good_for_it_alone) {
    const KeyRing ring = keys();
    const auto* found = find_by_events_token(ring, events_token_of("AKIA.ONE", "one"));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->account_id, "000000000000");
    EXPECT_EQ(find_by_events_token(ring, events_token_of("AKIA.ONE", "two")), nullptr);
    EXPECT_EQ(find_by_events_token(ring, events_token_of("AKIATHREE", "one")), nullptr);
}

TEST(EventsToken, what_is_none_opens_nothing) {
    const KeyRing ring = keys();
    const std::string token = events_token_of("AKIATWO", "two");
    for (const std::string& text :
         {std::string(), std::string("."), std::string("AKIATWO"), std::string("AKIATWO."),
          token.substr(0, token.size() - 1), token + "0", std::string(100'000, '.')}) {
        EXPECT_EQ(find_by_events_token(ring, text), nullptr) << text.substr(0, 80);
    }
}

TEST(EventsToken, does_not_hold_the_secret) {
    EXPECT_EQ(events_token_of("AKIATWO", "very-secret").find("very-secret"), std::string::npos);
}

}  // namespace
}  // namespace onput::auth
