#include "services/notifier/outbound/token_outbound.hpp"

#include <utility>

#include "common/base/check.hpp"
#include "services/notifier/outbound/token_reply.hpp"
#include "services/notifier/outbound/token_request.hpp"

namespace onput::notifier {
namespace {

constexpr std::int32_t unauthorized = 401;
constexpr std::int32_t proxy_unauthorized = 407;

OutboundResult without_token(OutboundResult result, std::string error) {
    result.error = "no token: " + std::move(error);
    result.body.clear();
    return result;
}

}  // namespace

void TokenOutbound::send(OutboundMessage message, Done done) {
    auto* request = std::get_if<HttpRequest>(&message);
    if (request == nullptr || request->token == nullptr) {
        return inner_->send(std::move(message), std::move(done));
    }
    send_or_ask({.request = std::move(*request), .is_again = false, .done = std::move(done)});
}

void TokenOutbound::send_or_ask(Waiting waiting) {
    const auto known = tokens_.find(waiting.request.token->name);
    if (known == tokens_.end()) return ask(std::move(waiting));
    if (known->second.expires_at <= loop_.monotonic()) {
        tokens_.erase(known);
        return ask(std::move(waiting));
    }
    // A copy: what is sent may change the tokens.
    const std::string token = known->second.text;
    send_with(token, std::move(waiting));
}

void TokenOutbound::ask(Waiting waiting) {
    const std::shared_ptr<const TokenRequest> token = waiting.request.token;
    std::vector<Waiting>& all = waiting_[token->name];
    all.push_back(std::move(waiting));
    ++waiting_count_;
    if (all.size() > 1) return;
    inner_->send(token->request, [this, name = token->name](OutboundResult result) {
        on_token(name, std::move(result));
    });
}

void TokenOutbound::on_token(const std::string& name, OutboundResult result) {
    auto held = waiting_.extract(name);
    ONPUT_CHECK(!held.empty());
    waiting_count_ -= held.mapped().size();
    if (result.outcome != OutboundOutcome::delivered) {
        // Its answer is about the client, which may be mended, and not about what waits.
        if (result.status_code != 0) result.outcome = OutboundOutcome::failed;
        result = without_token(result, result.error);
        for (Waiting& waiting : held.mapped()) waiting.done(result);
        return;
    }
    const auto token = read_token(result.body);
    if (!token) {
        result.outcome = OutboundOutcome::failed;
        result = without_token(result, token.error().message);
        for (Waiting& waiting : held.mapped()) waiting.done(result);
        return;
    }
    keep(name, {.text = token->text, .expires_at = loop_.monotonic() + token->expires_in});
    for (Waiting& waiting : held.mapped()) send_with(token->text, std::move(waiting));
}

void TokenOutbound::send_with(const std::string& token, Waiting waiting) {
    HttpRequest request = waiting.request;
    request.token.reset();
    request.headers.emplace_back("Authorization", "Bearer " + token);
    inner_->send(std::move(request),
                 [this, token, waiting = std::move(waiting)](const OutboundResult& result) mutable {
                     const bool is_refused = result.status_code == unauthorized ||
                                             result.status_code == proxy_unauthorized;
                     if (!is_refused || waiting.is_again) return waiting.done(result);
                     const auto known = tokens_.find(waiting.request.token->name);
                     // Another answer may have brought a new one meanwhile.
                     if (known != tokens_.end() && known->second.text == token)
                         tokens_.erase(known);
                     waiting.is_again = true;
                     send_or_ask(std::move(waiting));
                 });
}

void TokenOutbound::keep(const std::string& name, Kept token) {
    if (tokens_.size() >= tokens_kept_max) tokens_.erase(tokens_.begin());
    tokens_[name] = std::move(token);
}

}  // namespace onput::notifier
