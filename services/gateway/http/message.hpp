// The heads of HTTP messages as values: what a request asked, what an answer says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace onput::http {

struct Header {
    std::string_view name{};   // As sent; compares ignoring case.
    std::string_view value{};  // Without blanks around it.
};

// A request without its body. All views point into memory of the connection and hold until the
// handler returns.
struct RequestHead {
    std::string_view method{};      // As sent: methods are case-sensitive.
    std::string_view target{};      // Raw, as signatures need it.
    std::string_view path{};        // Raw; see target.hpp.
    std::string_view query{};       // Raw, without '?'.
    std::string_view host;          // The Host header; maybe empty in HTTP/1.0.
    std::vector<Header> headers{};  // In the order sent, duplicates kept.
    std::string_view peer{};        // "127.0.0.1:54321".
    std::optional<std::uint64_t>
        content_length;  // As announced; absent without a body and with a chunked one.
    bool chunked = false;
    bool expects_continue = false;
    bool keep_alive = true;  // What the client wishes.
    int version_minor = 1;   // HTTP/1.0 or HTTP/1.1.

    // The first header of that name, in any case.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    // All headers of that name as the one list that they are, with commas between; empty: none.
    [[nodiscard]] std::string list_header(std::string_view name) const;
    // HEAD: the answer's head as for GET, and no body.
    [[nodiscard]] bool is_head() const { return method == "HEAD"; }
};

// An answer without its body. The server itself adds Date, Content-Length, Transfer-Encoding and
// Connection; those names (Date excepted) are skipped here, as is any name that is not a token.
// Control characters in values become blanks, so that no value can end the header or the answer.
struct ResponseHead {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers{};
    // Of the body that follows, or for HEAD would follow. Unknown: sent in chunks.
    std::optional<std::uint64_t> content_length{};
    bool close_connection = false;
};

struct Response {
    ResponseHead head{};
    std::string body{};
};

// Why a request was refused before, or instead of, reaching a handler.
struct ProtocolError {
    int status = 400;
    std::string_view
        reason;  // Stable word: `bad_request`, `header_section_too_large`, `target_too_long`,
                 // `too_many_headers`, `unsupported_version`, `unsupported_transfer_coding`,
                 // `unsupported_expectation`, `request_timeout`, `too_many_heads`, `bad_body`,
                 // `no_answer`.
    std::string_view message{};  // For a person.
};

// "Not Found"; "Unknown" for codes that have no name here.
std::string_view status_text(int status);

// 1xx, 204 and 304 have none, whatever was asked.
bool status_has_body(int status);

// How the answer's end will be known, decided by the connection.
struct Framing {
    enum class Body { none, length, chunked, until_close };
    enum class Connection { unsaid, keep_alive, close };
    Body body = Body::none;
    Connection connection = Connection::unsaid;
    std::string_view date{};  // Text of the Date header.
};

// The bytes of an answer's head, including the blank line.
std::string render_head(const ResponseHead& head, const Framing& framing);

}  // namespace onput::http
