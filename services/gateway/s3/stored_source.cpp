#include "services/gateway/s3/stored_source.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/s3/checksums.hpp"

namespace onput::gateway::s3 {

http::Task<Result<std::unique_ptr<StoredSource>>> StoredSource::open(S3Request& request,
                                                                     LateAnswer& late,
                                                                     schema::GetObject message) {
    RequestContext& context = request.context;
    auto fetched = co_await fetch_object(context, message);
    if (!fetched) co_return std::unexpected(std::move(fetched).error());
    std::unique_ptr<StoredSource> source(new StoredSource(context, late, *std::move(fetched)));
    auto& answer = source->fetched_.answer;
    if (answer.reply.read_id == 0) {
        source->frames_ = std::move(answer.attachments);
        co_return source;
    }
    auto base = co_await reserve(context.exchange, context.shared.read_ahead_memory,
                                 essential_bytes_max, MemoryBudget::Use::essential);
    if (!base) co_return std::unexpected(std::move(base).error());
    source->ahead_.emplace(context, answer.reply, *std::move(base));
    co_return source;
}

StoredSource::~StoredSource() {
    const auto read_id = fetched_.answer.reply.read_id;
    if (read_id == 0) return;
    context_.shared.backend.send_and_forget(schema::CloseRead{.read_id = read_id},
                                            context_.call_options());
}

void StoredSource::compute(std::string_view algorithm) {
    const auto* known = find_checksum_algorithm(algorithm);
    ONPUT_CHECK(known != nullptr);
    hashes_.checksums.push_back(
        {.algorithm = std::string(algorithm), .digest = Digest(known->digest)});
}

// The next piece, if there is one and none is held.
http::Task<Result<void>> StoredSource::fill() {
    if (frame_ < frames_.size() || !ahead_) co_return Result<void>();
    // The piece has been handed on, as fast as it was asked for.
    if (std::exchange(is_piece_held_, false)) ahead_->drop(Duration());
    frames_.clear();
    frame_ = 0;
    if (ahead_->is_done()) co_return Result<void>();
    ahead_->ask_ahead();
    auto piece = co_await ahead_->receive();
    if (!piece) co_return std::unexpected(std::move(piece).error());
    frames_ = std::move(piece->attachments);
    is_piece_held_ = true;
    co_return Result<void>();
}

http::Task<Result<std::string>> StoredSource::read(std::size_t bytes_max) {
    auto kept_alive = co_await late_.keep_alive();
    if (!kept_alive) co_return std::unexpected(std::move(kept_alive).error());
    std::string bytes;
    while (bytes.size() < bytes_max) {
        auto filled = co_await fill();
        if (!filled) co_return std::unexpected(std::move(filled).error());
        if (frame_ == frames_.size()) break;
        const std::string_view rest = frames_[frame_].view().substr(offset_);
        const std::string_view taken = rest.substr(0, bytes_max - bytes.size());
        bytes += taken;
        offset_ += taken.size();
        if (taken.size() < rest.size()) continue;
        ++frame_;
        offset_ = 0;
    }
    bytes_ += bytes.size();
    co_return bytes;
}

Result<BodyDigests> StoredSource::finish() {
    if (bytes_ != *length())
        return onput::fail(ErrorCode::corruption, "storage answered with another number of bytes");
    return BodyDigests{.md5_hex = to_hex(hashes_.md5.finish()),
                       .checksums = hashes_.take_checksums(),
                       .bytes = bytes_};
}

}  // namespace onput::gateway::s3
