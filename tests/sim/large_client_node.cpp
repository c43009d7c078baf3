#include "tests/sim/large_client_node.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/store/blobs.hpp"

namespace onput::sim {
namespace {

// Just above what is a record of a segment, to two chunks and a bit.
constexpr std::uint64_t bytes_min = store::segment_blob_bytes_max + 1;
constexpr std::uint64_t bytes_more_max = schema::chunk_bytes_max + 100'000;
constexpr std::size_t line_bytes = 64;
// Of one object, one after the other.
constexpr std::uint64_t ranges_max = 12;
constexpr std::uint64_t range_bytes_max = 300'000;
// Of a slow client, between two pieces: shorter than any silence that ends a session.
constexpr Duration pause_max = seconds(20);

}  // namespace

template <schema::Message M, typename Done>
void LargeClientNode::ask(const M& request, std::string bytes, Done done) {
    transport::CallOptions options;
    options.principal = {.account = account, .id = "AKID"};
    if (!bytes.empty()) options.attachments.emplace_back(std::move(bytes));
    transport::call(*storage_, request, std::move(options), std::move(done));
}

void LargeClientNode::rest() {
    is_busy_ = false;
    after(world_.between(milliseconds(100), seconds(4)), [this] {
        if (!is_stopped_) act();
    });
}

void LargeClientNode::act() {
    is_busy_ = true;
    const std::string key = fmt::format("cold/large{}", world_.random.below(3));
    const std::uint64_t kind = world_.random.below(10);
    if (kind < 3) return write(key);
    if (kind < 4) return remove(key);
    read(key);
}

// --- Writing ----------------------------------------------------------------------------------

// No two blocks of it, and no two of anything it ever wrote, are alike.
std::string LargeClientNode::new_bytes() {
    const std::uint64_t size = bytes_min + world_.random.below(bytes_more_max);
    ++texts_;
    std::string bytes;
    bytes.reserve(size + line_bytes);
    while (bytes.size() < size) {
        const std::string begin = fmt::format("{} of text {} ", bytes.size(), texts_);
        bytes += begin;
        bytes.append(line_bytes - begin.size(), '.');
    }
    bytes.resize(size);
    return bytes;
}

void LargeClientNode::write(const std::string& key) {
    Write write{.object = {.bucket = inbox, .key = key},
                .bytes = new_bytes(),
                .life = storage_node_.life()};
    write.object.size_bytes = write.bytes.size();
    write.object.etag = fmt::format("etag of large text {}", texts_);
    schema::OpenWrite request{.bucket = inbox, .key = key, .size_bytes = write.bytes.size()};
    // It may not know the size yet.
    if (world_.chance(300)) request.size_bytes.reset();
    ask(request, {}, [this, write](const Result<schema::WriteOpened>& opened, const auto&) {
        if (!opened) return rest();
        Write begun = write;
        begun.write_id = opened->write_id;
        append(std::move(begun));
    });
}

void LargeClientNode::append(Write write) {
    if (write.offset == write.bytes.size()) return finish(write);
    // One that vanishes leaves it to the session's end.
    if (world_.chance(50)) return rest();
    if (world_.chance(300)) {
        return after(
            world_.between(seconds(1), pause_max),
            [this, write = std::move(write)]() mutable { append_piece(std::move(write)); });
    }
    append_piece(std::move(write));
}

void LargeClientNode::append_piece(Write write) {
    const std::uint64_t length = std::min<std::uint64_t>(
        write.bytes.size() - write.offset, 1 + world_.random.below(schema::chunk_bytes_max));
    const schema::AppendWrite request{.write_id = write.write_id, .offset = write.offset};
    std::string bytes = write.bytes.substr(write.offset, length);
    write.offset += length;
    ask(request, std::move(bytes),
        [this, write](const Result<schema::WriteAppended>& appended, const auto&) {
            if (!appended) {
                check_session(write.life, appended.error());
                return rest();
            }
            append(write);
        });
}

void LargeClientNode::finish(const Write& write) {
    changes_.intended(write.object, write.bytes);
    ask(schema::FinishWrite{.write_id = write.write_id, .object = write.object}, {},
        [this, life = write.life](const Result<schema::ObjectPut>& put, const auto&) {
            if (put) changes_.acknowledged(put->event_id);
            if (!put) check_session(life, put.error());
            rest();
        });
}

void LargeClientNode::remove(const std::string& key) {
    schema::DeleteObject request;
    request.bucket = inbox;
    request.key = key;
    ask(request, {}, [this](const Result<schema::ObjectDeleted>& removed, const auto&) {
        if (removed && removed->existed) changes_.acknowledged(removed->event_id);
        rest();
    });
}

// --- Reading ----------------------------------------------------------------------------------

void LargeClientNode::read(const std::string& key) {
    if (world_.chance(500)) return get({.key = key});
    get_range({.key = key, .ranges_left = 1 + world_.random.below(ranges_max)}, bytes_min);
}

// One of several, as a player that seeks asks for them.
void LargeClientNode::get_range(Read read, std::uint64_t size) {
    const std::uint64_t first = world_.random.below(size);
    read.range = schema::ByteRange{
        .first = first,
        .last = first + world_.random.below(world_.chance(500) ? 100 : range_bytes_max)};
    --read.ranges_left;
    get(std::move(read));
}

void LargeClientNode::get(const Read& read) {
    schema::GetObject request;
    request.bucket = inbox;
    request.key = read.key;
    request.range = read.range;
    ask(request, {},
        [this, read, life = storage_node_.life()](const Result<schema::ObjectGot>& got,
                                                  const std::vector<transport::Frame>& frames) {
            if (!got) {
                changes_.check_refusal(inbox + "/" + read.key, got.error());
                return rest();
            }
            changes_.acknowledged(got->object.event_id);
            Read begun = read;
            begun.got = *got;
            begun.life = life;
            if (got->read_id != 0) return read_piece(std::move(begun));
            std::string bytes;
            for (const auto& frame : frames) bytes += frame.view();
            check(begun, bytes, got->length);
            go_on(begun);
        });
}

void LargeClientNode::go_on(const Read& read) {
    if (read.ranges_left == 0) return rest();
    get_range({.key = read.key, .ranges_left = read.ranges_left}, read.got.object.size_bytes);
}

void LargeClientNode::read_piece(Read read) {
    if (read.bytes.size() == read.got.length) {
        ask(schema::CloseRead{.read_id = read.got.read_id}, {},
            [this, read](const Result<schema::Empty>&, const auto&) { go_on(read); });
        return;
    }
    schema::ReadObject request{.read_id = read.got.read_id,
                               .offset = read.got.offset + read.bytes.size()};
    request.length = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        read.got.length - read.bytes.size(), 1 + world_.random.below(schema::chunk_bytes_max)));
    ask(request, {},
        [this, read, request](const Result<schema::Empty>& done,
                              const std::vector<transport::Frame>& frames) {
            std::string bytes;
            for (const auto& frame : frames) bytes += frame.view();
            check(read, done ? Result<std::string>(bytes) : std::unexpected(done.error()),
                  request.length);
            if (!done) {
                check_session(read.life, done.error());
                return rest();
            }
            Read next = read;
            next.bytes += bytes;
            if (!world_.chance(300)) return read_piece(std::move(next));
            after(world_.between(seconds(1), pause_max),
                  [this, next = std::move(next)]() mutable { read_piece(std::move(next)); });
        });
}

void LargeClientNode::check_session(std::uint64_t life, const Error& error) const {
    world_.expect(error.reason != "no_such_session" || life != storage_node_.life(),
                  "a session ends although its client goes on");
}

void LargeClientNode::check(const Read& read, const Result<std::string>& piece,
                            std::uint64_t length) {
    if (!piece && piece.error().code != ErrorCode::corruption) return;
    if (!piece) {
        world_.expect(piece.error().message.contains("s3://" + inbox + "/" + read.key),
                      "an error of damage does not name its object: " + piece.error().message);
    }
    const Change* change = changes_.find(read.got.object.event_id);
    if (change == nullptr) return world_.broken("a read gave an object that is lost");
    changes_.check_read(*change, {.offset = read.got.offset + read.bytes.size(), .length = length},
                        piece);
}

}  // namespace onput::sim
