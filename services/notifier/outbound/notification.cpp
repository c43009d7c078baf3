#include "services/notifier/outbound/notification.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/notifier/outbound/mail.hpp"

namespace onput::notifier {
namespace {

using schema::TopicMessageType;

constexpr std::string_view default_content_type = "text/plain; charset=UTF-8";
constexpr std::string_view user_agent = "Amazon Simple Notification Service Agent";
constexpr std::string_view default_subject = "AWS Notification Message";

std::string_view type_name(TopicMessageType type) {
    switch (type) {
        case TopicMessageType::notification: return "Notification";
        case TopicMessageType::subscription_confirmation: return "SubscriptionConfirmation";
        case TopicMessageType::unsubscribe_confirmation: return "UnsubscribeConfirmation";
    }
    return "Notification";
}

// An object as SNS prints it: {\n  "Name" : "value",\n ...}.
class EnvelopeText {
public:
    void add(std::string_view name, std::string_view value) { add_json(name, json::quoted(value)); }
    void add_json(std::string_view name, std::string_view json) {
        text_ += text_.empty() ? "{\n  " : ",\n  ";
        text_ += json::quoted(name);
        text_ += " : ";
        text_ += json;
    }
    std::string finish() && { return std::move(text_) + "\n}"; }

private:
    std::string text_;
};

std::string attributes_json(const std::vector<schema::TopicAttribute>& attributes) {
    std::string text;
    for (const schema::TopicAttribute& attribute : attributes) {
        const bool is_binary = attribute.type.starts_with("Binary");
        text += text.empty() ? "{\n    " : ",\n    ";
        text += json::quoted(attribute.name);
        text += R"( : {"Type":)" + json::quoted(attribute.type) + R"(,"Value":)";
        text += json::quoted(is_binary ? to_base64(attribute.value) : attribute.value) + '}';
    }
    return text + "\n  }";
}

// The first `count` characters of UTF-8.
std::string_view first_characters(std::string_view text, std::size_t count) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
        if (begins && count-- == 0) return text.substr(0, at);
    }
    return text;
}

bool is_http_url(std::string_view url) {
    return url.starts_with("http://") || url.starts_with("https://");
}

}  // namespace

// One message in flight to one subscription.
struct NotificationWriter::Context {
    const schema::TopicMessage& message;
    const Topic& topic;
    const Subscription& subscription;
    std::string text;  // What it says to this protocol.

    [[nodiscard]] bool is_notification() const {
        return message.type == TopicMessageType::notification;
    }
    [[nodiscard]] bool has_subject() const { return is_notification() && !message.subject.empty(); }
};

namespace {

std::string confirmation_text(TopicMessageType type, const Topic& topic,
                              const Subscription& subscription) {
    if (type == TopicMessageType::subscription_confirmation) {
        return "You have chosen to subscribe to the topic " + topic.arn +
               ".\nTo confirm the subscription, visit the SubscribeURL included in this message.";
    }
    return "You have chosen to deactivate subscription " + subscription.arn +
           ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL "
           "included in this message.";
}

std::string text_in(const schema::TopicMessage& message, const Topic& topic,
                    const Subscription& subscription) {
    if (message.type == TopicMessageType::notification) {
        return NotificationWriter::text_for(message, subscription.protocol);
    }
    return message.message.empty() ? confirmation_text(message.type, topic, subscription)
                                   : message.message;
}

}  // namespace

std::vector<std::string> check_notification_options(const NotificationOptions& options) {
    std::vector<std::string> faults;
    if (!is_http_url(options.public_url) ||
        options.public_url.find_first_of("?# ") != std::string::npos) {
        faults.emplace_back("public_url must be an http or https URL without query");
    }
    if (!is_mail_address(options.mail_from)) {
        faults.emplace_back("mail_from must be a mail address");
    }
    if (!options.sms_url.empty() && !is_http_url(options.sms_url)) {
        faults.emplace_back("sms_url must be an http or https URL");
    }
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
    if (std::ranges::any_of(options.sms_authorization, is_control)) {
        faults.emplace_back("sms_authorization must be one line");
    }
    return faults;
}

NotificationWriter::NotificationWriter(NotificationOptions options, RsaKey key)
    : options_(std::move(options)), key_(std::move(key)) {
    while (options_.public_url.ends_with('/')) options_.public_url.pop_back();
}

std::string NotificationWriter::text_for(const schema::TopicMessage& message,
                                         std::string_view protocol) {
    if (!message.is_structured) return message.message;
    const auto texts = json::read(message.message);
    // Publish has refused what has no default; a message of another origin is said as it is.
    if (!texts) return message.message;
    for (const std::string_view name : {protocol, std::string_view("default")}) {
        const json::Value* found = texts->find(name);
        if (found != nullptr && found->text() != nullptr) return *found->text();
    }
    return message.message;
}

std::string NotificationWriter::certificate_name() const {
    return "SimpleNotificationService-" + key_.fingerprint() + ".pem";
}

std::string NotificationWriter::subscribe_url(const Context& context) const {
    return options_.public_url +
           "/?Action=ConfirmSubscription&TopicArn=" + percent_encode(context.topic.arn, ":") +
           "&Token=" + percent_encode(context.subscription.token);
}

std::string NotificationWriter::unsubscribe_url(const Context& context) const {
    return options_.public_url +
           "/?Action=Unsubscribe&SubscriptionArn=" + percent_encode(context.subscription.arn, ":");
}

Result<std::string> NotificationWriter::signature(const std::string& signed_text, int version) {
    std::pair<std::string, int> id{Digest::of(DigestAlgorithm::sha256, signed_text), version};
    const auto found = signatures_.find(id);
    if (found != signatures_.end()) return found->second;

    const auto algorithm = version == 2 ? DigestAlgorithm::sha256 : DigestAlgorithm::sha1;
    ONPUT_TRY(const std::string bytes, key_.sign(algorithm, signed_text));
    std::string text = to_base64(bytes);
    if (signature_order_.size() == signatures_kept_max) {
        signatures_.erase(signature_order_.front());
        signature_order_.pop_front();
    }
    signature_order_.push_back(id);
    signatures_.emplace(std::move(id), text);
    ONPUT_CHECK(signatures_.size() == signature_order_.size());
    return text;
}

Result<std::string> NotificationWriter::sign(const Context& context) {
    const schema::TopicMessage& message = context.message;
    std::string signed_text;
    const auto add = [&signed_text](std::string_view name, std::string_view value) {
        signed_text += name;
        signed_text += '\n';
        signed_text += value;
        signed_text += '\n';
    };
    add("Message", context.text);
    add("MessageId", message.message_id);
    if (context.has_subject()) add("Subject", message.subject);
    if (!context.is_notification()) add("SubscribeURL", subscribe_url(context));
    add("Timestamp", format_iso8601_millis(message.time));
    if (!context.is_notification()) add("Token", context.subscription.token);
    add("TopicArn", context.topic.arn);
    add("Type", type_name(message.type));
    return signature(signed_text, context.topic.signature_version);
}

Result<std::string> NotificationWriter::envelope(const Context& context) {
    const schema::TopicMessage& message = context.message;
    ONPUT_TRY(const std::string signature_text, sign(context));
    const std::string link =
        context.is_notification() ? unsubscribe_url(context) : subscribe_url(context);

    EnvelopeText text;
    text.add("Type", type_name(message.type));
    text.add("MessageId", message.message_id);
    if (!context.is_notification()) text.add("Token", context.subscription.token);
    text.add("TopicArn", context.topic.arn);
    if (context.has_subject()) text.add("Subject", message.subject);
    text.add("Message", context.text);
    if (!context.is_notification()) text.add("SubscribeURL", link);
    text.add("Timestamp", format_iso8601_millis(message.time));
    text.add("SignatureVersion", std::to_string(context.topic.signature_version));
    text.add("Signature", signature_text);
    text.add("SigningCertURL", options_.public_url + '/' + certificate_name());
    if (context.is_notification()) text.add("UnsubscribeURL", link);
    if (context.is_notification() && !message.attributes.empty()) {
        text.add_json("MessageAttributes", attributes_json(message.attributes));
    }
    return std::move(text).finish();
}

Result<std::string> NotificationWriter::function_event(const Context& context) {
    const schema::TopicMessage& message = context.message;
    ONPUT_TRY(const std::string signature_text, sign(context));
    json::Value attributes = json::Object();
    for (const schema::TopicAttribute& attribute : message.attributes) {
        json::Value& shown = attributes[attribute.name];
        const bool is_binary = attribute.type.starts_with("Binary");
        shown["Type"] = attribute.type;
        shown["Value"] = is_binary ? to_base64(attribute.value) : attribute.value;
    }
    json::Value record = json::Object();
    record["EventSource"] = "aws:sns";
    record["EventVersion"] = "1.0";
    record["EventSubscriptionArn"] = context.subscription.arn;
    json::Value& sns = record["Sns"];
    sns["Type"] = std::string(type_name(message.type));
    sns["MessageId"] = message.message_id;
    sns["TopicArn"] = context.topic.arn;
    sns["Subject"] = json::Value();
    if (context.has_subject()) sns["Subject"] = message.subject;
    sns["Message"] = context.text;
    sns["Timestamp"] = format_iso8601_millis(message.time);
    sns["SignatureVersion"] = std::to_string(context.topic.signature_version);
    sns["Signature"] = signature_text;
    sns["SigningCertUrl"] = options_.public_url + '/' + certificate_name();
    sns["UnsubscribeUrl"] = unsubscribe_url(context);
    sns["MessageAttributes"] = std::move(attributes);
    json::Value event = json::Object();
    event["Records"] = json::Value::Array{std::move(record)};
    return json::write(event);
}

Result<std::string> NotificationWriter::queue_body(const schema::TopicMessage& message,
                                                   const Topic& topic,
                                                   const Subscription& subscription) {
    Context context{message, topic, subscription, text_in(message, topic, subscription)};
    if (subscription.protocol == "lambda") return function_event(context);
    if (subscription.is_raw && context.is_notification()) return std::move(context.text);
    return envelope(context);
}

Result<OutboundMessage> NotificationWriter::outbound(const schema::TopicMessage& message,
                                                     const Topic& topic,
                                                     const Subscription& subscription) {
    const Context context{message, topic, subscription, text_in(message, topic, subscription)};
    const std::string& protocol = subscription.protocol;
    if (protocol == "http" || protocol == "https") return webhook(context);
    if (protocol == "email" || protocol == "email-json") return mail(context);
    if (protocol == "sms") return sms(context);
    return fail(ErrorCode::invalid_argument, "nothing is sent out by protocol " + protocol);
}

Result<OutboundMessage> NotificationWriter::webhook(const Context& context) {
    const Subscription& subscription = context.subscription;
    const bool is_raw = subscription.is_raw && context.is_notification();
    HttpRequest request;
    request.url = subscription.endpoint;
    const auto add = [&request](std::string_view name, std::string_view value) {
        request.headers.emplace_back(name, value);
    };
    add("x-amz-sns-message-type", type_name(context.message.type));
    add("x-amz-sns-message-id", context.message.message_id);
    add("x-amz-sns-topic-arn", context.topic.arn);
    if (context.message.type != TopicMessageType::subscription_confirmation) {
        add("x-amz-sns-subscription-arn", subscription.arn);
    }
    if (is_raw) add("x-amz-sns-rawdelivery", "true");
    const std::string& type = subscription.delivery_policy.content_type;
    add("Content-Type", type.empty() ? default_content_type : std::string_view(type));
    add("User-Agent", user_agent);
    add("Accept-Encoding", "gzip,deflate");
    if (is_raw) {
        request.body = context.text;
    } else {
        ONPUT_TRY(request.body, envelope(context));
    }
    return request;
}

Result<OutboundMessage> NotificationWriter::mail(const Context& context) {
    MailParts parts;
    parts.from_name = context.topic.display_name;
    parts.from = options_.mail_from;
    parts.to = context.subscription.endpoint;
    parts.date = context.message.time;
    // From the message alone, so that a mail sent twice is recognised.
    parts.message_id = context.message.message_id + '@' +
                       options_.mail_from.substr(options_.mail_from.find('@') + 1);
    parts.headers = {{"x-amz-sns-message-id", context.message.message_id},
                     {"x-amz-sns-topic-arn", context.topic.arn}};
    switch (context.message.type) {
        case TopicMessageType::notification: {
            const std::string link = unsubscribe_url(context);
            const std::string& subject = context.message.subject;
            parts.subject = subject.empty() ? default_subject : std::string_view(subject);
            parts.headers.emplace_back("List-Unsubscribe", '<' + link + '>');
            parts.body = context.text +
                         "\n\n--\nIf you wish to stop receiving notifications from this topic, "
                         "please click or visit the link below to unsubscribe:\n" +
                         link + "\n";
            break;
        }
        case TopicMessageType::subscription_confirmation:
            parts.subject = "AWS Notification - Subscription Confirmation";
            parts.body = "You have chosen to subscribe to the topic:\n" + context.topic.arn +
                         "\n\nTo confirm this subscription, click or visit the link below (If "
                         "this was in error no action is necessary):\n" +
                         subscribe_url(context) + "\n";
            break;
        case TopicMessageType::unsubscribe_confirmation:
            parts.subject = "AWS Notification - Unsubscribe Confirmation";
            parts.body = "Your subscription to the topic below has been deactivated:\n" +
                         context.topic.arn +
                         "\n\nIf this was not intended, click or visit the link below to "
                         "subscribe again:\n" +
                         subscribe_url(context) + "\n";
            break;
    }
    if (context.subscription.protocol == "email-json") {
        ONPUT_TRY(parts.body, envelope(context));
    }
    ONPUT_TRY(std::string text, format_mail(parts));
    return Mail{.from = parts.from, .to = parts.to, .text = std::move(text)};
}

Result<OutboundMessage> NotificationWriter::sms(const Context& context) const {
    if (options_.sms_url.empty()) {
        return fail(ErrorCode::invalid_argument, "no SMS gateway is configured");
    }
    if (!context.is_notification()) {
        return fail(ErrorCode::invalid_argument, "an SMS subscription is not confirmed");
    }
    HttpRequest request;
    request.url = options_.sms_url;
    request.is_to_operator = true;
    request.headers = {{"Content-Type", "application/json"}};
    if (!options_.sms_authorization.empty()) {
        request.headers.emplace_back("Authorization", options_.sms_authorization);
    }
    request.body =
        json::write(json::Object{{"to", context.subscription.endpoint},
                                 {"from", options_.sms_from},
                                 {"message", first_characters(context.text, sms_characters_max)},
                                 {"message_id", context.message.message_id}});
    return request;
}

std::string shown_endpoint(const Subscription& subscription) {
    const std::string& endpoint = subscription.endpoint;
    if (!is_http_url(endpoint)) return endpoint;
    const std::size_t authority = endpoint.find("://") + 3;
    const std::string_view bare =
        std::string_view(endpoint).substr(0, endpoint.find_first_of("?#"));
    const std::size_t path = std::min(bare.find('/', authority), bare.size());
    const std::size_t user = bare.substr(0, path).rfind('@');
    const std::size_t host = user == std::string_view::npos ? authority : user + 1;
    return std::string(bare.substr(0, authority)) + std::string(bare.substr(host));
}

}  // namespace onput::notifier
