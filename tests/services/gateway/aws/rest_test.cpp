#include "services/gateway/aws/rest.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/json.hpp"

namespace onput::gateway::aws {
namespace {

const Model& garden() {
    static const Model model(R"(title Garden
protocol rest-json
version 2020-01-01
namespace urn:garden
o Plant POST /beds/{Bed}/plants/{Path+}?now Plan Planted c:201
o Look GET /beds/{Bed} Bed Picture
o Count GET /beds/count - -
o Draw PUT /beds/{Bed}/picture Picture -
t Plan
 Bed $s ! u:Bed
 Path $s u:Path
 Depth $i q:depth
 Row Rows q:row
 Tool $s h:x-tool
 Hints Rows h:x-hints
 Meta Metadata H:x-meta-
 Colour $s n:colour
 Inner Inner n:inner
t Inner
 Size $i n:size
L Rows $s
m Metadata $s $s
t Bed
 Bed $s ! u:Bed
t Planted
 Place $s h:location
 Code $i c:Code
 Meta Metadata H:x-meta-
 Colour $s n:colour
t Picture
 Bed $s u:Bed
 Type $s h:Content-Type
 Bytes $B p
)");
    return model;
}

struct Sent {
    std::string_view method = "POST";
    std::string_view path = "/beds/b1/plants/a/b%20c";
    std::string_view query = "now&depth=3&row=1&row=2";
    std::vector<http::Header> headers{};
    std::string_view body{};
};

class AwsRest : public testing::Test {
protected:
    std::string find(const Sent& sent) {
        take(sent);
        const auto* operation = RestRouter(garden()).find(head, query);
        return operation != nullptr ? std::string(operation->name) : "";
    }
    std::string read(const Sent& sent, std::string_view operation, Protocol wire) {
        take(sent);
        const auto value = read_rest_input({.head = head, .query = query, .body = sent.body},
                                           *garden().find_operation(operation), wire);
        return value ? write_json(*value) : value.error().reason;
    }

    void take(const Sent& sent) {
        head.method = sent.method;
        head.path = sent.path;
        head.headers = sent.headers;
        query = *http::parse_query(sent.query);
    }
    http::RequestHead head;
    std::vector<http::QueryParameter> query;
};

TEST_F(AwsRest, an_operation_is_found_by_method_path_and_literals) {
    EXPECT_EQ(find({}), "Plant");
    EXPECT_EQ(find({.query = ""}), "");
    EXPECT_EQ(find({.method = "GET", .path = "/beds/b1"}), "Look");
    EXPECT_EQ(find({.method = "GET", .path = "/beds/count"}), "Count");
    EXPECT_EQ(find({.method = "GET", .path = "/beds/"}), "");
    EXPECT_EQ(find({.method = "GET", .path = "/beds/a/b"}), "");
    EXPECT_EQ(find({.method = "DELETE", .path = "/beds/a"}), "");
}

TEST_F(AwsRest, members_are_read_from_where_they_travel) {
    const Sent sent{.headers = {{"X-Tool", "spade"}, {"x-hints", "a, b"}, {"X-Meta-k", "v"}},
                    .body = R"({"colour":"red","inner":{"size":2},"Bed":"other","Unknown":1})"};
    EXPECT_EQ(read(sent, "Plant", Protocol::rest_json),
              R"({"Bed":"b1","Colour":"red","Depth":"3","Hints":["a","b"],"Inner":{"Size":2},)"
              R"("Meta":{"k":"v"},"Path":"a/b c","Row":["1","2"],"Tool":"spade","Unknown":1})");
}

TEST_F(AwsRest, a_body_may_be_a_document_of_xml) {
    EXPECT_EQ(read({.body = "<Plan><colour>red</colour></Plan>"}, "Plant", Protocol::rest_xml),
              R"({"Bed":"b1","Colour":"red","Depth":"3","Path":"a/b c","Row":["1","2"]})");
    EXPECT_EQ(read({.body = "<Plan><x/></Plan>"}, "Plant", Protocol::rest_xml), "malformed_xml");
    EXPECT_EQ(read({.body = "{"}, "Plant", Protocol::rest_json), "SerializationException");
}

TEST_F(AwsRest, a_link_has_everything_in_its_query) {
    const Model& model = polly_model();
    const Sent sent{.method = "GET",
                    .path = "/v1/speech",
                    .query = "Text=a%20b&VoiceId=Amy&LexiconNames=x&LexiconNames=y&Unknown=1",
                    .body = R"({"Engine":"neural"})"};
    take(sent);
    EXPECT_EQ(RestRouter(model).find(head, query), nullptr);
    const RestRouter router(model, "SynthesizeSpeech");
    const auto* operation = router.find(head, query);
    ASSERT_NE(operation, nullptr);
    EXPECT_EQ(operation->name, "SynthesizeSpeech");
    const auto value = read_rest_input({.head = head, .query = query, .body = sent.body},
                                       *operation, Protocol::rest_json);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->text_of("Text"), "a b");
    EXPECT_EQ(value->text_of("VoiceId"), "Amy");
    EXPECT_EQ(names_of(*value, "LexiconNames"), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(value->text_of("Engine"), "");
    EXPECT_EQ(value->find("Unknown"), nullptr);
    take({.method = "DELETE", .path = "/v1/speech"});
    EXPECT_EQ(router.find(head, query), nullptr);
}

TEST_F(AwsRest, a_payload_is_the_whole_body) {
    EXPECT_EQ(read({.path = "/beds/b1/picture", .body = "{no json"}, "Draw", Protocol::rest_json),
              R"({"Bed":"b1","Bytes":"{no json"})");
}

TEST_F(AwsRest, a_label_must_be_utf8_in_percent_encoding) {
    for (const std::string_view path : {"/beds/%zz/plants/a", "/beds/%ff/plants/a"})
        EXPECT_EQ(read({.path = path}, "Plant", Protocol::rest_json), "invalid_uri");
}

TEST_F(AwsRest, an_answer_has_status_headers_and_the_rest_in_its_body) {
    Value result;
    result["Place"] = Value("here");
    result["Code"] = Value(std::int64_t{202});
    result["Meta"]["k"] = Value("v");
    result["Colour"] = Value("red");
    const AnswerFrame frame{
        .model = garden(), .operation = *garden().find_operation("Plant"), .request_id = "ID"};
    const auto response = render_rest_result(frame, Protocol::rest_json, result);
    EXPECT_EQ(response.head.status, 202);
    const std::vector<std::pair<std::string, std::string>> headers{
        {"x-amzn-RequestId", "ID"},
        {"location", "here"},
        {"x-meta-k", "v"},
        {"Content-Type", "application/json"}};
    EXPECT_EQ(response.head.headers, headers);
    EXPECT_EQ(response.body, R"({"colour":"red"})");
    EXPECT_TRUE(
        render_rest_result(frame, Protocol::rest_xml, result)
            .body.ends_with("<Planted xmlns=\"urn:garden\"><colour>red</colour></Planted>"));
}

TEST_F(AwsRest, bytes_are_answered_as_they_are) {
    Value result;
    result["Type"] = Value("image/png");
    result["Bytes"] = Value(std::string("\0\xff", 2));
    const auto response = render_rest_result(
        {.model = garden(), .operation = *garden().find_operation("Look"), .request_id = "ID"},
        Protocol::rest_json, result);
    EXPECT_EQ(response.body, std::string("\0\xff", 2));
    EXPECT_EQ(response.head.headers.back().second, "image/png");
}

}  // namespace
}  // namespace onput::gateway::aws
