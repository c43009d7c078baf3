#include "services/gateway/aws/model.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/directory.hpp"
#include "tests/services/gateway/aws/sample.hpp"

namespace onput::gateway::aws {
namespace {

TEST(AwsModel, says_of_its_service_what_the_table_says) {
    const Model& model = sample_model();
    EXPECT_EQ(model.title(), "Sample");
    EXPECT_EQ(model.protocol(), Protocol::rest_xml);
    EXPECT_EQ(model.json_version(), "1.1");
    EXPECT_EQ(model.target_prefix(), "Sample_2020");
    EXPECT_EQ(model.version(), "2020-01-01");
    EXPECT_EQ(model.xml_namespace(), "urn:sample");
}

TEST(AwsModel, has_operations_with_method_uri_shapes_and_status) {
    const auto* plant = sample_model().find_operation("Plant");
    ASSERT_NE(plant, nullptr);
    EXPECT_EQ(plant->method, "POST");
    EXPECT_EQ(plant->uri, "/garden/{Bed}/{Path+}?plant");
    EXPECT_EQ(plant->input, sample_model().find_shape("Plan"));
    EXPECT_EQ(plant->output->name, "PlantResult");
    EXPECT_EQ(plant->status, 201);
    EXPECT_EQ(plant->result_element, "PlantResult");
    EXPECT_EQ(plant->root_element, "Planting");
    EXPECT_EQ(sample_model().find_operation("Weed")->input, nullptr);
    EXPECT_EQ(sample_model().find_operation("plant"), nullptr);
}

TEST(AwsModel, members_know_where_they_travel) {
    const auto& plan = *sample_model().find_shape("Plan");
    EXPECT_EQ(plan.find_member("Bed")->place, Place::uri);
    EXPECT_TRUE(plan.find_member("Bed")->is_required);
    EXPECT_EQ(plan.find_member("Depth")->wire_name, "depth");
    EXPECT_EQ(plan.find_member("Depth")->place, Place::query);
    EXPECT_EQ(plan.find_member("Colour")->wire_name, "colour");
    EXPECT_EQ(plan.find_member("Colour")->place, Place::body);
    EXPECT_EQ(plan.find_member("Meta")->place, Place::headers);
    EXPECT_EQ(plan.find_member("Token")->place, Place::header);
    EXPECT_EQ(plan.find_member("Nothing"), nullptr);
}

TEST(AwsModel, shapes_have_limits_choices_and_patterns) {
    const auto& plan = *sample_model().find_shape("Plan");
    const auto& name = *plan.find_member("Bed")->shape;
    EXPECT_EQ(name.least, 2);
    EXPECT_EQ(name.most, 4);
    EXPECT_EQ(name.pattern, "[a-z]+");
    EXPECT_EQ(plan.find_member("Colour")->shape->choices,
              (std::vector<std::string_view>{"red", "deep blue"}));
    EXPECT_EQ(plan.find_member("Weight")->shape->most, 0.5);
    EXPECT_EQ(plan.find_member("Count")->shape->kind, Kind::integer);
    EXPECT_EQ(plan.find_member("Nested")->shape->find_member("Again")->shape->name, "Nested");
}

TEST(AwsModel, an_error_is_found_by_name_short_name_and_code) {
    for (const std::string_view name : {"NoBedException", "NoBed"}) {
        const auto* error = sample_model().find_error(name);
        ASSERT_NE(error, nullptr) << name;
        EXPECT_EQ(error->status, 404);
    }
    EXPECT_EQ(sample_model().find_error("Frozen")->status, 503);
    EXPECT_EQ(sample_model().find_error(""), nullptr);
}

TEST(AwsModel, the_tables_of_all_served_services_can_be_read) {
    EXPECT_EQ(events_model().operations().size(), 57U);
    EXPECT_EQ(s3_model().operations().size(), 111U);
    EXPECT_EQ(sns_model().operations().size(), 42U);
    EXPECT_EQ(sqs_model().operations().size(), 23U);
    EXPECT_EQ(sqs_model().find_error("QueueDoesNotExist")->code,
              "AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(sns_model().find_error("NotFound")->status, 404);
}

TEST(AwsDirectory, knows_every_service_of_aws_by_all_its_names) {
    const auto& directory = Directory::get();
    EXPECT_EQ(directory.by_signing_name("states", "")->title, "AWS SFN");
    EXPECT_EQ(directory.by_target_prefix("AWSEvents")->title, "Amazon EventBridge");
    EXPECT_EQ(directory.by_version("2016-11-15")->title, "Amazon EC2");
    EXPECT_EQ(directory.by_endpoint_prefix("s3-control")->signing_name, "s3");
    EXPECT_EQ(directory.by_signing_name("nobody", ""), nullptr);
    EXPECT_EQ(directory.by_version("2006-03-01"), nullptr);
}

}  // namespace
}  // namespace onput::gateway::aws
