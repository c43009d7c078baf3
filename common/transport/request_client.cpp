// The client side of requests: a DEALER and a monitor of its connection.
//
//     call --> waiting (peer away) --connected--> sent --reply--> answered
//                 |                                |  `--connection broke--> unavailable
//                 `------------ time is over ------'-----------------------> timeout
//
// Waiting calls are kept here, not in libzmq, which would send them to the restarted peer after
// their callers had given up.
#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>

#include "common/base/check.hpp"
#include "common/base/log.hpp"
#include "common/base/random.hpp"
#include "common/transport/request.hpp"
#include "common/transport/request_limits.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

using Monotonic = std::chrono::steady_clock;

constexpr std::size_t frames_before_attachments = 2;  // Header, body.
constexpr ReceiveLimits receive_limits{.frames_max = frames_before_attachments + attachments_max,
                                       .bytes_max = 2 * request_bytes_max + attachments_bytes_max};

Error lost(const std::string& endpoint) {
    return Error{.code = ErrorCode::unavailable,
                 .message = "the connection to " + endpoint + " broke while the call was open",
                 .reason = "peer_lost"};
}

// A code of a later version is one that this caller can do nothing particular about.
ErrorCode code_of(std::uint16_t number) {
    return number <= static_cast<std::uint16_t>(ErrorCode::internal)
               ? static_cast<ErrorCode>(number)
               : ErrorCode::internal;
}

Error error_of(schema::ReplyHeader header) {
    Error error{.code = code_of(header.error_code),
                .message = std::move(header.error_message),
                .reason = std::move(header.error_reason)};
    for (auto& detail : header.error_details) {
        error.details.emplace_back(std::move(detail.name), std::move(detail.value));
    }
    return error;
}

// What is still to be sent of a call.
struct Outgoing {
    schema::RequestHeader header;
    Frame body;
    std::vector<Frame> attachments;
};

class DealerClient final : public RequestClient, private Pollable {
public:
    DealerClient(Loop& loop, std::string endpoint, Socket dealer);
    ~DealerClient() override;

    void call(std::string_view method, std::string body, CallOptions options,
              Callback callback) override;
    [[nodiscard]] bool is_connected() const override { return is_connected_; }
    [[nodiscard]] std::size_t open_calls() const override { return calls_.size(); }

private:
    using Deadline = std::pair<Monotonic::time_point, std::uint64_t>;
    struct Call {
        Callback callback;
        Monotonic::time_point deadline;
        std::size_t bytes = 0;
        bool is_sent = false;
    };
    // The monitor's socket in the loop.
    class Connection final : public Pollable {
    public:
        Connection(DealerClient& client, Socket& dealer)
            : client_(client), monitor_(client.loop_.context(), dealer) {}
        SocketSignal& signal() override { return monitor_.signal(); }
        void on_readable() override { client_.on_connection_events(monitor_); }

    private:
        DealerClient& client_;
        ConnectionMonitor monitor_;
    };

    SocketSignal& signal() override { return dealer_.signal(); }
    void on_readable() override;
    [[nodiscard]] bool wants_writable() const override {
        return is_connected_ && !waiting_.empty();
    }
    void on_writable() override { send_waiting(); }

    void on_connection_events(ConnectionMonitor& monitor);
    bool receive_one();
    bool send(Outgoing& outgoing, Monotonic::time_point deadline);
    void send_waiting();
    void refuse(Callback callback, Error error);
    void fail_sent_calls();
    void answer(std::uint64_t id, Result<Reply> reply);
    void expire();
    void arm_timer();

    Loop& loop_;
    std::string endpoint_;
    std::optional<Error> endpoint_fault_;
    Socket dealer_;
    Connection connection_;
    bool is_connected_ = false;
    bool is_closing_ = false;
    std::uint64_t next_id_;
    std::unordered_map<std::uint64_t, Call> calls_;
    std::size_t open_bytes_ = 0;
    std::map<std::uint64_t, Outgoing> waiting_;  // By id: in order of calling.
    std::map<Deadline, std::monostate> deadlines_;
    std::vector<std::pair<Callback, Error>> refused_;
    std::optional<TimerId> timer_;
    Monotonic::time_point timer_due_;
    std::optional<TimerId> refusal_timer_;
    std::vector<Frame> frames_;
    std::vector<Frame> sending_;
};

DealerClient::DealerClient(Loop& loop, std::string endpoint, Socket dealer)
    : loop_(loop),
      endpoint_(std::move(endpoint)),
      dealer_(std::move(dealer)),
      connection_(*this, dealer_),
      // Random, so that a reply to this process from before its restart matches no call now;
      // small enough never to wrap.
      next_id_(Random::from_system().next() >> 2) {
    if (auto connected = dealer_.connect(endpoint_); !connected) {
        endpoint_fault_ = std::move(connected.error());
    }
    loop_.add(connection_);
    loop_.add(*this);
}

DealerClient::~DealerClient() {
    is_closing_ = true;
    loop_.remove(*this);
    loop_.remove(connection_);
    if (timer_) loop_.cancel(*timer_);
    if (refusal_timer_) loop_.cancel(*refusal_timer_);
    auto refused = std::move(refused_);
    for (auto& [callback, error] : refused) callback(std::unexpected(std::move(error)));
    auto calls = std::move(calls_);
    for (auto& [id, call] : calls) {
        call.callback(fail(ErrorCode::unavailable, "the client of " + endpoint_ + " is closing"));
    }
}

void DealerClient::call(std::string_view method, std::string body, CallOptions options,
                        Callback callback) {
    const std::string what = std::string(method);
    if (endpoint_fault_) return refuse(std::move(callback), *endpoint_fault_);
    if (is_closing_) {
        return refuse(std::move(callback), {.code = ErrorCode::unavailable,
                                            .message = what + ": the client is closing"});
    }
    if (auto fits = check_limits(body.size(), options.attachments); !fits) {
        return refuse(std::move(callback), std::move(fits.error()).with_context(what));
    }
    std::size_t bytes = body.size();
    for (const Frame& attachment : options.attachments) bytes += attachment.size();
    if (calls_.size() >= open_calls_max || open_bytes_ + bytes > open_call_bytes_max) {
        return refuse(std::move(callback),
                      {.code = ErrorCode::resource_exhausted,
                       .message = what + ": too many open calls to " + endpoint_,
                       .reason = "open_calls_max"});
    }
    const std::uint64_t id = next_id_++;
    const auto deadline = Monotonic::now() + std::max(options.timeout, Duration(0));
    const auto [entry, is_new] = calls_.emplace(id, Call{.callback = std::move(callback),
                                                         .deadline = deadline,
                                                         .bytes = bytes,
                                                         .is_sent = false});
    ONPUT_CHECK(is_new);
    open_bytes_ += bytes;
    deadlines_.emplace_hint(deadlines_.end(), Deadline{deadline, id}, std::monostate{});
    Outgoing outgoing{.header = {.request_id = id,
                                 .method = what,
                                 .timeout_ms = 0,
                                 .trace = std::move(options.trace),
                                 .principal = std::move(options.principal),
                                 .trace_header = std::move(options.trace_header),
                                 .access = std::move(options.access)},
                      .body = Frame(std::move(body)),
                      .attachments = std::move(options.attachments)};
    if (is_connected_ && waiting_.empty() && send(outgoing, deadline)) {
        entry->second.is_sent = true;
    } else if (options.waits) {
        waiting_.emplace(id, std::move(outgoing));
    } else {
        Callback unsent = std::move(entry->second.callback);
        deadlines_.erase({deadline, id});
        open_bytes_ -= bytes;
        calls_.erase(entry);
        return refuse(std::move(unsent), {.code = ErrorCode::unavailable,
                                          .message = what + ": " + endpoint_ + " is not connected",
                                          .reason = "not_connected"});
    }
    arm_timer();
}

// Returns false, with `outgoing` whole, when the connection does not take it now.
bool DealerClient::send(Outgoing& outgoing, Monotonic::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Monotonic::now());
    outgoing.header.timeout_ms = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(left.count(), 1, std::numeric_limits<std::uint32_t>::max()));
    sending_.clear();
    sending_.emplace_back(schema::encode(outgoing.header));
    sending_.push_back(std::move(outgoing.body));
    for (Frame& attachment : outgoing.attachments) sending_.push_back(std::move(attachment));
    // `lost`: the call ends with the connection, whose end is reported next.
    if (dealer_.send(sending_) != Sent::not_now) return true;
    outgoing.body = std::move(sending_[1]);
    for (std::size_t i = 0; i < outgoing.attachments.size(); ++i) {
        outgoing.attachments[i] = std::move(sending_[i + frames_before_attachments]);
    }
    return false;
}

void DealerClient::send_waiting() {
    while (is_connected_ && !waiting_.empty()) {
        const auto first = waiting_.begin();
        const auto call = calls_.find(first->first);
        ONPUT_CHECK(call != calls_.end());
        if (!send(first->second, call->second.deadline)) return;
        call->second.is_sent = true;
        waiting_.erase(first);
    }
}

void DealerClient::on_readable() {
    for (std::size_t i = 0; i < messages_per_turn; ++i) {
        if (!receive_one()) return;
    }
}

bool DealerClient::receive_one() {
    const Received received = dealer_.receive(frames_, receive_limits);
    if (received == Received::nothing) return false;
    if (frames_.empty()) return true;
    auto header = schema::decode<schema::ReplyHeader>(frames_[0].view());
    if (!header) {
        log::warn("reply dropped", {{"from", endpoint_}, {"why", header.error().message}});
        return true;
    }
    const std::uint64_t id = header->request_id;
    if (header->error_code != 0) {
        answer(id, std::unexpected(error_of(std::move(*header))));
    } else if (received == Received::oversized) {
        answer(id, fail(ErrorCode::resource_exhausted,
                        "the reply's attachments are above the limits", "reply_too_large"));
    } else if (frames_.size() < frames_before_attachments) {
        answer(id, fail(ErrorCode::corruption, "reply without a body frame"));
    } else {
        Reply reply{.body = frames_[1].to_string()};
        for (std::size_t i = frames_before_attachments; i < frames_.size(); ++i) {
            reply.attachments.push_back(std::move(frames_[i]));
        }
        answer(id, std::move(reply));
    }
    return true;
}

// Ignored when the call is not open any more, or was made before a restart.
void DealerClient::answer(std::uint64_t id, Result<Reply> reply) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    Callback callback = std::move(found->second.callback);
    deadlines_.erase({found->second.deadline, id});
    open_bytes_ -= found->second.bytes;
    if (!found->second.is_sent) waiting_.erase(id);
    calls_.erase(found);
    callback(std::move(reply));
}

void DealerClient::on_connection_events(ConnectionMonitor& monitor) {
    while (true) {
        switch (monitor.next()) {
            case ConnectionMonitor::Event::none: return;
            case ConnectionMonitor::Event::accepted: break;
            case ConnectionMonitor::Event::connected:
                // Else a call could still go down the old connection, whose end has been reported.
                dealer_.refresh();
                is_connected_ = true;
                send_waiting();
                break;
            case ConnectionMonitor::Event::disconnected:
                is_connected_ = false;
                fail_sent_calls();
                break;
        }
    }
}

void DealerClient::fail_sent_calls() {
    // Replies that came before the connection broke are good.
    while (receive_one()) {
    }
    std::vector<std::uint64_t> failed;
    for (const auto& [id, call] : calls_) {
        if (call.is_sent) failed.push_back(id);
    }
    // In order of calling. A callback may make new calls: those wait.
    std::ranges::sort(failed);
    for (const std::uint64_t id : failed) answer(id, std::unexpected(lost(endpoint_)));
}

void DealerClient::expire() {
    timer_.reset();
    const auto now = Monotonic::now();
    while (!deadlines_.empty() && deadlines_.begin()->first.first <= now) {
        const std::uint64_t id = deadlines_.begin()->first.second;
        const bool is_sent = calls_.at(id).is_sent;
        answer(id,
               fail(ErrorCode::timeout,
                    (is_sent ? "no answer in time from " : "no connection in time to ") + endpoint_,
                    is_sent ? "" : "never_sent"));
    }
    arm_timer();
}

// One timer for all: it is left alone when its calls are answered, and looks again then.
void DealerClient::arm_timer() {
    if (deadlines_.empty()) return;
    const auto first = deadlines_.begin()->first.first;
    if (timer_ && timer_due_ <= first) return;
    if (timer_) loop_.cancel(*timer_);
    timer_due_ = first;
    const auto delay = std::chrono::ceil<Duration>(first - Monotonic::now());
    timer_ = loop_.after(delay, [this] { expire(); });
}

void DealerClient::refuse(Callback callback, Error error) {
    if (is_closing_) return callback(std::unexpected(std::move(error)));
    refused_.emplace_back(std::move(callback), std::move(error));
    if (refusal_timer_) return;
    refusal_timer_ = loop_.after(Duration(0), [this] {
        refusal_timer_.reset();
        auto refused = std::move(refused_);
        refused_.clear();
        for (auto& [to, why] : refused) to(std::unexpected(std::move(why)));
    });
}

}  // namespace

std::unique_ptr<RequestClient> RequestClient::connect(Loop& loop, const std::string& endpoint) {
    // Both marks bound what lies in libzmq; calls in all are bounded by open_calls_max.
    auto dealer = Socket::open(loop.context(), {.type = SocketType::dealer,
                                                .send_queue_max = open_calls_max,
                                                .receive_queue_max = open_calls_max});
    ONPUT_CHECK(dealer.has_value());
    return std::make_unique<DealerClient>(loop, endpoint, std::move(*dealer));
}

}  // namespace onput::transport
