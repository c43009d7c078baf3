// Who may ask for what: signatures, the links that subscribers follow, the certificate.
#include "common/schema/storage.hpp"
#include "common/schema/storage_objects.hpp"
#include "tests/services/gateway/sns/gateway_harness.hpp"

namespace onput::gateway {
namespace {

const std::string topic = "arn:aws:sns:us-east-1:000000000000:media";
const std::string confirm =
    "Action=ConfirmSubscription&TopicArn=" + percent_encode(topic) + "&Token=t";
const std::string unsubscribe = "Action=Unsubscribe&SubscriptionArn=s";
const std::string pem_path = "/SimpleNotificationService-0123456789abcdef.pem";

class SnsAccess : public GatewayTest {
protected:
    void SetUp() override {
        notifier_answers<schema::ConfirmSubscription>({.arn = "s", .topic_arn = topic});
        notifier_answers<schema::Unsubscribe>({});
        notifier_answers<schema::GetSigningCertificate>(
            {.name = pem_path.substr(1), .pem = "-----BEGIN CERTIFICATE-----\n"});
    }
};

TEST_F(SnsAccess, the_link_of_a_confirmation_works_unsigned) {
    const auto answer = get("/?" + confirm);
    EXPECT_EQ(result_of(answer, "ConfirmSubscription"),
              "<ConfirmSubscriptionResult><SubscriptionArn>s</SubscriptionArn>"
              "</ConfirmSubscriptionResult>");
    EXPECT_EQ(asked<schema::ConfirmSubscription>().token, "t");
    EXPECT_EQ(gateway.last_request().header.principal, schema::Principal());
}

TEST_F(SnsAccess, the_link_to_unsubscribe_works_unsigned) {
    EXPECT_EQ(result_of(get("/?" + unsubscribe), "Unsubscribe"), "");
    EXPECT_EQ(asked<schema::Unsubscribe>().arn, "s");
    EXPECT_EQ(gateway.last_request().header.principal, schema::Principal());
}

TEST_F(SnsAccess, a_subscriber_may_confirm_by_post_as_well) {
    EXPECT_EQ(post(confirm).status, 200);
    EXPECT_EQ(asked<schema::ConfirmSubscription>().token, "t");
}

TEST_F(SnsAccess, an_unsigned_confirmation_cannot_lock_others_out) {
    const auto answer = get("/?" + confirm + "&AuthenticateOnUnsubscribe=true");
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.body.contains("<Code>AuthorizationError</Code>")) << answer.body;
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsAccess, a_link_that_is_looked_at_in_advance_confirms_nothing) {
    EXPECT_EQ(get("/?" + confirm, "HEAD").status, 405);
    EXPECT_EQ(get("/?" + confirm, "DELETE").status, 405);
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsAccess, everything_else_must_be_signed) {
    for (const auto& answer :
         {get("/?Action=ListTopics"), get("/?Action=ListTopics&Version=2010-03-31"),
          post("Action=Publish&TopicArn=a&Message=m"),
          post("Action=AddPermission&Version=2010-03-31")}) {
        EXPECT_EQ(answer.status, 403);
        EXPECT_TRUE(answer.body.contains("sns.amazonaws.com")) << answer.body;
        EXPECT_TRUE(answer.body.contains("<Code>MissingAuthenticationToken</Code>")) << answer.body;
    }
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsAccess, a_wrong_signature_is_no_anonymous_caller) {
    std::string headers = signature_of(confirm);
    headers.replace(headers.find("Signature=") + 10, 4, "0000");
    const auto answer = post(confirm, headers);
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.body.contains("SignatureDoesNotMatch")) << answer.body;
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsAccess, the_signature_covers_the_body) {
    const std::string signed_for_another = signature_of("Action=ListTopics");
    const auto answer = post("Action=DeleteTopic&TopicArn=a", signed_for_another);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(SnsAccess, a_body_above_the_limit_is_refused) {
    const auto answer = post_signed(std::string(8 * 1024 * 1024 + 1, 'a'));
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.contains("<Code>InvalidParameter</Code>")) << answer.body;
}

TEST_F(SnsAccess, the_certificate_is_public_and_asked_for_once) {
    const auto answer = get(pem_path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "-----BEGIN CERTIFICATE-----\n");
    EXPECT_TRUE(answer.says("application/x-pem-file")) << answer.head;
    EXPECT_EQ(get(pem_path).status, 200);
    EXPECT_EQ(get(pem_path, "HEAD").status, 200);
    EXPECT_EQ(gateway.request_count(), 1U);
}

TEST_F(SnsAccess, another_certificate_than_the_notifiers_is_not_there) {
    EXPECT_EQ(get("/SimpleNotificationService-ffff.pem").status, 404);
    EXPECT_EQ(get(pem_path).status, 200);
}

TEST_F(SnsAccess, what_only_looks_like_a_certificate_is_an_object_and_must_be_signed) {
    notifier_refuses<schema::ListObjects>(ErrorCode::permission_denied, "Access Denied",
                                          "access_denied");
    notifier_refuses<schema::GetObject>(ErrorCode::permission_denied, "Access Denied",
                                        "access_denied");
    for (const std::string path :
         {"/SimpleNotificationService-.pem", "/SimpleNotificationService-xyz.pem",
          "/SimpleNotificationService-00.pem/a", "/a/SimpleNotificationService-00.pem"}) {
        const auto answer = get(path);
        EXPECT_EQ(answer.status, 403) << path;
        EXPECT_TRUE(answer.body.contains("AccessDenied")) << answer.body;
    }
    notifier_refuses<schema::CreateBucket>(ErrorCode::permission_denied, "Access Denied",
                                           "access_denied");
    EXPECT_EQ(get(pem_path, "PUT").status, 403);
    // Nobody is told whether there is such a bucket, and nothing else.
    EXPECT_EQ(gateway.request_count(), 5U);
}

TEST_F(SnsAccess, without_the_notifier_there_is_no_certificate_now) {
    notifier_refuses<schema::GetSigningCertificate>(ErrorCode::unavailable, "gone", "");
    EXPECT_EQ(get(pem_path).status, 503);
}

TEST_F(SnsAccess, the_notifiers_errors_have_snss_names_and_statuses) {
    notifier_refuses<schema::ListTopics>(ErrorCode::permission_denied, "User may not",
                                         "AuthorizationError");
    const auto answer = call("ListTopics");
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.body.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>"
        "<Type>Sender</Type><Code>AuthorizationError</Code><Message>User may not</Message>"
        "</Error><RequestId>"))
        << answer.body;
}

}  // namespace
}  // namespace onput::gateway
