// RuleCache: the configurations of buckets that have rules, lifecycles or replications, as their
// rows have them. Reads a row when it is asked for the first time; most buckets have none, which is
// remembered too. Loop thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/schema/lifecycle.hpp"
#include "common/schema/replication.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

// With more of them, all are forgotten, and read again when they are asked for.
inline constexpr std::size_t rules_remembered_max = 100'000;

template <typename Configuration>
class RuleCache {
public:
    explicit RuleCache(const store::View& view) : view_(view) {}

    // Null: it has none. Valid until the next call. An error names the bucket: its configuration
    // cannot be read, so nobody may act as if it had none. It is not remembered.
    Result<const Configuration*> of(const std::string& bucket);
    // Its row is about to change, or the change was refused.
    void forget(const std::string& bucket);

private:
    const store::View& view_;
    std::map<std::string, std::optional<Configuration>, std::less<>> remembered_;
    std::size_t rules_ = 0;
};

using LifecycleRules = RuleCache<schema::LifecycleConfiguration>;
using ReplicationRules = RuleCache<schema::ReplicationConfiguration>;

}  // namespace onput::storage
