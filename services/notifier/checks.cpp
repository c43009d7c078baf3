#include "services/notifier/checks.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace onput::notifier {
namespace {

constexpr Duration check_timeout = std::chrono::seconds(10);

}  // namespace

void Checks::start(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::CheckDestinations>(request.body);
    if (!message) return host_.reply(request.reply_to, std::unexpected(message.error()));
    if (checks_.size() >= open_checks_max) {
        return host_.reply(request.reply_to,
                           fail(ErrorCode::resource_exhausted,
                                "too many checks of destinations at once", "slow_down"));
    }
    auto check =
        DestinationCheck::start(*message, caller, host_.platform().random(), host_.core().topics());
    if (!check) return host_.reply(request.reply_to, std::unexpected(check.error()));
    const std::uint64_t id = ++last_id_;
    checks_.emplace(id, OpenCheck{.reply_to = request.reply_to, .check = *std::move(check)});
    go_on(id);
}

void Checks::go_on(std::uint64_t id) {
    const auto found = checks_.find(id);
    if (found == checks_.end()) return;
    for (const CheckCall& next : found->second.check.next_calls()) send(id, next);
    if (found->second.check.result()) finish(id);
}

void Checks::send(std::uint64_t id, const CheckCall& call) {
    const auto send_now = [this, id, index = call.index](const auto& message) {
        using Message = std::remove_cvref_t<decltype(message)>;
        transport::CallOptions options;
        options.timeout = check_timeout;
        transport::call(queue_, message, std::move(options),
                        [this, id, index](Result<typename Message::Reply> reply,
                                          const std::vector<transport::Frame>&) {
                            if (!reply) {
                                on_answer(id, index, std::unexpected(reply.error()));
                            } else if constexpr (std::same_as<Message, schema::Deliver>) {
                                on_answer(id, index, *std::move(reply));
                            } else {
                                on_answer(id, index, schema::Delivered{});
                            }
                        });
    };
    std::visit(send_now, call.message);
}

void Checks::finish(std::uint64_t id) {
    auto over = checks_.extract(id);
    OpenCheck& open = over.mapped();
    host_.must_execute([&](NotifierCore& core, Effects& effects) {
        return core.publish_test_events(open.check.take_topic_messages(), host_.now(), effects);
    });
    host_.reply(open.reply_to, *open.check.result());
}

void Checks::on_answer(std::uint64_t id, std::size_t index,
                       const Result<schema::Delivered>& answer) {
    const auto found = checks_.find(id);
    if (found == checks_.end()) return;
    found->second.check.on_answer(index, answer);
    go_on(id);
}

}  // namespace onput::notifier
