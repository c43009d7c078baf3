#include "tests/sim/endpoint_node.hpp"

namespace onput::sim {
namespace {

constexpr Duration slow_answer_max = seconds(25);  // Longer than the notifier waits.

}  // namespace

void EndpointNode::receive(const Incoming& incoming, const Answer<int>& answer) {
    const Faults& faults = world_.faults;
    if (world_.chance(faults.endpoint_refusal_permille)) return answer(404);
    if (world_.chance(faults.endpoint_error_permille)) return answer(500);
    if (world_.chance(faults.endpoint_silence_permille)) {
        if (world_.chance(500)) take(incoming);
        return;
    }
    if (!world_.chance(faults.endpoint_slow_permille)) {
        take(incoming);
        return answer(200);
    }
    after(world_.between(milliseconds(100), slow_answer_max), [this, incoming, answer] {
        take(incoming);
        answer(200);
    });
}

void EndpointNode::take(const Incoming& incoming) {
    topic_checks_.received(incoming.post);
    if (!incoming.post.is_invitation || wish_ == Wish::ignores) return;
    after(world_.between(milliseconds(1), seconds(3)), [this, incoming] { confirm(incoming); });
}

// One that gets no answer is asked again by the next invitation.
void EndpointNode::confirm(const Incoming& incoming) {
    topic_checks_.confirming(incoming.post.subscription_arn);
    // Whoever has a token may confirm: no principal is needed.
    transport::call(
        *notifier_,
        schema::ConfirmSubscription{.topic_arn = incoming.topic_arn, .token = incoming.token}, {},
        [](const Result<schema::SubscriptionInfo>&, const auto&) {});
}

}  // namespace onput::sim
