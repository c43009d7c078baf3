#include "services/storage/housekeeping/scrubber.hpp"

#include <algorithm>

#include "common/base/log.hpp"
#include "common/base/printable.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

void Scrubber::start() {
    scrub_.restore(parts_.host.store(), parts_.host.now());
    kept_at_ = parts_.host.now();
    if (parts_.rates.bytes_per_second == 0 || parts_.rates.objects_per_second == 0) return;
    wait_until(parts_.host.now());
}

void Scrubber::wait_until(Timestamp at) {
    const Duration delay = std::max(Duration::zero(), at - parts_.host.now());
    parts_.host.loop().after(delay, [this] { step(); });
}

void Scrubber::step() {
    if (parts_.host.is_draining()) return;
    if (target_) return read_piece();
    begin_next();
}

void Scrubber::begin_next() {
    const Timestamp now = parts_.host.now();
    // Rows that cannot be read are left out, and the host tells of them (onput_row_gaps).
    auto next = scrub_.next(parts_.host.readable(), now);
    if (!next) {
        log::warn("scrubbing waits: rows cannot be read", {{"error", next.error().message}});
        return wait_until(now + scrub_pass_pause);
    }
    if (!*next) {
        log::info("all objects were verified", {{"damaged", scrub_.record().last_damaged}});
        keep_position();
        return wait_until(now + scrub_pass_pause);
    }
    target_ = **std::move(next);
    blob_ = 0;
    offset_ = 0;
    ++objects_;
    if (target_->fault) return finish_target(target_->fault);
    if (target_->blobs.empty()) return finish_target({});
    read_piece();
}

void Scrubber::read_piece() {
    const auto& [blob, is_cold] = target_->blobs[blob_];
    const std::uint64_t length = std::min(scrub_piece_bytes, blob.length - offset_);
    auto& blobs = is_cold ? parts_.cold : parts_.blobs;
    blobs.read(blob, {.offset = offset_, .length = length},
               [this, &loop = parts_.host.loop()](Result<std::string> read) {
                   loop.post([this, read = std::move(read)] { on_read(read); });
               });
}

void Scrubber::on_read(const Result<std::string>& read) {
    const Timestamp now = parts_.host.now();
    if (!read) {
        if (scrub_.on_failure(read.error()) == Scrub::Failure::retry) {
            return wait_until(now + scrub_retry_delay);
        }
        return finish_target(read.error().message);
    }
    const std::uint64_t length = read->size();
    bytes_ += length;
    offset_ += length;
    if (offset_ >= target_->blobs[blob_].ref.length) {
        ++blob_;
        offset_ = 0;
    }
    if (blob_ < target_->blobs.size()) return wait_until(pace_.after(now, length, 0));
    const Timestamp at = pace_.after(now, length, 1);
    scrub_.on_verified(*target_, false);
    target_.reset();
    if (now - kept_at_ >= scrub_keep_interval) keep_position();
    wait_until(at);
}

void Scrubber::finish_target(const std::optional<std::string>& fault) {
    const bool is_damaged = fault && Scrub::still_refers(parts_.host.store(), *target_);
    if (is_damaged) {
        ++found_;
        log::error("bytes are damaged: put the object again, or delete it",
                   {{"object", printable(target_->object)}, {"error", *fault}});
    }
    scrub_.on_verified(*target_, is_damaged);
    target_.reset();
    const Timestamp now = parts_.host.now();
    if (is_damaged || now - kept_at_ >= scrub_keep_interval) keep_position();
    wait_until(pace_.after(now, 0, 1));
}

void Scrubber::keep_position() {
    kept_at_ = parts_.host.now();
    // A full disk refuses it: then a restart repeats a part.
    static_cast<void>(
        parts_.host.execute([this](StorageCore&, StorageCore::Effects& effects) -> Result<void> {
            effects.batch_of(partition).put(std::string(schema::scrub_key),
                                            schema::encode(scrub_.record()));
            effects.may_sync_late = true;
            return {};
        }));
}

void Scrubber::add_metrics(std::vector<schema::Metric>& metrics) const {
    const auto add = [&metrics](std::string name, double value) {
        metrics.push_back({.name = std::move(name), .value = value});
    };
    add("onput_storage_scrubbed_bytes_total", static_cast<double>(bytes_));
    add("onput_storage_scrubbed_objects_total", static_cast<double>(objects_));
    add("onput_storage_scrub_findings_total", static_cast<double>(found_));
    add("onput_storage_damaged_objects", static_cast<double>(scrub_.damaged()));
    add("onput_storage_scrub_finished_seconds",
        static_cast<double>(to_seconds(scrub_.record().finished_at)));
}

}  // namespace onput::storage
