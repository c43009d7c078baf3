#include "services/ctl/pipeline.hpp"

#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/ctl/pipeline_topics.hpp"

namespace onput::ctl {
namespace {

std::string faults_of(std::string_view text) {
    const auto pipeline = parse_pipeline(text, "p.toml");
    return pipeline ? "none" : pipeline.error().message;
}

TEST(PipelineFile, a_suffix_in_any_case_is_a_rule_for_each) {
    const auto rules_for = [](std::string_view suffix) {
        const auto pipeline = parse_pipeline(fmt::format(R"(
[[notification]]
bucket = "inbox"
id = "photos"
events = ["s3:ObjectCreated:*"]
suffix = "{}"
any_case = true
queue = "q"
)",
                                                         suffix),
                                             "p.toml");
        std::map<std::string, std::string> rules;
        if (!pipeline) return rules;
        for (const auto& rule : pipeline->notifications) rules.emplace(rule.id, rule.suffix);
        return rules;
    };
    using Rules = std::map<std::string, std::string>;
    EXPECT_EQ(rules_for(".jpg"),
              (Rules{{"photos", ".jpg"}, {"photos-upper", ".JPG"}, {"photos-title", ".Jpg"}}));
    EXPECT_EQ(rules_for("-raw.TXT"), (Rules{{"photos", "-raw.TXT"},
                                            {"photos-lower", "-raw.txt"},
                                            {"photos-title", "-raw.Txt"}}));
    EXPECT_EQ(rules_for(".001"), (Rules{{"photos", ".001"}}));
    EXPECT_NE(faults_of(R"(
[[notification]]
bucket = "b"
id = "i"
events = ["s3:ObjectCreated:*"]
any_case = true
queue = "q"
)")
                  .find("'any_case' needs 'suffix'"),
              std::string::npos);
}

TEST(PipelineFile, a_worker_called_almost_like_ours_is_a_mistake) {
    const auto with_worker = [](std::string_view worker) {
        return faults_of(fmt::format("[[function]]\nname = \"f\"\nworker = \"{}\"\n", worker));
    };
    EXPECT_NE(with_worker("ttss").find("did you mean 'tts'?"), std::string::npos);
    EXPECT_NE(with_worker("images").find("did you mean 'image'?"), std::string::npos);
    for (const auto* worker : {"tts", "image", "sleep", "thumbnailer"}) {
        EXPECT_EQ(with_worker(worker), "none") << worker;
    }
}

TEST(PipelineFile, everything_that_it_can_declare_is_read) {
    const auto pipeline = parse_pipeline(R"(
[[bucket]]
name = "inbox"
[[queue]]
name = "dead"
[[function]]
name = "speech"
worker = "tts"
dead_letter_queue = "dead"
timeout_s = 60
retries = 1
retry_delay_s = 7
[function.environment]
OUTPUT_BUCKET = "outbox"
[[notification]]
bucket = "inbox"
id = "texts"
events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
prefix = "in/"
suffix = ".txt"
function = "speech"
)",
                                         "p.toml");
    ASSERT_TRUE(pipeline);
    EXPECT_EQ(pipeline->buckets, std::vector<std::string>{"inbox"});
    EXPECT_EQ(pipeline->queues, std::vector<std::string>{"dead"});
    ASSERT_EQ(pipeline->functions.size(), 1U);
    const auto& function = pipeline->functions[0];
    EXPECT_EQ(function.name, "speech");
    EXPECT_EQ(function.worker, "tts");
    EXPECT_EQ(function.dead_letter_queue, "dead");
    EXPECT_EQ(function.timeout_s, 60U);
    EXPECT_EQ(function.retries, 1U);
    EXPECT_EQ(function.retry_delay_s, 7U);
    EXPECT_EQ(function.environment.at("OUTPUT_BUCKET"), "outbox");
    ASSERT_EQ(pipeline->notifications.size(), 1U);
    const auto& notification = pipeline->notifications[0];
    EXPECT_EQ(notification.bucket, "inbox");
    EXPECT_EQ(notification.id, "texts");
    EXPECT_EQ(notification.events.size(), 2U);
    EXPECT_EQ(notification.prefix, "in/");
    EXPECT_EQ(notification.suffix, ".txt");
    EXPECT_EQ(notification.function, "speech");
}

TEST(PipelineFile, an_empty_one_declares_nothing) {
    const auto pipeline = parse_pipeline("", "p.toml");
    ASSERT_TRUE(pipeline);
    EXPECT_TRUE(pipeline->buckets.empty());
}

TEST(PipelineFile, what_is_left_out_has_its_default) {
    const auto pipeline = parse_pipeline("[[function]]\nname = 'f'\nworker = 'tts'\n", "p.toml");
    ASSERT_TRUE(pipeline);
    EXPECT_EQ(pipeline->functions[0].timeout_s, 900U);
    EXPECT_EQ(pipeline->functions[0].retries, 2U);
    EXPECT_EQ(pipeline->functions[0].retry_delay_s, 5U);
}

TEST(PipelineFile, an_unknown_key_is_named_with_its_line) {
    EXPECT_EQ(faults_of("[[bucket]]\nname = 'a'\nvioce = 'vi'\n"),
              "p.toml:3:9: unknown key 'vioce' in [[bucket]]");
}

TEST(PipelineFile, an_unknown_table_is_a_fault) {
    EXPECT_TRUE(faults_of("[[tropic]]\nname = 'a'\n").contains("unknown table 'tropic'"));
}

TEST(PipelineFile, topics_and_subscriptions_are_read) {
    const auto pipeline = parse_pipeline(R"(
[[topic]]
name = "media"
display_name = "Media"
[[subscription]]
topic = "media"
protocol = "sqs"
queue = "told"
raw = true
filter_policy = '{"status": ["failed"]}'
dead_letter_queue = "dead"
[[subscription]]
topic = "media"
protocol = "https"
endpoint = "https://h.example/x"
[[notification]]
bucket = "inbox"
id = "told"
events = ["s3:ObjectCreated:*"]
topic = "media"
)",
                                         "p.toml");
    ASSERT_TRUE(pipeline);
    EXPECT_EQ(pipeline->topics[0].display_name, "Media");
    ASSERT_EQ(pipeline->subscriptions.size(), 2U);
    EXPECT_EQ(pipeline->subscriptions[0].endpoint, "told");
    EXPECT_TRUE(pipeline->subscriptions[0].is_raw);
    EXPECT_EQ(pipeline->subscriptions[0].filter_policy, R"({"status": ["failed"]})");
    EXPECT_EQ(pipeline->subscriptions[1].endpoint, "https://h.example/x");
    EXPECT_EQ(pipeline->notifications[0].topic, "media");
}

TEST(PipelineFile, a_subscription_needs_the_endpoint_of_its_protocol) {
    const std::string wanted = "needs 'queue' for protocol \"sqs\", 'endpoint' for others";
    EXPECT_TRUE(
        faults_of("[[subscription]]\ntopic='t'\nprotocol='sqs'\nendpoint='e'\n").contains(wanted));
    EXPECT_TRUE(
        faults_of("[[subscription]]\ntopic='t'\nprotocol='http'\nqueue='q'\n").contains(wanted));
}

TEST(PipelineFile, a_function_says_in_toml_what_its_worker_does) {
    const auto pipeline = parse_pipeline(R"(
[[function]]
name = "photos"
worker = "image"
success_topic = "media"
[function.configuration]
output = { bucket = "outbox" }
[[function.configuration.derivatives]]
name = "thumbnail"
steps = [{ fit = { width = 320, height = 320 } }, { grayscale = true }]
)",
                                         "p.toml");
    ASSERT_TRUE(pipeline);
    EXPECT_EQ(pipeline->functions[0].success_topic, "media");
    EXPECT_EQ(pipeline->functions[0].configuration,
              R"({"derivatives":[{"name":"thumbnail","steps":[{"fit":{"height":320,"width":320}},)"
              R"({"grayscale":true}]}],"output":{"bucket":"outbox"}})");
}

TEST(PipelineFile, a_date_has_no_place_in_a_configuration) {
    EXPECT_TRUE(faults_of("[[function]]\nname='f'\nworker='image'\n[function.configuration]\n"
                          "since = 2026-01-01\n")
                    .contains("'configuration' holds a date or a time"));
}

TEST(PipelinePolicy, everyone_that_the_pipeline_makes_send_is_let_in) {
    Pipeline pipeline;
    pipeline.notifications.push_back({.bucket = "inbox", .id = "a", .queue = "jobs"});
    pipeline.notifications.push_back({.bucket = "inbox", .id = "b", .queue = "jobs"});
    pipeline.subscriptions.push_back({.topic = "media", .protocol = "sqs", .endpoint = "jobs"});
    const auto senders = senders_to_queue(pipeline, Instance{}, "jobs");
    ASSERT_EQ(senders.size(), 2U);
    EXPECT_EQ(senders[0].source_arn, "arn:aws:s3:::inbox");
    EXPECT_EQ(senders[1].source_arn, "arn:aws:sns:us-east-1:000000000000:media");
    EXPECT_TRUE(senders_to_queue(pipeline, Instance{}, "other").empty());
}

TEST(PipelineFile, a_single_table_is_told_how_to_be_written) {
    EXPECT_TRUE(faults_of("[bucket]\nname = 'a'\n").contains("write [[bucket]], once for each"));
}

TEST(PipelineFile, a_missing_name_is_a_fault) {
    EXPECT_TRUE(faults_of("[[bucket]]\n").contains("[[bucket]] needs 'name'"));
}

TEST(PipelineFile, a_notification_has_one_destination) {
    const std::string rule = "[[notification]]\nbucket = 'b'\nid = 'i'\nevents = ['e']\n";
    EXPECT_TRUE(faults_of(rule).contains("needs one of 'function', 'queue' and 'topic'"));
    EXPECT_TRUE(faults_of(rule + "function = 'f'\nqueue = 'q'\n").contains("needs one of"));
    EXPECT_EQ(faults_of(rule + "queue = 'q'\n"), "none");
}

TEST(PipelineFile, values_of_the_wrong_kind_are_faults) {
    EXPECT_TRUE(faults_of("[[bucket]]\nname = 1\n").contains("'name' must be a text"));
    const std::string function = "[[function]]\nname = 'f'\nworker = 'w'\n";
    EXPECT_TRUE(faults_of(function + "retries = -1\n").contains("must be a whole number"));
    EXPECT_TRUE(faults_of(function + "retries = '2'\n").contains("must be a whole number"));
    EXPECT_TRUE(faults_of(function + "[function.environment]\nRATE = 100\n")
                    .contains("'RATE' must be a text; put it in quotes"));
}

TEST(PipelineFile, all_faults_are_told_at_once) {
    const std::string faults = faults_of("[[bucket]]\n[[queue]]\nnmae = 'a'\n");
    EXPECT_TRUE(faults.contains("[[bucket]] needs 'name'"));
    EXPECT_TRUE(faults.contains("[[queue]] needs 'name'"));
    EXPECT_TRUE(faults.contains("unknown key 'nmae'"));
}

TEST(PipelineFile, broken_toml_is_an_error_with_its_place) {
    EXPECT_TRUE(faults_of("[[bucket]]\nname = \n").starts_with("p.toml:2:"));
}

TEST(PipelineFile, a_file_that_is_not_there_is_not_found) {
    EXPECT_EQ(read_pipeline("/nowhere/p.toml").error().code, ErrorCode::not_found);
}

TEST(PipelineFile, the_shipped_ones_are_well_formed) {
    std::vector<DefaultPipeline> files(default_pipelines().begin(), default_pipelines().end());
    files.push_back(alert_pipeline());
    for (const auto& file : files) {
        const auto pipeline = parse_pipeline(file.text, std::string(file.name));
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        EXPECT_FALSE(pipeline->notifications.empty()) << file.name;
    }
}

}  // namespace
}  // namespace onput::ctl
