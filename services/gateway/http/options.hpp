// Options: every limit of the HTTP server, by name. Reaching one is an answer or a closed
// connection, never a growing buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "common/base/time.hpp"
#include "services/gateway/http/byte_budget.hpp"
#include "services/gateway/http/head_parser.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::http {

struct Options {
    std::string address = "127.0.0.1";  // A numeric address.
    std::uint16_t port = 0;             // 0: any that is free; Server::port() tells.
    unsigned threads = 1;               // A connection stays on one thread.

    // A request's head. Over the first: 431; over the others: 414 and 431.
    std::size_t header_bytes_max = 64 * 1024;  // Request line and headers together.
    HeadLimits head{};
    // All heads that are not whole yet. A request that needs more is refused with 503. Outlives the
    // server; null: one of the server's own.
    ByteBudget* head_memory = nullptr;

    // As many connections at once; further ones wait in the kernel's queue until one ends.
    std::size_t connections_max = 10'000;

    // Read buffer of a connection while it takes a body: what read_body can yield at most.
    std::size_t body_buffer_bytes = 256 * 1024;
    // Of a body that its handler did not read, so much is read and dropped: to use the connection
    // again, or, before it is closed, so that the answer is not lost to a reset.
    std::size_t drain_bytes_max = 256 * 1024;
    Duration drain_timeout = std::chrono::seconds(2);

    Duration idle_timeout = std::chrono::seconds(75);  // Between requests.
    Duration head_timeout = std::chrono::seconds(20);  // From a head's first byte to its last.
    // Bodies in both directions: see progress.hpp.
    Duration stall_timeout = std::chrono::seconds(30);
    std::uint64_t bytes_per_second_min = 1024;

    // Renders what the server itself has to refuse, in the words of the protocol above.
    // Called on the connections' threads. Empty: a line of plain text.
    std::function<Response(const ProtocolError&)> render_error{};
};

}  // namespace onput::http
