#include "services/ctl/demo_rules.hpp"

#include <fmt/format.h>

#include "common/json/reader.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/schedules.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/pipeline_topics.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view queue_name = "demo-events";
constexpr std::string_view rule_name = "demo-large-orders";
constexpr std::string_view pattern =
    R"({"source":["demo.shop"],"detail":{"total":[{"numeric":[">",100]}]}})";
constexpr Duration schedule_delay = std::chrono::seconds(2);
constexpr std::uint32_t receive_wait_ms = 500;

template <typename T>
Result<void> done(const Result<T>& answer) {
    if (!answer) return std::unexpected(answer.error());
    return {};
}

// Who delivers into it: the rule and the schedule.
std::string queue_policy(const std::string& arn) {
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":)"
        R"(["events.amazonaws.com","scheduler.amazonaws.com"]}},"Action":"sqs:SendMessage",)"
        R"("Resource":"{}"}}]}})",
        arn);
}

Result<void> make_rule(Peers& peers, const std::string& queue, const DemoStage& stage) {
    stage.narrate(fmt::format("\nA rule: events like {} go to the queue {}.", pattern, queue_name));
    const schema::PutRule rule{.name = std::string(rule_name), .pattern = std::string(pattern)};
    ONPUT_TRY_VOID(done(peers.ask(peers.notifier(), rule)));
    const schema::PutTargets targets{.rule = std::string(rule_name),
                                     .targets = {{.id = "queue", .arn = queue}}};
    return done(peers.ask(peers.notifier(), targets));
}

Result<void> make_schedule(Peers& peers, const std::string& queue, const DemoStage& stage) {
    const Timestamp at =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now() + schedule_delay);
    const std::string text = format_iso8601_millis(at);
    schema::PutSchedule request;
    request.schedule.name = "demo-reminder";
    request.schedule.expression = fmt::format("at({})", text.substr(0, text.find('.')));
    request.schedule.target = {.arn = queue, .input = R"({"reminder":"count the orders"})"};
    request.schedule.is_deleted_after = true;
    stage.narrate(fmt::format("A schedule: once, {}.", request.schedule.expression));
    return done(peers.ask(peers.notifier(), request));
}

Result<void> put_events(Peers& peers, const DemoStage& stage) {
    schema::PutEvents request;
    for (const std::string_view detail :
         {R"({"order":"tea","total":20})", R"({"order":"books","total":250})"}) {
        stage.narrate(fmt::format("PutEvents: demo.shop, {}", detail));
        request.entries.push_back(
            {.source = "demo.shop", .detail_type = "Order Placed", .detail = std::string(detail)});
    }
    return done(peers.ask(peers.notifier(), request));
}

// From one of the two, and what it says.
std::pair<std::string, std::string> reading_of(const std::string& body) {
    const auto document = json::read(body);
    if (!document || document->find("reminder") == nullptr)
        return {fmt::format("rule {}", rule_name), body.substr(body.find("\"detail\":"))};
    return {"the schedule", body};
}

}  // namespace

Result<void> show_rules(const DemoStage& stage) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, stage.instance);
    const std::string queue = queue_arn(stage.instance, std::string(queue_name));
    const schema::CreateQueue create{.name = std::string(queue_name),
                                     .attributes = {{"Policy", queue_policy(queue)}}};
    ONPUT_TRY_VOID(done(peers.ask(peers.queue(), create)));
    ONPUT_TRY_VOID(make_rule(peers, queue, stage));
    ONPUT_TRY_VOID(make_schedule(peers, queue, stage));
    ONPUT_TRY_VOID(put_events(peers, stage));
    Table table({"CAME FROM", "MESSAGE"});
    const schema::ReceiveMessages receive{.account = stage.instance.account,
                                          .name = std::string(queue_name),
                                          .messages_max = 10,
                                          .wait_ms = receive_wait_ms};
    for (std::size_t received = 0; received < 2;) {
        const auto answer = peers.ask(peers.queue(), receive);
        if (!answer) return std::unexpected(answer.error());
        for (const auto& message : answer->messages) {
            auto [source, text] = reading_of(message.body);
            table.add({std::move(source), std::move(text)});
            ++received;
        }
        ONPUT_TRY_VOID(stage.pause("the messages of the rule and of the schedule"));
    }
    fmt::print("\n{}", table.text());
    return {};
}

}  // namespace onput::ctl
