// HTTP/1.1 as the Runtime API needs it: requests of a child runtime out of the bytes of a
// connection, and answers as one piece of text. Pure. The bytes are hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace onput::function {

// Lambda-Runtime-Function-Xray-Error-Cause alone may have 1 MiB.
inline constexpr std::size_t request_head_bytes_max = 1280 * 1024;
inline constexpr std::size_t request_headers_max = 100;

struct HttpRequest {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
    std::string body;
    bool keeps_open = true;

    [[nodiscard]] std::string_view header(std::string_view name) const;
};

class HttpReader {
public:
    // `body_bytes_max`: more is refused as soon as it is announced, or has come.
    explicit HttpReader(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

    void feed(std::string_view bytes) { bytes_.append(bytes); }

    // The next whole request; nothing while bytes are missing. invalid_argument: this is no HTTP;
    // resource_exhausted, reason `body_too_large` or `head_too_large`. After an error the
    // connection is of no use.
    Result<std::optional<HttpRequest>> next();

    // The request whose body is too large, as far as it is known.
    [[nodiscard]] const HttpRequest& head() const { return head_; }

private:
    Result<bool> read_head();
    Result<bool> read_body();
    Result<bool> read_chunks();

    std::size_t body_bytes_max_;
    std::string bytes_;
    HttpRequest head_;
    bool has_head_ = false;
    bool is_chunked_ = false;
    std::size_t length_ = 0;
};

using HttpHeaders = std::vector<std::pair<std::string_view, std::string>>;

// The whole answer, so that it is sent by one write. Headers that would break a line are left out.
std::string http_answer(int status, const HttpHeaders& headers, std::string_view body);

}  // namespace onput::function
