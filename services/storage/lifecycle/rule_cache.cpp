#include "services/storage/lifecycle/rule_cache.hpp"

#include <fmt/format.h>

#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using Kind = schema::BucketConfigurationKind;

template <typename Configuration>
constexpr Kind kind_of = Kind::lifecycle;
template <>
constexpr Kind kind_of<schema::ReplicationConfiguration> = Kind::replication;

template <typename Configuration>
constexpr std::string_view name_of = "lifecycle";
template <>
constexpr std::string_view name_of<schema::ReplicationConfiguration> = "replication";

template <typename Configuration>
Result<std::optional<Configuration>> read(const store::View& view, const std::string& bucket) {
    ONPUT_TRY(const auto row,
              view.get(partition, configuration_row(bucket, kind_of<Configuration>, "")));
    if (!row) return std::optional<Configuration>();
    ONPUT_TRY(const auto configuration, schema::decode<schema::BucketConfiguration>(*row));
    ONPUT_TRY(auto rules, schema::decode<Configuration>(configuration.document));
    return std::optional(std::move(rules));
}

// A bucket without rules costs as much as a rule.
template <typename Configuration>
std::size_t cost_of(const std::optional<Configuration>& rules) {
    return 1 + (rules ? rules->rules.size() : 0);
}

}  // namespace

template <typename Configuration>
Result<const Configuration*> RuleCache<Configuration>::of(const std::string& bucket) {
    auto found = remembered_.find(bucket);
    if (found == remembered_.end()) {
        auto rules = read<Configuration>(view_, bucket);
        if (!rules) {
            return std::unexpected(std::move(rules).error().with_context(
                fmt::format("read the {} configuration of bucket {}, which must be put again or "
                            "deleted",
                            name_of<Configuration>, bucket)));
        }
        if (rules_ + cost_of(*rules) > rules_remembered_max) {
            remembered_.clear();
            rules_ = 0;
        }
        rules_ += cost_of(*rules);
        found = remembered_.emplace(bucket, *std::move(rules)).first;
    }
    return found->second ? &*found->second : nullptr;
}

template <typename Configuration>
void RuleCache<Configuration>::forget(const std::string& bucket) {
    const auto found = remembered_.find(bucket);
    if (found == remembered_.end()) return;
    rules_ -= cost_of(found->second);
    remembered_.erase(found);
}

template class RuleCache<schema::LifecycleConfiguration>;
template class RuleCache<schema::ReplicationConfiguration>;

}  // namespace onput::storage
