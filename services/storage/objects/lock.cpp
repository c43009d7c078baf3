#include "services/storage/objects/lock.hpp"

#include <chrono>

namespace onput::storage {
namespace {

std::unexpected<Error> refuse(std::string message, std::string reason = "invalid_argument") {
    return fail(ErrorCode::invalid_argument, std::move(message), std::move(reason));
}

std::unexpected<Error> object_locked() {
    return fail(ErrorCode::permission_denied,
                "Access Denied because object protected by object lock.", "object_locked");
}

bool is_mode(std::string_view mode) {
    return mode == governance || mode == compliance;
}

bool is_retained(const schema::ObjectLock& lock, const LockTimes& times) {
    return !lock.mode.empty() && lock.retain_until > times.age;
}

Result<void> check_until(std::string_view mode, Timestamp until, Timestamp now) {
    if (!is_mode(mode)) return refuse("Unknown wormMode directive.");
    if (until <= now) return refuse("The retain until date must be in the future!");
    return {};
}

// Years are those of the calendar: from 29 February on it is until 1 March.
Timestamp end_of(const schema::DefaultRetention& retention, Timestamp now) {
    if (retention.years == 0) return now + std::chrono::days(retention.days);
    const auto day = std::chrono::floor<std::chrono::days>(now);
    std::chrono::year_month_day date(day);
    date += std::chrono::years(retention.years);
    if (!date.ok()) date = date.year() / std::chrono::March / 1;
    return std::chrono::sys_days(date) + (now - day);
}

}  // namespace

Result<void> check_default_retention(const schema::DefaultRetention& retention) {
    if (retention.mode.empty() && retention.days == 0 && retention.years == 0) return {};
    const bool has_one_period = (retention.days == 0) != (retention.years == 0);
    if (!is_mode(retention.mode) || (retention.days != 0 && retention.years != 0)) {
        return refuse(
            "The XML you provided was not well-formed or did not validate against our published "
            "schema",
            "malformed_xml");
    }
    if (!has_one_period)
        return refuse("Default retention period must be a positive integer value.");
    if (retention.days > retention_days_max || retention.years > retention_years_max) {
        return refuse("Default retention period too large.");
    }
    return {};
}

Result<schema::ObjectLock> lock_of_new(const schema::PutObject& request, const BucketRecord& bucket,
                                       const LockTimes& times) {
    schema::ObjectLock lock = request.lock;
    if (!bucket.has_object_lock) {
        if (lock == schema::ObjectLock{}) return lock;
        return refuse("Bucket is missing Object Lock Configuration", "missing_object_lock");
    }
    if (lock.mode.empty() && lock.retain_until == Timestamp{}) {
        if (bucket.default_retention.mode.empty()) return lock;
        lock.mode = bucket.default_retention.mode;
        lock.retain_until = end_of(bucket.default_retention, times.stamp);
    } else {
        ONPUT_TRY_VOID(check_until(lock.mode, lock.retain_until, times.wall));
    }
    if (request.is_integrity_stated) return lock;
    return refuse(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
        "Object Lock parameters",
        "invalid_request");
}

Result<void> check_bypass(bool bypass_governance, const BucketRecord& bucket) {
    if (!bypass_governance || bucket.has_object_lock) return {};
    return refuse(
        "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.");
}

Result<void> check_removal(const schema::ObjectLock& lock, bool bypass_governance,
                           const LockTimes& times) {
    if (lock.has_legal_hold) return object_locked();
    if (!is_retained(lock, times)) return {};
    if (lock.mode == governance && bypass_governance) return {};
    return object_locked();
}

Result<void> check_retention(const schema::ObjectLock& lock, const RetentionChange& change,
                             const LockTimes& times) {
    if (!change.mode.empty()) {
        ONPUT_TRY_VOID(check_until(change.mode, change.retain_until, times.wall));
    }
    if (!is_retained(lock, times)) return {};
    if (change.mode == lock.mode && change.retain_until >= lock.retain_until) return {};
    if (lock.mode == governance && change.bypass_governance) return {};
    return object_locked();
}

schema::ObjectLock stronger_retention(schema::ObjectLock lock, const schema::ObjectLock& other,
                                      const LockTimes& times) {
    if (!is_retained(other, times)) return lock;
    const bool is_in_force = is_retained(lock, times);
    if (!is_in_force || other.mode == compliance) lock.mode = other.mode;
    if (!is_in_force || other.retain_until > lock.retain_until)
        lock.retain_until = other.retain_until;
    return lock;
}

}  // namespace onput::storage
