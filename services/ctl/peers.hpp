// Peers: the services of an instance, called one at a time. For commands, which wait for
// each answer.
#pragma once

#include <memory>
#include <vector>

#include "common/transport/request.hpp"
#include "services/ctl/instance.hpp"

namespace onput::ctl {

class Peers {
public:
    Peers(transport::Loop& loop, const Instance& instance);

    [[nodiscard]] transport::RequestClient& storage() { return *storage_; }
    [[nodiscard]] transport::RequestClient& notifier() { return *notifier_; }
    [[nodiscard]] transport::RequestClient& queue() { return *queue_; }
    [[nodiscard]] const schema::Principal& principal() const { return principal_; }
    [[nodiscard]] transport::Loop& loop() { return loop_; }

    // Runs the loop until the answer is there, or until something else stops it, as a signal does:
    // then `unavailable`, and the answer is dropped when it comes. Not from inside a handler.
    template <schema::Message M>
    Result<typename M::Reply> ask(transport::RequestClient& peer, const M& request,
                                  Duration timeout = std::chrono::seconds(10)) {
        std::vector<transport::Frame> ignored;
        return ask(peer, request, ignored, timeout);
    }
    // The same, with what the answer has attached.
    template <schema::Message M>
    Result<typename M::Reply> ask(transport::RequestClient& peer, const M& request,
                                  std::vector<transport::Frame>& attachments,
                                  Duration timeout = std::chrono::seconds(10)) {
        using Reply = typename M::Reply;
        // Shared with the callback, which comes after this call has returned when the loop was
        // stopped before the answer.
        const auto wait = std::make_shared<Wait<Reply>>();
        transport::call(peer, request, {.timeout = timeout, .principal = principal_},
                        [this, wait](Result<Reply> reply, std::vector<transport::Frame> frames) {
                            if (wait->is_over) return;
                            wait->answer = std::move(reply);
                            wait->attachments = std::move(frames);
                            loop_.stop();
                        });
        loop_.run();
        wait->is_over = true;
        attachments = std::move(wait->attachments);
        return std::move(wait->answer);
    }

private:
    template <typename Reply>
    struct Wait {
        Result<Reply> answer = fail(ErrorCode::unavailable, "stopped before the answer came");
        std::vector<transport::Frame> attachments;
        bool is_over = false;
    };

    transport::Loop& loop_;
    schema::Principal principal_;
    std::unique_ptr<transport::RequestClient> storage_;
    std::unique_ptr<transport::RequestClient> notifier_;
    std::unique_ptr<transport::RequestClient> queue_;
};

}  // namespace onput::ctl
