// `onput unlock`: takes the policy off a queue or topic from which it locks everybody out. It asks
// as the owner's root, which no policy denies its own removal.
#include "services/ctl/unlock.hpp"

#include <array>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/json/writer.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/topics.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

constexpr const char* policy = "Policy";

std::string policy_in(const std::map<std::string, std::string>& attributes) {
    const auto found = attributes.find(policy);
    return found == attributes.end() ? "" : found->second;
}

// The policy that was there; empty: there was none of its own.
Result<std::string> take_off(Peers& peers, const PolicyHolder& holder) {
    if (holder.kind == PolicyHolder::Kind::queue) {
        const schema::DescribeQueue describe{.account = holder.account, .name = holder.name};
        ONPUT_TRY(const auto queue, peers.ask(peers.queue(), describe));
        const schema::SetQueueAttributes set{
            .account = holder.account, .name = holder.name, .attributes = {{policy, ""}}};
        ONPUT_TRY_VOID(peers.ask(peers.queue(), set));
        return policy_in(queue.attributes);
    }
    ONPUT_TRY(const auto before, peers.ask(peers.notifier(), schema::GetTopic{.arn = holder.arn}));
    const schema::SetTopicAttribute set{.arn = holder.arn, .name = policy, .value = ""};
    ONPUT_TRY_VOID(peers.ask(peers.notifier(), set));
    // A topic always shows one: AWS's own when it has none.
    ONPUT_TRY(const auto after, peers.ask(peers.notifier(), schema::GetTopic{.arn = holder.arn}));
    const std::string was = policy_in(before.attributes);
    return was == policy_in(after.attributes) ? std::string() : was;
}

void print(const GlobalOptions& global, const PolicyHolder& holder, const std::string& was) {
    if (global.output == OutputFormat::json) {
        json::Writer out;
        out.begin_object();
        out.name("arn");
        out.text(holder.arn);
        out.name("removed_policy");
        was.empty() ? out.null() : out.text(was);
        out.end_object();
        fmt::print("{}\n", out.take());
        return;
    }
    if (was.empty()) {
        fmt::print("{} had no policy\n", printable(holder.arn));
    } else {
        fmt::print("{} has no policy any more; it was\n{}\n", printable(holder.arn),
                   printable_lines(was));
    }
}

}  // namespace

Result<PolicyHolder> parse_policy_holder(std::string_view text, const OwnPlace& own) {
    const auto refused = [&] {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'{}' is no queue or topic: write its ARN, or sqs:QUEUE or "
                                "sns:TOPIC as onput status shows it",
                                text));
    };
    std::array<std::string_view, 6> parts{"arn", "aws", "", own.region, own.account, ""};
    const std::array<std::size_t, 2> short_form{2, 5};
    const bool is_whole = text.starts_with("arn:");
    const std::size_t count = is_whole ? parts.size() : short_form.size();
    std::string_view rest = text;
    for (std::size_t at = 0; at < count; ++at) {
        const bool is_last = at + 1 == count;
        const auto end = is_last ? rest.size() : rest.find(':');
        if (end == std::string_view::npos) return refused();
        parts[is_whole ? at : short_form[at]] = rest.substr(0, end);
        rest.remove_prefix(is_last ? end : end + 1);
    }
    const auto& [arn, partition, service, region, account, name] = parts;
    const bool is_known = partition == "aws" && (service == "sqs" || service == "sns");
    if (!is_known || account.empty() || name.empty() || name.find(':') != std::string_view::npos) {
        return refused();
    }
    return PolicyHolder{
        .kind = service == "sqs" ? PolicyHolder::Kind::queue : PolicyHolder::Kind::topic,
        .account = std::string(account),
        .name = std::string(name),
        .arn = fmt::format("arn:aws:{}:{}:{}:{}", service, region, account, name)};
}

ExitCode run_unlock(const GlobalOptions& global, const UnlockOptions& options) {
    auto instance = find_running(data_directory(global.data));
    if (!instance) return report("unlock", instance.error());
    const auto holder = parse_policy_holder(
        options.subject, {.region = instance->region, .account = instance->account});
    if (!holder) return report("unlock", holder.error());
    instance->account = holder->account;
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto was = take_off(peers, *holder);
    if (!was) return report("unlock", Error(was.error()).with_context(holder->arn));
    print(global, *holder, *was);
    return ExitCode::ok;
}

}  // namespace onput::ctl
