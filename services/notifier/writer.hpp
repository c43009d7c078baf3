// MessageWriter: what subscribers receive, as the core asks for it. The process signs
// (NotificationWriter); tests and simulations need not.
#pragma once

#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

class MessageWriter {
public:
    virtual ~MessageWriter() = default;

    // See NotificationWriter.
    virtual Result<std::string> queue_body(const schema::TopicMessage& message, const Topic& topic,
                                           const Subscription& subscription) = 0;
    virtual Result<OutboundMessage> outbound(const schema::TopicMessage& message,
                                             const Topic& topic,
                                             const Subscription& subscription) = 0;
};

class SigningWriter : public MessageWriter {
public:
    SigningWriter(NotificationOptions options, RsaKey key)
        : writer_(std::move(options), std::move(key)) {}

    Result<std::string> queue_body(const schema::TopicMessage& message, const Topic& topic,
                                   const Subscription& subscription) override {
        return writer_.queue_body(message, topic, subscription);
    }
    Result<OutboundMessage> outbound(const schema::TopicMessage& message, const Topic& topic,
                                     const Subscription& subscription) override {
        return writer_.outbound(message, topic, subscription);
    }
    [[nodiscard]] const NotificationWriter& writer() const { return writer_; }

private:
    NotificationWriter writer_;
};

}  // namespace onput::notifier
