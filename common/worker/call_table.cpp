#include "common/worker/call_table.hpp"

#include "common/base/check.hpp"

namespace onput::worker {

CallTable::CallTable(std::uint32_t places) : places_(places) {
    ONPUT_CHECK(places >= 1 && places <= call_places_max);
}

Result<bool> CallTable::start(const std::string& id) {
    if (id.size() != schema::call_id_bytes) {
        return fail(ErrorCode::invalid_argument, "a call without an id");
    }
    if (is_leaving_) return fail(ErrorCode::unavailable, "the worker is leaving", "leaving");
    if (calls_.contains(id)) return fail(ErrorCode::conflict, "the call is here already");
    const bool has_place = running_ < places_;
    if (!has_place && waiting_.size() >= calls_waiting_max) {
        return fail(ErrorCode::resource_exhausted, "the worker has too many calls", "busy");
    }
    calls_.emplace(id, Call{.is_waiting = !has_place, .is_running = has_place});
    if (has_place) {
        ++running_;
    } else {
        waiting_.push_back(id);
    }
    return has_place;
}

std::optional<std::string> CallTable::child_ended(const std::string& id) {
    const auto call = calls_.find(id);
    ONPUT_CHECK(call != calls_.end() && call->second.is_running);
    call->second.is_running = false;
    --(call->second.is_slow ? slow_ : running_);
    if (call->second.is_closed) calls_.erase(call);
    return grant_next();
}

std::vector<std::string> CallTable::lend(Duration now) {
    std::vector<std::string> granted;
    for (auto& [id, call] : calls_) {
        if (slow_ >= calls_slow_max || waiting_.empty()) break;
        const bool is_slow = call.unread_since && now - *call.unread_since >= call_slow_after;
        if (!is_slow || !call.is_running || call.is_slow) continue;
        call.is_slow = true;
        ++slow_;
        --running_;
        if (auto next = grant_next()) granted.push_back(*std::move(next));
    }
    return granted;
}

std::optional<std::string> CallTable::grant_next() {
    if (waiting_.empty() || running_ >= places_) return {};
    std::string next = std::move(waiting_.front());
    waiting_.pop_front();
    Call& granted = calls_.at(next);
    granted.is_waiting = false;
    granted.is_running = true;
    ++running_;
    return next;
}

Result<void> CallTable::read(const std::string& id) {
    const auto call = calls_.find(id);
    if (call == calls_.end() || call->second.is_closed) {
        return fail(ErrorCode::not_found, "there is no such call");
    }
    if (!call->second.unread_since) {
        return fail(ErrorCode::conflict, "somebody waits for the call's next piece");
    }
    call->second.unread_since.reset();
    return {};
}

void CallTable::piece_given(const std::string& id, Duration now) {
    const auto call = calls_.find(id);
    if (call != calls_.end()) call->second.unread_since = now;
}

bool CallTable::close(const std::string& id) {
    const auto call = calls_.find(id);
    if (call == calls_.end()) return false;
    if (call->second.is_running) {
        call->second.is_closed = true;
        return true;
    }
    if (call->second.is_waiting) std::erase(waiting_, id);
    calls_.erase(call);
    return false;
}

std::vector<std::string> CallTable::idle(Duration now) const {
    std::vector<std::string> ids;
    for (const auto& [id, call] : calls_) {
        const bool is_late =
            call.unread_since && now - *call.unread_since >= schema::call_idle_timeout;
        if (is_late && !call.is_closed) ids.push_back(id);
    }
    return ids;
}

}  // namespace onput::worker
