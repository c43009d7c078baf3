// IdentityCache: what the storage service has said of access keys and sessions, for a moment: a
// change of an identity reaches requests of S3 at once, because storage judges those, and all
// others after identity_ttl; at once too, where it came over the same gateway. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/auth/iam_policy.hpp"
#include "common/base/time.hpp"
#include "common/schema/access_keys.hpp"

namespace onput::gateway {

inline constexpr Duration identity_ttl = std::chrono::seconds(1);
// What is over is let go when one of these is reached, and all if that is not enough. A policy
// takes some times the bytes of its text.
inline constexpr std::size_t identities_cached_max = 10'000;
inline constexpr std::size_t identities_cached_bytes_max = 16UL * 1024 * 1024;  // Of the texts.

struct KnownIdentity {
    schema::ResolvedIdentity resolved;  // Without the texts of policies, which are parsed here.
    std::size_t policy_bytes = 0;       // What those were.
    std::vector<auth::IamPolicy> policies;
    // What must allow as well; one without a policy allows nothing.
    std::optional<std::vector<auth::IamPolicy>> boundary;
    std::vector<auth::IamPolicy> session_policies;  // The managed ones of its session.
    mutable std::atomic<bool> is_use_noted = false;
};

class IdentityCache {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    // Null: not known, or not any more.
    [[nodiscard]] std::shared_ptr<const KnownIdentity> find(const std::string& name,
                                                            SteadyTime now) const;
    void keep(const std::string& name, std::shared_ptr<const KnownIdentity> identity,
              SteadyTime now);
    void forget_all();

private:
    struct Entry {
        std::shared_ptr<const KnownIdentity> identity;
        SteadyTime until;
    };
    void make_room(std::size_t bytes, SteadyTime now);

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
    std::size_t bytes_ = 0;  // Of the texts of all.
};

}  // namespace onput::gateway
