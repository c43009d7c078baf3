#include "services/notifier/outbound/outbound.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unistd.h>
#include <utility>

#include "common/base/check.hpp"
#include "services/notifier/outbound/address_guard.hpp"
#include "services/notifier/outbound/engine.hpp"
#include "services/notifier/outbound/peer_queue.hpp"
#include "services/notifier/outbound/transfer.hpp"

namespace onput::notifier {
namespace {

class OutboundShell final : public Outbound {
public:
    OutboundShell(transport::EventLoop& loop, TransferSettings settings)
        : loop_(loop),
          queue_({.open_max = outbound_open_max, .per_peer_max = outbound_per_peer_max}),
          web_(settings, poster()) {
        if (!settings.options.smtp_url.empty()) {
            mail_ = std::make_unique<Engine>(std::move(settings), poster());
        }
    }

    void send(OutboundMessage message, std::function<void(OutboundResult)> done) override {
        const std::uint64_t id = ++last_id_;
        const std::size_t bytes = bytes_of(message);
        const bool is_full =
            sent_.size() >= outbound_waiting_max || bytes_ + bytes > outbound_bytes_max;
        const auto* request = std::get_if<HttpRequest>(&message);
        std::string peer = request ? peer_of(request->url) : "mail";
        bytes_ += bytes;
        sent_.emplace(id, Sent{.peer = is_full ? std::nullopt : std::optional(peer),
                               .bytes = bytes,
                               .done = std::move(done)});
        if (is_full) {
            OutboundResult result;
            result.error = "too many messages wait to be sent";
            post(id, std::move(result));
            return;
        }
        queue_.add(peer, {.id = id, .message = std::move(message)});
        open_more();
    }

    [[nodiscard]] std::size_t open() const override { return sent_.size(); }

private:
    struct Sent {
        std::optional<std::string> peer;  // Nothing: it never was in the queue.
        std::size_t bytes = 0;
        std::function<void(OutboundResult)> done;
    };
    struct Waiting {
        std::uint64_t id = 0;
        OutboundMessage message;
    };

    Engine::OnResult poster() {
        return [this](std::uint64_t id, OutboundResult result) { post(id, std::move(result)); };
    }

    // Any thread. The loop may run what was posted after this object's end.
    void post(std::uint64_t id, OutboundResult result) {
        loop_.post([this, alive = std::weak_ptr<bool>(alive_), id, result = std::move(result)] {
            if (alive.lock()) on_result(id, result);
        });
    }

    void open_more() {
        while (std::optional<Waiting> waiting = queue_.next()) {
            const bool is_mail = std::holds_alternative<Mail>(waiting->message);
            // Without a mail server there is no second engine, and the first one says so.
            Engine& engine = is_mail && mail_ ? *mail_ : web_;
            engine.add(waiting->id, std::move(waiting->message));
        }
    }

    void on_result(std::uint64_t id, const OutboundResult& result) {
        const auto found = sent_.find(id);
        ONPUT_CHECK(found != sent_.end());
        const Sent sent = std::move(found->second);
        sent_.erase(found);
        ONPUT_CHECK(bytes_ >= sent.bytes);
        bytes_ -= sent.bytes;
        if (sent.peer) queue_.finish(*sent.peer);
        open_more();
        sent.done(result);  // Last: it may end this object.
    }

    transport::EventLoop& loop_;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, Sent> sent_;  // Everything that was not answered yet.
    std::size_t bytes_ = 0;               // Of all of it.
    PeerQueue<Waiting> queue_;
    // Shared, so that work posted to the loop can see whether this object is gone.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    // Last: their threads end before what they post with. Two, because libcurl waits where it says
    // goodbye to a mail server, and a slow one must not hold up the webhooks.
    Engine web_;
    std::unique_ptr<Engine> mail_;
};

}  // namespace

std::vector<std::string> check_outbound_options(const OutboundOptions& options) {
    std::vector<std::string> faults;
    for (const std::string& network : options.allowed_networks) {
        const auto checked = check_network(network);
        if (!checked) faults.push_back(checked.error().message);
    }
    const bool is_smtp =
        options.smtp_url.starts_with("smtp://") || options.smtp_url.starts_with("smtps://");
    if (!options.smtp_url.empty() && (!is_smtp || peer_of(options.smtp_url).empty())) {
        faults.emplace_back("smtp_url must be smtp://host[:port] or smtps://host[:port]");
    }
    if (options.smtp_user.empty() && !options.smtp_password.empty()) {
        faults.emplace_back("smtp_password is of no use without smtp_user");
    }
    if (!options.ca_file.empty() && access(options.ca_file.c_str(), R_OK) != 0) {
        faults.push_back("ca_file " + options.ca_file + " cannot be read");
    }
    if (options.timeout_ms == 0 || options.timeout_ms > outbound_timeout_ms_max) {
        faults.push_back("the time-out must be 1 to " + std::to_string(outbound_timeout_ms_max) +
                         " ms");
    }
    return faults;
}

Result<std::unique_ptr<Outbound>> Outbound::start(transport::EventLoop& loop,
                                                  OutboundOptions options) {
    const std::vector<std::string> faults = check_outbound_options(options);
    if (!faults.empty()) return fail(ErrorCode::invalid_argument, faults.front());
    ONPUT_TRY(AddressGuard guard, AddressGuard::make(options.allowed_networks));
    return std::make_unique<OutboundShell>(
        loop, TransferSettings{.options = std::move(options), .guard = std::move(guard)});
}

Result<void> check_network(const std::string& network) {
    ONPUT_TRY_VOID(AddressGuard::make({network}));
    return {};
}

bool is_allowed_address(const std::string& address, const std::vector<std::string>& allowed) {
    const auto guard = AddressGuard::make(allowed);
    return guard && guard->allows_text(address);
}

}  // namespace onput::notifier
