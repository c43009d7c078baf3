#include "services/storage/lifecycle/rule_cache.hpp"

#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using Rules = std::optional<schema::LifecycleConfiguration>;

Rules read(const store::View& view, const std::string& bucket) {
    const auto row = view.get(
        partition, configuration_row(bucket, schema::BucketConfigurationKind::lifecycle, ""));
    if (!row || !*row) return std::nullopt;
    const auto configuration = schema::decode<schema::BucketConfiguration>(**row);
    if (!configuration) return std::nullopt;
    auto rules = schema::decode<schema::LifecycleConfiguration>(configuration->document);
    if (!rules) return std::nullopt;
    return *std::move(rules);
}

// A bucket without rules costs as much as a rule.
std::size_t cost_of(const Rules& rules) {
    return 1 + (rules ? rules->rules.size() : 0);
}

}  // namespace

const schema::LifecycleConfiguration* RuleCache::of(const std::string& bucket) {
    auto found = remembered_.find(bucket);
    if (found == remembered_.end()) {
        auto rules = read(view_, bucket);
        if (rules_ + cost_of(rules) > rules_remembered_max) {
            remembered_.clear();
            rules_ = 0;
        }
        rules_ += cost_of(rules);
        found = remembered_.emplace(bucket, std::move(rules)).first;
    }
    return found->second ? &*found->second : nullptr;
}

void RuleCache::forget(const std::string& bucket) {
    const auto found = remembered_.find(bucket);
    if (found == remembered_.end()) return;
    rules_ -= cost_of(found->second);
    remembered_.erase(found);
}

}  // namespace onput::storage
