#include "services/gateway/s3/site/access_log_core.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/gateway/s3/site/access_record.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::size_t unique_digits = 16;

std::string unique_text(Random& random) {
    std::string text = random.hex(unique_digits);
    for (char& c : text) {
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

std::int64_t day_of(Timestamp time) {
    constexpr std::int64_t seconds_per_day = 86'400;
    return to_seconds(time) / seconds_per_day;
}

}  // namespace

void AccessLogCore::ask(const std::string& name, Bucket& bucket, LogEffects& effects) {
    if (bucket.is_asked) return;
    bucket.is_asked = true;
    effects.lookups.push_back(name);
}

void AccessLogCore::drop(Bucket& bucket) {
    ONPUT_CHECK(bytes_ >= bucket.bytes);
    bytes_ -= bucket.bytes;
    bucket.bytes = 0;
    bucket.entries.clear();
}

void AccessLogCore::record(Entry entry, Timestamp now, LogEffects& effects) {
    const auto found = buckets_.find(entry.bucket);
    const bool is_new = found == buckets_.end();
    if (!is_new && found->second.known_at && !found->second.target) return;  // Not logged.
    const std::size_t size = entry.line.size();
    const bool is_full = bytes_ + size > log_bytes_max || size > log_object_bytes_max / 2 ||
                         (is_new && buckets_.size() >= logged_buckets_max);
    if (is_full) {
        ++dropped_;
        return;
    }
    const std::string name = entry.bucket;
    Bucket& bucket = buckets_[name];
    if (!bucket.known_at) ask(name, bucket, effects);
    bucket.entries.push_back(std::move(entry));
    bucket.bytes += size;
    bytes_ += size;
    if (bucket.target && bucket.bytes >= log_object_bytes_max / 2)
        deliver(name, bucket, now, effects);
}

void AccessLogCore::configured(const std::string& name,
                               const Result<std::optional<LogTarget>>& target, Timestamp now,
                               LogEffects& effects) {
    const auto found = buckets_.find(name);
    if (found == buckets_.end()) return;
    Bucket& bucket = found->second;
    bucket.is_asked = false;
    if (!target) {
        // Nobody knows where these should go. Names that are no buckets' have no records, and are
        // not remembered: there are any number of them.
        if (target.error().code != ErrorCode::not_found) dropped_ += bucket.entries.size();
        drop(bucket);
        buckets_.erase(found);
        return;
    }
    // What was collected for another target goes there.
    const bool is_moved = bucket.target && bucket.target != *target;
    if (is_moved) deliver(name, bucket, now, effects);
    bucket.known_at = now;
    bucket.target = *target;
    if (bucket.target) {
        if (is_ending_) deliver(name, bucket, now, effects);
        return;
    }
    drop(bucket);
    ++unlogged_changes_;
}

// Objects of one day each where days have folders of their own, and none above its size.
void AccessLogCore::deliver(const std::string& name, Bucket& bucket, Timestamp now,
                            LogEffects& effects) {
    ONPUT_CHECK(bucket.target.has_value());
    const LogTarget& target = *bucket.target;
    const bool is_by_day = target.format == LogTarget::Format::by_event_time;
    const std::string fields = bucket_fields(target.owner_account, name);
    if (is_by_day) std::ranges::sort(bucket.entries, {}, &Entry::time);
    std::string body;
    Timestamp first{};
    const auto finish = [&] {
        if (body.empty()) return;
        effects.deliveries.push_back({.target = target,
                                      .source_bucket = name,
                                      .key = log_key(target, {.source_bucket = name,
                                                              .event_time = first,
                                                              .delivery_time = now,
                                                              .unique = unique_text(random_)}),
                                      .body = std::move(body)});
        body.clear();
    };
    for (const Entry& entry : bucket.entries) {
        const bool is_full = body.size() + fields.size() + entry.line.size() > log_object_bytes_max;
        const bool is_other_day = is_by_day && day_of(entry.time) != day_of(first);
        if (is_full || is_other_day) finish();
        if (body.empty()) first = entry.time;
        body += fields;
        body += entry.line;
    }
    finish();
    drop(bucket);
}

void AccessLogCore::tick(Timestamp now, LogEffects& effects) {
    const Duration recheck = std::min(interval_, log_recheck_period);
    for (auto at = buckets_.begin(); at != buckets_.end();) {
        Bucket& bucket = at->second;
        // The clock may have been set back.
        const bool is_due =
            !bucket.entries.empty() &&
            (now - bucket.entries.front().time >= interval_ || now < bucket.entries.front().time);
        if (bucket.target && is_due) deliver(at->first, bucket, now, effects);
        const bool is_stale =
            bucket.known_at && (now - *bucket.known_at >= recheck || now < *bucket.known_at);
        if (is_stale && bucket.entries.empty() && !bucket.is_asked) {
            at = buckets_.erase(at);
            ++unlogged_changes_;
            continue;
        }
        if (is_stale) ask(at->first, bucket, effects);
        ++at;
    }
}

void AccessLogCore::flush(Timestamp now, LogEffects& effects) {
    is_ending_ = true;
    for (auto& [name, bucket] : buckets_) {
        if (bucket.target) deliver(name, bucket, now, effects);
    }
}

std::set<std::string, std::less<>> AccessLogCore::unlogged() const {
    std::set<std::string, std::less<>> names;
    for (const auto& [name, bucket] : buckets_) {
        if (bucket.known_at && !bucket.target) names.insert(name);
    }
    return names;
}

}  // namespace onput::gateway::s3
