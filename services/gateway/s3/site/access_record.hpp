// One line of an access log, in the form that AWS documents. Fields are parted by blanks; "-" is a
// field without a value. What comes from the client cannot end a field or a line: keys are
// percent-encoded, and in quoted fields everything that a quote, a control or not ASCII. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/verify.hpp"
#include "common/base/time.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::s3 {

struct AccessRecord {
    Timestamp time;
    std::string_view remote_ip{};
    const auth::Identity& identity;
    std::string_view request_id{};
    std::string_view host_id{};
    std::string_view operation{};  // "GetObject"; empty: it was not known.
    bool is_website = false;
    std::string_view key{};
    const http::RequestHead& head;
    std::string_view version_id{};
    int status = 0;  // 0: no answer was sent.
    std::string_view error_code{};
    std::uint64_t bytes_sent = 0;
    std::optional<std::uint64_t> object_bytes{};
    Duration took{};
};

// Without the first two fields, which are the bucket's (bucket_fields), and with the line's end.
std::string format_access_record(const AccessRecord& record);

// "<canonical id of the owner> <bucket> "
std::string bucket_fields(std::string_view owner_account, std::string_view bucket);

// "REST.GET.OBJECT"
std::string logged_operation(const AccessRecord& record);

}  // namespace onput::gateway::s3
