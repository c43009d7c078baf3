// Object lock: what keeps one version of an object from being removed. Pure.
//
//     retention   until a moment. GOVERNANCE gives way to those who ask for the bypass, COMPLIANCE
//                 to nobody
//     legal hold  until it is taken off; it gives way to nothing
//
// A retention's end is a moment in absolute time, so it goes by the wall clock; but what a clock
// that is set ahead lets go does not come back with it. A retention is therefore over when both the
// wall clock and the age clock (AgeClock) have reached its end. The latter follows a wall clock
// that is set ahead at twice the speed of time, and believes one that stands by its time for a day;
// what passes while the process is down it catches up with in the same way. So a retention may end
// up to a day late, and ends early only after the wall clock was ahead for long: by as much as that
// lasted, or, after a day, by all that it was ahead.
#pragma once

#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

inline constexpr std::string_view governance = "GOVERNANCE";
inline constexpr std::string_view compliance = "COMPLIANCE";
inline constexpr std::uint32_t retention_days_max = 36'500;
inline constexpr std::uint32_t retention_years_max = 100;

// A bucket's default: invalid_argument, or malformed_xml where S3's schema is broken.
Result<void> check_default_retention(const schema::DefaultRetention& retention);

struct LockTimes {
    Timestamp wall;   // A date must be after this one.
    Timestamp age;    // AgeClock::at, never ahead of the wall: what ends until then is over.
    Timestamp stamp;  // AgeClock::stamp: the bucket's default counts from here.
};

// The lock of a new version: what the request asks for, or else the bucket's default.
// `missing_object_lock` when it asks for one and the bucket has none; invalid_argument;
// `invalid_request` when a default retention finds no checksum.
Result<schema::ObjectLock> lock_of_new(const schema::PutObject& request, const BucketRecord& bucket,
                                       const LockTimes& times);

// invalid_argument for a bypass where there is nothing to let past: S3 takes it for a mistake.
Result<void> check_bypass(bool bypass_governance, const BucketRecord& bucket);

// `object_locked` when the version may not be removed now.
Result<void> check_removal(const schema::ObjectLock& lock, bool bypass_governance,
                           const LockTimes& times);

struct RetentionChange {
    std::string_view mode;  // Empty: none.
    Timestamp retain_until;
    bool bypass_governance = false;
};
// `object_locked` when the change weakens what is in force; invalid_argument.
Result<void> check_retention(const schema::ObjectLock& lock, const RetentionChange& change,
                             const LockTimes& times);

// `lock` with the retention of `other` besides: it is never weaker than either of them. Of two that
// are in force the stricter mode counts until the later end.
schema::ObjectLock stronger_retention(schema::ObjectLock lock, const schema::ObjectLock& other,
                                      const LockTimes& times);

}  // namespace onput::storage
