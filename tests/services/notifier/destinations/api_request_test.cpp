#include "services/notifier/destinations/api_request.hpp"

#include <gtest/gtest.h>

#include "services/notifier/outbound/token_request.hpp"

namespace onput::notifier {
namespace {

using schema::HttpParameter;

class ApiRequestTest : public testing::Test {
protected:
    Result<HttpRequest> make(const std::string& body = R"({"n":1})") {
        const ApiCall call{
            .destination = destination, .connection = connection, .auth = auth, .rate = rate};
        return api_request(call, target, {.document = document, .body = body});
    }
    static std::string header(const HttpRequest& request, std::string_view name) {
        std::string found;
        for (const auto& [key, value] : request.headers) {
            if (key == name) found += value + ';';
        }
        return found;
    }

    std::string document = R"({"id":"e","detail":{"id":"a/b c","deep":{"x":[1]}}})";
    schema::ApiDestinationInfo destination{.endpoint = "https://api.example/orders",
                                           .http_method = "POST"};
    schema::ConnectionInfo connection{.arn = "arn:c"};
    schema::ConnectionAuth auth{.type = "BASIC", .username = "user", .password = "word"};
    schema::EventTarget target{.id = "t"};
    RateWindow rate;
};

TEST_F(ApiRequestTest, a_call_says_what_it_is_and_who_calls) {
    const auto request = make();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->url, "https://api.example/orders");
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->body, R"({"n":1})");
    EXPECT_EQ(request->timeout_ms, 5'000u);
    EXPECT_FALSE(request->is_to_operator);
    EXPECT_EQ(header(*request, "User-Agent"), "Onput/EventBridge/ApiDestinations;");
    EXPECT_EQ(header(*request, "Content-Type"), "application/json; charset=utf-8;");
    EXPECT_EQ(header(*request, "Range"), "bytes=0-1048575;");
    EXPECT_EQ(header(*request, "Authorization"), "Basic dXNlcjp3b3Jk;");
}

TEST_F(ApiRequestTest, path_parameters_take_the_places_of_the_stars_and_stay_in_their_part) {
    destination.endpoint = "https://api.example/orders/*/lines/*?a=1";
    target.http = schema::TargetHttpParameters{.path = {"$.detail.id", "7"}};
    EXPECT_EQ(make()->url, "https://api.example/orders/a%2Fb%20c/lines/7?a=1");
    target.http->path = {"7"};
    EXPECT_EQ(make().error().message, "the endpoint has 2 '*', and the target 1 path parameters");
    for (const char* bad : {"$.detail.none", "..", ".", ""}) {
        target.http->path = {"7", bad};
        EXPECT_FALSE(make()) << bad;
    }
}

TEST_F(ApiRequestTest, the_connection_s_parameters_come_before_the_target_s) {
    auth.invocation = schema::HttpParameters{
        .headers = {{.key = "x-who", .value = "connection"}},
        .query = {{.key = "key", .value = "c&d", .is_secret = true}},
        .body = {{.key = "tenant", .value = "t"}, {.key = "n", .value = "9"}}};
    target.http = schema::TargetHttpParameters{
        .headers = {{"X-Who", "target"}, {"x-id", "$.detail.id"}, {"x-none", "$.detail.none"}},
        .query = {{"key", "target"}, {"deep", "$.detail.deep"}}};
    const auto request = make();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->url, "https://api.example/orders?key=c%26d&deep=%7B%22x%22%3A%5B1%5D%7D");
    EXPECT_EQ(header(*request, "X-Who") + header(*request, "x-who"), "connection;");
    EXPECT_EQ(header(*request, "x-id"), "a/b c;");
    EXPECT_EQ(header(*request, "x-none"), "");
    EXPECT_EQ(request->body, R"({"n":"9","tenant":"t"})");
    EXPECT_EQ(make("[1]")->body, "[1]") << "members are of objects";
    EXPECT_EQ(make("no JSON")->body, "no JSON");
}

TEST_F(ApiRequestTest, url_and_headers_have_a_limit_however_large_the_event_is) {
    const std::string error = "URL and headers of the call are longer than 65536 bytes";
    document = R"({"detail":")" + std::string(api_head_bytes_max, 'x') + R"("})";
    target.http = schema::TargetHttpParameters{.headers = {{"x-a", "$.detail"}}};
    EXPECT_EQ(make().error().message, error);
    target.http = schema::TargetHttpParameters{.query = {{"a", "$.detail"}}};
    EXPECT_EQ(make().error().message, error);
    destination.endpoint = "https://api.example/*";
    target.http = schema::TargetHttpParameters{.path = {"$.detail"}};
    EXPECT_EQ(make().error().message, error);
    // All of it together counts, to the byte.
    target.http = schema::TargetHttpParameters{.path = {"p"}, .headers = {{"x-a", "1"}}};
    target.http->query["q"] = std::string(1000, 'q');
    target.http->headers["x-b"] = "";
    const std::size_t taken = destination.endpoint.size() + 1 + 4 + 1001 + 3 +
                              std::string("AuthorizationBasic dXNlcjp3b3Jk").size();
    target.http->headers["x-b"].assign(api_head_bytes_max - taken, 'b');
    const auto request = make();
    ASSERT_TRUE(request) << request.error().message;
    target.http->headers["x-b"] += 'b';
    EXPECT_EQ(make().error().message, error);
}

TEST_F(ApiRequestTest, the_request_for_a_token_has_the_same_limit) {
    auth = {.type = "OAUTH_CLIENT_CREDENTIALS",
            .oauth = schema::OAuthClient{.client_id = "id",
                                         .client_secret = "s",
                                         .endpoint = "https://auth.example/token",
                                         .http_method = "POST",
                                         .parameters = schema::HttpParameters{}}};
    EXPECT_TRUE(make());
    auth.oauth->parameters->headers = {
        {.key = "x-h", .value = std::string(api_head_bytes_max, 'h')}};
    EXPECT_FALSE(make());
}

TEST_F(ApiRequestTest, parameters_of_one_kind_are_not_more_than_a_target_may_have) {
    target.arn = "arn:aws:events:us-east-1:000000000000:api-destination/d/u";
    schema::TargetHttpParameters many;
    for (std::size_t i = 0; i < schema::http_parameters_max; ++i) {
        many.headers["x-" + std::to_string(i)] = "v";
        many.query[std::to_string(i)] = "v";
        many.path.emplace_back("v");
    }
    destination.endpoint = "https://api.example/" + std::string(many.path.size(), '*');
    target.http = many;
    EXPECT_TRUE(check_http_parameters(target));
    EXPECT_TRUE(make());
    const auto is_refused = [this] {
        const auto checked = check_http_parameters(target);
        return !checked && !make() && checked.error().reason == "ValidationException" &&
               checked.error().message == "There are more than 100 HttpParameters of one kind.";
    };
    target.http->headers["x-more"] = "v";
    EXPECT_TRUE(is_refused());
    target.http = many;
    target.http->query["more"] = "v";
    EXPECT_TRUE(is_refused());
    target.http = many;
    target.http->path.emplace_back("v");
    EXPECT_TRUE(is_refused());
}

TEST(OutboundBytes, are_those_of_url_headers_and_body_or_of_a_mail_s_text) {
    EXPECT_EQ(bytes_of(HttpRequest{.url = "12", .headers = {{"3", "45"}}, .body = "6789"}), 9u);
    EXPECT_EQ(bytes_of(Mail{.from = "a", .to = "b", .text = "123"}), 3u);
}

TEST_F(ApiRequestTest, what_asks_only_has_no_body) {
    for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
        destination.http_method = method;
        EXPECT_EQ(make()->body, "") << method;
    }
    for (const char* method : {"PUT", "PATCH", "DELETE"}) {
        destination.http_method = method;
        EXPECT_EQ(make()->body, R"({"n":1})") << method;
    }
}

TEST_F(ApiRequestTest, an_api_key_is_a_header) {
    auth = {.type = "API_KEY", .key_name = "x-api-key", .key_value = "secret"};
    const auto request = make();
    EXPECT_EQ(header(*request, "x-api-key"), "secret;");
    EXPECT_EQ(header(*request, "Authorization"), "");
}

TEST_F(ApiRequestTest, a_client_of_oauth_asks_for_a_token_with_a_form) {
    auth = {.type = "OAUTH_CLIENT_CREDENTIALS",
            .oauth = schema::OAuthClient{
                .client_id = "id",
                .client_secret = "a b",
                .endpoint = "https://auth.example/token",
                .http_method = "POST",
                .parameters = schema::HttpParameters{.headers = {{.key = "x-h", .value = "h"}},
                                                     .query = {{.key = "q", .value = "1"}},
                                                     .body = {{.key = "scope", .value = "all"}}}}};
    target.http = schema::TargetHttpParameters{.headers = {{"authorization", "mine"}}};
    const auto request = make();
    ASSERT_TRUE(request && request->token);
    EXPECT_EQ(header(*request, "authorization"), "");
    const HttpRequest& asked = request->token->request;
    EXPECT_EQ(asked.url, "https://auth.example/token?q=1");
    EXPECT_EQ(asked.method, "POST");
    EXPECT_EQ(asked.body, "grant_type=client_credentials&client_id=id&client_secret=a+b&scope=all");
    EXPECT_EQ(header(asked, "Content-Type"), "application/x-www-form-urlencoded;");
    EXPECT_EQ(header(asked, "x-h"), "h;");
    EXPECT_TRUE(asked.keeps_reply);
    EXPECT_FALSE(asked.is_to_operator);

    const std::string name = request->token->name;
    EXPECT_EQ(make()->token->name, name);
    connection.modified_at += std::chrono::microseconds(1);
    EXPECT_NE(make()->token->name, name) << "a changed connection has another token";

    auth.oauth->http_method = "GET";
    EXPECT_EQ(make()->token->request.url,
              "https://auth.example/token?q=1&grant_type=client_credentials&client_id=id"
              "&client_secret=a%20b&scope=all");
    EXPECT_EQ(make()->token->request.body, "");
}

TEST(HttpParameters, are_for_api_destinations_and_set_no_header_of_the_transfer) {
    schema::EventTarget target{.id = "t", .arn = "arn:aws:sqs:us-east-1:000000000000:q"};
    EXPECT_TRUE(check_http_parameters(target));
    target.http = schema::TargetHttpParameters{.headers = {{"x-a", "1"}}};
    EXPECT_FALSE(check_http_parameters(target));
    target.arn = "arn:aws:events:us-east-1:000000000000:api-destination/d/u";
    EXPECT_TRUE(check_http_parameters(target));
    target.http->headers = {{"Content-Length", "1"}};
    EXPECT_FALSE(check_http_parameters(target));
}

}  // namespace
}  // namespace onput::notifier
