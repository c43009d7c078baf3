#include "services/gateway/lambda/url/url_cors.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::lambda {
namespace {

class UrlCorsTest : public testing::Test {
protected:
    std::string shown() {
        std::string text;
        for (const auto& [name, value] : cors_headers(cors, head)) {
            text += name;
            text += "=";
            text += value;
            text += ";";
        }
        return text;
    }
    void ask(std::string_view method, std::string_view headers = {}) {
        head.method = "OPTIONS";
        head.headers = {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", method}};
        if (!headers.empty()) head.headers.push_back({"Access-Control-Request-Headers", headers});
    }

    schema::FunctionUrlCors cors{.headers = {"X-Own", "content-type"},
                                 .methods = {"GET", "PUT"},
                                 .origins = {"https://a.example"},
                                 .exposed = {"x-shown"},
                                 .max_age_s = 60};
    http::RequestHead head{
        .method = "GET", .host = "h", .headers = {{"Origin", "https://a.example"}}};
};

TEST_F(UrlCorsTest, a_page_of_an_allowed_origin_may_read_the_answer) {
    EXPECT_EQ(shown(),
              "vary=Origin;access-control-allow-origin=https://a.example;"
              "access-control-expose-headers=x-shown;");
    cors.origins = {"*"};
    EXPECT_EQ(shown(),
              "vary=Origin;access-control-allow-origin=*;access-control-expose-headers=x-shown;");
    cors.allows_credentials = true;
    EXPECT_EQ(shown(),
              "vary=Origin;access-control-allow-origin=https://a.example;"
              "access-control-allow-credentials=true;access-control-expose-headers=x-shown;");
}

TEST_F(UrlCorsTest, others_may_not) {
    for (const char* origin : {"https://b.example", "https://a.example.b", "null", "*"}) {
        head.headers = {{"Origin", origin}};
        EXPECT_EQ(shown(), "vary=Origin;") << origin;
        EXPECT_FALSE(admits_page(cors, head));
    }
    head.headers = {{"Origin", "https://a.example"}};
    head.method = "POST";
    EXPECT_EQ(shown(), "vary=Origin;");
    head.headers = {};
    EXPECT_EQ(shown(), "");
    EXPECT_FALSE(admits_page(cors, head));
}

TEST_F(UrlCorsTest, a_preflight_is_answered_by_method_and_headers) {
    ask("PUT", "x-own, Content-Type");
    EXPECT_TRUE(is_preflight(head));
    EXPECT_EQ(shown(),
              "vary=Origin;access-control-allow-origin=https://a.example;"
              "access-control-allow-methods=GET,PUT;"
              "access-control-allow-headers=X-Own,content-type;access-control-max-age=60;");
    ask("PUT", "x-other");
    EXPECT_EQ(shown(), "vary=Origin;");
    ask("DELETE");
    EXPECT_EQ(shown(), "vary=Origin;");
    cors.methods = {"*"};
    cors.headers = {"*"};
    cors.max_age_s = 0;
    ask("DELETE", "x-other");
    EXPECT_EQ(shown(),
              "vary=Origin;access-control-allow-origin=https://a.example;"
              "access-control-allow-methods=DELETE;access-control-allow-headers=x-other;");
}

TEST_F(UrlCorsTest, options_without_an_origin_or_a_method_is_no_preflight) {
    head.method = "OPTIONS";
    EXPECT_FALSE(is_preflight(head));
    head.headers = {{"Access-Control-Request-Method", "GET"}};
    EXPECT_FALSE(is_preflight(head));
}

TEST_F(UrlCorsTest, what_a_configuration_replaces_is_known_by_its_name) {
    EXPECT_TRUE(is_cors_header("Access-Control-Allow-Origin"));
    EXPECT_FALSE(is_cors_header("Vary"));
}

}  // namespace
}  // namespace onput::gateway::lambda
