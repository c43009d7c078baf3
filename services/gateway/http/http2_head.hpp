// The heads of HTTP/2 messages as those of HTTP/1.1, and back: so that one parser, with one set of
// limits and refusals, reads every request. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onput::http {

// Gathers the fields of one request.
class Http2RequestHead {
public:
    explicit Http2RequestHead(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // False for what no HTTP/1.1 head could carry, or HTTP/2 forbids: the request is malformed.
    // Beyond `bytes_max` fields are dropped, and the head is refused by whoever reads it.
    bool add(std::string_view name, std::string_view value);
    [[nodiscard]] std::size_t bytes() const;

    // The head as HTTP/1.1. A body without a length comes in chunks. A head that is too large is
    // cut off: longer than `bytes_max` and without its end.
    [[nodiscard]] std::string render(bool has_body) const;
    // Whether the body, if any, comes in chunks: the request does not state its length.
    [[nodiscard]] bool has_length() const { return has_length_; }

private:
    bool add_pseudo(std::string_view name, std::string_view value);

    std::size_t bytes_max_;
    std::string method_;
    std::string target_;
    std::string authority_;
    std::string fields_;
    bool has_length_ = false;
};

struct Http2ResponseHead {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields{};  // Names in lower case.
};

// Takes apart what render_head (message.hpp) has written; nothing for anything else. What HTTP/1
// says of connections is left out.
std::optional<Http2ResponseHead> parse_response_head(std::string_view head);

}  // namespace onput::http
