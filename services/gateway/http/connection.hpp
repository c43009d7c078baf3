// Connection: the life of one connection, request after request. Internal to http.
//
//     idle ──first byte──> head ──whole──> handler ──answered──> idle
//       │                   │ refused         │ not to be kept
//       └───────────────────┴─────────────────┴──> parting ──> ended
//
// A connection that begins with HTTP/2's preface goes on as an Http2Session. Pipelined requests
// wait in the input buffer; they are handled and answered one after another.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "common/async/task.hpp"
#include "common/base/unique_function.hpp"
#include "services/gateway/http/body_reader.hpp"
#include "services/gateway/http/exchange.hpp"
#include "services/gateway/http/http2_load.hpp"
#include "services/gateway/http/http2_session.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/options.hpp"
#include "services/gateway/http/response_writer.hpp"
#include "services/gateway/http/stream.hpp"
#include "services/gateway/http/wire.hpp"

namespace onput::http {

class Handler;

// What an Exchange reaches through.
struct ExchangeParts {
    RequestHead& request;
    BodyReader& body;
    ResponseWriter& writer;
    Wire& wire;
    std::shared_ptr<Executor> executor;
};

// What the connections of one loop have in common. Outlives them.
struct ConnectionContext {
    const Options& options;
    Handler& handler;
    std::shared_ptr<Loop> loop;
    ByteBudget& head_memory;
    Http2Load& http2_load;
    DateText date{};
};

class Connection {
public:
    Connection(ConnectionContext& context, std::shared_ptr<Stream> stream);

    // Serves until the connection ends, then calls `ended`, from within the coroutine's last step:
    // the connection must not be destroyed inside that call.
    void run(UniqueFunction<void()> ended);

    // Ends at once when idle, otherwise after the request in hand.
    void finish();
    // Ends at once: what is awaited fails with `shutting_down`.
    void abort();

private:
    enum class Next { again, part, end, http2 };

    Task<void> serve();
    Task<Next> serve_one();
    Task<void> serve_http2();
    // No error: nothing came, or nobody is there to be told.
    using HeadOutcome = std::expected<std::size_t, std::optional<ProtocolError>>;

    Task<HeadOutcome> await_head();
    std::size_t skip_blank_lines();
    void trim();
    Task<Next> refuse(ProtocolError error);
    Task<Next> conclude();
    Task<void> part();

    ConnectionContext& context_;
    const Options& options_;
    Wire wire_;
    BodyReader body_;
    ResponseWriter writer_;
    ByteBudget::Share head_memory_;
    std::shared_ptr<Http2Session> http2_;
    std::string head_bytes_;  // What the views in head_ point into.
    std::string peer_;
    RequestHead head_;
    bool first_ = true;  // No request has come yet.
    bool idle_ = false;  // No byte of a next request is there.
    bool finishing_ = false;
};

}  // namespace onput::http
