// An HTTP client for commands: one connection to an Onput, one request at a time, signed with
// SigV4. The load generator of `onput bench` has its own (load.hpp). Knows libcurl, as no other
// file of this folder does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "services/ctl/instance.hpp"

namespace onput::ctl {

inline constexpr std::size_t response_bytes_max = 64 * 1024 * 1024;

struct HttpAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;  // Names in lower case.
    std::string body;
};

struct HttpQuery {
    std::string method = "GET";
    std::string path = "/";
    std::string query;
    std::map<std::string, std::string> headers;
    std::string body;
    bool is_signed = true;
};

class HttpClient {
public:
    explicit HttpClient(const Instance& instance);
    // Signed for another service than S3: "lambda".
    HttpClient(const Instance& instance, const std::string& service);
    ~HttpClient();

    // Any status is an answer. `unavailable`: nobody listens, the connection breaks, or nothing
    // moves for a minute. `resource_exhausted`: the body is above response_bytes_max.
    Result<HttpAnswer> send(const HttpQuery& query);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// An unsigned GET of http://host:port/path.
Result<HttpAnswer> get_unsigned(const std::string& url);
// Its status, or 0.
int get_status(const std::string& url);

}  // namespace onput::ctl
