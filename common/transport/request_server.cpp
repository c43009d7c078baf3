// The server side of requests: a ROUTER. One message is [routing id][header][body][attachment ...].
#include <bit>

#include "common/base/log.hpp"
#include "common/transport/request.hpp"
#include "common/transport/request_limits.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

constexpr std::size_t frames_before_attachments = 3;  // Routing id, header, body.
constexpr ReceiveLimits receive_limits{.frames_max = frames_before_attachments + attachments_max,
                                       .bytes_max = 2 * request_bytes_max + attachments_bytes_max};
// Requests of one peer that wait to be read; a peer that sends more is slowed down.
constexpr int requests_queued_max = 1000;

// The id of a request whose header does not decode, if it has one: what lets its caller know.
std::optional<std::uint64_t> salvage_request_id(std::string_view header) {
    const auto document = schema::Document::parse(header);
    if (!document) return {};
    const schema::Value root = document->root();
    if (root.array_size().value_or(0) < 4) return {};
    const schema::Value fields = root.at(3);
    if (fields.array_size().value_or(0) < 1) return {};
    return fields.at(0).natural();
}

schema::ReplyHeader header_of(std::uint64_t request_id, const Error& error) {
    schema::ReplyHeader header{.request_id = request_id,
                               .error_code = static_cast<std::uint16_t>(error.code),
                               .error_message = error.message,
                               .error_reason = error.reason};
    for (const auto& [name, value] : error.details) header.error_details.push_back({name, value});
    return header;
}

class RouterServer final : public RequestServer, private Pollable {
public:
    RouterServer(Loop& loop, Socket router, Handler handler)
        : loop_(loop), router_(std::move(router)), handler_(std::move(handler)) {
        loop_.add(*this);
    }
    ~RouterServer() override { loop_.remove(*this); }

    Result<void> bind(const std::string& endpoint) { return router_.bind(endpoint); }
    [[nodiscard]] std::vector<std::string> endpoints() const override { return endpoints_; }
    void note_endpoint() { endpoints_.push_back(router_.bound_endpoint()); }

    void reply(const ReplyTo& to, Result<Reply> reply) override;

private:
    SocketSignal& signal() override { return router_.signal(); }
    void on_readable() override;
    void accept(Received received);
    void drop(std::string_view why);

    Loop& loop_;
    Socket router_;
    Handler handler_;
    std::vector<std::string> endpoints_;
    std::vector<Frame> frames_;
    std::vector<Frame> sending_;
    std::uint64_t dropped_ = 0;
};

void RouterServer::on_readable() {
    for (std::size_t i = 0; i < messages_per_turn; ++i) {
        const Received received = router_.receive(frames_, receive_limits);
        if (received == Received::nothing) return;
        accept(received);
    }
}

// A peer that sends garbage does not fill the log: a line at 1, 2, 4, 8 ...
void RouterServer::drop(std::string_view why) {
    ++dropped_;
    if (!std::has_single_bit(dropped_)) return;
    log::warn("request dropped", {{"why", why}, {"dropped", dropped_}});
}

void RouterServer::accept(Received received) {
    if (frames_.size() < 2) return drop("no header");
    ReplyTo to{.peer = frames_[0].to_string(), .request_id = 0};
    auto header = schema::decode<schema::RequestHeader>(frames_[1].view());
    if (!header) {
        const auto id = salvage_request_id(frames_[1].view());
        if (!id) return drop("no request id");
        to.request_id = *id;
        return reply(to, std::unexpected(std::move(header.error()).with_context("request header")));
    }
    to.request_id = header->request_id;
    if (received == Received::oversized) {
        return reply(to, fail(ErrorCode::resource_exhausted, "attachments above the limits",
                              "request_too_large"));
    }
    if (frames_.size() < frames_before_attachments) {
        return reply(to, fail(ErrorCode::corruption, "request without a body frame"));
    }
    Request request{
        .reply_to = std::move(to), .header = std::move(*header), .body = frames_[2].to_string()};
    for (std::size_t i = frames_before_attachments; i < frames_.size(); ++i) {
        request.attachments.push_back(std::move(frames_[i]));
    }
    handler_(std::move(request));
}

void RouterServer::reply(const ReplyTo& to, Result<Reply> reply) {
    if (reply) {
        if (auto fits = check_limits(reply->body.size(), reply->attachments); !fits) {
            reply = fail(ErrorCode::internal, "reply: " + fits.error().message);
        }
    }
    sending_.clear();
    sending_.push_back(Frame::copy_of(to.peer));
    if (reply) {
        sending_.emplace_back(
            schema::encode(schema::ReplyHeader{.request_id = to.request_id, .error_code = 0}));
        sending_.emplace_back(std::move(reply->body));
        for (Frame& attachment : reply->attachments) sending_.push_back(std::move(attachment));
    } else {
        sending_.emplace_back(schema::encode(header_of(to.request_id, reply.error())));
        sending_.emplace_back();
    }
    // A peer that is gone does not wait for it; one that does not read has its time-out.
    static_cast<void>(router_.send(sending_));
}

}  // namespace

Result<std::unique_ptr<RequestServer>> RequestServer::bind(
    Loop& loop, const std::vector<std::string>& endpoints, Handler handler) {
    ONPUT_TRY(Socket router,
              Socket::open(loop.context(), {.type = SocketType::router,
                                            .send_queue_max = open_calls_max,
                                            .receive_queue_max = requests_queued_max}));
    auto server = std::make_unique<RouterServer>(loop, std::move(router), std::move(handler));
    for (const std::string& endpoint : endpoints) {
        ONPUT_TRY_VOID(server->bind(endpoint));
        server->note_endpoint();
    }
    return server;
}

}  // namespace onput::transport
