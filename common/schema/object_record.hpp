// The row of an object in the storage service's store (services/storage/objects/records.hpp has all
// of its rows). Here because `onput fsck` reads it as well, from a store that is stopped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::schema {

// Keys of such rows, behind the partition: "o/<bucket>/<key>".
inline constexpr std::string_view object_rows_prefix = "o/";

// What a listing shows comes first.
struct ObjectRecord {
    // Version 2 added source.
    static constexpr MessageInfo info{.kind = Kind::object_record, .version = 2};

    std::uint64_t size_bytes = 0;
    std::string etag;
    Timestamp last_modified;
    std::vector<Checksum> checksums;
    std::string content_type;
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string> metadata;
    std::uint64_t sequencer = 0;
    std::string event_id;
    std::string trace_id;
    std::string blob;  // Text of a BlobRef; empty: the bytes are in the data row, if there are any.
    std::string idempotency_key;
    std::string source;  // "bucket/key" of what a worker made it of; empty: nobody's result.

    ONPUT_FIELDS(size_bytes, etag, last_modified, checksums, content_type, headers, metadata,
                 sequencer, event_id, trace_id, blob, idempotency_key, source)
    friend bool operator==(const ObjectRecord&, const ObjectRecord&) = default;
};

}  // namespace onput::schema
