#include "services/storage/lifecycle/rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace onput::storage {
namespace {

using schema::LifecycleRule;
using Kind = LifecycleDecision::Kind;

// More days end then too: in a year that HTTP can still write.
constexpr std::uint32_t days_max = 2'800'000;

// From the warmest to the coldest; what is in none of them is warmer than all.
constexpr std::array<std::string_view, 6> classes{
    "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"};

std::size_t rank_of(std::string_view storage_class) {
    const auto* found = std::ranges::find(classes, storage_class);
    return found == classes.end() ? 0 : static_cast<std::size_t>(found - classes.begin()) + 1;
}

// A delete marker has neither tags nor a size, so no condition on them holds.
bool matches(const schema::LifecycleFilter& filter, std::string_view key,
             const ObjectRecord& record) {
    if (!key.starts_with(filter.prefix.value_or(""))) return false;
    const bool is_of_object =
        !filter.tags.empty() || filter.size_greater_than || filter.size_less_than;
    if (record.is_delete_marker) return !is_of_object;
    if (filter.size_greater_than && record.size_bytes <= *filter.size_greater_than) return false;
    if (filter.size_less_than && record.size_bytes >= *filter.size_less_than) return false;
    return std::ranges::all_of(filter.tags, [&record](const schema::Tag& tag) {
        return std::ranges::find(record.tags, tag) != record.tags.end();
    });
}

std::optional<Timestamp> end_of(const schema::LifecycleExpiration& expiration, Timestamp from) {
    if (expiration.days) return end_of_days(from, *expiration.days);
    return expiration.date;
}

bool is_due(std::optional<Timestamp> at, Timestamp now) {
    return at && *at <= now;
}

bool is_marker_over(const LifecycleRule& rule, const ObjectRecord& marker, Timestamp now) {
    if (!rule.expiration) return false;
    return rule.expiration->expired_object_delete_marker.value_or(false) ||
           is_due(end_of(*rule.expiration, aged_from(marker)), now);
}

bool is_over(const LifecycleRule& rule, const VersionFacts& facts, Timestamp now) {
    if (facts.is_newest) {
        if (facts.record.is_delete_marker)
            return facts.is_alone && is_marker_over(rule, facts.record, now);
        return rule.expiration && is_due(end_of(*rule.expiration, aged_from(facts.record)), now);
    }
    const auto& expiration = rule.noncurrent_expiration;
    return expiration && facts.newer_noncurrent >= expiration->newer_versions.value_or(0) &&
           end_of_days(facts.noncurrent_since, expiration->days) <= now;
}

// Small objects stay where they are, unless a rule names sizes itself.
bool is_large_enough(const schema::LifecycleConfiguration& configuration, const LifecycleRule& rule,
                     std::uint64_t size_bytes, std::string_view storage_class) {
    using enum schema::TransitionMinimumSize;
    if (size_bytes >= schema::transition_bytes_min) return true;
    if (rule.filter.size_greater_than || rule.filter.size_less_than) return true;
    return configuration.transition_minimum_size == varies_by_storage_class &&
           is_cold_class(storage_class);
}

// The coldest class that the rule has for the version by now; empty: none.
std::string_view target_of(const LifecycleRule& rule, const VersionFacts& facts, Timestamp now) {
    std::string_view target;
    const auto take = [&target](std::string_view storage_class) {
        if (rank_of(storage_class) > rank_of(target)) target = storage_class;
    };
    if (facts.is_newest) {
        for (const auto& transition : rule.transitions) {
            const auto at = transition.days ? end_of_days(aged_from(facts.record), *transition.days)
                                            : *transition.date;
            if (at <= now) take(transition.storage_class);
        }
        return target;
    }
    for (const auto& transition : rule.noncurrent_transitions) {
        if (facts.newer_noncurrent < transition.newer_versions.value_or(0)) continue;
        if (end_of_days(facts.noncurrent_since, transition.days) <= now)
            take(transition.storage_class);
    }
    return target;
}

}  // namespace

Timestamp end_of_days(Timestamp from, std::uint32_t days, Duration day) {
    const auto end = (from + day * std::min(days, days_max)).time_since_epoch();
    const Duration beyond = end % day;
    return Timestamp(beyond > Duration::zero() ? end - beyond + day : end - beyond);
}

Timestamp aged_from(const ObjectRecord& record) {
    return std::max(record.aged_from, record.last_modified);
}

bool is_cold_class(std::string_view storage_class) {
    return storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE";
}

LifecycleDecision decide(const schema::LifecycleConfiguration& configuration,
                         const VersionFacts& facts, Timestamp now) {
    std::string_view target = facts.record.storage_class;
    for (const auto& rule : configuration.rules) {
        if (!rule.is_enabled || !matches(rule.filter, facts.key, facts.record)) continue;
        if (is_over(rule, facts, now)) {
            const bool is_object = facts.is_newest && !facts.record.is_delete_marker;
            return {.kind = is_object ? Kind::expire : Kind::remove};
        }
        if (facts.record.is_delete_marker) continue;
        const auto colder = target_of(rule, facts, now);
        if (rank_of(colder) > rank_of(target) &&
            is_large_enough(configuration, rule, facts.record.size_bytes, colder))
            target = colder;
    }
    if (target == facts.record.storage_class) return {};
    return {.kind = Kind::transition, .storage_class = std::string(target)};
}

std::optional<schema::ScheduledAction> expiration_of(
    const schema::LifecycleConfiguration& configuration, std::string_view key,
    const ObjectRecord& record) {
    std::optional<schema::ScheduledAction> soonest;
    for (const auto& rule : configuration.rules) {
        if (!rule.is_enabled || !rule.expiration || !matches(rule.filter, key, record)) continue;
        const auto at = end_of(*rule.expiration, aged_from(record));
        if (at && (!soonest || *at < soonest->at)) soonest = {.at = *at, .rule_id = rule.id};
    }
    return soonest;
}

std::optional<schema::ScheduledAction> abort_of(const schema::LifecycleConfiguration& configuration,
                                                std::string_view key, Timestamp begun) {
    std::optional<schema::ScheduledAction> soonest;
    for (const auto& rule : configuration.rules) {
        if (!rule.is_enabled || !rule.abort_uploads_days) continue;
        if (!key.starts_with(rule.filter.prefix.value_or(""))) continue;
        const Timestamp at = end_of_days(begun, *rule.abort_uploads_days);
        if (!soonest || at < soonest->at) soonest = {.at = at, .rule_id = rule.id};
    }
    return soonest;
}

}  // namespace onput::storage
