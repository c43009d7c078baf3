// Sessions: large writes and reads that take several requests. Pure; the bytes themselves are the
// shell's.
//
//     write:  open ──append ... append──> finishing ──> gone        abort, silence: gone
//     read:   open ──read ... read──> gone                          close, silence: gone
//
// They live in this process only: a restart forgets them and what they wrote.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/store/blobs.hpp"
#include "services/storage/buckets/buckets.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/objects/segment.hpp"
#include "services/storage/objects/trash.hpp"

namespace onput::storage {

inline constexpr std::size_t write_sessions_max = 1000;
inline constexpr std::size_t read_sessions_max = 10'000;
// Of all read sessions: an object has one, or one for each part of its upload.
inline constexpr std::size_t read_segments_max = 1'000'000;
inline constexpr std::uint32_t write_credit = 8;  // Unanswered AppendWrites of one session.
inline constexpr Duration write_idle_max = std::chrono::seconds(60);
// A reader asks for the next piece when its client has taken one: as slowly as the gateway bears, a
// kilobyte per second, a chunk lasts 17 minutes.
inline constexpr Duration read_idle_max = std::chrono::minutes(20);

// Who asks, and when by the monotonic clock: setting the wall clock ends no session.
struct SessionCaller {
    std::string account;
    Duration now{};
};

class WriteSessions {
public:
    explicit WriteSessions(Random random, Duration idle_max = write_idle_max)
        : random_(random), idle_max_(idle_max) {}

    // For a request that StorageCore::open_write has passed. resource_exhausted `slow_down` when
    // there are write_sessions_max already.
    Result<schema::WriteOpened> open(const schema::OpenWrite& request, const SessionCaller& caller);

    // The next `bytes` bytes are taken; `appended` must follow once they are with the kernel.
    // Fails with `no_such_session`, `invalid_argument` (a wrong offset, an empty or too large
    // piece, more unanswered appends than the credit), or `entity_too_large`.
    Result<schema::WriteAppended> append(const schema::AppendWrite& request, std::size_t bytes,
                                         const SessionCaller& caller);
    void appended(std::uint64_t write_id);

    // No more appends are taken and silence no longer ends it. Fails with `no_such_session`, or
    // `invalid_argument` when the object's bucket, key or size are others than what was written.
    Result<void> finish(const schema::FinishWrite& request, const SessionCaller& caller);

    // Whether the caller may end it; a session that is gone may be ended again.
    Result<void> abort(const schema::AbortWrite& request, const SessionCaller& caller);

    void close(std::uint64_t write_id) { sessions_.erase(write_id); }

    // Sessions that were silent for `idle_max`; they are closed.
    std::vector<std::uint64_t> expire(Duration now);

    [[nodiscard]] std::size_t size() const { return sessions_.size(); }

private:
    struct Session {
        std::string account;
        std::string bucket;
        std::string key;
        std::optional<schema::PartTarget> part;
        std::uint64_t size_max = 0;
        std::uint64_t received = 0;
        std::uint32_t unanswered = 0;
        bool is_finishing = false;
        Duration heard_at{};
    };
    Result<Session*> find(std::uint64_t write_id, const SessionCaller& caller);

    Random random_;
    Duration idle_max_;
    std::map<std::uint64_t, Session> sessions_;
};

class ReadSessions {
public:
    explicit ReadSessions(Random random) : random_(random) {}

    struct Source {
        std::string object;             // s3://bucket/key: for errors.
        StoredBytes stored;             // Pinned meanwhile.
        std::vector<Segment> segments;  // That have the bytes below, in order.
        std::uint64_t offset = 0;       // Only [offset, offset + length) may be read.
        std::uint64_t length = 0;
        ObjectKey key = {};
    };
    // A piece of it.
    struct Piece {
        std::string object;
        StoredBytes stored;
        std::vector<SegmentPiece> segments;
        ObjectKey key = {};
    };
    // Answers the read id. resource_exhausted `slow_down` when there are read_sessions_max already,
    // or with read_segments_max segments in them.
    Result<std::uint64_t> open(Source source, const SessionCaller& caller);

    // What to read for a piece. Fails with `no_such_session` or `invalid_range`.
    Result<Piece> read(const schema::ReadObject& request, const SessionCaller& caller);

    // The bytes that are no longer read by this session; nothing when it is gone already.
    Result<std::optional<StoredBytes>> close(const schema::CloseRead& request,
                                             const SessionCaller& caller);

    // The bytes of sessions that were silent for read_idle_max; they are closed.
    std::vector<StoredBytes> expire(Duration now);

    [[nodiscard]] std::size_t size() const { return sessions_.size(); }

private:
    struct Session {
        std::string account;
        Source source;
        Duration heard_at{};
    };

    Random random_;
    std::map<std::uint64_t, Session> sessions_;
    std::size_t segments_ = 0;  // In all sessions.
};

}  // namespace onput::storage
