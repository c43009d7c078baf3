// Requests over the simulated network: the RequestServer and RequestClient of simulated processes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/transport/request.hpp"
#include "tests/sim/network.hpp"

namespace onput::sim {

// What travels: bytes, so that the network can double it.
struct WireRequest {
    schema::RequestHeader header;
    std::string body;
    std::vector<std::string> attachments;
};
struct WireReply {
    std::string body;
    std::vector<std::string> attachments;
};

// Looks at what a service is asked and what it answers, from outside. Each is called at that
// moment.
struct RequestWatch {
    std::function<void(const WireRequest&)> on_request = [](const auto&) {};  // Before its handler.
    std::function<void(const WireRequest&)> on_handled = [](const auto&) {};  // After its handler.
    std::function<void(const WireRequest&, const Result<WireReply>&)> on_reply = [](const auto&,
                                                                                    const auto&) {};
};

class Requests;

// Of one life of a node.
class SimServer final : public transport::RequestServer {
public:
    SimServer(Handler handler, const RequestWatch& watch)
        : handler_(std::move(handler)), watch_(watch) {}

    void reply(const transport::ReplyTo& to, Result<transport::Reply> reply) override;
    [[nodiscard]] std::vector<std::string> endpoints() const override { return {}; }

    void handle(const WireRequest& request, const Answer<WireReply>& answer);

private:
    struct Open {
        WireRequest request;
        Answer<WireReply> answer;
    };
    Handler handler_;
    const RequestWatch& watch_;
    std::map<std::uint64_t, Open> open_;
    std::uint64_t last_id_ = 0;
};

// Who serves: one node, for as long as its server lives.
class Requests {
public:
    explicit Requests(Network& network) : network_(network) {}

    // The server of `node`, which answers at its name from now on.
    std::unique_ptr<SimServer> serve(Node& node, transport::RequestServer::Handler handler,
                                     const RequestWatch& watch);
    // `to` is the name of a node that serves or will; `on_call` is told of each call.
    using OnCall = std::function<void(std::string_view method, const std::string& body)>;
    std::unique_ptr<transport::RequestClient> connect(
        Node& from, Node& to, OnCall on_call = [](std::string_view, const std::string&) {});

private:
    friend class SimClient;
    struct Entry {
        std::uint64_t life = 0;
        SimServer* server = nullptr;
    };
    void deliver(Node& to, const WireRequest& request, const Answer<WireReply>& answer);

    Network& network_;
    std::map<Node*, Entry> servers_;
};

}  // namespace onput::sim
