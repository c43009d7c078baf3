// A website as a browser sees it, through the whole gateway.
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/storage_objects.hpp"
#include "tests/services/gateway/sns/gateway_harness.hpp"

namespace onput::gateway {
namespace {

constexpr std::string_view configuration =
    "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
    "<ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>";

class WebsiteTest : public GatewayTest {
protected:
    void serves(std::string_view document, std::string region = "us-east-1") {
        notifier_answers<schema::FindBucketConfiguration>({.owner_account = std::string(account),
                                                           .region = std::move(region),
                                                           .document = std::string(document)});
    }
    http::Answer visit(const std::string& target, const std::string& method = "GET",
                       const std::string& headers = {},
                       const std::string& host = "b.s3-website.localhost:4566") {
        return send(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers +
                    "\r\n");
    }
};

TEST_F(WebsiteTest, an_index_is_shown_for_a_folder_without_a_signature) {
    serves(configuration);
    notifier_answers<schema::GetObject>({.object = {.etag = "e", .content_type = "text/html"}});
    const auto answer = visit("/docs/?x=1");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.says("Content-Type: text/html")) << answer.head;
    EXPECT_EQ(asked<schema::GetObject>().key, "docs/index.html");
    EXPECT_EQ(gateway.last_request().header.principal.account, "");
}

TEST_F(WebsiteTest, a_signature_shows_nothing_more) {
    serves(configuration);
    notifier_answers<schema::GetObject>({.object = {.etag = "e"}});
    EXPECT_EQ(visit("/k", "GET", signature_of("")).status, 200);
    EXPECT_EQ(gateway.last_request().header.principal.account, "");
}

TEST_F(WebsiteTest, an_object_that_redirects_is_a_redirect) {
    serves(configuration);
    notifier_answers<schema::GetObject>(
        {.object = {.etag = "e", .website_redirect = "https://other.example/x"}});
    const auto answer = visit("/k");
    EXPECT_EQ(answer.status, 301);
    EXPECT_TRUE(answer.says("Location: https://other.example/x")) << answer.head;
}

TEST_F(WebsiteTest, a_folder_without_its_slash_is_found_by_its_index) {
    serves(configuration);
    notifier_refuses<schema::GetObject>(ErrorCode::not_found, "", "no_such_key");
    notifier_answers<schema::HeadObject>({});
    const auto answer = visit("/docs");
    EXPECT_EQ(answer.status, 302);
    EXPECT_TRUE(answer.says("Location: /docs/")) << answer.head;
    EXPECT_EQ(asked<schema::HeadObject>().key, "docs/index.html");
}

TEST_F(WebsiteTest, an_error_that_cannot_be_dressed_is_shown_in_html) {
    serves(configuration);
    notifier_refuses<schema::GetObject>(ErrorCode::not_found, "", "no_such_key");
    notifier_refuses<schema::HeadObject>(ErrorCode::not_found, "", "no_such_key");
    const auto answer = visit("/%3Cscript%3E");
    EXPECT_EQ(answer.status, 404);
    EXPECT_TRUE(answer.body.starts_with("<html><head><title>404 Not Found</title>")) << answer.body;
    EXPECT_TRUE(answer.body.contains("<li>Key: &lt;script&gt;</li>")) << answer.body;
    EXPECT_TRUE(answer.body.contains("Custom Error Document")) << answer.body;
    EXPECT_EQ(asked<schema::GetObject>().key, "error.html");
}

TEST_F(WebsiteTest, what_is_no_website_says_why) {
    serves("");
    auto answer = visit("/");
    EXPECT_EQ(answer.status, 404);
    EXPECT_TRUE(answer.body.contains("NoSuchWebsiteConfiguration")) << answer.body;
    notifier_refuses<schema::FindBucketConfiguration>(ErrorCode::not_found, "", "no_such_bucket");
    answer = visit("/");
    EXPECT_EQ(answer.status, 404);
    EXPECT_TRUE(answer.body.contains("<li>Code: NoSuchBucket</li>")) << answer.body;
    EXPECT_TRUE(answer.body.contains("<li>BucketName: b</li>")) << answer.body;
    serves(configuration, "eu-west-1");
    answer = visit("/", "GET", "", "b.s3-website-us-west-2.localhost");
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(answer.body.contains("Endpoint: b.s3-website-eu-west-1.localhost")) << answer.body;
}

TEST_F(WebsiteTest, only_get_and_head_are_served) {
    serves(configuration);
    for (const char* method : {"PUT", "POST", "DELETE", "PATCH"}) {
        const auto answer = visit("/k", method, "Content-Length: 0\r\n");
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_TRUE(answer.says("Allow: GET, HEAD")) << answer.head;
    }
    EXPECT_EQ(gateway.request_count(), 0U);
    notifier_answers<schema::HeadObject>({.size_bytes = 7, .etag = "e"});
    const auto head = visit("/k", "HEAD");
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.says("Content-Length: 7")) << head.head;
}

TEST_F(WebsiteTest, paths_of_the_gateway_are_the_websites_own) {
    serves(configuration);
    notifier_answers<schema::GetObject>({.object = {.etag = "e"}});
    EXPECT_EQ(visit("/_onput/livez").status, 200);
    EXPECT_EQ(asked<schema::GetObject>().key, "_onput/livez");
}

TEST_F(WebsiteTest, an_unchanged_object_is_not_sent_again) {
    serves(configuration);
    gateway.set_answer(schema::GetObject::method,
                       std::unexpected(Error{.code = ErrorCode::conflict,
                                             .message = "",
                                             .reason = "not_modified",
                                             .details = {{"ETag", "e"}}}));
    http::Client client(gateway.port());
    client.send("GET /k HTTP/1.1\r\nHost: b.s3-website.localhost\r\nIf-None-Match: \"e\"\r\n\r\n");
    const auto answer = client.receive(http::Client::Body::none);
    EXPECT_EQ(answer.status, 304);
    EXPECT_TRUE(answer.says("ETag: \"e\"")) << answer.head;
    EXPECT_EQ(asked<schema::GetObject>().key, "k") << "no error document is looked for";
}

}  // namespace
}  // namespace onput::gateway
