#include "services/queue/commands/layers.hpp"

#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

class LayersTest : public testing::Test {
protected:
    std::string publish(const std::string& name, const std::string& sha256 = "digest") {
        schema::PublishLayerVersion request;
        request.layer.name = name;
        request.layer.code = {.bucket = "c", .key = "k", .sha256 = sha256, .unzipped_bytes = 7};
        const auto published = station.ask(request);
        return published ? published->arn : published.error().reason;
    }
    std::string get(const std::string& name, std::uint64_t version) {
        const auto got = station.ask(schema::GetLayerVersion{.name = name, .version = version});
        return got ? got->code.sha256 : got.error().reason;
    }
    // Names and numbers.
    std::vector<std::string> list(const std::string& name = {}) {
        std::vector<std::string> all;
        for (const auto& layer : station.ask(schema::ListLayerVersions{.name = name})->versions)
            all.push_back(layer.name + ":" + std::to_string(layer.version));
        return all;
    }

    Station station;
};

TEST_F(LayersTest, versions_are_numbered_and_stay_what_they_are) {
    EXPECT_EQ(publish("tools", "one"), "arn:aws:lambda:us-east-1:000000000000:layer:tools:1");
    EXPECT_EQ(publish("tools", "two"), "arn:aws:lambda:us-east-1:000000000000:layer:tools:2");
    station.restart();
    EXPECT_EQ(get("tools", 1), "one");
    EXPECT_EQ(get("tools", 2), "two");
    EXPECT_EQ(get("tools", 3), "ResourceNotFound");
    EXPECT_EQ(get("tools", 0), "ResourceNotFound");
    EXPECT_EQ(get("other", 1), "ResourceNotFound");
}

TEST_F(LayersTest, a_number_is_never_given_again) {
    publish("tools");
    ASSERT_TRUE(station.ask(schema::DeleteLayerVersion{.name = "tools", .version = 1}));
    ASSERT_TRUE(station.ask(schema::DeleteLayerVersion{.name = "tools", .version = 1}));
    EXPECT_EQ(get("tools", 1), "ResourceNotFound");
    EXPECT_EQ(list(), std::vector<std::string>{});
    station.restart();
    EXPECT_EQ(publish("tools"), "arn:aws:lambda:us-east-1:000000000000:layer:tools:2");
}

TEST_F(LayersTest, lists_have_the_newest_of_each_or_all_of_one) {
    publish("b");
    publish("a");
    publish("b");
    // A name that another one begins with.
    publish("bb");
    EXPECT_EQ(list(), (std::vector<std::string>{"a:1", "b:2", "bb:1"}));
    EXPECT_EQ(list("b"), (std::vector<std::string>{"b:2", "b:1"}));
    EXPECT_EQ(list("c"), std::vector<std::string>{});
}

TEST_F(LayersTest, what_is_no_layer_is_refused) {
    EXPECT_EQ(publish("no/name"), "InvalidParameterValue");
    EXPECT_EQ(publish(std::string(65, 'a')), "InvalidParameterValue");
    EXPECT_EQ(publish("tools", ""), "InvalidParameterValue");
}

TEST_F(LayersTest, an_account_has_a_bounded_number_of_them) {
    for (std::size_t i = 0; i < schema::layer_versions_max; ++i) publish("tools");
    EXPECT_EQ(publish("tools"), "OverLimit");
    EXPECT_EQ(publish("other"), "OverLimit");
}

TEST_F(LayersTest, statements_are_added_and_removed_by_their_ids) {
    publish("tools");
    const std::string statement =
        R"({"Sid":"all","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion",)"
        R"("Resource":"arn:aws:lambda:us-east-1:000000000000:layer:tools:1"})";
    const schema::AddLayerPermission add{
        .name = "tools", .version = 1, .statement_id = "all", .statement = statement};
    ASSERT_TRUE(station.ask(add));
    EXPECT_EQ(station.ask(add).error().reason, "ResourceConflict");
    station.restart();
    const auto got = station.ask(schema::GetLayerVersion{.name = "tools", .version = 1});
    EXPECT_EQ(got->policy.statements.at("all"), statement);
    const schema::RemoveLayerPermission remove{
        .name = "tools", .version = 1, .statement_id = "all"};
    ASSERT_TRUE(station.ask(remove));
    EXPECT_EQ(station.ask(remove).error().reason, "ResourceNotFound");
}

TEST_F(LayersTest, another_account_has_what_is_shared_with_it) {
    constexpr const char* other = "111111111111";
    publish("tools");
    const schema::GetLayerVersion get{.account = test_account, .name = "tools", .version = 1};
    EXPECT_EQ(station.ask(get, other).error().code, ErrorCode::permission_denied);
    const schema::AddLayerPermission add{
        .name = "tools",
        .version = 1,
        .statement_id = "one",
        .statement =
            R"({"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},)"
            R"("Action":"lambda:GetLayerVersion",)"
            R"("Resource":"arn:aws:lambda:us-east-1:000000000000:layer:tools:1"})"};
    ASSERT_TRUE(station.ask(add));
    EXPECT_EQ(station.ask(get, other)->code.sha256, "digest");
    EXPECT_EQ(station.ask(get, "222222222222").error().code, ErrorCode::permission_denied);
    // One that is not there is refused alike.
    const schema::GetLayerVersion absent{.account = test_account, .name = "tools", .version = 9};
    EXPECT_EQ(station.ask(absent, other).error().code, ErrorCode::permission_denied);
}

TEST_F(LayersTest, a_function_has_five_layers_and_250_mib_at_most) {
    schema::FunctionInfo function;
    function.name = "f";
    function.worker = "function";
    function.handler = {.runtime = "python3.11",
                        .handler = "app.run",
                        .code = {.bucket = "c", .key = "k", .sha256 = "s"}};
    const auto put = [&] {
        const auto done = station.ask(schema::PutFunction{.function = function});
        return done ? "put" : done.error().message;
    };
    const schema::FunctionLayer layer{
        .arn = "arn:aws:lambda:us-east-1:000000000000:layer:tools:1",
        .code = {.bucket = "c", .key = "k", .sha256 = "s", .unzipped_bytes = 52'428'800}};
    function.handler.layers.assign(schema::function_layers_max, layer);
    EXPECT_EQ(put(), "put");
    function.handler.code.unzipped_bytes = 1;
    EXPECT_EQ(put(),
              "Function code combined with layers exceeds the maximum allowed size of 262144000 "
              "bytes. The actual size is 262144001 bytes.");
    function.handler.code.unzipped_bytes = 0;
    function.handler.layers.push_back(layer);
    EXPECT_EQ(put(), "a function cannot reference more than 5 layers");
    function.handler.layers.assign(1, {.arn = layer.arn});
    EXPECT_EQ(put(), "a function's layer names its ARN, its bucket and its sha256");
}

}  // namespace
}  // namespace onput::queue
