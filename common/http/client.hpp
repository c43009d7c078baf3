// Client: HTTP/1.1 requests to endpoints that the operator has named, on a thread of its own
// (libcurl's multi interface), so that a slow endpoint delays nobody. A shell: it sends what it is
// given, and says what the answer was.
//
//     send ──> connect, TLS ──> head ──> body ──> answer ──> done, on the loop
//                                         ^
//                                         └─ next: piece by piece, two of them in memory
//
// It follows no redirect, uses no proxy, no cookies, no netrc, and no other protocol. A certificate
// that does not verify is an error. Nothing survives a crash: who sends keeps what is owed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/base/unique_function.hpp"
#include "common/transport/event_loop.hpp"

namespace onput::http {

// Read of an answer: all headers, and the body. With more it is `resource_exhausted`.
inline constexpr std::size_t answer_bytes_max = 256 * 1024;
inline constexpr long idle_connections_max = 64;

using PieceDone = UniqueFunction<void(Result<std::string>)>;

struct Request {
    std::string method = "GET";
    std::string url = {};                                           // http or https, encoded.
    std::vector<std::pair<std::string, std::string>> headers = {};  // Host is the URL's own.
    std::string body = {};
    // A body that comes in pieces: `next` is asked on the loop for one after the other, none of
    // them empty, until all of its bytes were given. An error ends the request. Empty: `body`.
    std::function<void(PieceDone)> next = {};
    std::uint64_t stream_bytes = 0;
    std::uint64_t bytes_per_second = 0;  // Of the body; 0: as fast as it goes.
};

struct Answer {
    int status = 0;
    std::map<std::string, std::string, std::less<>> headers = {};  // Names in lower case.
    std::string body = {};
};

struct Options {
    std::string ca_file = {};                             // Whom https trusts; empty: the system.
    Duration connect_timeout = std::chrono::seconds(10);  // The look-up of the name included.
    Duration silence_max = std::chrono::seconds(30);      // No byte moves, and the body is there.
};

class Client {
public:
    // Any status is an answer. `unavailable`: nobody listens, TLS fails, or the connection breaks
    // or is silent. `invalid_argument`: it can never be sent. Or the error of `next`.
    using Done = UniqueFunction<void(Result<Answer>)>;

    // `invalid_argument` when ca_file cannot be read. `loop` outlives it.
    static Result<std::unique_ptr<Client>> start(transport::EventLoop& loop, Options options);
    virtual ~Client() = default;  // Cuts off what is open; nothing is called after that.

    // The loop's thread. `done` is called once, later, on it.
    virtual void send(Request request, Done done) = 0;
};

// Makes the client of a service: its loop has to be there first. A simulation has its own.
using MakeClient =
    std::function<Result<std::unique_ptr<Client>>(transport::EventLoop& loop, Options options)>;

}  // namespace onput::http
