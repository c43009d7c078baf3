#include "common/auth/signing_key.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::auth {
namespace {

const CredentialScope scope{.date = "20150830", .region = "us-east-1", .service = "iam"};

// From AWS's guide, "Deriving a signing key".
TEST(SigningKey, the_documented_key_is_derived) {
    EXPECT_EQ(to_hex(derive_signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope)),
              "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigningKey, the_scope_is_written_with_slashes) {
    EXPECT_EQ(scope.text(), "20150830/us-east-1/iam/aws4_request");
}

TEST(SigningKeyCache, a_hit_gives_the_derived_key_and_adds_nothing) {
    SigningKeyCache cache;
    EXPECT_EQ(cache.get("secret", scope), derive_signing_key("secret", scope));
    EXPECT_EQ(cache.get("secret", scope), derive_signing_key("secret", scope));
    EXPECT_EQ(cache.size(), 1U);
}

TEST(SigningKeyCache, every_part_of_the_scope_and_the_secret_tell_keys_apart) {
    SigningKeyCache cache;
    CredentialScope other_day = scope;
    other_day.date = "20150831";
    CredentialScope other_region = scope;
    other_region.region = "eu-west-1";
    CredentialScope other_service = scope;
    other_service.service = "s3";
    for (const CredentialScope& each : {scope, other_day, other_region, other_service}) {
        EXPECT_EQ(cache.get("secret", each), derive_signing_key("secret", each));
        EXPECT_EQ(cache.get("secret/20150830", each), derive_signing_key("secret/20150830", each));
    }
    EXPECT_EQ(cache.size(), 8U);
}

TEST(SigningKeyCache, a_full_cache_starts_again_and_stays_right) {
    SigningKeyCache cache;
    CredentialScope each = scope;
    for (std::size_t i = 0; i <= SigningKeyCache::entries_max; ++i) {
        each.region = "region-" + std::to_string(i);
        ASSERT_EQ(cache.get("secret", each), derive_signing_key("secret", each));
        ASSERT_LE(cache.size(), SigningKeyCache::entries_max);
    }
    EXPECT_EQ(cache.size(), 1U);
}

}  // namespace
}  // namespace onput::auth
