#include "tests/sim/requests.hpp"

namespace onput::sim {
namespace {

std::vector<transport::Frame> frames_of(const std::vector<std::string>& attachments) {
    std::vector<transport::Frame> frames;
    frames.reserve(attachments.size());
    for (const auto& bytes : attachments) frames.push_back(transport::Frame::copy_of(bytes));
    return frames;
}

std::vector<std::string> bytes_of(const std::vector<transport::Frame>& frames) {
    std::vector<std::string> bytes;
    bytes.reserve(frames.size());
    for (const auto& frame : frames) bytes.push_back(frame.to_string());
    return bytes;
}

}  // namespace

// --- Servers ----------------------------------------------------------------------------------

void SimServer::handle(const WireRequest& request, const Answer<WireReply>& answer) {
    const std::uint64_t id = ++last_id_;
    open_.emplace(id, Open{.request = request, .answer = answer});
    watch_.on_request(request);
    handler_({.reply_to = {.peer = {}, .request_id = id},
              .header = request.header,
              .body = request.body,
              .attachments = frames_of(request.attachments)});
    watch_.on_handled(request);
}

void SimServer::reply(const transport::ReplyTo& to, Result<transport::Reply> reply) {
    auto open = open_.extract(to.request_id);
    if (open.empty()) return;
    Result<WireReply> sent = std::unexpected(Error{});
    if (reply) {
        sent =
            WireReply{.body = std::move(reply->body), .attachments = bytes_of(reply->attachments)};
    } else {
        sent = std::unexpected(std::move(reply).error());
    }
    watch_.on_reply(open.mapped().request, sent);
    open.mapped().answer(sent);
}

std::unique_ptr<SimServer> Requests::serve(Node& node, transport::RequestServer::Handler handler,
                                           const RequestWatch& watch) {
    auto server = std::make_unique<SimServer>(std::move(handler), watch);
    servers_[&node] = {.life = node.life(), .server = server.get()};
    return server;
}

void Requests::deliver(Node& to, const WireRequest& request, const Answer<WireReply>& answer) {
    const auto found = servers_.find(&to);
    if (found == servers_.end() || found->second.life != to.life()) return;
    found->second.server->handle(request, answer);
}

// --- Clients ----------------------------------------------------------------------------------

class SimClient final : public transport::RequestClient {
public:
    struct Parts {
        Requests& requests;
        Node& from;
        Node& to;
        Requests::OnCall on_call;
    };
    explicit SimClient(Parts parts) : parts_(std::move(parts)) {}

    void call(std::string_view method, std::string body, transport::CallOptions options,
              Callback callback) override {
        parts_.on_call(method, body);
        WireRequest request{
            .header = {}, .body = std::move(body), .attachments = bytes_of(options.attachments)};
        request.header.method = std::string(method);
        request.header.trace = std::move(options.trace);
        request.header.principal = std::move(options.principal);
        request.header.access = std::move(options.access);
        parts_.requests.network_.call<WireReply>(
            {.from = parts_.from, .to = parts_.to, .timeout = options.timeout},
            [requests = &parts_.requests, to = &parts_.to, request](Answer<WireReply> answer) {
                requests->deliver(*to, request, answer);
            },
            // Copied into all that can end the call; one does.
            [callback =
                 std::make_shared<Callback>(std::move(callback))](const Result<WireReply>& reply) {
                if (!reply) return (*callback)(std::unexpected(reply.error()));
                (*callback)(transport::Reply{.body = reply->body,
                                             .attachments = frames_of(reply->attachments)});
            });
    }

    [[nodiscard]] bool is_connected() const override { return parts_.to.is_up(); }
    [[nodiscard]] std::size_t open_calls() const override { return 0; }

private:
    Parts parts_;
};

std::unique_ptr<transport::RequestClient> Requests::connect(Node& from, Node& to, OnCall on_call) {
    return std::make_unique<SimClient>(
        SimClient::Parts{.requests = *this, .from = from, .to = to, .on_call = std::move(on_call)});
}

}  // namespace onput::sim
