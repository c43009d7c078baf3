// Checks of destinations: calls to the queue service, and the answer when all are back.
#include <concepts>
#include <type_traits>
#include <utility>

#include "services/notifier/service.hpp"

namespace onput::notifier {
namespace {

constexpr Duration check_timeout = std::chrono::seconds(10);

}  // namespace

void NotifierService::on_check(const transport::Request& request) {
    const auto message = schema::decode<schema::CheckDestinations>(request.body);
    if (!message) return refuse(request.reply_to, message.error());
    if (checks_.size() >= open_checks_max) {
        return refuse(request.reply_to, {.code = ErrorCode::resource_exhausted,
                                         .message = "too many checks of destinations at once",
                                         .reason = {},
                                         .details = {}});
    }
    auto check = DestinationCheck::start(*message, caller_of(request, process_.loop().now()),
                                         process_.random(), core_->topics());
    if (!check) return refuse(request.reply_to, check.error());
    const std::uint64_t id = ++last_check_;
    checks_.emplace(id, OpenCheck{.reply_to = request.reply_to, .check = *std::move(check)});
    continue_check(id);
}

void NotifierService::continue_check(std::uint64_t id) {
    const auto found = checks_.find(id);
    if (found == checks_.end()) return;
    for (CheckCall& next : found->second.check.next_calls()) {
        const std::size_t index = next.index;
        const auto send = [this, id, index](const auto& message) {
            using Message = std::remove_cvref_t<decltype(message)>;
            transport::CallOptions options;
            options.timeout = check_timeout;
            transport::call(*queue_, message, std::move(options),
                            [this, id, index](Result<typename Message::Reply> reply,
                                              const std::vector<transport::Frame>&) {
                                if (!reply) {
                                    on_check_answer(id, index, std::unexpected(reply.error()));
                                } else if constexpr (std::same_as<Message, schema::Deliver>) {
                                    on_check_answer(id, index, *std::move(reply));
                                } else {
                                    on_check_answer(id, index, schema::Delivered{});
                                }
                            });
        };
        std::visit(send, next.message);
    }
    // A call may have been answered on the spot, and the check be over and gone.
    const auto still_open = checks_.find(id);
    if (still_open == checks_.end()) return;
    if (still_open->second.check.result()) finish_check(id);
}

void NotifierService::finish_check(std::uint64_t id) {
    auto over = checks_.extract(id);
    OpenCheck& open = over.mapped();
    Effects effects;
    must(core_->publish_test_events(open.check.take_topic_messages(), process_.loop().now(),
                                    effects));
    perform(std::move(effects));
    reply_when_durable(open.reply_to, to_reply(*open.check.result()));
    finish_drain_if_idle();
}

void NotifierService::on_check_answer(std::uint64_t id, std::size_t index,
                                      Result<schema::Delivered> answer) {
    const auto found = checks_.find(id);
    if (found == checks_.end()) return;
    found->second.check.on_answer(index, answer);
    continue_check(id);
}

}  // namespace onput::notifier
