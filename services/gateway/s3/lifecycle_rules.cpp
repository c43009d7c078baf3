#include "services/gateway/s3/lifecycle_rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include <fmt/format.h>

#include "common/schema/tag_rules.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/rule_document.hpp"

namespace onput::gateway::s3 {
namespace {

using schema::LifecycleFilterForm;
using schema::LifecycleRule;

constexpr std::uint32_t infrequent_days_min = 30;
constexpr std::uint64_t object_bytes_max = 50ULL * 1024 * 1024 * 1024 * 1024;

bool is_infrequent(std::string_view storage_class) {
    return storage_class == "STANDARD_IA" || storage_class == "ONEZONE_IA";
}

// The way down: an object never goes back up.
int rank_of(std::string_view storage_class) {
    static constexpr std::array<std::string_view, 6> classes{"STANDARD_IA", "INTELLIGENT_TIERING",
                                                             "ONEZONE_IA",  "GLACIER_IR",
                                                             "GLACIER",     "DEEP_ARCHIVE"};
    return static_cast<int>(std::ranges::find(classes, storage_class) - classes.begin());
}

std::string shown(const schema::LifecycleFilter& filter) {
    const std::string prefix = filter.prefix.value_or("");
    if (filter.form == LifecycleFilterForm::rule_prefix) return fmt::format("prefix '{}'", prefix);
    return fmt::format("filter '(prefix={})'", prefix);
}

Result<void> check_date(const std::optional<Timestamp>& date) {
    if (!date || *date == std::chrono::floor<std::chrono::days>(*date)) return {};
    return invalid_argument("'Date' must be at midnight GMT");
}

Result<void> check_filter(const LifecycleRule& rule) {
    const auto& filter = rule.filter;
    ONPUT_TRY_VOID(check_rule_prefix(filter.prefix.value_or("")));
    ONPUT_TRY_VOID(schema::check_tags(filter.tags, schema::object_tag_rules));
    for (const auto& size : {filter.size_greater_than, filter.size_less_than}) {
        if (size.value_or(0) > object_bytes_max)
            return invalid_request(
                fmt::format("The maximum size of an object is {} bytes.", object_bytes_max));
    }
    if (filter.size_greater_than && filter.size_less_than &&
        *filter.size_greater_than >= *filter.size_less_than) {
        return invalid_request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'");
    }
    return {};
}

Result<void> check_expiration(const LifecycleRule& rule) {
    if (!rule.expiration) return {};
    const auto& expiration = *rule.expiration;
    if (expiration.days == 0U)
        return invalid_argument("'Days' for Expiration action must be a positive integer");
    ONPUT_TRY_VOID(check_date(expiration.date));
    if (expiration.expired_object_delete_marker && !rule.filter.tags.empty())
        return invalid_request("ExpiredObjectDeleteMarker cannot be specified with Tags.");
    return {};
}

// What one kind of transition is called in S3's texts.
struct Words {
    std::string_view days;
    std::string_view transition;
    std::string_view expiration;
};
constexpr Words current_words{"Days", "Transition", "Expiration"};
constexpr Words noncurrent_words{"NoncurrentDays", "NoncurrentVersionTransition",
                                 "NoncurrentVersionExpiration"};

struct Step {
    std::string_view storage_class;
    std::uint32_t days = 0;
};

// Each class once, each after those above it, and all of them before the end.
Result<void> check_steps(std::vector<Step> steps, std::optional<std::uint32_t> end,
                         const LifecycleRule& rule, const Words& words) {
    for (const auto& step : steps) {
        if (is_infrequent(step.storage_class) && step.days < infrequent_days_min) {
            return invalid_argument(fmt::format(
                "'{}' in {} action must be greater than or equal to {} for storageClass '{}'",
                words.days, words.transition, infrequent_days_min, step.storage_class));
        }
    }
    std::ranges::sort(steps, {}, [](const Step& step) { return rank_of(step.storage_class); });
    for (std::size_t i = 1; i < steps.size(); ++i) {
        const auto& before = steps[i - 1];
        const auto& after = steps[i];
        if (is_infrequent(before.storage_class) && after.days < before.days + infrequent_days_min) {
            return invalid_argument(fmt::format(
                "'{0}' in the {1} action with StorageClass '{2}' for {3} must be {4} days more "
                "than '{0}' in the {1} action with StorageClass '{5}'",
                words.days, words.transition, after.storage_class, shown(rule.filter),
                infrequent_days_min, before.storage_class));
        }
        if (after.days <= before.days) {
            return invalid_argument(fmt::format(
                "'{0}' in the {1} action with StorageClass '{2}' for {3} must be greater than "
                "'{0}' in the {1} action with StorageClass '{4}'",
                words.days, words.transition, after.storage_class, shown(rule.filter),
                before.storage_class));
        }
    }
    for (const auto& step : steps) {
        if (!end || *end > step.days) continue;
        return invalid_argument(fmt::format(
            "'{0}' in the {1} action for {2} must be greater than '{0}' in the {3} action",
            words.days, words.expiration, shown(rule.filter), words.transition));
    }
    return {};
}

template <typename Transitions>
Result<void> check_classes(const Transitions& transitions, const LifecycleRule& rule,
                           const Words& words) {
    std::set<std::string_view> classes;
    for (const auto& transition : transitions) {
        if (classes.insert(transition.storage_class).second) continue;
        return invalid_request(
            fmt::format("'StorageClass' must be different for '{}' actions in same 'Rule' with {}",
                        words.transition, shown(rule.filter)));
    }
    return {};
}

Result<void> check_transitions(const LifecycleRule& rule) {
    ONPUT_TRY_VOID(check_classes(rule.transitions, rule, current_words));
    std::vector<Step> steps;
    for (const auto& transition : rule.transitions) {
        ONPUT_TRY_VOID(check_date(transition.date));
        if (transition.days)
            steps.push_back({.storage_class = transition.storage_class, .days = *transition.days});
    }
    if (!steps.empty() && steps.size() != rule.transitions.size()) {
        return invalid_request(fmt::format(
            "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for {}",
            shown(rule.filter)));
    }
    const bool mixes =
        rule.expiration && !rule.transitions.empty() &&
        (steps.empty() ? rule.expiration->days.has_value() : rule.expiration->date.has_value());
    if (mixes) {
        return invalid_request(
            fmt::format("Found mixed 'Date' and 'Days' based Expiration and Transition actions in "
                        "lifecycle rule for {}",
                        shown(rule.filter)));
    }
    return check_steps(std::move(steps), rule.expiration ? rule.expiration->days : std::nullopt,
                       rule, current_words);
}

Result<void> check_newer(const LifecycleRule& rule, const std::optional<std::uint32_t>& newer,
                         std::string_view action) {
    if (!newer) return {};
    if (rule.filter.form == LifecycleFilterForm::rule_prefix)
        return invalid_request("NewerNoncurrentVersions element can only be used in Lifecycle V2.");
    if (*newer >= 1 && *newer <= schema::newer_noncurrent_versions_max) return {};
    return invalid_argument(fmt::format(
        "'NewerNoncurrentVersions' for {} action must be a positive integer of at most {}", action,
        schema::newer_noncurrent_versions_max));
}

Result<void> check_noncurrent(const LifecycleRule& rule) {
    if (const auto& expiration = rule.noncurrent_expiration) {
        if (expiration->days == 0)
            return invalid_argument(
                "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive "
                "integer");
        ONPUT_TRY_VOID(check_newer(rule, expiration->newer_versions, noncurrent_words.expiration));
    }
    ONPUT_TRY_VOID(check_classes(rule.noncurrent_transitions, rule, noncurrent_words));
    std::vector<Step> steps;
    for (const auto& transition : rule.noncurrent_transitions) {
        ONPUT_TRY_VOID(check_newer(rule, transition.newer_versions, noncurrent_words.transition));
        steps.push_back({.storage_class = transition.storage_class, .days = transition.days});
    }
    return check_steps(
        std::move(steps),
        rule.noncurrent_expiration ? std::optional(rule.noncurrent_expiration->days) : std::nullopt,
        rule, noncurrent_words);
}

Result<void> check_abort(const LifecycleRule& rule) {
    if (!rule.abort_uploads_days) return {};
    if (!rule.filter.tags.empty())
        return invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags.");
    if (rule.filter.size_greater_than || rule.filter.size_less_than)
        return invalid_request(
            "AbortIncompleteMultipartUpload cannot be specified with Object Size.");
    if (*rule.abort_uploads_days > 0) return {};
    return invalid_argument(
        "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive "
        "integer");
}

bool has_action(const LifecycleRule& rule) {
    return rule.expiration || !rule.transitions.empty() || rule.noncurrent_expiration ||
           !rule.noncurrent_transitions.empty() || rule.abort_uploads_days;
}

Result<void> check_rule(const LifecycleRule& rule) {
    ONPUT_TRY_VOID(check_rule_id(rule.id, schema::lifecycle_rule_id_characters_max));
    if (!has_action(rule))
        return invalid_request("At least one action needs to be specified in a rule");
    ONPUT_TRY_VOID(check_filter(rule));
    ONPUT_TRY_VOID(check_expiration(rule));
    ONPUT_TRY_VOID(check_transitions(rule));
    ONPUT_TRY_VOID(check_noncurrent(rule));
    return check_abort(rule);
}

}  // namespace

Result<void> check_lifecycle(const schema::LifecycleConfiguration& configuration) {
    const auto& rules = configuration.rules;
    ONPUT_TRY_VOID(check_rule_count(rules.size(), schema::lifecycle_rules_max, "lifecycle"));
    const auto is_old = [](const LifecycleRule& rule) {
        return rule.filter.form == LifecycleFilterForm::rule_prefix;
    };
    ONPUT_TRY_VOID(check_unique_ids(rules));
    if (std::ranges::any_of(rules, is_old) && !std::ranges::all_of(rules, is_old))
        return invalid_request(
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the "
            "Filter.");
    for (const auto& rule : rules) ONPUT_TRY_VOID(check_rule(rule));
    return {};
}

}  // namespace onput::gateway::s3
