// What a handler's answer is to the client of a function URL. Pure; the answer is hostile.
//
//     {"statusCode": 201, "headers": {..}, "cookies": [..], "body": "..", "isBase64Encoded": false}
//         an object with a statusCode: what it says; application/json where it names no type
//     any other JSON
//         200, application/json, the JSON itself
#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::lambda {

inline constexpr int url_status_min = 200;  // Below, HTTP goes on with another answer.
inline constexpr int url_status_max = 599;
// Names and values of headers and cookies together.
inline constexpr std::size_t url_answer_head_bytes_max = 64 * 1024;
// Of its JSON, in all objects and arrays together: as a tree they take many times their text.
inline constexpr std::size_t url_answer_values_max = 100'000;

// corruption, with what is wrong: no JSON or one of too many values, a status beyond the bounds, a
// header or cookie that HTTP has no place for, a body that is no text or, where it says so, no
// base64. Headers that the server itself sends are passed over (http/message.hpp).
Result<http::Response> read_url_answer(std::string_view payload);

}  // namespace onput::gateway::lambda
