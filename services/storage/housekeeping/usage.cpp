#include "services/storage/housekeeping/usage.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/service/rows.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view bucket_rows_prefix = "b/";
constexpr std::string_view event_rows_prefix = "e/";
constexpr std::string_view other_buckets = "(other)";

using schema::upload_rows_prefix;
using schema::usage_mark_key;
using schema::usage_rows_prefix;
using schema::UsageMark;
using schema::UsageRecord;

using Counts = std::map<std::string, Usage, std::less<>>;

std::string usage_row(std::string_view bucket) {
    return fmt::format("{}{}", usage_rows_prefix, bucket);
}

std::string_view bucket_of(std::string_view key) {
    constexpr std::size_t prefix_bytes = 2;
    const std::string_view name = key.substr(prefix_bytes);
    return name.substr(0, name.find('/'));
}

Usage minus(const Usage& usage) {
    return {.objects = -usage.objects,
            .versions = -usage.versions,
            .bytes = -usage.bytes,
            .uploads = -usage.uploads};
}

bool counts(std::string_view key) {
    return key.starts_with(schema::object_rows_prefix) ||
           key.starts_with(schema::version_rows_prefix) || key.starts_with(upload_rows_prefix);
}

Usage usage_of(std::string_view key, std::string_view value) {
    // A row that cannot be read counts for nothing; the start after its repair counts anew.
    const auto counted = count_row(key, value);
    return counted && *counted ? (*counted)->usage : Usage{};
}

// How the batch changes what its rows count for. Of a key that is changed twice, the last counts.
Counts delta_of(const store::View& view, const store::Batch& batch) {
    std::map<std::string_view, const store::Batch::Change*> last;
    for (const auto& change : batch.changes()) {
        if (counts(change.key)) last[change.key] = &change;
    }
    Counts delta;
    for (const auto& [key, change] : last) {
        Usage& of_bucket = delta[std::string(bucket_of(key))];
        const auto before = view.get(partition, key);
        if (before && *before) of_bucket += minus(usage_of(key, **before));
        if (change->value) of_bucket += usage_of(key, *change->value);
    }
    return delta;
}

}  // namespace

Result<std::optional<CountedRow>> count_row(std::string_view key, std::string_view value) {
    if (!counts(key)) return std::nullopt;
    CountedRow counted{.bucket = bucket_of(key), .usage = {}};
    if (key.starts_with(upload_rows_prefix)) {
        counted.usage.uploads = 1;
        return counted;
    }
    ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(value));
    counted.usage.bytes = static_cast<std::int64_t>(record.size_bytes);
    (key.starts_with(schema::object_rows_prefix) ? counted.usage.objects : counted.usage.versions) =
        1;
    return counted;
}

Result<Counts> count_all(const store::View& view) {
    Counts all;
    for (const std::string_view table :
         {schema::object_rows_prefix, upload_rows_prefix, schema::version_rows_prefix}) {
        ONPUT_TRY_VOID(service::for_each_row(view, partition, store::Range::of_prefix(table),
                                             [&all](const store::Row& row) -> Result<void> {
                                                 all[std::string(bucket_of(row.key))] +=
                                                     usage_of(row.key, row.value);
                                                 return {};
                                             }));
    }
    return all;
}

Result<void> UsageBook::restore(const store::View& view, std::uint64_t last_number,
                                store::Batch& batch) {
    std::uint64_t counted_through = 0;
    bool is_readable = true;
    ONPUT_TRY(const auto mark, view.get(partition, usage_mark_key));
    const auto known = mark ? schema::decode<UsageMark>(*mark)
                            : Result<UsageMark>(fail(ErrorCode::not_found, "never counted"));
    if (known) counted_through = known->counted_through;
    ONPUT_TRY_VOID(service::for_each_row(
        view, partition, store::Range::of_prefix(usage_rows_prefix),
        [&](const store::Row& row) -> Result<void> {
            const auto record = schema::decode<UsageRecord>(row.value);
            is_readable = is_readable && record;
            if (!record) return {};
            counted_through = std::max(counted_through, record->counted_through);
            usage_[row.key.substr(usage_rows_prefix.size())] = record->usage;
            return {};
        }));
    if (known && is_readable && counted_through == last_number && view.is_complete()) return {};
    return count_anew(view, last_number, batch);
}

Result<void> UsageBook::count_anew(const store::View& view, std::uint64_t last_number,
                                   store::Batch& batch) {
    for (const auto& [bucket, usage] : usage_) batch.remove(usage_row(bucket));
    ONPUT_TRY(usage_, count_all(view));
    for (const auto& [bucket, usage] : usage_) {
        batch.put(usage_row(bucket),
                  schema::encode(UsageRecord{.usage = usage, .counted_through = last_number}));
    }
    batch.put(std::string(usage_mark_key),
              schema::encode(UsageMark{.counted_through = last_number}));
    return {};
}

std::vector<std::string> UsageBook::count(const store::View& view, std::uint64_t last_number,
                                          store::Batch& batch) {
    std::vector<std::string> changed;
    const Counts delta = delta_of(view, batch);
    std::vector<std::string> gone;
    bool has_event = false;
    for (const auto& change : batch.changes()) {
        has_event = has_event || (change.value && change.key.starts_with(event_rows_prefix));
        if (!change.value && change.key.starts_with(bucket_rows_prefix)) {
            gone.push_back(change.key.substr(bucket_rows_prefix.size()));
        }
    }
    for (const auto& [bucket, difference] : delta) {
        if (std::ranges::find(gone, bucket) != gone.end()) continue;
        if (difference == Usage{} && !has_event) continue;
        Usage& usage = usage_[bucket];
        usage += difference;
        batch.put(usage_row(bucket),
                  schema::encode(UsageRecord{.usage = usage, .counted_through = last_number}));
        changed.push_back(bucket);
    }
    for (const auto& bucket : gone) {
        if (usage_.erase(bucket) == 0) continue;
        batch.remove(usage_row(bucket));
        batch.put(std::string(usage_mark_key),
                  schema::encode(UsageMark{.counted_through = last_number}));
        changed.push_back(bucket);
    }
    if (has_event && changed.empty()) {
        batch.put(std::string(usage_mark_key),
                  schema::encode(UsageMark{.counted_through = last_number}));
    }
    return changed;
}

Result<void> UsageBook::reload(const store::View& view, const std::vector<std::string>& buckets) {
    for (const auto& bucket : buckets) {
        ONPUT_TRY(const auto row, view.get(partition, usage_row(bucket)));
        usage_.erase(bucket);
        if (!row) continue;
        ONPUT_TRY(const auto record, schema::decode<UsageRecord>(*row));
        usage_[bucket] = record.usage;
    }
    return {};
}

void UsageBook::add_metrics(std::vector<schema::Metric>& metrics) const {
    std::vector<const Counts::value_type*> shown;
    for (const auto& entry : usage_) shown.push_back(&entry);
    std::ranges::sort(shown, [](const auto* one, const auto* other) {
        return one->second.bytes > other->second.bytes;
    });
    Usage rest;
    const auto add = [&metrics](std::string_view bucket, const Usage& usage) {
        const auto one = [&](std::string_view name, std::int64_t value) {
            metrics.push_back(
                {.name = fmt::format("onput_storage_bucket_{}{{bucket=\"{}\"}}", name, bucket),
                 .value = static_cast<double>(value)});
        };
        one("objects", usage.objects);
        one("versions", usage.versions);
        one("bytes", usage.bytes);
        one("uploads", usage.uploads);
    };
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (i < usage_metrics_buckets_max) {
            add(shown[i]->first, shown[i]->second);
        } else {
            rest += shown[i]->second;
        }
    }
    if (shown.size() > usage_metrics_buckets_max) add(other_buckets, rest);
}

}  // namespace onput::storage
