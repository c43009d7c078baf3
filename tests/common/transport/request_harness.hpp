// A server that echoes and a client, for tests of requests.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "common/transport/request.hpp"
#include "tests/common/transport/harness.hpp"

namespace onput::transport {

inline std::unique_ptr<RequestServer> bind_server(Loop& loop, const std::string& endpoint,
                                                  RequestServer::Handler handler) {
    auto server = RequestServer::bind(loop, {endpoint}, std::move(handler));
    if (!server) {
        ADD_FAILURE() << server.error().message;
        std::abort();
    }
    return std::move(*server);
}

// Runs an echo server until it is killed.
inline void serve_echo(const std::string& endpoint) {
    Context context;
    Loop loop(context);
    std::unique_ptr<RequestServer> server;
    server = bind_server(loop, endpoint, [&](Request request) {
        if (request.header.method == "test.silence") return;
        server->reply(request.reply_to, Reply{.body = std::move(request.body),
                                              .attachments = std::move(request.attachments)});
    });
    loop.run();
}

// The results of calls, in the order in which they came.
struct Results {
    std::deque<Result<Reply>> all;

    RequestClient::Callback take() {
        return [this](Result<Reply> reply) { all.push_back(std::move(reply)); };
    }
};

}  // namespace onput::transport
