// What the rules of a bucket's lifecycle say of one version of an object, or of an upload. Pure.
//
//     current version      Expiration: a delete marker on top, or removed where there are none
//     noncurrent version   NoncurrentVersionExpiration: removed
//     marker, nothing else ExpiredObjectDeleteMarker, or Expiration by its own age: removed
//     any object           Transition: its storage class, down only
//
// Ages are rounded up to the next midnight of UTC, as S3 rounds them. Expiration beats transition.
// All times are those of the age clock, so that a clock that is set ahead makes nothing old.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/schema/lifecycle.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// What is known of a version when it is judged.
struct VersionFacts {
    std::string_view key{};
    const ObjectRecord& record;
    bool is_newest = false;              // Of its key, delete markers included.
    bool is_alone = false;               // The key has no other.
    Timestamp noncurrent_since = {};     // When its successor was made; unless it is the newest.
    std::uint32_t newer_noncurrent = 0;  // Noncurrent versions of the key that are newer.
};

struct LifecycleDecision {
    enum class Kind : std::uint8_t { none, expire, remove, transition };
    Kind kind = Kind::none;
    std::string storage_class = {};  // Of a transition.

    friend bool operator==(const LifecycleDecision&, const LifecycleDecision&) = default;
};

LifecycleDecision decide(const schema::LifecycleConfiguration& configuration,
                         const VersionFacts& facts, Timestamp now);

// The soonest end of a current version; what x-amz-expiration says.
std::optional<schema::ScheduledAction> expiration_of(
    const schema::LifecycleConfiguration& configuration, std::string_view key,
    const ObjectRecord& record);

// The soonest abort of an upload that is begun then.
std::optional<schema::ScheduledAction> abort_of(const schema::LifecycleConfiguration& configuration,
                                                std::string_view key, Timestamp begun);

// The midnight at which so many days since then have passed. A `day` of another length (for tests)
// ends at a multiple of that.
Timestamp end_of_days(Timestamp from, std::uint32_t days, Duration day = std::chrono::days(1));

// What its age counts from.
Timestamp aged_from(const ObjectRecord& record);

// Its objects are not read unless they were restored.
bool is_cold_class(std::string_view storage_class);

}  // namespace onput::storage
