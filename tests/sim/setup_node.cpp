#include "tests/sim/setup_node.hpp"

#include <map>
#include <string>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/schema/function.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/topics.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/handovers.hpp"
#include "tests/sim/mover_node.hpp"
#include "tests/sim/topic_checks.hpp"

namespace onput::sim {
namespace {

// As the workers' jobs, long enough to live through most stalls and short enough to end often.
constexpr std::uint32_t visibility_s = 8;

constexpr std::size_t heavy_bytes = 1000UL * 1000;

const std::string queue_policy =
    R"({"Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":["s3.amazonaws.com","sns.amazonaws.com"]},)"
    R"("Action":"sqs:SendMessage","Resource":"*"}]})";

const std::string topic_policy =
    R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},)"
    R"("Action":"SNS:Publish","Resource":"*"}]})";

schema::NotificationRule rule(std::string arn, std::string prefix,
                              std::vector<std::string> events) {
    schema::NotificationRule made;
    made.id = "rule-" + prefix;
    using Kind = schema::DestinationKind;
    made.kind = arn == speech_arn ? Kind::function : arn == news_arn ? Kind::topic : Kind::queue;
    made.destination_arn = std::move(arn);
    made.events = std::move(events);
    if (!prefix.empty()) made.filter = {{.name = "prefix", .value = std::move(prefix)}};
    return made;
}

schema::FunctionInfo speech_function() {
    schema::FunctionInfo speech;
    speech.name = "speech";
    speech.worker = "tts";
    speech.environment = {{"OUTPUT_BUCKET", outbox}};
    speech.retries_max = speech_retries_max;
    speech.success_topic_arn = told_good_arn;
    speech.failure_topic_arn = told_bad_arn;
    speech.dead_letter_arn = "arn:aws:sqs:us-east-1:" + account + ":dead";
    return speech;
}

}  // namespace

SetupNode::SetupNode(World& world, Requests& requests, const Services& services)
    : Node(world, "setup"),
      storage_(requests.connect(*this, services.storage)),
      notifier_(requests.connect(*this, services.notifier)),
      queue_(requests.connect(*this, services.queue)) {
    const std::map<std::string, std::string> attributes{
        {"Policy", queue_policy}, {"VisibilityTimeout", std::to_string(visibility_s)}};
    for (const char* name : {"changes", "bulk", "told", "unsent"}) {
        add(*queue_, schema::CreateQueue{.name = name, .attributes = attributes, .tags = {}});
    }
    add(*queue_, schema::CreateQueue{.name = "dead", .attributes = {}, .tags = {}});
    add_queues_of_dead_letters();
    add_queues_of_moves();
    add(*queue_, schema::CreateQueue{
                     .name = "brief",
                     .attributes = {{"Policy", queue_policy}, {"MessageRetentionPeriod", "60"}},
                     .tags = {}});
    add_heavy_messages();
    add(*queue_, schema::PutFunction{.function = speech_function()});
    for (const char* name : {"good", "bad", "news"}) {
        add(*notifier_,
            schema::CreateTopic{.name = name, .attributes = {{"Policy", topic_policy}}});
    }
    const std::vector<std::string> created{"s3:ObjectCreated:*"};
    const std::vector<std::string> both{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"};
    add_bucket(inbox, {rule(speech_arn, "text/", created), rule(changes_arn, "log/", both),
                       rule(bulk_arn, "bulk/", both), rule(news_arn, "news/", created),
                       rule(brief_arn, "brief/", created), rule(chain_arn, "chain/", created),
                       rule(ping_arn, "ping/", created)});
    add_bucket(outbox, {rule(changes_arn, "", both)});
    add(*storage_, schema::CreateBucket{.name = vault, .region = {}, .has_object_lock = true});
}

// A chain, whose last one is read, and two that are each other's.
void SetupNode::add_queues_of_dead_letters() {
    const auto attributes_of = [](const std::string& dead_letters) {
        std::map<std::string, std::string> attributes{{"Policy", queue_policy},
                                                      {"VisibilityTimeout", "2"}};
        if (!dead_letters.empty()) {
            attributes["RedrivePolicy"] =
                fmt::format(R"({{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:{}:{}",)"
                            R"("maxReceiveCount":1}})",
                            account, dead_letters);
        }
        return attributes;
    };
    const auto add_queue = [&](const std::string& name, const std::string& dead_letters) {
        add(*queue_, schema::CreateQueue{
                         .name = name, .attributes = attributes_of(dead_letters), .tags = {}});
    };
    add_queue("chain-3", "");
    add_queue("chain-2", "chain-3");
    add_queue("chain-1", "chain-2");
    add_queue("pong", "");
    add_queue("ping", "pong");
    add(*queue_, schema::SetQueueAttributes{.name = "pong", .attributes = attributes_of("ping")});
}

// SQS moves from dead-letter queues only: the source is one, of a queue that nobody sends to.
void SetupNode::add_queues_of_moves() {
    for (const auto& name : {move_source, move_target}) {
        add(*queue_, schema::CreateQueue{.name = name, .attributes = {}, .tags = {}});
    }
    const std::string redrive =
        fmt::format(R"({{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:{}:{}",)"
                    R"("maxReceiveCount":1}})",
                    account, move_source);
    add(*queue_, schema::CreateQueue{
                     .name = "unused", .attributes = {{"RedrivePolicy", redrive}}, .tags = {}});
}

// In some worlds, what workers are granted is more than one message of the lane takes.
void SetupNode::add_heavy_messages() {
    add(*queue_, schema::CreateQueue{.name = heavy, .attributes = {}, .tags = {}});
    if (!world_.chance(250)) return;
    for (std::size_t i = 0; i < heavy_messages; ++i) {
        schema::SendMessages request{.name = heavy};
        request.entries.emplace_back().body = std::string(heavy_bytes, 'h');
        add(*queue_, std::move(request));
    }
}

void SetupNode::add_bucket(const std::string& name, std::vector<schema::NotificationRule> rules) {
    add(*storage_, schema::CreateBucket{.name = name, .region = {}});
    schema::PutNotification request;
    request.bucket = name;
    request.configuration.rules = std::move(rules);
    request.skip_destination_validation = true;
    add(*storage_, std::move(request));
}

template <schema::Message M>
void SetupNode::add(transport::RequestClient& service, M request) {
    steps_.emplace_back([this, &service, request = std::move(request)] {
        transport::CallOptions options;
        options.principal = {.account = account, .id = "AKID"};
        transport::call(service, request, std::move(options),
                        [this](const Result<typename M::Reply>& reply, const auto&) {
                            ONPUT_CHECK(reply.has_value());
                            ++step_;
                            next();
                        });
    });
}

void SetupNode::on_start() {
    post([this] { next(); });
}

void SetupNode::next() {
    if (!is_done()) steps_[step_]();
}

}  // namespace onput::sim
