#include "services/storage/housekeeping/scrub.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "services/storage/objects/key_rows.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

// In order of their keys: a position in one tells which are done.
constexpr std::array tables{schema::object_rows_prefix, schema::part_rows_prefix,
                            schema::version_rows_prefix};
static_assert(std::ranges::is_sorted(tables));

std::string object_of(std::string_view row) {
    if (row.starts_with(schema::part_rows_prefix)) {
        return fmt::format("a part of upload {}",
                           row.substr(schema::part_rows_prefix.size(), upload_id_digits));
    }
    if (row.starts_with(schema::object_rows_prefix)) {
        return fmt::format("s3://{}", row.substr(schema::object_rows_prefix.size()));
    }
    const auto name = row.substr(schema::version_rows_prefix.size());
    const auto split = split_tail(name, age_bytes);
    return fmt::format("an older version of s3://{}", split ? split->key : name);
}

using Blobs = std::vector<Scrub::Blob>;
enum class Place : std::uint8_t { data, cold };

Result<void> add_blob(const std::string& text, Blobs& blobs, Place place = Place::data) {
    if (text.empty()) return {};
    ONPUT_TRY(const auto ref, store::parse_blob_ref(text));
    blobs.push_back({.ref = ref, .is_cold = place == Place::cold});
    return {};
}

Result<void> check_data_row(const store::View& view, std::string_view row,
                            const ObjectRecord& record) {
    const bool is_current = row.starts_with(schema::object_rows_prefix);
    const std::string_view name = row.substr(schema::object_rows_prefix.size());
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) {
        return fail(ErrorCode::corruption, "its row has no name");
    }
    std::string_view key = name.substr(slash + 1);
    if (!is_current) {
        ONPUT_TRY(const auto split, split_tail(key, age_bytes));
        key = split.key;
    }
    const KeyRows rows(view, name.substr(0, slash), key);
    const auto bytes = rows.bytes_of({.record = record, .is_current = is_current});
    if (!bytes) return std::unexpected(bytes.error());
    return {};
}

// The blobs that a row refers to; its bytes beside it are looked at here.
Result<Blobs> blobs_of_row(const store::View& view, const store::Row& row) {
    Blobs blobs;
    if (row.key.starts_with(schema::part_rows_prefix)) {
        ONPUT_TRY(const auto part, schema::decode<PartRecord>(row.value));
        ONPUT_TRY_VOID(add_blob(part.blob, blobs));
        return blobs;
    }
    ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
    if (has_data_row(record)) ONPUT_TRY_VOID(check_data_row(view, row.key, record));
    ONPUT_TRY_VOID(add_blob(record.blob, blobs));
    ONPUT_TRY_VOID(add_blob(record.archive.copy, blobs));
    ONPUT_TRY_VOID(add_blob(record.archive.blob, blobs, Place::cold));
    if (record.manifest.empty()) return blobs;
    ONPUT_TRY(const auto value, view.get(partition, manifest_row(record.manifest)));
    if (!value) return fail(ErrorCode::corruption, "its manifest is missing");
    ONPUT_TRY(const auto manifest, schema::decode<ManifestRecord>(*value));
    for (const auto& part : manifest.parts) ONPUT_TRY_VOID(add_blob(part.blob, blobs));
    return blobs;
}

}  // namespace

Timestamp ScrubPace::after(Timestamp now, std::uint64_t bytes, std::uint64_t objects) {
    const auto takes = [](std::uint64_t amount, std::uint64_t rate) {
        if (rate == 0) return Duration::zero();
        constexpr double micros = 1e6;
        return Duration(static_cast<std::int64_t>(micros * static_cast<double>(amount) /
                                                  static_cast<double>(rate)));
    };
    // Time in which nothing was done is not caught up.
    next_ = now + std::max(takes(bytes, rates_.bytes_per_second),
                           takes(objects, rates_.objects_per_second));
    return next_;
}

void Scrub::restore(const store::View& view, Timestamp now) {
    const auto row = view.get(partition, schema::scrub_key);
    auto record = row && *row ? schema::decode<ScrubRecord>(**row)
                              : Result<ScrubRecord>(ScrubRecord{.began_at = now});
    record_ = record ? *std::move(record) : ScrubRecord{.began_at = now};
    read_through_ = record_.position;
}

// The next page of rows, of the table in which the position is or of one behind it.
Result<void> Scrub::fill(const store::View& view) {
    for (const std::string_view table : tables) {
        store::Range range = store::Range::of_prefix(table);
        if (!read_through_.empty()) range.from = std::max(range.from, read_through_ + '\0');
        if (range.from >= range.to) continue;
        ONPUT_TRY(auto rows, view.scan(partition, range, {scrub_page_rows, scrub_page_bytes_max}));
        if (rows.empty()) continue;
        read_through_ = rows.back().key;
        page_.assign(std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
        return {};
    }
    return {};
}

Result<std::optional<Scrub::Target>> Scrub::next(const store::View& view, Timestamp now) {
    if (page_.empty()) ONPUT_TRY_VOID(fill(view));
    if (page_.empty()) {
        record_ = {
            .position = {}, .began_at = now, .finished_at = now, .last_damaged = record_.damaged};
        read_through_.clear();
        return std::nullopt;
    }
    const store::Row row = std::move(page_.front());
    page_.pop_front();
    attempts_ = 0;
    Target target{.row = row.key, .object = object_of(row.key), .blobs = {}};
    auto blobs = blobs_of_row(view, row);
    if (blobs) {
        target.blobs = *std::move(blobs);
    } else {
        target.fault = blobs.error().message;
    }
    return target;
}

bool Scrub::still_refers(const store::View& view, const Target& target) {
    const auto value = view.get(partition, target.row);
    if (!value) return true;
    if (!*value) return false;
    const auto blobs = blobs_of_row(view, {.key = target.row, .value = **value});
    return !blobs || (!target.fault && *blobs == target.blobs);
}

Scrub::Failure Scrub::on_failure(const Error& error) {
    if (error.code == ErrorCode::corruption) return Failure::damaged;
    if (error.code == ErrorCode::resource_exhausted) return Failure::retry;
    return ++attempts_ < scrub_attempts_max ? Failure::retry : Failure::damaged;
}

void Scrub::on_verified(const Target& target, bool is_damaged) {
    record_.position = target.row;
    if (is_damaged) ++record_.damaged;
}

std::uint64_t Scrub::damaged() const {
    return std::max(record_.damaged, record_.last_damaged);
}

}  // namespace onput::storage
