// The lifecycle configuration of a bucket: the document of its configuration row
// (bucket_configuration.hpp, kind `lifecycle`), encoded as this message. The gateway has judged it;
// storage runs it (services/storage/lifecycle).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::schema {

inline constexpr std::size_t lifecycle_rules_max = 1000;
inline constexpr std::size_t lifecycle_rule_id_characters_max = 255;
inline constexpr std::size_t lifecycle_configuration_bytes_max = 2 * 1024 * 1024;
inline constexpr std::uint32_t newer_noncurrent_versions_max = 100;

// How a rule says which objects it is for: shown again as it was sent.
enum class LifecycleFilterForm : std::uint8_t {
    rule_prefix = 1,  // <Prefix> of the rule itself, the older form.
    empty = 2,        // <Filter/>
    one = 3,          // <Filter> with one condition.
    both = 4,         // <Filter><And>
};

// All that is there must hold. Sizes are exclusive.
struct LifecycleFilter {
    LifecycleFilterForm form = LifecycleFilterForm::empty;
    std::optional<std::string> prefix = {};
    std::vector<Tag> tags = {};
    std::optional<std::uint64_t> size_greater_than = {};
    std::optional<std::uint64_t> size_less_than = {};

    ONPUT_FIELDS(form, prefix, tags, size_greater_than, size_less_than)
    friend bool operator==(const LifecycleFilter&, const LifecycleFilter&) = default;
};

// One of them.
struct LifecycleExpiration {
    std::optional<std::uint32_t> days = {};
    std::optional<Timestamp> date = {};  // Midnight of UTC.
    std::optional<bool> expired_object_delete_marker = {};

    ONPUT_FIELDS(days, date, expired_object_delete_marker)
    friend bool operator==(const LifecycleExpiration&, const LifecycleExpiration&) = default;
};

// After days or at a date.
struct LifecycleTransition {
    std::optional<std::uint32_t> days = {};
    std::optional<Timestamp> date = {};
    std::string storage_class = {};

    ONPUT_FIELDS(days, date, storage_class)
    friend bool operator==(const LifecycleTransition&, const LifecycleTransition&) = default;
};

struct NoncurrentExpiration {
    std::uint32_t days = 0;
    std::optional<std::uint32_t> newer_versions = {};  // So many of them are kept.

    ONPUT_FIELDS(days, newer_versions)
    friend bool operator==(const NoncurrentExpiration&, const NoncurrentExpiration&) = default;
};

struct NoncurrentTransition {
    std::uint32_t days = 0;
    std::optional<std::uint32_t> newer_versions = {};
    std::string storage_class = {};

    ONPUT_FIELDS(days, newer_versions, storage_class)
    friend bool operator==(const NoncurrentTransition&, const NoncurrentTransition&) = default;
};

struct LifecycleRule {
    std::string id = {};
    bool is_enabled = false;
    LifecycleFilter filter = {};
    std::optional<LifecycleExpiration> expiration = {};
    std::vector<LifecycleTransition> transitions = {};
    std::optional<NoncurrentExpiration> noncurrent_expiration = {};
    std::vector<NoncurrentTransition> noncurrent_transitions = {};
    std::optional<std::uint32_t> abort_uploads_days = {};  // After their initiation.

    ONPUT_FIELDS(id, is_enabled, filter, expiration, transitions, noncurrent_expiration,
                 noncurrent_transitions, abort_uploads_days)
    friend bool operator==(const LifecycleRule&, const LifecycleRule&) = default;
};

// Which objects transitions leave alone for being small, unless their rule says a size itself.
enum class TransitionMinimumSize : std::uint8_t {
    all_storage_classes_128k = 1,
    varies_by_storage_class = 2,  // GLACIER and DEEP_ARCHIVE take small ones too.
};
inline constexpr std::uint64_t transition_bytes_min = 128 * 1024;

struct LifecycleConfiguration {
    static constexpr MessageInfo info{.kind = Kind::lifecycle_configuration};

    std::vector<LifecycleRule> rules = {};
    TransitionMinimumSize transition_minimum_size = TransitionMinimumSize::all_storage_classes_128k;

    ONPUT_FIELDS(rules, transition_minimum_size)
    friend bool operator==(const LifecycleConfiguration&, const LifecycleConfiguration&) = default;
};

}  // namespace onput::schema
