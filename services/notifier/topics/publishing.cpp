// TopicBook's part in publishing: who may, what a message may be, whom it is for.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/notifier/outbound/notification.hpp"
#include "services/notifier/topics/message_check.hpp"
#include "services/notifier/topics/topic_access.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "services/notifier/topics/topic_state.hpp"

namespace onput::notifier {
namespace {

// One message as filters see it. What is the same for many subscriptions is made once.
class Matcher {
public:
    explicit Matcher(const schema::TopicMessage& message) : message_(message) {
        attributes_.reserve(message.attributes.size());
        for (const auto& attribute : message.attributes) {
            attributes_.push_back(
                {.name = attribute.name, .type = attribute.type, .value = attribute.value});
        }
    }

    bool accepts(const Subscription& subscription) {
        if (!subscription.is_confirmed) return false;
        if (!subscription.filter) return true;
        if (subscription.filter->scope() == pattern::FilterScope::message_attributes) {
            return subscription.filter->matches(attributes_);
        }
        return subscription.filter->matches_body(body_for(subscription.protocol));
    }

private:
    // Of a structured message, what the subscriber would be sent.
    const std::string& body_for(const std::string& protocol) {
        if (!message_.is_structured) return message_.message;
        const auto found = bodies_.find(protocol);
        if (found != bodies_.end()) return found->second;
        return bodies_.emplace(protocol, NotificationWriter::text_for(message_, protocol))
            .first->second;
    }

    const schema::TopicMessage& message_;
    std::vector<pattern::FilterAttribute> attributes_;
    std::map<std::string, std::string, std::less<>> bodies_;  // By protocol.
};

}  // namespace

Result<void> TopicBook::authorize_publish(const schema::TopicMessage& message) const {
    ONPUT_TRY(const Topic* topic, state_->known_topic(message.topic_arn));
    return check_publisher(*topic, message);
}

Result<void> TopicBook::authorize_publish(const std::string& topic_arn,
                                          const Caller& caller) const {
    ONPUT_TRY(const Topic* topic, state_->known_topic(topic_arn));
    return check_access(*topic, caller, "SNS:Publish");
}

Result<void> TopicBook::check_entry(const schema::PublishEntry& entry) {
    return check_message(entry);
}

std::vector<std::uint64_t> TopicBook::match(const schema::TopicMessage& message) const {
    std::vector<std::uint64_t> numbers;
    const Topic* topic = state_->find(message.topic_arn);
    if (topic == nullptr) return numbers;
    Matcher matcher(message);
    for (const std::uint64_t number : topic->subscriptions) {
        if (matcher.accepts(state_->subscriptions.at(number))) numbers.push_back(number);
    }
    return numbers;
}

}  // namespace onput::notifier
