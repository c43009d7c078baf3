// The policy of an upload by a browser's form: what its owner lets others upload, and until when.
//
//     {"expiration": "2030-01-01T00:00:00Z", "conditions": [{"bucket": "photos"},
//       ["starts-with", "$key", "user/"], ["content-length-range", 1, 1048576]]}
//
// Pure; the bytes are hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/s3/form_reader.hpp"

namespace onput::gateway::s3 {

struct LengthRange {
    std::uint64_t min = 0;
    std::uint64_t max = UINT64_MAX;
};

// entity_too_large or entity_too_small, with S3's elements.
Result<void> check_length_range(const LengthRange& range, std::uint64_t bytes);

class PostPolicy {
public:
    // Of the form's field `policy`: base64 of JSON. invalid_policy_document.
    static Result<PostPolicy> parse(std::string_view base64);

    // post_policy_violated: it has expired, a condition does not hold, or a field has none.
    // `fields` as they are used, ${filename} replaced; `bucket` is where the form was sent.
    [[nodiscard]] Result<void> check(const FormFields& fields, std::string_view bucket,
                                     Timestamp now) const;

    [[nodiscard]] const LengthRange& length_range() const { return length_range_; }

private:
    struct Condition {
        bool is_prefix = false;  // starts-with; else eq.
        std::string field;       // In lower case, without '$'.
        std::string value;

        [[nodiscard]] bool holds(std::string_view actual) const;
        [[nodiscard]] std::string text() const;
    };
    Result<void> take(const aws::Value& condition);
    Result<void> take_list(const aws::Value::List& condition);

    Timestamp expiration_;
    std::vector<Condition> conditions_;
    LengthRange length_range_;
};

}  // namespace onput::gateway::s3
