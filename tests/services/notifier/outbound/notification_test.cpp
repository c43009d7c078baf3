#include "services/notifier/outbound/notification.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/encoding.hpp"

namespace onput::notifier {
namespace {

using Json = nlohmann::ordered_json;
using schema::TopicMessage;
using schema::TopicMessageType;

const RsaKey& key() {
    static const RsaKey made =
        *RsaKey::generate({.common_name = "sns.us-east-1.onput", .not_before = from_seconds(0)});
    return made;
}

NotificationOptions options() {
    return {.public_url = "https://onput.example:4566/",
            .mail_from = "onput@example.com",
            .sms_url = "http://sms.example/send",
            .sms_from = "Onput",
            .sms_authorization = "Bearer secret"};
}

class NotificationTest : public testing::Test {
protected:
    NotificationTest() {
        topic.arn = "arn:aws:sns:us-east-1:000000000000:media";
        subscription.arn = topic.arn + ":5be5f5f7-26c4-47ec-8998-413945fb5a96";
        subscription.topic_arn = topic.arn;
        message.event_id = std::string(32, 'a');
        message.message_id = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324";
        message.topic_arn = topic.arn;
        message.subject = "My First Message";
        message.message = "Hello \"world\"!\nSecond line: ü";
        message.time = *parse_iso8601("2026-05-02T00:54:06.655Z");
        subscribe("https", "https://user:secret@hooks.example/in?key=1");
    }
    void subscribe(const std::string& protocol, const std::string& endpoint) {
        subscription.protocol = protocol;
        subscription.endpoint = endpoint;
    }
    void make_confirmation(TopicMessageType type) {
        message.type = type;
        message.subject.clear();
        message.message.clear();
        subscription.token = "2336412f37fb687f";
    }
    HttpRequest http() { return get<HttpRequest>(*writer.outbound(message, topic, subscription)); }
    Mail mail() { return get<Mail>(*writer.outbound(message, topic, subscription)); }
    Json envelope() { return Json::parse(*writer.queue_body(message, topic, subscription)); }

    static std::string header(const HttpRequest& request, std::string_view name) {
        for (const auto& [key, value] : request.headers) {
            if (key == name) return value;
        }
        return "none";
    }
    // What SNS's guide says is signed, from what a subscriber sees.
    static bool is_signed(const Json& json, const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& name : names) text += name + '\n' + std::string(json[name]) + '\n';
        const auto algorithm =
            json["SignatureVersion"] == "2" ? DigestAlgorithm::sha256 : DigestAlgorithm::sha1;
        return *key().verify(algorithm, text, *from_base64(std::string(json["Signature"])));
    }
    static std::vector<std::string> names_of(const Json& json) {
        std::vector<std::string> names;
        for (const auto& [name, value] : json.items()) names.push_back(name);
        return names;
    }

    Topic topic;
    Subscription subscription;
    TopicMessage message;
    NotificationWriter writer{options(), key()};
};

TEST_F(NotificationTest, a_notification_has_snss_fields_in_its_order) {
    message.attributes = {{"size", "Number", "7"}, {"raw", "Binary", "\xFF\x01"}};
    const Json json = Json::parse(http().body);
    EXPECT_EQ(names_of(json),
              (std::vector<std::string>{"Type", "MessageId", "TopicArn", "Subject", "Message",
                                        "Timestamp", "SignatureVersion", "Signature",
                                        "SigningCertURL", "UnsubscribeURL", "MessageAttributes"}));
    EXPECT_EQ(json["Type"], "Notification");
    EXPECT_EQ(json["MessageId"], message.message_id);
    EXPECT_EQ(json["TopicArn"], topic.arn);
    EXPECT_EQ(json["Subject"], message.subject);
    EXPECT_EQ(json["Message"], message.message);
    EXPECT_EQ(json["Timestamp"], "2026-05-02T00:54:06.655Z");
    EXPECT_EQ(json["SignatureVersion"], "1");
    EXPECT_EQ(json["SigningCertURL"], "https://onput.example:4566/SimpleNotificationService-" +
                                          key().fingerprint() + ".pem");
    EXPECT_EQ(json["UnsubscribeURL"],
              "https://onput.example:4566/?Action=Unsubscribe&SubscriptionArn=" + subscription.arn);
    EXPECT_EQ(json["MessageAttributes"], Json::parse(R"({"size":{"Type":"Number","Value":"7"},
                              "raw":{"Type":"Binary","Value":"/wE="}})"));
}

TEST_F(NotificationTest, both_signature_versions_verify) {
    const std::vector<std::string> names{"Message",   "MessageId", "Subject",
                                         "Timestamp", "TopicArn",  "Type"};
    EXPECT_TRUE(is_signed(envelope(), names));
    topic.signature_version = 2;
    const Json second = envelope();
    EXPECT_EQ(second["SignatureVersion"], "2");
    EXPECT_TRUE(is_signed(second, names));
    Json changed = second;
    changed["Message"] = "another";
    EXPECT_FALSE(is_signed(changed, names));
}

TEST_F(NotificationTest, a_message_without_subject_or_attributes_shows_neither) {
    message.subject.clear();
    const Json json = envelope();
    EXPECT_FALSE(json.contains("Subject"));
    EXPECT_FALSE(json.contains("MessageAttributes"));
    EXPECT_TRUE(is_signed(json, {"Message", "MessageId", "Timestamp", "TopicArn", "Type"}));
}

TEST_F(NotificationTest, a_confirmation_carries_token_and_link_and_signs_them) {
    make_confirmation(TopicMessageType::subscription_confirmation);
    subscription.is_raw = true;  // A confirmation is an envelope all the same.
    const HttpRequest request = http();
    EXPECT_EQ(header(request, "x-amz-sns-message-type"), "SubscriptionConfirmation");
    EXPECT_EQ(header(request, "x-amz-sns-subscription-arn"), "none");
    EXPECT_EQ(header(request, "x-amz-sns-rawdelivery"), "none");
    const Json json = Json::parse(request.body);
    EXPECT_EQ(names_of(json),
              (std::vector<std::string>{"Type", "MessageId", "Token", "TopicArn", "Message",
                                        "SubscribeURL", "Timestamp", "SignatureVersion",
                                        "Signature", "SigningCertURL"}));
    EXPECT_EQ(json["SubscribeURL"],
              "https://onput.example:4566/?Action=ConfirmSubscription&TopicArn=" + topic.arn +
                  "&Token=2336412f37fb687f");
    EXPECT_TRUE(is_signed(
        json, {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}));
}

TEST_F(NotificationTest, an_unsubscribe_confirmation_tells_how_to_come_back) {
    make_confirmation(TopicMessageType::unsubscribe_confirmation);
    const HttpRequest request = http();
    EXPECT_EQ(header(request, "x-amz-sns-message-type"), "UnsubscribeConfirmation");
    EXPECT_EQ(header(request, "x-amz-sns-subscription-arn"), subscription.arn);
    const Json json = Json::parse(request.body);
    EXPECT_EQ(json["Type"], "UnsubscribeConfirmation");
    EXPECT_TRUE(is_signed(
        json, {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}));
}

TEST_F(NotificationTest, a_webhook_gets_snss_headers) {
    const HttpRequest request = http();
    EXPECT_EQ(request.url, subscription.endpoint);
    EXPECT_FALSE(request.is_to_operator);
    using Header = std::pair<std::string, std::string>;
    EXPECT_EQ(request.headers, (std::vector<Header>{
                                   {"x-amz-sns-message-type", "Notification"},
                                   {"x-amz-sns-message-id", message.message_id},
                                   {"x-amz-sns-topic-arn", topic.arn},
                                   {"x-amz-sns-subscription-arn", subscription.arn},
                                   {"Content-Type", "text/plain; charset=UTF-8"},
                                   {"User-Agent", "Amazon Simple Notification Service Agent"},
                                   {"Accept-Encoding", "gzip,deflate"},
                               }));
}

TEST_F(NotificationTest, a_raw_webhook_gets_the_bare_text_and_its_own_content_type) {
    subscription.is_raw = true;
    subscription.delivery_policy.content_type = "application/json";
    const HttpRequest request = http();
    EXPECT_EQ(request.body, message.message);
    EXPECT_EQ(header(request, "x-amz-sns-rawdelivery"), "true");
    EXPECT_EQ(header(request, "Content-Type"), "application/json");
}

TEST_F(NotificationTest, a_raw_queue_gets_the_bare_text) {
    subscribe("sqs", "arn:aws:sqs:us-east-1:000000000000:q");
    subscription.is_raw = true;
    EXPECT_EQ(writer.queue_body(message, topic, subscription), message.message);
}

TEST_F(NotificationTest, a_function_gets_an_event_with_one_record) {
    subscribe("lambda", "arn:aws:lambda:us-east-1:000000000000:function:f");
    subscription.is_raw = true;
    message.attributes = {{.name = "color", .type = "String", .value = "red"},
                          {.name = "bytes", .type = "Binary", .value = "\x01"}};
    const Json event = Json::parse(*writer.queue_body(message, topic, subscription));
    ASSERT_EQ(event["Records"].size(), 1U);
    const Json& record = event["Records"][0];
    EXPECT_EQ(record["EventSource"], "aws:sns");
    EXPECT_EQ(record["EventVersion"], "1.0");
    EXPECT_EQ(record["EventSubscriptionArn"], subscription.arn);
    const Json& sns = record["Sns"];
    EXPECT_EQ(sns["Type"], "Notification");
    EXPECT_EQ(sns["Message"], message.message);
    EXPECT_EQ(sns["Subject"], message.subject);
    EXPECT_EQ(sns["TopicArn"], topic.arn);
    EXPECT_TRUE(sns.contains("SigningCertUrl"));
    EXPECT_TRUE(sns.contains("UnsubscribeUrl"));
    EXPECT_EQ(sns["MessageAttributes"]["color"], (Json{{"Type", "String"}, {"Value", "red"}}));
    EXPECT_EQ(sns["MessageAttributes"]["bytes"]["Value"], "AQ==");
    message.subject.clear();
    const Json without = Json::parse(*writer.queue_body(message, topic, subscription));
    EXPECT_TRUE(without["Records"][0]["Sns"]["Subject"].is_null());
}

TEST_F(NotificationTest, a_structured_message_says_to_each_protocol_its_own) {
    message.is_structured = true;
    message.message = R"({"default": "d", "email": "e", "sqs": {"not": "text"}})";
    EXPECT_EQ(NotificationWriter::text_for(message, "email"), "e");
    EXPECT_EQ(NotificationWriter::text_for(message, "sms"), "d");
    EXPECT_EQ(NotificationWriter::text_for(message, "sqs"), "d");
    const Json json = envelope();
    EXPECT_EQ(json["Message"], "d");
    EXPECT_TRUE(
        is_signed(json, {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}));
    // Another text is another signature, although it is the same message.
    subscription.protocol = "email";
    const Json other = envelope();
    EXPECT_EQ(other["Message"], "e");
    EXPECT_TRUE(
        is_signed(other, {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}));

    message.message = "no JSON";
    EXPECT_EQ(NotificationWriter::text_for(message, "email"), "no JSON");
}

TEST_F(NotificationTest, the_same_message_gives_the_same_bytes) {
    const std::string first = http().body;
    for (std::size_t i = 0; i <= signatures_kept_max; ++i) {
        TopicMessage other = message;
        other.message_id = std::to_string(i);
        ASSERT_TRUE(writer.outbound(other, topic, subscription));
    }
    EXPECT_EQ(http().body, first);
    EXPECT_EQ((NotificationWriter(options(), key()).queue_body(message, topic, subscription)),
              first);
}

TEST_F(NotificationTest, a_mail_has_the_text_and_a_way_out) {
    subscribe("email", "ada@example.org");
    topic.display_name = "Media";
    const Mail sent = mail();
    EXPECT_EQ(sent.from, "onput@example.com");
    EXPECT_EQ(sent.to, "ada@example.org");
    EXPECT_TRUE(
        sent.text.starts_with("From: \"Media\" <onput@example.com>\r\n"
                              "To: <ada@example.org>\r\n"
                              "Subject: My First Message\r\n"
                              "Date: Sat, 02 May 2026 00:54:06 +0000\r\n"
                              "Message-ID: <" +
                              message.message_id + "@example.com>\r\n"))
        << sent.text;
    EXPECT_NE(sent.text.find("\r\nList-Unsubscribe: "
                             "<https://onput.example:4566/?Action=Unsubscribe&SubscriptionArn=" +
                             subscription.arn + ">\r\n"),
              std::string::npos);
    EXPECT_NE(sent.text.find("\r\n\r\nHello \"world\"!\r\nSecond line: =C3=BC\r\n\r\n--\r\n"),
              std::string::npos);
    message.subject.clear();
    EXPECT_NE(mail().text.find("\r\nSubject: AWS Notification Message\r\n"), std::string::npos);
}

TEST_F(NotificationTest, a_confirmation_mail_has_the_link) {
    subscribe("email", "ada@example.org");
    make_confirmation(TopicMessageType::subscription_confirmation);
    const std::string text = mail().text;
    EXPECT_NE(text.find("\r\nSubject: AWS Notification - Subscription Confirmation\r\n"),
              std::string::npos);
    EXPECT_NE(text.find("https://onput.example:4566/?Action=3DConfirmSubscription"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("List-Unsubscribe"), std::string::npos);
}

TEST_F(NotificationTest, a_json_mail_is_the_envelope) {
    subscribe("email-json", "ada@example.org");
    const std::string text = mail().text;
    EXPECT_NE(text.find("\r\n\r\n{\r\n  \"Type\" : \"Notification\",\r\n"), std::string::npos)
        << text;
    EXPECT_TRUE(text.ends_with("}\r\n"));
}

TEST_F(NotificationTest, a_text_goes_to_the_operators_gateway_cut_to_its_length) {
    subscribe("sms", "+15550100");
    message.message = std::string("é");
    for (std::size_t i = 0; i < sms_characters_max; ++i) message.message += "ü";
    const HttpRequest request = http();
    EXPECT_EQ(request.url, "http://sms.example/send");
    EXPECT_TRUE(request.is_to_operator);
    EXPECT_EQ(header(request, "Authorization"), "Bearer secret");
    EXPECT_EQ(header(request, "Content-Type"), "application/json");
    const Json json = Json::parse(request.body);
    EXPECT_EQ(json["to"], "+15550100");
    EXPECT_EQ(json["from"], "Onput");
    EXPECT_EQ(json["message_id"], message.message_id);
    EXPECT_EQ(json["message"].get<std::string>().size(), 2 * sms_characters_max);
}

TEST_F(NotificationTest, what_can_never_be_sent_says_why) {
    const auto fault = [&] {
        const auto result = writer.outbound(message, topic, subscription);
        EXPECT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
        return result.error().message;
    };
    subscribe("email", "ada@example.org\r\nRCPT TO:<x@y>");
    EXPECT_EQ(fault(), "the recipient is no mail address");
    subscribe("carrier-pigeon", "Martha");
    EXPECT_EQ(fault(), "nothing is sent out by protocol carrier-pigeon");
    subscribe("sms", "+15550100");
    make_confirmation(TopicMessageType::subscription_confirmation);
    EXPECT_EQ(fault(), "an SMS subscription is not confirmed");
    NotificationOptions without = options();
    without.sms_url.clear();
    writer = NotificationWriter(without, key());
    EXPECT_EQ(fault(), "no SMS gateway is configured");
}

TEST_F(NotificationTest, an_endpoint_is_shown_without_secrets) {
    const auto shown = [&](const std::string& protocol, const std::string& endpoint) {
        subscribe(protocol, endpoint);
        return shown_endpoint(subscription);
    };
    EXPECT_EQ(shown("https", "https://user:secret@hooks.example/in?key=1#x"),
              "https://hooks.example/in");
    EXPECT_EQ(shown("http", "http://hooks.example:8080"), "http://hooks.example:8080");
    EXPECT_EQ(shown("http", "http://a:b@c:d@hooks.example?key=/@x"), "http://hooks.example");
    EXPECT_EQ(shown("http", "http://hooks.example/@path"), "http://hooks.example/@path");
    EXPECT_EQ(shown("email", "ada@example.org"), "ada@example.org");
    EXPECT_EQ(shown("sms", "+15550100"), "+15550100");
}

TEST(NotificationOptions, every_fault_is_named) {
    EXPECT_TRUE(check_notification_options(options()).empty());
    EXPECT_TRUE(check_notification_options({}).empty());
    EXPECT_EQ(check_notification_options({.public_url = "onput.example",
                                          .mail_from = "nobody",
                                          .sms_url = "sms",
                                          .sms_from = "",
                                          .sms_authorization = "a\r\nb"})
                  .size(),
              4U);
}

}  // namespace
}  // namespace onput::notifier
