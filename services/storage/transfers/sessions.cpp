#include "services/storage/transfers/sessions.hpp"

#include "common/base/check.hpp"

namespace onput::storage {
namespace {

std::unexpected<Error> no_such_session() {
    return fail(ErrorCode::not_found, "the session is over or never was", "no_such_session");
}

std::unexpected<Error> slow_down() {
    return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
}

std::unexpected<Error> refuse(std::string message, std::string reason = "invalid_argument") {
    return fail(ErrorCode::invalid_argument, std::move(message), std::move(reason));
}

// Never 0, which means "no session", and unlikely to have been one's before a restart.
template <typename Sessions>
std::uint64_t new_id(Random& random, const Sessions& sessions) {
    std::uint64_t id = 0;
    while (id == 0 || sessions.contains(id)) id = random.next();
    return id;
}

}  // namespace

Result<schema::WriteOpened> WriteSessions::open(const schema::OpenWrite& request,
                                                const SessionCaller& caller) {
    if (sessions_.size() >= write_sessions_max) return slow_down();
    const std::uint64_t id = new_id(random_, sessions_);
    sessions_[id] = {.account = caller.account,
                     .bucket = request.bucket,
                     .key = request.key,
                     .part = request.part,
                     .size_max = request.size_bytes.value_or(schema::put_bytes_max),
                     .received = 0,
                     .unanswered = 0,
                     .is_finishing = false,
                     .heard_at = caller.now};
    return schema::WriteOpened{.write_id = id, .credit = write_credit};
}

Result<WriteSessions::Session*> WriteSessions::find(std::uint64_t write_id,
                                                    const SessionCaller& caller) {
    const auto found = sessions_.find(write_id);
    if (found == sessions_.end() || found->second.account != caller.account ||
        found->second.is_finishing) {
        return no_such_session();
    }
    found->second.heard_at = caller.now;
    return &found->second;
}

Result<schema::WriteAppended> WriteSessions::append(const schema::AppendWrite& request,
                                                    std::size_t bytes,
                                                    const SessionCaller& caller) {
    ONPUT_TRY(Session* const session, find(request.write_id, caller));
    if (bytes == 0 || bytes > schema::chunk_bytes_max) {
        return refuse("a piece of a write has 1 to 1048576 bytes");
    }
    if (request.offset != session->received) {
        return refuse("a piece of a write does not begin where the last one ended");
    }
    if (session->unanswered >= write_credit) return refuse("more pieces at a time than the credit");
    if (session->received + bytes > session->size_max) {
        return refuse("Your proposed upload exceeds the maximum allowed size", "entity_too_large");
    }
    session->received += bytes;
    ++session->unanswered;
    return schema::WriteAppended{.received_bytes = session->received};
}

void WriteSessions::appended(std::uint64_t write_id) {
    const auto found = sessions_.find(write_id);
    if (found == sessions_.end()) return;  // Ended while the bytes were on their way.
    ONPUT_CHECK(found->second.unanswered > 0);
    --found->second.unanswered;
}

Result<void> WriteSessions::finish(const schema::FinishWrite& request,
                                   const SessionCaller& caller) {
    ONPUT_TRY(Session* const session, find(request.write_id, caller));
    if (request.object.bucket != session->bucket || request.object.key != session->key ||
        request.object.part != session->part) {
        return refuse("a write is finished as another object than it was opened for");
    }
    if (request.object.size_bytes != session->received) {
        return refuse(
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
            "incomplete_body");
    }
    session->is_finishing = true;
    return {};
}

Result<void> WriteSessions::abort(const schema::AbortWrite& request, const SessionCaller& caller) {
    const auto found = sessions_.find(request.write_id);
    if (found == sessions_.end()) return {};
    ONPUT_TRY_VOID(find(request.write_id, caller));
    sessions_.erase(found);
    return {};
}

std::vector<std::uint64_t> WriteSessions::expire(Duration now) {
    std::vector<std::uint64_t> expired;
    for (const auto& [id, session] : sessions_) {
        const bool is_over = !session.is_finishing && now - session.heard_at >= idle_max_;
        if (is_over) expired.push_back(id);
    }
    for (const auto id : expired) sessions_.erase(id);
    return expired;
}

Result<std::uint64_t> ReadSessions::open(Source source, const SessionCaller& caller) {
    const std::size_t segments = source.segments.size();
    if (sessions_.size() >= read_sessions_max || segments_ + segments > read_segments_max) {
        return slow_down();
    }
    const std::uint64_t id = new_id(random_, sessions_);
    segments_ += segments;
    sessions_[id] = {
        .account = caller.account, .source = std::move(source), .heard_at = caller.now};
    return id;
}

Result<ReadSessions::Piece> ReadSessions::read(const schema::ReadObject& request,
                                               const SessionCaller& caller) {
    const auto found = sessions_.find(request.read_id);
    if (found == sessions_.end() || found->second.account != caller.account) {
        return no_such_session();
    }
    const Source& source = found->second.source;
    found->second.heard_at = caller.now;
    const bool is_inside = request.offset >= source.offset &&
                           request.offset - source.offset <= source.length &&
                           request.length <= source.length - (request.offset - source.offset);
    if (request.length == 0 || request.length > schema::chunk_bytes_max || !is_inside) {
        return refuse("a piece of a read lies outside what was opened", "invalid_range");
    }
    return Piece{.object = source.object,
                 .stored = source.stored,
                 .segments = pieces_of(source.segments, request.offset, request.length),
                 .key = source.key};
}

Result<std::optional<StoredBytes>> ReadSessions::close(const schema::CloseRead& request,
                                                       const SessionCaller& caller) {
    const auto found = sessions_.find(request.read_id);
    if (found == sessions_.end()) return std::optional<StoredBytes>();
    if (found->second.account != caller.account) return no_such_session();
    StoredBytes stored = std::move(found->second.source.stored);
    segments_ -= found->second.source.segments.size();
    sessions_.erase(found);
    return std::optional(std::move(stored));
}

std::vector<StoredBytes> ReadSessions::expire(Duration now) {
    std::vector<StoredBytes> expired;
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        if (now - at->second.heard_at >= read_idle_max) {
            expired.push_back(std::move(at->second.source.stored));
            segments_ -= at->second.source.segments.size();
            at = sessions_.erase(at);
        } else {
            ++at;
        }
    }
    return expired;
}

}  // namespace onput::storage
