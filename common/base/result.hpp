// Result<T>: how everything that the world or a caller can make fail is answered.
//
//     Result<Queue> find(std::string_view name) {
//         ONPUT_TRY(auto row, view.get(key(name)));     // Declares `row`, or returns the error.
//         if (!row) return fail(ErrorCode::not_found, "queue " + name + " does not exist");
//         ...
//     }
//
// Our own mistakes are ONPUT_CHECK's business. Nothing of ours throws.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onput {

// What the caller can do about it, not which line failed. Travels on the wire: append only.
enum class ErrorCode : std::uint16_t {
    invalid_argument = 1,    // Change the request; sending it again fails again.
    not_found = 2,           // The named thing does not exist.
    conflict = 3,            // It exists already, or has changed since: read again and decide.
    permission_denied = 4,   // Not with these credentials or this policy.
    resource_exhausted = 5,  // A named limit is reached: later, or less of it.
    unavailable = 6,         // A peer is down or starting: try again.
    timeout = 7,             // No answer in time: it may have happened or not.
    corruption = 8,          // Bytes that should be ours are not.
    unimplemented = 9,       // This does not exist here, and nothing was touched.
    internal = 10,           // We are wrong, and survived it.
};

std::string_view to_string(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::internal;

    // What was being done with which names, in lower case, without a full stop; or, where clients
    // match on a text that AWS documents, that text exactly.
    std::string message;

    // Which case of the code it is, where callers must tell cases apart: a stable word such as
    // `no_such_bucket`. The gateway's tables turn it into each protocol's own error name. Empty:
    // the code says it all.
    std::string reason;

    // Extra elements of the answer, in order, such as {"ArgumentName1", "arn:aws:sqs:..."}.
    std::vector<std::pair<std::string, std::string>> details;

    // Prepends what was being done: "restore queue a: " + message.
    [[nodiscard]] Error with_context(std::string_view context) &&;

    friend bool operator==(const Error&, const Error&) = default;
};

template <typename T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message,
                                                 std::string reason = {}) {
    return std::unexpected(
        Error{.code = code, .message = std::move(message), .reason = std::move(reason)});
}

}  // namespace onput

#define ONPUT_CONCAT_(a, b) a##b
#define ONPUT_CONCAT(a, b) ONPUT_CONCAT_(a, b)

#define ONPUT_TRY_(result, declaration, ...)                        \
    auto result = (__VA_ARGS__);                                    \
    if (!result) return std::unexpected(std::move(result).error()); \
    declaration = *std::move(result)

// ONPUT_TRY(auto value, call()): declares `value`, or returns the error from this function.
#define ONPUT_TRY(declaration, ...) \
    ONPUT_TRY_(ONPUT_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)

// The same for a call that returns Result<void>.
#define ONPUT_TRY_VOID(...)                                                       \
    do {                                                                          \
        auto try_result_ = (__VA_ARGS__);                                         \
        if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    } while (false)
