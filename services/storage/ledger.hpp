// Ledger: commits what commands want and holds every answer until nothing can undo what it says.
//
//     command -> commit ... commit -> at_turn_end: tidy, one sync -> on_durable: answers, relay
//
// Belongs to the shell; loop thread only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/runtime/reply_gate.hpp"
#include "common/store/blobs.hpp"
#include "common/store/store.hpp"
#include "common/transport/request.hpp"
#include "services/storage/core.hpp"

namespace onput::storage {

// Rows that are over are removed beside other commits, or alone once there are this many.
inline constexpr std::uint64_t untidy_rows_max = 1000;

// What goes back to a caller.
struct Answer {
    std::string body;   // An encoded message.
    std::string bytes;  // Attached, unless empty.
};

// `error` as a caller shall see it: a full disk has its own reason.
Error for_caller(Error error);

class Ledger {
public:
    struct Parts {
        StorageCore& core;
        store::Store& store;
        store::BlobStore& blobs;
        Pins& pins;
        // Ends the process: the store failed for good.
        std::function<void(const Error&)> fail;
    };
    explicit Ledger(Parts parts) : parts_(std::move(parts)), gate_(parts_.store) {}

    // Where answers go. Before the first one.
    void answer_through(transport::RequestServer& server) { server_ = &server; }
    // Called when more events may be handed over than before.
    void when_events_are_durable(std::function<void()> work) { on_events_ = std::move(work); }

    // Commits the effects of a command and does what they ask for. When the store is full the
    // command is undone and the error is `storage_full`; any other failure ends the process.
    Result<void> commit(Effects& effects);

    // Answers once everything committed so far is durable.
    void answer(const transport::ReplyTo& to, Result<Answer> answer);
    // Answers at once: for what tells nothing about commits.
    void answer_now(const transport::ReplyTo& to, Result<Answer> answer);

    // Something that is over but not yet tidied goes, even when nothing else is committed.
    void tidy();

    void at_turn_end();
    void on_durable(store::Ticket durable) { gate_.on_durable(durable); }

    [[nodiscard]] bool is_idle() const { return gate_.held() == 0; }
    [[nodiscard]] const std::map<std::string, std::uint64_t>& emitted() const { return emitted_; }

private:
    void follow_events();

    Parts parts_;
    runtime::ReplyGate gate_;
    transport::RequestServer* server_ = nullptr;
    std::function<void()> on_events_;
    store::Ticket synced_ = 0;                      // A sync was asked for through here.
    std::uint64_t events_followed_ = 0;             // on_durable is on its way through here.
    std::map<std::string, std::uint64_t> emitted_;  // Events by name.
};

}  // namespace onput::storage
