#include "services/gateway/aws/form.hpp"

#include <gtest/gtest.h>

#include "services/gateway/aws/json.hpp"
#include "tests/services/gateway/aws/sample.hpp"

namespace onput::gateway::aws {
namespace {

std::string read(std::string_view form) {
    const auto value = read_input(*read_fields(form), *sample_model().find_shape("Plan"));
    return value ? write_json(*value) : value.error().reason;
}

TEST(AwsForm, lists_and_maps_stand_below_a_word_unless_they_are_flattened) {
    EXPECT_EQ(read("Labels.member.2=b&Labels.member.1=a&Item.1=x&Item.2=y"),
              R"({"Flat":["x","y"],"Labels":["a","b"]})");
    EXPECT_EQ(read("Tags.entry.1.key=k&Tags.entry.1.value=v&Tag.1.Key=a&Tag.1.Value=b"),
              R"({"FlatTags":{"a":"b"},"Tags":{"k":"v"}})");
}

TEST(AwsForm, a_word_that_the_shape_has_not_makes_no_item) {
    EXPECT_EQ(read("Labels.entry.1=a&Labels.1=b&Tags.member.1.key=k"),
              R"({"Labels":[],"Tags":{}})");
}

TEST(AwsForm, structures_nest_as_deep_as_the_form_goes) {
    EXPECT_EQ(read("Nested.Again.Again.Name=x"), R"({"Nested":{"Again":{"Again":{"Name":"x"}}}})");
}

TEST(AwsForm, unknown_members_are_passed_over) {
    EXPECT_EQ(read("Nobody=1&Nested.Nobody=1&colour=red"), R"({"Colour":"red","Nested":{}})");
}

}  // namespace
}  // namespace onput::gateway::aws
