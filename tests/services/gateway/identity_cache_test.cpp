// What is kept of identities, and for how long.
#include "services/gateway/access/identity_cache.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

using Time = IdentityCache::SteadyTime;
constexpr std::size_t quarter = identities_cached_bytes_max / 4;

std::shared_ptr<const KnownIdentity> with_policies(std::size_t bytes) {
    auto identity = std::make_shared<KnownIdentity>();
    identity->policy_bytes = bytes;
    return identity;
}

bool has(const IdentityCache& cache, const std::string& name, Time now) {
    return cache.find(name, now) != nullptr;
}

TEST(IdentityCacheTest, what_is_kept_is_known_for_a_moment) {
    IdentityCache cache;
    const Time now;
    cache.keep("a", with_policies(1), now);
    EXPECT_TRUE(has(cache, "a", now + identity_ttl / 2));
    EXPECT_FALSE(has(cache, "a", now + identity_ttl));
}

TEST(IdentityCacheTest, for_bytes_what_is_over_goes_first_and_then_everything) {
    IdentityCache cache;
    const Time now;
    for (const char* name : {"a", "b", "c", "d"}) cache.keep(name, with_policies(quarter), now);
    cache.keep("d", with_policies(quarter), now + identity_ttl / 2);
    EXPECT_TRUE(has(cache, "a", now));
    cache.keep("e", with_policies(quarter), now + identity_ttl);
    EXPECT_FALSE(has(cache, "a", now));
    EXPECT_TRUE(has(cache, "d", now));
    cache.keep("f", with_policies(identities_cached_bytes_max), now + identity_ttl);
    EXPECT_FALSE(has(cache, "d", now));
    EXPECT_TRUE(has(cache, "f", now + identity_ttl));
}

TEST(IdentityCacheTest, one_that_is_kept_again_counts_once) {
    IdentityCache cache;
    const Time now;
    cache.keep("a", with_policies(quarter), now);
    for (int i = 0; i < 100; ++i) cache.keep("b", with_policies(quarter), now);
    EXPECT_TRUE(has(cache, "a", now));
}

TEST(IdentityCacheTest, there_are_never_more_than_so_many) {
    IdentityCache cache;
    const Time now;
    for (std::size_t i = 0; i < identities_cached_max; ++i)
        cache.keep(fmt::format("{}", i), with_policies(0), now);
    EXPECT_TRUE(has(cache, "0", now));
    cache.keep("one more", with_policies(0), now);
    EXPECT_FALSE(has(cache, "0", now));
    EXPECT_TRUE(has(cache, "one more", now));
}

}  // namespace
}  // namespace onput::gateway
