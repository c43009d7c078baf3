#include "services/gateway/lambda/url/url_answer.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::lambda {
namespace {

// "200 name: value | name: value | body", or "wrong".
std::string shown(std::string_view payload) {
    const auto answer = read_url_answer(payload);
    if (!answer) return answer.error().code == ErrorCode::corruption ? "wrong" : "?";
    std::string text = std::to_string(answer->head.status) + " ";
    for (const auto& [name, value] : answer->head.headers) {
        text += name;
        text += ": ";
        text += value;
        text += " | ";
    }
    return text + answer->body;
}

TEST(UrlAnswer, json_without_a_status_is_the_body) {
    EXPECT_EQ(shown("{\"a\": 1}"), "200 content-type: application/json | {\"a\": 1}");
    EXPECT_EQ(shown("\"Hello\""), "200 content-type: application/json | \"Hello\"");
    EXPECT_EQ(shown("null"), "200 content-type: application/json | null");
    EXPECT_EQ(shown("[{\"statusCode\":1}]"),
              "200 content-type: application/json | [{\"statusCode\":1}]");
    EXPECT_EQ(shown("{\"statusCode\":null}"),
              "200 content-type: application/json | {\"statusCode\":null}");
}

TEST(UrlAnswer, an_object_with_a_status_says_everything_itself) {
    EXPECT_EQ(
        shown(R"({"statusCode":201,"headers":{"Content-Type":"text/html","X-N":7,"X-B":true},)"
              R"("cookies":["a=1; Secure","b=2"],"body":"<p>"})"),
        "201 Content-Type: text/html | X-N: 7 | X-B: true | set-cookie: a=1; Secure | "
        "set-cookie: b=2 | <p>");
    EXPECT_EQ(shown(R"({"statusCode":200,"body":"aGk=","isBase64Encoded":true})"),
              "200 content-type: application/json | hi");
    EXPECT_EQ(shown(R"({"statusCode":"404","headers":null,"cookies":null,"body":null})"),
              "404 content-type: application/json | ");
    EXPECT_EQ(shown(R"({"statusCode":200,"body":"aGk=","isBase64Encoded":false})"),
              "200 content-type: application/json | aGk=");
}

TEST(UrlAnswer, what_http_has_no_place_for_is_wrong) {
    for (const char* payload : {"",
                                "no json",
                                "{\"statusCode\":200",
                                "NaN",
                                R"({"statusCode":99})",
                                R"({"statusCode":100})",
                                R"({"statusCode":199})",
                                R"({"statusCode":600})",
                                R"({"statusCode":1000})",
                                R"({"statusCode":"abc"})",
                                R"({"statusCode":"200 "})",
                                R"({"statusCode":""})",
                                R"({"statusCode":200.5})",
                                R"({"statusCode":[200]})",
                                R"({"statusCode":true})",
                                R"({"statusCode":-200})",
                                R"({"statusCode":200,"headers":[]})",
                                R"({"statusCode":200,"headers":{"":"x"}})",
                                R"({"statusCode":200,"headers":{"a\nb":"x"}})",
                                R"({"statusCode":200,"headers":{"a b":"x"}})",
                                R"({"statusCode":200,"headers":{"a":"x\r\nSet-Cookie: y"}})",
                                R"({"statusCode":200,"headers":{"a":"\u0000"}})",
                                R"({"statusCode":200,"headers":{"a":null}})",
                                R"({"statusCode":200,"headers":{"a":[]}})",
                                R"({"statusCode":200,"cookies":"a=1"})",
                                R"({"statusCode":200,"cookies":[1]})",
                                R"({"statusCode":200,"cookies":["a\nb"]})",
                                R"({"statusCode":200,"body":{}})",
                                R"({"statusCode":200,"body":7})",
                                R"({"statusCode":200,"body":"%%","isBase64Encoded":true})"})
        EXPECT_EQ(shown(payload), "wrong") << payload;
}

TEST(UrlAnswer, values_have_an_end) {
    const auto with = [](std::size_t values) {
        std::string list = "[0";
        for (std::size_t i = 1; i < values; ++i) list += ",0";
        return list + "]";
    };
    EXPECT_NE(shown(with(url_answer_values_max)), "wrong");
    EXPECT_EQ(shown(with(url_answer_values_max + 1)), "wrong");
}

TEST(UrlAnswer, a_head_has_an_end) {
    const auto with = [](std::size_t bytes) {
        return R"({"statusCode":204,"headers":{"content-type":")" + std::string(bytes, 'x') +
               "\"}}";
    };
    constexpr std::size_t name_bytes = 12;
    EXPECT_NE(shown(with(url_answer_head_bytes_max - name_bytes)), "wrong");
    EXPECT_EQ(shown(with(url_answer_head_bytes_max - name_bytes + 1)), "wrong");
}

}  // namespace
}  // namespace onput::gateway::lambda
