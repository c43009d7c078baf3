// Rows of the storage service's store about what keeps house (services/storage/housekeeping): how
// much is in each bucket, and how far scrubbing is. Here because `onput fsck` reads them as well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"

namespace onput::schema {

// Keys, behind the partition.
inline constexpr std::string_view scrub_key = "s";
inline constexpr std::string_view usage_mark_key = "y";
inline constexpr std::string_view usage_rows_prefix = "y/";         // y/<bucket>
inline constexpr std::string_view upload_rows_prefix = "u/";        // u/<bucket>/<key>\0<id>
inline constexpr std::string_view data_rows_prefix = "d/";          // d/<bucket>/<key>
inline constexpr std::string_view version_data_rows_prefix = "w/";  // w/<bucket>/<key>\0<age>

struct Usage {
    std::int64_t objects = 0;   // Current versions.
    std::int64_t versions = 0;  // All others, and delete markers.
    std::int64_t bytes = 0;     // Of both.
    std::int64_t uploads = 0;   // Under way.

    ONPUT_FIELDS(objects, versions, bytes, uploads)
    friend bool operator==(const Usage&, const Usage&) = default;
    Usage& operator+=(const Usage& other) {
        objects += other.objects;
        versions += other.versions;
        bytes += other.bytes;
        uploads += other.uploads;
        return *this;
    }
};

// Of a bucket that has, or had, something in it.
struct UsageRecord {
    static constexpr MessageInfo info{.kind = Kind::usage_record};

    Usage usage;
    std::uint64_t counted_through = 0;  // The newest event then.

    ONPUT_FIELDS(usage, counted_through)
    friend bool operator==(const UsageRecord&, const UsageRecord&) = default;
};

// One row: rows are counted, and through which event, if no UsageRecord says a later one.
struct UsageMark {
    static constexpr MessageInfo info{.kind = Kind::usage_mark};

    std::uint64_t counted_through = 0;

    ONPUT_FIELDS(counted_through)
    friend bool operator==(const UsageMark&, const UsageMark&) = default;
};

// One row: how far scrubbing is.
struct ScrubRecord {
    static constexpr MessageInfo info{.kind = Kind::scrub_record};

    std::string position;            // The last row that was verified; empty: at the beginning.
    Timestamp began_at;              // This pass.
    std::uint64_t damaged = 0;       // Objects, in this pass.
    Timestamp finished_at = {};      // The last whole pass; never: 1970.
    std::uint64_t last_damaged = 0;  // In that one.

    ONPUT_FIELDS(position, began_at, damaged, finished_at, last_damaged)
    friend bool operator==(const ScrubRecord&, const ScrubRecord&) = default;
};

}  // namespace onput::schema
