// TokenOutbound: an Outbound whose requests may need a token of OAuth. It asks for one when none is
// known, keeps it until it expires, and asks for another when the endpoint answers 401 or 407; that
// request is then sent once more.
//
//     send --no token--> waiting --token--> sent --401, 407--> waiting --token--> sent --> done
//                           \--none--> done: failed, to be tried again
//
// Refused is only what cannot ask for one: its URL, or the address behind it, is not allowed.
//
// One question per token at a time; all that need it wait for its answer. Tokens are in memory
// alone: a start asks anew. The loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/notifier/outbound/outbound.hpp"

namespace onput::notifier {

inline constexpr std::size_t tokens_kept_max = 4096;  // Beyond them any is asked for again.

class TokenOutbound final : public Outbound {
public:
    // `loop` outlives it.
    TokenOutbound(const transport::EventLoop& loop, std::unique_ptr<Outbound> inner)
        : loop_(loop), inner_(std::move(inner)) {}

    void send(OutboundMessage message, std::function<void(OutboundResult)> done) override;
    [[nodiscard]] std::size_t open() const override { return inner_->open() + waiting_count_; }

private:
    using Done = std::function<void(OutboundResult)>;
    struct Waiting {
        HttpRequest request;
        bool is_again = false;  // Its last token was refused.
        Done done;
    };
    struct Kept {
        std::string text;
        Duration expires_at{};  // By the loop's monotonic clock.
    };

    void send_or_ask(Waiting waiting);
    void ask(Waiting waiting);
    void on_token(const std::string& name, OutboundResult result);
    void send_with(const std::string& token, Waiting waiting);
    void keep(const std::string& name, Kept token);

    const transport::EventLoop& loop_;
    std::map<std::string, Kept> tokens_;                   // By name.
    std::map<std::string, std::vector<Waiting>> waiting_;  // For one that was asked for.
    std::size_t waiting_count_ = 0;
    std::unique_ptr<Outbound> inner_;  // Last: it ends before what its answers need.
};

}  // namespace onput::notifier
