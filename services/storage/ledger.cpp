#include "services/storage/ledger.hpp"

#include "common/base/log.hpp"

namespace onput::storage {

Error for_caller(Error error) {
    if (error.code == ErrorCode::resource_exhausted && error.reason.empty()) {
        error.reason = "storage_full";
    }
    return error;
}

Result<void> Ledger::commit(Effects& effects) {
    for (auto& batch : effects.batches) {
        const auto ticket = parts_.store.commit(std::move(batch));
        if (ticket) continue;
        if (ticket.error().code != ErrorCode::resource_exhausted) parts_.fail(ticket.error());
        const auto undone = parts_.core.undo(effects);
        if (!undone) parts_.fail(undone.error());
        log::warn("commit refused", {{"error", ticket.error().message}});
        return std::unexpected(for_caller(ticket.error()));
    }
    for (const auto& blob : effects.unused_blobs) parts_.blobs.remove(blob);
    if (!effects.event_name.empty()) ++emitted_[effects.event_name];
    return {};
}

void Ledger::answer(const transport::ReplyTo& to, Result<Answer> answer) {
    gate_.when_durable(
        [this, to, answer = std::move(answer)]() mutable { answer_now(to, std::move(answer)); });
}

void Ledger::answer_now(const transport::ReplyTo& to, Result<Answer> answer) {
    if (!answer) {
        server_->reply(to, std::unexpected(for_caller(std::move(answer).error())));
        return;
    }
    transport::Reply reply{.body = std::move(answer->body)};
    if (!answer->bytes.empty()) {
        reply.attachments.emplace_back(std::move(answer->bytes));
    }
    server_->reply(to, std::move(reply));
}

void Ledger::tidy() {
    Effects effects;
    if (!parts_.core.tidy(parts_.pins, effects)) return;
    // Not tidied: later again. It was undone and logged.
    static_cast<void>(commit(effects));
}

void Ledger::at_turn_end() {
    const bool has_commits = parts_.store.last_ticket() > synced_;
    // Removals cost next to nothing beside a sync that happens anyway, and a sync of their own
    // would hold up readers.
    if (has_commits || parts_.core.outbox().untidy() >= untidy_rows_max) tidy();
    if (parts_.store.last_ticket() == synced_) return;
    synced_ = parts_.store.last_ticket();
    parts_.store.sync();
    follow_events();
}

void Ledger::follow_events() {
    const std::uint64_t last = parts_.core.last_event();
    if (last == events_followed_) return;
    events_followed_ = last;
    gate_.when_durable([this, last] {
        parts_.core.on_durable(last);
        on_events_();
    });
}

}  // namespace onput::storage
