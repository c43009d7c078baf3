#include "services/storage/replication/replicator.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/log.hpp"
#include "common/base/printable.hpp"
#include "common/runtime/health.hpp"

namespace onput::storage {
namespace {

std::string name_of(const DueReplica& due) {
    return fmt::format("s3://{}/{}", due.bucket, due.key);
}

// Of the destination, whatever version it is.
std::string key_of(const DueReplica& due) {
    return fmt::format("{}/{}", due.bucket, due.key);
}

void log_failure(const DueReplica& due, const Error& error) {
    log::warn(
        "an object could not be replicated: it is tried again",
        {{"object", name_of(due)}, {"destination", due.destination}, {"reason", error.message}});
}

Error damaged_row() {
    return {.code = ErrorCode::corruption, .message = "it names no version of an object"};
}

}  // namespace

// --- Looking at what is due --------------------------------------------------------------------

void Replicator::start() {
    unlooked_ = parts_.host.core().replication().pending().all().size();
    if (unlooked_ > 0) arm(replication_period);
}

void Replicator::on_turn_end() {
    const std::uint64_t written = parts_.host.core().replication().pending().written();
    if (std::exchange(written_, written) != written) start();
}

void Replicator::arm(Duration delay) {
    if (std::exchange(is_armed_, true)) return;
    parts_.host.loop().after(delay, [this] {
        is_armed_ = false;
        look();
    });
}

void Replicator::look() {
    if (parts_.host.is_draining()) return;
    if (const Duration wait = parts_.background.wait(); wait > Duration{}) return arm(wait);
    const Background::Slice slice(parts_.background);
    Look look{
        .now = parts_.host.loop().monotonic(),
        .left = parts_.background.is_shared() ? replicas_in_shared_look_max : replicas_in_look_max};
    tell_late(look);
    for (const auto& destination : next_destinations()) {
        if (look.left == 0) break;
        last_destination_ = destination;
        if (unlooked_ > 0) --unlooked_;
        look_at_destination(destination, look);
    }
    if (look.left == 0) return arm(look_pause);
    if (look.has_more || unlooked_ > 0) arm(replication_period);
}

// Behind those of the last look, in a ring.
std::vector<std::string> Replicator::next_destinations() {
    const auto& all = parts_.host.core().replication().pending().all();
    unlooked_ = std::min(unlooked_, all.size());
    std::erase_if(destinations_, [&all](const auto& entry) {
        return !all.contains(entry.first) &&
               std::ranges::all_of(entry.second.copies, std::logical_not<>());
    });
    std::vector<std::string> names;
    auto at = all.upper_bound(last_destination_);
    while (names.size() < std::min(all.size(), destinations_in_look_max)) {
        if (at == all.end()) at = all.begin();
        names.push_back(at->first);
        ++at;
    }
    return names;
}

void Replicator::tell_late(Look& look) {
    auto page = parts_.host.execute([&](StorageCore& core, Effects&) {
        return core.replication().late(late_.from(look.now), parts_.host.now());
    });
    if (!page) {
        log::error("late replicas cannot be read", {{"reason", page.error().message}});
        return;
    }
    for (const auto& row : page->damaged) hold(row, "a row of a late replica", damaged_row());
    for (const auto& late : page->due) {
        if (look.left == 0) return;
        late_.pass(late.row);
        if (held_.is_held(late.row, look.now)) continue;
        --look.left;
        const auto told = parts_.host.execute([&](StorageCore& core, Effects& effects) {
            return core.replication().tell_late(late, parts_.host.now(), effects);
        });
        if (told) {
            held_.release(late.row);
        } else {
            hold(late.row, name_of(late), told.error());
        }
    }
    late_.pass_to(std::move(page->next));
    if (page->is_last) return late_.reach_end();
    look.has_more = true;
}

void Replicator::look_at_destination(const std::string& name, Look& look) {
    auto& destination = destinations_.try_emplace(name, parts_.versions_per_second).first->second;
    destination.allowance.advance(look.now);
    if (destination.hold_off.is_held(look.now)) return;
    const std::size_t lanes = destination.lanes.size();
    const std::size_t first = destination.first_lane++ % lanes;
    for (std::size_t i = 0; i < lanes; ++i)
        look_at_lane(name, destination, static_cast<ReplicaSize>((first + i) % lanes), look);
}

void Replicator::look_at_lane(const std::string& name, Destination& destination, ReplicaSize size,
                              Look& look) {
    const auto index = static_cast<std::size_t>(size);
    auto& lane = destination.lanes[index];
    const std::size_t places = places_of(name, index);
    // The end of a copy is followed by a look.
    if (destination.copies[index] >= places) return;
    const auto& pending = parts_.host.core().replication().pending().all();
    const auto waits = pending.find(name);
    if (waits == pending.end() || waits->second.of_size[index] == 0) return;
    auto page = parts_.host.execute([&](StorageCore& core, Effects&) {
        return core.replication().due(name, lane.from(look.now), parts_.host.now());
    });
    if (!page) {
        log::error("what is to be replicated cannot be read",
                   {{"destination", name}, {"reason", page.error().message}});
        return;
    }
    for (const auto& row : page->damaged) hold(row, "a row of a replica", damaged_row());
    for (const auto& due : page->due) {
        const bool is_of_lane = size_of(due.size_bytes, parts_.inline_bytes_max) == size;
        if (is_of_lane && may_begin(due, destination, look.now)) {
            if (destination.copies[index] >= places) return;
            look.has_more = true;
            if (look.left == 0 || !destination.allowance.take()) return;
            --look.left;
            if (begin(due, destination, size) == ReplicaOutcome::Kind::again) return;
        }
        lane.pass(due.row);
    }
    lane.pass_to(std::move(page->next));
    if (page->is_last) return lane.reach_end();
    look.has_more = true;
}

// Of a key at an endpoint one version at a time.
bool Replicator::may_begin(const DueReplica& due, Destination& destination, Duration now) const {
    if (sent_.contains(due.row)) return false;
    if (destination.keys_in_hand.contains(key_of(due))) {
        destination.has_passed = true;
        return false;
    }
    return !in_hand_.contains(due.row) && !held_.is_held(due.row, now);
}

std::size_t Replicator::places_of(const std::string& name, std::size_t lane) const {
    const bool is_remote = parts_.remote != nullptr && parts_.remote->endpoint_of(name) != nullptr;
    return is_remote ? replica_sends_max[lane] : replica_copies_max;
}

ReplicaOutcome::Kind Replicator::begin(const DueReplica& due, Destination& destination,
                                       ReplicaSize size) {
    auto work = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().look_at(due, parts_.host.now(), effects);
    });
    if (!work) {
        postpone(due, work.error());
        return ReplicaOutcome::Kind::none;
    }
    if (work->kind == ReplicaWork::Kind::none) {
        count(due, work->outcome);
        return work->outcome.kind;
    }
    if (work->kind == ReplicaWork::Kind::waits) {
        destination.has_passed = true;
        return ReplicaOutcome::Kind::none;
    }
    if (work->kind == ReplicaWork::Kind::send) {
        begin_sending(*std::move(work), destination, size);
        return ReplicaOutcome::Kind::none;
    }
    auto copy = std::make_shared<Copy>();
    copy->work = *std::move(work);
    copy->size = size;
    copy->copies.resize(copy->work.pieces.size());
    in_hand_.insert(due.row);
    ++destination.copies[static_cast<std::size_t>(size)];
    parts_.host.pins().pin(copy->work.stored);
    next_piece(copy);
    return ReplicaOutcome::Kind::none;
}

// --- Copying -----------------------------------------------------------------------------------

// The next blob that has bytes, or the end of all of them.
void Replicator::next_piece(const CopyPtr& copy) {
    const auto& pieces = copy->work.pieces;
    while (copy->piece < pieces.size() && pieces[copy->piece].length == 0) ++copy->piece;
    if (copy->piece >= pieces.size()) return finish(copy);
    copy->offset = pieces[copy->piece].offset;
    read(copy);
}

void Replicator::read(const CopyPtr& copy) {
    const auto& piece = copy->work.pieces[copy->piece];
    const std::uint64_t left = piece.offset + piece.length - copy->offset;
    if (left == 0) return seal(copy);
    // Of one blob of the original: the first of those that have the range.
    const auto sources = pieces_of(copy->work.segments, copy->offset,
                                   std::min<std::uint64_t>(left, replica_piece_bytes));
    const SegmentPiece& source = sources.front();
    const std::uint64_t offset_in_piece = copy->offset - piece.offset;
    parts_.blobs.read(source.blob, {.offset = source.offset, .length = source.length},
                      [this, copy, source, offset_in_piece](Result<std::string> bytes) {
                          // Heavy work, and this thread is not the loop's.
                          if (bytes) {
                              const auto& work = copy->work;
                              work.key.apply(source.nonce, source.nonce_offset, *bytes);
                              work.copy_key.apply(work.pieces[copy->piece].nonce, offset_in_piece,
                                                  *bytes);
                          }
                          parts_.host.loop().post([this, copy, bytes = std::move(bytes)]() mutable {
                              if (!bytes) return fail(copy, bytes.error());
                              write(copy, *std::move(bytes));
                          });
                      });
}

void Replicator::write(const CopyPtr& copy, std::string bytes) {
    if (!copy->writer)
        copy->writer = std::make_unique<PacedWriter>(
            PacedWriter::Parts{.loop = parts_.host.loop(),
                               .blobs = parts_.blobs,
                               .bytes_per_second = parts_.bytes_per_second},
            copy->work.pieces[copy->piece].owner);
    copy->offset += bytes.size();
    copy->writer->write(std::move(bytes), [this, copy](const Result<void>& written) {
        if (!written) return fail(copy, written.error());
        if (!parts_.host.is_draining()) return read(copy);
        discard(copy);
        end(copy);
    });
}

void Replicator::seal(const CopyPtr& copy) {
    copy->writer->seal(
        {}, [this, copy](const Result<store::BlobRef>& sealed) { on_sealed(copy, sealed); });
}

void Replicator::on_sealed(const CopyPtr& copy, const Result<store::BlobRef>& sealed) {
    if (!sealed) return fail(copy, sealed.error());
    copy->writer.reset();
    copy->copies[copy->piece] = *sealed;
    ++copy->piece;
    next_piece(copy);
}

void Replicator::finish(const CopyPtr& copy) {
    const auto finished = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().finish(copy->work, copy->copies, parts_.host.now(), effects);
    });
    end(copy);
    if (!finished) return postpone(copy->work.due, finished.error());
    count(copy->work.due, *finished);
}

void Replicator::discard(const CopyPtr& copy) {
    for (const auto& blob : copy->copies) {
        if (blob) parts_.blobs.remove(*blob);
    }
}

void Replicator::fail(const CopyPtr& copy, const Error& error) {
    discard(copy);
    end(copy);
    postpone(copy->work.due, error);
}

void Replicator::end(const CopyPtr& copy) {
    const DueReplica& due = copy->work.due;
    copy->writer.reset();
    in_hand_.erase(due.row);
    const auto destination = destinations_.find(due.destination);
    ONPUT_CHECK(destination != destinations_.end());
    --destination->second.copies[static_cast<std::size_t>(copy->size)];
    parts_.host.pins().unpin(copy->work.stored);
    arm(look_pause);
}

// --- Sending -----------------------------------------------------------------------------------

void Replicator::begin_sending(ReplicaWork work, Destination& destination, ReplicaSize size) {
    ONPUT_CHECK(parts_.remote != nullptr);
    sent_.insert(work.due.row);
    destination.keys_in_hand.insert(key_of(work.due));
    ++destination.copies[static_cast<std::size_t>(size)];
    const Duration now = parts_.host.loop().monotonic();
    if (now - destination.versions_asked > replica_versions_asked_period)
        destination.known.has_versions = false;
    parts_.host.pins().pin(work.stored);
    parts_.remote->send(
        std::make_shared<ReplicaWork>(std::move(work)), destination.known,
        [this, size](const std::shared_ptr<ReplicaWork>& sent, const RemoteSession& session) {
            on_sent(*sent, session, size);
        });
}

void Replicator::on_sent(const ReplicaWork& work, const RemoteSession& session, ReplicaSize size) {
    end_sending(work, session, size);
    // The store is closing: what the endpoint has is found there by the next attempt.
    if (parts_.host.is_draining()) return;
    const Background::Slice slice(parts_.background);
    const RemoteEnd& end = session.end();
    if (end.kind == RemoteEnd::Kind::again || end.kind == RemoteEnd::Kind::unreachable)
        return postpone(work.due, {.code = ErrorCode::unavailable, .message = end.reason});
    const auto finished = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().finish_sending(work, end, parts_.host.now(), effects);
    });
    if (!finished) return postpone(work.due, finished.error());
    count(work.due, *finished);
}

void Replicator::end_sending(const ReplicaWork& work, const RemoteSession& session,
                             ReplicaSize size) {
    sent_.erase(work.due.row);
    parts_.host.pins().unpin(work.stored);
    const auto found = destinations_.find(work.due.destination);
    ONPUT_CHECK(found != destinations_.end());
    Destination& destination = found->second;
    const Duration now = parts_.host.loop().monotonic();
    destination.keys_in_hand.erase(key_of(work.due));
    --destination.copies[static_cast<std::size_t>(size)];
    if (session.known().has_versions && !destination.known.has_versions)
        destination.versions_asked = now;
    destination.known = session.known();
    note_news(work.due.destination, session.end());
    if (session.end().kind == RemoteEnd::Kind::unreachable) {
        destination.hold_off.fail(now);
    } else {
        destination.hold_off.succeed();
    }
    if (std::exchange(destination.has_passed, false)) {
        for (auto& lane : destination.lanes) lane.go_back();
    }
    arm(look_pause);
}

void Replicator::note_news(const std::string& destination, const RemoteEnd& end) {
    EndpointNews& news = news_[parts_.remote->endpoint_of(destination)->buckets];
    if (end.kind == RemoteEnd::Kind::done) {
        news.answered_at = parts_.host.now();
        return;
    }
    news.failed_at = parts_.host.now();
    news.last_error = fmt::format("{}: {}", destination, end.reason);
}

schema::ReplicationEndpointList Replicator::endpoints() const {
    schema::ReplicationEndpointList list;
    if (parts_.remote == nullptr) return list;
    const Duration now = parts_.host.loop().monotonic();
    const auto& pending = parts_.host.core().replication().pending().all();
    for (const auto& endpoint : parts_.remote->endpoints().all()) {
        auto& shown = list.endpoints.emplace_back();
        shown.buckets = endpoint.buckets;
        shown.url = endpoint.url;
        if (const auto found = news_.find(endpoint.buckets); found != news_.end()) {
            shown.answered_at = found->second.answered_at;
            shown.failed_at = found->second.failed_at;
            shown.last_error = found->second.last_error;
        }
        for (const auto& [bucket, waiting] : pending) {
            if (parts_.remote->endpoint_of(bucket) != &endpoint) continue;
            shown.pending_versions += static_cast<std::uint64_t>(waiting.versions);
            shown.pending_bytes += static_cast<std::uint64_t>(waiting.bytes);
            const auto at = destinations_.find(bucket);
            shown.is_held_off = shown.is_held_off ||
                                (at != destinations_.end() && at->second.hold_off.is_held(now));
        }
    }
    return list;
}

// --- What became of it -------------------------------------------------------------------------

void Replicator::postpone(const DueReplica& due, const Error& error) {
    const auto postponed = parts_.host.execute([&](StorageCore& core, Effects& effects) {
        return core.replication().postpone(due, parts_.host.now(), effects);
    });
    if (!postponed) return hold(due.row, name_of(due), postponed.error());
    ++postponed_;
    held_.release(due.row);
    log_failure(due, error);
}

void Replicator::hold(const std::string& row, const std::string& name, const Error& error) {
    switch (held_.hold(row, parts_.host.loop().monotonic())) {
        case HeldRows::Held::again: return;
        case HeldRows::Held::first:
            log::error("a replica waits for a row that cannot be read or changed: repair the store",
                       {{"object", name}, {"row", printable(row)}, {"reason", error.message}});
            return;
        case HeldRows::Held::beyond:
            if (std::exchange(has_logged_beyond_, true)) return;
            log::error("more replicas wait for rows that cannot be read or changed",
                       {{"rows_at_least", held_rows_max}, {"reason", error.message}});
    }
}

void Replicator::count(const DueReplica& due, const ReplicaOutcome& outcome) {
    held_.release(due.row);
    if (outcome.kind == ReplicaOutcome::Kind::completed) {
        ++completed_;
        latency_.add(outcome.latency);
    }
    if (outcome.kind != ReplicaOutcome::Kind::failed) return;
    ++failed_;
    const auto found = destinations_.find(due.destination);
    if (found == destinations_.end() || found->second.failure_reason == outcome.reason) return;
    found->second.failure_reason = outcome.reason;
    log::warn("objects cannot be replicated: they have FAILED", {{"destination", due.destination},
                                                                 {"reason", outcome.reason},
                                                                 {"first_object", name_of(due)}});
}

void Replicator::add_metrics(std::vector<schema::Metric>& metrics) const {
    parts_.host.core().replication().pending().add_metrics(metrics);
    const auto add = [&metrics](std::string_view name, std::uint64_t value) {
        metrics.push_back({.name = fmt::format("onput_storage_replication_{}_total", name),
                           .value = static_cast<double>(value)});
    };
    add("completed", completed_);
    add("failed", failed_);
    add("postponed", postponed_);
    runtime::add_histogram({.family = "onput_storage_replication_seconds"}, latency_.snapshot(),
                           metrics);
}

}  // namespace onput::storage
