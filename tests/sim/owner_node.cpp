#include "tests/sim/owner_node.hpp"

#include <algorithm>

#include "tests/sim/endpoint_node.hpp"

namespace onput::sim {
namespace {

constexpr int tries_max = 3;
const std::string delivery_policy =
    R"({"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":5,"numRetries":)" +
    std::to_string(endpoint_retries_max) + "}}";
const std::string queue_prefix = "arn:aws:sqs:us-east-1:" + account + ":";

}  // namespace

OwnerNode::OwnerNode(const Parts& parts)
    : Node(parts.world, "owner"),
      topic_checks_(parts.topic_checks),
      notifier_(parts.requests.connect(*this, parts.notifier)) {
    for (const auto& topic_arn : {told_good_arn, told_bad_arn, news_arn}) {
        want(topic_arn, queue_prefix + "told", Kind::stays);
    }
    want(told_good_arn, EndpointNode::url_of("hook"), Kind::stays);
    want(news_arn, EndpointNode::url_of("guest"), Kind::leaves);
    want(news_arn, EndpointNode::url_of("stranger"), Kind::never_confirms);
    want_with_dead_letters(told_bad_arn, EndpointNode::url_of("pager"));
    want_with_dead_letters(news_arn, EndpointNode::url_of("pager"));
    // There is no such queue.
    want_with_dead_letters(told_bad_arn, queue_prefix + "nowhere");
}

void OwnerNode::want(std::string topic_arn, const std::string& endpoint, Kind kind) {
    schema::Subscribe request{.topic_arn = std::move(topic_arn), .endpoint = endpoint};
    request.protocol = endpoint.starts_with("http:") ? "http" : "sqs";
    if (request.protocol == "sqs") {
        request.attributes["RawMessageDelivery"] = "true";
    } else {
        request.attributes["DeliveryPolicy"] = delivery_policy;
    }
    wanted_.push_back({.request = std::move(request), .kind = kind});
}

void OwnerNode::want_with_dead_letters(std::string topic_arn, const std::string& endpoint) {
    want(std::move(topic_arn), endpoint, Kind::stays);
    wanted_.back().request.attributes["RedrivePolicy"] =
        R"({"deadLetterTargetArn":")" + queue_prefix + R"(unsent"})";
}

template <schema::Message M, typename Done>
void OwnerNode::ask(const M& request, Done done) {
    transport::CallOptions options;
    options.principal = {.account = account, .id = "AKID"};
    transport::call(*notifier_, request, std::move(options),
                    [done = std::move(done)](const auto& reply, const auto&) { done(reply); });
}

void OwnerNode::on_start() {
    for (std::size_t at = 0; at < wanted_.size(); ++at) {
        after(world_.between(milliseconds(1), seconds(5)), [this, at] { tend(at); });
    }
    rest();
}

bool OwnerNode::is_idle() const {
    return is_stopped_ && !is_busy_ &&
           std::ranges::all_of(wanted_, [](const Wanted& wanted) { return !wanted.arn.empty(); });
}

// --- Subscriptions ----------------------------------------------------------------------------

void OwnerNode::tend(std::size_t at) {
    const Wanted& wanted = wanted_[at];
    if (wanted.arn.empty()) return subscribe(at);
    if (wanted.kind != Kind::leaves || is_stopped_) return;
    unsubscribe(at);
}

void OwnerNode::subscribe(std::size_t at) {
    ask(wanted_[at].request, [this, at](const Result<schema::SubscriptionInfo>& made) {
        Wanted& wanted = wanted_[at];
        const bool is_there = made && (!made->is_pending || wanted.kind == Kind::never_confirms);
        if (is_there) wanted.arn = made->arn;
        after(world_.between(seconds(2), seconds(15)), [this, at] { tend(at); });
    });
}

void OwnerNode::unsubscribe(std::size_t at) {
    ask(schema::Unsubscribe{.arn = wanted_[at].arn},
        [this, at](const Result<schema::Empty>& removed) {
            if (removed) wanted_[at].arn.clear();
            after(world_.between(seconds(2), seconds(15)), [this, at] { tend(at); });
        });
}

// --- Publishing -------------------------------------------------------------------------------

void OwnerNode::rest() {
    is_busy_ = false;
    if (is_stopped_) return;
    const bool is_burst = world_.chance(250);
    after(is_burst ? world_.between(Duration(100), milliseconds(50))
                   : world_.between(milliseconds(50), seconds(10)),
          [this] {
              if (is_stopped_) return;
              schema::PublishMessages request{.topic_arn = news_arn};
              const std::uint64_t entries = 1 + world_.random.below(2);
              for (std::uint64_t i = 0; i < entries; ++i) {
                  request.entries.push_back(
                      {.id = std::to_string(i), .message = "news " + std::to_string(++published_)});
              }
              publish(request, tries_max);
          });
}

void OwnerNode::publish(const schema::PublishMessages& request, int tries_left) {
    is_busy_ = true;
    ask(request, [this, request, tries_left](const Result<schema::MessagesPublished>& published) {
        if (!published && tries_left > 0) return publish(request, tries_left - 1);
        if (published) {
            for (const auto& entry : published->entries) {
                topic_checks_.answered(entry.message_id);
            }
        }
        rest();
    });
}

}  // namespace onput::sim
