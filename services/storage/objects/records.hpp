// The rows of the storage service. All of them are in one partition, so that one batch changes an
// object, what a listing shows, and the outbox together:
//
//     m                       StoreRecord    one row: which store this is and how far the relay got
//     b/<bucket>              BucketRecord   exists exactly as long as the bucket
//     o/<bucket>/<key>        ObjectRecord   in byte order of keys: these rows are the listing
//     d/<bucket>/<key>        bytes          contents of a small object; only beside its object row
//     e/<number>              ObjectEvent    the outbox; numbers count from 1 without a hole
//     t/<number>              TrashRecord    a blob that event <number> made useless
//
// <number> is eight bytes, big-endian. A bucket's name has no '/', so rows of two buckets do not
// mix.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/outbox/rows.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/object_record.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

inline constexpr std::string_view partition = "s";
inline constexpr std::string_view store_key = "m";

struct StoreRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::store_record};

    std::string source;  // Made once; names this outbox to the notifier for ever.
    Timestamp created_at;
    std::uint64_t relayed_through = 0;  // Outbox rows up to here were handed over and are gone.
    std::uint64_t sequencer = 0;        // At least that of every event whose outbox row is gone.

    ONPUT_FIELDS(source, created_at, relayed_through, sequencer)
    friend bool operator==(const StoreRecord&, const StoreRecord&) = default;
};

struct BucketRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::bucket_record};

    std::string name;
    std::string owner_account;
    std::string region;
    Timestamp created_at;
    std::vector<schema::NotificationRule> rules;

    ONPUT_FIELDS(name, owner_account, region, created_at, rules)
    friend bool operator==(const BucketRecord&, const BucketRecord&) = default;
};

using schema::ObjectRecord;

struct TrashRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::trash_record};

    std::string blob;

    ONPUT_FIELDS(blob)
    friend bool operator==(const TrashRecord&, const TrashRecord&) = default;
};

std::string bucket_row(std::string_view bucket);
std::string object_row(std::string_view bucket, std::string_view key);
std::string data_row(std::string_view bucket, std::string_view key);
std::string outbox_row(std::uint64_t number);
std::string trash_row(std::uint64_t number);

// The number of an outbox or trash row; corruption when it is neither.
Result<std::uint64_t> number_of(std::string_view row);

store::Range bucket_rows();
store::Range object_rows();  // Of all buckets.
store::Range trash_rows();
outbox::Rows outbox_rows();

// "0657A3C2B41F9001": upper-case hexadecimal, always 16 digits, so that texts order as numbers do.
std::string sequencer_text(std::uint64_t sequencer);
Result<std::uint64_t> parse_sequencer(std::string_view text);

}  // namespace onput::storage
