// What subscribers receive, in SNS's shapes: the signed JSON envelope,
// raw messages, mails and texts. Pure: the same message gives the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/rsa_key.hpp"
#include "common/schema/events.hpp"
#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

inline constexpr std::size_t signatures_kept_max = 1024;
inline constexpr std::size_t sms_characters_max = 1600;

struct NotificationOptions {
    // Where the gateway is reached from outside: of SubscribeURL, UnsubscribeURL, SigningCertURL.
    std::string public_url = "http://127.0.0.1:4566";
    std::string mail_from = "onput@localhost";
    // The SMS gateway: an HTTP endpoint that is POSTed {"to": ..., "from": ..., "message": ...,
    // "message_id": ...} as JSON; the id is the same on every retry. Empty: SMS fail, and so none
    // is written (Config::unconfigured_protocols).
    std::string sms_url = {};
    std::string sms_from = {};
    std::string sms_authorization = {};  // Value of the Authorization header; empty: none.
};
// Every fault at once, each a sentence; empty: fine.
std::vector<std::string> check_notification_options(const NotificationOptions& options);

struct TokenRequest;  // token_request.hpp

struct HttpRequest {
    std::string url = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    bool is_to_operator = false;  // Named by the configuration, not by a subscriber: the address
                                  // guard does not apply.
    std::string method = "POST";
    std::uint32_t timeout_ms = 0;  // 0, or above the configured one: that one.
    bool keeps_reply = false;      // OutboundResult::body.
    // It goes with a token, which is asked for when none is known. Null: without.
    std::shared_ptr<const TokenRequest> token = {};
};
struct Mail {
    std::string from;
    std::string to;
    std::string text;  // Headers and body, CRLF: what follows DATA.
};
using OutboundMessage = std::variant<HttpRequest, Mail>;

// What it holds: a request's URL, headers and body, a mail's text.
inline std::size_t bytes_of(const OutboundMessage& message) {
    if (const auto* mail = std::get_if<Mail>(&message)) return mail->text.size();
    const auto& request = std::get<HttpRequest>(message);
    std::size_t bytes = request.url.size() + request.body.size();
    for (const auto& [name, value] : request.headers) bytes += name.size() + value.size();
    return bytes;
}

class NotificationWriter {
public:
    NotificationWriter(NotificationOptions options, RsaKey key);

    // The body of a message for an SQS subscription: the signed envelope, or the bare text when
    // raw. For one of Lambda: the event that the function gets, with one record.
    Result<std::string> queue_body(const schema::TopicMessage& message, const Topic& topic,
                                   const Subscription& subscription);
    // For http, https, email, email-json and sms. Fails with invalid_argument when it can never be
    // sent (no SMS gateway; an address that no mail can carry). A confirmation carries the
    // subscription's token.
    Result<OutboundMessage> outbound(const schema::TopicMessage& message, const Topic& topic,
                                     const Subscription& subscription);
    // What a message says to one protocol: of MessageStructure=json its own entry, else "default".
    static std::string text_for(const schema::TopicMessage& message, std::string_view protocol);

    // Last part of SigningCertURL: "SimpleNotificationService-<fingerprint>.pem".
    [[nodiscard]] std::string certificate_name() const;
    [[nodiscard]] const std::string& certificate_pem() const { return key_.certificate_pem(); }

private:
    struct Context;
    [[nodiscard]] Result<std::string> sign(const Context& context);
    [[nodiscard]] Result<std::string> function_event(const Context& context);
    [[nodiscard]] Result<std::string> envelope(const Context& context);
    [[nodiscard]] Result<std::string> signature(const std::string& signed_text, int version);
    [[nodiscard]] Result<OutboundMessage> webhook(const Context& context);
    [[nodiscard]] Result<OutboundMessage> mail(const Context& context);
    [[nodiscard]] Result<OutboundMessage> sms(const Context& context) const;
    [[nodiscard]] std::string subscribe_url(const Context& context) const;
    [[nodiscard]] std::string unsubscribe_url(const Context& context) const;

    NotificationOptions options_;
    RsaKey key_;
    // One signature serves all subscribers of a message: by digest of what is signed and version,
    // newest last.
    std::map<std::pair<std::string, int>, std::string> signatures_;
    std::deque<std::pair<std::string, int>> signature_order_;
};

// The endpoint as it may be shown: without a URL's user, password and query.
std::string shown_endpoint(const Subscription& subscription);

}  // namespace onput::notifier
