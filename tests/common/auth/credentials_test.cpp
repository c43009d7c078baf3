#include "common/auth/credentials.hpp"

#include <gtest/gtest.h>

namespace onput::auth {
namespace {

TEST(KeyRing, a_key_may_belong_to_a_user) {
    KeyRing keys;
    ASSERT_TRUE(
        keys.add("k", {.secret = "s", .account_id = "000000000000", .user = "a.b+c@d-e_f"}));
    EXPECT_EQ(keys.find("k")->user, "a.b+c@d-e_f");
    EXPECT_TRUE(keys.has_user("000000000000", "a.b+c@d-e_f"));
    EXPECT_FALSE(keys.has_user("111111111111", "a.b+c@d-e_f"));
    EXPECT_FALSE(keys.has_user("000000000000", ""));
    for (const std::string& user : {std::string("a/b"), std::string("a b"), std::string(65, 'a')}) {
        EXPECT_FALSE(keys.add("x", {.secret = "s", .account_id = "000000000000", .user = user}))
            << user;
    }
}

const Credential credential{.secret = "secret", .account_id = "123456789012"};

TEST(KeyRing, a_key_that_was_added_is_found_with_its_account) {
    KeyRing keys;
    ASSERT_TRUE(keys.add("test", credential));
    ASSERT_NE(keys.find("test"), nullptr);
    EXPECT_EQ(keys.find("test")->secret, "secret");
    EXPECT_EQ(keys.find("test")->account_id, "123456789012");
    EXPECT_EQ(keys.find("Test"), nullptr);
    EXPECT_EQ(keys.find(""), nullptr);
}

TEST(KeyRing, an_account_may_have_several_keys) {
    KeyRing keys;
    ASSERT_TRUE(keys.add("one", credential));
    ASSERT_TRUE(keys.add("two", credential));
    EXPECT_EQ(keys.size(), 2U);
}

TEST(KeyRing, the_same_key_twice_is_a_conflict) {
    KeyRing keys;
    ASSERT_TRUE(keys.add("test", credential));
    EXPECT_EQ(keys.add("test", credential).error().code, ErrorCode::conflict);
}

TEST(KeyRing, parts_that_cannot_be_are_refused) {
    KeyRing keys;
    EXPECT_FALSE(keys.add("", credential));
    EXPECT_FALSE(keys.add("a b", credential));
    EXPECT_FALSE(keys.add("a\n", credential));
    EXPECT_FALSE(keys.add(std::string(129, 'a'), credential));
    EXPECT_TRUE(keys.add(std::string(128, 'a'), credential));
    EXPECT_FALSE(keys.add("key", {.secret = "", .account_id = "123456789012"}));
    EXPECT_FALSE(keys.add("key", {.secret = std::string(257, 's'), .account_id = "123456789012"}));
    EXPECT_FALSE(keys.add("key", {.secret = "s", .account_id = "12345678901"}));
    EXPECT_FALSE(keys.add("key", {.secret = "s", .account_id = "12345678901x"}));
}

TEST(KeyRing, ten_thousand_keys_are_the_most) {
    KeyRing keys;
    for (std::size_t i = 0; i < keys_max; ++i) {
        ASSERT_TRUE(keys.add("key" + std::to_string(i), credential));
    }
    EXPECT_EQ(keys.add("one more", credential).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(keys.add("onemore", credential).error().code, ErrorCode::resource_exhausted);
}

TEST(KeyRing, no_error_shows_a_secret) {
    KeyRing keys;
    const auto refused = keys.add("key", {.secret = "hidden", .account_id = "x"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message.find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace onput::auth
