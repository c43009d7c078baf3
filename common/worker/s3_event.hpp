// The S3 event record that a function's message carries, read back: what a Lambda handler would
// take from `event["Records"][0]`. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::worker {

struct S3Event {
    std::string event_name;  // "ObjectCreated:Put".
    std::string bucket;
    std::string key;   // Decoded: the record's is form-urlencoded.
    std::string etag;  // Empty where the record has none.
    std::string sequencer;
    std::uint64_t size_bytes = 0;

    [[nodiscard]] bool is_created() const { return event_name.starts_with("ObjectCreated:"); }
};

// invalid_argument when it is not JSON with one S3 record.
Result<S3Event> parse_s3_event(std::string_view body);

}  // namespace onput::worker
