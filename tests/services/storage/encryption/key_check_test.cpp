#include "services/storage/encryption/key_check.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::storage {
namespace {

std::string named(std::string_view name, char byte) {
    return std::string(name) + ":" + to_base64(std::string(cipher_key_bytes, byte));
}

ServiceKeys keys_of(const std::vector<std::string>& masters,
                    const std::vector<std::string>& kms = {}) {
    return {.masters = MasterKeys::parse(masters).value(), .kms = MasterKeys::parse(kms).value()};
}

NewSecret counting() {
    return [next = 'a'](std::size_t bytes) mutable { return std::string(bytes, next++); };
}

TEST(KeyCheck, another_key_of_the_same_name_is_refused) {
    KeyChecks checks;
    EXPECT_FALSE(*check_keys(keys_of({}), nullptr, checks));
    EXPECT_TRUE(*check_keys(keys_of({named("k1", '1')}), counting(), checks));
    EXPECT_FALSE(*check_keys(keys_of({named("k1", '1')}), counting(), checks));
    const auto other = check_keys(keys_of({named("k1", '2')}), counting(), checks);
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("'k1' of master_keys_secret"), std::string::npos);
}

TEST(KeyCheck, keys_come_and_go_and_are_known_when_they_come_back) {
    KeyChecks checks;
    ASSERT_TRUE(check_keys(keys_of({named("k1", '1')}), counting(), checks));
    EXPECT_TRUE(*check_keys(keys_of({named("k2", '2'), named("k1", '1')}), counting(), checks));
    EXPECT_FALSE(*check_keys(keys_of({named("k2", '2')}), counting(), checks));
    EXPECT_FALSE(check_keys(keys_of({named("k2", '2'), named("k1", '3')}), counting(), checks));
}

TEST(KeyCheck, keys_of_kms_have_names_of_their_own) {
    KeyChecks checks;
    EXPECT_TRUE(*check_keys(keys_of({named("k", '1')}, {named("k", '2')}), counting(), checks));
    EXPECT_EQ(checks.size(), 2U);
    const auto other =
        check_keys(keys_of({named("k", '1')}, {named("k", '1')}), counting(), checks);
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("kms_keys_secret"), std::string::npos);
}

}  // namespace
}  // namespace onput::storage
