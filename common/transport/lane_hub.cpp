// The queue's side of lanes: a PULL, and one PUSH per worker.
#include <bit>
#include <deque>
#include <map>

#include "common/base/log.hpp"
#include "common/transport/endpoint.hpp"
#include "common/transport/lane.hpp"
#include "common/transport/lane_control.hpp"
#include "common/transport/request.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

constexpr std::size_t lanes_max = 4096;
constexpr ReceiveLimits receive_limits{.frames_max = 1, .bytes_max = request_bytes_max};

// One worker's PUSH. Credit bounds what is in it, so its high-water mark is off.
class Lane final : private Pollable {
public:
    Lane(Loop& loop, Socket push, std::string endpoint)
        : loop_(loop), push_(std::move(push)), endpoint_(std::move(endpoint)) {}
    ~Lane() override { stop_waiting(); }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

    // Grants made before the connection is up wait for it: a worker's first hello is followed by
    // its first grants at once. After that, what the lane does not take is dropped.
    void send(Frame grants) {
        if (!early_.empty() || push_.send({&grants, 1}) == Sent::not_now) {
            if (was_connected_ || early_.size() >= schema::lane_credit_max) return;
            early_.push_back(std::move(grants));
            if (early_.size() == 1) loop_.add(*this);
            return;
        }
        was_connected_ = true;
    }

private:
    SocketSignal& signal() override { return push_.signal(); }
    void on_readable() override {}
    [[nodiscard]] bool wants_writable() const override { return !early_.empty(); }
    void on_writable() override {
        while (!early_.empty()) {
            if (push_.send({&early_.front(), 1}) == Sent::not_now) return;
            early_.pop_front();
        }
        was_connected_ = true;
        loop_.remove(*this);
    }
    void stop_waiting() {
        if (!early_.empty()) loop_.remove(*this);
    }

    Loop& loop_;
    Socket push_;
    std::string endpoint_;
    std::deque<Frame> early_;
    bool was_connected_ = false;
};

class PushPullHub final : public LaneHub, private Pollable {
public:
    PushPullHub(Loop& loop, Socket pull, Handler handler)
        : loop_(loop), pull_(std::move(pull)), handler_(std::move(handler)) {
        loop_.add(*this);
    }
    ~PushPullHub() override { loop_.remove(*this); }

    Result<void> bind(const std::string& endpoint) {
        ONPUT_TRY_VOID(pull_.bind(endpoint));
        endpoints_.push_back(pull_.bound_endpoint());
        return {};
    }
    [[nodiscard]] std::vector<std::string> endpoints() const override { return endpoints_; }

    Result<void> connect(const std::string& worker_id, const std::string& endpoint) override;
    void disconnect(const std::string& worker_id) override { lanes_.erase(worker_id); }
    void send(const std::string& worker_id, const schema::LaneGrants& grants) override {
        const auto lane = lanes_.find(worker_id);
        if (lane != lanes_.end()) lane->second->send(Frame(schema::encode(grants)));
    }

private:
    SocketSignal& signal() override { return pull_.signal(); }
    void on_readable() override;
    void take(Received received);

    Loop& loop_;
    Socket pull_;
    Handler handler_;
    std::vector<std::string> endpoints_;
    std::map<std::string, std::unique_ptr<Lane>> lanes_;
    std::vector<Frame> frames_;
    std::uint64_t malformed_ = 0;
};

Result<void> PushPullHub::connect(const std::string& worker_id, const std::string& endpoint) {
    const auto known = lanes_.find(worker_id);
    if (known != lanes_.end() && known->second->endpoint() == endpoint) return {};
    const std::string context = "open the lane of worker " + worker_id;
    if (auto good = check_endpoint(endpoint, EndpointUse::connect); !good) {
        return std::unexpected(std::move(good.error()).with_context(context));
    }
    if (known == lanes_.end() && lanes_.size() >= lanes_max) {
        return fail(ErrorCode::resource_exhausted,
                    context + ": there are " + std::to_string(lanes_max) + " already");
    }
    auto push = Socket::open(
        loop_.context(), {.type = SocketType::push, .send_queue_max = 0, .receive_queue_max = 0});
    if (!push) return std::unexpected(std::move(push.error()).with_context(context));
    if (auto connected = push->connect(endpoint); !connected) {
        return std::unexpected(std::move(connected.error()).with_context(context));
    }
    lanes_[worker_id] = std::make_unique<Lane>(loop_, std::move(*push), endpoint);
    return {};
}

void PushPullHub::on_readable() {
    for (std::size_t i = 0; i < messages_per_turn; ++i) {
        const Received received = pull_.receive(frames_, receive_limits);
        if (received == Received::nothing) return;
        take(received);
    }
}

void PushPullHub::take(Received received) {
    Result<LaneControl> control =
        received == Received::message
            ? decode_control(frames_[0].view())
            : fail(ErrorCode::corruption, "more than one frame, or too large");
    if (control) return handler_(std::move(*control));
    ++malformed_;
    // Logged at 1, 2, 4, 8 ...: a broken peer must not fill the log.
    if (!std::has_single_bit(malformed_)) return;
    log::warn("lane control message dropped",
              {{"why", control.error().message}, {"dropped", malformed_}});
}

}  // namespace

Result<std::unique_ptr<LaneHub>> LaneHub::bind(Loop& loop,
                                               const std::vector<std::string>& endpoints,
                                               Handler handler) {
    ONPUT_TRY(Socket pull, Socket::open(loop.context(), {.type = SocketType::pull,
                                                         .send_queue_max = 0,
                                                         .receive_queue_max = 0}));
    auto hub = std::make_unique<PushPullHub>(loop, std::move(pull), std::move(handler));
    for (const std::string& endpoint : endpoints) ONPUT_TRY_VOID(hub->bind(endpoint));
    return hub;
}

}  // namespace onput::transport
