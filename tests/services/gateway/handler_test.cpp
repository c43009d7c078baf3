// What happens to a request before an operation sees it.
#include "common/schema/access_keys.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/storage_objects.hpp"
#include "tests/services/gateway/sns/gateway_harness.hpp"

namespace onput::gateway {
namespace {

class HandlerTest : public GatewayTest {
protected:
    using GatewayTest::GatewayTest;

    struct Signed {
        std::string method = "GET";
        std::string path = "/";
        std::string query{};
        std::string service = "s3";
        std::string key = "test";
        std::string headers{};  // Not signed.
    };
    // A head without its blank line, signed for an empty body.
    static std::string head_of(const Signed& wanted) {
        const std::string hash = to_hex(Digest::of(DigestAlgorithm::sha256, ""));
        auth::Signer signer(
            {.access_key = wanted.key, .secret = "test", .service = wanted.service});
        const std::vector<auth::Header> headers{{"host", "localhost"}};
        const auto parameters = parse_query(wanted.query).value();
        const auto made = signer.sign(
            {.method = wanted.method, .path = wanted.path, .query = parameters, .headers = headers},
            hash, wall_now());
        std::string head = wanted.method + " " + wanted.path;
        if (!wanted.query.empty()) head += "?" + wanted.query;
        head += " HTTP/1.1\r\nHost: localhost\r\nx-amz-date: " + made->amz_date +
                "\r\nAuthorization: " + made->authorization + "\r\n" + wanted.headers;
        if (!made->content_sha256.empty())
            head += "x-amz-content-sha256: " + made->content_sha256 + "\r\n";
        return head;
    }
    http::Answer ask(const Signed& wanted) { return send(head_of(wanted) + "\r\n"); }

    double metric(const std::string& name) {
        const std::string body = get("/_onput/metrics").body;
        const auto at = body.find("\n" + name + " ");
        EXPECT_NE(at, std::string::npos) << name << body;
        return at == std::string::npos ? -1 : std::stod(body.substr(at + name.size() + 2));
    }
};

TEST_F(HandlerTest, a_parameter_that_is_there_twice_is_refused) {
    for (const char* query :
         {"prefix=a&prefix=b", "prefix=a&%70refix=b", "versionId=a&VersionId=b"}) {
        const auto answer = ask({.path = "/b", .query = query});
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_TRUE(answer.body.contains("is there twice")) << answer.body;
    }
    EXPECT_EQ(call("ListTopics", "&NextToken=a&NextToken=b").status, 400);
    EXPECT_EQ(get("/?Action=Unsubscribe&SubscriptionArn=a&Action=ListTopics").status, 400);
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(HandlerTest, a_signature_is_for_one_service) {
    EXPECT_TRUE(ask({.service = "nowhere"}).body.contains("<Code>AuthorizationHeaderMalformed"));
    const auto answer = ask({.method = "POST",
                             .service = "sns",
                             .headers = "X-Amz-Target: AmazonSQS.ListQueues\r\n"
                                        "Content-Type: application/x-amz-json-1.0\r\n"});
    EXPECT_TRUE(answer.status == 400 || answer.status == 403);
    EXPECT_EQ(gateway.request_count(), 0U);
}

TEST_F(HandlerTest, a_body_is_not_read_for_who_cannot_be_right) {
    // None of these sends its body: an answer shows that it was not waited for.
    const std::string form =
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n";
    const std::string anonymous = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    EXPECT_EQ(send(anonymous + form).status, 403);
    EXPECT_EQ(send(anonymous + "X-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length: 100\r\n\r\n")
                  .status,
              403);
    gateway.set_answer(schema::ResolveIdentity::method,
                       fail(ErrorCode::not_found, "no such key", "NoSuchEntity"));
    const auto unknown =
        send(head_of({.method = "POST", .service = "sns", .key = "unknown"}) + form);
    EXPECT_EQ(unknown.status, 403);
    EXPECT_TRUE(unknown.body.contains("InvalidClientTokenId")) << unknown.body;
    std::string late = head_of({.method = "POST", .service = "sns"});
    const auto date = late.find("x-amz-date: ") + 12;
    const auto scope = late.find("/20", late.find("Credential=")) + 1;
    late.replace(date, 8, "20200101");
    late.replace(scope, 8, "20200101");
    EXPECT_EQ(send(late + form).status, 403);
}

TEST_F(HandlerTest, an_anonymous_body_in_chunks_ends_at_its_limit) {
    const std::string piece(8000, 'x');
    std::string request =
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 3; ++i) request += "1f40\r\n" + piece + "\r\n";
    EXPECT_EQ(send(request).status, 403);
}

TEST_F(HandlerTest, a_security_token_that_nobody_issued_is_refused) {
    const auto answer = ask({.query = "X-Amz-Security-Token=a"});
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.contains("<Code>InvalidToken</Code>")) << answer.body;
}

TEST_F(HandlerTest, errors_count_what_failed_here) {
    EXPECT_EQ(ask({.path = "/b", .query = "metadataTable"}).status, 501);
    EXPECT_EQ(call("ListTopics", "&NextToken=a&NextToken=b").status, 400);
    EXPECT_EQ(metric("onput_http_errors_total"), 0);
    EXPECT_EQ(call("ListTopics").status, 500);
    EXPECT_EQ(metric("onput_http_errors_total"), 1);
}

class AbsentStorage : public HandlerTest {
protected:
    AbsentStorage() : HandlerTest(PlayedGateway::Setup{.storage_is_away = true}) {}
};

TEST_F(AbsentStorage, a_service_that_is_away_fails_requests_at_once) {
    // Each answer has `patience`, a third of the time that a service has for one.
    for (int i = 0; i < 3; ++i) {
        const auto answer = ask({.path = "/b/k"});
        EXPECT_EQ(answer.status, 503);
        EXPECT_TRUE(answer.body.contains("<Code>ServiceUnavailable</Code>")) << answer.body;
    }
    EXPECT_EQ(metric("onput_http_errors_total"), 3);
}

class DevelopmentKeys : public HandlerTest {
protected:
    DevelopmentKeys() : HandlerTest(setup()) {}
    static PlayedGateway::Setup setup() {
        PlayedGateway::Setup setup;
        setup.config.development_keys = true;
        return setup;
    }
};

TEST_F(DevelopmentKeys, a_foreign_host_is_refused_everywhere) {
    for (const char* target : {"/", "/b/k", "/_onput/livez", "/?Action=ListTopics"}) {
        const auto answer =
            send(std::string("GET ") + target + " HTTP/1.1\r\nHost: evil.example:4566\r\n\r\n");
        EXPECT_EQ(answer.status, 403) << target;
        EXPECT_TRUE(answer.body.contains("evil.example:4566 is foreign")) << answer.body;
    }
    EXPECT_NE(get("/_onput/livez").status, 403);
}

TEST_F(DevelopmentKeys, a_page_of_another_site_is_refused_although_it_signs) {
    notifier_answers<schema::ListTopics>({});
    const Signed good{.query = "Action=ListTopics&Version=2010-03-31", .service = "sns"};
    EXPECT_EQ(ask(good).status, 200);
    for (const char* header :
         {"Sec-Fetch-Site: cross-site\r\n", "Origin: http://evil.example\r\n"}) {
        Signed foreign = good;
        foreign.headers = header;
        EXPECT_EQ(ask(foreign).status, 403) << header;
    }
    EXPECT_EQ(gateway.request_count(), 1U);
}

constexpr std::string_view cors_document =
    "<CORSConfiguration><CORSRule><AllowedOrigin>http://app.example</AllowedOrigin>"
    "<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>"
    "</CORSRule></CORSConfiguration>";

TEST_F(DevelopmentKeys, a_page_of_another_site_may_what_the_rules_of_the_bucket_allow) {
    notifier_answers<schema::FindBucketConfiguration>(
        {.owner_account = "", .region = "", .document = std::string(cors_document)});
    const auto status_of = [this](Signed wanted, const std::string& origin) {
        wanted.headers += "Sec-Fetch-Site: cross-site\r\n";
        if (!origin.empty()) wanted.headers += "Origin: " + origin + "\r\n";
        return ask(wanted).status;
    };
    // Nobody plays the operation itself: it ends in 500.
    EXPECT_EQ(status_of({.path = "/b/k"}, "http://app.example"), 500);
    EXPECT_EQ(status_of({.path = "/b/k"}, "http://evil.example"), 403);
    EXPECT_EQ(status_of({.path = "/b/k"}, ""), 403);
    EXPECT_EQ(status_of({.method = "DELETE", .path = "/b/k"}, "http://app.example"), 403);
    EXPECT_EQ(status_of({.method = "PUT", .path = "/b", .query = "cors"}, "http://app.example"),
              403);
    EXPECT_EQ(status_of({.path = "/"}, "http://app.example"), 403);
    EXPECT_EQ(
        status_of({.method = "PUT", .path = "/b/k", .headers = "x-amz-copy-source: /other/k\r\n"},
                  "http://app.example"),
        403);
}

TEST_F(HandlerTest, errors_too_are_readable_by_the_pages_of_an_allowed_origin) {
    notifier_answers<schema::FindBucketConfiguration>(
        {.owner_account = "", .region = "", .document = std::string(cors_document)});
    const auto answer =
        ask({.path = "/b/k", .key = "unknown", .headers = "Origin: http://app.example\r\n"});
    EXPECT_TRUE(answer.says("Access-Control-Allow-Origin: http://app.example")) << answer.head;
    EXPECT_TRUE(
        answer.says("Vary: Origin, Access-Control-Request-Headers, "
                    "Access-Control-Request-Method"))
        << answer.head;
    const auto other = ask({.path = "/b/k", .headers = "Origin: http://evil.example\r\n"});
    EXPECT_FALSE(other.head.contains("Access-Control-")) << other.head;
    EXPECT_EQ(ask({.path = "/b/k", .headers = "Origin: a\r\norigin: b\r\n"}).status, 400);
}

TEST_F(HandlerTest, a_request_without_an_origin_asks_for_no_rules) {
    static_cast<void>(ask({.path = "/b/k"}));
    EXPECT_EQ(gateway.request_count(), 1U);
}

TEST_F(HandlerTest, a_preflight_is_answered_without_a_signature_and_without_the_key) {
    notifier_answers<schema::FindBucketConfiguration>(
        {.owner_account = "", .region = "", .document = std::string(cors_document)});
    const std::string head =
        "OPTIONS /b/k HTTP/1.1\r\nHost: localhost\r\nOrigin: http://app.example\r\n"
        "Access-Control-Request-Method: ";
    const auto allowed = send(head + "PUT\r\n\r\n");
    EXPECT_EQ(allowed.status, 200);
    EXPECT_TRUE(allowed.says("Access-Control-Allow-Methods: GET, PUT")) << allowed.head;
    const auto refused = send(head + "DELETE\r\n\r\n");
    EXPECT_EQ(refused.status, 403);
    EXPECT_TRUE(refused.body.contains("<Code>AccessForbidden</Code><Message>CORSResponse: This"));
    EXPECT_TRUE(refused.body.contains("<Method>DELETE</Method><ResourceType>OBJECT</ResourceType>"))
        << refused.body;
    notifier_answers<schema::FindBucketConfiguration>({});
    EXPECT_TRUE(send(head + "PUT\r\n\r\n")
                    .body.contains("CORSResponse: CORS is not enabled for this bucket."));
    notifier_refuses<schema::FindBucketConfiguration>(ErrorCode::not_found, "", "no_such_bucket");
    EXPECT_EQ(send(head + "PUT\r\n\r\n").status, 404);
}

TEST_F(DevelopmentKeys, the_link_of_a_confirmation_may_be_followed_from_a_web_mail) {
    notifier_answers<schema::ConfirmSubscription>({.arn = "s", .topic_arn = "t"});
    const std::string line = "GET /?Action=ConfirmSubscription&TopicArn=a&Token=t HTTP/1.1\r\n";
    EXPECT_EQ(send(line + "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n").status, 200);
}

}  // namespace
}  // namespace onput::gateway
