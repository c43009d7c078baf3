// The publishing side of the bus: an XPUB that drops what a slow reader does not take.
#include "common/transport/bus.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

// Messages per reader; a reader behind by more finds a hole and fetches.
constexpr int reader_queue_max = 10'000;
constexpr ReceiveLimits receive_limits{.frames_max = 1, .bytes_max = request_bytes_max};

class XpubPublisher final : public BusPublisher, private Pollable {
public:
    XpubPublisher(Loop& loop, Socket xpub) : loop_(loop), xpub_(std::move(xpub)) {
        // So that a drop can be counted, which libzmq does in silence.
        xpub_.when_full(WhenFull::refuse);
        loop_.add(*this);
    }
    ~XpubPublisher() override { loop_.remove(*this); }

    Result<void> bind(const std::string& endpoint) {
        ONPUT_TRY_VOID(xpub_.bind(endpoint));
        endpoints_.push_back(xpub_.bound_endpoint());
        return {};
    }
    [[nodiscard]] std::vector<std::string> endpoints() const override { return endpoints_; }

    void publish(std::string_view topic, const schema::BusHead& head,
                 std::string_view body) override {
        std::array<Frame, 3> frames{Frame::copy_of(topic.substr(0, schema::bus_topic_bytes_max)),
                                    Frame(schema::encode(head)), Frame::copy_of(body)};
        if (xpub_.send(frames) != Sent::not_now) return;
        // A reader's buffer is full. That reader will see a hole in the sequence; all others get
        // the record. libzmq skips the full one, and refuses no more, until it has read.
        ++drops_;
        xpub_.when_full(WhenFull::drop);
        static_cast<void>(xpub_.send(frames));
        xpub_.when_full(WhenFull::refuse);
    }
    [[nodiscard]] std::uint64_t drops() const override { return drops_; }
    void publish_head(const schema::BusHead& head) override { publish("head", head, {}); }

private:
    [[nodiscard]] void* socket() const override { return xpub_.handle(); }
    // Subscriptions: libzmq keeps them; reading only clears the way.
    void on_readable() override {
        for (std::size_t i = 0; i < messages_per_turn; ++i) {
            if (xpub_.receive(frames_, receive_limits) == Received::nothing) return;
        }
    }

    Loop& loop_;
    Socket xpub_;
    std::vector<std::string> endpoints_;
    std::vector<Frame> frames_;
    std::uint64_t drops_ = 0;
};

}  // namespace

Result<std::unique_ptr<BusPublisher>> BusPublisher::bind(
    Loop& loop, const std::vector<std::string>& endpoints) {
    ONPUT_TRY(Socket xpub, Socket::open(loop.context(), {.type = SocketType::xpub,
                                                         .send_queue_max = reader_queue_max,
                                                         .receive_queue_max = 1000}));
    auto publisher = std::make_unique<XpubPublisher>(loop, std::move(xpub));
    for (const std::string& endpoint : endpoints) ONPUT_TRY_VOID(publisher->bind(endpoint));
    return publisher;
}

}  // namespace onput::transport
