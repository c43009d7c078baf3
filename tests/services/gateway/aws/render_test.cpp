#include "services/gateway/aws/render.hpp"

#include <gtest/gtest.h>

#include "tests/services/gateway/aws/sample.hpp"

namespace onput::gateway::aws {
namespace {

Value planted() {
    Value value;
    value["Zone"] = Value("a<b");
    value["Age"] = Value(std::int64_t{3});
    value["Planted"] = Value(std::int64_t{1500});
    value["Labels"].push_back(Value("x"));
    value["FlatTags"]["k"] = Value("v");
    return value;
}

AnswerFrame frame_of(std::string_view operation) {
    return {.model = sample_model(),
            .operation = *sample_model().find_operation(operation),
            .request_id = "ID"};
}

TEST(AwsRender, json_has_numbers_as_numbers_and_times_as_seconds) {
    const auto response = render_result(frame_of("Plant"), Protocol::json, planted());
    EXPECT_EQ(response.head.status, 201);
    EXPECT_EQ(response.head.headers[1].second, "application/x-amz-json-1.1");
    EXPECT_EQ(response.body, R"({"Age":3,"FlatTags":{"k":"v"},"Labels":["x"],"Planted":1.5,)"
                             R"("Zone":"a<b"})");
}

TEST(AwsRender, a_form_is_answered_in_alphabetical_order) {
    EXPECT_EQ(render_result(frame_of("Plant"), Protocol::query, planted()).body,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<PlantResponse xmlns=\"urn:sample\"><PlantResult><Age>3</Age>"
              "<Tag><Key>k</Key><Value>v</Value></Tag><Labels><member>x</member></Labels>"
              "<Planted>1970-01-01T00:00:01.500Z</Planted><Zone>a&lt;b</Zone></PlantResult>"
              "<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></PlantResponse>");
}

TEST(AwsRender, a_document_is_written_in_the_models_order) {
    EXPECT_EQ(render_document({.root = "Planting", .xml_namespace = "urn:sample"}, planted(),
                              *sample_model().find_shape("PlantResult")),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<Planting xmlns=\"urn:sample\"><Zone>a&lt;b</Zone><Age>3</Age>"
              "<Planted>1970-01-01T00:00:01.500Z</Planted><Labels><member>x</member></Labels>"
              "<Tag><Key>k</Key><Value>v</Value></Tag></Planting>");
}

TEST(AwsRender, an_operation_without_output_has_no_result_and_one_with_it_an_empty_one) {
    EXPECT_EQ(render_result(frame_of("Weed"), Protocol::json, Value()).body, "");
    EXPECT_FALSE(render_result(frame_of("Weed"), Protocol::query, Value()).body.contains("Result"));
    EXPECT_EQ(render_result(frame_of("Plant"), Protocol::json, Value()).body, "{}");
    EXPECT_TRUE(
        render_result(frame_of("Plant"), Protocol::query, Value()).body.contains("<PlantResult/>"));
}

TEST(AwsRenderDeathTest, a_member_that_the_shape_has_not_is_our_mistake) {
    Value value;
    value["Nobody"] = Value("x");
    EXPECT_DEATH(render_result(frame_of("Plant"), Protocol::json, value), "");
}

}  // namespace
}  // namespace onput::gateway::aws
