#include "common/store/segment_space.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/text.hpp"

namespace onput::store {
namespace {

constexpr std::string_view segment_suffix = ".segment";

std::optional<std::uint64_t> parse_name(const std::string& name) {
    if (!name.ends_with(segment_suffix)) return std::nullopt;
    const std::string_view digits(name.data(), name.size() - segment_suffix.size());
    return parse_number<std::uint64_t>(digits, 16);
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& directory) {
    std::vector<std::uint64_t> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (const auto number = parse_name(entry->path().filename().string())) {
            numbers.push_back(*number);
        }
    }
    if (error) return std::unexpected(system_error("list", directory, error.value()));
    return numbers;
}

// Where the next written bytes are, from `offset` on; nothing behind the last. What was only
// preallocated, or punched out, does not count.
Result<std::optional<std::uint64_t>> next_data(const FileDescriptor& file, const std::string& path,
                                               std::uint64_t offset) {
    const off_t found = ::lseek(file.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (found < 0 && errno == ENXIO) return std::nullopt;
    if (found < 0) return std::unexpected(system_error("seek data in", path, errno));
    return static_cast<std::uint64_t>(found);
}

bool punch(const FileDescriptor& file, std::uint64_t offset, std::uint64_t bytes) {
    return ::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                       static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0;
}

std::unexpected<Error> damaged(const BlobRef& ref, std::string_view what) {
    return fail(ErrorCode::corruption, "blob " + to_text(ref) + ": " + std::string(what));
}

bool is_header_of(const std::optional<RecordHeader>& header, const BlobRef& ref) {
    return header && header->segment == ref.segment && header->offset == ref.id &&
           header->data_bytes == ref.length;
}

}  // namespace

// The state of one segment's scan.
struct SegmentSpace::Scan {
    std::string path;
    FileDescriptor file;
    std::uint64_t file_bytes = 0;
    SegmentHeader segment;
    std::uint64_t live = 0;
    std::uint64_t position = block_bytes;
    std::uint64_t end = block_bytes;  // Of the last record.
};

std::string SegmentSpace::path_of(std::uint64_t number) const {
    return fmt::format("{}/{:016x}{}", directory_, number, segment_suffix);
}

Result<void> SegmentSpace::recover(const BlobStore::IsReferred& is_referred) {
    ONPUT_TRY(const std::vector<std::uint64_t> numbers, list_segments(directory_));
    for (const std::uint64_t number : numbers) {
        ONPUT_TRY_VOID(recover_segment(number, is_referred));
    }
    return {};
}

Result<void> SegmentSpace::recover_segment(std::uint64_t number,
                                           const BlobStore::IsReferred& is_referred) {
    Scan scan;
    scan.path = path_of(number);
    ONPUT_TRY(scan.file, open_file(scan.path, O_RDWR));
    ONPUT_TRY(scan.file_bytes, file_bytes(scan.file, scan.path));
    ONPUT_TRY(const std::string block, read_at(scan.file, scan.path, 0, header_bytes));
    const auto header = decode_segment_header(block);
    if (!header || header->number != number) {
        ONPUT_TRY(const auto data, next_data(scan.file, scan.path, 0));
        // Died while it was created: the header is durable before the first record is written.
        if (!data) return remove_file(scan.path);
        return {};
    }
    scan.segment = *header;
    ONPUT_TRY_VOID(scan_records(scan, is_referred));
    if (scan.live == 0) return remove_file(scan.path);
    // Not at the position: room that reading ahead has put into memory passes for data.
    if (scan.end < scan.file_bytes &&
        ::ftruncate(scan.file.get(), static_cast<off_t>(scan.end)) != 0) {
        return std::unexpected(system_error("truncate", scan.path, errno));
    }
    const std::lock_guard lock(mutex_);
    segments_[number] = {.live = scan.live, .active = false};
    return {};
}

Result<void> SegmentSpace::scan_records(Scan& scan, const BlobStore::IsReferred& is_referred) {
    while (scan.position < scan.file_bytes) {
        ONPUT_TRY(const auto data, next_data(scan.file, scan.path, scan.position));
        if (!data) break;
        const std::uint64_t offset = *data / block_bytes * block_bytes;
        ONPUT_TRY(const std::string bytes, read_at(scan.file, scan.path, offset, header_bytes));
        const auto header = decode_record_header(bytes);
        const bool ours = header && header->salt == scan.segment.salt &&
                          header->segment == scan.segment.number && header->offset == offset;
        scan.position = offset + block_bytes;
        // Torn, damaged, or the inside of such a record: nobody was given a reference to a torn
        // one, and the next record starts on a later block.
        if (!ours) continue;
        ONPUT_TRY_VOID(scan_record(scan, *header, is_referred));
    }
    return {};
}

Result<void> SegmentSpace::scan_record(Scan& scan, const RecordHeader& header,
                                       const BlobStore::IsReferred& is_referred) {
    const std::uint64_t bytes_taken = record_bytes(header.data_bytes, header.owner_bytes());
    // Also of one whose owner cannot be read: its bytes may still be whole.
    scan.end = std::max(scan.end, header.offset + bytes_taken);
    ONPUT_TRY(const std::string bytes,
              read_at(scan.file, scan.path, header.owner_offset(), header.owner_bytes()));
    const auto owner = decode_owner(bytes, header.partition_bytes, header.owner_crc);
    if (bytes.size() != header.owner_bytes() || !owner) return {};
    scan.position = header.offset + bytes_taken;
    ONPUT_TRY(const bool referred, is_referred(*owner, {.segment = header.segment,
                                                        .id = header.offset,
                                                        .length = header.data_bytes}));
    if (referred) {
        ++scan.live;
    } else if (!punch(scan.file, header.offset, bytes_taken)) {
        return std::unexpected(system_error("punch a hole in", scan.path, errno));
    }
    return {};
}

void SegmentSpace::add_active(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    segments_[number] = {.live = 0, .active = true};
}

void SegmentSpace::add_records(std::uint64_t number, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    segments_.at(number).live += count;
}

void SegmentSpace::close(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    segments_.at(number).active = false;
    remove_if_empty(number);
}

Result<std::string> SegmentSpace::read(const BlobRef& ref, BlobStore::Piece piece) const {
    const std::string path = path_of(ref.segment);
    auto file = open_file(path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return damaged(ref, "it is missing");
    if (!file) return std::unexpected(std::move(file).error());

    ONPUT_TRY(const std::string header_text, read_at(*file, path, ref.id, header_bytes));
    const auto header = decode_record_header(header_text);
    if (!is_header_of(header, ref)) return damaged(ref, "its record is missing or damaged");
    ONPUT_TRY(std::string bytes,
              read_at(*file, path, ref.id + header_bytes + piece.offset, piece.length));
    if (bytes.size() != piece.length) return damaged(ref, "its segment was cut short");
    const bool whole = piece.length == ref.length;
    if (whole && crc32c(bytes) != header->data_crc) return damaged(ref, "its bytes are damaged");
    return bytes;
}

void SegmentSpace::remove(const BlobRef& ref) {
    // One removal at a time: looking at the header, punching and counting are one step.
    const std::lock_guard lock(mutex_);
    const auto segment = segments_.find(ref.segment);
    if (segment == segments_.end()) return;
    const std::string path = path_of(ref.segment);
    const auto file = open_file(path, O_RDWR);
    if (!file) return;
    const auto bytes = read_at(*file, path, ref.id, header_bytes);
    if (!bytes) return;
    const auto header = decode_record_header(*bytes);
    if (!is_header_of(header, ref)) return;
    // When the punch fails the record stays counted; the next recovery removes it.
    if (!punch(*file, ref.id, record_bytes(header->data_bytes, header->owner_bytes()))) return;
    ONPUT_CHECK(segment->second.live > 0);
    --segment->second.live;
    remove_if_empty(ref.segment);
}

void SegmentSpace::remove_if_empty(std::uint64_t number) {
    const auto segment = segments_.find(number);
    if (segment->second.active || segment->second.live > 0) return;
    segments_.erase(segment);
    // A name that stays is found by the next recovery.
    static_cast<void>(remove_file(path_of(number)));
}

}  // namespace onput::store
