// Where a bucket's access log goes: the BucketLoggingStatus, and the names of the log's objects.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t log_prefix_bytes_max = 512;

// What S3 refuses in a BucketLoggingStatus that fits its shape: malformed_xml, invalid_argument.
Result<void> check_logging(const aws::Value& document);

struct LogTarget {
    enum class Format : std::uint8_t { simple, by_event_time, by_delivery_time };

    std::string bucket{};
    std::string prefix{};
    Format format = Format::simple;
    // Of the bucket that is logged.
    std::string owner_account{};
    std::string region{};

    friend bool operator==(const LogTarget&, const LogTarget&) = default;
};

// Of a stored document; nothing when logging is off. corruption: it is none. Owner and region are
// left to the caller.
Result<std::optional<LogTarget>> read_logging(std::string_view document);

struct LogObject {
    std::string_view source_bucket{};
    Timestamp event_time;
    Timestamp delivery_time;
    std::string_view unique{};  // 16 hexadecimal digits.
};
//     simple        prefix2026-11-29-12-30-05-0123456789ABCDEF
//     partitioned   prefix000000000000/us-east-1/bucket/2026/11/29/2026-11-29-12-30-05-0123...
std::string log_key(const LogTarget& target, const LogObject& object);

}  // namespace onput::gateway::s3
