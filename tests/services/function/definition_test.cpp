#include "services/function/definition.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace onput::function {
namespace {

Definition make_definition(const std::string& runtime) {
    Definition definition;
    definition.function = {.account = "000000000000",
                           .name = "texts",
                           .arn = "arn:aws:lambda:us-east-1:000000000000:function:texts",
                           .worker = "function"};
    definition.function.handler = {
        .runtime = runtime, .handler = "app.handler", .memory_mb = 256, .ephemeral_mb = 600};
    definition.code = std::make_shared<const Code>(Code{.folder = "/codes/1"});
    return definition;
}

Surroundings make_surroundings() {
    return {.runtime_folder = "/work/runtime",
            .python = "/usr/bin/python3",
            .node = "/usr/bin/node",
            .python_folders = {"/venv/packages"},
            .region = "eu-west-1",
            .addresses = {.api = "127.0.0.1:9001", .endpoint = "127.0.0.1:9002"},
            .has_endpoint = true,
            .credentials = {.access_key = "ASIA1", .secret = "s", .token = "t"},
            .log_stream = "2026/11/28/[$LATEST]0"};
}

bool has(const std::vector<std::string>& all, const std::string& text) {
    return std::ranges::find(all, text) != all.end();
}

TEST(Definition, a_handler_finds_what_lambda_tells_it) {
    const auto plan = plan_sandbox(make_definition("nodejs20.x"), make_surroundings());
    for (const char* variable :
         {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001", "_HANDLER=app.handler",
          "LAMBDA_TASK_ROOT=/var/task", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1",
          "AWS_ENDPOINT_URL=http://127.0.0.1:9002", "AWS_ACCESS_KEY_ID=ASIA1",
          "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t",
          "AWS_EXECUTION_ENV=AWS_Lambda_nodejs20.x", "AWS_LAMBDA_FUNCTION_NAME=texts",
          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
          "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/texts", "TZ=:UTC"})
        EXPECT_TRUE(has(plan.environment, variable)) << variable;
    EXPECT_EQ(plan.program,
              (std::vector<std::string>{"/usr/bin/node", "/var/runtime/bootstrap.cjs"}));
    EXPECT_EQ(plan.ephemeral_mb, 600U);
}

TEST(Definition, a_function_replaces_what_is_free_and_nothing_that_is_reserved) {
    Definition definition = make_definition("python3.11");
    definition.function.environment = {
        {"TZ", "Europe/Berlin"}, {"AWS_REGION", "mars"}, {"BUCKET", "outbox"}};
    const auto plan = plan_sandbox(definition, make_surroundings());
    EXPECT_TRUE(has(plan.environment, "TZ=Europe/Berlin"));
    EXPECT_TRUE(has(plan.environment, "BUCKET=outbox"));
    EXPECT_TRUE(has(plan.environment, "AWS_REGION=eu-west-1"));
}

TEST(Definition, a_provided_runtime_is_the_users_own_program) {
    const auto plan = plan_sandbox(make_definition("provided.al2023"), make_surroundings());
    EXPECT_EQ(plan.program, (std::vector<std::string>{"/var/task/bootstrap"}));
    EXPECT_TRUE(std::ranges::none_of(plan.environment, [](const std::string& text) {
        return text.starts_with("AWS_EXECUTION_ENV=");
    }));
}

TEST(Definition, layers_are_below_opt) {
    Definition definition = make_definition("python3.11");
    definition.layers = std::make_shared<const Code>(Code{.folder = "/codes/2"});
    const auto plan = plan_sandbox(definition, make_surroundings());
    EXPECT_EQ(plan.program.back(), "/opt");
    EXPECT_TRUE(std::ranges::any_of(plan.readable, [](const ReadableFolder& folder) {
        return folder.here == "/codes/2" && folder.there == "/opt";
    }));
    EXPECT_TRUE(has(plan.environment, "LD_LIBRARY_PATH=/var/task:/var/task/lib:/opt/lib"));
    EXPECT_TRUE(has(plan.environment, "PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin"));
}

TEST(Definition, without_a_sandbox_layers_are_where_they_lie) {
    Definition definition = make_definition("provided.al2023");
    definition.layers = std::make_shared<const Code>(Code{.folder = "/codes/2"});
    Surroundings surroundings = make_surroundings();
    surroundings.isolation = Isolation::weak;
    const auto plan = plan_sandbox(definition, surroundings);
    // The function has no program of its own.
    EXPECT_EQ(plan.program, std::vector<std::string>{"/codes/2/bootstrap"});
    EXPECT_TRUE(has(plan.environment, "LD_LIBRARY_PATH=/codes/1:/codes/1/lib:/codes/2/lib"));
}

TEST(Definition, environments_are_shared_by_what_runs_the_same) {
    const auto function = make_definition("python3.11").function;
    auto other = function;
    other.retries_max = 0;
    other.success_topic_arn = "arn:aws:sns:us-east-1:000000000000:media";
    EXPECT_EQ(environment_key(function, "$LATEST"), environment_key(other, "$LATEST"));
    other.environment["A"] = "1";
    EXPECT_NE(environment_key(function, "$LATEST"), environment_key(other, "$LATEST"));
    EXPECT_NE(environment_key(function, "$LATEST"), environment_key(function, "1"));
}

TEST(SandboxCommand, nothing_secret_is_on_the_command_line) {
    const auto plan = plan_sandbox(make_definition("python3.11"), make_surroundings());
    for (const std::string& argument : sandbox_command(plan))
        EXPECT_EQ(argument.find("ASIA1"), std::string::npos) << argument;
    const std::string variables = sandbox_variables(plan);
    EXPECT_NE(variables.find(std::string("--setenv\0AWS_ACCESS_KEY_ID\0ASIA1\0", 33)),
              std::string::npos);
}

TEST(SandboxCommand, a_variable_cannot_become_an_argument) {
    SandboxPlan plan;
    plan.environment = {std::string("A=1\0--bind\0/\0/", 14), "B=2"};
    EXPECT_EQ(sandbox_variables(plan), std::string("--setenv\0B\0002\0", 13));
}

TEST(SandboxCommand, the_size_of_tmp_stands_before_its_mount) {
    const auto plan = plan_sandbox(make_definition("python3.11"), make_surroundings());
    const auto command = sandbox_command(plan);
    const auto at = std::ranges::find(command, "/tmp");
    ASSERT_NE(at, command.end());
    EXPECT_EQ(*(at - 1), "--tmpfs");
    EXPECT_EQ(*(at - 2), "629145600");
    EXPECT_EQ(*(at - 3), "--size");
}

}  // namespace
}  // namespace onput::function
